# ruff: noqa: ASYNC251 - nothing else waits for the loop of these tests
"""What no checksum sees: pages that are whole and wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from tests.backup.conftest import AUDIT_KEY, Installation

from dentalization.ops import embedded
from dentalization.ops.backup import amcheck, base, create, drill, programs
from dentalization.ops.backup.drilled import FILE, Drill, last_drill
from dentalization.ops.backup.errors import BackupDamaged, BackupError
from dentalization.ops.backup.manifest import Format, Manifest
from dentalization.ops.cluster import PROGRAMS
from dentalization.ops.embedded import EmbeddedServer

PAGE = 8192
HEADER, POINTER, LOWER = 24, 4, slice(12, 14)
"""Of a page: the bytes before its line pointers, those of each, and where the end of them is written."""
INDEX, TABLE = "pk_patient_profiles", "patient_profiles"


async def make(at: Installation, **more: Any) -> Manifest:
    return await create.create(**{
        "owner_url": at.url, "store": at.store, "folder": at.folder, "format_": Format.BASE, **more
    })  # fmt: skip


def damage(server: EmbeddedServer, relation: str, change: Callable[[bytearray], None], page: int) -> None:
    """Changes a page of the relation while the server is down, and makes its checksum fit again."""
    with psycopg.connect(server.superuser_url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")
        found = connection.execute("SELECT pg_relation_filepath(%s::regclass)", (relation,)).fetchone()
    assert found
    server.stop()
    path = server.data / found[0]
    for turn in ("--disable", "--enable"):
        done = server.account.run([PROGRAMS / "pg_checksums", turn, "-D", server.data])
        assert done.returncode == 0, done.stdout
        if turn == "--disable":
            pages = bytearray(path.read_bytes())
            one = pages[page * PAGE : (page + 1) * PAGE]
            change(one)
            pages[page * PAGE : (page + 1) * PAGE] = one
            path.write_bytes(pages)
    embedded.start(server.home, fast=True)


def out_of_order(page: bytearray) -> None:
    """The first entry of an index becomes the last: a search no longer finds either."""
    first, last = HEADER, int.from_bytes(page[LOWER], "little") - POINTER
    assert last > first
    swapped = page[last : last + POINTER], page[first : first + POINTER]
    page[first : first + POINTER], page[last : last + POINTER] = swapped


def beyond_the_page(page: bytearray) -> None:
    """The first row is said to be longer than it can be."""
    page[HEADER : HEADER + POINTER] = (0xFFFE << 16 | 1 << 15 | 0x1FF8).to_bytes(4, "little")


@pytest.fixture
async def other(installation: Installation, short: Path) -> Any:
    """A server restored from a base backup, to be damaged."""
    made = await make(installation)
    server = base.restore_base(
        installation.folder / made.name, made, home=short / "home",
        passwords=installation.home / "postgres.passwords", fast=True,
    )  # fmt: skip
    yield server
    server.stop()


def extensions(url: str) -> Any:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT extname FROM pg_extension ORDER BY 1").fetchall()


async def test_a_whole_database_passes_and_keeps_no_extension(other: EmbeddedServer) -> None:
    before = extensions(other.superuser_url)
    found = amcheck.check(other.superuser_url)
    assert (found.result, found.relations) == (amcheck.PASSED, ())
    assert found.seconds > 0
    assert extensions(other.superuser_url) == before
    with psycopg.connect(other.superuser_url, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION amcheck")
    amcheck.check(other.superuser_url)
    assert ("amcheck",) in extensions(other.superuser_url)  # it was theirs


async def test_an_index_out_of_order_is_named_by_drill_restore_and_deep_verify(
    installation: Installation, other: EmbeddedServer, tmp_path: Path, short: Path
) -> None:
    """The damage is older than the backup, so that every checksum fits; only reading it tells."""
    damage(other, INDEX, out_of_order, 1)
    found = amcheck.check(other.superuser_url)
    assert found.result == amcheck.DAMAGED
    assert [name.rpartition(".")[2] for name in found.relations] == [INDEX]
    with pytest.raises(BackupDamaged, match=INDEX):
        amcheck.require_whole(found)
    folder, passwords = tmp_path / "damaged", other.home / "postgres.passwords"
    made = await make(replace(installation, folder=folder), owner_url=other.owner_url)
    drilled = await drill.drill(folder, folder / made.name, made, audit_key=AUDIT_KEY, passwords=passwords)
    assert not drilled.succeeded
    assert INDEX in drilled.problem
    assert drilled.amcheck == amcheck.DAMAGED
    assert last_drill(folder) == drilled
    said = dentalization(other, folder, "verify", code=0)
    assert said["whole"]  # its files are what was written
    assert INDEX in dentalization(other, folder, "verify", "--deep", code=1)
    home = short / "kept"
    said = dentalization(other, folder, "restore", "--home", str(home), code=1)
    assert said["amcheck_relations"] == list(found.relations)
    assert (home / "postgres" / "PG_VERSION").exists()  # an index can be made anew


def dentalization(server: EmbeddedServer, folder: Path, *arguments: str, code: int) -> Any:
    answer = subprocess.run(
        [sys.executable, "-m", "dentalization.cli.main", "backup", *arguments, "--json"],
        env={
            **os.environ, "DENTALIZATION_HOME": str(server.home), "DENTALIZATION_BACKUP_FOLDER": str(folder),
        },
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert answer.returncode == code, answer.stderr
    return json.loads(answer.stdout) if answer.stdout.strip() else answer.stderr


async def test_a_table_that_cannot_be_right_is_named(other: EmbeddedServer) -> None:
    damage(other, TABLE, beyond_the_page, 0)
    found = amcheck.check(other.superuser_url)
    assert found.result == amcheck.DAMAGED
    assert TABLE in [name.rpartition(".")[2] for name in found.relations]


async def test_a_page_whose_checksum_differs_is_named(other: EmbeddedServer) -> None:
    """As a disk does it: PostgreSQL itself refuses the page."""
    with psycopg.connect(other.superuser_url) as connection:
        found = connection.execute("SELECT pg_relation_filepath(%s::regclass)", (TABLE,)).fetchone()
    assert found
    other.stop()
    path = other.data / found[0]
    data = bytearray(path.read_bytes())
    data[PAGE - 1] ^= 1
    path.write_bytes(data)
    embedded.start(other.home, fast=True)
    pages = amcheck.check(other.superuser_url)
    assert pages.result == amcheck.DAMAGED
    assert TABLE in [name.rpartition(".")[2] for name in pages.relations]


async def test_a_drill_says_that_pages_were_read(installation: Installation) -> None:
    """Of a dump, and of an incremental backup."""
    made = []
    for more in ({"format_": Format.CUSTOM}, {}, {"incremental": True}):
        made.append(await make(installation, **more))
        time.sleep(1.1)  # names count seconds
    for one in (made[0], made[2]):
        found = await drill.drill(
            installation.folder, installation.folder / one.name, one, audit_key=AUDIT_KEY,
            passwords=installation.home / "postgres.passwords",
        )  # fmt: skip
        assert (found.succeeded, found.amcheck, found.amcheck_detail) == (True, amcheck.PASSED, "")
        assert found.recovery_seconds > found.amcheck_seconds > 0


def test_what_is_not_installed_is_said(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lacking = make_conninfo(installation.server.superuser_url, options="-c extension_control_path=/nowhere")
    found = amcheck.check(lacking)
    assert found.result == amcheck.NOT_RUN
    assert "no extension 'amcheck'" in found.detail
    monkeypatch.setattr(programs, "PROGRAMS", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    if Path("/usr/lib/postgresql/18/bin/pg_amcheck").exists():
        pytest.skip("this machine has the program elsewhere, too")
    found = amcheck.check(installation.server.superuser_url)
    assert found.result == amcheck.NOT_RUN
    assert "No 'pg_amcheck' of PostgreSQL 18" in found.detail


def test_a_login_that_may_not_look_is_said_to(installation: Installation) -> None:
    found = amcheck.check(installation.url)
    assert found.result == amcheck.NOT_RUN
    assert "superuser" in found.detail


def test_a_check_that_breaks_off_is_no_pass(
    installation: Installation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the program of another release says that it does not know an option."""
    stand_in = tmp_path / "pg_amcheck"
    stand_in.write_text("#!/bin/sh\necho 'unrecognized option' >&2\nexit 1\n")
    stand_in.chmod(0o755)
    monkeypatch.setattr(programs, "program", lambda *_, **__: stand_in)
    with pytest.raises(BackupError, match="unrecognized option"):
        amcheck.check(installation.server.superuser_url)


def test_a_drill_of_before_is_still_shown(tmp_path: Path) -> None:
    now = Drill("b", datetime(2026, 1, 1, tzinfo=UTC), True, "", 1.0, 1.0, 1.0, 1)
    ran = {name: value for name, value in now.to_json().items() if not name.startswith("amcheck")}
    (tmp_path / FILE).write_text(json.dumps(ran))
    assert last_drill(tmp_path) == now
