"""The program itself over the second transport, on a database that the plan has run on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from sqlalchemy import func, select
from tests.conftest import TEMPLATE, Urls, app_url, drop, open_database, recreate, with_database
from tests.ops.shards import stubs
from tests.people import People

from dentalization import catalog
from dentalization.accounts.queries import REHASH
from dentalization.db.database import Database
from dentalization.db.errors import OtherTransport, RuleBroken, SessionEnded
from dentalization.db.identity import Actor
from dentalization.db.pool import Pool, PoolLimits, refuse_other_transport
from dentalization.db.query import Query, Settles
from dentalization.db.row import row
from dentalization.db.rules import Rules
from dentalization.db.transaction import Transaction
from dentalization.diagnoses import service as diagnoses
from dentalization.errors import InvalidInput
from dentalization.ops.shards.triggers import settled_tables
from dentalization.privacy.queries import ERASE_PERSON
from dentalization.records import service as records
from dentalization.settings import from_environment

Owner = psycopg.Connection[tuple[Any, ...]]
LIMITS = PoolLimits(connections=8, wait_seconds=20, sharded=True)


@row
class Identity:
    user_id: str | None
    patient_id: str | None
    doctor_id: str | None
    propagated: str | None


WHO = Query(
    select(
        func.current_setting("app.user_id", True).label("user_id"),
        func.current_setting("app.patient_id", True).label("patient_id"),
        func.current_setting("app.doctor_id", True).label("doctor_id"),
        func.current_setting("citus.propagate_set_commands", True).label("propagated"),
    ),
    row=Identity,
)


@row
class Moment:
    at: str | None


MOMENT = Query(select(func.current_setting("app.at", True).label("at")), row=Moment)


@pytest.fixture(scope="module")
def urls(cluster_url: str, worker_id: str) -> Iterator[Urls]:
    name = f"dentalization_transport_{worker_id}"
    recreate(cluster_url, name, template=TEMPLATE)
    made = Urls(with_database(cluster_url, name), app_url(cluster_url, name))
    stubs.distribute(made)
    yield made
    drop(cluster_url, name)


@pytest.fixture(scope="module")
def owner(urls: Urls) -> Iterator[Owner]:
    with psycopg.connect(urls.owner, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="module")
def people(owner: Owner) -> People:
    return People(owner)


@pytest.fixture
async def sharded(urls: Urls) -> AsyncIterator[Database]:
    database = await open_database(urls.app, LIMITS)
    yield database
    await database.close()


async def who(db: Database, actor: Actor) -> Identity:
    found = await db.read_one(actor, WHO)
    assert found is not None
    return found


async def test_the_identity_holds_for_one_statement_and_no_longer(sharded: Database, people: People) -> None:
    patient, doctor = people.patient(), people.doctor()
    for _ in range(3):  # the third time everything is prepared
        assert await who(sharded, patient) == Identity(patient.user_id, patient.patient_id, "", "local")
        assert await who(sharded, doctor) == Identity(doctor.user_id, "", doctor.doctor_id, "local")
        assert await who(sharded, Actor.nobody()) == Identity("", "", "", "local")


async def test_many_at_once_are_never_mixed_up(sharded: Database, people: People) -> None:
    actors = [people.patient() for _ in range(6)] * 10
    found = await asyncio.gather(*(who(sharded, actor) for actor in actors))
    assert [one.user_id for one in found] == [actor.user_id for actor in actors]


async def test_a_dentist_without_a_licence_is_none(sharded: Database, people: People) -> None:
    doctor = people.doctor(verified=False)
    assert (await who(sharded, doctor)).doctor_id == ""

    async def inside(transaction: Transaction) -> Identity | None:
        return await transaction.one(WHO)

    found = await sharded.transaction(doctor, inside)
    assert found == Identity(doctor.user_id, "", "", "local")


async def test_a_session_that_is_over_reads_and_writes_nothing(sharded: Database, people: People) -> None:
    over = replace(people.patient(), session_id="over")
    with pytest.raises(SessionEnded):
        await sharded.read(over, WHO)

    async def inside(transaction: Transaction) -> None:
        raise AssertionError("nobody is here")

    with pytest.raises(SessionEnded):
        await sharded.transaction(over, inside)
    assert (await who(sharded, people.patient())).propagated == "local"  # the connection is as good as before


async def test_a_claim_gives_care_and_is_told(sharded: Database, people: People, owner: Owner) -> None:
    patient, doctor = people.patient(), people.doctor()
    ids = [people.diagnosis(patient) for _ in range(4)]
    # Side by side: each counts anew, under a lock, so that none counts for the other.
    await asyncio.gather(*(diagnoses.claim(sharded, actor=doctor, diagnosis_id=one) for one in ids))
    assert owner.execute(
        "SELECT diagnoses FROM care_relationships WHERE doctor_id = %s AND patient_id = %s",
        (doctor.doctor_id, patient.patient_id),
    ).fetchone() == (4,)
    told = owner.execute(
        "SELECT DISTINCT subject FROM events WHERE audience = %s", (patient.patient_id,)
    ).fetchall()
    assert {subject for (subject,) in told} == set(ids)


async def test_a_record_keeps_care(sharded: Database, people: People, owner: Owner) -> None:
    patient, doctor = people.patient(), people.doctor()
    await diagnoses.claim(sharded, actor=doctor, diagnosis_id=people.diagnosis(patient))
    made = await records.write(
        sharded, actor=doctor, patient_id=patient.patient_id,
        record_type="note", title="Filling", description="36, composite",
    )  # fmt: skip
    assert made.patient_id == patient.patient_id
    assert owner.execute(
        "SELECT diagnoses, records FROM care_relationships WHERE doctor_id = %s AND patient_id = %s",
        (doctor.doctor_id, patient.patient_id),
    ).fetchone() == (1, 1)


async def test_an_erasure_takes_care_away_that_nothing_founds_any_more(
    sharded: Database, people: People, owner: Owner
) -> None:
    patient, one, other = people.patient(), people.doctor(), people.doctor()
    gone, kept = people.diagnosis(patient), people.diagnosis(patient)
    await diagnoses.claim(sharded, actor=one, diagnosis_id=gone)
    await diagnoses.claim(sharded, actor=other, diagnosis_id=kept)
    owner.execute("DELETE FROM ai_diagnoses WHERE id = %s", (gone,))
    owner.execute(
        "INSERT INTO erasure_requests (id, user_id, token, markers) VALUES (%(id)s, %(id)s, %(id)s, '{}')",
        {"id": patient.user_id},
    )
    owner.execute("SELECT app_settle('erasure_requests', %s)", (patient.user_id,))
    assert owner.execute(
        "SELECT doctor_id, diagnoses FROM care_relationships WHERE patient_id = %s", (patient.patient_id,)
    ).fetchall() == [(other.doctor_id, 1)]
    assert ERASE_PERSON.settles == Settles("erasure_requests", "request_id")


def test_each_change_that_triggers_followed_is_settled() -> None:
    """A statement that forgot it would give no care on shards."""
    tables = set(settled_tables(catalog.metadata))
    changed: dict[str, str] = {}
    for name, query in catalog.declared_queries():
        table = getattr(query.statement, "table", None)
        if table is not None and table.name in tables:
            changed[name] = query.settles.table if query.settles else ""
            assert query.settles is not None, name
            assert query.settles.parameter in query.parameters, name
    assert set(changed.values()) == tables


async def test_a_version_is_the_same_moment_on_every_node(
    sharded: Database, people: People, owner: Owner
) -> None:
    """The moment comes with the transaction; without one nothing is written."""
    patient = people.patient()

    async def inside(transaction: Transaction) -> Moment | None:
        await transaction.run(REHASH, user_id=patient.user_id, password_hash="another")
        return await transaction.one(MOMENT)

    set_for_all = await sharded.transaction(patient, inside)
    assert set_for_all is not None
    assert owner.execute(
        "SELECT updated_at = %s::timestamptz, updated_at <> created_at FROM users WHERE id = %s",
        (set_for_all.at, patient.user_id),
    ).fetchone() == (True, True)
    with pytest.raises(psycopg.errors.RaiseException, match="another moment"):
        owner.execute("UPDATE users SET password = 'X' WHERE id = %s", (patient.user_id,))


async def test_the_wrong_transport_is_refused(urls: Urls) -> None:
    for limits in (LIMITS, replace(LIMITS, sharded=False)):
        pool = Pool(urls.app, limits)
        await pool.open()
        try:
            if limits.sharded:
                await refuse_other_transport(pool)
            else:
                with pytest.raises(OtherTransport, match="DENTALIZATION_SHARDED=true"):
                    await refuse_other_transport(pool)
        finally:
            await pool.close()


def test_a_replica_of_the_coordinator_is_no_replica() -> None:
    with pytest.raises(InvalidInput, match="exclude each other"):
        from_environment(
            {"DENTALIZATION_SHARDED": "true", "DATABASE_REPLICA_URLS": "postgresql://replica.example.com/d"}
        )


def test_the_name_of_a_shards_constraint_is_understood(owner: Owner) -> None:
    """Citus puts the number of the shard behind it."""
    owner.execute(
        "CREATE TABLE shard_one (n integer, CONSTRAINT appointments_doctor_overlap_102008 CHECK (n > 0))"
    )
    with pytest.raises(psycopg.errors.CheckViolation) as refused:
        owner.execute("INSERT INTO shard_one VALUES (0)")
    explained = Rules(catalog.metadata).explain(refused.value)
    assert "Somebody else has this time" in explained.message
    assert isinstance(explained, (RuleBroken, InvalidInput))
