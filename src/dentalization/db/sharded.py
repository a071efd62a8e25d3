"""A connection to a distributed database: the identity goes to every node by SET LOCAL (ADR 0019)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from psycopg import Error

from dentalization.db.connection import Connection, Statement
from dentalization.db.identity import CHANGED_DOCTOR, ENDED_SESSION, IDENTIFY_AS, set_locally
from dentalization.db.query import Query

Row = TypeVar("Row")

_BEGIN: Statement = ("BEGIN", (), None, None)
_COMMIT: Statement = ("COMMIT", (), None, None)
_SETTLE = "SELECT app_settle($1, $2)"
_DOCTOR = 3
"""The place of the dentist's id in an identification."""


class ShardedConnection(Connection):
    """What ``set_config`` sets stays on the coordinator; what SET LOCAL sets in so many words goes along.

    Nodes believe it, so the statement behind it is sent together with the question whether it is true, and
    does not run when the database says no.
    """

    async def exchange(
        self, identification: Sequence[str], query: Query[Row], values: Sequence[Any]
    ) -> tuple[bool, list[Row]]:
        """One round trip, and a second for dentists whose licence is not verified."""
        try:
            results = await self._sent((*_identified(identification), self._dumped(query, values), _COMMIT))
        except Error as error:
            await self.abandon()
            if error.sqlstate == ENDED_SESSION:
                return False, []
            if error.sqlstate == CHANGED_DOCTOR:
                return await self.exchange(_without_doctor(identification), query, values)
            raise
        return True, self._loaded(query, results[-2])

    async def begin(self, identification: Sequence[str]) -> bool:
        try:
            await self._sent(_identified(identification))
        except Error as error:
            await self.abandon()
            if error.sqlstate == ENDED_SESSION:
                return False
            if error.sqlstate == CHANGED_DOCTOR:
                return await self.begin(_without_doctor(identification))
            raise
        return True

    async def settle(self, query: Query[Any], params: Mapping[str, Any]) -> None:
        """What triggers of distributed tables cannot do where they run, the coordinator does."""
        if query.settles is not None:
            await self.execute(_SETTLE, (query.settles.table, params[query.settles.parameter]))


def _identified(identification: Sequence[str]) -> list[Statement]:
    parts = [part.encode() for part in identification]
    return [
        _BEGIN,
        *((text, None, None, None) for text in set_locally(identification, datetime.now(UTC))),
        (IDENTIFY_AS, parts, None, None),
    ]


def _without_doctor(identification: Sequence[str]) -> list[str]:
    return [part if place != _DOCTOR else "" for place, part in enumerate(identification)]
