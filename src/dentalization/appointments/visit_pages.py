"""Pages about appointments that are made: one's own, one of them, and what can be done with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response

from dentalization.appointments import booking, policy, recalls, service, waiting, wall_clock
from dentalization.appointments.errors import Slot, SlotTaken
from dentalization.appointments.policy import Timing, Verb
from dentalization.appointments.queries import AppointmentRow
from dentalization.appointments.spoken_times import spoken_times
from dentalization.appointments.typed import LONGEST_REASON, pressed_slot, typed_slot
from dentalization.context import Context
from dentalization.db.identity import Actor
from dentalization.db.keyset import DEFAULT_LIMIT
from dentalization.edge.acting import AtHand
from dentalization.edge.answers import Text, etag, seen_at
from dentalization.edge.pages import (
    Form,
    Visitor,
    errors_of,
    field,
    redirect,
    render,
    short,
)
from dentalization.errors import Conflict, InvalidInput, NotFound
from dentalization.events import stream
from dentalization.profiles.errors import ChangedMeanwhile

router = APIRouter(include_in_schema=False)

_LONGEST_NOTES = 10_000

Step = Callable[..., Awaitable[AppointmentRow]]
# The last part of an address, as the API has it, and what is done there.
_STEPS: Mapping[str, tuple[Verb, Step]] = {
    "confirmation": (Verb.CONFIRM, service.confirm),
    "check-in": (Verb.CHECK_IN, service.check_in),
    "start": (Verb.START, service.start),
    "completion": (Verb.COMPLETE, service.complete),
    "cancellation": (Verb.CANCEL, service.cancel),
    "no-show": (Verb.NO_SHOW, service.mark_no_show),
}


@router.get("/appointments")
async def appointments(
    request: Request,
    actor: Visitor,
    at_hand: AtHand,
    past: bool = False,
    patient: Text = "",
    after: str | None = None,
) -> Response:
    """A patient's, coming or past; dentists have theirs in the calendar, and here those of one patient."""
    if actor.doctor_id and not patient:
        return redirect("/calendar")
    listed = service.past if past else service.appointments
    page = await listed(at_hand.db, actor=actor, patient_id=patient or None, after=after, limit=DEFAULT_LIMIT)
    mine = not (patient or past or after)
    return render(
        request,
        "appointments.html",
        page=page,
        past=past,
        patient=patient,
        offers=await waiting.open_offers(at_hand.db, actor=actor) if mine else [],
        places=await waiting.own_entries(at_hand.db, actor=actor) if mine else [],
        recalls=await recalls.own(at_hand.db, actor=actor) if mine else [],
        position=await stream.position(at_hand.db, actor=actor),
        **spoken_times(request),
    )


@router.get("/appointments/{appointment_id}")
async def appointment(
    request: Request, appointment_id: Text, actor: Visitor, at_hand: AtHand, booked: bool = False
) -> Response:
    return await _page(request, at_hand, actor, appointment_id, booked=booked)


@router.post("/appointments/{appointment_id}/move")
async def move(
    request: Request, appointment_id: Text, form: Form, actor: Visitor, at_hand: AtHand
) -> Response:
    """To a free slot, as patients choose one; or to any time of the dentist's day, as dentists type it."""
    found = await service.appointment(at_hand.db, actor=actor, appointment_id=appointment_id)
    typed = {name: field(form, name) for name in ("day", "time", "duration", "reason", "overbooking")}
    offered: Sequence[Slot] = ()
    try:
        slot = field(form, "slot")
        zone = found.time_zone or at_hand.settings.time_zone
        wanted = pressed_slot(slot) if slot else typed_slot(typed, zone)
        await booking.reschedule(
            at_hand.db,
            actor=actor,
            appointment_id=appointment_id,
            scheduled_at=wanted.scheduled_at,
            duration=wanted.duration,
            reason=short(typed["reason"], LONGEST_REASON, "reason") or None,
            overbooking=short(typed["overbooking"], LONGEST_REASON, "overbooking") or None,
            seen_at=_seen(form),
        )
    except (InvalidInput, Conflict, ChangedMeanwhile) as error:
        if isinstance(error, SlotTaken):
            offered = error.slots
        return await _page(
            request, at_hand, actor, appointment_id, errors=errors_of(request, error), typed=typed,
            offered=offered,
        )  # fmt: skip
    return redirect(f"/appointments/{appointment_id}")


@router.post("/appointments/{appointment_id}/{step}")
async def take(
    request: Request, appointment_id: Text, step: str, form: Form, actor: Visitor, at_hand: AtHand
) -> Response:
    """Confirms, checks in, starts, completes, cancels, or says that nobody came."""
    if step not in _STEPS:
        raise NotFound
    verb, act = _STEPS[step]
    typed = {name: field(form, name) for name in ("reason", "notes")}
    said: dict[str, str] = {}
    try:
        if verb is Verb.COMPLETE and typed["notes"]:
            said = {"notes": short(typed["notes"], _LONGEST_NOTES, "notes")}
        elif verb in (Verb.CANCEL, Verb.NO_SHOW) and typed["reason"]:
            said = {"reason": short(typed["reason"], LONGEST_REASON, "reason")}
        await act(at_hand.db, actor=actor, appointment_id=appointment_id, seen_at=_seen(form), **said)
    except (InvalidInput, Conflict, ChangedMeanwhile) as error:
        errors = errors_of(request, error)
        return await _page(request, at_hand, actor, appointment_id, errors=errors, typed=typed)
    return redirect(f"/appointments/{appointment_id}")


def _seen(form: Form) -> datetime | None:
    return seen_at(field(form, "seen") or None)


async def _page(
    request: Request,
    at_hand: Context,
    actor: Actor,
    appointment_id: str,
    *,
    booked: bool = False,
    errors: Mapping[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
    offered: Sequence[Slot] = (),
) -> Response:
    found = await service.with_history(at_hand.db, actor=actor, appointment_id=appointment_id)
    shown = found.appointment
    zone = shown.time_zone or at_hand.settings.time_zone
    local = {
        "day": wall_clock.day_of(shown.scheduled_at, zone).isoformat(),
        "time": wall_clock.hour(shown.scheduled_at, zone, "en"),
        "duration": str(shown.duration),
        "reason": "",
        "overbooking": "",
        "notes": shown.notes or "",
    }
    return render(
        request,
        "appointment.html",
        status=422 if errors else 200,
        appointment=shown,
        events=found.events,
        booked=booked,
        seen=etag(shown.updated_at),
        may=_possible(actor, shown),
        late=_too_late(actor, shown),
        errors=_at_fields(actor, errors or {}),
        typed={**local, **(typed or {})},
        offered=offered,
        steps={verb.name: path for path, (verb, _) in _STEPS.items()},
        longest_reason=LONGEST_REASON,
        longest_notes=_LONGEST_NOTES,
        **spoken_times(request),
    )


def _at_fields(actor: Actor, errors: Mapping[str, str]) -> dict[str, str]:
    """What is wrong, at the field of the page where it can be put right, or at the page's head."""
    places = {"scheduledAt": "day"}
    fields = ("day", "time", "duration", "overbooking") if actor.doctor_id else ()
    placed = {places.get(name, name): words for name, words in errors.items()}
    return {name if name in (*fields, "notes") else "": words for name, words in placed.items()}


def _mine(actor: Actor, shown: AppointmentRow) -> bool:
    return actor.doctor_id == shown.doctor_id if actor.doctor_id else actor.patient_id == shown.patient_id


def _when(actor: Actor, shown: AppointmentRow) -> dict[Verb, Timing]:
    """Of all that the actor may do with an appointment in this state: whether it is the time for it."""
    now = datetime.now(UTC)
    return {
        rule.verb: policy.timing(rule.verb, actor.role, begins_at=shown.scheduled_at, now=now)
        for rule in policy.TRANSITIONS
        if _mine(actor, shown) and actor.role in rule.who and shown.status in rule.before
    }


def _possible(actor: Actor, shown: AppointmentRow) -> set[str]:
    found = {verb.name for verb, timing in _when(actor, shown).items() if timing is Timing.RIGHT}
    return found - {Verb.CHECK_IN.name} if shown.checked_in_at else found


def _too_late(actor: Actor, shown: AppointmentRow) -> bool:
    """Whether the patient would have been able to move or cancel it earlier."""
    when = _when(actor, shown)
    return Timing.TOO_LATE in (when.get(Verb.RESCHEDULE), when.get(Verb.CANCEL))
