"""The plan is whole, in order, and runs; what Citus would refuse is refused by the stubs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import Column, MetaData, Table, Text, UniqueConstraint
from tests.conftest import Urls
from tests.ops.shards import stubs

from dentalization import catalog
from dentalization.db.objects import declared, spelled_for_shards
from dentalization.errors import InvalidInput
from dentalization.ops.shards import foreign_keys, keys, plan, running, triggers
from dentalization.ops.shards.errors import NoCoordinator, RowsWithoutKey, StepFailed
from dentalization.ops.shards.placements import (
    PLACEMENTS,
    Distributed,
    Local,
    distributed_tables,
    placement,
    reference_tables,
)
from dentalization.ops.shards.steps import Step

Connection = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture(scope="module")
def steps() -> list[Step]:
    return plan.steps(catalog.metadata)


def test_every_table_has_a_place_and_each_place_a_table() -> None:
    assert set(PLACEMENTS) == set(catalog.metadata.tables)


def test_a_table_that_nobody_has_placed_is_refused() -> None:
    with pytest.raises(InvalidInput, match="unplaced"):
        placement("unplaced")


def test_both_guarantees_of_the_calendar_stay_where_they_are() -> None:
    """Exclusion constraints of two keys: on one node, whole, and none on a table that is cut."""
    with_exclusion = {item.name.split(" on ")[1] for item in declared() if item.kind == "constraint"}
    assert "appointments" in with_exclusion
    assert all(isinstance(placement(table), Local) for table in with_exclusion)


def position(steps: list[Step], beginning: str) -> int:
    return next(number for number, step in enumerate(steps) if step.sql.startswith(beginning))


def test_the_order_is_the_one_that_citus_asks_for(steps: list[Step]) -> None:
    distributed = [n for n, step in enumerate(steps) if "create_distributed_table(" in step.sql]
    referenced = [n for n, step in enumerate(steps) if "create_reference_table(" in step.sql]
    sent = [n for n, step in enumerate(steps) if "create_distributed_function(" in step.sql]
    dropped = [n for n, step in enumerate(steps) if "DROP CONSTRAINT fk_" in step.sql]
    added = [n for n, step in enumerate(steps) if "ADD CONSTRAINT fk_" in step.sql]
    replaced = [n for n, step in enumerate(steps) if step.sql.startswith("CREATE POLICY")]
    assert max([*dropped, *replaced, *sent]) < min(referenced) < max(referenced) < min(distributed)
    assert max(distributed) < min(added)
    assert all(step.sql.count("ADD CONSTRAINT") <= 1 for step in steps)
    assert position(steps, "SET citus.enable_unsafe_triggers") < min(referenced)


def test_each_table_is_distributed_once_as_it_is_declared(steps: list[Step]) -> None:
    said = [step.sql for step in steps]
    assert len([sql for sql in said if "create_reference_table" in sql]) == len(
        reference_tables(catalog.metadata)
    )
    for table in distributed_tables(catalog.metadata):
        where = placement(table)
        assert isinstance(where, Distributed)
        assert any(f"create_distributed_table('public.{table}', '{where.column}'" in sql for sql in said)


def test_foreign_keys_are_given_back_only_where_citus_can_keep_them() -> None:
    for item in foreign_keys.references(catalog.metadata):
        table, target = placement(item.table), placement(item.target)
        if isinstance(table, Distributed) and isinstance(target, Distributed) and item.fate != "lost":
            pairs = zip(item.columns, item.target_columns, strict=True)
            assert (table.column, target.column) in pairs, item.name
        if isinstance(table, Distributed) and table.column in item.columns:
            assert item.on_delete != "SET NULL", item.name
    lost = {item.name for item in foreign_keys.references(catalog.metadata) if item.fate == "lost"}
    assert lost == {"fk_shadow_findings_diagnosis_id"}


def test_triggers_on_shards_touch_no_table() -> None:
    found = {item.name: item for item in triggers.triggers(catalog.metadata)}
    assert found["ai_diagnoses_keep"].where == "shards"
    assert found["ai_diagnoses_care_insert"].where == "settled by the coordinator"
    assert found["ai_diagnoses_tell"].touches == ("events",)
    assert found["appointments_guard"].where == "coordinator as before"
    assert found["users_touch"].where == "every node"
    assert not [item for item in found.values() if item.where == "shards" and item.touches]


def test_a_subquery_that_no_look_up_declares_is_refused() -> None:
    with pytest.raises(ValueError, match="no look-up"):
        spelled_for_shards("EXISTS (SELECT 1 FROM users u WHERE u.id = user_id)")


def test_a_unique_constraint_that_is_no_index_is_refused() -> None:
    metadata = MetaData()
    Table(
        "dental_photos",
        metadata,
        Column("id", Text, primary_key=True),
        Column("patient_id", Text),
        Column("photo_url", Text),
        UniqueConstraint("photo_url", name="uq_dental_photos_photo_url"),
    )
    with pytest.raises(InvalidInput, match="uq_dental_photos_photo_url"):
        list(keys.widened_keys(metadata))


@pytest.fixture
def owner(fresh_urls: Urls) -> Iterator[Connection]:
    with psycopg.connect(fresh_urls.owner, autocommit=True) as connection:
        yield connection


def test_every_statement_runs_in_order(owner: Connection, fresh_urls: Urls) -> None:
    stubs.distribute(fresh_urls)
    called = owner.execute("SELECT name, subject FROM stub_calls ORDER BY number").fetchall()
    assert [subject for name, subject in called if name == "reference"] == reference_tables(catalog.metadata)
    assert [subject for name, subject in called if name == "distributed"] == distributed_tables(
        catalog.metadata
    )
    subqueries = owner.execute(
        "SELECT tablename, policyname FROM pg_policies WHERE schemaname = 'public' "
        "AND concat(qual, with_check) ILIKE '%select%'"
    ).fetchall()
    assert subqueries == []


def test_a_run_that_stopped_goes_on_where_it_stopped(owner: Connection) -> None:
    steps = [
        Step("SET app.test = 'here'"),
        Step("CREATE TABLE first_step ()"),
        Step("", "a remark"),
        Step("SELECT 1 / (SELECT count(*) FROM first_step)"),
        Step("INSERT INTO first_step SELECT WHERE current_setting('app.test') = 'here'"),
    ]
    with pytest.raises(StepFailed, match="--from 4"):
        list(running.run(owner, steps))
    owner.execute("INSERT INTO first_step DEFAULT VALUES")
    owner.execute("RESET app.test")
    list(running.run(owner, steps, begin=4))
    assert owner.execute("SELECT count(*) FROM first_step").fetchone() == (2,)


def test_a_plain_database_is_not_distributed(fresh_urls: Urls) -> None:
    with pytest.raises(NoCoordinator):
        list(running.distribute(fresh_urls.owner, running.planned(fresh_urls.app)))


def test_rows_that_belong_to_no_shard_are_named(owner: Connection) -> None:
    running.refuse_rows_without_key(owner)
    owner.execute(
        "INSERT INTO users (id, email, password, role) VALUES ('u', 'u@example.com', '!', 'PATIENT')"
    )
    owner.execute(
        "INSERT INTO ai_diagnoses (id, user_id, photo_url, diagnosis, confidence, detections) "
        "VALUES ('d', 'u', 'x', 'x', 0.5, '[]')"
    )
    with pytest.raises(RowsWithoutKey, match="1 rows of ai_diagnoses have no patient_id"):
        running.refuse_rows_without_key(owner)


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_the_command_prints_the_plan(options: list[str]) -> None:
    command = [sys.executable, "-m", "dentalization.cli.main", "db", "distribute", "--dry-run", *options]
    url = "postgresql://the_app@db.example.com/dental"
    done = subprocess.run(
        command, env={**os.environ, "DATABASE_URL": url}, capture_output=True, text=True, check=True
    )
    expected = running.planned(url)
    if options:
        assert [step["sql"] for step in json.loads(done.stdout)] == [step.sql for step in expected]
    else:
        assert 'ALTER ROLE "the_app" SET citus.allow_nested_distributed_execution = on;' in done.stdout
        assert all(step.sql in done.stdout for step in expected)
