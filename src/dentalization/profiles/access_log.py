"""Who has seen or changed whose data."""

from __future__ import annotations

from dentalization.db.database import Database
from dentalization.db.identity import Actor
from dentalization.db.keyset import Page, TimeKey, page_of
from dentalization.errors import InvalidInput, NotAllowed
from dentalization.profiles import access_log_queries as queries
from dentalization.profiles.access_log_queries import AccessRow, AuditedAccess


async def accesses(
    db: Database, *, actor: Actor, own: bool = False, after: str | None = None, limit: int
) -> Page[AccessRow]:
    """Accesses to the actor's data by others, or with ``own`` by the account itself, the newest first."""
    place = TimeKey.after(after)
    rows = await db.read(
        actor,
        queries.ACCESSES,
        persons=[person for person in (actor.user_id, actor.patient_id) if person],
        own=own,
        before_at=place.at,
        before_id=place.id,
        limit=limit + 1,
    )
    return page_of(rows, limit, lambda row: (row.at, row.id))


async def audited(
    db: Database,
    *,
    actor: Actor,
    person: str | None = None,
    user_id: str | None = None,
    after: str | None = None,
    limit: int,
) -> Page[AuditedAccess]:
    """For admins: accesses to one person's data, or by one account, the newest first.

    Raises NotAllowed, InvalidInput unless exactly one of the two is named, BadCursor.
    """
    if actor.role != "ADMIN":
        raise NotAllowed("Only administrators search the audit log.")
    if (person is None) == (user_id is None):
        raise InvalidInput("Ask by 'person' (whose data) or by 'userId' (who looked).", field="person")
    place = TimeKey.after(after)
    whose = {"person": person} if person is not None else {"user_id": user_id}
    query = queries.OF_PERSON if person is not None else queries.OF_USER
    rows = await db.read(actor, query, before_at=place.at, before_id=place.id, limit=limit + 1, **whose)
    return page_of(rows, limit, lambda row: (row.at, row.id))
