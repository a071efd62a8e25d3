"""Foreign keys: taken away before tables are distributed, and given back where Citus can keep them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ForeignKeyConstraint, MetaData

from dentalization.ops.shards.placements import (
    Distributed,
    Local,
    Reference,
    beside_each_other,
    placement,
)
from dentalization.ops.shards.steps import Step

Fate = Literal["stays", "again", "widened", "without action", "lost"]


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """A foreign key and what becomes of it."""

    name: str
    table: str
    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]
    on_delete: str
    fate: Fate
    why: str


def references(metadata: MetaData) -> list[ForeignKey]:
    found = [
        _reference(constraint)
        for table in metadata.sorted_tables
        for constraint in table.constraints
        if isinstance(constraint, ForeignKeyConstraint)
    ]
    return sorted(found, key=lambda item: (item.table, item.name))


def _reference(constraint: ForeignKeyConstraint) -> ForeignKey:
    table, target = constraint.table.name, constraint.referred_table.name
    columns = tuple(constraint.column_keys)
    targets = tuple(element.column.name for element in constraint.elements)
    fate, why, more = _fate(table, columns, target, constraint.ondelete or "")
    if more is not None:
        columns, targets = (more[0], *columns), (more[1], *targets)
    on_delete = "" if fate == "without action" else (constraint.ondelete or "")
    return ForeignKey(str(constraint.name), table, columns, target, targets, on_delete, fate, why)


def _fate(
    table: str, columns: tuple[str, ...], target: str, on_delete: str
) -> tuple[Fate, str, tuple[str, str] | None]:
    """Fate, reason, and the two columns by which the reference is widened."""
    one, other = placement(table), placement(target)
    if isinstance(one, Local) and isinstance(other, Local):
        return "stays", "both are on the coordinator", None
    if isinstance(other, Reference):
        if isinstance(one, Distributed) and one.column in columns and on_delete == "SET NULL":
            return (
                "without action",
                "a row cannot leave its shard, so nothing sets its distribution column to NULL: the row that "
                "is referred to cannot be deleted (erasing somebody keeps it, under a pseudonym)",
                None,
            )
        return "again", f"{target} is on every node", None
    if isinstance(one, Distributed) and isinstance(other, Distributed) and beside_each_other(table, target):
        if other.column in columns:
            return "again", "by the distribution column", None
        return (
            "widened",
            "both lie beside each other, so with the distribution column",
            (one.column, other.column),
        )
    return "lost", f"{table} and {target} do not lie beside each other: only the program keeps it", None


def dropped(metadata: MetaData) -> Iterator[Step]:
    for item in references(metadata):
        if item.fate != "stays":
            yield Step(f"ALTER TABLE public.{item.table} DROP CONSTRAINT {item.name}")


def added(metadata: MetaData) -> Iterator[Step]:
    """One a statement, as Citus asks for."""
    for item in references(metadata):
        if item.fate == "lost":
            yield Step("", f"Not given back: {item.name} ({item.why}).")
        elif item.fate != "stays":
            rule = f" ON DELETE {item.on_delete}" if item.on_delete else ""
            yield Step(
                f"ALTER TABLE public.{item.table} ADD CONSTRAINT {item.name} "
                f"FOREIGN KEY ({', '.join(item.columns)}) "
                f"REFERENCES public.{item.target} ({', '.join(item.target_columns)}){rule}",
                "" if item.fate == "again" else f"{item.name}: {item.fate}; {item.why}",
            )
