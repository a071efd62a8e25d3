"""The whole schema as one SQL script."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Dialect, Enum, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import CreateEnumType
from sqlalchemy.schema import CreateIndex, CreateTable, ExecutableDDLElement

from dentalization import catalog
from dentalization.db.objects import APP_ROLE, SERVICE_ROLE, SqlObject, declared

# Not the driver's dialect: that one would double every percent sign.
DIALECT: Dialect = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]

_HEAD = f"""\
-- Generated from the tables; do not edit. Runs once, on an empty database of a cluster that has the group
-- roles {APP_ROLE} and {SERVICE_ROLE}. Whoever runs it owns everything.
-- Real databases are made by the migrations, which also install the job queue; a test compares the two.

-- A function may call one that stands further down.
SET check_function_bodies = off;
"""

_KINDS = ("function", "constraint", "index", "trigger", "access")


def ddl() -> str:
    """Types, tables, indexes, functions, exclusions, triggers and policies, in an order that runs.

    Sorted by name within that order, since the order of declaration is that of imports.
    """
    return "\n".join([_HEAD, *(f"{statement}\n" for statement in _statements())])


def statement(element: ExecutableDDLElement) -> str:
    """As one SQL statement without its semicolon."""
    lines = str(element.compile(dialect=DIALECT)).replace("\t", "  ").strip().splitlines()
    return "\n".join(line.rstrip() for line in lines)


def enums() -> list[Enum]:
    """Every enum of any table, by name."""
    columns = (column for table in catalog.metadata.sorted_tables for column in table.columns)
    found = {str(column.type.name): column.type for column in columns if isinstance(column.type, Enum)}
    return [found[name] for name in sorted(found)]


def _statements() -> Iterator[str]:
    for kind in enums():
        native = kind.dialect_impl(DIALECT)
        assert isinstance(native, postgresql.ENUM)
        yield statement(CreateEnumType(native)) + ";"
    for table in catalog.metadata.sorted_tables:
        yield from _table(table)
    for item in sorted(declared(), key=_place):
        yield item.create


def _table(table: Table) -> Iterator[str]:
    yield statement(CreateTable(table)) + ";"
    for index in sorted(table.indexes, key=lambda index: str(index.name)):
        yield statement(CreateIndex(index)) + ";"


def _place(item: SqlObject) -> tuple[int, str]:
    return _KINDS.index(item.kind), item.name
