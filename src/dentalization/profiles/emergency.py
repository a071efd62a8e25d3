"""Open and end emergency access."""

from __future__ import annotations

from dentalization.accounts.confirmations import confirmed_recently
from dentalization.db.database import Database
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.db.keyset import Page, TimeKey, page_of
from dentalization.db.transaction import Transaction
from dentalization.errors import InvalidInput, NotAllowed, NotFound
from dentalization.profiles import emergency_queries as queries
from dentalization.profiles.emergency_queries import EmergencyRow
from dentalization.profiles.errors import NoSuchPatient


async def open_access(
    db: Database, *, actor: Actor, reason: str, patient_id: str | None = None, email: str | None = None
) -> EmergencyRow:
    """Lets the acting administrator see one patient's data for an hour.

    The patient is named by the profile's id or by the account's address. Raises NotAllowed, InvalidInput,
    NotFound, ConfirmationNeeded, and RuleBroken for a reason that says nothing.
    """
    _only_admins(actor)
    await confirmed_recently(db, actor)
    if (patient_id is None) == (email is None):
        raise InvalidInput("Name the patient by 'patientId' or by 'email', not by both.", field="patientId")
    access_id = new_id()

    async def open_(transaction: Transaction) -> EmergencyRow | None:
        opened = await transaction.one(
            queries.OPEN,
            id=access_id,
            patient_id=patient_id or "",
            email=(email or "").strip().lower(),
            reason=reason,
        )
        if opened is None or opened.patient_id is None:
            return None
        return await transaction.one(queries.ACCESS, id=access_id)

    made = await db.transaction(actor, open_)
    if made is None:
        raise NoSuchPatient
    return made


async def end_access(db: Database, *, actor: Actor, access_id: str) -> None:
    """Ends one of the actor's accesses before its time. Raises NotAllowed, NotFound."""
    _only_admins(actor)

    async def end(transaction: Transaction) -> bool:
        ended = await transaction.one(queries.END, id=access_id)
        return bool(ended and ended.done)

    if not await db.transaction(actor, end):
        raise NotFound("There is no such emergency access of yours that is still open.")


async def accesses(db: Database, *, actor: Actor, after: str | None = None, limit: int) -> Page[EmergencyRow]:
    """The acting administrator's emergency accesses, the newest first. Raises NotAllowed, BadCursor."""
    _only_admins(actor)
    place = TimeKey.after(after)
    rows = await db.read(
        actor,
        queries.OF_ADMIN,
        user_id=actor.user_id,
        before_at=place.at,
        before_id=place.id,
        limit=limit + 1,
    )
    return page_of(rows, limit, lambda row: (row.granted_at, row.id))


def _only_admins(actor: Actor) -> None:
    if actor.role != "ADMIN":
        raise NotAllowed("Only administrators have emergency access.")
