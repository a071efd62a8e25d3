"""Which statements take the server's time, by the names under which the program declares them."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg

from dentalization import catalog
from dentalization.ops.errors import StatisticsMissing

# Without those of other databases, and of the commands that look themselves.
_TOP = """SELECT s.query, s.calls, s.total_exec_time, s.mean_exec_time, s.rows
FROM pg_stat_statements s WHERE s.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND s.query NOT LIKE '%%pg_stat_statements%%'
ORDER BY s.total_exec_time DESC LIMIT %s"""


@dataclass(frozen=True)
class Statement:
    """``name`` as 'diagnoses.HISTORY', or '' for what is declared nowhere; times in milliseconds."""

    name: str
    text: str
    calls: int
    total_ms: float
    mean_ms: float
    rows: int


def top(url: str, *, limit: int) -> list[Statement]:
    """The statements with the largest total time since statistics began; as the owner, who may see all.

    Raises StatisticsMissing.
    """
    names = {_plain(query.sql): name for name, query in catalog.declared_queries()}
    try:
        with psycopg.connect(url) as connection:
            found = connection.execute(_TOP, (limit,)).fetchall()
    except (psycopg.errors.UndefinedTable, psycopg.errors.ObjectNotInPrerequisiteState) as error:
        raise StatisticsMissing from error
    return [
        Statement(names.get(_plain(text), ""), _plain(text), calls, round(total, 3), round(mean, 3), rows)
        for text, calls, total, mean, rows in found
    ]


def _plain(text: str) -> str:
    return " ".join(text.split())
