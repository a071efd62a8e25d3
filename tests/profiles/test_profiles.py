from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.people import People

from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.profiles import service as profiles
from dentalization.profiles.errors import InvalidPhone
from dentalization.profiles.phones import e164

V1 = "/api/v1"
Headers = Callable[[Actor], dict[str, str]]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("0812 3456 7890", "+6281234567890"),
        ("+62 812-3456-7890", "+6281234567890"),
        ("(021) 555 0123", "+62215550123"),
        ("+1 202 555 0123", "+12025550123"),
    ],
)
def test_phones_are_kept_as_e164(written: str, kept: str) -> None:
    assert e164(written, field="phone") == kept


@given(st.text(max_size=40))
def test_a_phone_is_either_e164_or_refused(text: str) -> None:
    try:
        kept = e164(text, field="phone")
    except InvalidPhone:
        return
    assert kept.startswith("+")
    assert kept[1:].isdecimal()
    assert len(kept) <= 20
    assert e164(kept, field="phone") == kept


async def test_a_profile_becomes_complete_when_it_is(
    api: httpx.AsyncClient, people: People, signed_in: Headers
) -> None:
    headers = signed_in(people.patient())
    steps: list[tuple[dict[str, Any], bool]] = [
        ({"dateOfBirth": "1990-05-01"}, False),
        ({"phone": "0812 3456 7890"}, False),
        ({"emergencyContact": "Ayu, +62 811 000 111"}, True),
        ({"phone": None}, False),
    ]
    for changes, complete in steps:
        answer = await api.patch(f"{V1}/me/profile", json=changes, headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.json()["patientProfile"]["profileComplete"] is complete


@pytest.mark.parametrize(
    "field", ["isVerified", "profileComplete", "role", "id", "userId", "licenseNumber", "email", "createdAt"]
)
async def test_nobody_sets_what_is_not_theirs_to_set(
    api: httpx.AsyncClient, people: People, signed_in: Headers, field: str
) -> None:
    for actor in (people.patient(), people.doctor(verified=False)):
        answer = await api.patch(f"{V1}/me/profile", json={field: True}, headers=signed_in(actor))
        assert answer.status_code == 422
        assert field in answer.json()["detail"]


async def test_a_field_of_the_other_role_is_refused(
    api: httpx.AsyncClient, people: People, signed_in: Headers
) -> None:
    answer = await api.patch(
        f"{V1}/me/profile", json={"clinicName": "X"}, headers=signed_in(people.patient())
    )
    assert answer.status_code == 422


async def test_no_update_is_lost(api: httpx.AsyncClient, people: People, signed_in: Headers) -> None:
    headers = signed_in(people.patient())
    version = (await api.get(f"{V1}/me", headers=headers)).headers["etag"]
    tagged = {**headers, "If-Match": version}
    answers = await asyncio.gather(
        *(api.patch(f"{V1}/me/profile", json={"address": str(n)}, headers=tagged) for n in range(6))
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [412] * 5
    renewed = (await api.get(f"{V1}/me", headers=headers)).headers["etag"]
    assert renewed != version


async def test_all_wrong_fields_are_named_at_once(
    api: httpx.AsyncClient, people: People, signed_in: Headers
) -> None:
    changes = {"dateOfBirth": "yesterday", "firstName": "", "yearsExperience": -1}
    answer = await api.patch(f"{V1}/me/profile", json=changes, headers=signed_in(people.doctor()))
    assert answer.headers["content-type"] == "application/problem+json"
    assert {item["field"] for item in answer.json()["errors"]} == set(changes)


async def test_only_an_admin_verifies_a_licence_and_it_holds_at_once(
    api: httpx.AsyncClient, people: People, signed_in: Headers
) -> None:
    doctor, patient = people.doctor(verified=False), people.patient()
    diagnosis = people.diagnosis(patient)
    path = f"{V1}/admin/doctors/{doctor.doctor_id}/verification"
    body = {"decision": "VERIFIED", "reason": "seen"}
    claim = f"{V1}/diagnoses/{diagnosis}/claim"
    assert (await api.post(claim, headers=signed_in(doctor))).status_code == 403
    for other in (patient, doctor, people.doctor()):
        assert (await api.post(path, json=body, headers=signed_in(other))).status_code == 403
    admin = signed_in(people.admin())
    listed = await api.get(f"{V1}/admin/doctors?limit=100", headers=admin)
    assert doctor.doctor_id in [item["id"] for item in listed.json()["items"]]
    assert (await api.post(path, json=body, headers=admin)).status_code == 204
    assert (await api.post(claim, headers=signed_in(doctor))).status_code == 200
    assert (
        await api.post(path, json={"decision": "REJECTED", "reason": "lapsed"}, headers=admin)
    ).status_code == 204
    # The same access token, a moment later: the database looks at the licence, not at the token.
    assert (await api.get(f"{V1}/diagnoses/{diagnosis}", headers=signed_in(doctor))).status_code == 404


async def test_the_app_cannot_verify_by_writing_the_column(urls: Any, people: People) -> None:
    doctor = people.doctor(verified=False)
    with psycopg.connect(urls.app) as connection:
        connection.execute("SELECT app_identify(%s, 'DOCTOR', '', '', '')", (doctor.user_id,))
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(
                "UPDATE doctor_profiles SET is_verified = true WHERE id = %s", (doctor.doctor_id,)
            )


async def test_a_doctor_sees_the_patients_in_care_page_by_page(
    api: httpx.AsyncClient, people: People, signed_in: Headers
) -> None:
    doctor, others = people.doctor(), people.patient()
    patients = [people.patient() for _ in range(5)]
    for patient in patients:
        people.diagnosis(patient, doctor=doctor)
    people.diagnosis(patients[0], doctor=doctor)
    seen: list[dict[str, Any]] = []
    after: str | None = None
    while True:
        parameters = {"limit": 2, **({"after": after} if after else {})}
        page = (
            await api.get(f"{V1}/doctors/me/patients", params=parameters, headers=signed_in(doctor))
        ).json()
        seen += page["items"]
        after = page["next"]
        if after is None:
            break
    assert [item["id"] for item in seen] == [patient.patient_id for patient in reversed(patients)]
    assert [item["diagnoses"] for item in seen] == [1, 1, 1, 1, 2]
    assert others.patient_id not in [item["id"] for item in seen]


async def test_registrations_from_one_network_are_limited(
    api: httpx.AsyncClient, owner: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    owner.execute("DELETE FROM rate_limits")
    monkeypatch.setattr(profiles, "REGISTERED_PER_ADDRESS", 2)

    async def register(number: int) -> int:
        body = {
            "email": f"{new_id()}@example.com", "password": "a good one 9", "role": "PATIENT",
            "firstName": "Siti", "lastName": f"Rahma {number}",
        }  # fmt: skip
        return (await api.post(f"{V1}/auth/register", json=body)).status_code

    assert [await register(number) for number in range(3)] == [201, 201, 429]
