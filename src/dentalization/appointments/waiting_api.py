"""Waiting lists: join and leave one, take what is offered, and see the own line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from dentalization.appointments import waiting
from dentalization.appointments.bodies import Id, Reason, Time
from dentalization.appointments.queries import AppointmentRow, BookedPatient, Dentist
from dentalization.appointments.tables import LONGEST_MINUTES
from dentalization.appointments.waiting import Wish
from dentalization.appointments.waiting_queries import EntryRow, OfferRow
from dentalization.appointments.waiting_tables import EVERY_DAY
from dentalization.appointments.wall_clock import minutes_of, time_of_day
from dentalization.db.keyset import Page
from dentalization.db.row import row
from dentalization.edge.acting import Acting, AtHand
from dentalization.edge.answers import LIMIT, After, Body, IdempotencyKey, Limit, Text, answer, etag

router = APIRouter(tags=["appointments"])

Weekday = Annotated[int, Field(ge=1, le=7, strict=True, description="1 is Monday.")]


class WaitingBody(Body):
    """Days and times of day are those of the doctor's own clock."""

    doctor_id: Id
    duration: Annotated[int, Field(ge=1, le=LONGEST_MINUTES, strict=True, description="In minutes.")]
    earliest_on: date
    latest_on: date
    weekdays: Annotated[list[Weekday], Field(min_length=1, max_length=7)] = [1, 2, 3, 4, 5, 6, 7]
    opens: Time = "00:00"
    closes: Time = "24:00"
    reason: Reason


@row
class Place:
    """A place in a doctor's line. ``patient`` is null for a doctor who has not the patient in care."""

    id: str
    doctor_id: str
    patient_id: str
    duration: int
    earliest_on: date
    latest_on: date
    weekdays: Sequence[int]
    opens: str
    closes: str
    reason: str
    status: str
    created_at: datetime
    time_zone: str | None
    doctor: Dentist | None
    patient: BookedPatient | None


@row
class Places:
    """All; there is never a next page."""

    items: Sequence[Place]
    next: str | None


@row
class Offers:
    """All that are open; there is never a next page."""

    items: Sequence[OfferRow]
    next: str | None


@router.post("/me/waiting-list", status_code=201, response_model=Place)
async def join(
    body: WaitingBody, actor: Acting, at_hand: AtHand, idempotency_key: IdempotencyKey = None
) -> Response:
    """For patients: to be offered what becomes free, in turn."""
    wish = Wish(
        minutes=body.duration,
        earliest_on=body.earliest_on,
        latest_on=body.latest_on,
        weekdays=sum(1 << (day - 1) for day in set(body.weekdays)),
        opens=minutes_of(body.opens),
        closes=minutes_of(body.closes),
    )
    made = await waiting.join(
        at_hand.db, actor=actor, doctor_id=body.doctor_id, wish=wish, reason=body.reason,
        idempotency_key=idempotency_key,
    )  # fmt: skip
    return answer(Place, _place(made), status=201)


@router.get("/me/waiting-list", response_model=Places)
async def own_places(actor: Acting, at_hand: AtHand) -> Response:
    """Where one waits."""
    found = await waiting.own_entries(at_hand.db, actor=actor)
    return answer(Places, Places([_place(one) for one in found], None))


@router.delete("/me/waiting-list/{entry_id}", status_code=204)
async def leave(entry_id: Text, actor: Acting, at_hand: AtHand) -> Response:
    """Gives up the place, and what is offered for it."""
    await waiting.leave(at_hand.db, actor=actor, entry_id=entry_id)
    return Response(status_code=204)


@router.get("/me/offers", response_model=Offers)
async def offers(actor: Acting, at_hand: AtHand) -> Response:
    """What is held for one now."""
    return answer(Offers, Offers(await waiting.open_offers(at_hand.db, actor=actor), None))


@router.post("/offers/{offer_id}/acceptance", status_code=201, response_model=AppointmentRow)
async def accept(offer_id: Text, actor: Acting, at_hand: AtHand) -> Response:
    """Books what is offered."""
    found = await waiting.accept(at_hand.db, actor=actor, offer_id=offer_id)
    headers = {"ETag": etag(found.updated_at), "Location": f"/api/v1/appointments/{found.id}"}
    return answer(AppointmentRow, found, status=201, headers=headers)


@router.post("/offers/{offer_id}/refusal", status_code=204)
async def decline(offer_id: Text, actor: Acting, at_hand: AtHand) -> Response:
    """Leaves it to the next in line; one's place in the line stays."""
    await waiting.decline(at_hand.db, actor=actor, offer_id=offer_id)
    return Response(status_code=204)


@router.get("/doctors/me/waiting-list", response_model=Page[Place])
async def line(actor: Acting, at_hand: AtHand, after: After = None, limit: Limit = LIMIT) -> Response:
    """For dentists: who waits, in the order of joining."""
    page = await waiting.line(at_hand.db, actor=actor, after=after, limit=limit)
    return answer(Page[Place], Page([_place(one) for one in page.items], page.next))


def _place(found: EntryRow) -> Place:
    return Place(
        id=found.id,
        doctor_id=found.doctor_id,
        patient_id=found.patient_id,
        duration=found.minutes,
        earliest_on=found.earliest_on,
        latest_on=found.latest_on,
        weekdays=weekdays_of(found.weekdays),
        opens=time_of_day(found.opens),
        closes=time_of_day(found.closes),
        reason=found.reason,
        status=found.status,
        created_at=found.created_at,
        time_zone=found.time_zone,
        doctor=found.doctor,
        patient=found.patient,
    )


def weekdays_of(bits: int) -> list[int]:
    """The days, 1 to 7, of seven bits from Monday."""
    return [day for day in range(1, EVERY_DAY.bit_length() + 1) if bits >> (day - 1) & 1]
