"""The two ways to reach PostgreSQL: ``read`` in one round trip, ``transaction`` with one commit."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import psycopg
from psycopg import errors as pg

from dentalization.db.connection import Connection
from dentalization.db.errors import (
    DatabaseFull,
    DatabaseReadOnly,
    DatabaseUnreachable,
    PolicyRefused,
    SessionEnded,
    StatementTimedOut,
    TransactionGivenUp,
)
from dentalization.db.identity import Actor
from dentalization.db.listener import Listener
from dentalization.db.memory import Memory
from dentalization.db.observed import seen
from dentalization.db.pool import Pool
from dentalization.db.queries import DATA_VERSION
from dentalization.db.query import Query
from dentalization.db.replicas import Replicas
from dentalization.db.rules import Rules
from dentalization.db.transaction import Transaction, noted
from dentalization.sealing.keyring import Keyring

Row = TypeVar("Row")
Result = TypeVar("Result")

ATTEMPTS = 5
_RETRIED = (pg.SerializationFailure, pg.DeadlockDetected)
_FIRST_PAUSE_SECONDS = 0.01


class Database:
    """One primary, any number of replicas. Opened once a process, handed to every service."""

    def __init__(
        self,
        primary: Pool,
        replicas: Replicas,
        rules: Rules,
        keyring: Keyring,
        *,
        listen_url: str = "",
        memory: Memory | None = None,
    ) -> None:
        self.primary = primary
        self._memory = memory
        self.replicas = replicas
        self.keyring = keyring
        self.listener = Listener(listen_url or primary.url)
        self._rules = rules

    async def open(self) -> None:
        await self.primary.open()
        await self.replicas.open(self.primary)

    async def close(self) -> None:
        await self.listener.close()
        if self._memory is not None:
            await self._memory.close()
        await self.replicas.close()
        await self.primary.close()

    async def read(self, actor: Actor, query: Query[Row], **params: Any) -> list[Row]:
        """Runs one statement that changes nothing, identity and statement in a single round trip.

        Raises SessionEnded, DatabaseBusy, DatabaseUnreachable, DatabaseFull, DatabaseReadOnly or
        StatementTimedOut, and for sealed texts UnknownKey or ChangedValue.
        """
        if query.remembered and self._memory is not None:
            return await seen(query, self._remembered(self._memory, actor, query, params))
        return await seen(query, self._read(actor, query, params))

    async def _remembered(
        self, memory: Memory, actor: Actor, query: Query[Row], params: dict[str, Any]
    ) -> list[Row]:
        """One exchange that says who asks and which version is the newest; a second for what is not known.

        The second goes to the primary: a replica could be behind the one that gave the version, and what was
        remembered under it would be too old for good.
        """
        values = query.bind(params, self.keyring)
        (newest,) = await self._read(actor, DATA_VERSION, {"name": query.remembered})
        if newest.version is None:
            return await self._read_primary(actor, query, params)
        rows = await memory.get(query, values, newest.version)
        if rows is None:
            rows = await self._read_primary(actor, query, params)
            await memory.put(query, values, newest.version, rows)
        return rows

    async def _read(self, actor: Actor, query: Query[Row], params: dict[str, Any]) -> list[Row]:
        if self.replicas:
            values = query.bind(params, self.keyring)
            from_replica = await self._guarded(self.replicas.read(actor, query, values))
            if from_replica is not None:
                return noted(actor, query, query.opened(from_replica, self.keyring))
        return await self._read_primary(actor, query, params)

    async def read_primary(self, actor: Actor, query: Query[Row], **params: Any) -> list[Row]:
        """Like ``read``, but sees what was committed a moment ago by anybody."""
        return await seen(query, self._read_primary(actor, query, params))

    async def _read_primary(self, actor: Actor, query: Query[Row], params: dict[str, Any]) -> list[Row]:
        values = query.bind(params, self.keyring)
        connection, since = await self.primary.take()
        try:
            exchange = connection.exchange(actor.identification(), query, values)
            alive, rows = await self._on_primary(exchange)
        finally:
            await self.primary.give_back(connection, since)
        if not alive:
            raise SessionEnded
        return noted(actor, query, query.opened(rows, self.keyring))

    async def read_one(self, actor: Actor, query: Query[Row], **params: Any) -> Row | None:
        """The first row, or None where there is none that the actor may see."""
        rows = await self.read(actor, query, **params)
        return rows[0] if rows else None

    async def transaction(self, actor: Actor, work: Callable[[Transaction], Awaitable[Result]]) -> Result:
        """Runs ``work`` in one transaction and returns its result once it is committed.

        After a serialization failure or a deadlock the whole of ``work`` runs again, up to ATTEMPTS times;
        so it must do nothing outside the database. Raises TransactionGivenUp after that, RuleBroken or
        InvalidInput where a named constraint refuses, OutcomeUnknown where the connection was lost in the
        commit, and what ``read`` raises.
        """
        for attempt in range(ATTEMPTS):
            try:
                async with self.primary.connection() as connection:
                    return await self._on_primary(self._attempt(connection, actor, work))
            except _RETRIED as error:
                if attempt == ATTEMPTS - 1:
                    raise TransactionGivenUp from error
                await asyncio.sleep(_FIRST_PAUSE_SECONDS * 2**attempt * random.uniform(0.5, 1.5))
        raise AssertionError("unreachable: the last attempt returns or raises")

    async def _attempt(
        self, connection: Connection, actor: Actor, work: Callable[[Transaction], Awaitable[Result]]
    ) -> Result:
        transaction = Transaction(connection, self.keyring)
        try:
            await transaction.begin(actor)
            result = await work(transaction)
            await transaction.commit(marks_writes=actor.session_id if self.replicas else "")
        except BaseException:
            # Also after a cancellation: the connection goes back to the pool with nothing left open on it.
            await transaction.roll_back()
            raise
        finally:
            connection.silence_seconds = self.primary.limits.silence_seconds
        return result

    async def _on_primary(self, statement: Awaitable[Result]) -> Result:
        """Leaves a server that has become a replica: the same address leads to the new primary, or will."""
        try:
            return await self._guarded(statement)
        except DatabaseReadOnly:
            await self.primary.start_afresh()
            raise

    async def _guarded(self, statement: Awaitable[Result]) -> Result:
        """Turns the driver's errors into ours."""
        try:
            return await statement
        except pg.QueryCanceled as error:
            raise StatementTimedOut from error
        except pg.IntegrityError as error:
            raise self._rules.explain(error) from error
        except pg.DiskFull as error:
            raise DatabaseFull from error
        except pg.ReadOnlySqlTransaction as error:
            raise DatabaseReadOnly from error
        except pg.InsufficientPrivilege as error:  # a row that the policies do not let the actor write
            raise PolicyRefused from error
        except _RETRIED:
            raise
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            raise DatabaseUnreachable from error
