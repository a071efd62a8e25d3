"""What stands against a booking, and which times are free."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Date,
    DateTime,
    Integer,
    Text,
    bindparam,
    false,
    func,
    select,
    text,
)
from sqlalchemy import column as sql_column

from dentalization.appointments.errors import Slot
from dentalization.appointments.slots import free_slots
from dentalization.db.query import Query
from dentalization.db.row import known, row


@row
class Terms:
    """What stands against a booking, by ``now`` of the database; ``allowed`` says whether the actor may
    book for this patient, ``scheduled`` whether the doctor has a calendar at all."""

    practises: bool
    allowed: bool
    now: datetime
    scheduled: bool
    minimum_notice_minutes: int
    furthest_days: int
    longest_minutes: int
    is_open: bool
    doctor_busy: bool
    patient_busy: bool


@row
class Locked:
    locked: bool


@row
class Practises:
    practises: bool


@row
class Clock:
    time_zone: str | None


@row
class SlotInside:
    scheduled_at: datetime | None
    duration: int | None


_MOMENT = DateTime(timezone=True)
LOCK_CALENDAR = Query(
    select(
        func.coalesce(
            func.app_lock_calendar(bindparam("doctor", type_=Text), bindparam("patient", type_=Text)), False
        ).label("locked")
    ),
    row=Locked,
)
_terms = func.app_booking_terms(
    bindparam("doctor", type_=Text),
    bindparam("patient", type_=Text),
    bindparam("at", type_=_MOMENT),
    bindparam("minutes", type_=Integer),
    bindparam("moving", type_=Text),
).table_valued(
    sql_column("practises", Boolean),
    sql_column("allowed", Boolean),
    sql_column("now", _MOMENT),
    sql_column("scheduled", Boolean),
    sql_column("minimum_notice_minutes", Integer),
    sql_column("furthest_days", Integer),
    sql_column("longest_minutes", Integer),
    sql_column("is_open", Boolean),
    sql_column("doctor_busy", Boolean),
    sql_column("patient_busy", Boolean),
)


TERMS = Query(select(*map(known, _terms.c)), row=Terms)

_slots = func.app_free_slots(
    bindparam("doctor", type_=Text),
    func.coalesce(
        bindparam("begin_at", type_=_MOMENT),
        func.app_day_begins(bindparam("doctor", type_=Text), bindparam("begin_day", type_=Date)),
    ),
    func.coalesce(
        bindparam("end_at", type_=_MOMENT),
        func.app_day_begins(bindparam("doctor", type_=Text), bindparam("end_day", type_=Date)),
    ),
    bindparam("minutes", type_=Integer),
    bindparam("most", type_=Integer),
).table_valued(sql_column("scheduled_at", _MOMENT), sql_column("duration", Integer))
FREE_SLOTS = Query(
    select(*map(known, _slots.c)).order_by(_slots.c.scheduled_at), row=Slot
)  # by their beginnings, also where the planner would sort otherwise
_parameters: dict[str, Any] = {
    "doctor": Text, "begin": _MOMENT, "end": _MOMENT, "minutes": Integer, "most": Integer,
}  # fmt: skip
# Never run: what the function above does inside, so that 'db check' sees its plan.
FREE_SLOTS_INSIDE = Query(
    text(
        free_slots(
            doctor="cast(:doctor AS text)",
            begin="cast(:begin AS timestamptz)",
            end="cast(:end AS timestamptz)",
            minutes="cast(:minutes AS integer)",
            most="cast(:most AS integer)",
        )
    )
    .bindparams(*(bindparam(name, type_=kind) for name, kind in _parameters.items()))
    .columns(sql_column("scheduled_at", _MOMENT), sql_column("duration", Integer)),
    row=SlotInside,
)
TIME_ZONE = Query(
    select(func.app_time_zone(bindparam("doctor", type_=Text), type_=Text).label("time_zone")), row=Clock
)
PRACTISES = Query(
    select(func.coalesce(func.app_practises(bindparam("doctor", type_=Text)), false()).label("practises")),
    row=Practises,
)
