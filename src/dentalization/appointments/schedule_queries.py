"""Every statement about a doctor's hours."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Text, bindparam, delete, func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as pg_insert

from dentalization.appointments.schedule_tables import DoctorSchedule, ScheduleException, WorkingHours
from dentalization.db.query import Query
from dentalization.db.row import columns, row


@row
class ScheduleRow:
    """Settings of the calendar; all but the last in minutes, as named."""

    time_zone: str
    slot_minutes: int
    buffer_minutes: int
    minimum_notice_minutes: int
    furthest_days: int
    longest_minutes: int
    updated_at: datetime


@row
class SessionRow:
    """Of a weekday, 1 to 7; in minutes after midnight."""

    weekday: int
    opens: int
    closes: int


@row
class ExceptionRow:
    id: str
    day: date
    kind: str
    opens: int | None
    closes: int | None
    reason: str | None
    created_at: datetime


@row
class Known:
    known: bool


_doctor = bindparam("doctor_id", type_=Text)
SCHEDULE = Query(
    select(*columns(ScheduleRow, DoctorSchedule)).where(DoctorSchedule.doctor_id == _doctor), row=ScheduleRow
)
SESSIONS = Query(
    select(*columns(SessionRow, WorkingHours))
    .where(WorkingHours.doctor_id == _doctor)
    .order_by(WorkingHours.weekday, WorkingHours.opens),
    row=SessionRow,
)
TIME_ZONE_KNOWN = Query(
    select(
        func.coalesce(
            text("EXISTS (SELECT 1 FROM pg_catalog.pg_timezone_names WHERE name = :zone)").bindparams(
                bindparam("zone", type_=Text)
            ),
            False,
        ).label("known")
    ),
    row=Known,
)
_values: dict[str, Any] = {
    name: bindparam(name)
    for name in ("time_zone", "slot_minutes", "buffer_minutes", "minimum_notice_minutes", "furthest_days",
                 "longest_minutes")
}  # fmt: skip
SET_SCHEDULE = Query[Any](
    pg_insert(DoctorSchedule)
    .values(doctor_id=_doctor, **_values)
    .on_conflict_do_update(index_elements=["doctor_id"], set_=_values)
)
CLEAR_SESSIONS = Query[Any](delete(WorkingHours).where(WorkingHours.doctor_id == _doctor))
ADD_SESSION = Query[Any](
    insert(WorkingHours).values(
        id=bindparam("id"),
        doctor_id=_doctor,
        weekday=bindparam("weekday"),
        opens=bindparam("opens"),
        closes=bindparam("closes"),
    )
)

EXCEPTIONS = Query(
    select(*columns(ExceptionRow, ScheduleException))
    .where(
        ScheduleException.doctor_id == _doctor,
        ScheduleException.day >= bindparam("from_day", type_=ScheduleException.day.type),
        ScheduleException.day <= bindparam("to_day", type_=ScheduleException.day.type),
    )
    .order_by(ScheduleException.day, ScheduleException.id),
    row=ExceptionRow,
)
EXCEPTION = Query(
    select(*columns(ExceptionRow, ScheduleException)).where(
        ScheduleException.id == bindparam("exception_id"), ScheduleException.doctor_id == _doctor
    ),
    row=ExceptionRow,
)
ADD_EXCEPTION = Query[Any](
    insert(ScheduleException).values(
        id=bindparam("id"),
        doctor_id=_doctor,
        day=bindparam("day"),
        kind=bindparam("kind"),
        opens=bindparam("opens"),
        closes=bindparam("closes"),
        reason=bindparam("reason"),
    )
)
REMOVE_EXCEPTION = Query[Any](
    delete(ScheduleException).where(
        ScheduleException.id == bindparam("exception_id"), ScheduleException.doctor_id == _doctor
    )
)
