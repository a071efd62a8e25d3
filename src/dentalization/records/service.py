"""Write and read medical records; what is written stays as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from dentalization.db.database import Database
from dentalization.db.errors import PolicyRefused
from dentalization.db.idempotency import fingerprint, once
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.db.keyset import Page, TimeKey, page_of
from dentalization.db.transaction import Transaction
from dentalization.errors import InvalidInput, NotFound
from dentalization.records import queries
from dentalization.records.errors import RecordsByDentists
from dentalization.records.queries import RecordRow


async def write(
    db: Database,
    *,
    actor: Actor,
    patient_id: str,
    record_type: str,
    title: str,
    description: str,
    data: Mapping[str, Any] | None = None,
    attachments: Sequence[str] = (),
    record_date: datetime | None = None,
    idempotency_key: str | None = None,
) -> RecordRow:
    """A record of a patient in the acting doctor's care; ``record_date`` is when it happened, by default now.

    Raises RecordsByDentists, NotFound for a patient who is not in care, InvalidInput.
    """
    if not actor.doctor_id:
        raise RecordsByDentists
    if record_date is not None and record_date > datetime.now(UTC):
        raise InvalidInput("A record tells what has happened; this date is yet to come.", field="recordDate")
    asked = fingerprint(
        "record", patient_id, record_type, title, description, repr(data), repr(attachments), str(record_date)
    )

    async def add(transaction: Transaction) -> dict[str, Any]:
        async def make() -> dict[str, Any]:
            record_id = new_id()
            await transaction.run(
                queries.ADD_RECORD,
                id=record_id,
                patient_id=patient_id,
                doctor_id=actor.doctor_id,
                record_type=record_type,
                title=title,
                description=description,
                record_date=record_date or datetime.now(UTC),
                details=data,
                files=list(attachments),
            )
            return {"id": record_id}

        return await once(transaction, actor, key=idempotency_key, request=asked, make=make)

    try:
        made = await db.transaction(actor, add)
    except PolicyRefused as error:
        raise NotFound("There is no such patient in your care.") from error
    return await record(db, actor=actor, record_id=made["id"])


async def record(db: Database, *, actor: Actor, record_id: str) -> RecordRow:
    """Raises NotFound for what is not there and for what the actor may not see."""
    found = await db.read_one(actor, queries.RECORD, record_id=record_id)
    if found is None:
        raise NotFound("There is no such record.")
    return found


async def records(
    db: Database, *, actor: Actor, patient_id: str | None = None, after: str | None = None, limit: int
) -> Page[RecordRow]:
    """A patient's, or one's own, the newest first. Raises BadCursor."""
    place = TimeKey.after(after)
    rows = await db.read(
        actor,
        queries.RECORDS,
        patient_id=patient_id or actor.patient_id,
        before_at=place.at,
        before_id=place.id,
        limit=limit + 1,
    )
    return page_of(rows, limit, lambda row: (row.record_date, row.id))
