"""A small installation of its own: embedded server, people, pictures, audit rows."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.people import People

from dentalization.ops import embedded, migrations
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
