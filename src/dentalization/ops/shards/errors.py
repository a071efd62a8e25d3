"""Why a database is not distributed."""

from __future__ import annotations

from dentalization.errors import DentalizationError


class NoCoordinator(DentalizationError):
    """This database is on no Citus coordinator: make the extension citus there and add its nodes first."""

    code = "no-coordinator"


class AlreadyDistributed(DentalizationError):
    """This database is distributed already, at least in part.

    If an earlier run stopped, go on with the statement that it named: '--from NUMBER'.
    """

    code = "already-distributed"


class RowsWithoutKey(DentalizationError):
    """Some rows have no value in the column by which they would be distributed."""

    code = "rows-without-key"


class StepFailed(DentalizationError):
    """A statement on the way to a distributed database failed."""

    code = "step-failed"
