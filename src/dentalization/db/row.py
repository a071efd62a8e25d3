"""Rows: frozen dataclasses whose fields are columns, and whose JSON names are the spec's."""

from __future__ import annotations

from dataclasses import dataclass
from types import NoneType
from typing import Any, TypeVar, dataclass_transform, get_args, get_type_hints

from sqlalchemy import (
    ARRAY,
    Boolean,
    ColumnElement,
    DateTime,
    Integer,
    Label,
    Select,
    Text,
    column,
    false,
    func,
    literal,
    select,
)
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.sql.functions import FunctionElement

Row = TypeVar("Row")


def camel(name: str) -> str:
    """``created_at`` -> ``createdAt``."""
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


@dataclass_transform(frozen_default=True)
def row(cls: type[Row]) -> type[Row]:
    """A frozen, slotted dataclass; the edge serialises it under camelCase names."""
    made = dataclass(frozen=True, slots=True)(cls)
    made.__pydantic_config__ = {"alias_generator": camel, "populate_by_name": True}  # type: ignore[attr-defined]
    return made


def columns(kind: type, table: type[DeclarativeBase], *, prefix: str = "", but: str = "") -> list[Label[Any]]:
    """The columns of ``table`` that carry the fields of the row type ``kind``, in order.

    ``prefix`` as for a nested row ("doctor__"); ``but`` names fields, separated by spaces, that come from
    elsewhere.
    """
    names = [name for name in kind.__dataclass_fields__ if name not in but.split()]  # type: ignore[attr-defined]
    return [table.__table__.c[name].label(prefix + name) for name in names]


def known(found: ColumnElement[Any]) -> Label[Any]:
    """A column that a function never leaves NULL, in words that ``db check`` understands."""
    otherwise: Any = literal("")
    if isinstance(found.type, DateTime):
        otherwise = func.now()
    elif isinstance(found.type, Boolean):
        otherwise = false()
    elif isinstance(found.type, Integer):
        otherwise = literal(0)
    elif isinstance(found.type, ARRAY):
        otherwise = literal([], found.type)
    return func.coalesce(found, otherwise).label(str(found.key))


def from_function(called: FunctionElement[Any], row_type: type[Any], **types: Any) -> Select[Any]:
    """The rows of a function that returns a table with the fields of ``row_type``: texts but for ``types``.

    A field that is not Optional is one that the function never leaves NULL.
    """
    hints = get_type_hints(row_type)
    table = called.table_valued(*(column(name, types.get(name, Text)) for name in hints))
    return select(
        *(
            table.c[name] if NoneType in get_args(hint) else known(table.c[name])
            for name, hint in hints.items()
        )
    )
