"""Runs the plan on a coordinator, one statement at a time, so that it can go on where it stopped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from dentalization import catalog
from dentalization.ops.shards import plan
from dentalization.ops.shards.errors import AlreadyDistributed, NoCoordinator, RowsWithoutKey, StepFailed
from dentalization.ops.shards.placements import distributed_tables, distribution_column
from dentalization.ops.shards.steps import Step

Connection = psycopg.Connection[tuple[object, ...]]

_IS_COORDINATOR = "SELECT EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'citus')"
_HAS_BEGUN = "SELECT EXISTS (SELECT 1 FROM pg_dist_partition)"


def planned(app_url: str) -> list[Step]:
    """``app_url`` names the app's login; without one the plan says what is missing."""
    login = str(conninfo_to_dict(app_url).get("user") or "") if app_url else ""
    return plan.steps(catalog.metadata, logins=(login,) if login else ())


def distribute(owner_url: str, steps: Sequence[Step], *, begin: int = 1) -> Iterator[int]:
    """Runs the statements from number ``begin`` on, and yields the number of each that is done.

    Raises NoCoordinator, AlreadyDistributed, RowsWithoutKey before anything is changed, and StepFailed.
    """
    with psycopg.connect(owner_url, autocommit=True) as connection:
        if not _true(connection, _IS_COORDINATOR):
            raise NoCoordinator
        if begin == 1:
            if _true(connection, _HAS_BEGUN):
                raise AlreadyDistributed
            refuse_rows_without_key(connection)
        yield from run(connection, steps, begin=begin)


def run(connection: Connection, steps: Sequence[Step], *, begin: int = 1) -> Iterator[int]:
    """Raises StepFailed, which names the statement to go on with."""
    for number, step in enumerate(steps, start=1):
        # Settings last as long as the connection, so they are made again.
        if step.sql and (number >= begin or step.sql.startswith("SET ")):
            try:
                connection.execute(step.sql.encode())
            except psycopg.Error as error:
                raise StepFailed(
                    f"Statement {number} failed: {str(error).strip()}. What came before it is done; once "
                    f"the cause is gone, go on with '--from {number}'.\n{step.sql}"
                ) from error
        yield number


def refuse_rows_without_key(connection: Connection) -> None:
    """Raises RowsWithoutKey."""
    for table in distributed_tables(catalog.metadata):
        column = distribution_column(table)
        assert column is not None
        count = sql.SQL("SELECT count(*) FROM public.{} WHERE {} IS NULL").format(
            sql.Identifier(table), sql.Identifier(column)
        )
        missing = (connection.execute(count).fetchone() or (0,))[0]
        if missing:
            raise RowsWithoutKey(
                f"{missing} rows of {table} have no {column}, by which they would be distributed: "
                "give them one, or delete them."
            )


def _true(connection: Connection, query: str) -> bool:
    return connection.execute(query.encode()).fetchone() == (True,)
