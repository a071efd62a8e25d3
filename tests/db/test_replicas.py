"""A real streaming replica of a real primary."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from sqlalchemy import bindparam, func, select, update
from tests.people import People

from dentalization import catalog
from dentalization.accounts.tables import User
from dentalization.db.database import Database
from dentalization.db.errors import SessionEnded
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.db.pool import Pool, PoolLimits
from dentalization.db.query import Query
from dentalization.db.replicas import Replicas
from dentalization.db.row import row
from dentalization.db.rules import Rules
from dentalization.db.transaction import Transaction
from dentalization.ops import embedded, migrations
from dentalization.ops.cluster import PROGRAMS
from dentalization.ops.embedded import EmbeddedServer

pytestmark = [pytest.mark.xdist_group("replica"), pytest.mark.timeout(180)]


@row
class Seen:
    email: str
    on_replica: bool | None


SEEN = Query(
    select(User.email, func.pg_is_in_recovery().label("on_replica")).where(User.id == bindparam("user_id")),
    row=Seen,
)
RENAME = Query[Any](update(User).where(User.id == bindparam("user_id")).values(email=bindparam("new")))


@dataclass(frozen=True)
class Pair:
    primary: EmbeddedServer
    replica: EmbeddedServer
    app_url: str
    replica_url: str

    def on_replica(self, statement: str) -> Any:
        with psycopg.connect(self.replica.superuser_url, autocommit=True) as connection:
            return (connection.execute(statement).fetchone() or (None,))[0]

    async def caught_up(self) -> None:
        with psycopg.connect(self.primary.superuser_url, autocommit=True) as connection:
            (position,) = connection.execute("SELECT pg_current_wal_insert_lsn()::text").fetchone() or ("",)
        async with asyncio.timeout(20):
            while not self.on_replica(f"SELECT pg_last_wal_replay_lsn() >= '{position}'::pg_lsn"):  # noqa: ASYNC110
                await asyncio.sleep(0.05)


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    folder = Path(tempfile.mkdtemp(prefix="dzr"))
    folder.chmod(0o755)
    primary = embedded.start(folder / "a", fast=True)
    name, password = "replica_test_app", secrets.token_hex(12)
    app_url = primary.url(name, password, "dentalization")
    migrations.migrate(primary.owner_url, app_url)
    copy = folder / "b"
    copy.mkdir(mode=0o755)
    primary.account.take(copy)
    backup = [
        PROGRAMS / "pg_basebackup",
        *("-D", str(copy / "postgres"), "-R", "-X", "stream", "-c", "fast"),
        *("-d", make_conninfo(primary.superuser_url, dbname="postgres")),
    ]
    done = primary.account.run(backup, folder=copy)
    assert done.returncode == 0, done.stdout
    for file in (folder / "a").iterdir():
        if file.is_file() and not file.name.endswith((".log", ".lock")):
            shutil.copy2(file, copy / file.name)
    replica = embedded.start(copy, fast=True)
    yield Pair(primary, replica, app_url, replica.url(name, password, "dentalization"))
    replica.stop()
    primary.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def owner(pair: Pair) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    with psycopg.connect(pair.primary.superuser_url, autocommit=True) as connection:
        yield connection


@asynccontextmanager
async def routed(pair: Pair, *, lag: float = 60.0) -> AsyncIterator[Database]:
    limits = PoolLimits(connections=3, wait_seconds=5)
    replicas = Replicas([Pool(pair.replica_url, limits)], max_lag_seconds=lag)
    database = Database(Pool(pair.app_url, limits), replicas, Rules(catalog.metadata))
    await database.open()
    try:
        yield database
    finally:
        await database.close()


def with_session(owner: psycopg.Connection[tuple[object, ...]], actor: Actor) -> Actor:
    session = new_id()
    owner.execute(
        "INSERT INTO sessions (id, user_id, refresh_token, expires_at) "
        "VALUES (%s, %s, %s, now() + interval '1 day')",
        (session, actor.user_id, session),
    )
    return Actor(actor.user_id, actor.role, patient_id=actor.patient_id, session_id=session)


def rename(actor: Actor, new: str) -> Any:
    async def work(transaction: Transaction) -> int:
        return await transaction.run(RENAME, user_id=actor.user_id, new=new)

    return work


async def test_reads_go_to_the_replica_and_policies_hold_there(pair: Pair, owner: Any) -> None:
    somebody, other = People(owner).patient(), People(owner).patient()
    await pair.caught_up()
    async with routed(pair) as db:
        found = await db.read_one(somebody, SEEN, user_id=somebody.user_id)
        assert found is not None
        assert found.on_replica is True
        assert await db.read(other, SEEN, user_id=somebody.user_id) == []
        assert await db.read(Actor.nobody(), SEEN, user_id=somebody.user_id) == []


async def test_who_has_just_written_reads_that_from_the_primary(pair: Pair, owner: Any) -> None:
    people = People(owner)
    writer, reader = with_session(owner, people.patient()), with_session(owner, people.patient())
    await pair.caught_up()
    async with routed(pair) as db:
        pair.on_replica("SELECT pg_wal_replay_pause()")
        try:
            await db.transaction(writer, rename(writer, f"{new_id()}@example.com"))
            own = await db.read_one(writer, SEEN, user_id=writer.user_id)
            theirs = await db.read_one(reader, SEEN, user_id=reader.user_id)
        finally:
            pair.on_replica("SELECT pg_wal_replay_resume()")
        assert own is not None
        assert theirs is not None
        assert (own.on_replica, theirs.on_replica) == (False, True)
        await pair.caught_up()
        again = await db.read_one(writer, SEEN, user_id=writer.user_id)
        assert again is not None
        assert again.on_replica is True


async def test_a_replica_that_lags_too_far_is_not_read(pair: Pair, owner: Any) -> None:
    somebody = People(owner).patient()
    await pair.caught_up()
    async with routed(pair, lag=0.2) as db:
        pair.on_replica("SELECT pg_wal_replay_pause()")
        try:
            owner.execute("UPDATE users SET email = email WHERE id = %s", (somebody.user_id,))
            await asyncio.sleep(1)
            found = await db.read_one(somebody, SEEN, user_id=somebody.user_id)
        finally:
            pair.on_replica("SELECT pg_wal_replay_resume()")
        assert found is not None
        assert found.on_replica is False


async def test_an_idle_primary_is_no_lag(pair: Pair, owner: Any) -> None:
    somebody = People(owner).patient()
    await pair.caught_up()
    await asyncio.sleep(1)
    async with routed(pair, lag=0.5) as db:
        found = await db.read_one(somebody, SEEN, user_id=somebody.user_id)
        assert found is not None
        assert found.on_replica is True


async def test_sessions_are_asked_for_on_the_primary(pair: Pair, owner: Any) -> None:
    """One that has ended is refused although the replica still has it; a new one works though it lacks it."""
    people = People(owner)
    ended = with_session(owner, people.patient())
    begun = people.patient()
    await pair.caught_up()
    async with routed(pair) as db:
        pair.on_replica("SELECT pg_wal_replay_pause()")
        try:
            owner.execute("DELETE FROM sessions WHERE id = %s", (ended.session_id,))
            with pytest.raises(SessionEnded):
                await db.read(ended, SEEN, user_id=ended.user_id)
            fresh = with_session(owner, begun)
            found = await db.read_one(fresh, SEEN, user_id=fresh.user_id)
        finally:
            pair.on_replica("SELECT pg_wal_replay_resume()")
        assert found is not None
        assert found.on_replica is True


async def test_a_failed_replica_is_left_alone_for_a_while(pair: Pair, owner: Any) -> None:
    """Counted: of many reads in a row one at most tries it."""
    somebody = People(owner).patient()
    limits = PoolLimits(connections=1, wait_seconds=0.3)
    dead = Pool("postgresql://nobody@127.0.0.1:1/none", limits)
    replicas = Replicas([dead], max_lag_seconds=5)
    database = Database(Pool(pair.app_url, limits), replicas, Rules(catalog.metadata))
    tried = 0
    take = dead.take

    async def counted() -> Any:
        nonlocal tried
        tried += 1
        return await take()

    dead.take = counted  # type: ignore[method-assign]
    await database.open()
    for _ in range(20):
        assert await database.read(somebody, SEEN, user_id=somebody.user_id)
    assert tried == 1
    await database.close()


async def test_the_service_survives_the_loss_of_a_replica(pair: Pair, owner: Any) -> None:
    somebody = People(owner).patient()
    await pair.caught_up()
    async with routed(pair) as db:
        assert await db.read(somebody, SEEN, user_id=somebody.user_id)
        pair.replica.stop()
        found = await db.read_one(somebody, SEEN, user_id=somebody.user_id)
        assert found is not None
        assert found.on_replica is False
        embedded.start(pair.replica.home, fast=True)
        async with asyncio.timeout(60):
            while True:
                found = await db.read_one(somebody, SEEN, user_id=somebody.user_id)
                if found is not None and found.on_replica:
                    break
                await asyncio.sleep(0.2)
