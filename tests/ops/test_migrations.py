"""Migrations make what the tables say, can be undone, notice differences, and never queue behind a lock."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.exc import DataError
from tests.conftest import KEYRING, Urls, drop, with_database
from tests.ops.catalog_snapshot import differences, snapshot
from tests.people import People

from dentalization.ops import migrations, roles
from dentalization.ops.errors import NotUtf8
from dentalization.ops.schema import ddl


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the migrations, which may be added to."""
    copy = tmp_path / "migrations"
    shutil.copytree(migrations._folder(), copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(migrations, "_folder", lambda: copy)
    return copy


def test_migrations_make_what_the_script_makes(fresh_urls: Urls, empty_url: str) -> None:
    with psycopg.connect(empty_url, autocommit=True) as connection:
        roles.ensure_groups(connection)
        connection.execute(ddl())
    migrated, scripted = snapshot(fresh_urls.owner), snapshot(empty_url)
    assert differences(migrated, scripted) == []
    assert {kind for kind, _, _ in scripted} >= {
        "relation", "column", "constraint", "index", "enum", "policy", "function", "trigger",
        "table grant", "column grant", "function grant", "comment",
    }  # fmt: skip


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_a_database_that_cannot_keep_every_name_is_refused(cluster_url: str, encoding: str) -> None:
    name = f"dentalization_{encoding.lower()}_{secrets.token_hex(3)}"
    with psycopg.connect(cluster_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0")
    try:
        with pytest.raises(NotUtf8, match=rf"{name} is encoded in {encoding}.*ENCODING 'UTF8'"):
            migrations.migrate(with_database(cluster_url, name))
        with psycopg.connect(with_database(cluster_url, name)) as connection:
            assert connection.execute("SELECT to_regclass('alembic_version')").fetchone() == (None,)
    finally:
        drop(cluster_url, name)


def test_downgrade_leaves_nothing_and_upgrade_makes_the_same_again(fresh_urls: Urls) -> None:
    before = snapshot(fresh_urls.owner)
    migrations.downgrade(fresh_urls.owner, "base")
    assert snapshot(fresh_urls.owner) == frozenset()
    with psycopg.connect(fresh_urls.owner) as connection:
        left = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        ).fetchall()
    assert left == [("alembic_version",)], "the job queue is gone as well"
    migrations.migrate(fresh_urls.owner)
    assert differences(before, snapshot(fresh_urls.owner)) == []


def test_a_migrated_database_needs_no_migration(fresh_urls: Urls, folder: Path) -> None:
    text = migrations.new(fresh_urls.owner, "Nothing to do").read_text()
    assert text.count("    pass\n") == 2
    assert "op." not in text


@pytest.mark.parametrize(
    ("by_hand", "written"),
    [
        ("ALTER TABLE sessions DROP COLUMN device_info", "op.add_column('sessions'"),
        ("ALTER TABLE users ALTER email TYPE varchar(200)", "op.alter_column('users', 'email'"),
        ("ALTER TABLE users ALTER role SET DEFAULT 'DOCTOR'", "op.alter_column('users', 'role'"),
        ("ALTER TABLE sessions ALTER ip_address SET NOT NULL", "op.alter_column('sessions', 'ip_address'"),
        ("DROP INDEX idx_users_role", "op.create_index('idx_users_role'"),
        ("DROP POLICY owner ON users", "CREATE POLICY app_select_1 ON users"),
        ("DROP FUNCTION app_license_taken(text)", "CREATE OR REPLACE FUNCTION app_license_taken"),
        (
            "ALTER TABLE appointments DROP CONSTRAINT appointments_doctor_overlap",
            "ADD CONSTRAINT appointments_doctor_overlap EXCLUDE USING gist",
        ),
        ("DROP TRIGGER users_touch ON users", "CREATE OR REPLACE TRIGGER users_touch"),
    ],
)
def test_a_difference_becomes_a_migration_that_removes_it(
    fresh_urls: Urls, folder: Path, by_hand: str, written: str
) -> None:
    before = snapshot(fresh_urls.owner)
    with psycopg.connect(fresh_urls.owner) as connection:
        connection.execute(by_hand)
    assert snapshot(fresh_urls.owner) != before
    assert written in migrations.new(fresh_urls.owner, "Put it back").read_text()
    migrations.upgrade(fresh_urls.owner)
    assert differences(before, snapshot(fresh_urls.owner)) == []


def test_a_locked_table_stops_a_migration_soon_and_whole(fresh_urls: Urls, folder: Path) -> None:
    environment = folder / "env.py"
    environment.write_text(environment.read_text().replace('LOCK_TIMEOUT = "5s"', 'LOCK_TIMEOUT = "100ms"'))
    assert "100ms" in environment.read_text()
    migrations.downgrade(fresh_urls.owner, "20261123_initial_schema")  # each migration is whole by itself
    before = snapshot(fresh_urls.owner)
    with psycopg.connect(fresh_urls.owner) as other:
        other.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            migrations.downgrade(fresh_urls.owner, "base")
    assert differences(before, snapshot(fresh_urls.owner)) == []
    assert migrations.status(fresh_urls.owner).current == "20261123_initial_schema"


def test_a_downgrade_does_not_cut_sealed_numbers_short(fresh_urls: Urls) -> None:
    with psycopg.connect(fresh_urls.owner, autocommit=True) as connection:
        people = People(connection)
        row_id = people.patient().patient_id
        value = KEYRING.seal("+6281234567890", "patient_profiles.phone", row_id)
        connection.execute("UPDATE patient_profiles SET phone = %s", (value,))
    migrations.downgrade(fresh_urls.owner, "20261123_sealed_fields")
    before = snapshot(fresh_urls.owner)
    with pytest.raises(DataError, match="too long"):
        migrations.downgrade(fresh_urls.owner, "20261123_audit")
    assert differences(before, snapshot(fresh_urls.owner)) == []
    with psycopg.connect(fresh_urls.owner) as connection:
        assert connection.execute("SELECT phone FROM patient_profiles").fetchall() == [(value,)]
