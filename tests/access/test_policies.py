"""SQL as the app's login, without any application code: what the database itself lets through."""

from __future__ import annotations

import psycopg
import pytest

from dentalization import catalog
from dentalization.db.identity import Actor
from tests.conftest import Urls
from tests.people import People

# Limits are kept under keyed digests: there is nobody in them.
IMPERSONAL = {"rate_limits"}
PERSONAL = sorted(set(catalog.metadata.tables) - IMPERSONAL)

Owner = psycopg.Connection[tuple[object, ...]]


def rows(urls: Urls, actor: Actor, statement: str, *parameters: object) -> int:
    with psycopg.connect(urls.app) as connection:
        connection.execute("SELECT app_identify(%s, %s, %s, %s, %s)", actor.identification())
        cursor = connection.execute(statement, parameters)
        return cursor.rowcount


@pytest.fixture(scope="module")
def somebody(people: People) -> Actor:
    """A patient with one of everything."""
    patient = people.patient()
    people.diagnosis(patient, doctor=people.doctor())
    return patient


@pytest.mark.parametrize("table", sorted(catalog.metadata.tables))
def test_every_table_has_policies_enabled_and_forced(owner: Owner, table: str) -> None:
    found = owner.execute(
        "SELECT relrowsecurity, relforcerowsecurity FROM pg_class WHERE oid = %s::regclass", (table,)
    ).fetchone()
    assert found == (True, True)


@pytest.mark.parametrize("table", PERSONAL)
def test_without_an_identity_every_table_is_empty(urls: Urls, somebody: Actor, table: str) -> None:
    assert rows(urls, Actor.nobody(), f"SELECT 1 FROM {table}") == 0
    with psycopg.connect(urls.app) as connection:  # not even app_identify was called
        assert connection.execute(f"SELECT 1 FROM {table}").rowcount == 0


CLINICAL = ("patient_profiles", "dental_photos", "ai_diagnoses", "analyses")


@pytest.mark.parametrize("table", CLINICAL)
def test_the_policies_let_the_right_people_see(urls: Urls, people: People, owner: Owner, table: str) -> None:
    patient, doctor = people.patient(), people.doctor()
    people.diagnosis(patient, doctor=doctor)
    column = "id" if table == "patient_profiles" else "patient_id"
    statement = f"SELECT 1 FROM {table} WHERE {column} = %s"
    assert rows(urls, patient, statement, patient.patient_id) == 1
    assert rows(urls, doctor, statement, patient.patient_id) == 1
    for outsider in (people.patient(), people.doctor(), people.admin()):
        assert rows(urls, outsider, statement, patient.patient_id) == 0
    owner.execute("UPDATE doctor_profiles SET is_verified = false WHERE id = %s", (doctor.doctor_id,))
    assert rows(urls, doctor, statement, patient.patient_id) == 0


def test_an_unclaimed_case_shows_the_photo_and_the_findings_but_not_the_person(
    urls: Urls, people: People
) -> None:
    patient, doctor = people.patient(), people.doctor()
    diagnosis = people.diagnosis(patient)
    assert rows(urls, doctor, "SELECT 1 FROM ai_diagnoses WHERE id = %s", diagnosis) == 1
    assert rows(urls, doctor, "SELECT 1 FROM dental_photos WHERE patient_id = %s", patient.patient_id) == 1
    assert rows(urls, doctor, "SELECT 1 FROM patient_profiles WHERE id = %s", patient.patient_id) == 0
    unverified = people.doctor(verified=False)
    assert rows(urls, unverified, "SELECT 1 FROM ai_diagnoses WHERE id = %s", diagnosis) == 0


def test_the_app_owns_nothing_and_changes_no_policy(urls: Urls) -> None:
    for statement in (
        "DROP POLICY app_select_1 ON users",
        "ALTER TABLE users DISABLE ROW LEVEL SECURITY",
        "SET ROLE dentalization_service",
        "CREATE TABLE mine (a int)",
        "UPDATE users SET role = 'ADMIN'",
        "DELETE FROM users",
        "TRUNCATE users",
        "SELECT app_count_care()",
    ):
        with psycopg.connect(urls.app) as connection, pytest.raises(psycopg.Error) as raised:
            connection.execute(statement)
        assert isinstance(
            raised.value, psycopg.errors.InsufficientPrivilege | psycopg.errors.FeatureNotSupported
        ), statement


def test_a_patient_cannot_diagnose(urls: Urls, people: People) -> None:
    patient = people.patient()
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        rows(
            urls,
            patient,
            "INSERT INTO ai_diagnoses (id, user_id, patient_id, photo_url, diagnosis, confidence, detections)"
            " VALUES ('x', %s, %s, 'u', 'd', 0.5, '[]')",
            patient.user_id,
            patient.patient_id,
        )
