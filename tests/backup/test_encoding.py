"""A restored database can keep every name, whatever its server makes databases of by itself."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from tests.backup.conftest import Installation
from tests.backup.test_backup import drop, make, restore

from dentalization.ops.backup.restore import restore_dump
from dentalization.ops.errors import NotUtf8


async def test_a_dump_is_not_restored_where_its_letters_cannot_be_kept(installation: Installation) -> None:
    made = await make(installation)
    name = "dentalization_latin"
    with installation.connect(installation.server.superuser_url) as connection:
        connection.execute(
            f"CREATE DATABASE {name} OWNER dentalization_owner "
            "ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"
        )
    url = make_conninfo(installation.url, dbname=name)
    try:
        with pytest.raises(NotUtf8, match=f"{name} is encoded in LATIN1"):
            restore_dump(installation.folder / made.name, made, target_url=url, admin_url=None)
        with installation.connect(url) as connection:
            assert connection.execute("SELECT to_regclass('users')").fetchone() == (None,)
    finally:
        drop(installation, name)


async def test_a_new_database_is_utf8_though_the_server_makes_others(installation: Installation) -> None:
    made = await make(installation)
    latin = "UPDATE pg_database SET encoding = pg_char_to_encoding('LATIN1') WHERE datname = 'template1'"
    utf8 = "UPDATE pg_database SET encoding = pg_char_to_encoding('UTF8') WHERE datname = 'template1'"
    with installation.connect(installation.server.superuser_url) as connection:
        connection.execute(latin)
        try:
            restored = restore(installation, made)
        finally:
            connection.execute(utf8)
    try:
        with psycopg.connect(make_conninfo(installation.url, dbname=restored.database)) as connection:
            assert connection.info.parameter_status("server_encoding") == "UTF8"
    finally:
        drop(installation, restored.database)
