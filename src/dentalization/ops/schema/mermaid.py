"""The tables as a Mermaid entity relationship diagram."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ARRAY, Boolean, Column, Date, DateTime, Enum, Float, Integer, String, Table
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from dentalization import catalog
from dentalization.db.base import Relation
from dentalization.db.row import camel
from dentalization.ops.schema.names import foreign_key, table_class, unique_names

# The first that fits: an enum is a string, too.
_WORDS: tuple[tuple[type[TypeEngine[Any]], str], ...] = (
    (Enum, "enum"),
    (String, "string"),
    (Boolean, "boolean"),
    (Integer, "int"),
    (Float, "float"),
    (DateTime, "datetime"),
    (Date, "date"),
    (JSONB, "json"),
)


def mermaid_diagram() -> str:
    """``erDiagram`` with every table under its class name and every column under its field name."""
    lines = ["erDiagram"]
    for table in catalog.metadata.sorted_tables:
        unique = unique_names(table)
        lines.append(f"    {table_class(table).__name__} {{")
        lines += [f"        {_attribute(column, unique)}" for column in table.columns]
        lines.append("    }")
    for table in catalog.metadata.sorted_tables:
        lines += [f"    {line}" for line in _relationships(table)]
    return "\n".join(lines) + "\n"


def _attribute(column: Column[object], unique: dict[tuple[str, ...], str]) -> str:
    keys = [
        word
        for word, applies in (
            ("PK", column.primary_key),
            ("FK", bool(column.foreign_keys)),
            ("UK", (column.name,) in unique),
        )
        if applies
    ]
    return f"{_word(column.type)} {camel(column.name)} {', '.join(keys)}".rstrip()


def _word(kind: TypeEngine[object]) -> str:
    if isinstance(kind, ARRAY):
        return f"{_word(kind.item_type)}[]"
    return next((word for type_, word in _WORDS if isinstance(kind, type_)), type(kind).__name__.lower())


def _relationships(table: Table) -> Iterator[str]:
    unique = unique_names(table)
    for column in table.columns:
        key = foreign_key(column)
        if key is None:
            continue
        relation: Relation | None = column.info.get("relation")
        parent = "|o" if column.nullable else "||"
        child = "o|" if (column.name,) in unique else "o{"
        label = relation.back if relation else camel(column.name)
        target = table_class(key.column.table).__name__
        yield f'{target} {parent}--{child} {table_class(table).__name__} : "{label}"'
