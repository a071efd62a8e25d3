"""An incremental backup and all that it stands on make one server, or nothing does."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.backup.conftest import AUDIT_KEY, Chain, Installation, chain_of, make_base
from tests.conftest import Urls
from tests.db.streaming import until
from tests.people import People

from dentalization.errors import InvalidInput
from dentalization.ops.backup import base, chain, create, drill, sealing, upload, verify
from dentalization.ops.backup import folder as folders
from dentalization.ops.backup import manifest as manifests
from dentalization.ops.backup.errors import BackupDamaged, BackupError, WrongKey
from dentalization.ops.backup.manifest import Format, Manifest
from dentalization.ops.embedded import EmbeddedServer
from dentalization.ops.errors import ServerNotStarted
from dentalization.storage.local import LocalStore


def restore(at: Installation, found: Manifest, home: Path, **more: Any) -> EmbeddedServer:
    return base.restore_base(
        at.folder / found.name, found, home=home, passwords=at.home / "postgres.passwords", fast=True, **more
    )


def test_each_link_comes_back_as_it_was_and_to_a_moment(
    installation: Installation, copied: Chain, short: Path
) -> None:
    full, first, second = copied.links
    assert (full.parent, first.parent, second.parent) == (None, full.name, first.name)
    assert max(first.bytes, second.bytes) < full.bytes
    assert folders.find(installation.folder, None)[1] == second
    assert chain.links(installation.folder, second) == copied.links
    for number, count in enumerate(copied.counts):
        server = restore(installation, copied.links[number], short / str(number))
        assert installation.patients(server.owner_url) == count
        server.stop()
        assert not (short / str(number) / "postgres.links").exists()
    server = restore(
        installation, second, short / "then", to=copied.later, wal=installation.folder / base.WAL
    )
    assert installation.patients(server.owner_url) == copied.counts[-1] + 1
    with installation.connect(server.owner_url) as connection:
        People(connection).patient()  # and it takes writes
    server.stop()


def test_a_log_that_ends_before_the_moment_is_said_to(
    installation: Installation, copied: Chain, short: Path
) -> None:
    (short / "wal").mkdir()
    # The server ends before it has said that it is ready, or soon after.
    said = "archived log ends before that moment|recovery ended before configured recovery target"
    with pytest.raises((BackupError, ServerNotStarted), match=said):
        restore(installation, copied.links[-1], short / "then", to=copied.later, wal=short / "wal")


async def test_an_encrypted_chain_needs_the_keys_of_all_its_links(
    installation: Installation, short: Path, tmp_path: Path
) -> None:
    """The machine that makes backups opens none: what it needs for the next one is not encrypted."""
    (old, old_key), (new, new_key) = sealing.new_identity(), sealing.new_identity()
    found = await chain_of(installation, (old_key, old_key, new_key))
    last = found.links[-1]
    for link in found.links:
        plain = [name for name in link.files if not name.endswith(sealing.SUFFIX)]
        assert plain == [str(chain.LIST)]
        assert "patient" not in (installation.folder / link.name / chain.LIST).read_text()
    one, both = tmp_path / "one", tmp_path / "both"
    one.write_text(new + "\n")
    both.write_text(f"{new}\n# and the one before\n{old}\n")
    with pytest.raises(WrongKey):
        restore(installation, last, short / "one", identity=one)
    assert not (short / "one").exists()
    both_opened = restore(installation, last, short / "both", identity=both)
    assert installation.patients(both_opened.owner_url) == found.counts[-1]
    both_opened.stop()
    assert not (short / "both" / "postgres.links").exists()
    await verify.verify(installation.folder, installation.folder / last.name, last, identity=both)


def replaced(path: Path, data: bytes) -> None:
    path.unlink()
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("damage", "number"),
    [
        *product(("gone", "unfinished", "another"), (0, 1)),  # without the last there is nothing to ask for
        *product(("changed", "cut"), (0, 1, 2)),
    ],
)
async def test_a_broken_link_is_named_and_nothing_is_restored(
    installation: Installation, copied: Chain, short: Path, damage: str, number: int
) -> None:
    broken, last = copied.links[number], copied.links[-1]
    path = installation.folder / broken.name
    match damage:
        case "gone":
            shutil.rmtree(path)
        case "unfinished":
            (path / manifests.FILE).unlink()
        case "another":
            (path / manifests.FILE).unlink()
            manifests.write(path, replace(broken, format=Format.CUSTOM))
        case "changed":
            data = (path / "base/global/pg_control").read_bytes()
            replaced(path / "base/global/pg_control", data[:-1] + bytes([data[-1] ^ 1]))
        case "cut":
            (path / "base/PG_VERSION").unlink()
    with pytest.raises(BackupDamaged, match=broken.name):
        await verify.verify(installation.folder, installation.folder / last.name, last)
    with pytest.raises(BackupDamaged, match=broken.name):
        restore(installation, last, short / "home")
    assert not (short / "home").exists()
    failed = await drill.drill(
        installation.folder, installation.folder / last.name, last, audit_key=AUDIT_KEY,
        passwords=installation.home / "postgres.passwords",
    )  # fmt: skip
    assert not failed.succeeded
    assert broken.name in failed.problem


async def test_what_does_not_fit_together_leaves_nothing(
    installation: Installation, copied: Chain, short: Path
) -> None:
    """Whole files, and a manifest that names the wrong one: PostgreSQL's own program says so."""
    full, _, second = copied.links
    with pytest.raises(BackupError, match="pg_combinebackup"):
        restore(installation, replace(second, parent=full.name), short / "home")
    assert not (short / "home").exists()


async def test_without_a_base_backup_or_of_a_dump_there_is_no_increment(installation: Installation) -> None:
    with pytest.raises(InvalidInput, match="make a full one"):
        await make_base(installation, incremental=True)
    with pytest.raises(InvalidInput, match="--format base"):
        await create.create(
            owner_url=installation.url, store=installation.store, folder=installation.folder, incremental=True
        )
    assert not list(installation.folder.glob("backup_*"))


async def test_a_server_that_keeps_no_summaries_says_what_to_do(
    installation: Installation, copied: Chain
) -> None:
    before = folders.backups(installation.folder)
    with installation.connect(installation.server.superuser_url) as connection:
        connection.execute("ALTER SYSTEM SET summarize_wal = off")
        connection.execute("SELECT pg_reload_conf()")
        try:
            until(lambda: summaries(installation) == ("off",))
            with pytest.raises(InvalidInput, match="PostgreSQL 17 or newer and summarize_wal = on"):
                await make_base(installation, incremental=True)
        finally:
            connection.execute("ALTER SYSTEM RESET summarize_wal")
            connection.execute("SELECT pg_reload_conf()")
            until(lambda: summaries(installation) == ("on",))
    assert folders.backups(installation.folder) == before


def summaries(at: Installation) -> Any:
    """As a new connection has it; a setting arrives a moment after it was made."""
    with at.connect() as connection:
        return connection.execute("SHOW summarize_wal").fetchone()


def test_a_server_of_before_17_makes_none(fresh_urls: Urls, tmp_path: Path) -> None:
    with psycopg.connect(fresh_urls.owner) as connection:
        if connection.info.server_version >= 170000:
            pytest.skip("this server is newer")
        with pytest.raises(InvalidInput, match="need PostgreSQL 17"):
            chain.newest(tmp_path, connection)


async def test_where_the_log_has_no_summaries_of_that_time_a_full_one_is_asked_for(
    installation: Installation, copied: Chain, short: Path
) -> None:
    """A backup of another server: what changed since then cannot be told."""
    server = restore(installation, copied.links[0], short / "other")
    try:
        with psycopg.connect(server.superuser_url, autocommit=True) as connection:
            connection.execute("SELECT pg_switch_wal()")
        with pytest.raises(BackupError, match="make a full one"):
            await create.create(
                owner_url=server.owner_url, store=installation.store, folder=installation.folder,
                format_=Format.BASE, incremental=True,
            )  # fmt: skip
    finally:
        server.stop()
    assert len(folders.backups(installation.folder)) == 3


async def test_a_list_that_is_encrypted_cannot_be_stood_on(installation: Installation, copied: Chain) -> None:
    last = installation.folder / copied.links[-1].name
    (last / chain.LIST).rename(last / f"{chain.LIST}.age")
    with pytest.raises(InvalidInput, match=f"{last.name} is encrypted"):
        await make_base(installation, incremental=True)
    shutil.rmtree(installation.folder / copied.links[0].name)
    with pytest.raises(BackupDamaged, match=copied.links[0].name):
        await make_base(installation, incremental=True)


def test_a_manifest_of_before_is_still_read(installation: Installation, copied: Chain) -> None:
    full = copied.links[0]
    path = installation.folder / full.name / manifests.FILE
    found = json.loads(path.read_text())
    del found["parent"]
    replaced(path, json.dumps(found).encode())
    assert manifests.read(path.parent) == full


async def test_what_is_fetched_brings_what_it_stands_on_and_becomes_a_server(
    installation: Installation, copied: Chain, short: Path, tmp_path: Path
) -> None:
    """Also where the full one had been copied nowhere yet."""
    store, last = LocalStore(tmp_path / "there"), copied.links[-1]
    await upload.push(store, installation.folder, copied.links[1])
    sent = await upload.push(store, installation.folder, last)
    assert sent == len(last.files) + 1
    assert await upload.names(store) == [one.name for one in reversed(copied.links)]
    away = replace(installation, folder=tmp_path / "back")
    assert await upload.pull(store, away.folder, None) == last
    assert {one.name for one in folders.backups(away.folder)} == {one.name for one in copied.links}
    server = restore(away, last, short / "home")
    assert installation.patients(server.owner_url) == copied.counts[-1]
    server.stop()
    shutil.rmtree(away.folder / copied.links[0].name)
    await upload.pull(store, away.folder, last.name)  # which is here, but not all of its chain
    assert len(folders.backups(away.folder)) == 3
    await upload.forget(store, [copied.links[0].name])
    with pytest.raises(BackupDamaged, match=copied.links[0].name):
        await upload.pull(store, tmp_path / "anew", last.name)
    assert folders.backups(tmp_path / "anew") == []


def test_the_commands_make_list_and_look_into_one(installation: Installation, tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "DENTALIZATION_HOME": str(tmp_path),
        "DATABASE_OWNER_URL": installation.url,
        "DENTALIZATION_BACKUP_FOLDER": str(installation.folder),
    }
    shutil.copy(installation.home / "postgres.passwords", tmp_path)

    def dentalization(*arguments: str) -> str:
        time.sleep(1.1)
        return subprocess.run(
            [sys.executable, "-m", "dentalization.cli.main", "backup", *arguments],
            env=environment, capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip

    full = json.loads(dentalization("create", "--format", "base", "--json"))
    made = json.loads(dentalization("create", "--format", "base", "--incremental", "--json"))
    assert (full["parent"], made["parent"]) == (None, full["name"])
    assert f"stands on {full['name']}" in dentalization("list")
    assert "pg_amcheck passed" in dentalization("verify", "--deep")
