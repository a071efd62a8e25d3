"""A primary of its own and its streaming replica: two real servers."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from dentalization.ops import embedded, migrations
from dentalization.ops.cluster import DATABASE, PROGRAMS
from dentalization.ops.embedded import EmbeddedServer

_SECONDS = 60
# A statement in the replay's way is ended at once; a primary that was away is soon asked for more again.
_REPLICA_SETTINGS = {"max_standby_streaming_delay": "0", "wal_retrieve_retry_interval": "100ms"}


@dataclass(frozen=True)
class Pair:
    """``app_url`` and ``replica_url`` are one login, with the app's rights, on either server."""

    primary: EmbeddedServer
    replica: EmbeddedServer
    app_url: str
    replica_url: str

    def on_primary(self, statement: str) -> Any:
        return _ask(self.primary, statement)

    def on_replica(self, statement: str) -> Any:
        return _ask(self.replica, statement)

    def catch_up(self) -> None:
        """Waits until the replica has replayed all that the primary has written so far."""
        position = self.on_primary("SELECT pg_current_wal_insert_lsn()::text")
        until(lambda: self.on_replica(f"SELECT pg_last_wal_replay_lsn() >= '{position}'::pg_lsn"))

    @contextmanager
    def paused(self) -> Iterator[None]:
        """The replica stays as it is."""
        self.catch_up()
        self.on_replica("SELECT pg_wal_replay_pause()")
        try:
            until(lambda: self.on_replica("SELECT pg_get_wal_replay_pause_state() = 'paused'"))
            yield
        finally:
            self.on_replica("SELECT pg_wal_replay_resume()")
            self.catch_up()

    @contextmanager
    def cut_off(self) -> Iterator[None]:
        """The replica receives nothing more, and has replayed all that it has."""
        self.catch_up()
        source = self.on_replica("SELECT current_setting('primary_conninfo')")
        self._receive_from("host=127.0.0.1 port=1")
        try:
            until(lambda: not self.on_replica("SELECT count(*) FROM pg_stat_wal_receiver"))
            yield
        finally:
            self._receive_from(source)
            self.catch_up()

    def _receive_from(self, source: str) -> None:
        with psycopg.connect(self.replica.superuser_url, autocommit=True) as connection:
            setting = sql.SQL("ALTER SYSTEM SET primary_conninfo = {}").format(sql.Literal(source))
            connection.execute(setting)
            connection.execute("SELECT pg_reload_conf()")

    @contextmanager
    def replica_killed(self) -> Iterator[None]:
        kill(self.replica)
        try:
            yield
        finally:
            self.start_replica()

    def start_replica(self) -> None:
        """Does nothing when it runs."""
        embedded.start(self.replica.home, fast=True, settings=_REPLICA_SETTINGS)


@contextmanager
def streaming_pair() -> Iterator[Pair]:
    folder = Path(tempfile.mkdtemp(prefix="dzr"))
    folder.chmod(0o755)
    try:
        primary = embedded.start(folder / "a", fast=True)
        try:
            name, password = "replica_test_app", secrets.token_hex(12)
            app_url = primary.url(name, password, DATABASE)
            migrations.migrate(primary.owner_url, app_url)
            replica = replica_of(primary, folder / "b", fast=True, settings=_REPLICA_SETTINGS)
            yield Pair(primary, replica, app_url, replica.url(name, password, DATABASE))
            replica.stop()
        finally:
            primary.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def replica_of(
    primary: EmbeddedServer, home: Path, *, fast: bool = False, settings: Mapping[str, str]
) -> EmbeddedServer:
    """A copy of the primary that streams what it writes from now on."""
    home.mkdir(mode=0o755)
    primary.account.take(home)
    backup: list[str | Path] = [
        PROGRAMS / "pg_basebackup",
        *("-D", home / "postgres", "-R", "-X", "stream", "-c", "fast"),
        *("-d", make_conninfo(primary.owner_url, dbname="")),
    ]
    done = primary.account.run(backup, folder=home)
    assert done.returncode == 0, done.stdout
    shutil.copy2(primary.home / "postgres.passwords", home)
    return embedded.start(home, fast=fast, settings=settings)


def kill(server: EmbeddedServer) -> None:
    """As when the machine kills it: nothing is flushed and nobody is told."""
    process = int((server.data / "postmaster.pid").read_text().splitlines()[0])
    os.kill(process, signal.SIGKILL)
    until(lambda: not embedded.is_running(server.home))


def until(happened: Callable[[], Any]) -> None:
    deadline = time.monotonic() + _SECONDS
    while not happened():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


def _ask(server: EmbeddedServer, statement: str) -> Any:
    with psycopg.connect(server.superuser_url, autocommit=True) as connection:
        return (connection.execute(statement).fetchone() or (None,))[0]
