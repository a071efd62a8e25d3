"""Take a photo in, show it, and hand out its bytes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from dentalization.db.database import Database
from dentalization.db.errors import surely_undone
from dentalization.db.idempotency import fingerprint, once
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.db.keyset import Page, TimeKey, page_of
from dentalization.db.transaction import Transaction
from dentalization.errors import NotAllowed, NotFound
from dentalization.photos import queries
from dentalization.photos.pictures import Picture, normalise_isolated
from dentalization.photos.queries import PhotoRow
from dentalization.signing import Signer
from dentalization.storage.errors import ObjectMissing
from dentalization.storage.port import ObjectStore

ADDRESS_SECONDS = 300
PREFIX = "photos"
"""Of the objects of photos."""
_PURPOSE = "photo address"


class PhotoType(StrEnum):
    """What kind of picture it is meant to be; the detector also looks at the pixels."""

    INTRAORAL = "intraoral"
    EXTRAORAL = "extraoral"
    XRAY = "xray"
    PANORAMIC = "panoramic"
    BITEWING = "bitewing"
    PERIAPICAL = "periapical"
    OTHER = "other"


class Variant(StrEnum):
    ORIGINAL = "original"
    THUMBNAIL = "thumbnail"


@dataclass(frozen=True, slots=True)
class Content:
    data: bytes
    content_type: str


async def upload(
    db: Database,
    store: ObjectStore,
    *,
    actor: Actor,
    data: bytes,
    photo_type: PhotoType,
    public_url: str,
    description: str | None = None,
    taken_at: datetime | None = None,
    patient_id: str | None = None,
    idempotency_key: str | None = None,
) -> PhotoRow:
    """Checks the picture, stores it upright and without metadata, and returns the new photo.

    Without ``patient_id`` the photo is the acting patient's own. Raises PhotoRejected (see photos.errors),
    NotAllowed, NotFound for a patient who is not in the actor's care, KeyReused. On any of these nothing
    stays behind.
    """
    owner = patient_id or actor.patient_id
    if not owner:
        raise NotAllowed("Say whose photo it is: 'patientId' names a patient in your care.")
    if actor.role == "PATIENT" and owner != actor.patient_id:
        raise NotFound("There is no such patient.")
    picture = await normalise_isolated(data)
    photo_id = new_id()
    prefix = f"{PREFIX}/{photo_id}"

    row = {
        "id": photo_id,
        "patient_id": owner,
        "photo_url": f"{public_url}/api/v1/photos/{photo_id}/content",
        "photo_type": photo_type.value,
        "description": description,
        "details": _details(picture, prefix),
        "taken_at": taken_at or picture.taken_at or datetime.now(UTC),
    }
    request = fingerprint("photo", owner, photo_type, description or "", data)

    async def add(transaction: Transaction) -> dict[str, Any]:
        async def make() -> dict[str, Any]:
            await transaction.run(queries.ADD_PHOTO, **row)
            return {"id": photo_id}

        return await once(transaction, actor, key=idempotency_key, request=request, make=make)

    async with _stored(store, prefix, picture) as keep:
        made = await db.transaction(actor, add)
        if made["id"] == photo_id:
            keep()
    return await photo(db, actor=actor, photo_id=made["id"])


@asynccontextmanager
async def _stored(store: ObjectStore, prefix: str, picture: Picture) -> AsyncIterator[Callable[[], None]]:
    """Both variants in the store before the row that names them; gone again unless ``keep`` is called.

    Also kept where nobody knows whether the row is there; without one, `photos.clearing` finds them.
    """
    kept: list[bool] = []
    try:
        await store.put(f"{prefix}/{Variant.ORIGINAL}", picture.data, picture.content_type)
        await store.put(f"{prefix}/{Variant.THUMBNAIL}", picture.thumbnail, "image/webp")
        yield lambda: kept.append(True)
    except BaseException as error:
        if not surely_undone(error):
            kept.append(True)
        raise
    finally:
        if not kept:
            await delete_pictures(store, prefix)


async def delete_pictures(store: ObjectStore, prefix: str) -> None:
    """Removes every variant of a picture from the store; none that is there is no error."""
    for variant in Variant:
        await store.delete(f"{prefix}/{variant}")


def _details(picture: Picture, prefix: str) -> dict[str, Any]:
    return {
        "object": prefix,
        "contentType": picture.content_type,
        "thumbnailType": "image/webp",
        "width": picture.width,
        "height": picture.height,
        "bytes": len(picture.data),
        "sha256": picture.sha256,
        "sourceFormat": picture.source_format,
    }


async def photo(db: Database, *, actor: Actor, photo_id: str) -> PhotoRow:
    """Raises NotFound for what is not there and for what the actor may not see."""
    found = await db.read_one(actor, queries.PHOTO, photo_id=photo_id)
    if found is None:
        raise NotFound("There is no such photo.")
    return found


async def photos_by_id(db: Database, *, actor: Actor, photo_ids: Collection[str]) -> dict[str, PhotoRow]:
    """Those of the photos that are there and that the actor may see, in one round trip."""
    if not photo_ids:
        return {}
    rows = await db.read(actor, queries.PHOTOS_BY_ID, photo_ids=list(photo_ids))
    return {row.id: row for row in rows}


async def photos(
    db: Database, *, actor: Actor, patient_id: str | None, after: str | None, limit: int
) -> Page[PhotoRow]:
    """A patient's photos, the newest first; empty for a patient whom the actor may not see."""
    place = TimeKey.after(after)
    rows = await db.read(
        actor,
        queries.PHOTOS,
        patient_id=patient_id or actor.patient_id,
        before_at=place.at,
        before_id=place.id,
        limit=limit + 1,
    )
    return page_of(rows, limit, lambda row: (row.created_at, row.id))


def signed_path(signer: Signer, row: PhotoRow, variant: Variant) -> str:
    """A path under which the bytes can be had for ADDRESS_SECONDS by whoever has it.

    Made only for those who may see the photo; so an <img> needs no token of its own.
    """
    key, kind = _object(row, variant)
    claims = {"object": key, "type": kind, "id": row.id}
    return (
        f"/api/v1/photos/{row.id}/content?signature={signer.sign(_PURPOSE, claims, seconds=ADDRESS_SECONDS)}"
    )


async def signed_content(store: ObjectStore, signer: Signer, *, photo_id: str, signature: str) -> Content:
    """Raises NotFound for a signature that is not ours, not for this photo, or over."""
    claims = signer.verify(_PURPOSE, signature)
    if claims is None or claims["id"] != photo_id:
        raise NotFound("This address is not valid, or not any more; load the page again.")
    return await _content(store, claims["object"], claims["type"])


async def content(
    db: Database, store: ObjectStore, *, actor: Actor, photo_id: str, variant: Variant
) -> Content:
    """The bytes for somebody who may see the photo. Raises NotFound."""
    row = await photo(db, actor=actor, photo_id=photo_id)
    key, kind = _object(row, variant)
    return await _content(store, key, kind)


def _object(row: PhotoRow, variant: Variant) -> tuple[str, str]:
    """Key and content type of a variant's bytes."""
    details = row.metadata or {}
    kind = details.get("contentType" if variant is Variant.ORIGINAL else "thumbnailType", "image/jpeg")
    return f"{details.get('object', f'{PREFIX}/{row.id}')}/{variant}", kind


async def _content(store: ObjectStore, key: str, content_type: str) -> Content:
    try:
        return Content(await store.get(key), content_type)
    except ObjectMissing:
        raise NotFound("The picture of this photo is not in the store.") from None
