"""Booking: what is refused and why, what an overbooking takes, and that a retry creates nothing twice."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import psycopg
import pytest
from tests.appointments.conftest import V1, Headers, Practice, code, in_days
from tests.people import People

from dentalization.db.ids import new_id

Owner = psycopg.Connection[tuple[object, ...]]


async def test_a_patient_books_and_both_see_it(practice: Practice, people: People) -> None:
    doctor, patient = await practice.doctor(), people.patient()
    at = in_days(2)
    made = await practice.booked(patient, doctor, at)
    assert (made["status"], made["duration"], made["reason"]) == ("SCHEDULED", 30, "Pain")
    assert datetime.fromisoformat(made["scheduledAt"]) == at
    assert made["patientId"] == patient.patient_id
    assert made["doctor"]["lastName"] == "Santoso"
    for actor in (patient, doctor):
        found = await practice.seen(actor, made["id"])
        assert [event["step"] for event in found["events"]] == ["BOOKED"]
        listed = await practice.api.get(f"{V1}/appointments", headers=practice.headers(actor))
        assert [one["id"] for one in listed.json()["items"]] == [made["id"]]
    assert code(await practice.do(people.patient(), made["id"], "cancellation")) == (404, "not-found")
    assert code(await practice.do(people.doctor(), made["id"], "cancellation")) == (404, "not-found")


async def test_the_reason_is_sealed(practice: Practice, people: People, owner: Owner) -> None:
    made = await practice.booked(people.patient(), await practice.doctor(), in_days(2))
    stored = owner.execute("SELECT reason FROM appointments WHERE id = %s", (made["id"],)).fetchone()
    assert stored
    assert str(stored[0]).startswith("sealed:")


async def test_a_taken_slot_names_the_next_free_ones(practice: Practice, people: People) -> None:
    doctor, at = await practice.doctor(), in_days(2)
    await practice.booked(people.patient(), doctor, at)
    for minutes in (-15, 0, 15):
        refused = await practice.book(people.patient(), doctor, at + timedelta(minutes=minutes))
        assert code(refused) == (409, "slot-taken")
        slots = refused.json()["nextSlots"]
        assert len(slots) == 5
        assert all(slot["duration"] == 30 for slot in slots)
        next_ = datetime.fromisoformat(slots[0]["scheduledAt"])
        assert next_ >= at + timedelta(minutes=30)
    await practice.booked(people.patient(), doctor, at + timedelta(minutes=30))
    await practice.booked(people.patient(), doctor, at - timedelta(minutes=30))


async def test_a_patient_is_in_one_place_at_a_time(practice: Practice, people: People) -> None:
    patient, at = people.patient(), in_days(2)
    await practice.booked(patient, await practice.doctor(), at)
    other = await practice.doctor()
    assert code(await practice.book(patient, other, at + timedelta(minutes=10))) == (409, "patient-busy")
    await practice.booked(patient, other, at + timedelta(minutes=30))


async def test_what_is_refused_says_why(practice: Practice, people: People) -> None:
    doctor = await practice.doctor(
        hours=[{"weekday": day, "opens": "09:00", "closes": "17:00"} for day in range(1, 8)],
        minimumNoticeMinutes=180,
        furthestDays=30,
        longestMinutes=60,
    )
    patient = people.patient()
    ten = in_days(3, hour=3)  # in Jakarta
    cases = {
        "outside-working-hours": (in_days(3, hour=1, minute=45), 30),
        "in-the-past": (datetime.now(UTC) - timedelta(minutes=1), 30),
        "notice-too-short": (datetime.now(UTC) + timedelta(minutes=170), 30),
        "too-far-ahead": (in_days(32), 30),
        "appointment-too-long": (ten, 90),
    }
    for expected, (at, minutes) in cases.items():
        refused = await practice.book(patient, doctor, at, duration=minutes)
        assert code(refused) == (422, expected)
        assert refused.json()["errors"][0]["field"] in ("scheduledAt", "duration")
    assert code(await practice.book(patient, doctor, in_days(3, hour=9, minute=45))) == (
        422, "outside-working-hours",
    )  # fmt: skip
    await practice.booked(patient, doctor, in_days(3, hour=9, minute=30))
    assert code(await practice.book(patient, people.doctor(), ten)) == (409, "no-schedule")
    assert code(await practice.book(patient, people.doctor(verified=False), ten)) == (
        409, "doctor-not-verified",
    )  # fmt: skip
    unknown = await practice.book(patient, doctor, ten, doctorId="c" + "0" * 24)
    assert code(unknown) == (404, "not-found")
    assert code(await practice.book(people.admin(), doctor, ten)) == (403, "no-calendar")


async def test_a_licence_that_has_run_out_ends_the_bookings(
    practice: Practice, people: People, owner: Owner
) -> None:
    doctor = await practice.doctor()
    owner.execute("UPDATE doctor_profiles SET is_verified = false WHERE id = %s", (doctor.doctor_id,))
    refused = await practice.book(people.patient(), doctor, in_days(2))
    assert code(refused) == (409, "doctor-not-verified")
    patient = people.patient()
    people.diagnosis(patient, doctor=doctor)
    own = await practice.book(doctor, doctor, in_days(2), patientId=patient.patient_id)
    assert code(own) == (403, "not-verified")


async def test_a_doctor_books_for_patients_in_care_alone(practice: Practice, people: People) -> None:
    doctor, patient = await practice.doctor(), people.patient()
    at = in_days(2)
    assert code(await practice.book(doctor, doctor, at)) == (422, "invalid")
    assert code(await practice.book(doctor, doctor, at, patientId=patient.patient_id)) == (404, "not-found")
    people.diagnosis(patient, doctor=doctor)
    await practice.booked(doctor, doctor, at, patientId=patient.patient_id)
    other = await practice.doctor()
    assert code(await practice.book(doctor, other, at, patientId=patient.patient_id)) == (403, "no-calendar")
    someone = people.patient()
    assert code(await practice.book(someone, doctor, at, patientId=patient.patient_id)) == (404, "not-found")


async def test_an_overbooking_takes_the_doctor_and_a_reason(
    practice: Practice, people: People, owner: Owner
) -> None:
    doctor, first, second = await practice.doctor(), people.patient(), people.patient()
    at = in_days(2)
    await practice.booked(first, doctor, at)
    people.diagnosis(second, doctor=doctor)
    plea = {"overbooking": {"reason": "Swollen since the night"}}
    assert code(await practice.book(second, doctor, at, **plea)) == (403, "overbooking-for-dentists")
    asked = {"patientId": second.patient_id}
    assert code(await practice.book(doctor, doctor, at, **asked)) == (409, "slot-taken")
    assert (await practice.book(doctor, doctor, at, **asked, overbooking={"reason": ""})).status_code == 422
    made = await practice.booked(doctor, doctor, at, **asked, **plea)
    assert made["metadata"] == {"overbooked": True}
    written = owner.execute(
        "SELECT doctor_id, user_id, starts_with(reason, 'sealed:') FROM appointment_overbookings "
        "WHERE appointment_id = %s",
        (made["id"],),
    ).fetchall()
    assert written == [(doctor.doctor_id, doctor.user_id, True)]
    audited = owner.execute(
        "SELECT kinds FROM audit_log WHERE person = %s AND user_id = %s", (second.patient_id, doctor.user_id)
    ).fetchall()
    assert any("appointment" in str(kinds) for (kinds,) in audited)
    # A patient stays in one place, and the next normal booking sees the overbooked one.
    assert code(await practice.book(doctor, doctor, at, **asked, **plea)) == (409, "patient-busy")
    later = at + timedelta(minutes=30)
    people.diagnosis(first, doctor=doctor)
    third = people.patient()
    people.diagnosis(third, doctor=doctor)
    await practice.booked(doctor, doctor, later, patientId=third.patient_id, **plea)
    assert code(await practice.book(people.patient(), doctor, later)) == (409, "slot-taken")


async def test_a_retry_with_its_key_books_once(practice: Practice, people: People) -> None:
    doctor, patient, at = await practice.doctor(), people.patient(), in_days(2)
    key = {"headers": {"Idempotency-Key": new_id()}}
    answers = await asyncio.gather(*(practice.book(patient, doctor, at, **key) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    other = await practice.book(patient, doctor, at + timedelta(hours=1), **key)
    assert code(other) == (422, "idempotency-key-reused")


async def test_many_at_once_for_one_slot(practice: Practice, people: People) -> None:
    doctor, at = await practice.doctor(), in_days(2)
    patients = [people.patient() for _ in range(30)]
    answers = await asyncio.gather(*(practice.book(patient, doctor, at) for patient in patients))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 29
    assert {code(answer)[1] for answer in answers if answer.status_code == 409} == {"slot-taken"}


async def test_a_buffer_keeps_appointments_apart(practice: Practice, people: People) -> None:
    doctor, at = await practice.doctor(bufferMinutes=10), in_days(2)
    await practice.booked(people.patient(), doctor, at)
    for minutes in (-35, 35):
        refused = await practice.book(people.patient(), doctor, at + timedelta(minutes=minutes))
        assert code(refused) == (409, "slot-taken")
    for minutes in (-40, 40):
        await practice.booked(people.patient(), doctor, at + timedelta(minutes=minutes))


async def test_the_list_continues_by_key_and_keeps_to_its_window(practice: Practice, people: People) -> None:
    doctor, patient = await practice.doctor(), people.patient()
    made = [await practice.booked(patient, doctor, in_days(2 + day)) for day in range(5)]
    headers = practice.headers(patient)
    found: list[str] = []
    after: dict[str, str] = {}
    while True:
        page = (
            await practice.api.get(f"{V1}/appointments", headers=headers, params={"limit": "2", **after})
        ).json()
        found += [one["id"] for one in page["items"]]
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert found == [one["id"] for one in made]
    window = {"from": made[1]["scheduledAt"], "to": made[3]["scheduledAt"]}
    page = (await practice.api.get(f"{V1}/appointments", headers=headers, params=window)).json()
    assert [one["id"] for one in page["items"]] == [made[1]["id"], made[2]["id"]]


@pytest.mark.parametrize("field", ["doctorId", "scheduledAt", "duration", "reason"])
async def test_every_field_is_needed(
    practice: Practice, people: People, api: httpx.AsyncClient, signed_in: Headers, field: str
) -> None:
    body = {
        "doctorId": "c0",
        "scheduledAt": in_days(1).isoformat(),
        "duration": 30,
        "reason": "Pain",
    }
    del body[field]
    answer = await api.post(f"{V1}/appointments", headers=signed_in(people.patient()), json=body)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]
