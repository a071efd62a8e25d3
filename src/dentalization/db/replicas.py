"""Reads from replicas: only as fresh as the bound says, and never older than the caller's own writes."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg
import structlog
from psycopg import errors as pg

from dentalization.db.errors import DatabaseBusy, DatabaseUnreachable, SessionEnded
from dentalization.db.identity import Actor
from dentalization.db.pool import Pool
from dentalization.db.query import Query

Row = TypeVar("Row")

REST_SECONDS = 5.0
"""How long a replica that failed or lags is left alone before it is tried again."""
_CONNECTION_SECONDS = 0.5
"""How long a read waits for a connection to a replica; the primary has others."""
_AWAY = (psycopg.OperationalError, psycopg.InterfaceError, DatabaseBusy, DatabaseUnreachable, TimeoutError)

_log = structlog.get_logger(__name__)

# Before the rows: they are then read at this position or a later one. NULL on a server that is no replica.
_IDENTIFY = """SELECT app_identify($1, $2, $3, $4, $5),
  CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() END,
  extract(epoch FROM pg_last_xact_replay_timestamp())"""
# On the primary, by its clock: is the session alive; has the replica replayed what the session last wrote,
# and does the licence still stand; is the replica near enough. With all that a quiet primary has flushed it
# is, however long ago the last commit was.
_CHECK = """SELECT alive,
  app_written_before($5, $6::pg_lsn) AND current_setting('app.doctor_id') = $4,
  pg_current_wal_flush_lsn() <= $6::pg_lsn OR extract(epoch FROM now())::float8 - $7::float8 <= $8
FROM app_identify($1, $2, $3, $4, $5) AS alive"""

_POSITION = "SELECT pg_current_wal_flush_lsn()::text"
# A replica that has replayed all is not behind, however long ago the last commit was.
_LAG = """SELECT greatest($1::pg_lsn - pg_last_wal_replay_lsn(), 0)::float8,
  CASE WHEN pg_last_wal_replay_lsn() >= $1::pg_lsn THEN 0
    ELSE greatest(extract(epoch FROM now() - pg_last_xact_replay_timestamp()), 0) END::float8"""


@dataclass(frozen=True, slots=True)
class Measured:
    """How far a replica is behind; None where it does not answer, or is no replica."""

    lag_bytes: float | None
    lag_seconds: float | None


class Replicas:
    """Chooses a replica for each read. Empty where none are configured."""

    def __init__(
        self, pools: Sequence[Pool], *, max_lag_seconds: float, rest_seconds: float = REST_SECONDS
    ) -> None:
        self._pools = list(pools)
        self._max_lag_seconds = max_lag_seconds
        self._rest_seconds = rest_seconds
        self._primary: Pool | None = None
        self._in_use: list[Pool] = []
        self._returning: set[asyncio.Task[None]] = set()

    def __bool__(self) -> bool:
        return bool(self._pools)

    @property
    def in_use(self) -> int:
        """How many replicas are read from at present."""
        return len(self._in_use)

    async def measure(self) -> list[Measured]:
        """Each replica's lag behind the primary, in the order in which they are configured."""
        if self._primary is None or not self._pools:
            return []
        async with self._primary.connection() as connection:
            (position,) = await (await connection.execute(_POSITION)).fetchone() or (None,)
        return list(await asyncio.gather(*(self._lag(pool, position) for pool in self._pools)))

    async def _lag(self, pool: Pool, position: str | None) -> Measured:
        try:
            async with asyncio.timeout(_CONNECTION_SECONDS), pool.connection() as connection:
                found = await (await connection.execute(_LAG, (position,))).fetchone()
        except (psycopg.Error, DatabaseBusy, DatabaseUnreachable, TimeoutError):
            found = None
        return Measured(*(found or (None, None)))

    async def open(self, primary: Pool) -> None:
        """Returns at once: a replica is read from when it has answered, until then the primary."""
        self._primary = primary
        for pool in self._pools:
            await pool.open(wait=False)
            self._await_return(pool, rest=0.0)

    async def close(self) -> None:
        for task in self._returning:
            task.cancel()
        await asyncio.gather(*self._returning, return_exceptions=True)
        self._in_use.clear()
        for pool in self._pools:
            await pool.close()

    async def read(self, actor: Actor, query: Query[Row], values: Sequence[Any]) -> list[Row] | None:
        """The rows, or None where the primary must be asked instead. Raises SessionEnded.

        One round trip to the replica, one to the primary, which checks what only the primary knows. Who has
        no session (somebody about to sign in, the worker) cannot be told from others who have none, so
        nobody knows what they wrote: they read from the primary.
        """
        if not actor.session_id or not self._in_use or self._primary is None:
            return None
        pool = random.choice(self._in_use)
        try:
            said, rows = await self._from_replica(pool, actor, query, values)
        except (psycopg.Error, DatabaseBusy, DatabaseUnreachable, TimeoutError) as error:
            # A conflict with the replay, or a statement that needs a migration not yet replayed, is no
            # failure of the replica.
            if isinstance(error, _AWAY) and not isinstance(error, pg.SerializationFailure):
                self._set_aside(pool, type(error).__name__)
            return None
        known, position, last_commit = (part and part.decode() for part in said)
        if known != "t":
            # It lacks the session, and so perhaps what was written just before it, such as the account.
            return None
        if position is None:
            self._set_aside(pool, "not a replica")
            return None
        async with self._primary.connection() as connection:
            cursor = await connection.execute(
                _CHECK, (*actor.identification(), position, last_commit, self._max_lag_seconds)
            )
            alive, fresh, near = (await cursor.fetchone()) or (False, False, False)
        if alive is not True:
            raise SessionEnded
        if not near:
            self._set_aside(pool, "lag")
        return rows if fresh and near else None

    async def _from_replica(
        self, pool: Pool, actor: Actor, query: Query[Row], values: Sequence[Any]
    ) -> tuple[list[bytes | None], list[Row]]:
        async with asyncio.timeout(_CONNECTION_SECONDS):
            connection, since = await pool.take()
        try:
            async with asyncio.timeout(pool.limits.wait_seconds):
                return await connection.exchange_after(_IDENTIFY, actor.identification(), query, values)
        finally:
            await pool.give_back(connection, since)

    def _set_aside(self, pool: Pool, reason: str) -> None:
        """No read waits for this replica again until it has answered."""
        if pool in self._in_use:
            self._in_use.remove(pool)
            _log.warning("replica_set_aside", reason=reason)
            self._await_return(pool, rest=self._rest_seconds)

    def _await_return(self, pool: Pool, *, rest: float) -> None:
        task = asyncio.create_task(self._return(pool, rest))
        self._returning.add(task)
        task.add_done_callback(self._returning.discard)

    async def _return(self, pool: Pool, rest: float) -> None:
        while True:
            await asyncio.sleep(rest)
            rest = self._rest_seconds
            try:
                async with asyncio.timeout(pool.limits.wait_seconds), pool.connection() as connection:
                    await connection.execute("SELECT 1")
            except (psycopg.Error, DatabaseBusy, DatabaseUnreachable, TimeoutError) as error:
                _log.warning("replica_away", error=type(error).__name__)
            else:
                self._in_use.append(pool)
                return
