"""Connection pools: bounded, with time-outs, and no session state, so that a pooler may stand between."""

from __future__ import annotations

import select
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic

from psycopg import AsyncRawCursor, OperationalError
from psycopg.pq import PipelineStatus, TransactionStatus
from psycopg_pool import AsyncConnectionPool, PoolTimeout, TooManyRequests

from dentalization.db.address import watched
from dentalization.db.connection import SILENCE_SECONDS, Connection
from dentalization.db.errors import DatabaseBusy, DatabaseUnreachable, OtherTransport, UnsafeLogin
from dentalization.db.sharded import ShardedConnection

_AWAY_SECONDS = 30.0
_CONNECT_SECONDS = 15.0
"""For the first connection; also for how long a lost one is tried again before a caller asks for it.

The library doubles its pauses all that time: with its 300 s a server that was away for two minutes would not
be used for two more.
"""


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """``wait_seconds`` for a free connection, with at most ``waiting`` callers in line; then 503.

    ``silence_seconds``: after so long without an answer to a statement its connection is given up.
    """

    connections: int = 10
    wait_seconds: float = 5.0
    waiting: int = 100
    silence_seconds: float = SILENCE_SECONDS
    prepare: bool = True
    """False behind a pooler in transaction mode that knows no prepared statements."""
    sharded: bool = False
    """True where the server is the coordinator of a distributed database."""


class Pool:
    """Connections to one server, all in autocommit mode; transactions are begun in so many words."""

    def __init__(self, url: str, limits: PoolLimits) -> None:
        self.url = url
        self.limits = limits
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            watched(url),
            connection_class=ShardedConnection if limits.sharded else Connection,
            configure=self.configure,
            min_size=min(2, limits.connections),
            max_size=limits.connections,
            timeout=limits.wait_seconds,
            max_waiting=limits.waiting,
            reconnect_timeout=_CONNECT_SECONDS,
            open=False,
            kwargs={
                "autocommit": True,
                "cursor_factory": AsyncRawCursor,
                # Prepared at first use: every statement here is declared and meant to be used again.
                "prepare_threshold": 0 if limits.prepare else None,
                "application_name": "dentalization",
            },
        )

        # A few connections stay checked out between statements: handing one back to the library's pool and
        # asking for it again costs as much as a short statement does (ADR 0002).
        self._at_hand: list[tuple[Connection, float]] = []
        self._callers_in_line = 0
        self._afresh_at = 0.0

    async def open(self, *, wait: bool = True) -> None:
        """Raises DatabaseUnreachable when no connection can be made; without ``wait`` that is seen later."""
        if not wait:
            await self._pool.open(wait=False)
            return
        try:
            await self._pool.open(wait=True, timeout=_CONNECT_SECONDS)
        except PoolTimeout as error:
            await self._pool.close()
            raise DatabaseUnreachable from error

    async def close(self) -> None:
        while self._at_hand:
            await self._pool.putconn(self._at_hand.pop()[0])
        await self._pool.close()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Raises DatabaseBusy when none is free in time."""
        connection, since = await self.take()
        try:
            yield connection
        finally:
            await self.give_back(connection, since)

    async def take(self) -> tuple[Connection, float]:
        """A connection, and since when it is away from the library's pool.

        Raises DatabaseBusy or DatabaseUnreachable. Connections that the server has closed meanwhile are
        replaced: after its restart not each of them has to fail somebody first.
        """
        while self._at_hand:
            connection, since = self._at_hand.pop()
            if not _hung_up(connection):
                return connection, since
            await self._discard(connection)
        self._callers_in_line += 1
        try:
            while _hung_up(connection := await self._pool.getconn()):
                await self._discard(connection)
            return connection, monotonic()
        except (PoolTimeout, TooManyRequests) as error:
            raise DatabaseBusy from error
        except OperationalError as error:
            raise DatabaseUnreachable from error
        finally:
            self._callers_in_line -= 1

    async def give_back(self, connection: Connection, since: float) -> None:
        """Keeps a connection in good order for the next caller, unless one is waiting or it is its time.

        The library's pool closes what is broken or old, and serves who waits in line.
        """
        if connection.fell_silent:
            await self.start_afresh()
        state = connection.pgconn
        good = (
            state.transaction_status == TransactionStatus.IDLE and state.pipeline_status == PipelineStatus.OFF
        )
        fresh = since > self._afresh_at and monotonic() - since < _AWAY_SECONDS
        if good and fresh and not self._callers_in_line:
            self._at_hand.append((connection, since))
        else:
            await self._pool.putconn(connection)

    async def start_afresh(self) -> None:
        """Replaces every connection, those in use when they come back.

        What befell one, such as a firewall that has forgotten it, has befallen its idle neighbours, and each
        of them would have to fail somebody first.
        """
        while self._at_hand:
            await self._discard(self._at_hand.pop()[0])
        self._afresh_at = monotonic()
        await self._pool.drain()

    async def configure(self, connection: Connection) -> None:
        """Also for a pool of somebody else's."""
        connection.silence_seconds = self.limits.silence_seconds

    async def _discard(self, connection: Connection) -> None:
        await connection.close()
        await self._pool.putconn(connection)

    def measurements(self) -> dict[str, int]:
        """psycopg_pool's own counters, such as ``pool_size`` and ``requests_waiting``."""
        return {**self._pool.get_stats(), "at_hand": len(self._at_hand)}


def _hung_up(connection: Connection) -> bool:
    """Whether the server has closed it: between statements there is nothing else to read from it."""
    if connection.closed:
        return True
    readable = select.poll()
    readable.register(connection.fileno(), select.POLLIN)
    return bool(readable.poll(0))


async def refuse_powerful_login(pool: Pool) -> None:
    """Raises UnsafeLogin for a superuser, BYPASSRLS, or the owner of any table that has policies."""
    async with pool.connection() as connection:
        cursor = await connection.execute(_POWERS)
        login, superuser, bypass, owner = (await cursor.fetchone()) or ("", True, True, True)
    power = {"is a superuser": superuser, "has BYPASSRLS": bypass, "owns the tables": owner}
    reasons = [reason for reason, true in power.items() if true]
    if reasons:
        raise UnsafeLogin(
            f"The database login '{login}' {' and '.join(reasons)}, so row-level security would not hold it. "
            "Put the owner's address in DATABASE_OWNER_URL, that of a new login in DATABASE_URL, and run "
            "'dentalization db migrate': it makes that login with the rights it needs and no more."
        )


async def refuse_other_transport(pool: Pool) -> None:
    """Raises OtherTransport where the database is distributed and the pool is not made for it, or reversed.

    The other way round no node would know who asks, and everybody would see nothing at all.
    """
    async with pool.connection() as connection:
        cursor = await connection.execute(_IS_DISTRIBUTED)
        distributed = (await cursor.fetchone()) == (True,)
    if distributed is not pool.limits.sharded:
        raise OtherTransport(
            "This database is distributed: set DENTALIZATION_SHARDED=true."
            if distributed
            else "This database is not distributed: run 'dentalization db distribute' as the owner, or leave "
            "DENTALIZATION_SHARDED unset."
        )


_IS_DISTRIBUTED = "SELECT to_regprocedure('public.app_identify_as(text, text, text, text, text)') IS NOT NULL"
_POWERS = """
SELECT current_user, r.rolsuper, r.rolbypassrls,
  EXISTS (SELECT 1 FROM pg_class c WHERE c.relrowsecurity AND pg_has_role(r.oid, c.relowner, 'USAGE'))
FROM pg_roles r WHERE r.rolname = current_user
"""
