"""Columns whose texts are sealed: declared once in the tables, found in every statement.

A column is marked by ``sealed()``. ``Query`` asks here which of its parameters to seal and which fields of
its rows to open, so that no service can forget it; a statement in which that cannot be told, or that would
compare sealed texts, is refused when its module is imported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Column, MetaData, Table, Text
from sqlalchemy.dialects.postgresql.dml import OnConflictDoUpdate
from sqlalchemy.orm import MappedColumn, mapped_column
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.dml import Insert, Update
from sqlalchemy.sql.elements import BinaryExpression, ClauseElement, ColumnElement, Null

from dentalization.sealing.keyring import Keyring

_MARK = "sealed"
OWNER = "id"
"""The column, and the field, by which a sealed text is bound to its row."""


def sealed(**column: Any) -> MappedColumn[Any]:
    """A text that the application encrypts, bound to this column and to the row's ``id``."""
    return mapped_column(Text, info={_MARK: True}, **column)


def is_sealed(column: Column[Any]) -> bool:
    return bool(column.info.get(_MARK))


def place_of(column: Column[Any]) -> str:
    return f"{column.table.name}.{column.name}"


def sealed_columns(metadata: MetaData) -> dict[str, tuple[str, ...]]:
    """Table -> its sealed columns, for all tables that have some."""
    found = {
        table.name: tuple(column.name for column in table.columns if is_sealed(column))
        for table in metadata.sorted_tables
    }
    return {table: columns for table, columns in found.items() if columns}


class SealedParameter(NamedTuple):
    name: str
    place: str
    owner: str
    """The parameter that is the row's id."""


class SealedField(NamedTuple):
    """A field of a row, or of one nested in it along ``path``."""

    path: tuple[str, ...]
    name: str
    place: str


def sealed_parameters(statement: ClauseElement) -> tuple[SealedParameter, ...]:
    """Raises TypeError where a sealed column is set to anything but a parameter, or its row is unknown."""
    if not isinstance(statement, Insert | Update) or not isinstance(statement.table, Table):
        return ()
    table = statement.table
    marked = {column.name for column in table.columns if is_sealed(column)}
    if not marked:
        return ()
    if statement._values is None:
        raise TypeError(f"{table.name} has sealed columns: give its values one by one")
    if isinstance(getattr(statement, "_post_values_clause", None), OnConflictDoUpdate):
        raise TypeError(f"{table.name} has sealed columns, whose row ON CONFLICT DO UPDATE does not tell")
    values = {getattr(column, "name", column): value for column, value in statement._values.items()}
    written = {
        name: value for name, value in values.items() if name in marked and not isinstance(value, Null)
    }
    for name, value in written.items():
        if not isinstance(value, BindParameter):
            raise TypeError(f"{table.name}.{name} is sealed: it is set to a parameter, or to NULL")
    if not written:
        return ()
    owner = values.get(OWNER) if isinstance(statement, Insert) else _row_of(statement, table)
    if not isinstance(owner, BindParameter):
        raise TypeError(
            f"{table.name}.{next(iter(written))} is sealed: name the row by a parameter for its id"
        )
    return tuple(
        SealedParameter(value.key, place_of(table.c[name]), owner.key) for name, value in written.items()
    )


def _row_of(statement: Update, table: Table) -> object:
    """The parameter in ``WHERE id = parameter``."""
    for condition in statement._where_criteria:
        if isinstance(condition, BinaryExpression) and condition.operator is operators.eq:
            left = condition.left
            if isinstance(left, ColumnElement) and table.c[OWNER] in left.base_columns:
                return condition.right
    return None


def sealed_fields(results: Sequence[tuple[str, Iterable[object]]], nested: str) -> tuple[SealedField, ...]:
    """Of the result columns, each with its name and the expressions behind it, those to be opened.

    Raises TypeError where the id of their row is not read beside them, or an expression is made of them.
    """
    columns = {name: _column(name, expressions) for name, expressions in results}
    fields = []
    for name, column in columns.items():
        if column is None or not is_sealed(column):
            continue
        *path, field = name.split(nested)
        owner = columns.get(nested.join([*path, OWNER]))
        if owner is None or owner.name != OWNER or owner.table is not column.table:
            raise TypeError(f"{place_of(column)} is sealed: read the id of its row beside it")
        fields.append(SealedField(tuple(path), field, place_of(column)))
    return tuple(fields)


def _column(name: str, expressions: Iterable[object]) -> Column[Any] | None:
    """The one column of a table that a result column is; None where it is an expression."""
    for expression in expressions:
        if isinstance(expression, ColumnElement):
            bases = [base for base in expression.base_columns if isinstance(base, Column)]
            if len(bases) == 1:
                return bases[0]
            _refuse_use(expression, f"the result column {name}")
    return None


def refuse_comparisons(statement: ClauseElement) -> None:
    """Raises TypeError where a sealed column is compared or sorted by: no two sealed texts are alike.

    Whether it is NULL may be asked.
    """
    for part in visitors.iterate(statement):
        conditions = [
            *getattr(part, "_where_criteria", ()),
            *getattr(part, "_order_by_clauses", ()),
            *getattr(part, "_group_by_clauses", ()),
        ]
        for condition in conditions:
            _refuse_use(condition, "a condition or an order")


def _refuse_use(expression: ClauseElement, where: str) -> None:
    asked = {
        id(part.left)
        for part in visitors.iterate(expression)
        if isinstance(part, BinaryExpression) and part.operator in (operators.is_, operators.is_not)
    }
    for part in visitors.iterate(expression):
        if isinstance(part, Column) and is_sealed(part) and id(part) not in asked:
            raise TypeError(f"{place_of(part)} is sealed and cannot stand in {where}")


def seal_values(
    values: Mapping[str, Any], parameters: Sequence[SealedParameter], keyring: Keyring | None
) -> dict[str, Any]:
    """``values`` with those of sealed columns sealed; NULL stays NULL."""
    changed = dict(values)
    for name, place, owner in parameters:
        text = values[name]
        if text is not None:
            changed[name] = _needed(keyring, place).seal(text, place, values[owner])
    return changed


Setter = Callable[[Any, Any], None]


def openings(
    fields: Iterable[tuple[SealedField, Setter]],
) -> list[tuple[tuple[str, ...], list[tuple[str, str, Setter]]]]:
    """By the row, or nested row, in which they are: name, place and setter of each sealed field."""
    found: dict[tuple[str, ...], list[tuple[str, str, Setter]]] = {}
    for field, set_field in fields:
        found.setdefault(field.path, []).append((field.name, field.place, set_field))
    return list(found.items())


def open_rows(
    rows: Iterable[Any],
    nested: Sequence[tuple[tuple[str, ...], Sequence[tuple[str, str, Setter]]]],
    keyring: Keyring,
) -> None:
    """Opens the sealed fields of rows that have just been made, in place. Raises UnknownKey, ChangedValue."""
    unseal = keyring.unseal
    for path, fields in nested:
        for row in rows:
            part = row
            for step in path:
                part = part and getattr(part, step)
            if part is not None:
                owner = part.id
                for name, place, set_field in fields:
                    value = getattr(part, name)
                    if value:
                        set_field(part, unseal(value, place, owner))


def _needed(keyring: Keyring | None, place: str) -> Keyring:
    if keyring is None:
        raise TypeError(f"{place} is sealed: a key ring is needed")
    return keyring
