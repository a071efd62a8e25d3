"""Every statement that turns a migrated database on a Citus coordinator into a distributed one, in order."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import MetaData

from dentalization.ops.shards import foreign_keys, functions, keys, policies, triggers
from dentalization.ops.shards.placements import (
    Distributed,
    Local,
    Placement,
    Reference,
    distributed_tables,
    placement,
    reference_tables,
)
from dentalization.ops.shards.steps import Step


def steps(metadata: MetaData, *, logins: tuple[str, ...] = ()) -> list[Step]:
    """``logins`` are those of the app, which may then look into other tables from a policy.

    Raises InvalidInput where a table has no place, ValueError where a policy or a trigger cannot be spelled.
    """
    return [
        *_places(metadata),
        *_settings(logins),
        *functions.made(metadata),
        *policies.replaced(),
        *triggers.changed(metadata),
        *foreign_keys.dropped(metadata),
        *keys.widened_keys(metadata),
        *functions.sent(metadata),
        *triggers.remarks(metadata),
        *_distributed(metadata),
        *foreign_keys.added(metadata),
    ]


def _places(metadata: MetaData) -> Iterator[Step]:
    kinds: tuple[tuple[type[Placement], str], ...] = (
        (Reference, "on every node"),
        (Distributed, "in shards"),
        (Local, "on the coordinator"),
    )
    for kind, words in kinds:
        for table in sorted(metadata.tables):
            where = placement(table)
            if isinstance(where, kind):
                by = f" by {where.column}" if isinstance(where, Distributed) else ""
                yield Step("", f"{table}: {words}{by}; {where.why}")


def _settings(logins: tuple[str, ...]) -> Iterator[Step]:
    if not logins:
        yield Step("", "Set DATABASE_URL: its login needs citus.allow_nested_distributed_execution = on.")
    for login in logins:
        quoted = '"' + login.replace('"', '""') + '"'
        yield Step(
            f"ALTER ROLE {quoted} SET citus.allow_nested_distributed_execution = on",
            "policies on shards call functions that read tables which are on every node",
        )


def _distributed(metadata: MetaData) -> Iterator[Step]:
    for table in reference_tables(metadata):
        yield Step(f"SELECT create_reference_table('public.{table}')")
    first: dict[str, str] = {}
    for table in distributed_tables(metadata):
        where = placement(table)
        assert isinstance(where, Distributed)
        beside = f"public.{first[where.beside]}" if where.beside in first else "none"
        first.setdefault(where.beside, table)
        yield Step(
            f"SELECT create_distributed_table('public.{table}', '{where.column}', "
            f"colocate_with => '{beside}')"
        )
