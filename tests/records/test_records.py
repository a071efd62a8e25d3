"""A dentist writes what happened, the patient reads it, and nobody changes it."""

from __future__ import annotations

import re
from typing import Any

import httpx
import psycopg
from tests.appointments.conftest import V1, code, in_days
from tests.people import People
from tests.web.visits import csrf, person, sign_in

from dentalization.db.identity import Actor
from dentalization.db.ids import new_id

Owner = psycopg.Connection[tuple[Any, ...]]
BODY = {"recordType": "treatment", "title": "Filling", "description": "36, composite, two surfaces"}


def in_care(people: People) -> tuple[Actor, Actor]:
    doctor, patient = people.doctor(), people.patient()
    people.diagnosis(patient, doctor=doctor)
    return doctor, patient


async def test_what_a_dentist_writes_the_patient_reads(
    api: httpx.AsyncClient, people: People, owner: Owner, signed_in: Any
) -> None:
    doctor, patient = in_care(people)
    body = {**BODY, "patientId": patient.patient_id, "data": {"tooth": 36, "surfaces": ["M", "O"]}}
    key = {**signed_in(doctor), "Idempotency-Key": new_id()}
    made = await api.post(f"{V1}/records", headers=key, json=body)
    assert made.status_code == 201, made.text
    again = await api.post(f"{V1}/records", headers=key, json=body)
    assert again.json()["id"] == made.json()["id"]
    found = (await api.get(made.headers["location"], headers=signed_in(patient))).json()
    assert found["description"] == BODY["description"]
    assert found["data"] == body["data"]
    assert found["doctor"]["lastName"] == "Santoso"
    stored = owner.execute("SELECT description FROM medical_records WHERE id = %s", (found["id"],)).fetchone()
    assert stored
    assert str(stored[0]).startswith("sealed:")


async def test_records_come_newest_first_page_by_page(
    api: httpx.AsyncClient, people: People, signed_in: Any
) -> None:
    doctor, patient = in_care(people)
    for days in (-30, -10, -20, -1):
        body = {**BODY, "patientId": patient.patient_id, "recordDate": in_days(days).isoformat()}
        assert (await api.post(f"{V1}/records", headers=signed_in(doctor), json=body)).status_code == 201
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 3}
    while True:
        page = (await api.get(f"{V1}/records", headers=signed_in(patient), params=query)).json()
        seen += [item["recordDate"] for item in page["items"]]
        if page["next"] is None:
            break
        query["after"] = page["next"]
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == 4


async def test_nobody_else_writes_and_nothing_is_written_of_tomorrow(
    api: httpx.AsyncClient, people: People, signed_in: Any
) -> None:
    doctor, patient = in_care(people)
    body = {**BODY, "patientId": patient.patient_id}
    refused = await api.post(f"{V1}/records", headers=signed_in(patient), json=body)
    assert code(refused) == (403, "records-by-dentists")
    other = await api.post(f"{V1}/records", headers=signed_in(people.doctor()), json=body)
    assert other.status_code == 404
    tomorrow = {**body, "recordDate": in_days(1).isoformat()}
    late = await api.post(f"{V1}/records", headers=signed_in(doctor), json=tomorrow)
    assert late.status_code == 422
    assert "recordDate" in late.text


async def test_a_record_cannot_be_changed(people: People, owner: Owner, urls: Any) -> None:
    doctor, patient = in_care(people)
    made = new_id()
    owner.execute(
        "INSERT INTO medical_records (id, patient_id, doctor_id, record_type, title, description) "
        "VALUES (%s, %s, %s, 'note', 'Check', 'All well')",
        (made, patient.patient_id, doctor.doctor_id),
    )
    with psycopg.connect(urls.app, autocommit=True) as app:
        for change in ("UPDATE medical_records SET title = 'x'", "DELETE FROM medical_records"):
            try:
                app.execute(change)
            except psycopg.errors.InsufficientPrivilege:
                continue
            raise AssertionError(change)


async def test_a_completed_appointment_offers_to_write_its_record(
    app_browser: httpx.AsyncClient, people: People, owner: Owner
) -> None:
    email, patient = await person(people, "doctor"), people.patient()
    await sign_in(app_browser, email)
    made = new_id()
    owner.execute(
        "INSERT INTO appointments (id, patient_id, doctor_id, scheduled_at, duration, status, reason) "
        "SELECT %s, %s, d.id, now() - interval '1 hour', 30, 'IN_PROGRESS', 'Broken filling' "
        "FROM doctor_profiles d JOIN users u ON u.id = d.user_id WHERE u.email = %s",
        (made, patient.patient_id, email),
    )
    path = f"/appointments/{made}"
    form = {"csrf": await csrf(app_browser, path), "notes": "36 filled, composite"}
    assert (await app_browser.post(f"{path}/completion", data=form)).status_code == 303
    link = re.search(r'href="(/records/new\?appointment=\w+)"', (await app_browser.get(path)).text)
    assert link
    page = (await app_browser.get(link[1])).text
    assert 'value="Broken filling"' in page
    assert ">36 filled, composite<" in page
    typed = {name: _value(page, name) for name in ("csrf", "patientId", "appointmentId", "key", "title")}
    empty = await app_browser.post("/records", data={**typed, "recordType": "treatment", "description": ""})
    assert empty.status_code == 422
    assert 'href="#description"' in empty.text
    done = await app_browser.post(
        "/records", data={**typed, "recordType": "treatment", "description": "36 filled"}
    )
    assert done.status_code == 303
    shown = (await app_browser.get(done.headers["location"])).text
    assert "36 filled" in shown
    assert f'href="{path}"' in shown


def _value(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    assert found, name
    return found[1]
