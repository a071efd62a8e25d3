"""Every declared statement, prepared and planned on the live database and compared with its row type."""

from __future__ import annotations

import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, is_dataclass
from typing import Any, NamedTuple

import psycopg
from psycopg import sql
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

from dentalization import catalog
from dentalization.db.objects import APP_ROLE
from dentalization.db.query import NESTED, Query, field_types, unwrap_optional
from dentalization.ops import column_types
from dentalization.ops.column_types import ColumnType
from dentalization.ops.nullability import ITSELF, NotNull, Reasons, reasons_of

# Policies are planned for somebody; who it is makes no difference to a generic plan.
_IDENTIFY = "SELECT app_identify('check', 'DOCTOR', '', '', '')"
_NOT_NULL = """SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
  WHERE c.relnamespace = current_schema()::regnamespace AND a.attnotnull AND NOT a.attisdropped"""
_LARGE = """SELECT relname, reltuples::bigint FROM pg_class
  WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND reltuples >= %s"""

Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True)
class Finding:
    query: str
    """As ``catalog.declared_queries`` names it: ``diagnoses.HISTORY``."""
    problem: str


class Column(NamedTuple):
    """What the row type expects of a column; ``rows`` are the first columns of the rows it is nested in,
    as far as those may be None."""

    kind: Any
    optional: bool
    rows: tuple[str, ...]


class Facts(NamedTuple):
    """What the live database says; ``large`` are tables by name with their estimated number of rows."""

    types: Mapping[int, ColumnType]
    not_null: NotNull
    large: Mapping[str, int]


def check(
    url: str, queries: Iterable[tuple[str, Query[Any]]] | None = None, *, large_rows: int = 10_000
) -> list[Finding]:
    """What is wrong with ``queries``, by default all that are declared.

    Names, types and nullability of the columns are compared with the row types; a plan that scans a table
    of ``large_rows`` or more is reported unless the query says why that is right. The statistics must be
    fresh (ANALYZE). ``url`` is the app's login or one that may become it; nothing is changed.
    Raises psycopg.Error where the database cannot be reached or has no such role.
    """
    found: list[Finding] = []
    with psycopg.connect(url) as connection:
        try:
            _become_app(connection)
            facts = Facts(
                column_types.load(connection),
                frozenset(typing.cast("list[tuple[str, str]]", connection.execute(_NOT_NULL).fetchall())),
                {str(name): int(rows) for name, rows in connection.execute(_LARGE, (large_rows,))},
            )
            for number, (name, query) in enumerate(
                catalog.declared_queries() if queries is None else queries
            ):
                problems = _problems(connection, f"check_{number}", query, facts)
                found.extend(Finding(name, problem) for problem in problems)
        finally:
            connection.rollback()
    return found


def _become_app(connection: Connection) -> None:
    """Acts as the app's role until the rollback; an owner that is no member of it is made one until then."""
    role = sql.Identifier(APP_ROLE)
    # First, so that what follows is a savepoint of this transaction: by itself it would commit the role away.
    connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
    try:
        with connection.transaction():
            connection.execute(sql.SQL("SET LOCAL ROLE {}").format(role))
    except psycopg.errors.InsufficientPrivilege:
        connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(role))
        connection.execute(sql.SQL("SET LOCAL ROLE {}").format(role))
    connection.execute(_IDENTIFY)


def _problems(connection: Connection, name: str, query: Query[Any], facts: Facts) -> list[str]:
    try:
        with connection.transaction():
            described = _prepare(connection, name, query.sql)
            plan = _plan(connection, name, described.nparams)
    except psycopg.Error as error:
        return [f"the database refuses it: {str(error).strip()}"]
    problems = [] if query.row is None else list(_differences(query, described, facts))
    if not query.scans:
        problems += [
            f"scans all of {table} ({facts.large[table]:,} rows): give it an index, or say in 'scans' why "
            "that is right"
            for table in sorted(set(_scanned(plan)) & facts.large.keys())
        ]
    return problems


def _prepare(connection: Connection, name: str, statement: str) -> PGresult:
    """What PostgreSQL says about the statement's parameters and columns."""
    prepared = connection.pgconn.prepare(name.encode(), statement.encode())
    if prepared.status == ExecStatus.FATAL_ERROR:
        raise error_from_result(prepared)
    return connection.pgconn.describe_prepared(name.encode())


def _plan(connection: Connection, name: str, parameters: int) -> Mapping[str, Any]:
    """The generic plan: the one that serves any values, as for a statement that runs often."""
    values = (
        sql.SQL("({})").format(sql.SQL(", ").join([sql.NULL] * parameters)) if parameters else sql.SQL("")
    )
    explain = sql.SQL("EXPLAIN (FORMAT JSON) EXECUTE {}{}").format(sql.Identifier(name), values)
    answer = connection.execute(explain).fetchone()
    assert answer is not None
    plan: Mapping[str, Any] = answer[0][0]["Plan"]
    return plan


def _scanned(plan: Mapping[str, Any]) -> Iterator[str]:
    if plan["Node Type"] == "Seq Scan":
        yield plan["Relation Name"]
    for part in plan.get("Plans", ()):
        yield from _scanned(part)


def _differences(query: Query[Any], described: PGresult, facts: Facts) -> Iterator[str]:
    """Between the columns of the statement, as the database sees them, and the fields of the row type."""
    names = [(described.fname(place) or b"").decode() for place in range(described.nfields)]
    if names != list(query.columns):
        yield f"the database calls the columns {', '.join(names)}, the statement {', '.join(query.columns)}"
        return
    assert query.row is not None
    expected = dict(_expected(query.row, names))
    reasons = dict(zip(names, reasons_of(query.statement, len(names), facts.not_null), strict=True))
    for place, name in enumerate(names):
        column = expected.get(name)
        if column is None:
            yield f"column {name} is read, but no field takes it"
            continue
        problem = column_types.problem(facts.types[described.ftype(place)], column.kind)
        if problem:
            yield f"column {name} {problem}"
        elif _may_be_null(name, column, reasons):
            yield f"column {name} may be NULL, but its field is not Optional"
    yield from (
        f"column {first} may be NULL by itself, so it cannot say whether its row is there"
        for first in sorted({first for column in expected.values() for first in column.rows})
        if ITSELF in reasons[first]
    )


def _may_be_null(name: str, column: Column, reasons: Mapping[str, Reasons]) -> bool:
    """Whether NULL can reach a field that does not expect it. A nested row is None as a whole when its first
    column is NULL, so what would make that one NULL by a join excuses the others."""
    excused = {reason for first in column.rows for reason in reasons[first]} - {ITSELF}
    return not column.optional and name not in column.rows and bool(reasons[name] - excused)


def _expected(
    row: type, names: Sequence[str], prefix: str = "", rows: tuple[str, ...] = ()
) -> Iterator[tuple[str, Column]]:
    """Name of each column -> what the row type, or the row nested in it, expects."""
    for field, kind in field_types(row).items():
        optional, inner = unwrap_optional(kind)
        if not is_dataclass(inner):
            yield prefix + field, Column(inner, optional, rows)
            continue
        nested = f"{prefix}{field}{NESTED}"
        first = next(name for name in names if name.startswith(nested))
        yield from _expected(typing.cast("type", inner), names, nested, (*rows, first) if optional else rows)
