"""Clear away objects that no row names: of an upload that was killed between its bytes and its row."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from dentalization.db.database import Database
from dentalization.db.identity import Actor
from dentalization.db.ids import is_id
from dentalization.photos import queries
from dentalization.photos.errors import TooManyOrphans
from dentalization.photos.service import PREFIX
from dentalization.profiles import licence_documents
from dentalization.storage.port import ObjectStore

FEW = 100
"""So many orphans are believed in any store; beyond, at most one in ten objects."""
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class _Owner:
    """Whose objects stand under a prefix, and which of their keys have a row."""

    prefix: str
    named: Callable[[Database, Sequence[str]], Awaitable[frozenset[str]]]


async def clear(db: Database, store: ObjectStore, *, before: datetime, few: int = FEW) -> int:
    """Removes objects of photos and documents put ``before`` that no row names; returns how many.

    ``before`` lies further back than any upload lasts: a younger object may be waiting for its row. May be
    repeated; objects under other prefixes are somebody else's. Raises TooManyOrphans, and removes nothing,
    where so many have no row that rather the database is another, or older, than the store.
    """
    orphans: list[str] = []
    for owner in _OWNERS:
        keys = await store.list_older(before, owner.prefix)
        found = [key async for key in _orphans(db, owner, keys)]
        if len(found) > max(few, len(keys) // 10):
            raise TooManyOrphans(f"{len(found)} of {len(keys)} objects under '{owner.prefix}' have no row.")
        orphans += found
    for key in orphans:
        await store.delete(key)
    return len(orphans)


async def _orphans(db: Database, owner: _Owner, keys: Sequence[str]) -> AsyncIterator[str]:
    for start in range(0, len(keys), _AT_ONCE):
        part = keys[start : start + _AT_ONCE]
        named = await owner.named(db, part)
        for key in part:
            if key not in named:
                yield key


async def _named_by_photos(db: Database, keys: Sequence[str]) -> frozenset[str]:
    """Keys are ``photos/ID/variant``; what looks otherwise is not from an upload and stays."""
    ids = {key: key.split("/")[1] for key in keys}
    rows = await db.read(Actor.worker(), queries.THERE, photo_ids=_known(ids.values()))
    there = {one.id for one in rows}
    return frozenset(key for key, photo_id in ids.items() if photo_id in there or not is_id(photo_id))


def _known(ids: Iterable[str]) -> list[str]:
    return sorted({one for one in ids if is_id(one)})


async def _named_by_documents(db: Database, keys: Sequence[str]) -> frozenset[str]:
    return await licence_documents.named(db, keys=keys)


_OWNERS = (_Owner(PREFIX, _named_by_photos), _Owner(licence_documents.PREFIX, _named_by_documents))
