"""A psycopg connection that knows one thing more: identity and statement in one round trip."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any, TypeVar

from psycopg import AsyncConnection, OperationalError, abc
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import _WaitTimeout, error_from_result
from psycopg.generators import execute
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult
from psycopg.rows import TupleRow
from psycopg.waiting import Ready, Wait

from dentalization.db.identity import IDENTIFY
from dentalization.db.query import Query

Row = TypeVar("Row")
Answer = TypeVar("Answer")

_IDENTIFIED = b"t"

SILENCE_SECONDS = 35.0
"""The server ends a statement of ours after 30 s; whoever says nothing for longer is not there."""
_LOOK_SECONDS = 0.1
"""How often a wait looks for an interruption; psycopg's own figure."""

Prepared = tuple[str, tuple[int, ...]]
Statement = tuple[str, Sequence[Any] | None, Sequence[int] | None, Sequence[Any] | None]
"""SQL, its dumped values, their type oids and formats (None: text, of a type that the server infers).

One without values is sent as it is and never prepared: its text is not used again.
"""


class Connection(AsyncConnection[TupleRow]):
    """Used by one caller at a time, as the pool guarantees."""

    _declared_names: dict[Prepared, bytes]
    silence_seconds = SILENCE_SECONDS
    fell_silent = False

    async def wait(
        self,
        gen: Generator[Wait, Ready | int, Answer],
        interval: float = _LOOK_SECONDS,
        timeout: float | None = None,  # noqa: ASYNC109 - psycopg's own
    ) -> Answer:
        """As psycopg's, but never for ever: a server that says nothing for ``silence_seconds`` is given up.

        The kernel's own time-outs do not see a peer that is frozen, or a proxy that has lost the other end.
        The connection is closed then, without asking the same silent server to cancel anything.
        """
        if timeout is not None:
            return await super().wait(gen, interval, timeout)
        try:
            return await super().wait(gen, interval, self.silence_seconds)
        except _WaitTimeout as error:
            self.fell_silent = True
            self.pgconn.finish()
            raise OperationalError("the server does not answer") from error

    async def exchange(
        self, identification: Sequence[str], query: Query[Row], values: Sequence[Any]
    ) -> tuple[bool, list[Row]]:
        """Whether the session is alive, and the rows; raises psycopg's errors.

        Without BEGIN and COMMIT everything up to the pipeline's sync is one implicit transaction, in which
        the identity holds.
        """
        known, rows = await self.exchange_after(IDENTIFY, identification, query, values)
        return known[0] == _IDENTIFIED, rows

    async def begin(self, identification: Sequence[str]) -> bool:
        """Begins a transaction in which the identity holds; returns whether the session is alive."""
        async with self.pipeline():
            await self.execute("BEGIN")
            identity = await self.execute(IDENTIFY, identification)
        return await identity.fetchone() == (True,)

    async def settle(self, query: Query[Any], params: Mapping[str, Any]) -> None:
        """After each statement of a transaction that has changed something: here triggers did the rest."""

    async def exchange_after(
        self, first: str, texts: Sequence[str], query: Query[Row], values: Sequence[Any]
    ) -> tuple[list[bytes | None], list[Row]]:
        """What the one row of ``first`` says, as text, and the rows of ``query``; raises psycopg's errors.

        Both statements go out in one pipeline, by libpq's own calls: psycopg's ``pipeline()`` does the same
        through two cursors and three waits, at half the throughput (ADR 0002).
        """
        asked = (first, [part.encode() for part in texts], None, None)
        (said, answer) = await self._sent((asked, self._dumped(query, values)))
        rows = self._loaded(query, answer)
        return [said.get_value(0, column) for column in range(said.nfields)], rows

    @property
    def _transformer(self) -> abc.Transformer:
        """Its look-ups by type are worth keeping with the connection."""
        kept: abc.Transformer | None = self.__dict__.get("_kept_transformer")
        return kept or self.__dict__.setdefault("_kept_transformer", Transformer(self))

    def _dumped(self, query: Query[Any], values: Sequence[Any]) -> Statement:
        if query.decode is None:
            raise TypeError("a statement without a row type reads nothing; run it in a transaction")
        transformer = self._transformer
        dumped = transformer.dump_sequence(values, [PyFormat.AUTO] * len(values))
        return query.sql, dumped, transformer.types, transformer.formats

    def _loaded(self, query: Query[Row], answer: PGresult) -> list[Row]:
        assert query.decode is not None
        self._transformer.set_pgresult(answer)
        return self._transformer.load_rows(0, answer.ntuples, query.decode)

    async def _sent(self, statements: Sequence[Statement]) -> list[PGresult]:
        """The results of all, or psycopg's error of the first that failed."""
        results = await self.wait(self._round_trip(statements))
        for result in results:
            if result.status == ExecStatus.FATAL_ERROR:
                raise error_from_result(result, encoding="utf-8")
        return results

    async def abandon(self) -> None:
        """Rolls back what is open.

        By libpq's own call: psycopg's rollback() also deallocates every prepared statement of the
        connection, ours among them, and each would have to be parsed and planned again.
        """
        if self.pgconn.transaction_status in (TransactionStatus.INTRANS, TransactionStatus.INERROR):
            self.pgconn.send_query(b"ROLLBACK")
            await self.wait(execute(self.pgconn))

    def _round_trip(self, statements: Sequence[Statement]) -> Generator[Wait, Ready | int, list[PGresult]]:
        """The results of ``statements``, without those of their preparation unless one failed."""
        pgconn = self.pgconn
        pgconn.enter_pipeline_mode()
        prepared = self.__dict__.setdefault("_declared_names", {})
        preparing: list[tuple[int, Prepared, bytes]] = []
        expected = 0
        for sql, values, types, formats in statements:
            if self.prepare_threshold is None or values is None:
                pgconn.send_query_params(sql.encode(), values, types, formats)
            else:
                # psycopg sends a number as int2, int4 or int8 by its value: each is a statement of its own.
                key = (sql, tuple(types or ()))
                name = prepared.get(key)
                if name is None:
                    name = f"d{len(prepared) + len(preparing)}".encode()
                    pgconn.send_prepare(name, sql.encode(), types)
                    preparing.append((expected, key, name))
                    expected += 1
                pgconn.send_query_prepared(name, values, formats)
            expected += 1
        pgconn.pipeline_sync()
        results = yield from self._results()
        pgconn.exit_pipeline_mode()
        skipped = set()
        for place, key, name in preparing:
            if results[place].status == ExecStatus.COMMAND_OK:
                prepared[key] = name
                skipped.add(place)
        return [result for place, result in enumerate(results) if place not in skipped]

    def _results(self) -> Generator[Wait, Ready | int, list[PGresult]]:
        pgconn = self.pgconn
        while pgconn.flush():
            if (yield Wait.RW) & Ready.R:
                pgconn.consume_input()
        results: list[PGresult] = []
        while True:
            while pgconn.is_busy():
                if (yield Wait.R):
                    pgconn.consume_input()
            result = pgconn.get_result()
            if result is None:  # the end of one statement's results
                continue
            if result.status == ExecStatus.PIPELINE_SYNC:
                return results
            results.append(result)
