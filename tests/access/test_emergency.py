"""Emergency access: one patient, an hour, a reason, and the patient sees it."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import psycopg
import pytest

from dentalization.db.identity import Actor
from tests.conftest import Urls
from tests.people import People

Owner = psycopg.Connection[tuple[object, ...]]
Headers = Callable[[Actor], dict[str, str]]
V1 = "/api/v1"
REASON = "Unconscious at the clinic, allergies unknown."
CLINICAL = (
    "patient_profiles",
    "dental_photos",
    "ai_diagnoses",
    "analyses",
    "diagnosis_reviews",
    "medical_records",
    "appointments",
)


def rows(urls: Urls, actor: Actor, table: str, patient: Actor) -> int:
    column = "id" if table == "patient_profiles" else "patient_id"
    with psycopg.connect(urls.app) as connection:
        connection.execute("SELECT app_identify(%s, %s, %s, %s, %s)", actor.identification())
        return connection.execute(
            f"SELECT 1 FROM {table} WHERE {column} = %s",
            (patient.patient_id,),
        ).rowcount


def with_everything(people: People, owner: Owner) -> Actor:
    patient, doctor = people.patient(), people.doctor()
    diagnosis = people.diagnosis(patient, doctor=doctor)
    ids = (diagnosis, patient.patient_id, doctor.doctor_id)
    owner.execute(
        "INSERT INTO diagnosis_reviews "
        "(id, diagnosis_id, patient_id, doctor_id, reviewer_name, version, verb) "
        "VALUES ('v' || %s, %s, %s, %s, 'Budi Santoso', 1, 'CLAIMED')",
        (diagnosis, *ids),
    )
    owner.execute(
        "INSERT INTO medical_records (id, patient_id, doctor_id, record_type, title, description) "
        "VALUES ('m' || %s, %s, %s, 'treatment', 'Filling', 'Upper left')",
        ids,
    )
    owner.execute(
        "INSERT INTO appointments (id, patient_id, doctor_id, scheduled_at, duration, reason) "
        "VALUES ('b' || %s, %s, %s, now(), 30, 'Pain')",
        ids,
    )
    return patient


async def opened(api: httpx.AsyncClient, headers: dict[str, str], patient: Actor) -> dict[str, str]:
    answer = await api.post(
        f"{V1}/admin/emergency-access",
        headers=headers,
        json={"patientId": patient.patient_id, "reason": REASON},
    )
    assert answer.status_code == 201, answer.text
    found: dict[str, str] = answer.json()
    return found


async def test_it_opens_one_patients_data_to_one_administrator_and_only_for_reading(
    api: httpx.AsyncClient, people: People, owner: Owner, signed_in: Headers, urls: Urls
) -> None:
    patient, another = with_everything(people, owner), with_everything(people, owner)
    admin, colleague = people.session(people.admin()), people.session(people.admin())
    assert [rows(urls, admin, table, patient) for table in CLINICAL] == [0] * len(CLINICAL)
    await opened(api, signed_in(admin), patient)
    assert [rows(urls, admin, table, patient) for table in CLINICAL] == [1] * len(CLINICAL)
    assert [rows(urls, admin, table, another) for table in CLINICAL] == [0] * len(CLINICAL)
    assert [rows(urls, colleague, table, patient) for table in CLINICAL] == [0] * len(CLINICAL)
    for statement in (
        "UPDATE ai_diagnoses SET notes = 'x' WHERE patient_id = %s",
        "UPDATE patient_profiles SET phone = 'x' WHERE id = %s",
        "UPDATE analyses SET status = 'queued' WHERE patient_id = %s",
    ):
        with psycopg.connect(urls.app) as connection:
            connection.execute("SELECT app_identify(%s, %s, %s, %s, %s)", admin.identification())
            assert connection.execute(statement, (patient.patient_id,)).rowcount == 0


async def test_it_ends_by_itself_after_an_hour_and_at_once_when_ended(
    api: httpx.AsyncClient, people: People, owner: Owner, signed_in: Headers, urls: Urls
) -> None:
    patient, admin = people.patient(), people.session(people.admin())
    first = await opened(api, signed_in(admin), patient)
    minutes = owner.execute(
        "SELECT extract(epoch FROM expires_at - granted_at)::int / 60 FROM emergency_accesses WHERE id = %s",
        (first["id"],),
    ).fetchone()
    assert minutes == (60,)
    owner.execute(
        "UPDATE emergency_accesses SET granted_at = granted_at - interval '1 hour', "
        "expires_at = expires_at - interval '1 hour' WHERE id = %s",
        (first["id"],),
    )
    assert rows(urls, admin, "patient_profiles", patient) == 0
    second = await opened(api, signed_in(admin), patient)
    assert rows(urls, admin, "patient_profiles", patient) == 1
    path = f"{V1}/admin/emergency-access/{second['id']}"
    assert (await api.delete(path, headers=signed_in(people.session(people.admin())))).status_code == 404
    assert rows(urls, admin, "patient_profiles", patient) == 1
    assert (await api.delete(path, headers=signed_in(admin))).status_code == 204
    assert rows(urls, admin, "patient_profiles", patient) == 0


async def test_the_patient_reads_who_why_and_what(
    api: httpx.AsyncClient, people: People, owner: Owner, signed_in: Headers
) -> None:
    patient, admin = with_everything(people, owner), people.session(people.admin())
    await opened(api, signed_in(admin), patient)
    await api.get(f"{V1}/diagnoses?patientId={patient.patient_id}", headers=signed_in(admin))
    log = (await api.get(f"{V1}/me/access-log", headers=signed_in(patient))).json()["items"]
    assert [(one["role"], one["kinds"], one["why"], one["reason"]) for one in log] == [
        ("ADMIN", "diagnosis", "emergency", REASON),
        ("ADMIN", "emergency", "emergency", REASON),
    ]


@pytest.mark.parametrize("reason", ["", "because", " " * 40])
async def test_a_reason_says_something(
    api: httpx.AsyncClient, people: People, signed_in: Headers, reason: str
) -> None:
    answer = await api.post(
        f"{V1}/admin/emergency-access",
        headers=signed_in(people.session(people.admin())),
        json={"patientId": people.patient().patient_id, "reason": reason},
    )
    assert answer.status_code == 422
    assert "reason" in answer.text


async def test_the_patient_is_named_once(api: httpx.AsyncClient, people: People, signed_in: Headers) -> None:
    admin, patient = people.session(people.admin()), people.patient(email="found-in-an-emergency@example.com")
    both = {"patientId": patient.patient_id, "email": "found-in-an-emergency@example.com", "reason": REASON}
    for body, status in (
        (both, 422),
        ({"reason": REASON}, 422),
        ({"email": "Found-in-an-Emergency@example.com", "reason": REASON}, 201),
        ({"email": "nobody-at-all@example.com", "reason": REASON}, 404),
        ({"patientId": people.doctor().doctor_id, "reason": REASON}, 404),
    ):
        answer = await api.post(f"{V1}/admin/emergency-access", headers=signed_in(admin), json=body)
        assert answer.status_code == status, answer.text


def test_only_the_function_opens_one(urls: Urls, people: People) -> None:
    admin, patient = people.session(people.admin()), people.patient()
    for actor, statement in (
        (
            admin,
            "INSERT INTO emergency_accesses "
            "VALUES ('x', %(user)s, %(patient)s, 'A reason that is long', now(), now())",
        ),
        (admin, "UPDATE emergency_accesses SET expires_at = now() + interval '1 year'"),
        (admin, "DELETE FROM emergency_accesses"),
    ):
        with psycopg.connect(urls.app) as connection:
            connection.execute("SELECT app_identify(%s, %s, %s, %s, %s)", actor.identification())
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement, {"user": admin.user_id, "patient": patient.patient_id})
    for actor in (people.doctor(), patient):
        with psycopg.connect(urls.app) as connection:
            connection.execute("SELECT app_identify(%s, %s, %s, %s, %s)", actor.identification())
            opened_ = connection.execute(
                "SELECT app_open_emergency('c' || md5(random()::text), %s, '', %s)",
                (patient.patient_id, REASON),
            ).fetchone()
            assert opened_ == (None,)


async def test_a_session_left_open_at_a_desk_is_not_enough(
    api: httpx.AsyncClient, people: People, owner: Owner, signed_in: Headers, urls: Urls
) -> None:
    patient, admin = with_everything(people, owner), people.session(people.admin(), confirmed=False)
    answer = await api.post(
        f"{V1}/admin/emergency-access",
        headers=signed_in(admin),
        json={"patientId": patient.patient_id, "reason": REASON},
    )
    assert (answer.status_code, answer.json()["title"]) == (403, "confirmation-needed")
    assert [rows(urls, admin, table, patient) for table in CLINICAL] == [0] * len(CLINICAL)
