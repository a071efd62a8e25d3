"""Every statement about letters that tell of appointments."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    DateTime,
    Integer,
    Interval,
    Text,
    bindparam,
    cast,
    delete,
    func,
    literal,
    null,
    update,
)

from dentalization.appointments.reminder_access import KEPT_DAYS
from dentalization.appointments.reminder_tables import AppointmentLetter
from dentalization.db.query import Query
from dentalization.db.row import from_function, row


@row
class ClaimedLetter:
    """What a letter tells, and to whom. Not ``claimed``: another worker is sending it."""

    claimed: bool
    id: str
    appointment_id: str
    kind: str
    sequence: int
    changed_at: datetime
    scheduled_at: datetime
    duration: int
    time_zone: str | None
    email: str
    language: str
    first_name: str
    last_name: str
    clinic_name: str | None
    clinic_address: str | None


@row
class LeftLetter:
    id: str


_TYPES: dict[str, Any] = {
    "claimed": Boolean,
    "sequence": Integer,
    "duration": Integer,
    "changed_at": DateTime(timezone=True),
    "scheduled_at": DateTime(timezone=True),
}
CLAIM = Query(
    from_function(
        func.app_claim_appointment_letter(bindparam("letter_id", type_=Text)), ClaimedLetter, **_TYPES
    ),
    row=ClaimedLetter,
)
LEFT = Query(from_function(func.app_left_appointment_letters(), LeftLetter), row=LeftLetter)
_waiting = update(AppointmentLetter).where(
    AppointmentLetter.id == bindparam("letter_id"), AppointmentLetter.settled_at.is_(None)
)
SETTLE = Query[Any](_waiting.values(settled_at=func.now(), outcome=bindparam("how")))
LET_GO = Query[Any](_waiting.values(claimed_at=null()))
FORGET_OLD_LETTERS = Query[Any](
    delete(AppointmentLetter).where(
        AppointmentLetter.scheduled_at < func.now() - cast(literal(f"{KEPT_DAYS} days"), Interval)
    )
)
