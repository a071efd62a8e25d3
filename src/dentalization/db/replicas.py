"""Reads from replicas: only as fresh as the bound says, and never older than the caller's own writes."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from time import monotonic
from typing import Any, TypeVar

import psycopg
import structlog

from dentalization.db.errors import DatabaseBusy, DatabaseUnreachable, SessionEnded
from dentalization.db.identity import Actor
from dentalization.db.pool import Pool
from dentalization.db.query import Query

Row = TypeVar("Row")

REST_SECONDS = 5.0
"""A replica that has failed is left alone for this long."""
_AWAY = (psycopg.OperationalError, psycopg.InterfaceError, DatabaseBusy, DatabaseUnreachable, TimeoutError)

_log = structlog.get_logger(__name__)

# The position first: if rows are read at a later one, that only makes them fresher than promised.
_POSITION = """SELECT pg_last_wal_replay_lsn()::text,
  CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
       ELSE extract(epoch FROM now() - pg_last_xact_replay_timestamp()) END::float8"""
# On the primary: is the session alive there, and has the replica replayed what this session last wrote?
_FRESH_ENOUGH = "SELECT app_identify($1, $2, $3, $4, $5), app_written_before($6, $7::pg_lsn)"
# A replica knows the identity but not yet every session: liveness is asked on the primary.
_UNCHECKED_SESSION = ""


class Replicas:
    """Chooses a replica for each read. Empty where none are configured."""

    def __init__(self, pools: Sequence[Pool], *, max_lag_seconds: float) -> None:
        self._pools = list(pools)
        self._max_lag_seconds = max_lag_seconds
        self._primary: Pool | None = None
        self._rests_until: dict[Pool, float] = {}

    def __bool__(self) -> bool:
        return bool(self._pools)

    async def open(self, primary: Pool) -> None:
        """A replica that is down does not keep the service from starting; reads then use the primary."""
        self._primary = primary
        for pool in self._pools:
            await pool.open(wait=False)

    async def close(self) -> None:
        for pool in self._pools:
            await pool.close()

    async def read(self, actor: Actor, query: Query[Row], values: Sequence[Any]) -> list[Row] | None:
        """The rows, or None where the primary must be asked instead. Raises SessionEnded.

        One round trip to the replica, one to the primary, which checks what only the primary knows.
        """
        awake = [pool for pool in self._pools if self._rests_until.get(pool, 0.0) <= monotonic()]
        if not awake or self._primary is None:
            return None
        pool = random.choice(awake)
        try:
            position, lag, rows = await self._from_replica(pool, actor, query, values)
        except _AWAY as error:
            # The next reads do not wait for it again.
            self._rests_until[pool] = monotonic() + REST_SECONDS
            _log.warning("replica_read_failed", error=type(error).__name__)
            return None
        if position is None or lag > self._max_lag_seconds:
            return None
        async with self._primary.connection() as connection:
            cursor = await connection.execute(
                _FRESH_ENOUGH, (*actor.identification(), actor.session_id, position)
            )
            alive, fresh = (await cursor.fetchone()) or (False, False)
        if alive is not True:
            raise SessionEnded
        return rows if fresh else None

    async def _from_replica(
        self, pool: Pool, actor: Actor, query: Query[Row], values: Sequence[Any]
    ) -> tuple[str | None, float, list[Row]]:
        identification = (*actor.identification()[:-1], _UNCHECKED_SESSION)
        async with asyncio.timeout(pool.limits.wait_seconds), pool.connection() as connection:
            cursor = await connection.execute(_POSITION)
            replayed, lag = (await cursor.fetchone()) or (None, 0.0)
            _, rows = await connection.exchange(identification, query, values)
        return replayed, lag or 0.0, rows
