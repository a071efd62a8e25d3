from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest
from sqlalchemy import BigInteger, bindparam, func, select, text, update
from tests.conftest import Urls, open_database
from tests.people import People

from dentalization.accounts.queries import ADD_USER
from dentalization.accounts.tables import Role, User
from dentalization.db.database import ATTEMPTS, Database
from dentalization.db.errors import DatabaseBusy, SessionEnded, TransactionGivenUp, UnsafeLogin
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.db.limits import Limit, TooManyAttempts, count
from dentalization.db.pool import Pool, PoolLimits, refuse_powerful_login
from dentalization.db.queries import FORGET_OLD_KEYS
from dentalization.db.query import Query
from dentalization.db.row import row
from dentalization.db.transaction import Transaction
from dentalization.errors import DentalizationError, InvalidInput


@row
class Password:
    password: str


@row
class Doubled:
    n: int | None


@row
class Slept:
    slept: str | None


PASSWORD = Query(select(User.password).where(User.id == bindparam("user_id")), row=Password)
RENEW = Query[Any](update(User).where(User.id == bindparam("user_id")).values(password=bindparam("new")))
SLEEP = Query(select(func.pg_sleep(bindparam("seconds")).label("slept")), row=Slept)


async def test_identity_holds_for_one_statement_and_no_longer(db: Database, people: People) -> None:
    somebody, other = people.patient(), people.patient()
    for actor, expected in ((somebody, 1), (other, 0), (Actor.nobody(), 0), (somebody, 1)):
        assert len(await db.read(actor, PASSWORD, user_id=somebody.user_id)) == expected


async def test_identities_are_never_mixed_under_load(urls: Urls, people: People) -> None:
    crowd = [people.patient() for _ in range(16)]
    database = await open_database(urls.app, PoolLimits(connections=4, wait_seconds=20))

    async def look(actor: Actor) -> None:
        for _ in range(30):
            assert await database.read(actor, PASSWORD, user_id=actor.user_id)
            stranger = crowd[0] if actor is not crowd[0] else crowd[1]
            assert not await database.read(actor, PASSWORD, user_id=stranger.user_id)

    await asyncio.gather(*map(look, crowd))
    await database.close()


async def test_without_prepared_statements_as_behind_an_old_pooler(urls: Urls, people: People) -> None:
    somebody = people.patient()
    database = await open_database(urls.app, PoolLimits(connections=2, prepare=False))
    for _ in range(3):
        assert await database.read_one(somebody, PASSWORD, user_id=somebody.user_id)
    await database.close()


async def test_a_read_is_one_round_trip(urls: Urls, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted where the driver waits for the server: once a read, when statements are prepared."""
    somebody = people.patient()
    database = await open_database(urls.app, PoolLimits(connections=1))
    await database.read(somebody, PASSWORD, user_id=somebody.user_id)
    waits = 0
    wait = psycopg.AsyncConnection.wait

    async def counted(self: Any, *arguments: Any, **named: Any) -> Any:
        nonlocal waits
        waits += 1
        return await wait(self, *arguments, **named)

    monkeypatch.setattr(psycopg.AsyncConnection, "wait", counted)
    await database.read(somebody, PASSWORD, user_id=somebody.user_id)
    assert waits == 1
    await database.close()


async def test_an_ended_session_reads_and_writes_nothing(db: Database, people: People) -> None:
    ended = Actor(people.patient().user_id, "PATIENT", session_id=new_id())
    with pytest.raises(SessionEnded):
        await db.read(ended, PASSWORD, user_id=ended.user_id)

    async def rename(transaction: Transaction) -> int:
        return await transaction.run(RENEW, user_id=ended.user_id, new="x@example.com")

    with pytest.raises(SessionEnded):
        await db.transaction(ended, rename)


async def test_an_error_rolls_back_and_leaves_the_connection_good(urls: Urls, people: People) -> None:
    somebody = people.patient()
    database = await open_database(urls.app, PoolLimits(connections=1))

    async def fail(transaction: Transaction) -> None:
        await transaction.run(RENEW, user_id=somebody.user_id, new="changed")
        raise DentalizationError("not this")

    for _ in range(3):
        with pytest.raises(DentalizationError, match="not this"):
            await database.transaction(somebody, fail)
        found = await database.read_one(somebody, PASSWORD, user_id=somebody.user_id)
        assert found is not None
        assert found.password != "changed"
    await database.close()


async def test_a_broken_rule_becomes_its_sentence(db: Database) -> None:
    somebody = Actor(new_id(), "PATIENT")

    async def shout(transaction: Transaction) -> int:
        return await transaction.run(
            ADD_USER, id=somebody.user_id, email="SHOUT@example.com", password="none", role=Role.PATIENT
        )

    with pytest.raises(InvalidInput, match="lower case") as raised:
        await db.transaction(somebody, shout)
    assert raised.value.field == "email"


async def test_deadlocks_are_retried_whole(db: Database, people: People) -> None:
    """Two transactions take two advisory locks in opposite order; both succeed in the end."""
    keys = (abs(hash(new_id())) % 2**31, abs(hash(new_id())) % 2**31)
    lock = {
        key: Query(select(func.pg_advisory_xact_lock(text(str(key))).label("slept")), row=Slept)
        for key in keys
    }
    both = asyncio.Barrier(2)
    tries = 0

    async def cross(first: int, second: int) -> str:
        met = False

        async def work(transaction: Transaction) -> str:
            nonlocal tries, met
            tries += 1
            await transaction.all(lock[first])
            if not met:
                met = True
                await both.wait()
            await transaction.all(lock[second])
            return "done"

        return await db.transaction(Actor.nobody(), work)

    assert await asyncio.gather(cross(*keys), cross(*reversed(keys))) == ["done", "done"]
    assert tries > 2


async def test_retries_are_bounded(db: Database) -> None:
    tries = 0

    async def never(_: Transaction) -> None:
        nonlocal tries
        tries += 1
        raise psycopg.errors.SerializationFailure

    with pytest.raises(TransactionGivenUp):
        await db.transaction(Actor.nobody(), never)
    assert tries == ATTEMPTS


async def test_an_exhausted_pool_says_so(urls: Urls) -> None:
    database = await open_database(urls.app, PoolLimits(connections=1, wait_seconds=0.2, waiting=5))
    sleeping = asyncio.create_task(database.read(Actor.nobody(), SLEEP, seconds=2))
    await asyncio.sleep(0.3)
    with pytest.raises(DatabaseBusy):
        await database.read(Actor.nobody(), SLEEP, seconds=0)
    await sleeping
    await database.close()


async def test_a_cancelled_statement_does_not_poison_its_connection(urls: Urls, people: People) -> None:
    somebody = people.patient()
    database = await open_database(urls.app, PoolLimits(connections=1))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await database.read(somebody, SLEEP, seconds=30)
    assert await database.read_one(somebody, PASSWORD, user_id=somebody.user_id)
    await database.close()


async def test_powerful_logins_are_refused(urls: Urls) -> None:
    for url, refused in ((urls.owner, True), (urls.app, False)):
        pool = Pool(url, PoolLimits(connections=1))
        await pool.open()
        try:
            if refused:
                with pytest.raises(UnsafeLogin, match="db migrate"):
                    await refuse_powerful_login(pool)
            else:
                await refuse_powerful_login(pool)
        finally:
            await pool.close()


async def test_limits_count_parallel_attempts(db: Database) -> None:
    from datetime import timedelta

    limit = [Limit(new_id(), 5)]
    outcomes = await asyncio.gather(
        *(count(db, limit, window=timedelta(minutes=1)) for _ in range(20)), return_exceptions=True
    )
    assert sum(isinstance(outcome, TooManyAttempts) for outcome in outcomes) == 15
    assert sum(outcome is None for outcome in outcomes) == 5


async def test_numbers_of_any_size_use_one_query(urls: Urls) -> None:
    """The driver sends 5 and 40,000 under different types."""
    database = await open_database(urls.app, PoolLimits(connections=1))
    twice = Query(select((bindparam("n", type_=BigInteger) * 2).label("n")), row=Doubled)
    for number in (5, 40_000, 5_000_000_000, 5):
        found = await database.read_one(Actor.nobody(), twice, n=number)
        assert found is not None
        assert found.n == number * 2
    await database.close()


async def test_the_worker_clears_away_old_idempotency_keys_and_no_others(
    db: Database, people: People, owner: psycopg.Connection[tuple[object, ...]]
) -> None:
    user_id = people.patient().user_id
    for key, age in (("old", "25 hours"), ("young", "23 hours")):
        owner.execute(
            "INSERT INTO idempotency_keys (user_id, key, fingerprint, created_at) "
            "VALUES (%s, %s, 'f', now() - %s::interval)",
            (user_id, key, age),
        )
    await db.transaction(Actor.worker(), lambda transaction: transaction.run(FORGET_OLD_KEYS))
    left = owner.execute("SELECT key FROM idempotency_keys WHERE user_id = %s", (user_id,)).fetchall()
    assert left == [("young",)]
