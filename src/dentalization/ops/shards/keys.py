"""Primary keys and unique indexes, which on shards must contain the distribution column."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Index, MetaData, Table, UniqueConstraint
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex

from dentalization.errors import InvalidInput
from dentalization.ops.shards.placements import Distributed, distributed_tables, placement
from dentalization.ops.shards.steps import Step

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def widened_keys(metadata: MetaData) -> Iterator[Step]:
    """Gives the primary keys and unique indexes of distributed tables the distribution column.

    Raises InvalidInput for a constraint that nobody knows how to widen.
    """
    for name in distributed_tables(metadata):
        table, column = metadata.tables[name], _placed(name).column
        yield from _primary_key(table, column)
        for constraint in table.constraints:
            if isinstance(constraint, UniqueConstraint):
                raise InvalidInput(f"Make {constraint.name} on {name} a unique index, as the others are.")
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            if index.unique and column not in index.columns:
                yield from _unique_index(table, index, column)


def _placed(table: str) -> Distributed:
    where = placement(table)
    assert isinstance(where, Distributed)
    return where


def _why(table: Table) -> str:
    return _placed(table.name).unique


def _primary_key(table: Table, column: str) -> Iterator[Step]:
    key = table.primary_key
    names = [part.name for part in key.columns]
    if column in names:
        return
    yield Step(
        f"ALTER TABLE public.{table.name} DROP CONSTRAINT {key.name}",
        f"{table.name}: ({', '.join(names)}) becomes ({', '.join([column, *names])}); {_why(table)}",
    )
    yield Step(
        f"ALTER TABLE public.{table.name} ADD CONSTRAINT {key.name} "
        f"PRIMARY KEY ({', '.join([column, *names])})"
    )
    # A statement that knows the id alone looks into every shard; there it must not read all of it.
    first = ", ".join(names)
    yield Step(
        f"CREATE INDEX ix_{table.name}_{'_'.join(names)} ON public.{table.name} ({first})",
        "for statements that know the id alone",
    )


def _unique_index(table: Table, index: Index, column: str) -> Iterator[Step]:
    made = str(CreateIndex(index).compile(dialect=_DIALECT)).strip()
    beginning = f"CREATE UNIQUE INDEX {index.name} ON {table.name} ("
    if not made.startswith(beginning):
        raise InvalidInput(f"The index {index.name} cannot be widened: {made}")
    names = ", ".join(part.name for part in index.columns)
    yield Step(
        f"DROP INDEX public.{index.name}",
        f"{table.name}: unique ({names}) becomes unique ({column}, {names}); {_why(table)}",
    )
    yield Step(
        f"CREATE UNIQUE INDEX {index.name} ON public.{table.name} ({column}, {made.removeprefix(beginning)}"
    )
