"""Free slots for everybody; working hours, settings and exceptions for the doctor whose they are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, Field

from dentalization.appointments import schedules
from dentalization.appointments.bodies import Time
from dentalization.appointments.errors import Slot
from dentalization.appointments.schedule_queries import ExceptionRow, SessionRow
from dentalization.appointments.schedule_tables import MOST_DAYS, ExceptionKind
from dentalization.appointments.schedules import Calendar, CalendarSettings
from dentalization.appointments.tables import LONGEST_MINUTES
from dentalization.appointments.wall_clock import minutes_of, time_of_day
from dentalization.db.row import row
from dentalization.edge.acting import Acting, AtHand
from dentalization.edge.answers import Body, IdempotencyKey, IfMatch, Text, answer, etag, seen_at

router = APIRouter(tags=["appointments"])

_A_WEEK = timedelta(days=7)


class SessionBody(Body):
    weekday: Annotated[int, Field(ge=1, le=7, strict=True, description="1 is Monday.")]
    opens: Time
    closes: Time


class ScheduleBody(Body):
    """Times of day are those of the doctor's own clock."""

    time_zone: Annotated[Text, Field(min_length=1, max_length=60, examples=["Asia/Jakarta"])]
    slot_minutes: Annotated[int, Field(ge=5, le=LONGEST_MINUTES, strict=True)] = 30
    buffer_minutes: Annotated[int, Field(ge=0, le=240, strict=True)] = 0
    minimum_notice_minutes: Annotated[int, Field(ge=0, le=43_200, strict=True)] = 60
    furthest_days: Annotated[int, Field(ge=1, le=MOST_DAYS, strict=True)] = 90
    longest_minutes: Annotated[int, Field(ge=5, le=LONGEST_MINUTES, strict=True)] = 120
    hours: Annotated[list[SessionBody], Field(max_length=70)] = []


class ExceptionBody(Body):
    """HOLIDAY and LEAVE close the day, or a part of it; EXTRA opens a session."""

    day: date
    kind: ExceptionKind
    opens: Time | None = None
    closes: Time | None = None
    reason: Annotated[Text, Field(max_length=500)] | None = None


@row
class Session:
    weekday: int
    opens: str
    closes: str


@row
class Schedule:
    """``timeZone`` and settings are null until they are set."""

    time_zone: str | None
    slot_minutes: int | None
    buffer_minutes: int | None
    minimum_notice_minutes: int | None
    furthest_days: int | None
    longest_minutes: int | None
    hours: Sequence[Session]


@row
class DifferentDay:
    id: str
    day: date
    kind: ExceptionKind
    opens: str | None
    closes: str | None
    reason: str | None
    created_at: datetime


@row
class Slots:
    """All that were asked for; there is never a next page."""

    items: Sequence[Slot]
    next: str | None


@row
class DifferentDays:
    """All that were asked for; there is never a next page."""

    items: Sequence[DifferentDay]
    next: str | None


@router.get("/doctors/{doctor_id}/slots", response_model=Slots)
async def slots(
    doctor_id: Text,
    actor: Acting,
    at_hand: AtHand,
    from_: Annotated[
        AwareDatetime | date | None,
        Query(alias="from", description="A moment, or a day of the doctor's clock. Default: now."),
    ] = None,
    to: Annotated[
        AwareDatetime | date | None,
        Query(description="A moment, or the last day; up to 60 days later. Default: a week later."),
    ] = None,
    duration: Annotated[
        int | None, Query(ge=1, le=LONGEST_MINUTES, description="In minutes; default: the doctor's slots.")
    ] = None,
) -> Response:
    """When the doctor is free."""
    begin = from_ or datetime.now(UTC)
    end = to or (begin + _A_WEEK if begin.year < 9999 else begin)
    found = await schedules.free_slots(
        at_hand.db, actor=actor, doctor_id=doctor_id, begin=begin, end=end, minutes=duration
    )
    return answer(Slots, Slots(found, None))


@router.get("/doctors/me/schedule", response_model=Schedule)
async def schedule(actor: Acting, at_hand: AtHand) -> Response:
    """For dentists: settings of the own calendar, and the hours of the week."""
    return _schedule(await schedules.calendar(at_hand.db, actor=actor))


@router.put("/doctors/me/schedule", response_model=Schedule)
async def set_schedule(
    body: ScheduleBody, actor: Acting, at_hand: AtHand, if_match: IfMatch = None
) -> Response:
    """For dentists: replaces settings and hours. Appointments that are made already stay."""
    fields: dict[str, Any] = body.model_dump(exclude={"hours"})
    hours = [SessionRow(one.weekday, minutes_of(one.opens), minutes_of(one.closes)) for one in body.hours]
    found = await schedules.set_calendar(
        at_hand.db, actor=actor, settings=CalendarSettings(**fields), hours=hours, seen_at=seen_at(if_match)
    )
    return _schedule(found)


@router.get("/doctors/me/schedule/exceptions", response_model=DifferentDays)
async def exceptions(
    actor: Acting,
    at_hand: AtHand,
    from_: Annotated[date | None, Query(alias="from")] = None,
    to: Annotated[date | None, Query(description="The last day.")] = None,
) -> Response:
    """For dentists: days that are different."""
    found = await schedules.exceptions(at_hand.db, actor=actor, begin=from_, end=to)
    return answer(DifferentDays, DifferentDays([_different(one) for one in found], None))


@router.post("/doctors/me/schedule/exceptions", status_code=201, response_model=DifferentDay)
async def add_exception(
    body: ExceptionBody, actor: Acting, at_hand: AtHand, idempotency_key: IdempotencyKey = None
) -> Response:
    """For dentists: a holiday, leave, or an extra session. Appointments that are made already stay."""
    made = await schedules.add_exception(
        at_hand.db,
        actor=actor,
        day=body.day,
        kind=body.kind,
        opens=None if body.opens is None else minutes_of(body.opens),
        closes=None if body.closes is None else minutes_of(body.closes),
        reason=body.reason,
        idempotency_key=idempotency_key,
    )
    return answer(DifferentDay, _different(made), status=201)


@router.delete("/doctors/me/schedule/exceptions/{exception_id}", status_code=204)
async def remove_exception(exception_id: Text, actor: Acting, at_hand: AtHand) -> Response:
    """For dentists: the day is as usual again."""
    await schedules.remove_exception(at_hand.db, actor=actor, exception_id=exception_id)
    return Response(status_code=204)


def _schedule(found: Calendar) -> Response:
    settings = found.settings
    names = CalendarSettings.__dataclass_fields__
    fields: dict[str, Any] = {name: getattr(settings, name) if settings else None for name in names}
    hours = [Session(one.weekday, time_of_day(one.opens), time_of_day(one.closes)) for one in found.hours]
    headers = {"ETag": etag(settings.updated_at)} if settings else {}
    return answer(Schedule, Schedule(**fields, hours=hours), headers=headers)


def _different(found: ExceptionRow) -> DifferentDay:
    return DifferentDay(
        id=found.id,
        day=found.day,
        kind=ExceptionKind(found.kind),
        opens=None if found.opens is None else time_of_day(found.opens),
        closes=None if found.closes is None else time_of_day(found.closes),
        reason=found.reason,
        created_at=found.created_at,
    )
