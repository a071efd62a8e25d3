"""The tables as a schema for Prisma Client 7, with the field and relation names of the data model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Enum,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.schema import CreateIndex, DefaultClause
from sqlalchemy.types import TypeEngine

from dentalization import catalog
from dentalization.db.base import Relation
from dentalization.db.row import camel
from dentalization.db.sealed import is_sealed
from dentalization.ops.schema.names import foreign_key, plain_columns, table_class, unique_names
from dentalization.ops.schema.sql import DIALECT, enums, statement

# The address of the database is no part of the schema in Prisma 7: the client gets it with its adapter.
_HEAD = """\
// Generated from the tables; do not edit. The migrations of this project change the database, never those
// of Prisma: row-level policies, triggers and checks are beyond this file. Fields marked as sealed hold
// 'sealed:version:key id:bytes', which only this project's keys open; plain text in them is read, and sealed
// by 'dentalization db reseal'.

generator client {
  provider = "prisma-client"
  output   = "./generated/prisma"
}

datasource db {
  provider = "postgresql"
}
"""

# The first that fits: an enum is a string, a bigint an integer.
_TYPES: tuple[tuple[type[TypeEngine[Any]], str, str], ...] = (
    (BigInteger, "BigInt", ""),
    (Integer, "Int", ""),
    (String, "String", ""),
    (Boolean, "Boolean", ""),
    (Float, "Float", ""),
    (DateTime, "DateTime", "@db.Timestamptz(6)"),
    (Date, "DateTime", "@db.Date"),
    (JSONB, "Json", ""),
)
_DELETE_RULES = {"CASCADE": "Cascade", "SET NULL": "SetNull", "RESTRICT": "Restrict", None: "NoAction"}
_QUOTED = re.compile(r"'(.*)'")


_SEALED = "  /// sealed by the application"


class Field(NamedTuple):
    name: str
    type: str
    attributes: str
    sealed: bool = False


def prisma_schema() -> str:
    """What ``schema.prisma`` must contain for a client of this database."""
    models = [_model(table) for table in catalog.metadata.sorted_tables]
    return "\n".join([_HEAD, *models, *(_enum(kind) for kind in enums())])


def _enum(kind: Enum) -> str:
    assert kind.enum_class is not None
    labels = "".join(f"  {label}\n" for label in kind.enums)
    return f'enum {kind.enum_class.__name__} {{\n{labels}\n  @@map("{kind.name}")\n}}\n'


def _model(table: Table) -> str:
    class_ = table_class(table)
    described = (vars(class_).get("__doc__") or "").partition("\n\n")[0].split()
    fields = [*_fields(table), *_back_fields(table)]
    width = max(len(field.name) for field in fields)
    type_width = max(len(field.type) for field in fields)
    lines = []
    for field in fields:
        lines += [_SEALED] if field.sealed else []
        lines.append(f"  {field.name:{width}} {field.type:{type_width}} {field.attributes}".rstrip())
    blocks = ["\n".join(lines), *_constraints(table), f'  @@map("{table.name}")']
    comment = f"/// {' '.join(described)}\n" if described else ""
    body = "\n\n".join(blocks)
    return f"{comment}model {class_.__name__} {{\n{body}\n}}\n"


def _fields(table: Table) -> Iterator[Field]:
    unique = unique_names(table)
    for column in table.columns:
        name, kind, native = camel(column.name), *prisma_type(column.type)
        optional = "?" if column.nullable and not kind.endswith("[]") else ""
        attributes = [
            f'@id(map: "{table.primary_key.name}")' if [*table.primary_key.columns] == [column] else "",
            _default(column),
            f'@unique(map: "{unique[column.name,]}")' if (column.name,) in unique else "",
            f'@map("{column.name}")' if name != column.name else "",
            native,
        ]
        yield Field(name, kind + optional, " ".join(filter(None, attributes)), is_sealed(column))
        relation: Relation | None = column.info.get("relation")
        key = foreign_key(column)
        if relation and key:
            yield Field(relation.field, table_class(key.column.table).__name__ + optional,
                        _relation(column, relation, key))  # fmt: skip


def _relation(column: Column[object], relation: Relation, key: ForeignKey) -> str:
    assert key.constraint is not None
    parts = [
        f'"{relation.name}"' if relation.name else "",
        f"fields: [{camel(column.name)}]",
        f"references: [{camel(key.column.name)}]",
        f"onDelete: {_DELETE_RULES[key.ondelete]}",
        "onUpdate: NoAction",
        f'map: "{key.constraint.name}"',
    ]
    return f"@relation({', '.join(filter(None, parts))})"


def _back_fields(table: Table) -> Iterator[Field]:
    """The other sides of the relations that end at ``table``."""
    for other in catalog.metadata.sorted_tables:
        unique = unique_names(other)
        for column in other.columns:
            relation: Relation | None = column.info.get("relation")
            key = foreign_key(column)
            if relation and key and key.column.table is table:
                many = "?" if (column.name,) in unique else "[]"
                name = f'@relation("{relation.name}")' if relation.name else ""
                yield Field(relation.back, table_class(other).__name__ + many, name)


def _constraints(table: Table) -> Iterator[str]:
    """Blocks of lines: the composite key, unique columns, indexes, and what Prisma has no words for."""
    key = table.primary_key
    if len(key.columns) > 1:
        names = ", ".join(camel(column.name) for column in key.columns)
        yield f'  @@id([{names}], map: "{key.name}")'
    indexes = sorted(table.indexes, key=lambda index: str(index.name))
    lines = [line for line in (_index(index) for index in indexes) if line]
    if lines:
        yield "\n".join(f"  {line}" for line in lines)


def _index(index: Index) -> str | None:
    columns = plain_columns(index)
    if columns is None:
        return "// " + " ".join(statement(CreateIndex(index)).split())
    if index.unique and len(columns) == 1:
        return None  # stands beside its field
    names = ", ".join(camel(name) + ("(sort: Desc)" if descending else "") for name, descending in columns)
    return f'@@{"unique" if index.unique else "index"}([{names}], map: "{index.name}")'


def prisma_type(kind: TypeEngine[object]) -> tuple[str, str]:
    """Prisma's type and, where it is not the one that Prisma would take anyhow, PostgreSQL's."""
    if isinstance(kind, ARRAY):
        item, native = prisma_type(kind.item_type)
        return f"{item}[]", native
    if isinstance(kind, Enum):
        assert kind.enum_class is not None
        return kind.enum_class.__name__, ""
    if isinstance(kind, String) and kind.length:
        return "String", f"@db.VarChar({kind.length})"
    for type_, name, native in _TYPES:
        if isinstance(kind, type_):
            return name, native
    return f'Unsupported("{kind.compile(dialect=DIALECT).lower()}")', ""


def _default(column: Column[object]) -> str:
    if "prisma" in column.info:
        return str(column.info["prisma"])
    if column.identity is not None:
        return "@default(autoincrement())"
    if column.name == "id" and column.primary_key:
        return "@default(cuid())"
    if not isinstance(column.server_default, DefaultClause):
        return ""
    text = str(column.server_default.arg)
    quoted = _QUOTED.fullmatch(text)
    if isinstance(column.type, ARRAY) and text == "'{}'":
        text = "[]"
    elif quoted:
        text = quoted[1] if isinstance(column.type, Enum) else f'"{quoted[1]}"'
    elif "::" in text:
        escaped = text.replace('"', '\\"')
        text = f'dbgenerated("{escaped}")'
    return f"@default({text})"
