"""One connection of a server process that listens for notifications and wakes whoever waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

import psycopg
import structlog

from dentalization.db.address import watched
from dentalization.db.connection import Connection

CHANNEL = "dentalization_events"
_REST_SECONDS = (0.1, 0.5, 1.0, 2.0, 5.0)
"""Between attempts to connect again; the last one stays."""
_QUIET_SECONDS = 15.0
"""After so long without a notification the server is asked whether it is there."""

_log = structlog.get_logger(__name__)


class Listener:
    """Connects when the first waits, and from then on stays; after a lost connection it wakes everybody.

    A notification only says that it is time to look; what there is to see is read from tables. So one that
    is lost costs time, never an event.
    """

    def __init__(self, url: str, *, quiet_seconds: float = _QUIET_SECONDS) -> None:
        self._url = watched(url)
        self._quiet_seconds = quiet_seconds
        self._waiting: dict[str, set[asyncio.Event]] = {}
        self._task: asyncio.Task[None] | None = None
        self.closing = False

    @contextmanager
    def waiting(self, names: Iterable[str]) -> Iterator[asyncio.Event]:
        """An event that is set whenever one of ``names`` is notified, and at the end of the process."""
        if self._task is None and not self.closing:
            self._task = asyncio.create_task(self._listen())
        woken = asyncio.Event()
        if self.closing:
            woken.set()
        kept = list(names)
        for name in kept:
            self._waiting.setdefault(name, set()).add(woken)
        try:
            yield woken
        finally:
            for name in kept:
                self._waiting[name].discard(woken)
                if not self._waiting[name]:
                    del self._waiting[name]

    def wake_all(self) -> None:
        for waiting in list(self._waiting.values()):
            for woken in list(waiting):
                woken.set()

    def end_waits(self) -> None:
        """From now on nobody waits: the process is about to stop."""
        self.closing = True
        self.wake_all()

    async def close(self) -> None:
        self.end_waits()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _listen(self) -> None:
        failed = 0
        while True:
            try:
                # Not from the pool: LISTEN belongs to a session, which a pooler in transaction mode has not.
                async with await Connection.connect(
                    self._url, autocommit=True, application_name="dentalization listener"
                ) as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    failed = 0
                    self.wake_all()  # what was told while nobody listened
                    while True:
                        async for notified in connection.notifies(timeout=self._quiet_seconds):
                            for woken in list(self._waiting.get(notified.payload, ())):
                                woken.set()
                        async with asyncio.timeout(self._quiet_seconds):
                            await connection.execute("SELECT 1")
            except (psycopg.Error, TimeoutError) as error:
                _log.warning("listener_away", error=type(error).__name__)
            await asyncio.sleep(_REST_SECONDS[min(failed, len(_REST_SECONDS) - 1)])
            failed += 1
