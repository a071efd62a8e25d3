"""The second spelling of the policies and the second transport of the identity keep what the first keep."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.access import test_rows
from tests.access.test_rows import CASES, OUTSIDERS
from tests.access.world import WHO, World
from tests.conftest import TEMPLATE, Urls, app_url, drop, recreate, with_database
from tests.ops.shards import stubs
from tests.people import People

from dentalization import catalog
from dentalization.db.identity import Actor, set_locally

Connection = psycopg.Connection[tuple[Any, ...]]
Seen = dict[tuple[str, str], int]


@pytest.fixture(scope="module")
def urls(cluster_url: str, worker_id: str) -> Iterator[Urls]:
    name = f"dentalization_sharded_{worker_id}"
    recreate(cluster_url, name, template=TEMPLATE)
    yield Urls(with_database(cluster_url, name), app_url(cluster_url, name))
    drop(cluster_url, name)


@pytest.fixture(scope="module")
def owner(urls: Urls) -> Iterator[Connection]:
    with psycopg.connect(urls.owner, autocommit=True) as connection:
        yield connection


world = test_rows.world


@pytest.fixture(scope="module")
def people(owner: Connection) -> People:
    return People(owner)


@contextmanager
def on_a_node(urls: Urls, actor: Actor) -> Iterator[Connection]:
    """As another node meets an actor: told by SET LOCAL alone, of dentists only verified ones."""
    with psycopg.connect(urls.app) as connection:
        for statement in set_locally(actor.identification(), datetime.now(UTC)):
            connection.execute(statement.encode())
        yield connection
        connection.rollback()


def told(world: World, who: str) -> Actor:
    actor = world.actors[who]
    return actor if who != "unverified" else Actor(actor.user_id, actor.role)


def seen_by(connection: Connection, who: str) -> Seen:
    """How many rows of each table there are for somebody."""
    return {
        (who, table): connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # type: ignore[index]
        for table in sorted(catalog.metadata.tables)
    }


@pytest.fixture(scope="module")
def seen_before(urls: Urls, world: World) -> Seen:
    """Under the first spelling and the first transport; from then on the database has the second."""
    found: Seen = {}
    for who in WHO:
        with psycopg.connect(urls.app) as connection:
            connection.execute("SELECT app_identify(%s, %s, %s, %s, %s)", world.actors[who].identification())
            found |= seen_by(connection, who)
    stubs.distribute(urls)
    return found


@pytest.mark.parametrize("who", WHO)
def test_everybody_sees_as_many_rows_as_before(urls: Urls, world: World, seen_before: Seen, who: str) -> None:
    with on_a_node(urls, told(world, who)) as node:
        found = seen_by(node, who)
    assert found == {key: count for key, count in seen_before.items() if key[0] == who}
    assert who == "nobody" or sum(found.values()) > 0


@pytest.mark.parametrize("who", OUTSIDERS)
def test_outsiders_do_no_more_than_before(
    urls: Urls, world: World, seen_before: Seen, owner: Connection, who: str
) -> None:
    """What test_rows asks under the first spelling, table by table."""
    with on_a_node(urls, told(world, who)) as node:
        for table in (table for table, asked in CASES if asked == who):
            test_rows.test_reading(node, world, table, who)
            test_rows.test_changing(node, world, owner, table, who)
            for test in (test_rows.test_deleting, test_rows.test_making):
                with node.transaction(force_rollback=True):
                    if test is test_rows.test_making:
                        test_rows.test_making(node, world, owner, table, who)
                    else:
                        test_rows.test_deleting(node, world, table, who)


def test_with_a_policy_taken_out_the_row_is_read(
    owner: Connection, urls: Urls, world: World, seen_before: Seen
) -> None:
    test_rows.test_with_a_policy_taken_out_the_row_is_read(owner, urls, world)


def test_with_a_look_up_that_always_agrees_the_row_is_read(
    owner: Connection, urls: Urls, world: World, seen_before: Seen
) -> None:
    """So the policies do call it."""
    definition = owner.execute("SELECT pg_get_functiondef('app_in_care(text)'::regprocedure)").fetchone()
    assert definition is not None
    try:
        owner.execute(
            "CREATE OR REPLACE FUNCTION app_in_care(p_1 text) RETURNS boolean LANGUAGE sql AS 'SELECT true'"
        )
        with on_a_node(urls, world.actors["stranger"]) as node:
            found = node.execute(
                "SELECT 1 FROM medical_records WHERE patient_id = %s", (world.patient.patient_id,)
            ).rowcount
    finally:
        owner.execute(definition[0])
    (there,) = owner.execute(
        "SELECT count(*) FROM medical_records WHERE patient_id = %s", (world.patient.patient_id,)
    ).fetchone() or (0,)
    assert found == there > 0


texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)


@given(parts=st.tuples(texts, texts, texts, texts))
def test_whatever_is_in_an_identity_arrives_as_it_is(owner: Connection, parts: tuple[str, ...]) -> None:
    """SET takes no parameters: the values are quoted."""
    with owner.transaction(force_rollback=True):
        for statement in set_locally((*parts, "session"), datetime(2026, 1, 2, tzinfo=UTC)):
            owner.execute(statement.encode())
        names = ("user_id", "role", "patient_id", "doctor_id", "at")
        found = [owner.execute(f"SELECT current_setting('app.{name}')").fetchone() for name in names]
    assert [one and one[0] for one in found] == [*parts, "2026-01-02T00:00:00+00:00"]
