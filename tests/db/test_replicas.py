"""A real streaming replica of a real primary."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import bindparam, func, select, update
from tests.conftest import KEYRING
from tests.db.streaming import Pair, kill, streaming_pair, until
from tests.people import People

from dentalization import catalog
from dentalization.accounts.tables import User
from dentalization.db.database import Database
from dentalization.db.errors import DatabaseUnreachable, SessionEnded
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.db.pool import Pool, PoolLimits
from dentalization.db.query import Query
from dentalization.db.replicas import Replicas
from dentalization.db.row import row
from dentalization.db.rules import Rules
from dentalization.db.transaction import Transaction
from dentalization.ops import embedded
from dentalization.runtime import opened
from dentalization.settings import Settings

pytestmark = [pytest.mark.xdist_group("replica"), pytest.mark.timeout(180)]

Owner = psycopg.Connection[tuple[object, ...]]
SignIn = Callable[[Actor], Actor]

LIMITS = PoolLimits(connections=3, wait_seconds=5)
REST = 0.2


@row
class Seen:
    password: str
    on_replica: bool | None


@row
class Counted:
    n: int
    on_replica: bool | None


@row
class Licence:
    doctor_id: str | None
    on_replica: bool | None


_on_replica = func.pg_is_in_recovery().label("on_replica")
SEEN = Query(select(User.password, _on_replica).where(User.id == bindparam("user_id")), row=Seen)
VISIBLE = Query(
    select(func.count(User.id).label("n"), _on_replica).where(User.id == bindparam("user_id")), row=Counted
)
LICENCE = Query(select(func.current_setting("app.doctor_id").label("doctor_id"), _on_replica), row=Licence)
SLOW = Query(
    select(User.password, _on_replica).where(User.id == bindparam("user_id"), func.pg_sleep(1).is_not(None)),
    row=Seen,
)
POSITION = "SELECT position FROM session_writes WHERE session_id = %s"
RENAME = Query[Any](update(User).where(User.id == bindparam("user_id")).values(password=bindparam("new")))


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    with streaming_pair() as servers:
        yield servers


@pytest.fixture
def owner(pair: Pair) -> Iterator[Owner]:
    with psycopg.connect(pair.primary.superuser_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def people(owner: Owner) -> People:
    return People(owner)


@pytest.fixture
def sign_in(owner: Owner) -> SignIn:
    def begin(actor: Actor) -> Actor:
        session = new_id()
        owner.execute(
            "INSERT INTO sessions (id, user_id, refresh_token, expires_at) "
            "VALUES (%s, %s, %s, now() + interval '1 day')",
            (session, actor.user_id, session),
        )
        return replace(actor, session_id=session)

    return begin


@asynccontextmanager
async def routed(pair: Pair, *, lag: float = 60.0) -> AsyncIterator[Database]:
    """A database with the replica in use, and the replica with everything up to now."""
    replicas = Replicas([Pool(pair.replica_url, LIMITS)], max_lag_seconds=lag, rest_seconds=REST)
    database = Database(Pool(pair.app_url, LIMITS), replicas, Rules(catalog.metadata), KEYRING)
    await database.open()
    try:
        await in_use(database)
        # Otherwise made by the first read that the primary checks, which would then go to the primary.
        pair.on_primary("SELECT app_written_before('none', '0/0')")
        pair.catch_up()
        yield database
    finally:
        await database.close()


async def became(true: Callable[[], Any]) -> None:
    async with asyncio.timeout(60):
        while True:
            if true():
                return
            await asyncio.sleep(0.02)


async def in_use(database: Database) -> None:
    await became(lambda: database.replicas.in_use)


async def true_on(server: Callable[[str], Any], statement: str) -> None:
    """Returns once the statement says so there."""
    await became(lambda: server(statement))


async def seen(database: Database, actor: Actor) -> Seen:
    """The actor's own account."""
    found = await database.read_one(actor, SEEN, user_id=actor.user_id)
    assert found is not None
    return found


def rename(actor: Actor, new: str) -> Callable[[Transaction], Awaitable[int]]:
    async def work(transaction: Transaction) -> int:
        return await transaction.run(RENAME, user_id=actor.user_id, new=new)

    return work


async def test_reads_go_to_the_replica_and_policies_hold_there(
    pair: Pair, people: People, sign_in: SignIn
) -> None:
    somebody, other = sign_in(people.patient()), sign_in(people.patient())
    async with routed(pair) as db:
        assert (await seen(db, somebody)).on_replica is True
        for actor, expected in ((somebody, 1), (other, 0), (somebody, 1)):
            assert await db.read(actor, VISIBLE, user_id=somebody.user_id) == [Counted(expected, True)]


async def test_who_has_just_written_reads_that_from_the_primary(
    pair: Pair, people: People, sign_in: SignIn
) -> None:
    writer, reader = sign_in(people.patient()), sign_in(people.patient())
    new = f"{new_id()}@example.com"
    async with routed(pair) as db:
        with pair.paused():
            await db.transaction(writer, rename(writer, new))
            assert await seen(db, writer) == Seen(new, False)
            assert (await seen(db, reader)).on_replica is True
        assert await seen(db, writer) == Seen(new, True)


async def test_who_has_no_session_reads_from_the_primary(pair: Pair, people: People) -> None:
    """Such as who registers and then signs in, or the worker that is handed a new photo."""
    async with routed(pair) as db:
        with pair.paused():
            somebody = people.patient()
            assert (await seen(db, somebody)).on_replica is False
            for actor in (Actor.nobody(), Actor.worker()):
                assert [found.on_replica for found in await db.read(actor, LICENCE)] == [False]


async def test_transactions_always_go_to_the_primary(pair: Pair, people: People, sign_in: SignIn) -> None:
    somebody = sign_in(people.patient())

    async def look(transaction: Transaction) -> Seen | None:
        return await transaction.one(SEEN, user_id=somebody.user_id)

    async with routed(pair) as db:
        assert (await seen(db, somebody)).on_replica is True
        found = await db.transaction(somebody, look)
        assert found is not None
        assert found.on_replica is False


async def test_a_replica_that_lags_too_far_is_left_alone_until_it_has_caught_up(
    pair: Pair, people: People, sign_in: SignIn
) -> None:
    reader = sign_in(people.patient())
    async with routed(pair, lag=0.5) as db:
        assert (await seen(db, reader)).on_replica is True
        with pair.paused():
            people.patient()
            until(
                lambda: pair.on_replica("SELECT now() - pg_last_xact_replay_timestamp() > interval '0.5 s'")
            )
            assert (await seen(db, reader)).on_replica is False
            assert db.replicas.in_use == 0
        await in_use(db)
        assert (await seen(db, reader)).on_replica is True


async def test_a_replica_that_is_cut_off_lags(pair: Pair, people: People, sign_in: SignIn) -> None:
    """It has replayed all that it has received, and yet it is behind."""
    reader = sign_in(people.patient())
    async with routed(pair, lag=0.5) as db:
        with pair.cut_off():
            people.patient()
            until(
                lambda: pair.on_replica("SELECT now() - pg_last_xact_replay_timestamp() > interval '0.5 s'")
            )
            assert (await seen(db, reader)).on_replica is False


async def test_a_quiet_primary_is_no_lag(pair: Pair, people: People, sign_in: SignIn) -> None:
    somebody = sign_in(people.patient())
    async with routed(pair, lag=0) as db:
        assert (await seen(db, somebody)).on_replica is True


async def test_an_ended_session_is_refused_though_the_replica_has_it(
    pair: Pair, owner: Owner, people: People, sign_in: SignIn
) -> None:
    ended = sign_in(people.patient())
    async with routed(pair) as db:
        with pair.paused():
            assert (await seen(db, ended)).on_replica is True
            owner.execute("DELETE FROM sessions WHERE id = %s", (ended.session_id,))
            with pytest.raises(SessionEnded):
                await seen(db, ended)


async def test_a_new_session_works_though_the_replica_lacks_it(
    pair: Pair, people: People, sign_in: SignIn
) -> None:
    """Also for who has just registered, although that was written before there was a session."""
    before = people.patient()
    async with routed(pair) as db:
        with pair.paused():
            begun, registered = sign_in(before), sign_in(people.patient())
            assert (await seen(db, begun)).on_replica is False
            assert (await seen(db, registered)).on_replica is False
        assert (await seen(db, begun)).on_replica is True


async def test_a_licence_that_is_withdrawn_is_so_at_once(
    pair: Pair, owner: Owner, people: People, sign_in: SignIn
) -> None:
    doctor = sign_in(people.doctor())
    async with routed(pair) as db:
        with pair.paused():
            assert await db.read(doctor, LICENCE) == [Licence(doctor.doctor_id, True)]
            owner.execute("UPDATE doctor_profiles SET is_verified = false WHERE id = %s", (doctor.doctor_id,))
            assert await db.read(doctor, LICENCE) == [Licence("", False)]


async def test_a_killed_replica_is_replaced_by_the_primary_and_used_again(
    pair: Pair, people: People, sign_in: SignIn
) -> None:
    somebody = sign_in(people.patient())
    async with routed(pair) as db:
        # Several connections stay open, and none of them may fail anybody later.
        for found in await asyncio.gather(*[seen(db, somebody) for _ in range(12)]):
            assert found.on_replica is True
        with pair.replica_killed():
            for found in await asyncio.gather(*[seen(db, somebody) for _ in range(12)]):
                assert found.on_replica is False
        await in_use(db)
        for found in await asyncio.gather(*[seen(db, somebody) for _ in range(12)]):
            assert found.on_replica is True


async def test_no_read_waits_for_a_replica_that_is_away(pair: Pair, people: People, sign_in: SignIn) -> None:
    """Counted: only the watch over it ever asks for one of its connections."""
    somebody = sign_in(people.patient())
    away = Pool("postgresql://nobody@127.0.0.1:1/none", PoolLimits(connections=1, wait_seconds=60))
    replicas = Replicas([away], max_lag_seconds=5)
    db = Database(Pool(pair.app_url, LIMITS), replicas, Rules(catalog.metadata), KEYRING)
    await db.open()
    for _ in range(20):
        assert (await seen(db, somebody)).on_replica is False
    assert away.measurements().get("requests_num", 0) <= 1
    await db.close()


async def test_the_service_starts_while_the_replica_is_down(
    pair: Pair, people: People, sign_in: SignIn, tmp_path: Path
) -> None:
    somebody = sign_in(people.patient())
    settings = Settings(
        database_url=pair.app_url,
        database_replica_urls=(pair.replica_url,),
        home=tmp_path,
        public_url="http://testserver",
    )
    pair.catch_up()
    kill(pair.replica)
    try:
        async with opened(settings) as context:
            assert (await seen(context.db, somebody)).on_replica is False
            pair.start_replica()
            # It answers before it has replayed what it missed; until then it is set aside again.
            async with asyncio.timeout(60):
                found = await seen(context.db, somebody)
                while not found.on_replica:
                    await asyncio.sleep(0.02)
                    found = await seen(context.db, somebody)
    finally:
        pair.start_replica()


async def test_a_server_that_is_no_replica_is_not_read_as_one(
    pair: Pair, people: People, sign_in: SignIn
) -> None:
    somebody = sign_in(people.patient())
    replicas = Replicas([Pool(pair.app_url, LIMITS)], max_lag_seconds=5)
    db = Database(Pool(pair.app_url, LIMITS), replicas, Rules(catalog.metadata), KEYRING)
    await db.open()
    await in_use(db)
    assert (await seen(db, somebody)).on_replica is False
    assert db.replicas.in_use == 0
    await db.close()


async def test_a_read_in_the_way_of_the_replay_goes_to_the_primary(
    pair: Pair, owner: Owner, people: People, sign_in: SignIn
) -> None:
    """The replica ends such a statement; that is no failure, so it stays in use."""
    somebody = sign_in(people.patient())
    async with routed(pair) as db:
        reading = asyncio.create_task(db.read(somebody, SLOW, user_id=somebody.user_id))
        sleeping = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
        await true_on(pair.on_replica, sleeping)
        with owner.transaction():
            owner.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
        assert [found.on_replica for found in await reading] == [False]
        assert db.replicas.in_use == 1


async def test_a_primary_that_is_lost_while_it_checks_is_an_error_of_ours(
    pair: Pair, owner: Owner, people: People, sign_in: SignIn
) -> None:
    """Without its permission the replica's rows are not given out."""
    somebody = sign_in(people.patient())
    waiting = "FROM pg_stat_activity WHERE usename = 'replica_test_app' AND wait_event_type = 'Lock'"
    async with routed(pair) as db:
        with pair.paused(), owner.transaction():
            owner.execute("LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE")
            reading = asyncio.create_task(seen(db, somebody))
            await true_on(pair.on_primary, f"SELECT count(*) {waiting}")
            pair.on_primary(f"SELECT pg_terminate_backend(pid) {waiting}")
            with pytest.raises(DatabaseUnreachable):
                await reading


async def test_own_writes_are_read_after_the_primary_was_killed(
    pair: Pair, people: People, sign_in: SignIn
) -> None:
    """What is noted about sessions does not survive that; the connections at hand are dead too."""
    writer = sign_in(people.patient())
    new = f"{new_id()}@example.com"
    async with routed(pair) as db:
        with pair.paused():
            await asyncio.gather(*[seen(db, writer) for _ in range(12)])
            await db.transaction(writer, rename(writer, new))
            kill(pair.primary)
            embedded.start(pair.primary.home, fast=True)
            assert await asyncio.gather(*[seen(db, writer) for _ in range(12)]) == [Seen(new, False)] * 12


async def test_of_two_writes_of_a_session_the_later_position_is_kept(
    pair: Pair, owner: Owner, people: People
) -> None:
    """Also when the earlier is noted last: it knows its position, and then waits for the other's note."""
    session = new_id()
    mark = "SELECT app_mark_write(%s)"
    owner.execute(mark, (session,))
    async with await psycopg.AsyncConnection.connect(pair.app_url, autocommit=True) as earlier:
        backend = earlier.info.backend_pid
        waits = f"SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = {backend}"
        with owner.transaction():
            owner.execute("SELECT 1 FROM session_writes WHERE session_id = %s FOR UPDATE", (session,))
            noting = asyncio.create_task(earlier.execute(mark, (session,)))
            await true_on(pair.on_primary, waits)
            people.patient()
            owner.execute(mark, (session,))
            noted = owner.execute(POSITION, (session,)).fetchone()
        await noting
    assert owner.execute(POSITION, (session,)).fetchone() == noted


async def test_how_far_a_replica_is_behind_is_measured(pair: Pair, people: People) -> None:
    async with routed(pair) as database:
        (measured,) = await database.replicas.measure()
        assert (measured.lag_bytes, measured.lag_seconds) == (0, 0), "a quiet primary is no lag"
        with pair.paused():
            people.patient()
            (measured,) = await database.replicas.measure()
            assert measured.lag_bytes is not None
            assert measured.lag_bytes > 0
            assert measured.lag_seconds is not None
            assert measured.lag_seconds > 0
    nowhere = pair.replica_url.replace("port=", "port=1")
    replicas = Replicas([Pool(nowhere, LIMITS)], max_lag_seconds=60, rest_seconds=REST)
    database = Database(Pool(pair.app_url, LIMITS), replicas, Rules(catalog.metadata), KEYRING)
    await database.open()
    try:
        (measured,) = await database.replicas.measure()
        assert (measured.lag_bytes, measured.lag_seconds) == (None, None)
    finally:
        await database.close()
