"""Which Python types the values of a PostgreSQL type can have."""

from __future__ import annotations

import datetime as dt
import typing
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from types import MappingProxyType
from typing import Any, NamedTuple

import psycopg

_TYPES = """SELECT t.oid, format_type(t.oid, NULL), CASE WHEN t.typcategory = 'A' THEN t.typelem ELSE 0 END,
  array(SELECT enumlabel::text FROM pg_enum WHERE enumtypid = t.oid ORDER BY enumsortorder) FROM pg_type t"""

_PYTHON: Mapping[str, type] = MappingProxyType(
    {
        "text": str,
        "character varying": str,
        "smallint": int,
        "integer": int,
        "bigint": int,
        "double precision": float,
        "numeric": Decimal,
        "boolean": bool,
        "timestamp with time zone": dt.datetime,
        "date": dt.date,
        "time without time zone": dt.time,
        "interval": dt.timedelta,
        "bytea": bytes,
    }
)


class ColumnType(NamedTuple):
    """``element`` is the type of an array's elements; ``labels`` are those of an enum."""

    name: str
    element: ColumnType | None
    labels: tuple[str, ...]


def load(connection: psycopg.Connection[tuple[Any, ...]]) -> Mapping[int, ColumnType]:
    """Every type of the database by its oid."""
    rows = {oid: (name, element, labels) for oid, name, element, labels in connection.execute(_TYPES)}

    def make(oid: int) -> ColumnType:
        name, element, labels = rows[oid]
        return ColumnType(name, make(element) if element else None, tuple(labels))

    return {oid: make(oid) for oid in rows}


def problem(column: ColumnType, kind: Any) -> str | None:
    """What is wrong with a field of type ``kind`` for ``column``, as the rest of a sentence about it."""
    outer = typing.get_origin(kind) or kind
    if column.element:
        if outer not in (list, tuple):
            return _differs(column, kind)
        return _differs(column, kind) if problem(column.element, typing.get_args(kind)[0]) else None
    if column.labels:
        return _enum_problem(column, kind)
    if column.name in ("json", "jsonb"):
        return None if outer in (dict, list, tuple, Any) else _differs(column, kind)
    return None if _PYTHON.get(column.name) is outer else _differs(column, kind)


def _enum_problem(column: ColumnType, kind: Any) -> str | None:
    if not (isinstance(kind, type) and issubclass(kind, Enum)):
        return _differs(column, kind)
    here, there = {member.value for member in kind}, set(column.labels)
    if here == there:
        return None
    return (
        f"has labels that differ from {kind.__name__}: only in the database "
        f"{', '.join(sorted(there - here)) or 'none'}, only in the program "
        f"{', '.join(sorted(here - there)) or 'none'}"
    )


def _differs(column: ColumnType, kind: Any) -> str:
    return f"is {column.name} in the database, but the row type says {getattr(kind, '__name__', kind)}"
