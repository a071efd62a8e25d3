"""Several statements of one actor, and one commit."""

from __future__ import annotations

import contextlib
from typing import Any, TypeVar

import psycopg
from psycopg.types.json import Jsonb

from dentalization import tracing
from dentalization.db.connection import Connection
from dentalization.db.errors import OutcomeUnknown, SessionEnded
from dentalization.db.identity import Actor
from dentalization.db.observed import seen
from dentalization.db.query import Query
from dentalization.sealing.keyring import Keyring

Row = TypeVar("Row")

# After the commit, so that the position is past it: a replica that has replayed this far has the write.
_MARK_WRITE = "SELECT app_mark_write($1)"
_ENQUEUE = """SELECT procrastinate_defer_jobs_v1(ARRAY[ROW(
    'default', $1, 0, $2, NULL, $3, NULL)::procrastinate_job_to_defer_v1])"""


class Transaction:
    """Made by ``Database.transaction``; not to be kept beyond it."""

    def __init__(self, connection: Connection, keyring: Keyring) -> None:
        self._connection = connection
        self._actor = Actor()
        self.keyring = keyring

    async def begin(self, actor: Actor) -> None:
        if not await self._connection.begin(actor.identification()):
            raise SessionEnded
        self._actor = actor

    async def all(self, query: Query[Row], **params: Any) -> list[Row]:
        return await seen(query, self._all(query, params))

    async def _all(self, query: Query[Row], params: dict[str, Any]) -> list[Row]:
        if query.decode is None:
            raise TypeError("this statement returns no rows; run it with run()")
        cursor = await self._connection.execute(query.sql, query.bind(params, self.keyring))
        if cursor.rowcount:
            await self._connection.settle(query, params)
        decode = query.decode
        rows = query.opened([decode(row) for row in await cursor.fetchall()], self.keyring)
        return noted(self._actor, query, rows)

    async def one(self, query: Query[Row], **params: Any) -> Row | None:
        """The first row, or None: nothing there, or nothing that the actor may touch."""
        rows = await self.all(query, **params)
        return rows[0] if rows else None

    async def run(self, query: Query[Any], **params: Any) -> int:
        """The number of rows that were written."""
        return await seen(query, self._run(query, params))

    async def _run(self, query: Query[Any], params: dict[str, Any]) -> int:
        cursor = await self._connection.execute(query.sql, query.bind(params, self.keyring))
        if cursor.rowcount:
            await self._connection.settle(query, params)
        if query.about and self._actor.trail is not None and cursor.rowcount:
            self._actor.trail.note_parameters(query.about, params)
        return cursor.rowcount

    async def enqueue(self, task: str, *, once_for: str, **arguments: Any) -> None:
        """Puts a job in the queue; it exists if and when this transaction commits.

        ``once_for`` is the lock under which jobs never run side by side.
        """
        trace = tracing.here()
        if trace:
            arguments[tracing.JOB_ARGUMENT] = trace
        await self._connection.execute(_ENQUEUE, (task, once_for, Jsonb(arguments)))

    async def commit(self, *, marks_writes: str = "") -> None:
        """Commits; with a session id also notes, for reads from replicas, how far that session wrote.

        Raises OutcomeUnknown where the answer to that did not come.
        """
        try:
            if not marks_writes:
                await self._connection.execute("COMMIT")
                return
            async with self._connection.pipeline():
                await self._connection.execute("COMMIT")
                await self._connection.execute(_MARK_WRITE, (marks_writes,))
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            undone = (error.sqlstate or "").startswith("40") or not marks_writes
            if error.diag.severity_nonlocalized == "ERROR" and undone:
                raise  # the server itself says that nothing is saved
            raise OutcomeUnknown from error

    def wait_longer(self, seconds: float) -> None:
        """For the rest of this transaction: statements that nobody waits for may take so long."""
        self._connection.silence_seconds = seconds

    async def roll_back(self) -> None:
        with contextlib.suppress(psycopg.Error):  # a broken connection has already rolled back
            await self._connection.abandon()


def noted(actor: Actor, query: Query[Row], rows: list[Row]) -> list[Row]:
    """The rows, once it is noted whose data they are."""
    if query.about and actor.trail is not None:
        actor.trail.note_rows(query.about, rows)
    return rows
