"""What the tables and their columns are called in Prisma and in the diagrams, and which are unique."""

from __future__ import annotations

import re
from typing import NamedTuple

from sqlalchemy import Column, ForeignKey, Index, Table, UniqueConstraint
from sqlalchemy.sql.elements import ClauseElement

from dentalization.db.base import Base
from dentalization.ops.schema.sql import DIALECT

_PLAIN = re.compile(r"(?:\w+\.)?(?P<column>\w+)(?: (?P<order>ASC|DESC))?")


class IndexColumn(NamedTuple):
    name: str
    descending: bool


def table_class(table: Table) -> type:
    """The class that declares ``table``; its name is that of the Prisma model."""
    return next(mapper.class_ for mapper in Base.registry.mappers if mapper.local_table is table)


def foreign_key(column: Column[object]) -> ForeignKey | None:
    return next(iter(column.foreign_keys), None)


def plain_columns(index: Index) -> list[IndexColumn] | None:
    """What ``index`` covers, None where it is more than a list of columns: partial, with an expression,
    with included columns, or of another kind than a B-tree."""
    options = index.dialect_options["postgresql"]
    if options["where"] is not None or any(options[name] for name in ("include", "ops", "using")):
        return None
    found = [_PLAIN.fullmatch(_text(expression)) for expression in index.expressions]
    return [
        IndexColumn(match["column"], match["order"] == "DESC") for match in found if match
    ] if all(found) else None  # fmt: skip


def unique_names(table: Table) -> dict[tuple[str, ...], str]:
    """Columns -> the name of the unique index or constraint on them."""
    found = {
        tuple(column.name for column in constraint.columns): str(constraint.name)
        for constraint in table.constraints
        if isinstance(constraint, UniqueConstraint)
    }
    for index in table.indexes:
        columns = plain_columns(index)
        if index.unique and columns is not None:
            found[tuple(column.name for column in columns)] = str(index.name)
    return found


def _text(expression: object) -> str:
    assert isinstance(expression, ClauseElement)
    return str(expression.compile(dialect=DIALECT))
