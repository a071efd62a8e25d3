"""The dentist's calendar of a day and of a week, and the form to book into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime

from dentalization.appointments import agenda, booking, schedules, wall_clock
from dentalization.appointments.errors import Slot, SlotTaken
from dentalization.appointments.schedules import Calendar
from dentalization.appointments.spoken_times import spoken_times
from dentalization.appointments.typed import LONGEST_REASON, typed_slot
from dentalization.context import Context
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.edge.acting import AtHand
from dentalization.edge.answers import Text
from dentalization.edge.pages import (
    Form,
    Visitor,
    WrongField,
    errors_of,
    field,
    redirect,
    render,
    short,
)
from dentalization.errors import Conflict, InvalidInput
from dentalization.events import stream
from dentalization.profiles import service as profiles

router = APIRouter(include_in_schema=False)

View = Literal["day", "week"]
_DAYS = {"day": 1, "week": 7}
_FIELDS = ("patientId", "day", "time", "duration", "reason", "overbooking", "key")


@router.get("/calendar")
async def calendar(
    request: Request, actor: Visitor, at_hand: AtHand, day: date | None = None, view: View = "week"
) -> Response:
    """What the dentist has, by the clock of the practice; it follows changes by itself."""
    position = await stream.position(at_hand.db, actor=actor)
    settings = await schedules.calendar(at_hand.db, actor=actor)
    zone = _zone(settings, at_hand)
    today = wall_clock.day_of(datetime.now(UTC), zone)
    first = min(max(day or today, date(2000, 1, 1)), date(9998, 1, 1))
    if view == "week":
        first -= timedelta(days=first.weekday())
    days = await agenda.agenda(at_hand.db, actor=actor, zone=zone, first=first, days=_DAYS[view])
    return render(
        request,
        "calendar.html",
        position=position,
        settings=settings,
        zone=zone,
        days=days,
        view=view,
        first=first,
        begin=wall_clock.begin_of(first, zone),
        today=today,
        earlier=first - timedelta(days=_DAYS[view]),
        later=first + timedelta(days=_DAYS[view]),
        time_of_day=wall_clock.time_of_day,
        **spoken_times(request),
    )


def _zone(settings: Calendar, at_hand: Context) -> str:
    return settings.settings.time_zone if settings.settings else at_hand.settings.time_zone


@router.get("/calendar/booking")
async def booking_form(
    request: Request,
    actor: Visitor,
    at_hand: AtHand,
    at: AwareDatetime | None = None,
    day: date | None = None,
    patient: Annotated[Text, Query(max_length=40)] = "",
) -> Response:
    """For a patient in care, at any time."""
    settings = await schedules.calendar(at_hand.db, actor=actor)
    zone = _zone(settings, at_hand)
    shown = at or datetime.now(UTC)
    typed = {
        "patientId": patient,
        "day": (day or wall_clock.day_of(shown, zone)).isoformat(),
        "time": wall_clock.hour(at, zone, "en") if at else "",
        "duration": str(settings.settings.slot_minutes if settings.settings else ""),
        "reason": "",
        "overbooking": "",
        "key": new_id(),
    }
    return await _form(request, at_hand, actor, settings, typed)


@router.post("/calendar/booking")
async def book(request: Request, form: Form, actor: Visitor, at_hand: AtHand) -> Response:
    """Books; where the time is taken, the form offers the next free ones, or to overbook with a reason."""
    settings = await schedules.calendar(at_hand.db, actor=actor)
    zone = _zone(settings, at_hand)
    typed = {name: field(form, name) for name in _FIELDS}
    offered: Sequence[Slot] = ()
    try:
        for name in ("patientId", "reason"):
            if not typed[name]:
                raise WrongField("empty", field=name)
        wanted = typed_slot(typed, zone)
        made = await booking.book(
            at_hand.db,
            actor=actor,
            doctor_id=actor.doctor_id,
            patient_id=typed["patientId"],
            scheduled_at=wanted.scheduled_at,
            duration=wanted.duration,
            reason=short(typed["reason"], LONGEST_REASON, "reason"),
            overbooking=short(typed["overbooking"], LONGEST_REASON, "overbooking") or None,
            idempotency_key=typed["key"][:100] or None,
        )
    except (InvalidInput, Conflict) as error:
        if isinstance(error, SlotTaken):
            offered = error.slots
        errors = {
            "day" if name == "scheduledAt" else name: words
            for name, words in errors_of(request, error).items()
        }
        return await _form(request, at_hand, actor, settings, typed, errors=errors, offered=offered)
    day = wall_clock.day_of(made.scheduled_at, zone)
    return redirect(f"/calendar?day={day.isoformat()}")


async def _form(
    request: Request,
    at_hand: Context,
    actor: Actor,
    settings: Calendar,
    typed: Mapping[str, str],
    *,
    errors: Mapping[str, str] | None = None,
    offered: Sequence[Slot] = (),
) -> Response:
    zone = _zone(settings, at_hand)
    return render(
        request,
        "desk_booking.html",
        status=422 if errors else 200,
        patients=await profiles.patients_to_choose(at_hand.db, actor=actor, chosen=typed["patientId"]),
        zone=zone,
        typed=typed,
        errors=errors or {},
        offered=[
            (slot, wall_clock.day_of(slot.scheduled_at, zone), wall_clock.hour(slot.scheduled_at, zone, "en"))
            for slot in offered
        ],
        longest_reason=LONGEST_REASON,
        **spoken_times(request),
    )
