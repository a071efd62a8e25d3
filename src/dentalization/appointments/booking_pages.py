"""Pages on which patients find a dentist, see when there is time, and book."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime

from dentalization.appointments import booking, schedules, service, wall_clock
from dentalization.appointments.errors import Slot, SlotTaken
from dentalization.appointments.queries import AppointmentRow
from dentalization.appointments.spoken_times import spoken_times
from dentalization.appointments.tables import LONGEST_MINUTES
from dentalization.appointments.typed import LONGEST_REASON, pressed_slot
from dentalization.context import Context
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.db.keyset import DEFAULT_LIMIT
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
from dentalization.errors import Conflict, InvalidInput, NotFound
from dentalization.profiles import directory

router = APIRouter(include_in_schema=False)

_A_WEEK = timedelta(days=7)


@router.get("/doctors")
async def doctors(
    request: Request,
    actor: Visitor,
    at_hand: AtHand,
    q: Annotated[Text, Query(max_length=200)] = "",
    specialization: Annotated[Text, Query(max_length=200)] = "",
    after: str | None = None,
) -> Response:
    """Verified dentists, and a form to search among them."""
    page = await directory.doctors(
        at_hand.db, actor=actor, specialization=specialization, words=q, after=after, limit=DEFAULT_LIMIT
    )
    return render(request, "directory.html", page=page, q=q, specialization=specialization)


@router.get("/doctors/{doctor_id}")
async def slots(
    request: Request,
    doctor_id: Text,
    actor: Visitor,
    at_hand: AtHand,
    from_: Annotated[date | None, Query(alias="from")] = None,
    moving: Text = "",
) -> Response:
    """A dentist, and a week's free slots; with ``moving`` they are for that appointment."""
    doctor = await directory.doctor(at_hand.db, actor=actor, doctor_id=doctor_id)
    moved = await _to_move(at_hand, actor, doctor_id, moving)
    zone = await schedules.time_zone(at_hand.db, actor=actor, doctor_id=doctor_id)
    first, last = _week(from_, zone or at_hand.settings.time_zone)
    free: list[Slot] = []
    if zone:
        free = await schedules.free_slots(
            at_hand.db, actor=actor, doctor_id=doctor_id, begin=first, end=last,
            minutes=moved.duration if moved else None,
        )  # fmt: skip
    following = None
    if zone and not free:
        begin = max(wall_clock.begin_of(last + timedelta(days=1), zone), datetime.now(UTC))
        following = await schedules.next_free(at_hand.db, actor=actor, doctor_id=doctor_id, after=begin)
    return render(
        request,
        "slots.html",
        doctor=doctor,
        zone=zone,
        days=_by_day(free, zone) if zone else [],
        first=first,
        last=last,
        earlier=first - _A_WEEK if first > _today(zone or at_hand.settings.time_zone) else None,
        later=last + timedelta(days=1),
        following=following,
        following_day=wall_clock.day_of(following.scheduled_at, zone) if following and zone else None,
        moved=moved,
        **spoken_times(request),
    )


async def _to_move(at_hand: Context, actor: Actor, doctor_id: str, moving: str) -> AppointmentRow | None:
    if not moving:
        return None
    found = await service.appointment(at_hand.db, actor=actor, appointment_id=moving)
    if found.doctor_id != doctor_id:
        raise NotFound("There is no such appointment.")
    return found


def _today(zone: str) -> date:
    return wall_clock.day_of(datetime.now(UTC), zone)


def _week(first: date | None, zone: str) -> tuple[date, date]:
    """First and last day; never before today, for which nothing is free, nor beyond what a date can say."""
    begin = min(max(first or date.min, _today(zone)), date(9998, 1, 1))
    return begin, begin + _A_WEEK - timedelta(days=1)


def _by_day(free: Sequence[Slot], zone: str) -> list[tuple[date, list[Slot]]]:
    days: dict[date, list[Slot]] = {}
    for slot in free:
        days.setdefault(wall_clock.day_of(slot.scheduled_at, zone), []).append(slot)
    return list(days.items())


@router.get("/doctors/{doctor_id}/booking")
async def booking_form(
    request: Request,
    doctor_id: Text,
    actor: Visitor,
    at_hand: AtHand,
    at: AwareDatetime,
    minutes: Annotated[int, Query(ge=1, le=LONGEST_MINUTES)],
) -> Response:
    return await _form(request, at_hand, actor, doctor_id, Slot(at, minutes), key=new_id())


@router.post("/doctors/{doctor_id}/booking")
async def book(request: Request, doctor_id: Text, form: Form, actor: Visitor, at_hand: AtHand) -> Response:
    """Books; where somebody was faster, the same form offers the next free slots."""
    wanted = pressed_slot(field(form, "slot"))
    reason, key = field(form, "reason"), field(form, "key")[:100] or None
    offered: Sequence[Slot] = ()
    try:
        if not reason:
            raise WrongField("empty", field="reason")
        made = await booking.book(
            at_hand.db,
            actor=actor,
            doctor_id=doctor_id,
            scheduled_at=wanted.scheduled_at,
            duration=wanted.duration,
            reason=short(reason, LONGEST_REASON, "reason"),
            idempotency_key=key,
        )
        return redirect(f"/appointments/{made.id}?booked=true")
    except (InvalidInput, Conflict) as error:
        if isinstance(error, SlotTaken):
            offered = error.slots
        errors = dict(errors_of(request, error))
        errors = {name if name == "reason" else "": words for name, words in errors.items()}
        return await _form(
            request, at_hand, actor, doctor_id, wanted, key=key or new_id(), reason=reason, errors=errors,
            offered=offered, status=409 if isinstance(error, Conflict) else 422,
        )  # fmt: skip


async def _form(
    request: Request,
    at_hand: Context,
    actor: Actor,
    doctor_id: str,
    wanted: Slot,
    *,
    key: str,
    reason: str = "",
    errors: dict[str, str] | None = None,
    offered: Sequence[Slot] = (),
    status: int = 200,
) -> Response:
    doctor = await directory.doctor(at_hand.db, actor=actor, doctor_id=doctor_id)
    zone = await schedules.time_zone(at_hand.db, actor=actor, doctor_id=doctor_id)
    return render(
        request,
        "booking.html",
        status=status,
        doctor=doctor,
        zone=zone,
        wanted=wanted,
        key=key,
        reason=reason,
        errors=errors or {},
        offered=offered,
        refused=bool(errors) and "reason" not in (errors or {}),
        longest_reason=LONGEST_REASON,
        **spoken_times(request),
    )
