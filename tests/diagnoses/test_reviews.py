from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from typing import Any

import httpx
import psycopg
import pytest
from tests.people import DETECTIONS, People

from dentalization.context import Context
from dentalization.db.identity import Actor
from dentalization.diagnoses import service
from dentalization.diagnoses.errors import AlreadyClaimed
from dentalization.diagnoses.policy import TRANSITIONS, may_become
from dentalization.diagnoses.tables import DiagnosisStatus
from dentalization.errors import NotFound

V1 = "/api/v1"
Headers = Callable[[Actor], dict[str, str]]
Owner = psycopg.Connection[tuple[object, ...]]
CORRECTED = [
    {"condition": "calculus", "confidence": 1.0, "location": {"x": 1, "y": 2, "width": 3, "height": 4}}
]


async def queued(api: httpx.AsyncClient, headers: dict[str, str]) -> list[str]:
    page = await api.get(f"{V1}/diagnoses?status=PENDING&limit=100", headers=headers)
    return [item["id"] for item in page.json()["items"]]


async def test_from_the_queue_to_the_history(
    api: httpx.AsyncClient, people: People, signed_in: Headers
) -> None:
    patient, doctor, colleague = people.patient(), people.doctor(), people.doctor()
    diagnosis = people.diagnosis(patient, created_at="2000-01-01")  # has waited longest
    path = f"{V1}/diagnoses/{diagnosis}"
    mine = signed_in(doctor)
    assert (await queued(api, mine))[0] == diagnosis
    assert diagnosis not in await queued(api, signed_in(people.doctor(verified=False)))
    assert (await api.get(f"{V1}/diagnoses?status=PENDING", headers=signed_in(patient))).status_code == 200

    early = await api.post(f"{path}/review", json={"decision": "CONFIRMED"}, headers=mine)
    assert (early.status_code, early.json()["title"]) == (409, "not-claimed")
    assert (await api.post(f"{path}/claim", headers=mine)).status_code == 200
    assert (await api.post(f"{path}/claim", headers=mine)).status_code == 200  # again is fine
    assert diagnosis not in await queued(api, mine)
    assert (await api.get(path, headers=signed_in(colleague))).status_code == 404

    review = {"decision": "CONFIRMED", "notes": "calculus, not caries", "detections": CORRECTED}
    version = (await api.get(path, headers=mine)).headers["etag"]
    stale = await api.post(f"{path}/review", json=review, headers={**mine, "If-Match": '"1"'})
    assert stale.status_code == 412
    done = await api.post(f"{path}/review", json=review, headers={**mine, "If-Match": version})
    assert done.status_code == 200, done.text

    seen = (await api.get(path, headers=signed_in(patient))).json()
    assert (seen["status"], seen["notes"]) == ("CONFIRMED", "calculus, not caries")
    assert seen["doctor"] == {
        "firstName": "Budi",
        "lastName": "Santoso",
        "specialization": "General Dentistry",
    }
    assert seen["detections"] == DETECTIONS  # the model's own, untouched
    assert seen["reviewedDetections"] == CORRECTED
    assert [(entry["version"], entry["verb"]) for entry in seen["reviews"]] == [
        (1, "CLAIMED"),
        (2, "CONFIRMED"),
    ]
    assert all(entry["reviewerName"] == "Budi Santoso" and entry["reviewedAt"] for entry in seen["reviews"])
    history = (await api.get(f"{V1}/diagnoses", headers=signed_in(patient))).json()["items"]
    assert [(item["id"], item["status"]) for item in history] == [(diagnosis, "CONFIRMED")]
    of_patient = await api.get(f"{V1}/diagnoses?patientId={patient.patient_id}", headers=mine)
    assert [item["id"] for item in of_patient.json()["items"]] == [diagnosis]
    counts = (await api.get(f"{V1}/diagnoses/stats?since=1999-01-01T00:00:00Z", headers=mine)).json()
    assert counts == [{"status": "CONFIRMED", "count": 1}]


async def test_of_many_dentists_at_once_one_gets_it(context: Context, people: People) -> None:
    for _ in range(3):
        diagnosis = people.diagnosis(people.patient())
        doctors = [people.doctor() for _ in range(12)]

        async def attempt(doctor: Actor, wanted: str = diagnosis) -> bool:
            try:
                await service.claim(context.db, actor=doctor, diagnosis_id=wanted)
            except (AlreadyClaimed, NotFound):
                return False
            return True

        assert sum(await asyncio.gather(*map(attempt, doctors))) == 1


async def test_a_patient_decides_nothing(api: httpx.AsyncClient, people: People, signed_in: Headers) -> None:
    patient = people.patient()
    path = f"{V1}/diagnoses/{people.diagnosis(patient)}"
    for verb, body in (("claim", None), ("review", {"decision": "CONFIRMED"})):
        answer = await api.post(f"{path}/{verb}", json=body, headers=signed_in(patient))
        assert answer.status_code == 403


ALL = list(itertools.permutations(DiagnosisStatus, 2))


@pytest.mark.parametrize(("before", "after"), ALL)
def test_the_database_allows_exactly_the_transitions_of_the_policy(
    people: People, owner: Owner, before: DiagnosisStatus, after: DiagnosisStatus
) -> None:
    """Even for the owner, who passes every row-level policy."""
    diagnosis = people.diagnosis(people.patient(), doctor=people.doctor(), status=before)
    statement = "UPDATE ai_diagnoses SET status = %s WHERE id = %s"
    if may_become(before, after):
        owner.execute(statement, (after, diagnosis))
    else:
        with pytest.raises(psycopg.errors.CheckViolation) as raised:
            owner.execute(statement, (after, diagnosis))
        assert raised.value.diag.constraint_name == "ai_diagnoses_status_transition"


def test_the_transitions_are_those_of_the_issue() -> None:
    pending, reviewed, confirmed, rejected = DiagnosisStatus
    assert {
        (pending, reviewed),
        (pending, confirmed),
        (pending, rejected),
        (reviewed, confirmed),
        (reviewed, rejected),
    } == TRANSITIONS


def test_nobody_overwrites_what_the_model_found(people: People, owner: Owner) -> None:
    diagnosis = people.diagnosis(people.patient())
    with pytest.raises(psycopg.errors.CheckViolation):
        owner.execute("UPDATE ai_diagnoses SET detections = '[]' WHERE id = %s", (diagnosis,))


async def test_the_ledger_is_append_only_for_the_app(urls: Any, people: People, context: Context) -> None:
    doctor, diagnosis = people.doctor(), people.diagnosis(people.patient())
    await service.claim(context.db, actor=doctor, diagnosis_id=diagnosis)
    for statement in ("UPDATE diagnosis_reviews SET notes = 'x'", "DELETE FROM diagnosis_reviews"):
        with psycopg.connect(urls.app) as connection:
            connection.execute(
                "SELECT app_identify(%s, 'DOCTOR', '', %s, '')", (doctor.user_id, doctor.doctor_id)
            )
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


BAD_DETECTIONS: list[Any] = [
    {"not": "a list"},
    [{}],
    [{"condition": "caries", "confidence": 2, "location": {"x": 0, "y": 0, "width": 1, "height": 1}}],
    [{"condition": "caries", "confidence": 1, "location": {"x": 0, "y": 0, "width": 0, "height": 1}}],
    [{"condition": "caries", "confidence": 1, "location": {"x": -1, "y": 0, "width": 1, "height": 1}}],
    [{"condition": "caries", "confidence": "1", "location": {"x": 0, "y": 0, "width": 1, "height": 1}}],
    [{"condition": 3, "confidence": 1, "location": {"x": 0, "y": 0, "width": 1, "height": 1}}],
    [{"condition": "caries", "confidence": 1, "location": {"x": 0, "y": 0, "width": 1}}],
    ["caries"],
]


@pytest.mark.parametrize("detections", BAD_DETECTIONS)
def test_impossible_detections_do_not_fit_into_the_database(people: People, detections: Any) -> None:
    import json

    with pytest.raises(psycopg.errors.CheckViolation):
        people.diagnosis(people.patient(), detections=json.dumps(detections))


@pytest.mark.parametrize("detections", BAD_DETECTIONS)
async def test_and_a_review_names_the_wrong_field(
    api: httpx.AsyncClient, people: People, signed_in: Headers, detections: Any
) -> None:
    doctor = people.doctor()
    path = f"{V1}/diagnoses/{people.diagnosis(people.patient(), doctor=doctor)}/review"
    body = {"decision": "CONFIRMED", "detections": detections}
    answer = await api.post(path, json=body, headers=signed_in(doctor))
    assert answer.status_code == 422
    assert all(item["field"].startswith("detections") for item in answer.json()["errors"])


def test_care_follows_what_joins_doctor_and_patient(people: People, owner: Owner) -> None:
    doctor, other, patient = people.doctor(), people.doctor(), people.patient()

    def care(of: Actor) -> Any:
        return owner.execute(
            "SELECT diagnoses, appointments, records FROM care_relationships "
            "WHERE doctor_id = %s AND patient_id = %s",
            (of.doctor_id, patient.patient_id),
        ).fetchone()

    first, second = people.diagnosis(patient, doctor=doctor), people.diagnosis(patient)
    assert care(doctor) == (1, 0, 0)
    owner.execute("UPDATE ai_diagnoses SET doctor_id = %s WHERE id = %s", (doctor.doctor_id, second))
    assert care(doctor) == (2, 0, 0)
    owner.execute("UPDATE ai_diagnoses SET doctor_id = %s WHERE id = %s", (other.doctor_id, second))
    assert (care(doctor), care(other)) == ((1, 0, 0), (1, 0, 0))
    owner.execute(
        "INSERT INTO appointments (id, patient_id, doctor_id, scheduled_at, duration, reason) "
        "VALUES (%s, %s, %s, now(), 30, 'check')",
        (f"c{first[1:]}", patient.patient_id, doctor.doctor_id),
    )
    assert care(doctor) == (1, 1, 0)
    owner.execute("DELETE FROM ai_diagnoses WHERE id = ANY(%s)", ([first, second],))
    assert (care(doctor), care(other)) == ((0, 1, 0), None)
    owner.execute("DELETE FROM appointments WHERE patient_id = %s", (patient.patient_id,))
    assert care(doctor) is None
