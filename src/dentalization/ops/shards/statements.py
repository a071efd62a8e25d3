"""Whether a declared statement names the shard of every distributed table that it touches."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects.postgresql.dml import Insert as PostgresInsert
from sqlalchemy.sql import operators, visitors
from sqlalchemy.sql.dml import Delete, Insert, Update
from sqlalchemy.sql.elements import (
    BinaryExpression,
    BooleanClauseList,
    ClauseElement,
    ColumnClause,
    ColumnElement,
)
from sqlalchemy.sql.selectable import Alias, FromClause, Join, Select

from dentalization.db.query import Query
from dentalization.ops.shards.placements import distribution_column

_CREATING = re.compile(r"INSERT INTO (\w+) \(([^)]*)\)")


@dataclass(frozen=True, slots=True)
class Verdict:
    """``tables`` are the distributed ones; without any of them nothing else is asked."""

    tables: frozenset[str]
    names_its_shard: bool
    refused: tuple[str, ...]
    """Why Citus would not run it, whatever the reason to do so."""


def verdict(query: Query[Any]) -> Verdict:
    statement = query.statement
    cut = list(_distributed(statement))
    tables = frozenset(_table(item).name for item in cut)
    classes = _Classes()
    for condition in _conditions(statement):
        classes.read(condition)
    _created(query, classes, cut)
    keys = [classes.of(item.c[distribution_column(_table(item).name) or ""]) for item in cut]
    named = all(classes.is_given(key) for key in keys)
    return Verdict(tables, named, tuple(_refusals(statement, keys, named, classes)))


def _distributed(statement: ClauseElement) -> Iterator[FromClause]:
    """Each place where a distributed table is read or written; an alias is a place of its own."""
    seen: dict[int, FromClause] = {}
    for item in visitors.iterate(statement):
        found: list[object] = [item]
        if isinstance(item, (Insert, Update, Delete)):
            found = [item.table]
        elif isinstance(item, Select):
            found = [part for source in item.get_final_froms() for part in _parts(source)]
        for one in found:
            if isinstance(one, (Table, Alias)) and _is_cut(one):
                seen.setdefault(id(one), one)
    aliased = {id(item.element) for item in seen.values() if isinstance(item, Alias)}
    yield from (item for item in seen.values() if id(item) not in aliased or _stands_alone(statement, item))


def _parts(source: FromClause) -> Iterator[FromClause]:
    if isinstance(source, Join):
        yield from _parts(source.left)
        yield from _parts(source.right)
    else:
        yield source


def _stands_alone(statement: ClauseElement, table: FromClause) -> bool:
    """Whether a table that is also aliased is in a FROM under its own name."""
    return any(
        part is table
        for item in visitors.iterate(statement)
        if isinstance(item, Select)
        for source in item.get_final_froms()
        for part in _parts(source)
    )


def _is_cut(source: Table | Alias) -> bool:
    table = source if isinstance(source, Table) else source.element
    return isinstance(table, Table) and distribution_column(table.name) is not None


def _table(source: FromClause) -> Table:
    table = source.element if isinstance(source, Alias) else source
    assert isinstance(table, Table)
    return table


def _conditions(statement: ClauseElement) -> Iterator[ClauseElement]:
    """What must hold of every row: WHERE of all parts, and ON of joins."""
    for item in visitors.iterate(statement):
        if isinstance(item, (Select, Update, Delete)) and item.whereclause is not None:
            yield item.whereclause
        if isinstance(item, Select):
            for source in item.get_final_froms():
                yield from _joined_on(source)


def _joined_on(source: FromClause) -> Iterator[ClauseElement]:
    if isinstance(source, Join):
        yield from _joined_on(source.left)
        yield from _joined_on(source.right)
        if source.onclause is not None:
            yield source.onclause


class _Classes:
    """Columns that are equal to each other, and whether to something that the caller gives."""

    def __init__(self) -> None:
        self._parent: dict[object, object] = {}
        self._given: set[object] = set()

    def read(self, condition: ClauseElement) -> None:
        """Of conditions joined by AND; an OR says nothing about every row."""
        if isinstance(condition, BooleanClauseList):
            if condition.operator is operators.and_:
                for part in condition.clauses:
                    self.read(part)
        elif isinstance(condition, BinaryExpression) and condition.operator in (
            operators.eq,
            operators.in_op,
        ):
            self._equal(condition.left, condition.right)

    def _equal(self, left: ClauseElement, right: ClauseElement) -> None:
        columns = [
            side for side in (left, right) if isinstance(side, ColumnClause) and side.table is not None
        ]
        if len(columns) == 2:
            self._parent[self._root(self._key(columns[0]))] = self._root(self._key(columns[1]))
        elif len(columns) == 1:
            other = right if columns[0] is left else left
            if not any(isinstance(part, ColumnClause) for part in visitors.iterate(other)):
                self._given.add(self._key(columns[0]))

    def give(self, column: ColumnElement[Any]) -> None:
        self._given.add(self._key(column))

    def of(self, column: ColumnElement[Any]) -> object:
        return self._root(self._key(column))

    def is_given(self, key: object) -> bool:
        return any(self._root(given) == key for given in self._given)

    @staticmethod
    def _key(column: ColumnElement[Any]) -> object:
        assert isinstance(column, ColumnClause)
        return id(column.table), column.name

    def _root(self, key: object) -> object:
        while key in self._parent and self._parent[key] != key:
            key = self._parent[key]
        return key


def _created(query: Query[Any], classes: _Classes, cut: list[FromClause]) -> None:
    found = _CREATING.search(query.sql)
    if found and isinstance(query.statement, Insert):
        for item in cut:
            column = distribution_column(_table(item).name) or ""
            if item is query.statement.table and column in found[2].split(", "):
                classes.give(item.c[column])


def _refusals(statement: ClauseElement, keys: list[object], named: bool, classes: _Classes) -> Iterator[str]:
    if not keys:
        return
    if len(set(keys)) > 1 and not all(classes.is_given(key) for key in keys):
        yield "it joins distributed tables by something else than their distribution columns"
    locks = any(
        isinstance(item, Select) and item._for_update_arg is not None for item in visitors.iterate(statement)
    )
    if locks and not named:
        yield "it locks rows without naming their shard"
    if isinstance(statement, PostgresInsert):
        yield from _conflict(statement)
    if isinstance(statement, Update):
        column = distribution_column(statement.table.name) if isinstance(statement.table, Table) else None
        if column in {getattr(name, "name", name) for name in statement._values or {}}:
            yield f"it changes the distribution column {column}"


def _conflict(statement: PostgresInsert) -> Iterator[str]:
    clause = getattr(statement, "_post_values_clause", None)
    targets = getattr(clause, "inferred_target_elements", None)
    column = distribution_column(statement.table.name)
    if targets is not None and column not in {getattr(part, "name", part) for part in targets}:
        yield f"its ON CONFLICT names a key without the distribution column {column}"
