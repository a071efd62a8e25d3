# ruff: noqa: ASYNC251 - nothing else waits for the loop of these tests
"""A small installation of its own: embedded server, people, pictures, audit rows."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.people import People

from dentalization.ops import embedded, migrations
from dentalization.ops.backup import base, create
from dentalization.ops.backup.manifest import Format, Manifest
from dentalization.ops.embedded import EmbeddedServer
from dentalization.storage.local import LocalStore

PICTURES = {"photos/a/original": b"a picture", "photos/b/original": b"another picture"}
AUDIT_KEY = b"the key of the audit log of all tests"


@dataclass
class Installation:
    """``folder`` is where backups go."""

    home: Path
    server: EmbeddedServer
    store: LocalStore
    folder: Path

    @property
    def url(self) -> str:
        return self.server.owner_url

    def connect(self, url: str | None = None) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(url or self.url, autocommit=True)

    def patients(self, url: str | None = None) -> int:
        with self.connect(url) as connection:
            found = connection.execute("SELECT count(*) FROM patient_profiles").fetchone()
        assert found
        return int(found[0])


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Path, EmbeddedServer]]:
    home = Path(tempfile.mkdtemp(prefix="dz"))
    home.chmod(0o755)
    server = embedded.start(home, fast=True)
    migrations.migrate(server.owner_url)
    with psycopg.connect(server.owner_url, autocommit=True) as owner:
        people = People(owner)
        doctor = people.doctor()
        for _ in range(5):
            people.diagnosis(people.patient(), doctor=doctor, status="CONFIRMED")
    yield home, server
    server.stop()
    shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
async def installation(running: tuple[Path, EmbeddedServer], tmp_path: Path) -> Installation:
    home, server = running
    store = LocalStore(tmp_path / "objects")
    for key, data in PICTURES.items():
        await store.put(key, data, "image/jpeg")
    return Installation(home, server, store, tmp_path / "backups")


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder near the root, as pytest's own are too deep for a socket."""
    folder = Path(tempfile.mkdtemp(prefix="dz"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Chain:
    """``links``: a full backup and two that stand on each other; ``counts`` the patients of each.

    ``later`` is a moment after the last, when there was one patient more, and then another.
    """

    links: list[Manifest]
    counts: list[int]
    later: datetime


async def make_base(at: Installation, **more: Any) -> Manifest:
    time.sleep(1.1)  # names count seconds
    return await create.create(
        owner_url=at.url, store=at.store, folder=at.folder, format_=Format.BASE, **more
    )


async def chain_of(at: Installation, recipients: tuple[str, str, str] = ("", "", "")) -> Chain:
    links, counts = [], []
    for recipient in recipients:
        with at.connect() as connection:
            People(connection).patient()
        links.append(await make_base(at, recipient=recipient, incremental=bool(links)))
        counts.append(at.patients())
    with at.connect(at.server.superuser_url) as connection:
        People(connection).patient()
        later = datetime.now(UTC)
        time.sleep(0.3)
        People(connection).patient()
        connection.execute("SELECT pg_switch_wal()")
    wal = at.folder / base.WAL
    wal.mkdir()
    for segment in (at.server.data / "pg_wal").glob("0000000*"):
        shutil.copyfile(segment, wal / segment.name)
    return Chain(links, counts, later)


@pytest.fixture(scope="module")
def made(running: tuple[Path, EmbeddedServer]) -> Iterator[tuple[Path, Chain]]:
    """One chain for all that only look at it."""
    home, server = running
    folder = Path(tempfile.mkdtemp(prefix="dz"))
    at = Installation(home, server, LocalStore(folder / "objects"), folder / "backups")
    yield at.folder, asyncio.run(chain_of(at))
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def copied(made: tuple[Path, Chain], installation: Installation) -> Chain:
    """A copy of it to be damaged: files are linked, so that they are replaced and never written."""
    shutil.copytree(made[0], installation.folder, copy_function=os.link)
    return made[1]
