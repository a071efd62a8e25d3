"""Follows events: all of somebody's, in order, each once, from wherever the client was cut off."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dentalization.db.database import Database
from dentalization.db.errors import SessionEnded
from dentalization.db.identity import Actor
from dentalization.errors import DentalizationError, InvalidInput, Unavailable
from dentalization.events import queries
from dentalization.events.tables import KEPT_DAYS, QUEUE
from dentalization.metrics import STREAMS as STREAMS_OPEN

HEARTBEAT_SECONDS = 15.0
"""Also how soon the end of a session ends its streams, and how late what was not notified comes."""
STREAM_SECONDS = 600.0
"""Then the client connects again, with tokens that say what it may do by then."""
_UNSETTLED_SECONDS = 0.05
_MOST_ROWS = 200
_ALL_OF_IT = 10**17
"""Behind every event of a transaction."""
STREAMS = 10
"""Of one account in one process: more are a program that has forgotten to close them."""


class TooManyStreams(DentalizationError):
    """This account follows its events in too many places already; close some of them."""

    code = "too-many-streams"


class BadPosition(InvalidInput):
    """This is no position in the events; leave 'Last-Event-ID' and 'after' out to begin with the next one."""

    code = "bad-position"


@dataclass(frozen=True, slots=True)
class Cursor:
    """All up to here has been seen; ``seconds`` since 1970 tell when."""

    transaction: int
    event: int
    seconds: int

    def __str__(self) -> str:
        return f"{self.transaction}-{self.event}-{self.seconds}"

    @classmethod
    def read(cls, text: str) -> Cursor:
        """Raises BadPosition."""
        parts = text.split("-")
        if len(parts) != 3 or not all(
            part.isascii() and part.isdecimal() and len(part) < 19 for part in parts
        ):
            raise BadPosition(field="after")
        return cls(*map(int, parts))


class Streams:
    """How many each account has open in this process."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    @property
    def open(self) -> int:
        """How many there are in this process."""
        return self._open.total()

    @contextmanager
    def one_more(self, user_id: str) -> Iterator[None]:
        """Raises TooManyStreams."""
        if self._open[user_id] >= STREAMS:
            raise TooManyStreams
        self._open[user_id] += 1
        STREAMS_OPEN.inc()
        try:
            yield
        finally:
            STREAMS_OPEN.dec()
            self._open[user_id] -= 1
            if not self._open[user_id]:
                del self._open[user_id]


def audiences_of(actor: Actor) -> list[str]:
    named = [one for one in (actor.patient_id, actor.doctor_id) if one]
    return [*named, QUEUE] if actor.doctor_id else named


async def position(db: Database, *, actor: Actor) -> Cursor:
    """Here and now. A page takes it first, then reads what it shows, and follows from here: nothing between
    is missed."""
    (found,) = await db.read_primary(actor, queries.POSITION)
    return Cursor(found.transaction - 1, _ALL_OF_IT, int(datetime.now(UTC).timestamp()))


async def follow(db: Database, *, actor: Actor, after: Cursor | None) -> AsyncGenerator[bytes]:
    """A body of text/event-stream. It ends with the session, with the process, and after STREAM_SECONDS.

    Where PostgreSQL is away it ends too; the client comes again. One whose position is too old, or of
    another database, gets 'reset': it reads everything anew.
    """
    began = asyncio.get_running_loop().time()
    listener = db.listener
    with listener.waiting(audiences_of(actor)) as woken:
        here = await position(db, actor=actor)
        reset = after is not None and await _unknown(db, actor, after)
        cursor = here if after is None or reset else after
        yield b"retry: 2000\n" + _told(cursor, "reset" if reset else "begin", {})
        while not listener.closing and asyncio.get_running_loop().time() - began < STREAM_SECONDS:
            woken.clear()
            try:
                rows = await _since(db, actor, cursor)
            except (SessionEnded, Unavailable):
                return
            settled = _settled(rows)
            for row in settled:
                cursor = Cursor(row.transaction, row.id, int(row.created_at.timestamp()))
                yield _told(cursor, row.kind, {"kind": row.kind, "subject": row.subject})
            if len(settled) == _MOST_ROWS:
                continue
            if not rows:
                yield b": still here\n\n"
            await _wait(woken, _UNSETTLED_SECONDS if len(settled) < len(rows) else HEARTBEAT_SECONDS)


def _settled(rows: list[queries.EventRow]) -> list[queries.EventRow]:
    """Those before the first that another transaction could still come before."""
    unsettled = next((place for place, row in enumerate(rows) if not row.settled), len(rows))
    return rows[:unsettled]


async def _wait(woken: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await woken.wait()


async def _unknown(db: Database, actor: Actor, cursor: Cursor) -> bool:
    """Whether events after the cursor may be gone, or it comes from a database that this one replaced."""
    (found,) = await db.read_primary(actor, queries.POSITION)
    old = datetime.now(UTC) - timedelta(days=KEPT_DAYS) + timedelta(hours=1)
    return cursor.transaction >= found.newest or cursor.seconds < old.timestamp()


async def _since(db: Database, actor: Actor, cursor: Cursor) -> list[queries.EventRow]:
    # A replica may not have replayed yet what has woken us.
    return await db.read_primary(
        actor,
        queries.SINCE,
        audiences=audiences_of(actor),
        after_transaction=cursor.transaction,
        after_id=cursor.event,
        limit=_MOST_ROWS,
    )


def _told(cursor: Cursor, event: str, data: dict[str, str]) -> bytes:
    return f"id: {cursor}\nevent: {event}\ndata: {json.dumps(data)}\n\n".encode()
