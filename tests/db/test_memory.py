"""What is remembered is what the database would answer at that moment, to whoever may ask."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis
from tests.conftest import Urls, open_database
from tests.people import People
from tests.program import free_port

from dentalization.db.connection import Connection
from dentalization.db.database import Database
from dentalization.db.errors import SessionEnded
from dentalization.db.identity import Actor
from dentalization.db.memory import Memory
from dentalization.db.query import Query
from dentalization.db.redis_memory import RedisMemory
from dentalization.db.trail import About
from dentalization.errors import InvalidInput
from dentalization.profiles.directory_queries import SEARCHED, FoundDoctor
from dentalization.runtime import opened
from dentalization.settings import Settings

Owner = psycopg.Connection[tuple[Any, ...]]
FIRST = {"specialization": None, "after_name": "", "after_id": "", "most": 20}


@dataclass(frozen=True)
class Clinic:
    name: str
    doctors: list[str]


@pytest.fixture
async def plain(urls: Urls) -> AsyncIterator[Database]:
    database = await open_database(urls.app)
    yield database
    await database.close()


@pytest.fixture
async def remembering(urls: Urls) -> AsyncIterator[Database]:
    database = await open_database(urls.app, memory=Memory(100))
    yield database
    await database.close()


@pytest.fixture
def exchanges(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How many there were since it was asked last."""
    count = 0
    sent = Connection.exchange

    async def counted(*given: Any) -> Any:
        nonlocal count
        count += 1
        return await sent(*given)

    monkeypatch.setattr(Connection, "exchange", counted)

    def since() -> int:
        nonlocal count
        found, count = count, 0
        return found

    return since


@pytest.fixture
def clinic(people: People, owner: Owner) -> Clinic:
    """Three dentists whom a search finds and who nobody else works with."""
    name = f"Clinic {secrets.token_hex(6)}"
    doctors = [people.doctor().doctor_id for _ in range(3)]
    owner.execute("UPDATE doctor_profiles SET clinic_name = %s WHERE id = ANY(%s)", (name, doctors))
    return Clinic(name, doctors)


async def found(db: Database, actor: Actor, clinic: Clinic, **others: Any) -> list[FoundDoctor]:
    return await db.read(actor, SEARCHED, **{"patterns": [f"%{clinic.name.lower()}%"], **FIRST, **others})


async def test_what_was_asked_before_costs_one_exchange(
    remembering: Database, people: People, clinic: Clinic, exchanges: Callable[[], int]
) -> None:
    one, other = people.patient(), people.patient()
    first = await found(remembering, one, clinic)
    assert exchanges() == 2
    assert {row.id for row in first} == set(clinic.doctors)
    assert await found(remembering, other, clinic) == first
    assert exchanges() == 1
    assert await found(remembering, other, clinic, patterns=["%nobody at all%"]) == []
    assert exchanges() == 2, "another question is another answer"


@pytest.mark.parametrize(
    ("change", "verified", "new"),
    [
        ("first_name = 'Another'", True, True),
        ("clinic_name = 'Another'", True, True),
        ("is_verified = false", True, True),
        ("phone = '+6221555'", True, False),
        ("first_name = first_name", True, False),
        ("first_name = 'Another'", False, False),
    ],
)
async def test_a_change_of_what_is_shown_is_a_new_version(
    owner: Owner, people: People, change: str, verified: bool, new: bool
) -> None:
    doctor = people.doctor(verified=verified)
    before = version(owner)
    owner.execute(f"UPDATE doctor_profiles SET {change} WHERE id = %s", (doctor.doctor_id,))
    assert (version(owner) != before) == new


def version(owner: Owner) -> str:
    (one,) = owner.execute("SELECT version FROM data_versions WHERE name = 'directory'").fetchone() or ("",)
    return str(one)


CHANGES = {
    "rename": "UPDATE doctor_profiles SET first_name = first_name || 'a' WHERE id = %s",
    "move": "UPDATE doctor_profiles SET clinic_address = 'Street ' || random() WHERE id = %s",
    "end": "UPDATE doctor_profiles SET is_verified = false WHERE id = %s",
    "verify": "UPDATE doctor_profiles SET is_verified = true WHERE id = %s",
    "telephone": "UPDATE doctor_profiles SET phone = '+6221555' || floor(random() * 1000) WHERE id = %s",
    "all": "UPDATE doctor_profiles SET years_experience = 1 + coalesce(years_experience, 0) WHERE id > ''"
    " OR id = %s",
}
steps = st.lists(
    st.tuples(st.sampled_from([*CHANGES]), st.integers(0, 2), st.sampled_from(["commit", "roll back"])),
    max_size=12,
)


@given(steps=steps)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_after_any_changes_it_answers_as_the_database_does(
    plain: Database, remembering: Database, people: People, urls: Urls, clinic: Clinic,
    steps: list[tuple[str, int, str]],
) -> None:  # fmt: skip
    patient = people.patient()
    async with await psycopg.AsyncConnection.connect(urls.owner) as connection:
        for change, which, end in steps:
            await connection.execute(CHANGES[change].encode(), (clinic.doctors[which],))
            assert await found(remembering, patient, clinic) == await found(plain, patient, clinic), (
                "not yet committed"
            )
            await (connection.commit() if end == "commit" else connection.rollback())
            assert await found(remembering, patient, clinic) == await found(plain, patient, clinic)


async def test_nobody_reads_what_was_changed_before_the_question(
    remembering: Database, people: People, urls: Urls, clinic: Clinic
) -> None:
    """Readers beside a writer: what was committed when one asks is in the answer."""
    patient, doctor = people.patient(), clinic.doctors[0]
    committed, done, compared = 0, False, 0

    async def write() -> None:
        nonlocal committed, done
        async with await psycopg.AsyncConnection.connect(urls.owner, autocommit=True) as connection:
            for number in range(1, 61):
                await connection.execute(
                    "UPDATE doctor_profiles SET years_experience = %s WHERE id = %s",
                    (number, doctor),
                )
                committed = number
                await asyncio.sleep(0.002 * (number % 5))
        done = True

    async def read() -> None:
        nonlocal compared
        while not done:
            least = committed
            (row,) = (one for one in await found(remembering, patient, clinic) if one.id == doctor)
            assert (row.years_experience or 0) >= least
            compared += 1

    await asyncio.gather(write(), *(read() for _ in range(4)))
    assert compared > 20


async def test_the_rows_come_from_the_primary(
    remembering: Database, people: People, clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A replica behind the one that told the version would give rows that are too old for it."""
    read = Database._read

    async def only_versions(self: Database, actor: Actor, query: Query[Any], params: Any) -> list[Any]:
        assert query is not SEARCHED
        return await read(self, actor, query, params)

    monkeypatch.setattr(Database, "_read", only_versions)
    await found(remembering, people.patient(), clinic)


async def test_only_who_may_ask_is_answered(remembering: Database, people: People, clinic: Clinic) -> None:
    patient = people.patient()
    assert await found(remembering, patient, clinic)
    assert await found(remembering, Actor.nobody(), clinic) == []
    with pytest.raises(SessionEnded):
        await found(remembering, replace(patient, session_id="over"), clinic)
    assert await found(remembering, patient, clinic)


async def test_the_oldest_are_forgotten(
    urls: Urls, people: People, clinic: Clinic, exchanges: Callable[[], int]
) -> None:
    patient, database = people.patient(), await open_database(urls.app, memory=Memory(2))
    try:
        for most in (1, 2, 1, 3, 1):
            await found(database, patient, clinic, most=most)
        exchanges()
        for most, cost in ((1, 1), (3, 1), (2, 2)):
            await found(database, patient, clinic, most=most)
            assert exchanges() == cost, most
    finally:
        await database.close()


def test_what_is_about_a_person_is_not_remembered() -> None:
    with pytest.raises(TypeError, match="not remembered"):
        Query(SEARCHED.statement, row=FoundDoctor, about=About("doctor"), remembered="directory")


class Server:
    """A Redis of the tests."""

    def __init__(self, program: str) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._program = program
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [self._program, "--port", str(self.port), "--save", "", "--bind", "127.0.0.1"],
            stdout=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with suppress(OSError, Exception), Redis(port=self.port) as client:
                if client.ping():
                    return
            time.sleep(0.02)
        raise AssertionError("Redis does not answer")

    def names(self) -> list[bytes]:
        with Redis(port=self.port) as client:
            return list(client.keys())  # type: ignore[arg-type]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def redis() -> Iterator[Server]:
    program = shutil.which("valkey-server") or shutil.which("redis-server")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("redis-server is missing")
        pytest.skip("redis-server is not installed")
    server = Server(program)
    yield server
    server.kill()


async def test_processes_remember_together(
    urls: Urls, people: People, owner: Owner, clinic: Clinic, redis: Server, exchanges: Callable[[], int]
) -> None:
    patient, doctor = people.patient(), clinic.doctors[0]
    one, other = [await open_database(urls.app, memory=Memory(9, RedisMemory(redis.url))) for _ in range(2)]
    try:
        first = await found(one, patient, clinic)
        assert exchanges() == 2
        assert await found(other, patient, clinic) == first
        assert exchanges() == 1, "the other process has read it"
        owner.execute("UPDATE doctor_profiles SET first_name = 'Zoë' WHERE id = %s", (doctor,))
        for db in (one, other):
            assert "Zoë" in {row.first_name for row in await found(db, patient, clinic)}
        assert not [key for key in redis.names() if doctor.encode() in key]
    finally:
        await one.close()
        await other.close()


async def test_without_redis_nothing_is_missing(
    urls: Urls, people: People, clinic: Clinic, redis: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = people.patient()
    database = await open_database(urls.app, memory=Memory(0, RedisMemory(redis.url)))
    try:
        first = await found(database, patient, clinic)
        asked = 0
        sent = RedisMemory._rest

        def rests(self: RedisMemory, error: Exception) -> None:
            nonlocal asked
            asked += 1
            sent(self, error)

        monkeypatch.setattr(RedisMemory, "_rest", rests)
        redis.kill()
        for _ in range(5):
            assert await found(database, patient, clinic) == first
        assert asked == 1, "it is left alone for a while"
    finally:
        await database.close()


async def test_a_bad_address_is_refused_at_the_start(urls: Urls, tmp_path: Any) -> None:
    bad = Settings(database_url=urls.app, home=tmp_path, redis_url="memory.example.com")
    with pytest.raises(InvalidInput, match="DENTALIZATION_REDIS_URL"):
        async with opened(bad):
            pass
