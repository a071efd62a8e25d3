"""Which triggers run on shards, which are spelled otherwise there, and which the coordinator replaces."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import MetaData

from dentalization.db.objects import SqlObject, declared
from dentalization.ops.shards.placements import Local, Reference, placement
from dentalization.ops.shards.steps import Step

Where = Literal["coordinator as before", "shards", "every node", "settled by the coordinator", "left out"]

TOUCH = "app_touch_updated_at"
TOUCH_EVERYWHERE = "app_touch_everywhere"
NEW_VERSION = "app_new_version"

_ON = re.compile(r"^(?P<name>\w+) on (?P<table>\w+)$")
_RUNS = re.compile(r"EXECUTE FUNCTION (\w+)\(")
_CALLED = re.compile(r"\b(app_\w+)\(")


@dataclass(frozen=True, slots=True)
class Trigger:
    name: str
    table: str
    function: str
    touches: tuple[str, ...]
    """Tables that its function, or what that calls, reads or writes."""
    where: Where
    declared: SqlObject


def triggers(metadata: MetaData) -> list[Trigger]:
    bodies = {
        item.name.split("(")[0]: item.body.split("REVOKE ALL ON FUNCTION")[0]
        for item in declared()
        if item.kind == "function"
    }
    return [_trigger(item, bodies, metadata) for item in declared() if item.kind == "trigger"]


def _trigger(item: SqlObject, bodies: dict[str, str], metadata: MetaData) -> Trigger:
    named, runs = _ON.match(item.name), _RUNS.search(item.body)
    assert named is not None
    assert runs is not None
    touched = sorted(_touched(runs[1], bodies, set(metadata.tables), set()))
    return Trigger(
        named["name"], named["table"], runs[1], tuple(touched), _where(named["table"], runs[1], touched), item
    )


def _touched(function: str, bodies: dict[str, str], tables: set[str], seen: set[str]) -> set[str]:
    if function in seen:
        return set()
    seen.add(function)
    body = bodies.get(function, "")
    found = {name for name in re.findall(r"\bpublic\.(\w+)\b(?!\()", body) if name in tables}
    for other in set(_CALLED.findall(body)) - {function}:
        found |= _touched(other, bodies, tables, seen)
    return found


def _where(table: str, function: str, touched: list[str]) -> Where:
    where = placement(table)
    if isinstance(where, Local):
        return "coordinator as before"
    if isinstance(where, Reference):
        # Each node runs it for its own copy, and now() is not the same moment on two nodes.
        if function == TOUCH and not touched:
            return "every node"
        if function == NEW_VERSION:
            return "left out"
        raise ValueError(f"{function} of the reference table {table} would do its work once a node")
    return "settled by the coordinator" if touched else "shards"


def settled_tables(metadata: MetaData) -> list[str]:
    """Distributed tables after whose changes the coordinator must settle what triggers did before."""
    return sorted({item.table for item in triggers(metadata) if item.where == "settled by the coordinator"})


def changed(metadata: MetaData) -> Iterator[Step]:
    """Before the tables are distributed."""
    for item in triggers(metadata):
        if item.where == "every node":
            yield Step(
                item.declared.body.rstrip(";").replace(f"{TOUCH}(", f"{TOUCH_EVERYWHERE}("),
                f"{item.table} is on every node: all must write the same moment",
            )
        elif item.where == "settled by the coordinator":
            yield Step(
                f"DROP TRIGGER {item.name} ON public.{item.table}",
                f"It writes to {', '.join(item.touches)}, which a shard must not; app_settle does instead",
            )
        elif item.where == "left out":
            yield Step(
                f"DROP TRIGGER {item.name} ON public.{item.table}",
                "Each node would make a version of its own; and there nothing is remembered",
            )


def remarks(metadata: MetaData) -> Iterator[Step]:
    """Those that run on shards, for which citus.enable_unsafe_triggers is on."""
    kept = [f"{item.name} on {item.table}" for item in triggers(metadata) if item.where == "shards"]
    yield Step(
        "SET citus.enable_unsafe_triggers = on",
        "Triggers that run on the shards; they change or refuse the row itself and touch no table:\n"
        + "\n".join(f"  {name}" for name in kept),
    )
