"""The documents of a licence: added by its doctor, read by the doctor and by administrators."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dentalization.context import CleanPicture
from dentalization.db.database import Database
from dentalization.db.errors import RuleBroken, surely_undone
from dentalization.db.idempotency import fingerprint, once
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.db.transaction import Transaction
from dentalization.errors import Conflict, NotFound
from dentalization.profiles import licence_queries as queries
from dentalization.profiles.documents import Document, checked
from dentalization.profiles.errors import DocumentKnown, DocumentsFull, NoLicenceWaits
from dentalization.profiles.licence_decisions import admins_only
from dentalization.profiles.licence_queries import DocumentRow
from dentalization.profiles.licences import holder_of, waiting_of
from dentalization.storage.errors import ObjectMissing
from dentalization.storage.port import ObjectStore

Add = Callable[[Transaction], Awaitable[dict[str, Any]]]

PREFIX = "licences"
"""Of the objects of documents."""
_RULES: Mapping[str | None, type[Conflict]] = {
    "ix_licence_documents_submission_id": DocumentKnown,
    "licence_documents_full": DocumentsFull,
    "licence_documents_closed": NoLicenceWaits,
}
"""What it means here when the database keeps one of its rules."""


@dataclass(frozen=True, slots=True)
class Content:
    data: bytes
    content_type: str


async def add_document(
    db: Database,
    store: ObjectStore,
    *,
    actor: Actor,
    data: bytes,
    clean_picture: CleanPicture,
    idempotency_key: str | None = None,
) -> DocumentRow:
    """Adds a document to the licence that waits for its decision.

    Raises what ``documents.checked`` raises, NotAllowed, NoLicenceWaits, DocumentKnown, DocumentsFull. On
    any of these nothing stays behind.
    """
    waiting = await waiting_of(db, await holder_of(db, actor), actor)
    document = await checked(data, clean_picture=clean_picture)
    document_id = new_id()
    key = f"{PREFIX}/{document_id}"
    request = fingerprint("licence document", waiting.id, data)

    async def add(transaction: Transaction) -> dict[str, Any]:
        async def make() -> dict[str, Any]:
            await transaction.run(
                queries.ADD_DOCUMENT,
                id=document_id,
                submission_id=waiting.id,
                object_key=key,
                content_type=document.content_type,
                bytes=len(document.data),
                sha256=hashlib.sha256(document.data).hexdigest(),
            )
            return {"id": document_id}

        return await once(transaction, actor, key=idempotency_key, request=request, make=make)

    made = await _stored(db, store, actor, key, document, add)
    found = await db.read_one(actor, queries.DOCUMENT, document_id=made["id"])
    if found is None:
        raise NotFound("There is no such document.")
    return found


async def _stored(
    db: Database, store: ObjectStore, actor: Actor, key: str, document: Document, add: Add
) -> dict[str, Any]:
    """The bytes in the store before the row that names them; gone again unless the row names these.

    Also kept where nobody knows whether the row is there; without one, `photos.clearing` finds them.
    """
    named = False
    try:
        await store.put(key, document.data, document.content_type)
        made = await db.transaction(actor, add)
        named = key == f"{PREFIX}/{made['id']}"
        return made
    except RuleBroken as error:
        if error.constraint not in _RULES:
            raise
        raise _RULES[error.constraint] from None
    except BaseException as error:
        named = not surely_undone(error)
        raise
    finally:
        if not named:
            await store.delete(key)


async def document(
    db: Database, store: ObjectStore, *, actor: Actor, document_id: str, licence_id: str | None = None
) -> Content:
    """A document's bytes for its doctor, or for an admin who names the licence. Raises NotFound."""
    if licence_id is not None:
        admins_only(actor)
    found = await db.read_one(actor, queries.STORED_DOCUMENT, document_id=document_id, licence_id=licence_id)
    if found is None:
        raise NotFound("There is no such document.")
    try:
        return Content(await store.get(found.object_key), found.content_type)
    except ObjectMissing:
        raise NotFound("The bytes of this document are not in the store.") from None


async def named(db: Database, *, keys: Sequence[str]) -> frozenset[str]:
    """Those of the object keys that a document's row names; for the worker."""
    rows = await db.read(Actor.worker(), queries.NAMED_DOCUMENTS, keys=list(keys))
    return frozenset(one.object_key for one in rows)
