"""Administrators decide about licences, and the calendar ends them."""

from __future__ import annotations

from dentalization.db.database import Database
from dentalization.db.identity import Actor
from dentalization.db.keyset import Page, TimeKey, page_of
from dentalization.db.row import row
from dentalization.db.transaction import Transaction
from dentalization.errors import NotAllowed, NotFound
from dentalization.profiles import licence_queries as queries
from dentalization.profiles.errors import LicenceDecided, LicenceEnded, ReasonNeeded
from dentalization.profiles.licence_queries import DocumentRow, Event, SubmissionForAdmin
from dentalization.profiles.licence_tables import LicenceStatus


@row
class LicenceCase:
    """What an administrator needs for a decision."""

    licence: SubmissionForAdmin
    documents: tuple[DocumentRow, ...]
    events: tuple[Event, ...]


async def in_state(
    db: Database, *, actor: Actor, status: LicenceStatus, after: str | None, limit: int
) -> Page[SubmissionForAdmin]:
    """For admins: licences in a state, the newest first. Raises NotAllowed."""
    admins_only(actor)
    place = TimeKey.after(after)
    rows = await db.read(
        actor,
        queries.LICENCES,
        status=status.value,
        before_at=place.at,
        before_id=place.id,
        limit=limit + 1,
    )
    return page_of(rows, limit, lambda row: (row.submitted_at, row.id))


async def case(db: Database, *, actor: Actor, licence_id: str) -> LicenceCase:
    """For admins: a licence with documents, and the ledger of its doctor. Raises NotAllowed, NotFound."""
    admins_only(actor)
    found = await db.read_one(actor, queries.LICENCE, licence_id=licence_id)
    if found is None:
        raise NotFound("There is no such licence.")
    documents = await db.read(actor, queries.DOCUMENTS, submission_ids=[licence_id])
    events = await db.read(actor, queries.EVENTS, doctor_id=found.doctor_id)
    return LicenceCase(found, tuple(documents), tuple(events))


async def decide(
    db: Database,
    *,
    actor: Actor,
    doctor_id: str,
    verified: bool,
    reason: str | None,
    time_zone: str,
    submission_id: str | None = None,
) -> None:
    """Decides the licence that waits, or by hand where none does; it holds from the doctor's next statement.

    ``submission_id`` is the licence that the admin has seen. Raises NotAllowed for anybody but an admin,
    NotFound, ReasonNeeded, LicenceDecided where somebody else was first, LicenceEnded.
    """
    admins_only(actor)

    async def put(transaction: Transaction) -> None:
        answer = await transaction.one(
            queries.DECIDE,
            doctor_id=doctor_id,
            submission_id=submission_id or "",
            verified=verified,
            reason=(reason or "").strip(),
            time_zone=time_zone,
        )
        _raise_unless_done(answer.outcome if answer else None)

    await db.transaction(actor, put)


def _raise_unless_done(outcome: str | None) -> None:
    if outcome == "decided":
        raise LicenceDecided
    if outcome == "expired":
        raise LicenceEnded
    if outcome == "no reason":
        raise ReasonNeeded(field="reason")
    if outcome != "done":
        raise NotFound("There is no such doctor.")


async def watch(db: Database, *, time_zone: str) -> int:
    """Ends what has run out by the calendar, gives notices; returns how many ended. May be repeated."""

    async def look(transaction: Transaction) -> int:
        found = await transaction.one(queries.WATCH, time_zone=time_zone)
        return (found and found.ended) or 0

    return await db.transaction(Actor.worker(), look)


def admins_only(actor: Actor) -> None:
    """Raises NotAllowed."""
    if actor.role != "ADMIN":
        raise NotAllowed("Only administrators verify licences.")
