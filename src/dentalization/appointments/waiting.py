"""Wait in a doctor's line for a freed time, and take or leave what is offered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from dentalization.appointments import booking, service, slot_queries, waiting_queries
from dentalization.appointments.errors import DoctorNotVerified
from dentalization.appointments.line import in_line
from dentalization.appointments.queries import AppointmentRow
from dentalization.appointments.schedule_tables import DAY_MINUTES
from dentalization.appointments.waiting_errors import AlreadyWaiting, OfferOver, WaitingForPatients
from dentalization.appointments.waiting_queries import EntryRow, OfferRow
from dentalization.appointments.waiting_tables import EVERY_DAY
from dentalization.db.database import Database
from dentalization.db.errors import RuleBroken
from dentalization.db.idempotency import fingerprint, once
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.db.keyset import Page, TimeKey, page_of
from dentalization.db.transaction import Transaction
from dentalization.errors import NotAllowed, NotFound


@dataclass(frozen=True, slots=True)
class Wish:
    """Which times would do, by the doctor's clock; ``weekdays`` are seven bits from Monday, ``opens`` and
    ``closes`` minutes after midnight between which ``minutes`` have to fit."""

    minutes: int
    earliest_on: date
    latest_on: date
    weekdays: int = EVERY_DAY
    opens: int = 0
    closes: int = DAY_MINUTES


async def join(
    db: Database,
    *,
    actor: Actor,
    doctor_id: str,
    wish: Wish,
    reason: str,
    idempotency_key: str | None = None,
) -> EntryRow:
    """Takes the last place in the doctor's line.

    Raises WaitingForPatients, DoctorNotVerified, InvalidInput, AlreadyWaiting.
    """
    _require_patient(actor)
    practises = await db.read_one(actor, slot_queries.PRACTISES, doctor=doctor_id)
    if practises is None or not practises.practises:
        raise DoctorNotVerified
    asked = fingerprint("waiting", doctor_id, repr(wish), reason)

    async def add(transaction: Transaction) -> dict[str, Any]:
        async def make() -> dict[str, Any]:
            entry_id = new_id()
            await transaction.run(
                waiting_queries.JOIN_LINE,
                id=entry_id,
                patient_id=actor.patient_id,
                doctor_id=doctor_id,
                reason=reason,
                **{name: getattr(wish, name) for name in Wish.__dataclass_fields__},
            )
            return {"id": entry_id}

        return await once(transaction, actor, key=idempotency_key, request=asked, make=make)

    try:
        made = await db.transaction(actor, add)
    except RuleBroken as error:
        if error.constraint != "uq_waiting_entries":
            raise
        raise AlreadyWaiting from error
    return await entry(db, actor=actor, entry_id=made["id"])


async def entry(db: Database, *, actor: Actor, entry_id: str) -> EntryRow:
    """Raises NotFound for what is not there, or not the actor's to see."""
    found = await db.read_one(actor, waiting_queries.ENTRY, entry_id=entry_id)
    if found is None:
        raise NotFound("There is no such place in a waiting list.")
    return found


async def own_entries(db: Database, *, actor: Actor) -> list[EntryRow]:
    """Where the acting patient waits, in the order of joining."""
    return await db.read(actor, waiting_queries.OWN_ENTRIES, patient_id=actor.patient_id)


async def line(db: Database, *, actor: Actor, after: str | None, limit: int) -> Page[EntryRow]:
    """The acting doctor's line, in its order. Raises NotAllowed, BadCursor."""
    if not actor.doctor_id:
        raise NotAllowed("Only dentists have a waiting list.")
    place = TimeKey.beginning() if after is None else TimeKey.after(after)
    rows = await db.read(
        actor, waiting_queries.LINE, doctor_id=actor.doctor_id, after_at=place.at, after_id=place.id,
        limit=limit + 1,
    )  # fmt: skip
    return page_of(rows, limit, lambda row: (row.created_at, row.id))


async def leave(db: Database, *, actor: Actor, entry_id: str) -> None:
    """Gives up the place; what was offered for it goes to the next. Raises NotFound."""
    found = await entry(db, actor=actor, entry_id=entry_id)

    async def go(transaction: Transaction) -> None:
        # The calendar before the row, as everybody who takes both.
        await transaction.one(slot_queries.LOCK_CALENDAR, doctor=found.doctor_id, patient=None)
        left = await transaction.run(waiting_queries.LEAVE_LINE, entry_id=entry_id, owner=actor.patient_id)
        if not left:
            raise NotFound("There is no such place in a waiting list.")

    async with in_line(found.doctor_id):
        await db.transaction(actor, go)


async def open_offers(db: Database, *, actor: Actor) -> Sequence[OfferRow]:
    """What is held for the acting patient now."""
    return await db.read(actor, waiting_queries.OPEN_OFFERS, patient_id=actor.patient_id)


async def accept(db: Database, *, actor: Actor, offer_id: str) -> AppointmentRow:
    """Books the offered time; of two who accept one offer, one books.

    Raises NotFound, OfferOver, and whatever stands against any booking.
    """
    _require_patient(actor)
    offer = await _offer(db, actor, offer_id)
    wanted = await entry(db, actor=actor, entry_id=offer.entry_id)

    async def take(transaction: Transaction) -> str:
        await transaction.one(slot_queries.LOCK_CALENDAR, doctor=offer.doctor_id, patient=actor.patient_id)
        held = await transaction.one(waiting_queries.LOCK_OFFER, offer_id=offer_id)
        if held is None or not held.live:
            raise OfferOver
        return await booking.place(
            transaction, actor, doctor_id=offer.doctor_id, patient_id=actor.patient_id,
            scheduled_at=offer.scheduled_at, duration=offer.duration, reason=wanted.reason,
        )  # fmt: skip

    made = await booking.in_turn(db, actor, offer.doctor_id, take, offer.scheduled_at, offer.duration)
    return await service.appointment(db, actor=actor, appointment_id=made)


async def decline(db: Database, *, actor: Actor, offer_id: str) -> None:
    """Lets the next in line have it; the place in the line stays. Raises NotFound, OfferOver."""
    _require_patient(actor)
    offer = await _offer(db, actor, offer_id)

    async def refuse(transaction: Transaction) -> None:
        await transaction.one(slot_queries.LOCK_CALENDAR, doctor=offer.doctor_id, patient=None)
        if not await transaction.run(waiting_queries.DECLINE, offer_id=offer_id):
            raise OfferOver

    async with in_line(offer.doctor_id):
        await db.transaction(actor, refuse)


async def pass_on_expired(db: Database) -> int:
    """For the worker: offers whose time has run out go to the next in line; returns how many."""
    over = await db.read_primary(Actor.worker(), waiting_queries.OVER)
    for offer in over:

        async def expire(transaction: Transaction, offer: Any = offer) -> None:
            await transaction.one(slot_queries.LOCK_CALENDAR, doctor=offer.doctor_id, patient=None)
            await transaction.run(waiting_queries.EXPIRE, offer_id=offer.id)

        await db.transaction(Actor.worker(), expire)
    return len(over)


async def _offer(db: Database, actor: Actor, offer_id: str) -> OfferRow:
    found = await db.read_one(actor, waiting_queries.OFFER, offer_id=offer_id, patient_id=actor.patient_id)
    if found is None:
        raise NotFound("There is no such offer.")
    return found


def _require_patient(actor: Actor) -> None:
    if not actor.patient_id:
        raise WaitingForPatients
