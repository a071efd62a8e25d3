"""Pages to join a waiting list, to answer an offer, and for the dentist to see who waits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

from fastapi import APIRouter, Request, Response
from starlette.datastructures import FormData

from dentalization.appointments import schedules, waiting, wall_clock
from dentalization.appointments.schedule_tables import DAY_MINUTES
from dentalization.appointments.spoken_times import spoken_times
from dentalization.appointments.typed import LONGEST_REASON, typed_minutes
from dentalization.appointments.waiting import Wish
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

_FIELDS = ("earliestOn", "latestOn", "opens", "closes", "duration", "reason", "key")
_A_MONTH = timedelta(days=30)


@router.get("/doctors/{doctor_id}/waiting")
async def waiting_form(request: Request, doctor_id: Text, actor: Visitor, at_hand: AtHand) -> Response:
    zone = await schedules.time_zone(at_hand.db, actor=actor, doctor_id=doctor_id)
    today = wall_clock.day_of(datetime.now(UTC), zone or at_hand.settings.time_zone)
    usual = {"earliestOn": today.isoformat(), "latestOn": (today + _A_MONTH).isoformat()}
    typed = {**dict.fromkeys(_FIELDS, ""), **usual, "duration": "30", "key": new_id()}
    return await _form(request, at_hand, actor, doctor_id, typed, set(range(1, 8)))


@router.post("/doctors/{doctor_id}/waiting")
async def join(request: Request, doctor_id: Text, form: Form, actor: Visitor, at_hand: AtHand) -> Response:
    """Takes the last place in the line."""
    typed = {name: field(form, name) for name in _FIELDS}
    weekdays = _weekdays(form)
    try:
        if not typed["reason"]:
            raise WrongField("empty", field="reason")
        await waiting.join(
            at_hand.db,
            actor=actor,
            doctor_id=doctor_id,
            wish=_wish(typed, weekdays),
            reason=short(typed["reason"], LONGEST_REASON, "reason"),
            idempotency_key=typed["key"][:100] or None,
        )
    except (InvalidInput, Conflict) as error:
        errors = errors_of(request, error)
        return await _form(request, at_hand, actor, doctor_id, typed, weekdays, errors=errors)
    return redirect("/appointments")


def _weekdays(form: FormData) -> set[int]:
    sent = (value for value in form.getlist("weekdays") if isinstance(value, str))
    return {int(value) for value in sent if value in ("1", "2", "3", "4", "5", "6", "7")}


def _wish(typed: Mapping[str, str], weekdays: set[int]) -> Wish:
    """Raises WrongField."""
    days: dict[str, date] = {}
    for name in ("earliestOn", "latestOn"):
        try:
            days[name] = date.fromisoformat(typed[name])
        except ValueError:
            raise WrongField("no-date", field=name) from None
    try:
        opens = wall_clock.minutes_of(typed["opens"][:5]) if typed["opens"] else 0
        closes = wall_clock.minutes_of(typed["closes"][:5]) if typed["closes"] else DAY_MINUTES
    except ValueError:
        raise WrongField("no-such-time", field="closes") from None
    return Wish(
        minutes=typed_minutes(typed["duration"]),
        earliest_on=days["earliestOn"],
        latest_on=days["latestOn"],
        weekdays=sum(1 << (day - 1) for day in weekdays),
        opens=opens,
        closes=closes or DAY_MINUTES,
    )


async def _form(
    request: Request,
    at_hand: Context,
    actor: Actor,
    doctor_id: str,
    typed: Mapping[str, str],
    weekdays: set[int],
    *,
    errors: Mapping[str, str] | None = None,
) -> Response:
    return render(
        request,
        "waiting_form.html",
        status=422 if errors else 200,
        doctor=await directory.doctor(at_hand.db, actor=actor, doctor_id=doctor_id),
        typed=typed,
        chosen=weekdays,
        errors=errors or {},
        longest_reason=LONGEST_REASON,
        **spoken_times(request),
    )


@router.post("/waiting/{entry_id}/leaving")
async def leave(
    entry_id: Text,
    form: Form,  # noqa: ARG001 - its token is checked
    actor: Visitor,
    at_hand: AtHand,
) -> Response:
    await waiting.leave(at_hand.db, actor=actor, entry_id=entry_id)
    return redirect("/appointments")


@router.post("/offers/{offer_id}")
async def answer_offer(offer_id: Text, form: Form, actor: Visitor, at_hand: AtHand) -> Response:
    """Takes what is offered, or leaves it to the next."""
    match field(form, "answer"):
        case "acceptance":
            made = await waiting.accept(at_hand.db, actor=actor, offer_id=offer_id)
            return redirect(f"/appointments/{made.id}?booked=true")
        case "refusal":
            await waiting.decline(at_hand.db, actor=actor, offer_id=offer_id)
            return redirect("/appointments")
    raise NotFound


@router.get("/calendar/waiting")
async def line(request: Request, actor: Visitor, at_hand: AtHand, after: str | None = None) -> Response:
    """For dentists: who waits, in the order of joining."""
    page = await waiting.line(at_hand.db, actor=actor, after=after, limit=DEFAULT_LIMIT)
    return render(
        request, "waiting_line.html", page=page, time_of_day=wall_clock.time_of_day, **spoken_times(request)
    )
