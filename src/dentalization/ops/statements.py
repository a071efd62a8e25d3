"""Which statements cost the server most time, by pg_stat_statements."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import psycopg
from psycopg import sql

from dentalization import catalog
from dentalization.errors import InvalidInput

_LONGEST_TEXT = 60


class Order(StrEnum):
    TOTAL = "total"
    MEAN = "mean"
    CALLS = "calls"
    ROWS = "rows"


@dataclass(frozen=True, slots=True)
class Cost:
    """``name`` as ``db check`` has it, or '' for a statement that this program does not declare."""

    name: str
    statement: str
    """Without values: the server has put $1, $2 in their places."""
    calls: int
    total_milliseconds: float
    mean_milliseconds: float
    rows: int
    share_read: float
    """Of the pages it needed, the share that was not in the server's memory."""


_ORDERS = {
    Order.TOTAL: sql.SQL("total_exec_time"),
    Order.MEAN: sql.SQL("mean_exec_time"),
    Order.CALLS: sql.SQL("calls"),
    Order.ROWS: sql.SQL("rows"),
}
_TOP = sql.SQL("""SELECT query, calls, total_exec_time, mean_exec_time, rows,
  shared_blks_read::float8 / greatest(shared_blks_hit + shared_blks_read, 1)
FROM {view} WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
ORDER BY {order} DESC LIMIT {limit}""")
_PLACE = """SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
WHERE e.extname = 'pg_stat_statements'"""
_MISSING = (
    "This database has no pg_stat_statements. Put it into shared_preload_libraries of postgresql.conf, start "
    "PostgreSQL again, and run 'CREATE EXTENSION pg_stat_statements' in this database as a superuser."
)


def top(url: str, *, order: Order = Order.TOTAL, limit: int = 20) -> list[Cost]:
    """The costliest first, of this database alone; ``url`` needs the rights of pg_read_all_stats.

    Raises InvalidInput where the server does not count.
    """
    names = {_plain(query.sql): name for name, query in catalog.declared_queries()}
    statement = {"order": _ORDERS[order], "limit": sql.Literal(limit)}
    with psycopg.connect(url) as connection:
        view = _view(connection, "pg_stat_statements")
        try:
            found = connection.execute(_TOP.format(view=view, **statement)).fetchall()
        except psycopg.errors.ObjectNotInPrerequisiteState as error:  # made, but not preloaded
            raise InvalidInput(_MISSING) from error
    return [Cost(names.get(_plain(text), ""), _one_line(text), *rest) for text, *rest in found]


def reset(url: str) -> None:
    """Begins to count anew; needs a superuser, or whoever was given pg_stat_statements_reset."""
    with psycopg.connect(url, autocommit=True) as connection:
        try:
            connection.execute(sql.SQL("SELECT {}()").format(_view(connection, "pg_stat_statements_reset")))
        except psycopg.errors.InsufficientPrivilege as error:
            raise InvalidInput(
                "Only a superuser may begin the counts anew, by 'SELECT pg_stat_statements_reset()'."
            ) from error


def table(costs: Sequence[Cost]) -> str:
    """For people."""
    lines = [f"{'total ms':>12} {'mean ms':>10} {'calls':>9} {'rows':>10}  statement"]
    for one in costs:
        lines.append(
            f"{one.total_milliseconds:12.1f} {one.mean_milliseconds:10.2f} {one.calls:9d} {one.rows:10d}  "
            f"{one.name or one.statement[:_LONGEST_TEXT]}"
        )
    return "\n".join(lines)


def _view(connection: psycopg.Connection[tuple[object, ...]], name: str) -> sql.Identifier:
    found = connection.execute(_PLACE).fetchone()
    if found is None:
        raise InvalidInput(_MISSING)
    return sql.Identifier(str(found[0]), name)


def _one_line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _plain(text: str) -> str:
    """Two texts of one statement are equal so: the server numbers constants behind our parameters."""
    return re.sub(r"\$\d+|'[^']*'|\b\d+(\.\d+)?\b", "?", _one_line(text))
