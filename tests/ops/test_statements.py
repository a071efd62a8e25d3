from __future__ import annotations

import asyncio
import json
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.conftest import Urls, open_database
from tests.people import People
from tests.program import COMMAND, without_settings

from dentalization.errors import InvalidInput
from dentalization.ops import embedded, statements
from dentalization.ops.cluster import SETTINGS, explaining
from dentalization.ops.embedded import EmbeddedServer
from dentalization.photos.queries import PHOTO


@pytest.fixture
def counted(fresh_urls: Urls, cluster_url: str) -> Urls:
    with psycopg.connect(cluster_url) as connection:
        loaded = connection.execute("SHOW shared_preload_libraries").fetchone()
    if "pg_stat_statements" not in str(loaded):
        pytest.skip("this server does not count statements")
    with psycopg.connect(fresh_urls.owner, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
    return fresh_urls


async def test_statements_have_the_names_that_the_program_gives_them(counted: Urls) -> None:
    with psycopg.connect(counted.owner, autocommit=True) as connection:
        patient = People(connection).patient()
    secret = secrets.token_hex(8)
    database = await open_database(counted.app)
    try:
        for _ in range(7):
            await database.read(patient, PHOTO, photo_id=secret)
    finally:
        await database.close()
    found = statements.top(counted.owner, order=statements.Order.CALLS, limit=1000)
    (photo,) = (one for one in found if one.name == "photos.PHOTO")
    assert (photo.calls, photo.rows) == (7, 0)
    assert secret not in str(found)
    assert [one.calls for one in found] == sorted((one.calls for one in found), reverse=True)
    assert len(statements.top(counted.owner, limit=2)) == 2
    answer = await asyncio.to_thread(
        subprocess.run,
        [*COMMAND, "db", "top", "--order", "calls", "--limit", "1000", "--reset", "--json"],
        env={**without_settings(), "DATABASE_OWNER_URL": counted.owner, "DENTALIZATION_HOME": "/nowhere"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "photos.PHOTO" in {one["name"] for one in json.loads(answer.stdout)}
    assert "photos.PHOTO" not in {one.name for one in statements.top(counted.owner, limit=1000)}
    assert "photos.PHOTO" in statements.table([photo])


def test_a_server_that_does_not_count_says_what_to_do(empty_url: str) -> None:
    with psycopg.connect(empty_url, autocommit=True) as connection:
        connection.execute("DROP EXTENSION IF EXISTS pg_stat_statements")
    with pytest.raises(InvalidInput, match="shared_preload_libraries"):
        statements.top(empty_url)


@pytest.fixture
def explained(tmp_path: Path) -> Iterator[EmbeddedServer]:
    server = embedded.start(tmp_path / "home", settings=explaining(0), fast=True)
    yield server
    server.stop()


def test_plans_are_logged_without_values(explained: EmbeddedServer) -> None:
    secret = secrets.token_hex(8)
    with psycopg.connect(explained.owner_url) as connection:
        connection.execute("SELECT relname FROM pg_class WHERE relname = %s", (secret,))
        connection.execute("SELECT relname FROM pg_class WHERE relname = %s", (secret,), prepare=True)
        libraries = connection.execute("SHOW shared_preload_libraries").fetchone()
    assert libraries == ("pg_stat_statements,auto_explain",)
    log = (explained.home / "postgres.log").read_text()
    assert "Query Text: SELECT relname FROM pg_class" in log
    assert "Index" in log
    assert secret not in log


def test_plans_are_not_logged_unless_asked_for() -> None:
    assert explaining(-1) == {}
    assert "auto_explain" not in str(SETTINGS)
