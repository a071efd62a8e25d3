"""From state to state: every pair of status and verb, who may, when, and what the database itself refuses."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.appointments.conftest import V1, Practice, code, in_days
from tests.conftest import Urls
from tests.people import People

from dentalization.appointments import policy
from dentalization.appointments.policy import BY_VERB, TRANSITIONS, Timing, Verb
from dentalization.appointments.tables import OCCUPYING, AppointmentStatus
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id

Owner = psycopg.Connection[tuple[object, ...]]
ROUTES = {
    Verb.CONFIRM: "confirmation",
    Verb.CHECK_IN: "check-in",
    Verb.START: "start",
    Verb.COMPLETE: "completion",
    Verb.CANCEL: "cancellation",
    Verb.NO_SHOW: "no-show",
    Verb.RESCHEDULE: "reschedule",
}


def put(owner: Owner, doctor: Actor, patient: Actor, *, status: str, at: datetime) -> str:
    """An appointment as it may have become."""
    appointment_id = new_id()
    owner.execute(
        "INSERT INTO appointments (id, patient_id, doctor_id, scheduled_at, duration, status, reason) "
        "VALUES (%s, %s, %s, %s, 30, %s, 'Pain')",
        (appointment_id, patient.patient_id, doctor.doctor_id, at, status),
    )
    return appointment_id


@pytest.mark.parametrize(("status", "verb"), list(itertools.product(AppointmentStatus, Verb)))
async def test_every_status_and_every_verb(
    practice: Practice, people: People, owner: Owner, status: AppointmentStatus, verb: Verb
) -> None:
    doctor, patient = await practice.doctor(), people.patient()
    at = datetime.now(UTC) - timedelta(minutes=5) if verb is Verb.NO_SHOW else in_days(3)
    appointment = put(owner, doctor, patient, status=status, at=at)
    more = {"scheduledAt": in_days(4).isoformat()} if verb is Verb.RESCHEDULE else {}
    rule = BY_VERB[verb]
    if policy.DOCTOR in rule.who and policy.PATIENT not in rule.who:
        assert code(await practice.do(patient, appointment, ROUTES[verb], **more)) == (
            403, "only-the-dentist",
        )  # fmt: skip
    answer = await practice.do(doctor, appointment, ROUTES[verb], **more)
    if status not in rule.before:
        assert code(answer) == (409, "wrong-state")
        return
    assert answer.status_code == 200, answer.text
    found = await practice.seen(doctor, appointment)
    assert found["status"] == (rule.after or status)
    assert (found["checkedInAt"] is not None) == (verb is Verb.CHECK_IN)
    (event,) = found["events"]
    assert (event["statusBefore"], event["statusAfter"]) == (status, rule.after or status)
    assert event["actorRole"] == "DOCTOR"


@pytest.mark.parametrize(
    ("verb", "hours", "expected"),
    [
        (Verb.CANCEL, 11.9, "too-late"),
        (Verb.CANCEL, 12.1, None),
        (Verb.RESCHEDULE, 23.9, "too-late"),
        (Verb.RESCHEDULE, 24.1, None),
        (Verb.CHECK_IN, 1.1, "too-early"),
        (Verb.CHECK_IN, 0.9, None),
        (Verb.CHECK_IN, -1.1, "too-late"),
    ],
)
async def test_a_patients_time_limits(
    practice: Practice, people: People, owner: Owner, verb: Verb, hours: float, expected: str | None
) -> None:
    doctor, patient = await practice.doctor(), people.patient()
    at = datetime.now(UTC) + timedelta(hours=hours)
    more = {"scheduledAt": in_days(6).isoformat()} if verb is Verb.RESCHEDULE else {}
    appointment = put(owner, doctor, patient, status="CONFIRMED", at=at)
    answer = await practice.do(patient, appointment, ROUTES[verb], **more)
    if expected is None:
        assert answer.status_code == 200, answer.text
        return
    assert code(answer) == (409, expected)
    assert (await practice.do(doctor, appointment, ROUTES[verb], **more)).status_code == 200


async def test_nobody_misses_what_has_not_come(practice: Practice, people: People, owner: Owner) -> None:
    doctor = await practice.doctor()
    appointment = put(owner, doctor, people.patient(), status="SCHEDULED", at=in_days(1))
    assert code(await practice.do(doctor, appointment, "no-show")) == (409, "too-early")


@given(
    verb=st.sampled_from(Verb),
    role=st.sampled_from([policy.DOCTOR, policy.PATIENT]),
    minutes=st.integers(-3000, 3000),
)
def test_limits_of_time_are_one_stretch(verb: Verb, role: str, minutes: int) -> None:
    """Whoever may do it at two moments may do it at each in between."""
    now = datetime(2026, 3, 1, tzinfo=UTC)
    order = [Timing.TOO_EARLY, Timing.RIGHT, Timing.TOO_LATE]

    def place(left: int) -> int:
        return order.index(policy.timing(verb, role, begins_at=now + timedelta(minutes=left), now=now))

    assert place(minutes) <= place(minutes - 1)


async def test_what_an_appointment_tells_in_the_end(practice: Practice, people: People, owner: Owner) -> None:
    doctor, patient = await practice.doctor(), people.patient()
    made = await practice.booked(patient, doctor, in_days(2))
    for step in ("confirmation", "check-in", "start"):
        assert (await practice.do(doctor, made["id"], step)).status_code == 200
    assert (await practice.do(doctor, made["id"], "check-in")).status_code == 409
    done = (await practice.do(doctor, made["id"], "completion", notes="Filling at 36")).json()
    assert done["appointment"]["notes"] == "Filling at 36"
    assert done["recordDraft"]["patientId"] == patient.patient_id
    assert done["recordDraft"]["data"] == {"appointmentId": made["id"]}
    found = await practice.seen(patient, made["id"])
    steps = [(event["step"], event["actorRole"]) for event in found["events"]]
    assert steps == [
        ("BOOKED", "PATIENT"), ("CONFIRMED", "DOCTOR"), ("CHECKED_IN", "DOCTOR"), ("STARTED", "DOCTOR"),
        ("COMPLETED", "DOCTOR"),
    ]  # fmt: skip


async def test_a_reason_is_told_and_sealed(practice: Practice, people: People, owner: Owner) -> None:
    doctor, patient = await practice.doctor(), people.patient()
    made = await practice.booked(patient, doctor, in_days(2))
    assert (await practice.do(patient, made["id"], "cancellation", reason="Ill")).status_code == 200
    events = (await practice.seen(patient, made["id"]))["events"]
    assert [(event["step"], event["reason"]) for event in events] == [("BOOKED", None), ("CANCELLED", "Ill")]
    stored = owner.execute(
        "SELECT reason FROM appointment_events WHERE appointment_id = %s AND step = 'CANCELLED'",
        (made["id"],),
    ).fetchone()
    assert stored
    assert str(stored[0]).startswith("sealed:")


async def test_moving_frees_the_old_time_and_takes_the_new(practice: Practice, people: People) -> None:
    doctor, patient, other = await practice.doctor(), people.patient(), people.patient()
    at, to = in_days(2), in_days(2, hour=5)
    made = await practice.booked(patient, doctor, at)
    assert (await practice.do(doctor, made["id"], "confirmation")).status_code == 200
    moved = await practice.do(patient, made["id"], "reschedule", scheduledAt=to.isoformat(), reason="Work")
    assert moved.status_code == 200, moved.text
    assert moved.json()["id"] == made["id"]
    assert moved.json()["status"] == "SCHEDULED"
    assert code(await practice.book(other, doctor, to)) == (409, "slot-taken")
    await practice.booked(other, doctor, at)
    assert code(await practice.do(patient, made["id"], "reschedule", scheduledAt=at.isoformat())) == (
        409, "slot-taken",
    )  # fmt: skip
    # A little further, over its own old time.
    near = (to + timedelta(minutes=10)).isoformat()
    assert (await practice.do(patient, made["id"], "reschedule", scheduledAt=near)).status_code == 200
    event = (await practice.seen(patient, made["id"]))["events"][-1]
    assert datetime.fromisoformat(event["scheduledBefore"]) == to


async def test_a_change_names_the_version_it_is_of(practice: Practice, people: People) -> None:
    doctor, patient = await practice.doctor(), people.patient()
    answer = await practice.book(patient, doctor, in_days(2))
    made, version = answer.json(), {"headers": {"If-Match": answer.headers["etag"]}}
    assert (await practice.do(doctor, made["id"], "confirmation", **version)).status_code == 200
    assert code(await practice.do(doctor, made["id"], "start", **version)) == (412, "changed-meanwhile")


async def test_cancelling_takes_the_care_away(practice: Practice, people: People, owner: Owner) -> None:
    doctor, patient = await practice.doctor(), people.patient()

    async def cared_for() -> bool:
        answer = await practice.api.get(f"{V1}/doctors/me/patients", headers=practice.headers(doctor))
        return patient.patient_id in answer.text

    first = await practice.booked(patient, doctor, in_days(2))
    second = await practice.booked(patient, doctor, in_days(3))
    assert await cared_for()
    await practice.do(patient, first["id"], "cancellation")
    assert await cared_for()
    await practice.do(patient, second["id"], "cancellation")
    assert not await cared_for()
    assert (await practice.seen(doctor, second["id"]))["patient"] is None
    owner.execute("DELETE FROM appointments WHERE patient_id = %s", (patient.patient_id,))
    counts = owner.execute(
        "SELECT appointments FROM care_relationships WHERE patient_id = %s", (patient.patient_id,)
    ).fetchall()
    assert counts == []


def sql_as(urls: Urls, actor: Actor, statement: str, *parameters: Any) -> int:
    with psycopg.connect(urls.app) as connection:
        connection.execute("SELECT app_identify(%s, %s, %s, %s, %s)", actor.identification())
        return connection.execute(statement, parameters).rowcount


@pytest.mark.parametrize(
    ("before", "after"), [pair for pair in itertools.product(AppointmentStatus, repeat=2) if len({*pair}) > 1]
)
def test_the_database_knows_the_same_table(
    urls: Urls, people: People, owner: Owner, before: AppointmentStatus, after: AppointmentStatus
) -> None:
    doctor, patient = people.doctor(), people.patient()
    allowed = {(one, other, who) for one, other, who in policy.status_changes()}
    for actor, role in ((doctor, policy.DOCTOR), (patient, policy.PATIENT)):
        appointment = put(owner, doctor, patient, status=before, at=in_days(3))
        moved = ", scheduled_at = scheduled_at + interval '1 hour'" if after == "SCHEDULED" else ""
        statement = f"UPDATE appointments SET status = %s{moved} WHERE id = %s"
        if (before, after, role) in allowed:
            assert sql_as(urls, actor, statement, after, appointment) == 1
        else:
            with pytest.raises(psycopg.errors.CheckViolation):
                sql_as(urls, actor, statement, after, appointment)
        owner.execute("DELETE FROM appointments WHERE id = %s", (appointment,))


def test_sql_cannot_rewrite_what_happened(urls: Urls, people: People, owner: Owner) -> None:
    doctor, patient = people.doctor(), people.patient()
    appointment = put(owner, doctor, patient, status="SCHEDULED", at=in_days(3))
    confirm = "UPDATE appointments SET status = 'CONFIRMED' WHERE id = %s"
    assert sql_as(urls, doctor, confirm, appointment) == 1
    why = "UPDATE appointment_events SET reason = 'x' WHERE appointment_id = %s"
    assert sql_as(urls, doctor, why, appointment) == 0, "only in the transaction in which it happened"
    for statement in (
        "UPDATE appointment_events SET step = 'BOOKED' WHERE appointment_id = %s",
        "DELETE FROM appointment_events WHERE appointment_id = %s",
        "INSERT INTO appointment_events SELECT * FROM appointment_events WHERE appointment_id = %s",
        "UPDATE appointments SET patient_id = patient_id WHERE id = %s",
        "DELETE FROM appointments WHERE id = %s",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            sql_as(urls, doctor, statement, appointment)
    with pytest.raises(psycopg.errors.IntegrityError):
        owner.execute(
            "UPDATE appointment_events SET step = 'STARTED' WHERE appointment_id = %s", (appointment,)
        )


def test_every_status_is_reached_and_ends() -> None:
    reached = {AppointmentStatus.SCHEDULED} | {rule.after for rule in TRANSITIONS if rule.after}
    assert reached == set(AppointmentStatus)
    left = {before for rule in TRANSITIONS for before in rule.before}
    assert left == set(OCCUPYING)
    assert set(BY_VERB) == set(Verb)
