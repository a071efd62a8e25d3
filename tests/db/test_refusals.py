"""What the server says when it cannot write, and what becomes of it above."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from tests.conftest import Urls, open_database

from dentalization.db.database import ATTEMPTS, Database
from dentalization.db.errors import DatabaseFull, DatabaseReadOnly, TransactionGivenUp
from dentalization.db.identity import Actor
from dentalization.db.pool import PoolLimits
from dentalization.db.transaction import Transaction

DISK_FULL = "DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53100'; END $$"
# A trigger that fails when the transaction commits, as a serializable transaction does.
FAILS_AT_COMMIT = (
    "CREATE TEMP TABLE late (n integer) ON COMMIT DROP",
    """CREATE FUNCTION pg_temp.fail() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$""",
    """CREATE CONSTRAINT TRIGGER late AFTER INSERT ON late DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION pg_temp.fail()""",
    "INSERT INTO late VALUES (1)",
)


def saying(*statements: str) -> Callable[[Transaction], Awaitable[None]]:
    async def work(transaction: Transaction) -> None:
        for statement in statements:
            await transaction._connection.execute(statement)

    return work


@pytest.fixture
async def own(urls: Urls) -> AsyncIterator[Database]:
    found = await open_database(urls.app, PoolLimits(connections=2))
    yield found
    await found.close()


async def test_a_full_disk_is_said(own: Database) -> None:
    with pytest.raises(DatabaseFull):
        await own.transaction(Actor.nobody(), saying(DISK_FULL))


async def test_a_server_that_takes_no_writes_is_left(own: Database) -> None:
    """The next connection may lead to one that does; this one, and those like it, never will."""
    async with own.primary.connection() as before:
        pass
    with pytest.raises(DatabaseReadOnly):
        await own.transaction(
            Actor.nobody(), saying("SET TRANSACTION READ ONLY", "CREATE TEMP TABLE t ()", "DELETE FROM users")
        )
    async with own.primary.connection() as after:
        assert after is not before
    assert before.closed


async def test_what_fails_in_the_commit_by_the_servers_own_word_is_tried_again(own: Database) -> None:
    tries = 0

    async def work(transaction: Transaction) -> None:
        nonlocal tries
        tries += 1
        await saying(*FAILS_AT_COMMIT)(transaction)

    with pytest.raises(TransactionGivenUp):
        await own.transaction(Actor.nobody(), work)
    assert tries == ATTEMPTS
