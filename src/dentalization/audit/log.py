"""Writes the audit log: requests that come together share one insert, and each waits for it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from datetime import UTC, datetime

import structlog

from dentalization.audit.chain import START, Entry, as_json, linked
from dentalization.audit.errors import AuditUnavailable
from dentalization.audit.queries import APPEND
from dentalization.db.database import Database
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id, new_ids
from dentalization.db.trail import Trail

MOST_ROWS = 500
"""Of one insert."""

_log = structlog.get_logger(__name__)


def entries_of(actor: Actor, trail: Trail, *, action: str, request_id: str) -> list[Entry]:
    """One row for each person whose data the trail has met."""
    now = datetime.now(UTC)
    persons = trail.touched.items()
    return [
        Entry(
            id=row_id,
            at=now,
            person=person,
            own=(own := person in (actor.user_id, actor.patient_id)),
            user_id=actor.user_id,
            role=actor.role,
            session_id=actor.session_id,
            address=actor.address,
            action=action,
            kinds=",".join(sorted(kinds)),
            why="own" if own else _why(actor, kinds),
            request_id=request_id,
        )
        for row_id, (person, kinds) in zip(new_ids(len(persons)), persons, strict=True)
    ]


def _why(actor: Actor, kinds: set[str]) -> str:
    if actor.role == "DOCTOR":
        return "care"
    if actor.role == "WORKER":
        return "analysis"
    # Policies show an administrator nothing clinical but by an emergency access.
    return "administration" if kinds <= {"account", "licence"} else "emergency"


class AuditLog:
    """One chain for each process and month; rows of one insert come from any number of requests."""

    def __init__(self, db: Database, key: bytes) -> None:
        self._db = db
        self._key = key
        self._waiting: deque[tuple[Sequence[Entry], asyncio.Future[None]]] = deque()
        self._writer: asyncio.Task[None] | None = None
        self._chain, self._rows, self._end = new_id(), 0, START
        self._month = _month(datetime.now(UTC))

    async def write(self, entries: Sequence[Entry]) -> None:
        """Returns once the rows are on the primary. Raises AuditUnavailable; then no answer may leave."""
        if not entries:
            return
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((entries, done))
        if self._writer is None or self._writer.done():
            # A task of its own: whose request is cancelled must not take the others' rows along.
            self._writer = asyncio.create_task(self._write_all())
        await done

    async def _write_all(self) -> None:
        while self._waiting:
            batch, callers = self._next_batch()
            try:
                await self._append(batch)
            except Exception as error:
                # Whether it was committed nobody can tell; a new chain never forks an old one.
                self._begin_chain(self._month)
                _log.error("audit_unavailable", error=type(error).__name__, rows=len(batch))
                for done in callers:
                    if not done.done():
                        done.set_exception(AuditUnavailable())
            else:
                for done in callers:
                    if not done.done():
                        done.set_result(None)

    def _next_batch(self) -> tuple[list[Entry], list[asyncio.Future[None]]]:
        """As many callers as fit, all of one month."""
        batch: list[Entry] = []
        callers: list[asyncio.Future[None]] = []
        month = _month(self._waiting[0][0][0].at)
        while self._waiting and len(batch) < MOST_ROWS:
            if _month(self._waiting[0][0][0].at) != month:
                break
            entries, done = self._waiting.popleft()
            batch.extend(entries)
            callers.append(done)
        if month != self._month:
            self._begin_chain(month)
        return batch, callers

    async def _append(self, batch: list[Entry]) -> None:
        first = self._rows + 1
        told = [as_json(entry) for entry in batch]
        hashes = linked(self._key, self._chain, first, self._end, told)
        rows = [f'{one[:-1]}, "hash": "{end.hex()}"}}' for one, end in zip(told, hashes, strict=True)]

        # One round trip: the statement is its own transaction, committed when its answer is here. Nobody's
        # reads never go to a replica.
        await self._db.read(
            Actor.nobody(),
            APPEND,
            chain=self._chain,
            first=first,
            previous=self._end,
            rows=f"[{','.join(rows)}]",
        )
        self._rows, self._end = first + len(batch) - 1, hashes[-1]

    def _begin_chain(self, month: tuple[int, int]) -> None:
        self._chain, self._rows, self._end, self._month = new_id(), 0, START, month


def _month(at: datetime) -> tuple[int, int]:
    return at.year, at.month
