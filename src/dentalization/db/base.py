"""What every table is made of: the base class, ids, times, references, and constraints that speak."""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, NamedTuple

from sqlalchemy import CheckConstraint, Constraint, DateTime, Enum, ForeignKey, Index, MetaData, Text, func
from sqlalchemy.orm import DeclarativeBase, MappedColumn, mapped_column

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
    "ck": "%(constraint_name)s",
}

Id = Annotated[str, mapped_column(Text, primary_key=True)]
Moment = Annotated[datetime, mapped_column(DateTime(timezone=True))]
CreatedAt = Annotated[datetime, mapped_column(DateTime(timezone=True), server_default=func.now())]
UpdatedAt = Annotated[
    datetime,
    mapped_column(DateTime(timezone=True), server_default=func.now(), info={"prisma": "@updatedAt"}),
]


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {str: Text(), datetime: DateTime(timezone=True)}


class Relation(NamedTuple):
    """How a reference is called in the Prisma schema, on both of its sides.

    ``back`` is None where the spec's model has no field for it; ``name`` is Prisma's relation name,
    needed only where the spec gives one.
    """

    field: str
    back: str
    name: str | None = None


def reference(
    target: str, *, ondelete: str, relation: Relation | None = None, **column: Any
) -> MappedColumn[Any]:
    """A foreign key column to ``target`` ("users.id") with the spec's delete rule."""
    return mapped_column(Text, ForeignKey(target, ondelete=ondelete), info={"relation": relation}, **column)


def native_enum(kind: type[StrEnum]) -> Enum:
    """A PostgreSQL enum named after the class: ``DiagnosisStatus`` becomes ``diagnosis_status``."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()
    return Enum(kind, name=name, values_callable=lambda members: [member.value for member in members])


def check(name: str, condition: str, *, says: str, field: str | None = None) -> CheckConstraint:
    """A named rule with the sentence that people read when they break it."""
    return CheckConstraint(condition, name=name, info={"says": says, "field": field})


def sentences(metadata: MetaData) -> dict[str, tuple[str, str | None]]:
    """Constraint or unique index name -> (sentence, API field), as declared beside tables and triggers."""
    found: dict[str, tuple[str, str | None]] = dict(metadata.info.get("sentences", {}))
    for table in metadata.tables.values():
        items: list[Constraint | Index] = [*table.constraints, *table.indexes]
        for item in items:
            if item.name and "says" in item.info:
                found[str(item.name)] = (item.info["says"], item.info.get("field"))
    return found


def trigger_says(name: str, sentence: str, *, field: str | None = None) -> str:
    """Registers the sentence for a rule that a trigger keeps, and returns the rule's name for its body."""
    Base.metadata.info.setdefault("sentences", {})[name] = (sentence, field)
    return name
