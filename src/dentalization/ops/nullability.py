"""Why a column of a statement may be NULL, as far as the statement and the live tables tell."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Alias, Case, Cast, CompoundSelect, Label, Select, Table, UpdateBase
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import (
    BinaryExpression,
    BindParameter,
    ClauseElement,
    ColumnClause,
    ExpressionClauseList,
    False_,
    FunctionFilter,
    Grouping,
    Over,
    True_,
    UnaryExpression,
)
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import AliasedReturnsRows, Exists, FromClause, Join

ITSELF = "itself"
"""The reason of a column that may be NULL in its own table, and of every expression that might be."""

Reasons = frozenset[object]
"""ITSELF, and every outer join that may find nothing. Empty: never NULL."""

NotNull = frozenset[tuple[str, str]]
"""Table and column of each column that is NOT NULL in the live database."""

_NEVER: Reasons = frozenset()
_ALWAYS: Reasons = frozenset([ITSELF])

_NEVER_NULL_FUNCTIONS = frozenset(["count", "now", "row_number", "rank", "dense_rank"])
_FIRST_THAT_IS_NOT_NULL = frozenset(["coalesce", "greatest", "least"])
_NEVER_NULL_OPERATORS = frozenset(
    [operators.is_, operators.is_not, operators.is_distinct_from, operators.is_not_distinct_from]
)
# NULL where an operand is, and never otherwise; comparisons are the same, ``->`` and the like are not.
_STRICT_OPERATORS = frozenset(
    [operators.add, operators.sub, operators.mul, operators.truediv, operators.mod, operators.concat_op,
     operators.and_, operators.or_]
)  # fmt: skip


def reasons_of(statement: ClauseElement, columns: int, not_null: NotNull) -> list[Reasons]:
    """For each of the statement's ``columns``. Where the statement is text, each may be NULL."""
    if isinstance(statement, CompoundSelect):
        parts = [reasons_of(select, columns, not_null) for select in statement.selects]
        return [frozenset().union(*reasons) for reasons in zip(*parts, strict=True)]
    if isinstance(statement, Select):
        scope = _Scope(statement.get_final_froms(), not_null)
        return [scope.reasons(column) for column in statement.selected_columns]
    if isinstance(statement, UpdateBase):
        scope = _Scope([], not_null)
        return [scope.reasons(column) for column in statement.exported_columns]
    return [_ALWAYS] * columns


class _Scope:
    """The tables of one SELECT, and the outer joins that each of them depends on."""

    def __init__(self, tables: Iterable[FromClause], not_null: NotNull) -> None:
        self._not_null = not_null
        self._joins: Mapping[FromClause, Reasons] = dict(
            pair for table in tables for pair in _outer_joins(table, _NEVER)
        )

    def reasons(self, item: Any) -> Reasons:
        item = _unwrapped(item)
        found = _ALWAYS
        match item:
            case ColumnClause(table=FromClause() as table):
                found = self._joins.get(table, _NEVER) | self._of_column(table, item)
            case Exists() | True_() | False_():
                found = _NEVER
            case BindParameter() if item.value is not None:
                found = _NEVER
            case FunctionElement():
                found = self._of_function(item)
            case Case():
                found = self._any(result for _, result in item.whens) | self.reasons(item.else_)
            case BinaryExpression():
                found = self._of_operation(item.operator, (item.left, item.right))
            case ExpressionClauseList():
                found = self._of_operation(item.operator, item.clauses)
        return found

    def _any(self, items: Iterable[Any]) -> Reasons:
        return frozenset().union(*(self.reasons(item) for item in items))

    def _of_column(self, table: FromClause, column: ColumnClause[Any]) -> Reasons:
        """Leaving aside how ``table`` is joined."""
        if isinstance(table, Table):
            return _NEVER if (table.name, column.name) in self._not_null else _ALWAYS
        inner = table.element if isinstance(table, AliasedReturnsRows) else None
        if isinstance(table, Alias) and isinstance(inner, FromClause):
            return self._of_column(inner, column)
        if isinstance(inner, Select | CompoundSelect):
            names = inner.selected_columns.keys()
            found = reasons_of(inner, len(names), self._not_null)[names.index(column.key)]
            return _ALWAYS if found else _NEVER
        return _ALWAYS

    def _of_function(self, function: FunctionElement[Any]) -> Reasons:
        name = getattr(function, "name", "")
        if name in _FIRST_THAT_IS_NOT_NULL:
            found = [self.reasons(argument) for argument in function.clauses]
            return frozenset().union(*found) if all(found) else _NEVER
        return _NEVER if name in _NEVER_NULL_FUNCTIONS else _ALWAYS

    def _of_operation(self, operator: Any, operands: Iterable[Any]) -> Reasons:
        if operator in _NEVER_NULL_OPERATORS:
            return _NEVER
        strict = operator in _STRICT_OPERATORS or operators.is_comparison(operator)
        return self._any(operands) if strict else _ALWAYS


def _unwrapped(item: Any) -> Any:
    """The expression on whose being NULL it depends whether ``item`` is."""
    while True:
        match item:
            case Label() | Grouping() | Over():
                item = item.element
            case UnaryExpression(operator=operators.neg | operators.inv):
                item = item.element
            case Cast():
                item = item.clause
            case FunctionFilter():
                item = item.func
            case _:
                return item


def _outer_joins(table: FromClause, around: Reasons) -> Iterator[tuple[FromClause, Reasons]]:
    if not isinstance(table, Join):
        yield table, around
        return
    here: Reasons = around | {table}
    yield from _outer_joins(table.left, here if table.full else around)
    yield from _outer_joins(table.right, here if table.isouter or table.full else around)
