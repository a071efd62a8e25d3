"""Through the real API: what lies in the database says nothing, and the right people read all of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import psycopg
import pytest
from psycopg import sql
from tests.conftest import KEYRING, Urls, open_database
from tests.people import People

from dentalization import catalog
from dentalization.db.base import Base
from dentalization.db.database import Database
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.db.pool import Pool, PoolLimits
from dentalization.db.replicas import Replicas
from dentalization.db.row import camel
from dentalization.db.rules import Rules
from dentalization.db.sealed import sealed_columns
from dentalization.ops.schema import prisma_schema
from dentalization.profiles import service as profiles
from dentalization.sealing.errors import ChangedValue, UnknownKey
from dentalization.sealing.keyring import Key, Keyring, key_of

V1 = "/api/v1"
Headers = Callable[[Actor], dict[str, str]]
Owner = psycopg.Connection[tuple[Any, ...]]

SEALED = sealed_columns(catalog.metadata)
FIELDS = [(table, column) for table, columns in SEALED.items() for column in columns]


def marker() -> str:
    """A word that stands nowhere else."""
    return f"marker{new_id()}"


def dumped(owner: Owner, *words: str) -> list[str]:
    """Tables in whose plain text any of the words stands, as whoever steals a dump would look for them."""
    found = []
    for (table,) in owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall():
        for word in words:
            hit = owner.execute(
                sql.SQL("SELECT 1 FROM {} AS t WHERE strpos(t::text, %s) > 0").format(sql.Identifier(table)),
                (word,),
            ).fetchone()
            found += [table] if hit else []
    return found


def stored(owner: Owner, table: str, column: str, row_id: str) -> str:
    statement = sql.SQL("SELECT {} FROM {} WHERE id = %s").format(
        sql.Identifier(column), sql.Identifier(table)
    )
    row = owner.execute(statement, (row_id,)).fetchone()
    assert row is not None
    return str(row[0])


async def test_a_patients_fields_are_sealed_and_the_patient_reads_them(
    api: httpx.AsyncClient, people: People, owner: Owner, signed_in: Headers
) -> None:
    patient, word = people.patient(), marker()
    columns = SEALED["patient_profiles"]
    number = f"+62812{int(new_id()[1:], 36) % 10**8:08d}"
    sent = {camel(column): f"{word} {column}" for column in columns} | {"phone": number}
    answer = await api.patch(f"{V1}/me/profile", json=sent, headers=signed_in(patient))
    assert answer.status_code == 200, answer.text
    shown = (await api.get(f"{V1}/me", headers=signed_in(patient))).json()["patientProfile"]
    assert {name: shown[name] for name in sent} == sent
    for column in columns:
        value = stored(owner, "patient_profiles", column, patient.patient_id)
        assert key_of(value) == KEYRING.current.id, column
        assert KEYRING.unseal(value, f"patient_profiles.{column}", patient.patient_id) == sent[camel(column)]
    assert dumped(owner, word, number, number[1:]) == []
    assert dumped(owner, patient.patient_id), "the search looks where the patient's rows are"


async def test_a_doctors_telephone_and_a_review_are_sealed(
    api: httpx.AsyncClient, people: People, owner: Owner, signed_in: Headers
) -> None:
    doctor, patient, word = people.doctor(), people.patient(), marker()
    diagnosis = people.diagnosis(patient)
    answer = await api.patch(
        f"{V1}/me/profile", json={"phone": "+62215550987", "clinicPhone": None}, headers=signed_in(doctor)
    )
    assert answer.json()["doctorProfile"]["phone"] == "+62215550987"
    assert key_of(stored(owner, "doctor_profiles", "phone", doctor.doctor_id))
    assert (await api.post(f"{V1}/diagnoses/{diagnosis}/claim", headers=signed_in(doctor))).status_code == 200
    review = await api.post(
        f"{V1}/diagnoses/{diagnosis}/review",
        json={"decision": "CONFIRMED", "notes": f"{word} drill"},
        headers=signed_in(doctor),
    )
    assert review.status_code == 200, review.text
    found = (await api.get(f"{V1}/diagnoses/{diagnosis}", headers=signed_in(patient))).json()
    assert found["notes"] == found["reviews"][-1]["notes"] == f"{word} drill"
    assert key_of(stored(owner, "ai_diagnoses", "notes", diagnosis))
    listed = (await api.get(f"{V1}/diagnoses", params={"patientId": patient.patient_id},
                            headers=signed_in(doctor))).json()  # fmt: skip
    assert [item["notes"] for item in listed["items"]] == [f"{word} drill"]
    assert dumped(owner, word) == []


async def test_what_is_said_about_a_photo_is_sealed(
    api: httpx.AsyncClient, people: People, owner: Owner, signed_in: Headers, picture: bytes
) -> None:
    patient, word = people.patient(), marker()
    made = await api.post(
        f"{V1}/photos",
        files={"file": picture},
        data={"photoType": "intraoral", "description": f"{word} hurts"},
        headers=signed_in(patient),
    )
    assert made.status_code == 201, made.text
    assert made.json()["description"] == f"{word} hurts"
    listed = await api.get(
        f"{V1}/photos", params={"patientId": patient.patient_id}, headers=signed_in(patient)
    )
    assert [item["description"] for item in listed.json()["items"]] == [f"{word} hurts"]
    assert key_of(stored(owner, "dental_photos", "description", made.json()["id"]))
    assert dumped(owner, word) == []


async def test_what_was_never_sealed_is_read_as_it_is(
    api: httpx.AsyncClient, people: People, owner: Owner, signed_in: Headers
) -> None:
    patient = people.patient()
    owner.execute("UPDATE patient_profiles SET allergies = 'sealed: by hand', medications = '' WHERE id = %s",
                  (patient.patient_id,))  # fmt: skip
    shown = (await api.get(f"{V1}/me", headers=signed_in(patient))).json()["patientProfile"]
    assert (shown["allergies"], shown["medications"], shown["phone"]) == ("sealed: by hand", "", None)


@pytest.mark.parametrize("character", ["\\u0000", "\\ud800"])
async def test_what_is_no_text_is_refused(
    api: httpx.AsyncClient, people: People, signed_in: Headers, character: str
) -> None:
    answer = await api.patch(
        f"{V1}/me/profile",
        content=f'{{"allergies": "a{character}b"}}',
        headers={**signed_in(people.patient()), "Content-Type": "application/json"},
    )
    assert answer.status_code in (400, 422), answer.text


async def test_a_value_moved_to_another_patient_is_not_shown(
    api: httpx.AsyncClient, people: People, owner: Owner, signed_in: Headers
) -> None:
    patient, other, word = people.patient(), people.patient(), marker()
    await api.patch(f"{V1}/me/profile", json={"allergies": word}, headers=signed_in(patient))
    owner.execute(
        "UPDATE patient_profiles SET allergies = (SELECT allergies FROM patient_profiles WHERE id = %s) "
        "WHERE id = %s",
        (patient.patient_id, other.patient_id),
    )
    answer = await api.get(f"{V1}/me", headers=signed_in(other))
    assert answer.status_code == 503
    assert answer.json()["title"] == "changed-value"
    assert word not in answer.text


async def test_without_the_right_key_nothing_is_answered(people: People, owner: Owner, urls: Urls) -> None:
    patient, word = people.patient(), marker()
    with_key = await open_database(urls.app)
    await profiles.change_profile(with_key, actor=patient, changes={"allergies": word})
    await with_key.close()
    for ring, error in (
        (Keyring([Key.new()]), UnknownKey),
        (Keyring([Key(KEYRING.current.id, bytes(32))]), ChangedValue),
    ):
        pool = Pool(urls.app, PoolLimits(connections=1))
        database = Database(pool, Replicas([], max_lag_seconds=5), Rules(catalog.metadata), ring)
        await database.open()
        before = stored(owner, "patient_profiles", "allergies", patient.patient_id)
        with pytest.raises(error) as refused:
            await profiles.me(database, actor=patient)
        assert word not in refused.value.message
        assert before not in refused.value.message
        with pytest.raises(error):  # nor is what cannot be read written over
            await profiles.change_profile(database, actor=patient, changes={"address": "elsewhere"})
        assert stored(owner, "patient_profiles", "allergies", patient.patient_id) == before
        await database.close()


async def test_a_doctor_finds_patients_in_care_by_number(
    api: httpx.AsyncClient, people: People, signed_in: Headers
) -> None:
    doctor, stranger = people.doctor(), people.doctor()
    patient, other = people.patient(), people.patient()
    for one in (patient, other):
        people.diagnosis(one, doctor=doctor)

    async def found(asking: Actor, number: str) -> list[str]:
        answer = await api.get(
            f"{V1}/doctors/me/patients", params={"phone": number}, headers=signed_in(asking)
        )
        assert answer.status_code == 200, answer.text
        return [item["id"] for item in answer.json()["items"]]

    async def call(number: str | None) -> None:
        answer = await api.patch(f"{V1}/me/profile", json={"phone": number}, headers=signed_in(patient))
        assert answer.status_code == 200

    await call("0812 9999 1234")
    assert await found(doctor, "+62 812 9999 1234") == [patient.patient_id]
    assert await found(doctor, "+62 812 9999 1235") == []
    assert await found(stranger, "+62 812 9999 1234") == []
    await call("0812 9999 1235")
    assert await found(doctor, "0812 9999 1234") == []
    assert await found(doctor, "0812 9999 1235") == [patient.patient_id]
    await call(None)
    assert await found(doctor, "0812 9999 1235") == []
    wrong = await api.get(f"{V1}/doctors/me/patients", params={"phone": "no"}, headers=signed_in(doctor))
    assert wrong.status_code == 422


def test_only_the_patient_changes_the_digest_of_a_number(people: People, owner: Owner, urls: Urls) -> None:
    patient, doctor = people.patient(), people.doctor()
    people.diagnosis(patient, doctor=doctor)
    owner.execute("INSERT INTO patient_phone_index VALUES (%s, 'k:d')", (patient.patient_id,))
    for actor, seen, changed in ((patient, 1, 1), (doctor, 1, 0), (people.doctor(), 0, 0)):
        with psycopg.connect(urls.app) as connection:
            connection.execute("SELECT app_identify(%s, %s, %s, %s, %s)", actor.identification())
            read = connection.execute("SELECT 1 FROM patient_phone_index").rowcount
            written = connection.execute("UPDATE patient_phone_index SET digest = 'k:e'").rowcount
        assert (read, written) == (seen, changed)


@pytest.mark.parametrize("table", ["patient_profiles", "doctor_profiles"])
def test_a_number_in_plain_text_has_at_most_20_characters(people: People, owner: Owner, table: str) -> None:
    row_id = people.patient().patient_id if table == "patient_profiles" else people.doctor().doctor_id
    statement = sql.SQL("UPDATE {} SET phone = %s WHERE id = %s").format(sql.Identifier(table))
    with pytest.raises(psycopg.errors.CheckViolation):
        owner.execute(statement, ("1" * 21, row_id))
    owner.execute(statement, ("1" * 20, row_id))
    owner.execute(statement, (KEYRING.seal("1" * 20, f"{table}.phone", row_id), row_id))


def test_the_prisma_schema_marks_exactly_these_fields() -> None:
    marked, model, above = [], "", ""
    for line in prisma_schema().splitlines():
        words = line.split()
        if words[:1] == ["model"]:
            model = words[1]
        if above == "/// sealed by the application":
            marked.append((model, words[0]))
        above = line.strip()
    classes = {mapper.local_table.name: mapper.class_.__name__ for mapper in Base.registry.mappers}
    assert sorted(marked) == sorted((classes[table], camel(column)) for table, column in FIELDS)


def test_every_field_that_must_be_sealed_is() -> None:
    assert set(FIELDS) >= {
        *(("patient_profiles", name) for name in (
            "phone", "address", "emergency_contact", "allergies", "medications", "medical_history",
            "insurance_info", "pain_tolerance", "dietary_restrictions", "smoking_status", "dental_concerns",
            "previous_dental_work",
        )),
        ("doctor_profiles", "phone"), ("ai_diagnoses", "notes"), ("diagnosis_reviews", "notes"),
        ("appointments", "reason"), ("appointments", "notes"), ("medical_records", "description"),
        ("appointment_overbookings", "reason"), ("appointment_events", "reason"),
        ("schedule_exceptions", "reason"),
        ("dental_photos", "description"),
    }  # fmt: skip
