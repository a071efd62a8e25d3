"""Who acts. Nothing is ambient: services receive an ``Actor``, and every statement carries it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from psycopg import sql

from dentalization.db.trail import Trail

# Returns whether the session is alive. The settings last until the end of the transaction; afterwards they
# read as an empty string, which like NULL means nobody.
IDENTIFY = "SELECT app_identify($1, $2, $3, $4, $5)"

# Distributed, the identity goes to the other nodes by SET LOCAL, which they believe; so the database is asked
# in the same breath whether it agrees, and refuses with one of these.
IDENTIFY_AS = "SELECT app_identify_as($1, $2, $3, $4, $5)"
ENDED_SESSION = "DZ001"
CHANGED_DOCTOR = "DZ002"

_SETTINGS = ("app.user_id", "app.role", "app.patient_id", "app.doctor_id")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, as the access token says; empty strings mean 'none'.

    ``doctor_id`` may be that of a doctor whose licence is not verified: the database itself looks that up
    at every statement and treats such a doctor as having no doctor profile.
    """

    user_id: str = ""
    role: str = ""
    """'' (nobody), PATIENT, DOCTOR, ADMIN or WORKER."""
    patient_id: str = ""
    doctor_id: str = ""
    session_id: str = ""
    address: str = ""
    factor: bool = False
    """Whether the account had a second factor when the token was made."""
    trail: Trail | None = field(default=None, compare=False, repr=False)
    """Where statements note whose data they touched; None where nothing is to be audited."""

    @classmethod
    def nobody(cls, address: str = "") -> Actor:
        """Somebody who has not signed in."""
        return cls(address=address)

    @classmethod
    def worker(cls, trail: Trail | None = None) -> Actor:
        """The job runner; policies let it reach analyses and what they need, nothing else."""
        return cls(role="WORKER", trail=trail)

    @property
    def signed_in(self) -> bool:
        return self.user_id != ""

    def identification(self) -> tuple[str, str, str, str, str]:
        """The parameters of IDENTIFY."""
        return (self.user_id, self.role, self.patient_id, self.doctor_id, self.session_id)


def set_locally(identification: Sequence[str], at: datetime) -> list[str]:
    """The statements that set the identity of a transaction on every node that it reaches, and its moment."""
    return [
        "SET LOCAL citus.propagate_set_commands = 'local'",
        *(
            f"SET LOCAL {name} = {_quoted(value)}"
            for name, value in zip(_SETTINGS, identification, strict=False)
        ),
        f"SET LOCAL app.at = {_quoted(at.isoformat())}",
    ]


def _quoted(value: str) -> str:
    """As a literal, whatever is in it: SET takes no parameters."""
    return sql.Literal(value).as_string()
