"""Answers of the database that are remembered as long as their data's version is the newest (ADR 0020)."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from dentalization.db.query import Query
from dentalization.metrics import REMEMBERED

Row = TypeVar("Row")


class Shared(Protocol):
    """A memory that several processes have together. It never fails: what it cannot say it does not know."""

    async def get(self, key: str) -> bytes | None: ...

    async def put(self, key: str, value: bytes) -> None: ...

    async def close(self) -> None: ...


class Memory:
    """The answers that were asked for last, ``most`` of them; behind them those that others have read."""

    def __init__(self, most: int, shared: Shared | None = None) -> None:
        self._most, self._shared = most, shared
        self._kept: OrderedDict[str, tuple[str, list[Any]]] = OrderedDict()

    async def get(self, query: Query[Row], values: Sequence[Any], version: str) -> list[Row] | None:
        """The rows of ``version``; None where they must be read."""
        key = _key(query, values)
        kept = self._kept.get(key)
        if kept and kept[0] == version:
            self._kept.move_to_end(key)
            REMEMBERED.labels("process").inc()
            return list(kept[1])
        if self._shared is not None:
            found = await self._shared.get(f"{key}:{version}")
            if found is not None:
                assert query.decode is not None
                rows = [query.decode(row) for row in json.loads(found)]
                self._keep(key, version, rows)
                REMEMBERED.labels("shared").inc()
                return rows
        REMEMBERED.labels("database").inc()
        return None

    async def put(self, query: Query[Row], values: Sequence[Any], version: str, rows: list[Row]) -> None:
        """``rows`` must have been read after ``version`` was."""
        key = _key(query, values)
        self._keep(key, version, list(rows))
        if self._shared is not None:
            told = [[getattr(row, name) for name in query.columns] for row in rows]
            await self._shared.put(f"{key}:{version}", json.dumps(told).encode())

    async def close(self) -> None:
        if self._shared is not None:
            await self._shared.close()

    def _keep(self, key: str, version: str, rows: list[Any]) -> None:
        self._kept[key] = (version, rows)
        self._kept.move_to_end(key)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)


def _key(query: Query[Any], values: Sequence[Any]) -> str:
    """Of the statement's text too: another release of the program may ask for other columns."""
    return hashlib.sha256(repr((query.sql, query.columns, values)).encode()).hexdigest()
