"""What can go wrong between the application and PostgreSQL."""

from __future__ import annotations

from dentalization.errors import Conflict, DentalizationError, NotFound, Unavailable


class DatabaseBusy(Unavailable):
    """All database connections are in use; try again in a few seconds."""

    code = "database-busy"


class DatabaseUnreachable(Unavailable):
    """The database does not answer; try again in a few seconds."""

    code = "database-unreachable"
    retry_after_seconds = 5


class OutcomeUnknown(DatabaseUnreachable):
    """The database went away while it saved this; send it again as it was, with the same Idempotency-Key."""

    code = "outcome-unknown"


class DatabaseFull(Unavailable):
    """The database has no room left on its disk; nothing was saved, try again later."""

    code = "database-full"
    retry_after_seconds = 30


class DatabaseReadOnly(Unavailable):
    """The database takes no writes at the moment; nothing was saved, try again in a few seconds."""

    code = "database-read-only"
    retry_after_seconds = 5


class StatementTimedOut(Unavailable):
    """The database took too long to answer; try again, or ask for less at once."""

    code = "database-timeout"


class TransactionGivenUp(Unavailable):
    """Too many others changed the same data at the same time; nothing was saved, try again."""

    code = "transaction-conflict"


def surely_undone(error: BaseException) -> bool:
    """Whether nothing is saved of a transaction that ended so; of a commit that was cut off nobody knows."""
    return isinstance(error, Exception) and not isinstance(error, OutcomeUnknown)


class SessionEnded(DentalizationError):
    """This session has ended; sign in again."""

    code = "session-ended"


class RuleBroken(Conflict):
    """The database refused this because it breaks a rule."""

    code = "rule-broken"

    def __init__(self, message: str | None = None, *, constraint: str | None = None) -> None:
        super().__init__(message)
        self.constraint = constraint


class PolicyRefused(NotFound):
    """There is nothing here that you may change."""

    code = "not-found"


class UnsafeLogin(DentalizationError):
    """This database login could pass the row-level policies; the application must not run with it."""

    code = "unsafe-login"


class OtherTransport(DentalizationError):
    """The database is distributed and the application is not told so, or the other way round."""

    code = "other-transport"
