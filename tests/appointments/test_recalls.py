"""A doctor says when a patient is to come again: listed when due, told once, over with a booking."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.appointments.conftest import V1, Practice, code, in_days
from tests.appointments.desk import Desk

from dentalization.appointments import notices, recalls
from dentalization.appointments.recalls import months_after
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id

Owner = psycopg.Connection[tuple[Any, ...]]


async def recalled(practice: Practice, doctor: Actor, patient: Actor, months: int = 6, **more: Any) -> Any:
    body = {"patientId": patient.patient_id, "months": months, **more}
    return await practice.api.post(f"{V1}/recalls", headers=practice.headers(doctor), json=body)


async def due(practice: Practice, doctor: Actor, **query: Any) -> list[dict[str, Any]]:
    answer = await practice.api.get(f"{V1}/recalls", headers=practice.headers(doctor), params=query)
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_who_is_due_is_listed_until_the_patient_books(practice: Practice) -> None:
    doctor, patient = await practice.doctor(), practice.people.patient()
    practice.people.diagnosis(patient, doctor=doctor)
    answer = await recalled(practice, doctor, patient, 3, note="Crown of 36")
    assert answer.status_code == 201, answer.text
    (found,) = await due(practice, doctor)
    assert found["note"] == "Crown of 36"
    assert found["patient"]["firstName"] == "Siti"
    assert await due(practice, doctor, due=in_days(30).date().isoformat()) == []
    assert len(await due(practice, doctor, due=found["dueOn"])) == 1
    assert code(await recalled(practice, doctor, patient)) == (409, "already-recalled")
    await practice.booked(patient, doctor, in_days(5))
    assert await due(practice, doctor) == []


async def test_a_recall_is_withdrawn_and_set_anew(practice: Practice) -> None:
    doctor, patient = await practice.doctor(), practice.people.patient()
    practice.people.diagnosis(patient, doctor=doctor)
    made = (await recalled(practice, doctor, patient)).json()
    other = await practice.doctor()
    path = f"{V1}/recalls/{made['id']}"
    assert (await practice.api.delete(path, headers=practice.headers(other))).status_code == 404
    assert (await practice.api.delete(path, headers=practice.headers(doctor))).status_code == 204
    assert (await practice.api.delete(path, headers=practice.headers(doctor))).status_code == 404
    assert (await recalled(practice, doctor, patient)).status_code == 201


async def test_only_patients_in_care_are_recalled(practice: Practice) -> None:
    doctor, patient = await practice.doctor(), practice.people.patient()
    assert (await recalled(practice, doctor, patient)).status_code == 404
    assert code(await recalled(practice, patient, patient)) == (403, "recalls-for-dentists")
    practice.people.diagnosis(patient, doctor=doctor)
    assert (await recalled(practice, doctor, patient, 61)).status_code == 422


async def test_recalls_come_in_pages_by_their_days(practice: Practice, owner: Owner) -> None:
    doctor = await practice.doctor()
    days = ["2031-05-01", "2031-01-01", "2031-03-01", "2031-01-01", "2031-02-01"]
    for day in days:
        owner.execute(
            "INSERT INTO recalls (id, doctor_id, patient_id, months, due_on) VALUES (%s, %s, %s, 6, %s)",
            (new_id(), doctor.doctor_id, practice.people.patient().patient_id, day),
        )
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = (
            await practice.api.get(f"{V1}/recalls", headers=practice.headers(doctor), params=query)
        ).json()
        seen += [item["dueOn"] for item in page["items"]]
        if page["next"] is None:
            break
        query["after"] = page["next"]
    assert seen == sorted(days)


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)), st.integers(1, 60))
def test_months_after_keep_the_day_where_there_is_one(day: date, months: int) -> None:
    later = months_after(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day <= day.day
    if later.day < day.day:
        assert date.fromordinal(later.toordinal() + 1).day == 1  # the last of its month


@pytest.fixture
async def recall(desk: Desk) -> str:
    """Due in ten days."""
    made = new_id()
    desk.owner.execute(
        "INSERT INTO recalls (id, doctor_id, patient_id, months, due_on) "
        "VALUES (%s, %s, %s, 6, current_date + 10)",
        (made, desk.doctor.doctor_id, desk.patient.patient_id),
    )
    return made


async def deliver(desk: Desk) -> None:
    for (notice,) in desk.owner.execute("SELECT id FROM care_notices").fetchall():
        await notices.deliver(
            desk.db, desk.hand, notice_id=str(notice), public_url="https://example.com",
            usual_zone="Asia/Jakarta",
        )  # fmt: skip


async def test_a_recall_is_told_once_however_often_the_worker_looks(desk: Desk, recall: str) -> None:
    ends = await asyncio.gather(*(recalls.remind_due(desk.db) for _ in range(6)), return_exceptions=True)
    assert [end for end in ends if isinstance(end, BaseException)] == []
    for _ in range(3):
        await recalls.remind_due(desk.db)
        await deliver(desk)
    (letter,) = desk.hand.sent
    assert "Budi Santoso" in letter.text
    assert f"/doctors/{desk.doctor.doctor_id}" in letter.text
    jobs = desk.owner.execute(
        "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'appointments.notice'"
    ).fetchone()
    assert jobs == (1,)
    assert desk.owner.execute("SELECT about_id, outcome FROM care_notices").fetchall() == [(recall, "SENT")]


async def test_who_wants_no_reminders_or_has_booked_gets_none(desk: Desk, recall: str) -> None:
    silent = desk.people.patient(consents=())
    desk.owner.execute(
        "INSERT INTO recalls (id, doctor_id, patient_id, months, due_on) "
        "VALUES (%s, %s, %s, 6, current_date + 10)",
        (new_id(), desk.doctor.doctor_id, silent.patient_id),
    )
    assert await recalls.remind_due(desk.db) == 2
    desk.owner.execute("UPDATE recalls SET status = 'FULFILLED', closed_at = now() WHERE id = %s", (recall,))
    await deliver(desk)
    assert desk.hand.sent == []
    assert desk.owner.execute("SELECT DISTINCT outcome FROM care_notices").fetchall() == [("NOT_WANTED",)]


async def test_a_notice_that_lost_its_job_gets_another(desk: Desk, recall: str) -> None:
    await recalls.remind_due(desk.db)
    assert await notices.enqueue_left(desk.db) == 0
    desk.owner.execute("UPDATE care_notices SET created_at = now() - interval '1 hour'")
    assert await notices.enqueue_left(desk.db) == 0  # its job waits still
    desk.owner.execute("UPDATE procrastinate_jobs SET status = 'failed'")
    assert await notices.enqueue_left(desk.db) == 1
    assert await notices.enqueue_left(desk.db) == 0
    assert recall


async def test_what_is_far_away_is_not_told_yet(desk: Desk) -> None:
    desk.owner.execute(
        "INSERT INTO recalls (id, doctor_id, patient_id, months, due_on) "
        "VALUES (%s, %s, %s, 6, current_date + 20)",
        (new_id(), desk.doctor.doctor_id, desk.patient.patient_id),
    )
    assert await recalls.remind_due(desk.db) == 0
