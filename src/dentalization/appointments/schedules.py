"""A doctor's hours and settings, days that are different, and the free slots that follow from them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from dentalization.appointments import schedule_queries, slot_queries
from dentalization.appointments.errors import HoursOverlap, NotVerified, Slot, UnknownTimeZone
from dentalization.appointments.line import in_line
from dentalization.appointments.schedule_access import HOURS_OVERLAP
from dentalization.appointments.schedule_queries import ExceptionRow, ScheduleRow, SessionRow
from dentalization.appointments.schedule_tables import ExceptionKind
from dentalization.appointments.slots import LONGEST_SEARCH_DAYS
from dentalization.db.database import Database
from dentalization.db.errors import PolicyRefused, RuleBroken
from dentalization.db.idempotency import fingerprint, once
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.db.transaction import Transaction
from dentalization.errors import InvalidInput, NotAllowed, NotFound
from dentalization.profiles.errors import ChangedMeanwhile

Result = TypeVar("Result")

_MOST_SLOTS = 5000
_LAST_DAY = date(9999, 1, 1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """``settings`` are None until the doctor has set them."""

    settings: ScheduleRow | None
    hours: Sequence[SessionRow]


@dataclass(frozen=True, slots=True)
class CalendarSettings:
    time_zone: str
    slot_minutes: int
    buffer_minutes: int
    minimum_notice_minutes: int
    furthest_days: int
    longest_minutes: int


async def free_slots(
    db: Database,
    *,
    actor: Actor,
    doctor_id: str,
    begin: datetime | date,
    end: datetime | date,
    minutes: int | None = None,
) -> list[Slot]:
    """Free slots that begin from ``begin`` to before ``end``; days are those of the doctor's clock, and the
    last one counts. ``minutes``: of this length instead of the doctor's own.

    Raises InvalidInput where they are not in order or more than 60 days apart, NotFound.
    """
    begin_at, begin_day = _moment_or_day(begin)
    end_at, end_day = _moment_or_day(end)
    if isinstance(begin, datetime) and isinstance(end, datetime):
        apart = end - begin
    else:
        apart = (end_day or end.date() if isinstance(end, datetime) else end) - (
            begin.date() if isinstance(begin, datetime) else begin
        )
    if apart < timedelta(0) or apart > timedelta(days=LONGEST_SEARCH_DAYS):
        raise InvalidInput(f"'to' lies 0 to {LONGEST_SEARCH_DAYS} days after 'from'.", field="to")
    found = await db.read(
        actor,
        slot_queries.FREE_SLOTS,
        doctor=doctor_id,
        begin_at=begin_at,
        begin_day=begin_day,
        end_at=end_at,
        end_day=end_day and end_day + timedelta(days=1),
        minutes=minutes,
        most=_MOST_SLOTS,
    )
    if not found:  # who has free slots practises: so most answers cost one round trip
        practises = await db.read_one(actor, slot_queries.PRACTISES, doctor=doctor_id)
        if practises is None or not practises.practises:
            raise NotFound("There is no such dentist.")
    return found


async def next_free(db: Database, *, actor: Actor, doctor_id: str, after: datetime) -> Slot | None:
    """The first free slot from this moment on, within 60 days."""
    found = await db.read(
        actor,
        slot_queries.FREE_SLOTS,
        doctor=doctor_id,
        begin_at=after,
        begin_day=None,
        end_at=after + timedelta(days=LONGEST_SEARCH_DAYS),
        end_day=None,
        minutes=None,
        most=1,
    )
    return found[0] if found else None


async def time_zone(db: Database, *, actor: Actor, doctor_id: str) -> str | None:
    """By whose clock the doctor's calendar runs; None until it is set."""
    found = await db.read_one(actor, slot_queries.TIME_ZONE, doctor=doctor_id)
    return found.time_zone if found else None


def _moment_or_day(value: datetime | date) -> tuple[datetime | None, date | None]:
    if isinstance(value, datetime):
        return value, None
    if value >= _LAST_DAY:
        raise InvalidInput("This day is too far away.", field="to")
    return None, value


async def calendar(db: Database, *, actor: Actor) -> Calendar:
    """The acting doctor's own. Raises NotAllowed, NotVerified."""
    await _require_doctor(db, actor)
    settings = await db.read_one(actor, schedule_queries.SCHEDULE, doctor_id=actor.doctor_id)
    hours = await db.read(actor, schedule_queries.SESSIONS, doctor_id=actor.doctor_id)
    return Calendar(settings, hours)


async def set_calendar(
    db: Database,
    *,
    actor: Actor,
    settings: CalendarSettings,
    hours: Sequence[SessionRow],
    seen_at: datetime | None = None,
) -> Calendar:
    """Replaces settings and hours; what is booked already stays. Nobody books meanwhile.

    Raises NotAllowed, NotVerified, UnknownTimeZone, HoursOverlap, ChangedMeanwhile, InvalidInput.
    """
    await _require_doctor(db, actor)
    known = await db.read_one(actor, schedule_queries.TIME_ZONE_KNOWN, zone=settings.time_zone)
    if known is None or not known.known:
        raise UnknownTimeZone(field="timeZone")
    mine = {"doctor_id": actor.doctor_id}

    async def replace(transaction: Transaction) -> None:
        await transaction.one(slot_queries.LOCK_CALENDAR, doctor=actor.doctor_id, patient=None)
        before = await transaction.one(schedule_queries.SCHEDULE, **mine)
        if seen_at is not None and (before is None or before.updated_at != seen_at):
            raise ChangedMeanwhile
        values = {name: getattr(settings, name) for name in CalendarSettings.__dataclass_fields__}
        await transaction.run(schedule_queries.SET_SCHEDULE, **mine, **values)
        await transaction.run(schedule_queries.CLEAR_SESSIONS, **mine)
        for session in hours:
            await transaction.run(
                schedule_queries.ADD_SESSION,
                id=new_id(),
                weekday=session.weekday,
                opens=session.opens,
                closes=session.closes,
                **mine,
            )

    await _write(db, actor, replace)
    return await calendar(db, actor=actor)


async def exceptions(
    db: Database, *, actor: Actor, begin: date | None = None, end: date | None = None
) -> list[ExceptionRow]:
    """Days that are different, in their order. Raises NotAllowed, NotVerified."""
    await _require_doctor(db, actor)
    return await db.read(
        actor, schedule_queries.EXCEPTIONS, doctor_id=actor.doctor_id,
        from_day=begin or date.min, to_day=end or date.max,
    )  # fmt: skip


async def add_exception(
    db: Database,
    *,
    actor: Actor,
    day: date,
    kind: ExceptionKind,
    opens: int | None = None,
    closes: int | None = None,
    reason: str | None = None,
    idempotency_key: str | None = None,
) -> ExceptionRow:
    """Closes a day or a part of it, or adds a session. Raises NotAllowed, NotVerified, InvalidInput."""
    await _require_doctor(db, actor)
    asked = fingerprint("exception", day.isoformat(), kind, str(opens), str(closes), reason or "")

    async def add(transaction: Transaction) -> ExceptionRow | None:
        async def make() -> dict[str, Any]:
            await transaction.one(slot_queries.LOCK_CALENDAR, doctor=actor.doctor_id, patient=None)
            exception_id = new_id()
            await transaction.run(
                schedule_queries.ADD_EXCEPTION, id=exception_id, doctor_id=actor.doctor_id, day=day,
                kind=kind.value, opens=opens, closes=closes, reason=reason,
            )  # fmt: skip
            return {"id": exception_id}

        made = await once(transaction, actor, key=idempotency_key, request=asked, make=make)
        return await transaction.one(
            schedule_queries.EXCEPTION, exception_id=made["id"], doctor_id=actor.doctor_id
        )

    found: ExceptionRow | None = await _write(db, actor, add)
    if found is None:
        raise NotFound("This exception has been removed meanwhile.")
    return found


async def remove_exception(db: Database, *, actor: Actor, exception_id: str) -> None:
    """Raises NotAllowed, NotVerified, NotFound."""
    await _require_doctor(db, actor)

    async def remove(transaction: Transaction) -> None:
        await transaction.one(slot_queries.LOCK_CALENDAR, doctor=actor.doctor_id, patient=None)
        removed = await transaction.run(
            schedule_queries.REMOVE_EXCEPTION, exception_id=exception_id, doctor_id=actor.doctor_id
        )
        if not removed:
            raise NotFound("There is no such exception.")

    await _write(db, actor, remove)


async def _require_doctor(db: Database, actor: Actor) -> None:
    if not actor.doctor_id:
        raise NotAllowed("Only dentists have working hours.")
    practises = await db.read_one(actor, slot_queries.PRACTISES, doctor=actor.doctor_id)
    if practises is None or not practises.practises:
        raise NotVerified


async def _write(db: Database, actor: Actor, work: Callable[[Transaction], Awaitable[Result]]) -> Result:
    try:
        async with in_line(actor.doctor_id):
            return await db.transaction(actor, work)
    except RuleBroken as error:
        if error.constraint == HOURS_OVERLAP:
            raise HoursOverlap(field="hours") from error
        raise
    except PolicyRefused as error:  # the licence ended just now
        raise NotVerified from error
