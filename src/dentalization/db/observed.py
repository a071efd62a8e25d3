"""Who wants to see each statement: its name, its rows and how long it took. Never a parameter.

Nobody does unless a log of statements or a tracer is switched on; then a statement costs one look at an
empty list more.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog

from dentalization import tracing
from dentalization.db.query import Query

Result = TypeVar("Result")

_log = structlog.get_logger("dentalization.statements")


@dataclass(slots=True)
class Statement:
    """``rows`` is None while it runs, and where it failed."""

    name: str
    rows: int | None = None


Watch = Callable[[Statement], AbstractContextManager[None]]

_watches: list[Watch] = []


@contextmanager
def watching(watch: Watch) -> Iterator[None]:
    """``watch`` is around every statement of this process while it lasts."""
    _watches.append(watch)
    try:
        yield
    finally:
        _watches.remove(watch)


async def seen(query: Query[Any], running: Awaitable[Result]) -> Result:
    """What ``running`` gives: rows, or how many there were."""
    if not _watches:
        return await running
    statement = Statement(query.name or "not declared")
    with ExitStack() as stack:
        for watch in _watches:
            stack.enter_context(watch(statement))
        found = await running
        statement.rows = found if isinstance(found, int) else len(found) if isinstance(found, list) else 0
        return found


@contextmanager
def traced(statement: Statement) -> Iterator[None]:
    """One span a statement."""
    with tracing.span(statement.name, kind="client", facts={"db.system.name": "postgresql"}) as span:
        yield
        if statement.rows is not None:
            span.note({"db.response.returned_rows": statement.rows})


@contextmanager
def logged(statement: Statement) -> Iterator[None]:
    """One line a statement, for development."""
    began = time.perf_counter()
    try:
        yield
    finally:
        milliseconds = round((time.perf_counter() - began) * 1000, 2)
        _log.info("statement", name=statement.name, rows=statement.rows, milliseconds=milliseconds)
