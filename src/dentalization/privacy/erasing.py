"""The worker's part of an erasure: rows, then bytes, then the proof. May be killed and repeated anywhere."""

from __future__ import annotations

import functools
import hashlib
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import structlog

from dentalization.db.database import Database
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.db.transaction import Transaction
from dentalization.photos import service as photos
from dentalization.privacy import queries
from dentalization.privacy.errors import ErasureUnfinished
from dentalization.privacy.policy import RULES, Action
from dentalization.storage.port import ObjectStore

MOST_PASSES = 10

_log = structlog.get_logger(__name__)


async def erase(db: Database, store: ObjectStore, *, request_id: str) -> None:
    """Ends with a report, once; a request that is done is left alone.

    Rows go in one transaction, which also notes the pictures that they named; these go from the store next.
    A pass that finds nothing more ends it: what came meanwhile, as a photo that was just being sent, went
    with the pass before. Raises ErasureUnfinished, Unavailable.
    """
    for _ in range(MOST_PASSES):
        deleted = await _pass(db, request_id)
        if deleted is None:
            return
        await _delete_pictures(db, store, request_id)
        if deleted == 0:
            break
    else:
        raise ErasureUnfinished
    await _scrub_sealed(db, request_id)
    await _finish(db, request_id, await _hits(db, request_id))


async def unfinished(db: Database) -> list[str]:
    """Requests that wait or were interrupted, the oldest first."""
    return [one.id for one in await db.read(Actor.worker(), queries.UNFINISHED)]


async def _pass(db: Database, request_id: str) -> int | None:
    async def work(transaction: Transaction) -> queries.Deleted | None:
        return await transaction.one(queries.ERASE_PERSON, request_id=request_id)

    done = await db.transaction(Actor.worker(), work)
    return done.rows if done else None


async def _delete_pictures(db: Database, store: ObjectStore, request_id: str) -> None:
    found = await db.read_one(Actor.worker(), queries.REQUEST, request_id=request_id)
    for prefix in found.objects if found else ():
        await photos.delete_pictures(store, prefix)


async def _scrub_sealed(db: Database, request_id: str) -> None:
    """Takes the person's name out of the sealed texts that are kept; of others' sealed texts nobody knows."""
    worker = Actor.worker()
    found = await db.read_one(worker, queries.REQUEST, request_id=request_id)
    if found is None or found.markers is None:
        return
    for one in await db.read(worker, queries.TEXTS, request_id=request_id):
        place, row_id, old = str(one.place), str(one.id), str(one.value)
        text = db.keyring.unseal(old, place, row_id)
        clean = scrubbed(text, found.markers)
        if clean == text:
            continue
        new = db.keyring.seal(clean, place, row_id)
        put = functools.partial(_put, request_id=request_id, place=place, id=row_id, old=old, new=new)
        await db.transaction(worker, put)


async def _put(transaction: Transaction, **values: str) -> None:
    await transaction.one(queries.PUT_ERASED, **values)


def scrubbed(text: str, markers: Mapping[str, Any]) -> str:
    """As app_scrubbed does it: markers whatever their case, single names as whole words and as spelled."""
    if markers.get("pattern"):
        text = re.sub(markers["pattern"], "[erased]", text, flags=re.IGNORECASE)
    if markers.get("names"):
        text = re.sub(re.sub(r"\\[mM]", r"\\b", markers["names"]), "[erased]", text)
    return text


async def _hits(db: Database, request_id: str) -> dict[str, int]:
    """'table.column' -> rows. A table at a time, each as long as it takes: it reads every text there is."""
    worker = Actor.worker()
    found: dict[str, int] = {}

    async def search(transaction: Transaction, table: str) -> queries.Hits | None:
        transaction.wait_longer(queries.LONGER_SECONDS + 5)
        await transaction.one(queries.TAKE_LONGER)
        return await transaction.one(queries.HITS, request_id=request_id, table=table)

    for one in await db.read(worker, queries.TABLES):  # of the database, not only those that we declare
        name = str(one.name)
        hits = await db.transaction(worker, functools.partial(search, table=name))
        if hits is not None and hits.found:
            found.update({f"{name}.{column}": rows for column, rows in hits.found.items()})
    return found


async def _finish(db: Database, request_id: str, found: dict[str, int]) -> None:
    report_id, now = new_id(), datetime.now(UTC)

    async def finish(transaction: Transaction) -> bool:
        request = await transaction.one(queries.LOCK_REQUEST, request_id=request_id)
        if request is None:  # another worker was quicker
            return False
        report: dict[str, Any] = {
            "id": report_id,
            "request_id": request_id,
            "user_id": request.user_id,
            "entries": entries_of(request.counts),
            "found": found,
        }
        await transaction.run(
            queries.ADD_REPORT, **report, digest=digest_of(report, created_at=now), created_at=now
        )
        await transaction.run(queries.FINISH_REQUEST, request_id=request_id)
        return True

    if await db.transaction(Actor.worker(), finish):
        _log.info("erasure_done", report_id=report_id, hits=sum(found.values()))


def entries_of(counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """One entry for each rule that met rows: table, how many were deleted, pseudonymised, kept, and why."""
    return [
        {
            "rule": rule.name,
            "table": rule.table,
            **{action.value: counts[rule.name] if rule.action is action else 0 for action in Action},
            "why": rule.why[0],
        }
        for rule in RULES
        if counts.get(rule.name)
    ]


def digest_of(report: Mapping[str, Any], *, created_at: datetime) -> str:
    """SHA-256 over everything else in a report; one that was changed by hand has another."""
    whole = {**report, "created_at": created_at.astimezone(UTC).isoformat()}
    return hashlib.sha256(json.dumps(whole, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
