# ruff: noqa: ASYNC220, ASYNC251 - nothing else waits for the loop of these tests
"""A backup is what a restore brings back: every format, encrypted or not, damaged or whole."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import make_conninfo
from tests.backup.conftest import AUDIT_KEY, PICTURES, Installation
from tests.people import People

from dentalization.errors import InvalidInput
from dentalization.ops.backup import base, create, drill, folder, objects, programs, sealing, verify
from dentalization.ops.backup import manifest as manifests
from dentalization.ops.backup.drilled import last_drill
from dentalization.ops.backup.errors import (
    BackupDamaged,
    BackupError,
    BackupRunning,
    KeyMissing,
    NoBackup,
    NoSuchBackup,
    ProgramMissing,
    TargetNotEmpty,
    WrongKey,
)
from dentalization.ops.backup.manifest import Format, Manifest
from dentalization.ops.backup.restore import restore_dump
from dentalization.ops.backup.retention import Keep, kept
from dentalization.storage.local import LocalStore

DUMPS = [Format.SQL, Format.SQL_GZ, Format.CUSTOM]


async def make(at: Installation, format_: Format = Format.CUSTOM, recipient: str = "") -> Manifest:
    return await create.create(
        owner_url=at.url, store=at.store, folder=at.folder, format_=format_, recipient=recipient
    )


def restore(at: Installation, made: Manifest, **more: Any) -> Any:
    return restore_dump(
        at.folder / made.name, made, target_url=at.url, admin_url=at.server.superuser_url, **more
    )


def drop(at: Installation, database: str) -> None:
    with at.connect(at.server.superuser_url) as connection:
        connection.execute(f'DROP DATABASE "{database}" WITH (FORCE)')


@pytest.mark.parametrize("format_", DUMPS)
async def test_every_dump_comes_back_whole_into_a_new_database(
    installation: Installation, format_: Format
) -> None:
    made = await make(installation, format_)
    (name,) = made.files
    assert name.startswith(f"backup_{made.created_at:%Y%m%d}.")
    assert made.rows["patient_profiles"] >= 5
    await verify.verify(installation.folder, installation.folder / made.name, made)
    restored = restore(installation, made)
    assert restored.database != "dentalization"
    url = make_conninfo(installation.url, dbname=restored.database)
    try:
        assert installation.patients(url) == made.rows["patient_profiles"]
        with installation.connect(url) as connection:
            declared = connection.execute(
                "SELECT count(*) FROM pg_description WHERE description LIKE 'declared %'"
            ).fetchone()
            forced = connection.execute("SELECT count(*) FROM pg_class WHERE relforcerowsecurity").fetchone()
        with installation.connect() as connection:
            assert (
                declared
                == connection.execute(
                    "SELECT count(*) FROM pg_description WHERE description LIKE 'declared %'"
                ).fetchone()
            )
            assert (
                forced
                == connection.execute("SELECT count(*) FROM pg_class WHERE relforcerowsecurity").fetchone()
            )
    finally:
        drop(installation, restored.database)


async def test_a_live_database_is_never_written_over(installation: Installation) -> None:
    made = await make(installation)
    before = installation.patients()
    with pytest.raises(TargetNotEmpty):
        restore_dump(installation.folder / made.name, made, target_url=installation.url, admin_url=None)
    assert installation.patients() == before


async def test_with_replace_the_old_database_keeps_another_name(installation: Installation) -> None:
    made = await make(installation)
    with installation.connect() as connection:
        People(connection).patient()
    after = installation.patients()
    restored = restore(installation, made, replace=True)
    old = make_conninfo(installation.url, dbname=restored.replaced)
    assert installation.patients() == made.rows["patient_profiles"] == after - 1
    assert installation.patients(old) == after
    drop(installation, restored.replaced)


async def test_pictures_come_back_and_those_that_are_there_stay(
    installation: Installation, tmp_path: Path
) -> None:
    made = await make(installation)
    assert made.objects.keys() == PICTURES.keys()
    elsewhere = LocalStore(tmp_path / "elsewhere")
    await elsewhere.put("photos/a/original", b"newer", "")
    put = await objects.restore(installation.folder, made.objects, elsewhere, encrypted=False, identity=None)
    assert put == 1
    assert await elsewhere.get("photos/a/original") == b"newer"
    assert await elsewhere.get("photos/b/original") == PICTURES["photos/b/original"]


async def test_a_picture_is_copied_once_for_all_backups(installation: Installation) -> None:
    await make(installation)
    copies = {path: path.stat().st_mtime_ns for path in (installation.folder / "objects").rglob("original")}
    await installation.store.put("photos/c/original", b"a third", "")
    time.sleep(1.1)  # names count seconds
    second = await make(installation)
    assert len(second.objects) == 3
    assert all(path.stat().st_mtime_ns == moment for path, moment in copies.items())


async def test_an_encrypted_backup_opens_with_its_identity_alone(
    installation: Installation, tmp_path: Path
) -> None:
    identity, recipient = sealing.new_identity()
    made = await make(installation, Format.SQL_GZ, recipient)
    assert all(name.endswith(".age") for name in made.files)
    stored = b"".join(path.read_bytes() for path in installation.folder.rglob("*.age"))
    assert b"patient_profiles" not in stored
    assert PICTURES["photos/a/original"] not in stored
    right, wrong = tmp_path / "right", tmp_path / "wrong"
    right.write_text(f"# public key: {recipient}\n{identity}\n")
    wrong.write_text(sealing.new_identity()[0])
    with pytest.raises(KeyMissing):
        restore(installation, made)
    with pytest.raises(WrongKey):
        restore(installation, made, identity=wrong)
    restored = restore(installation, made, identity=right)
    drop(installation, restored.database)
    await verify.verify(installation.folder, installation.folder / made.name, made, identity=right)
    with pytest.raises(InvalidInput):
        await make(installation, recipient="age1nonsense")


@pytest.mark.parametrize("format_", DUMPS)
@pytest.mark.parametrize("damage", ["truncated", "changed", "missing", "foreign"])
async def test_a_damaged_backup_says_so_and_restores_nothing(
    installation: Installation, format_: Format, damage: str
) -> None:
    made = await make(installation, format_)
    path = installation.folder / made.name / next(iter(made.files))
    data = path.read_bytes()
    match damage:
        case "truncated":
            path.write_bytes(data[: len(data) // 2])
        case "changed":
            path.write_bytes(data[:-20] + bytes([data[-20] ^ 1]) + data[-19:])
        case "missing":
            path.unlink()
        case "foreign":
            path.write_bytes(b"GIF89a")
    with installation.connect() as connection:
        before = connection.execute("SELECT datname FROM pg_database ORDER BY 1").fetchall()
    with pytest.raises(BackupDamaged):
        await verify.verify(installation.folder, installation.folder / made.name, made)
    with pytest.raises(BackupDamaged):
        restore(installation, made)
    with installation.connect() as connection:
        assert connection.execute("SELECT datname FROM pg_database ORDER BY 1").fetchall() == before


@pytest.mark.parametrize("format_", DUMPS)
async def test_what_no_checksum_knows_fails_in_one_transaction(
    installation: Installation, format_: Format
) -> None:
    """A file that is cut and whose manifest was made to fit: nothing of it stays behind."""
    made = await make(installation, format_)
    path = installation.folder / made.name / next(iter(made.files))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    fitted = Manifest(**{**made.__dict__, "files": manifests.sums_of(installation.folder / made.name)})
    with pytest.raises(BackupError):
        restore(installation, fitted)
    with installation.connect() as connection:
        left = connection.execute("SELECT 1 FROM pg_database WHERE datname LIKE '%restored%'").fetchall()
    assert left == []


@pytest.mark.parametrize("format_", [Format.SQL, Format.SQL_GZ])
async def test_a_dump_that_ends_between_two_statements_is_not_restored(
    installation: Installation, format_: Format
) -> None:
    """All its rows are there, and psql finds nothing wrong with it; its policies are missing."""
    made = await make(installation, format_)
    path = installation.folder / made.name / next(iter(made.files))
    packed = format_ is Format.SQL_GZ
    text = gzip.decompress(path.read_bytes()) if packed else path.read_bytes()
    cut = text[: text.index(b"\nCREATE POLICY")]
    path.write_bytes(gzip.compress(cut) if packed else cut)
    fitted = Manifest(**{**made.__dict__, "files": manifests.sums_of(installation.folder / made.name)})
    with pytest.raises(BackupDamaged, match="breaks off before its end"):
        restore(installation, fitted)


async def test_a_lost_picture_is_noticed(installation: Installation) -> None:
    made = await make(installation)
    (installation.folder / "objects" / "photos" / "a" / "original").write_bytes(b"something else")
    with pytest.raises(BackupDamaged, match="photos/a/original"):
        await verify.verify(installation.folder, installation.folder / made.name, made)


async def test_two_at_once_are_refused_and_an_unfinished_one_is_cleared(
    installation: Installation,
) -> None:
    installation.folder.mkdir()
    left = installation.folder / f"backup_20200101T000000Z{folder.PARTIAL}"
    left.mkdir()
    with folder.locked(installation.folder):
        assert not left.exists()
        with pytest.raises(BackupRunning):
            await make(installation)
    with installation.connect() as connection:  # a machine with a folder of its own
        connection.execute("SELECT pg_advisory_lock(hashtext('dentalization backup'))")
        with pytest.raises(BackupRunning):
            await make(installation)
    assert (await make(installation)).rows


async def test_a_killed_backup_leaves_no_backup(installation: Installation, tmp_path: Path) -> None:
    """By a real kill in the middle of a real run."""
    environment = {
        **os.environ,
        "DENTALIZATION_HOME": str(tmp_path),
        "DATABASE_OWNER_URL": installation.url,
        "DENTALIZATION_BACKUP_FOLDER": str(installation.folder),
    }
    with installation.connect() as connection:
        connection.execute("BEGIN")
        connection.execute("LOCK TABLE medical_records IN ACCESS EXCLUSIVE MODE")  # the dump waits here
        command = [sys.executable, "-m", "dentalization.cli.main", "backup", "create", "--json"]
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
            deadline = time.monotonic() + 60
            while not list(installation.folder.glob(f"*{folder.PARTIAL}")) and time.monotonic() < deadline:
                time.sleep(0.05)
            assert list(installation.folder.glob(f"*{folder.PARTIAL}"))
            process.send_signal(signal.SIGKILL)
        connection.execute("ROLLBACK")
    assert folder.backups(installation.folder) == []
    await make(installation)
    assert len(folder.backups(installation.folder)) == 1
    assert not list(installation.folder.glob(f"*{folder.PARTIAL}"))


async def test_a_dump_shows_one_moment_while_others_write(installation: Installation) -> None:
    """Rows are counted in the snapshot that is dumped."""
    stop = threading.Event()

    def write() -> None:
        with installation.connect() as connection:
            people = People(connection)
            while not stop.is_set():
                people.patient()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        made = await make(installation)
    finally:
        stop.set()
        writer.join()
    drop(installation, restore(installation, made).database)  # which compares every count


async def test_a_drill_restores_checks_and_records(installation: Installation) -> None:
    made = await make(installation)
    found = await drill.drill(installation.folder, installation.folder / made.name, made, audit_key=AUDIT_KEY)
    assert found.succeeded, found.problem
    assert found.rows == sum(made.rows.values())
    assert found.recovery_seconds >= found.restore_seconds > 0
    assert last_drill(installation.folder) == found
    path = installation.folder / made.name / next(iter(made.files))
    path.write_bytes(b"")
    failed = await drill.drill(
        installation.folder, installation.folder / made.name, made, audit_key=AUDIT_KEY
    )
    assert not failed.succeeded
    assert "not what was written" in failed.problem
    assert last_drill(installation.folder) == failed


async def test_a_base_backup_becomes_a_server_at_its_end_and_at_a_moment(
    installation: Installation, short: Path
) -> None:
    made = await make(installation, Format.BASE)
    base.check_base(installation.folder / made.name, made)
    passwords = installation.home / "postgres.passwords"
    base.make_slot(installation.url, "archive_of_tests")
    command, environment = base.archive_command(
        installation.url, installation.folder, slot="archive_of_tests"
    )
    with subprocess.Popen([str(part) for part in command], env=dict(environment)) as follower:
        try:
            with installation.connect() as connection:
                before = installation.patients()
                People(connection).patient()
                time.sleep(0.3)
                moment = datetime.now(UTC)
                time.sleep(0.3)
                People(connection).patient()
                People(connection).patient()
                end = connection.execute("SELECT pg_current_wal_lsn()::text").fetchone()
                deadline = time.monotonic() + 60
                while time.monotonic() < deadline:
                    done = connection.execute(
                        "SELECT flush_lsn >= %s::pg_lsn FROM pg_stat_replication "
                        "WHERE application_name = 'pg_receivewal'", end
                    ).fetchone()  # fmt: skip
                    if done == (True,):
                        break
                    time.sleep(0.1)
                else:
                    pytest.fail("the archive does not follow")
        finally:
            follower.terminate()
            follower.wait()
            with installation.connect(installation.server.superuser_url) as connection:
                connection.execute("SELECT pg_drop_replication_slot('archive_of_tests')")
    path = installation.folder / made.name
    restored = base.restore_base(path, made, home=short / "end", passwords=passwords, fast=True)
    assert installation.patients(restored.owner_url) == before
    restored.stop()
    with pytest.raises(TargetNotEmpty):
        base.restore_base(path, made, home=short / "end", passwords=passwords)
    restored = base.restore_base(
        path, made, home=short / "then", passwords=passwords, to=moment,
        wal=installation.folder / base.WAL, fast=True,
    )  # fmt: skip
    assert installation.patients(restored.owner_url) == before + 1
    with psycopg.connect(restored.owner_url, autocommit=True) as connection:
        People(connection).patient()  # and it takes writes
    restored.stop()
    with pytest.raises(InvalidInput):
        base.restore_base(
            path, made, home=short / "early", passwords=passwords,
            to=made.created_at - timedelta(days=1), wal=installation.folder / base.WAL,
        )  # fmt: skip
    victim = next(path for path in (path / "base" / "global").iterdir() if path.stat().st_size)
    victim.write_bytes(victim.read_bytes()[:-1])
    with pytest.raises(BackupDamaged):
        base.check_base(path, made)


def test_what_is_no_backup_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(NoSuchBackup):
        folder.find(tmp_path, None)
    for name in ("backup_20260101T000000Z", "../outside", "backup_1"):
        with pytest.raises(NoSuchBackup):
            folder.find(tmp_path, name)
    foreign = tmp_path / "backup_20260101T000000Z"
    foreign.mkdir()
    for text in (None, "", "{}", '{"format": "tar"}'):
        if text is not None:
            (foreign / manifests.FILE).write_text(text)
        with pytest.raises(NoBackup):
            folder.find(tmp_path, foreign.name)
    assert folder.backups(tmp_path) == []


def test_a_program_older_than_the_server_is_not_used() -> None:
    with pytest.raises(ProgramMissing):
        programs.program("pg_dump", server_major=99)
    assert programs.login("postgresql://u:secret@h/d")["PGPASSWORD"] == "secret"


moments = st.lists(
    st.integers(0, 400 * 24).map(lambda hours: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)),
    unique=True, max_size=60,
)  # fmt: skip


@given(moments, st.integers(0, 9), st.integers(0, 6), st.integers(0, 14))
def test_retention_keeps_the_newest_of_each_period_and_nothing_else(
    made: list[datetime], daily: int, weekly: int, monthly: int
) -> None:
    keep = Keep(daily, weekly, monthly)
    found = kept(made, keep)
    assert found <= set(made)
    assert bool(found) == bool(made)
    if made:
        assert max(made) in found
    days = sorted({moment.date() for moment in made}, reverse=True)[:daily]
    for day in days:
        assert max(moment for moment in made if moment.date() == day) in found
    assert len(found) <= daily + weekly + monthly + 1
    assert kept(sorted(found), keep) == found  # asked again, nothing more goes


async def test_what_is_let_go_takes_its_pictures_along(installation: Installation) -> None:
    first = await make(installation)
    await installation.store.delete("photos/a/original")
    time.sleep(1.1)
    second = await make(installation)
    gone = await folder.let_go(installation.folder, Keep(0, 0, 0))
    assert gone == [first.name]
    assert [one.name for one in folder.backups(installation.folder)] == [second.name]
    pool = LocalStore(installation.folder / "objects")
    assert list(await pool.list()) == ["photos/b/original"]


def test_the_commands_work_on_a_server_of_the_operator(installation: Installation, tmp_path: Path) -> None:
    """create, list, and restore into an empty database: as an operator types them."""
    shutil.rmtree(tmp_path / "backups", ignore_errors=True)
    with installation.connect(installation.server.superuser_url) as connection:
        connection.execute("CREATE DATABASE empty_one OWNER dentalization_owner")

    def dentalization(*arguments: str, code: int = 0) -> Any:
        answer = subprocess.run(
            [sys.executable, "-m", "dentalization.cli.main", "backup", *arguments, "--json"],
            env={
                **os.environ,
                "DENTALIZATION_HOME": str(tmp_path),
                "DATABASE_OWNER_URL": installation.url,
                "DENTALIZATION_AUDIT_KEY": AUDIT_KEY.decode(),
                "DENTALIZATION_BACKUP_URL": str(tmp_path / "elsewhere"),
            },
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert answer.returncode == code, answer.stderr
        assert installation.server.passwords["dentalization_owner"] not in answer.stderr + answer.stdout
        return json.loads(answer.stdout) if answer.stdout.strip() else answer.stderr

    try:
        made = dentalization("create", "--format", "sql.gz")
        assert [one["name"] for one in dentalization("list")] == [made["name"]]
        shutil.rmtree(tmp_path / "backups")  # the disk is gone, and its copy is not
        assert dentalization("fetch")["name"] == made["name"]
        target = make_conninfo(installation.url, dbname="empty_one")
        restored = dentalization("restore", made["name"], "--into", target)
        assert restored["rows"] == sum(made["rows"].values())
        assert "empty" in dentalization("restore", made["name"], "--into", target, code=1)
        assert "no backup" in dentalization("verify", "backup_20000101T000000Z", code=1)
    finally:
        drop(installation, "empty_one")
