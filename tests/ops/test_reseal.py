"""Sealing anew: everything ends under the current key, and nothing that is written meanwhile is lost."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg import sql
from tests.conftest import Urls
from tests.people import People

from dentalization import catalog
from dentalization.db.database import Database
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.db.pool import Pool, PoolLimits
from dentalization.db.replicas import Replicas
from dentalization.db.rules import Rules
from dentalization.db.sealed import sealed_columns
from dentalization.ops import reseal as resealing
from dentalization.ops.reseal import reseal, usage
from dentalization.ops.seed.accounts import seed_accounts
from dentalization.ops.seed.history import seed_history
from dentalization.profiles import service as profiles
from dentalization.profiles.phone_tables import PHONE
from dentalization.sealing.errors import ChangedValue, UnknownKey
from dentalization.sealing.keyring import Key, Keyring

Owner = psycopg.Connection[tuple[Any, ...]]
OLD, NEW = Key.new(), Key.new()


@pytest.fixture
def owner(fresh_urls: Urls) -> Iterator[Owner]:
    with psycopg.connect(fresh_urls.owner, autocommit=True) as connection:
        yield connection


def run(urls: Urls, *keys: Key) -> resealing.Resealed:
    return reseal(urls.owner, Keyring(keys), progress=lambda *_: None)


def texts(owner: Owner, *keys: Key) -> dict[tuple[str, str, str], str]:
    """Every sealed field of every row as somebody with these keys reads it."""
    ring, found = Keyring(keys), {}
    for table, columns in sealed_columns(catalog.metadata).items():
        for column in columns:
            statement = sql.SQL("SELECT id, {0} FROM {1} WHERE {0} IS NOT NULL").format(
                sql.Identifier(column), sql.Identifier(table)
            )
            for row_id, value in owner.execute(statement).fetchall():
                found[table, column, row_id] = ring.unseal(value, f"{table}.{column}", row_id)
    return found


# What the demo's calendars lack, unsealed as everything there.
CALENDAR = (
    "INSERT INTO appointment_overbookings (id, appointment_id, patient_id, doctor_id, reason) "
    "SELECT id, id, patient_id, doctor_id, 'Swollen' FROM appointments LIMIT 1",
    "INSERT INTO schedule_exceptions (id, doctor_id, day, kind, reason) "
    "SELECT id, id, date '2030-01-01', 'HOLIDAY', 'New Year' FROM doctor_profiles LIMIT 1",
    "INSERT INTO appointment_events (id, appointment_id, patient_id, doctor_id, step, status_after, "
    "scheduled_after, duration_after, actor_role, reason) "
    "SELECT id, id, patient_id, doctor_id, 'MOVED', status, scheduled_at, duration, 'DOCTOR', 'A cold' "
    "FROM appointments LIMIT 1",
    "INSERT INTO waiting_entries (id, patient_id, doctor_id, minutes, earliest_on, latest_on, reason) "
    "SELECT id, patient_id, doctor_id, 30, current_date, current_date, 'A loose crown' "
    "FROM appointments LIMIT 1",
    "INSERT INTO recalls (id, patient_id, doctor_id, months, due_on, note) "
    "SELECT id, patient_id, doctor_id, 6, current_date, 'Crown of 36' FROM appointments LIMIT 1",
)


def versions(owner: Owner) -> list[tuple[Any, ...]]:
    return owner.execute(
        "SELECT id, updated_at FROM patient_profiles UNION ALL SELECT id, updated_at FROM ai_diagnoses "
        "ORDER BY 1"
    ).fetchall()


def history(urls: Urls, keyring: Keyring | None) -> None:
    seed_accounts(urls.owner, demo=True, environment={}, keyring=keyring)
    seed_history(
        urls.owner, patients=60, diagnoses=400, progress=lambda *_: None, public_url="https://example.com",
        keyring=keyring,
    )  # fmt: skip


def test_what_was_never_sealed_is_sealed_with_the_same_words(
    fresh_urls: Urls, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resealing, "BATCH", 7)
    history(fresh_urls, None)
    for statement in CALENDAR:
        owner.execute(statement)
    before, seen = texts(owner, NEW), versions(owner)
    assert {table for table, _, _ in before} == set(sealed_columns(catalog.metadata))
    assert list(usage(owner)) == [""]
    moves: list[tuple[int, int]] = []
    done = reseal(fresh_urls.owner, Keyring([NEW]), progress=lambda *move: moves.append(move))
    assert done.by_key == {NEW.id: len(before)}
    assert texts(owner, NEW) == before
    assert versions(owner) == seen, "nobody's If-Match fails because of it"
    assert moves[0] == (0, done.rows)
    assert moves[-1] == (done.rows, done.rows)
    numbers = {
        row: text
        for (table, column, row), text in before.items()
        if (table, column) == ("patient_profiles", "phone")
    }
    digests = dict(owner.execute("SELECT patient_id, digest FROM patient_phone_index").fetchall())
    assert digests == {row: NEW.digest(number, PHONE) for row, number in numbers.items()}
    assert run(fresh_urls, NEW).rows == 0


def test_demo_people_are_sealed_and_found_by_number(fresh_urls: Urls, owner: Owner) -> None:
    history(fresh_urls, Keyring([OLD]))
    assert list(usage(owner)) == [OLD.id]
    found = texts(owner, OLD)
    numbers = {
        row: text
        for (table, column, row), text in found.items()
        if (table, column) == ("patient_profiles", "phone")
    }
    digests = dict(owner.execute("SELECT patient_id, digest FROM patient_phone_index").fetchall())
    assert digests == {row: OLD.digest(number, PHONE) for row, number in numbers.items()}
    assert "penicillin" in found.values()


def test_after_a_rotation_the_old_key_is_needed_no_more(fresh_urls: Urls, owner: Owner) -> None:
    history(fresh_urls, Keyring([OLD]))
    before = texts(owner, OLD)
    with pytest.raises(UnknownKey):
        texts(owner, NEW)
    done = run(fresh_urls, NEW, OLD)
    assert done.by_key == {NEW.id: len(before)}
    assert texts(owner, NEW) == before
    assert owner.execute(
        "SELECT count(*) FROM patient_phone_index WHERE NOT starts_with(digest, %s)", (NEW.id,)
    ).fetchone() == (0,)


def test_it_goes_on_where_it_was_stopped(
    fresh_urls: Urls, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resealing, "BATCH", 10)
    history(fresh_urls, Keyring([OLD]))
    before = texts(owner, OLD)

    def stop(done: int, total: int) -> None:
        if done >= total // 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        reseal(fresh_urls.owner, Keyring([NEW, OLD]), progress=stop)
    halfway = usage(owner)
    assert set(halfway) == {OLD.id, NEW.id}
    assert texts(owner, NEW, OLD) == before
    assert run(fresh_urls, NEW, OLD).by_key == {NEW.id: len(before)}
    assert texts(owner, NEW) == before


@pytest.mark.parametrize(
    ("change", "error"),
    [("allergies = medications", ChangedValue), ("allergies = 'sealed:1:gone:AAAA'", UnknownKey)],
)
def test_a_value_that_does_not_open_is_named_and_left(
    fresh_urls: Urls, owner: Owner, change: str, error: type[Exception]
) -> None:
    history(fresh_urls, Keyring([OLD]))
    found = owner.execute(
        f"UPDATE patient_profiles SET {change} WHERE id = (SELECT max(id) FROM patient_profiles "
        "WHERE medications IS NOT NULL) RETURNING id, allergies, medications"
    ).fetchone()
    assert found is not None
    with pytest.raises(error, match=f"patient_profiles, row {found[0]}") as refused:
        run(fresh_urls, NEW, OLD)
    assert found[1] not in str(refused.value)
    assert (
        owner.execute(
            "SELECT id, allergies, medications FROM patient_profiles WHERE id = %s", (found[0],)
        ).fetchone()
        == found
    )


async def test_nothing_written_meanwhile_is_lost(
    fresh_urls: Urls, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Patients change their profiles as fast as they can, on a server that still seals under the old key."""
    monkeypatch.setattr(resealing, "BATCH", 5)
    people = People(owner)
    patients = [people.patient() for _ in range(40)]
    pool = Pool(fresh_urls.app, PoolLimits(connections=8, wait_seconds=60))
    db = Database(pool, Replicas([], max_lag_seconds=5), Rules(catalog.metadata), Keyring([OLD, NEW]))
    await db.open()
    for patient in patients:
        await profiles.change_profile(db, actor=patient, changes={"address": "before", "allergies": "stays"})
    stopped = threading.Event()
    runs: list[resealing.Resealed] = []

    def again_and_again() -> None:
        while not stopped.is_set():
            runs.append(run(fresh_urls, NEW, OLD))

    runner = threading.Thread(target=again_and_again)
    runner.start()

    async def write(patient: Actor) -> tuple[str, str]:
        word = number = ""
        for _ in range(8):
            word, number = new_id(), f"+62812{int(new_id()[1:], 36) % 10**8:08d}"
            changes = {"address": word, "phone": number}
            await profiles.change_profile(db, actor=patient, changes=changes)
        return word, number

    try:
        written = await asyncio.gather(*map(write, patients))
    finally:
        stopped.set()
        runner.join()
    assert sum(one.rows for one in runs) > len(patients), "they did meet"
    done = run(fresh_urls, NEW, OLD)
    assert done.by_key == {NEW.id: 3 * len(patients)}
    digests = dict(owner.execute("SELECT patient_id, digest FROM patient_phone_index").fetchall())
    for patient, (word, number) in zip(patients, written, strict=True):
        profile = (await profiles.me(db, actor=patient)).patient_profile
        assert profile is not None
        assert (profile.address, profile.phone, profile.allergies) == (word, number, "stays")
        assert digests[patient.patient_id] == NEW.digest(number, PHONE)
    await db.close()


def test_a_write_between_reading_and_sealing_stands(
    fresh_urls: Urls, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = People(owner).patient()
    owner.execute("UPDATE patient_profiles SET address = 'before'")
    sealed = resealing._sealed
    between = iter([True])

    def slow(*arguments: Any) -> list[str | None]:
        if next(between, False):
            owner.execute("UPDATE patient_profiles SET address = 'after'")
        return sealed(*arguments)

    monkeypatch.setattr(resealing, "_sealed", slow)
    assert run(fresh_urls, NEW).by_key == {NEW.id: 1}
    assert texts(owner, NEW) == {("patient_profiles", "address", patient.patient_id): "after"}


def test_only_the_owner_of_a_table_leaves_versions_as_they_are(fresh_urls: Urls, owner: Owner) -> None:
    patient = People(owner).patient()
    before = versions(owner)
    with psycopg.connect(fresh_urls.app) as connection:
        connection.execute("SELECT app_identify(%s, %s, %s, %s, %s)", patient.identification())
        connection.execute("SELECT set_config('app.resealing', 'on', true)")
        assert connection.execute("UPDATE patient_profiles SET address = 'x'").rowcount == 1
    assert versions(owner) != before
