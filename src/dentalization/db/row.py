"""Rows: frozen dataclasses whose fields are columns, and whose JSON names are the spec's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar, dataclass_transform

from sqlalchemy import Label
from sqlalchemy.orm import DeclarativeBase

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
