"""What can go wrong with the audit log."""

from __future__ import annotations

from dentalization.errors import Unavailable


class AuditUnavailable(Unavailable):
    """The access could not be noted down, so no answer is given; try again in a moment."""

    code = "audit-unavailable"
