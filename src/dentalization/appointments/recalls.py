"""A doctor says when a patient is to be seen again, and sees who is due."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from dentalization.appointments import recall_queries, schedules, slot_queries
from dentalization.appointments.errors import NotVerified
from dentalization.appointments.recall_queries import RecallRow
from dentalization.appointments.recall_tables import MOST_MONTHS
from dentalization.appointments.waiting_errors import AlreadyRecalled, RecallsForDentists
from dentalization.db.database import Database
from dentalization.db.errors import PolicyRefused, RuleBroken
from dentalization.db.idempotency import fingerprint, once
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.db.keyset import DayKey, Page, page_of
from dentalization.db.transaction import Transaction
from dentalization.errors import InvalidInput, NotFound

_LAST_DAY = date(9999, 12, 31)


def months_after(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


async def recall(
    db: Database,
    *,
    actor: Actor,
    patient_id: str,
    months: int,
    usual_zone: str,
    note: str | None = None,
    idempotency_key: str | None = None,
) -> RecallRow:
    """For a patient in care, to be seen again in so many months from today, by the doctor's clock.

    ``usual_zone`` is that of doctors who have not said theirs. Raises RecallsForDentists, NotVerified,
    NotFound, InvalidInput, AlreadyRecalled.
    """
    await _require_doctor(db, actor)
    if not 1 <= months <= MOST_MONTHS:
        raise InvalidInput(f"A recall lies 1 to {MOST_MONTHS} months ahead.", field="months")
    zone = await schedules.time_zone(db, actor=actor, doctor_id=actor.doctor_id) or usual_zone
    due_on = months_after(datetime.now(UTC).astimezone(ZoneInfo(zone)).date(), months)
    asked = fingerprint("recall", patient_id, str(months), note or "")

    async def add(transaction: Transaction) -> dict[str, Any]:
        async def make() -> dict[str, Any]:
            recall_id = new_id()
            await transaction.run(
                recall_queries.ADD_RECALL, id=recall_id, doctor_id=actor.doctor_id, patient_id=patient_id,
                months=months, due_on=due_on, note=note,
            )  # fmt: skip
            return {"id": recall_id}

        return await once(transaction, actor, key=idempotency_key, request=asked, make=make)

    try:
        made = await db.transaction(actor, add)
    except RuleBroken as error:
        if error.constraint != "uq_recalls":
            raise
        raise AlreadyRecalled from error
    except PolicyRefused as error:
        raise NotFound("There is no such patient in your care.") from error
    found = await db.read_one(actor, recall_queries.RECALL, recall_id=made["id"])
    if found is None:
        raise NotFound("There is no such recall.")
    return found


async def due(
    db: Database, *, actor: Actor, until: date | None = None, after: str | None, limit: int
) -> Page[RecallRow]:
    """The acting doctor's open recalls, the most urgent first; due on ``until`` at the latest.

    Raises RecallsForDentists, NotVerified, BadCursor.
    """
    await _require_doctor(db, actor)
    place = DayKey.after(after)
    rows = await db.read(
        actor, recall_queries.RECALLS_DUE, doctor_id=actor.doctor_id, until=until or _LAST_DAY,
        after_day=place.day, after_id=place.id, limit=limit + 1,
    )  # fmt: skip
    return page_of(rows, limit, lambda row: (row.due_on.isoformat(), row.id))


async def own(db: Database, *, actor: Actor) -> list[RecallRow]:
    """When the acting patient is to come again."""
    return await db.read(actor, recall_queries.OWN_RECALLS, patient_id=actor.patient_id)


async def withdraw(db: Database, *, actor: Actor, recall_id: str) -> None:
    """Raises RecallsForDentists, NotVerified, NotFound for what is not open."""
    await _require_doctor(db, actor)

    async def go(transaction: Transaction) -> None:
        if not await transaction.run(
            recall_queries.WITHDRAW_RECALL, recall_id=recall_id, doctor=actor.doctor_id
        ):
            raise NotFound("There is no such recall.")

    await db.transaction(actor, go)


async def remind_due(db: Database) -> int:
    """For the worker: writes the letters about recalls that come due, one each; returns how many."""

    async def remind(transaction: Transaction) -> int:
        return len(await transaction.all(recall_queries.REMIND_RECALLS))

    return await db.transaction(Actor.worker(), remind)


async def _require_doctor(db: Database, actor: Actor) -> None:
    if not actor.doctor_id:
        raise RecallsForDentists
    practises = await db.read_one(actor, slot_queries.PRACTISES, doctor=actor.doctor_id)
    if practises is None or not practises.practises:
        raise NotVerified
