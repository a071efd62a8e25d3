"""Events reach whom they concern: in order, each once, whatever is cut off in between."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import Urls
from tests.people import People

from dentalization.db.database import Database
from dentalization.db.errors import SessionEnded
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.events import stream
from dentalization.events.queries import FORGET_OLD_EVENTS
from dentalization.events.stream import BadPosition, Cursor, Streams, TooManyStreams, follow, position

Owner = psycopg.Connection[tuple[Any, ...]]
Headers = Callable[[Actor], dict[str, str]]
KILL_LISTENERS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name = 'dentalization listener' AND datname = current_database()"""


@dataclass
class Told:
    cursor: Cursor
    event: str
    data: str


async def told(pieces: AsyncIterator[bytes]) -> AsyncIterator[Told]:
    async for piece in pieces:
        lines = dict(line.split(": ", 1) for line in piece.decode().splitlines() if line and line[0] != ":")
        if "event" in lines:
            yield Told(Cursor.read(lines["id"]), lines["event"], lines["data"])


async def first(db: Database, actor: Actor, count: int, after: Cursor | None = None) -> list[Told]:
    """The first ``count`` that the stream tells, the beginning apart."""
    found: list[Told] = []
    async with asyncio.timeout(30):
        async for one in told(follow(db, actor=actor, after=after)):
            if one.event not in ("begin", "reset"):
                found.append(one)
            if len(found) == count:
                break
    return found


async def kinds_for(db: Database, actor: Actor, since: Cursor, count: int) -> list[str]:
    return [one.event for one in await first(db, actor, count, since)]


async def test_a_diagnosis_is_told_to_the_patient_the_dentist_and_the_queue(
    db: Database, people: People, owner: Owner
) -> None:
    patient = people.session(people.patient())
    doctor, colleague = people.session(people.doctor()), people.session(people.doctor())
    since = {one: await position(db, actor=one) for one in (patient, doctor, colleague)}
    diagnosis = people.diagnosis(patient)
    owner.execute("UPDATE ai_diagnoses SET doctor_id = %s WHERE id = %s", (doctor.doctor_id, diagnosis))
    owner.execute("UPDATE ai_diagnoses SET notes = 'nothing to tell' WHERE id = %s", (diagnosis,))
    owner.execute("UPDATE ai_diagnoses SET status = 'REVIEWED' WHERE id = %s", (diagnosis,))
    assert await kinds_for(db, patient, since[patient], 3) == ["diagnosis"] * 3
    assert await kinds_for(db, doctor, since[doctor], 4) == ["queue", "diagnosis", "queue", "diagnosis"]
    assert await kinds_for(db, colleague, since[colleague], 2) == ["queue", "queue"]


async def test_an_appointment_is_told_to_both(db: Database, people: People, owner: Owner) -> None:
    patient, doctor = people.session(people.patient()), people.session(people.doctor())
    since = await position(db, actor=patient)
    appointment = new_id()
    owner.execute(
        "INSERT INTO appointments (id, patient_id, doctor_id, scheduled_at, duration, reason) "
        "VALUES (%s, %s, %s, now() + interval '1 day', 30, 'Pain')",
        (appointment, patient.patient_id, doctor.doctor_id),
    )
    owner.execute("UPDATE appointments SET status = 'CANCELLED' WHERE id = %s", (appointment,))
    for one in (patient, doctor):
        found = await first(db, one, 2, since)
        assert [(event.event, appointment in event.data) for event in found] == [("appointment", True)] * 2


async def test_an_unverified_dentist_hears_of_no_queue(db: Database, people: People) -> None:
    doctor = people.session(people.doctor(verified=False))
    since = await position(db, actor=doctor)
    people.diagnosis(people.patient())
    rows = await stream._since(db, doctor, since)
    assert rows == []


async def test_a_load_of_many_rows_tells_nobody(db: Database, people: People, owner: Owner) -> None:
    patient, doctor = people.session(people.patient()), people.doctor()
    since = await position(db, actor=patient)
    with owner.transaction(force_rollback=True):
        owner.execute(
            "INSERT INTO appointments (id, patient_id, doctor_id, scheduled_at, duration, reason, status) "
            "SELECT %s || i, %s, %s, now(), 30, 'x', 'COMPLETED' FROM generate_series(1, 1001) i",
            (new_id(), patient.patient_id, doctor.doctor_id),
        )
        count = owner.execute(
            "SELECT count(*) FROM events WHERE audience = %s", (patient.patient_id,)
        ).fetchone()
    assert count == (0,)
    assert await stream._since(db, patient, since) == []


def tell(connection: psycopg.Connection[Any], audience: str, subject: str) -> None:
    connection.execute("SELECT app_tell(%s, 'diagnosis', %s)", (audience, subject))


async def test_what_commits_late_is_not_missed(db: Database, people: People, urls: Urls) -> None:
    """The earlier id is committed later: going by ids alone would step over it (shown here too)."""
    patient = people.session(people.patient())
    since = await position(db, actor=patient)
    with psycopg.connect(urls.owner) as early, psycopg.connect(urls.owner) as late:
        tell(early, patient.patient_id, "first")
        tell(late, patient.patient_id, "second")
        late.commit()
        seen = await stream._since(db, patient, since)
        assert [row.subject for row in seen] == ["second"]
        newest_id = seen[0].id
        assert stream._settled(seen) == []
        early.commit()
    found = await stream._since(db, patient, since)
    assert [row.subject for row in stream._settled(found)] == ["first", "second"]
    assert found[0].id < newest_id  # "WHERE id > newest" would never have shown it


async def test_a_storm_of_writers_is_followed_without_gap_or_repeat(
    db: Database, people: People, urls: Urls
) -> None:
    """Writers commit out of order; the client is cut off again and again and goes on from its last id."""
    patient = people.session(people.patient())
    since = await position(db, actor=patient)
    writers, each = 6, 25

    async def write(number: int) -> None:
        async with await psycopg.AsyncConnection.connect(urls.owner) as connection:
            for count in range(each):
                await connection.execute(
                    "SELECT app_tell(%s, 'diagnosis', %s)", (patient.patient_id, f"{number}-{count}")
                )
                await asyncio.sleep(random.random() * 0.01)
                await connection.commit()

    async def read() -> list[Told]:
        found: list[Told] = []
        cursor = since
        while len(found) < writers * each:
            part = await first(db, patient, random.randint(1, 9), cursor)
            found += part
            cursor = part[-1].cursor
            if writers * each - len(found) < 9:
                part = await first(db, patient, writers * each - len(found), cursor)
                return found + part
        return found

    *_, found = await asyncio.gather(*[write(number) for number in range(writers)], read())
    subjects = [one.data for one in found]
    assert len(subjects) == len(set(subjects)) == writers * each
    places = [(one.cursor.transaction, one.cursor.event) for one in found]
    assert places == sorted(places)


async def test_a_killed_listener_misses_nothing(db: Database, people: People, owner: Owner) -> None:
    patient = people.session(people.patient())
    pieces = told(follow(db, actor=patient, after=None))
    assert (await anext(pieces)).event == "begin"
    waiting = asyncio.ensure_future(anext(pieces))
    async with asyncio.timeout(20):
        killed: list[Any] = []
        while not killed:
            await asyncio.sleep(0.05)
            killed = owner.execute(KILL_LISTENERS).fetchall()
        people.diagnosis(patient)
        assert (await waiting).event == "diagnosis"
    await pieces.aclose()  # type: ignore[attr-defined]


async def test_a_session_that_ends_ends_its_stream(
    db: Database, people: People, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "HEARTBEAT_SECONDS", 0.05)
    patient = people.session(people.patient())
    pieces = follow(db, actor=patient, after=None)
    await anext(pieces)
    owner.execute("DELETE FROM sessions WHERE id = %s", (patient.session_id,))
    async with asyncio.timeout(20):
        assert all(piece.startswith(b":") for piece in [piece async for piece in pieces])
    with pytest.raises(SessionEnded):
        await anext(follow(db, actor=patient, after=None))


async def test_positions_of_another_time_begin_anew(db: Database, people: People) -> None:
    patient = people.session(people.patient())
    here = await position(db, actor=patient)
    for cursor in (
        Cursor(here.transaction + 10**9, 1, here.seconds),  # of a database that this one replaced
        Cursor(here.transaction, 1, here.seconds - 7 * 86_400),  # what came after it may be deleted
    ):
        assert b"event: reset" in await anext(follow(db, actor=patient, after=cursor))
    assert b"event: begin" in await anext(follow(db, actor=patient, after=here))


@given(st.integers(0, 10**15), st.integers(0, 10**17), st.integers(0, 10**11))
def test_positions_are_read_as_they_are_written(transaction: int, event: int, seconds: int) -> None:
    cursor = Cursor(transaction, event, seconds)
    assert Cursor.read(str(cursor)) == cursor


@pytest.mark.parametrize("text", ["", "1", "1-2", "1-2-x", "1-2--3", "1-2-3-4", "9" * 19 + "-1-1", "¹-2-3"])
def test_what_is_no_position_is_refused(text: str) -> None:
    with pytest.raises(BadPosition):
        Cursor.read(text)


async def test_over_http(
    api: httpx.AsyncClient, people: People, signed_in: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "STREAM_SECONDS", 0.0)
    headers = signed_in(people.session(people.patient()))
    answer = await api.get("/api/v1/me/events", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["cache-control"] == "no-store"
    wrong = await api.get("/api/v1/me/events", headers={**headers, "Last-Event-ID": "yesterday"})
    assert (wrong.status_code, wrong.json()["title"]) == (422, "bad-position")


def test_an_account_has_so_many_streams_and_gets_them_back() -> None:
    streams = Streams()
    opened = [streams.one_more("u") for _ in range(stream.STREAMS)]
    for one in opened:
        one.__enter__()
    with pytest.raises(TooManyStreams), streams.one_more("u"):
        pass
    with streams.one_more("somebody else"):
        pass
    opened[0].__exit__(None, None, None)
    with streams.one_more("u"):
        pass


async def test_old_events_are_cleared_away_and_no_others(db: Database, people: People, owner: Owner) -> None:
    patient = people.patient()
    for subject, age in (("old", "8 days"), ("young", "6 days")):
        owner.execute(
            "INSERT INTO events (audience, kind, subject, created_at) "
            "VALUES (%s, 'diagnosis', %s, now() - %s::interval)",
            (patient.patient_id, subject, age),
        )
    await db.transaction(Actor.worker(), lambda transaction: transaction.run(FORGET_OLD_EVENTS))
    left = owner.execute("SELECT subject FROM events WHERE audience = %s", (patient.patient_id,)).fetchall()
    assert left == [("young",)]
