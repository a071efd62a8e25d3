"""SQL against the calendar: nobody is in two places, whoever writes, however many at once."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.appointments.conftest import in_days
from tests.conftest import Urls
from tests.people import People

from dentalization.db.identity import Actor
from dentalization.db.ids import new_id

Owner = psycopg.Connection[tuple[object, ...]]

OVERLAPS = """SELECT a.id, b.id FROM appointments a JOIN appointments b ON a.id < b.id
  AND a.{who} = b.{who} AND a.scheduled_at < b.scheduled_at + make_interval(mins => b.duration)
  AND b.scheduled_at < a.scheduled_at + make_interval(mins => a.duration)
WHERE a.status IN ('SCHEDULED', 'CONFIRMED', 'IN_PROGRESS')
  AND b.status IN ('SCHEDULED', 'CONFIRMED', 'IN_PROGRESS') AND {and_}"""


def overlaps(connection: Owner) -> list[tuple[object, ...]]:
    """Without ranges, indexes or our functions: pairs that take the same time of one person."""
    doctors = OVERLAPS.format(who="doctor_id", and_="NOT coalesce(a.metadata ? 'overbooked', false) "
                              "AND NOT coalesce(b.metadata ? 'overbooked', false)")  # fmt: skip
    patients = OVERLAPS.format(who="patient_id", and_="true")
    return connection.execute(doctors).fetchall() + connection.execute(patients).fetchall()


INSERT = (
    "INSERT INTO appointments (id, patient_id, doctor_id, scheduled_at, duration, reason, status, metadata) "
    "VALUES (%s, %s, %s, %s, %s, 'Pain', %s, %s)"
)


def insert(
    connection: Owner, doctor: Actor, patient: Actor, at: datetime, minutes: int = 30,
    status: str = "SCHEDULED", metadata: str | None = None,
) -> str:  # fmt: skip
    made = new_id()
    values = (made, patient.patient_id, doctor.doctor_id, at, minutes, status, metadata)
    connection.execute(INSERT, values)
    return made


@pytest.fixture
def alone(fresh_urls: Urls) -> Iterator[Owner]:
    """The owner's connection to a database of this test alone."""
    with psycopg.connect(fresh_urls.owner, autocommit=True) as connection:
        yield connection


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    first=st.integers(1, 120), begin=st.integers(-150, 150), second=st.integers(1, 120),
    same=st.sampled_from(["doctor", "patient"]), status=st.sampled_from(["SCHEDULED", "CANCELLED"]),
)  # fmt: skip
def test_two_overlap_when_each_begins_before_the_other_ends(
    people: People, owner: Owner, first: int, begin: int, second: int, same: str, status: str
) -> None:
    doctor, patient, at = people.doctor(), people.patient(), in_days(5)
    insert(owner, doctor, patient, at, first, status)
    overlap = begin < first and begin + second > 0 and status == "SCHEDULED"
    other = (doctor, people.patient()) if same == "doctor" else (people.doctor(), patient)
    arguments = (*other, at + timedelta(minutes=begin), second)
    if overlap:
        with pytest.raises(psycopg.errors.ExclusionViolation) as raised:
            insert(owner, *arguments)
        assert raised.value.diag.constraint_name == f"appointments_{same}_overlap"
    else:
        insert(owner, *arguments)


WRITERS, ROUNDS = 8, 5


@pytest.mark.slow
@pytest.mark.parametrize("guarded", [True, False])
def test_the_constraints_hold_under_any_load(fresh_urls: Urls, alone: Owner, guarded: bool) -> None:
    """Inserts, moves and cancellations from many connections, on few doctors, patients and times. With the
    trigger that orders them nobody is ended as a deadlock; without it the constraints alone keep the rule."""
    people = People(alone)
    doctors, patients = [people.doctor() for _ in range(2)], [people.patient() for _ in range(3)]
    if not guarded:
        alone.execute("ALTER TABLE appointments DISABLE TRIGGER appointments_guard")
    outcomes: dict[str, int] = {}
    counting = threading.Lock()

    def write(number: int) -> None:
        chance = random.Random(number)
        with psycopg.connect(fresh_urls.owner, autocommit=True) as connection:
            for _ in range(40):
                at = in_days(5) + timedelta(minutes=15 * chance.randrange(12))
                try:
                    what = chance.random()
                    if what < 0.6:
                        insert(connection, chance.choice(doctors), chance.choice(patients), at)
                    else:
                        change = "scheduled_at = %s" if what < 0.8 else "status = 'CANCELLED', notes = %s"
                        connection.execute(
                            f"UPDATE appointments SET {change} WHERE id = (SELECT id FROM appointments "
                            "WHERE status = 'SCHEDULED' ORDER BY random() LIMIT 1) AND status = 'SCHEDULED'",
                            (at if what < 0.8 else "",),
                        )
                    outcome = "written"
                except psycopg.Error as error:
                    outcome = type(error).__name__
                with counting:
                    outcomes[outcome] = outcomes.get(outcome, 0) + 1

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    assert overlaps(alone) == []
    assert outcomes["written"] > 20
    assert outcomes["ExclusionViolation"] > 20
    assert set(outcomes) <= {"written", "ExclusionViolation"} | (set() if guarded else {"DeadlockDetected"})


def test_without_constraints_and_trigger_two_share_a_slot(alone: Owner) -> None:
    """So that the tests above can fail."""
    people = People(alone)
    for name in ("doctor", "patient"):
        alone.execute(f"ALTER TABLE appointments DROP CONSTRAINT appointments_{name}_overlap")
    doctor, at = people.doctor(), in_days(5)
    insert(alone, doctor, people.patient(), at)
    insert(alone, doctor, people.patient(), at)
    assert len(overlaps(alone)) == 1


OVERBOOKED = '{"overbooked": true}'
OVERBOOK = (
    "INSERT INTO appointment_overbookings (id, appointment_id, doctor_id, patient_id, user_id, reason) "
    "VALUES (%s, %s, %s, %s, %s, 'Swollen')"
)


def acting(urls: Urls, actor: Actor) -> psycopg.Connection[Any]:
    connection = psycopg.connect(urls.app)
    connection.execute("SELECT app_identify(%s, %s, %s, %s, %s)", actor.identification())
    return connection


def test_an_overbooking_without_its_reason_is_refused(urls: Urls, people: People, owner: Owner) -> None:
    doctor, patient, at = people.doctor(), people.patient(), in_days(5)
    people.diagnosis(patient, doctor=doctor)
    insert(owner, doctor, people.patient(), at)
    for actor in (doctor, patient):
        with acting(urls, actor) as connection, pytest.raises(psycopg.errors.IntegrityError) as raised:
            insert(connection, doctor, patient, at, metadata=OVERBOOKED)
        assert raised.value.diag.constraint_name == "appointments_overbooking_reason"
    made = new_id()
    why = (new_id(), made, doctor.doctor_id, patient.patient_id)
    with acting(urls, patient) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(OVERBOOK, (*why, patient.user_id))
    values = (made, patient.patient_id, doctor.doctor_id, at, 30, "SCHEDULED", OVERBOOKED)
    with acting(urls, doctor) as connection:
        connection.execute(OVERBOOK, (*why, doctor.user_id))
        connection.execute(INSERT, values)
    # The mark alone, in whatever other words, does not pass the constraint.
    for mark in ('{"overbooked": "true"}', '{"overbooked": 1}', '{"overbooked": false}', '["overbooked"]'):
        with pytest.raises(psycopg.errors.ExclusionViolation):
            insert(owner, doctor, people.patient(), at, metadata=mark)
    # Moved by the patient with the mark still on it: the reason was for another time.
    with acting(urls, patient) as connection, pytest.raises(psycopg.errors.IntegrityError) as raised:
        connection.execute(
            "UPDATE appointments SET scheduled_at = scheduled_at + interval '5 minutes' WHERE id = %s",
            (made,),
        )
    assert raised.value.diag.constraint_name == "appointments_overbooking_reason"


def test_a_reason_without_an_appointment_is_not_kept(urls: Urls, people: People) -> None:
    doctor, patient = people.doctor(), people.patient()
    connection = acting(urls, doctor)
    connection.execute(OVERBOOK, (new_id(), new_id(), doctor.doctor_id, patient.patient_id, doctor.user_id))
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        connection.commit()
    connection.close()


def test_a_normal_booking_sees_an_overbooked_one(urls: Urls, people: People, owner: Owner) -> None:
    doctor, patient, at = people.doctor(), people.patient(), in_days(5)
    people.diagnosis(patient, doctor=doctor)
    made = new_id()
    with acting(urls, doctor) as connection:
        connection.execute(OVERBOOK, (new_id(), made, doctor.doctor_id, patient.patient_id, doctor.user_id))
        connection.execute(
            INSERT, (made, patient.patient_id, doctor.doctor_id, at, 30, "SCHEDULED", OVERBOOKED)
        )
    with pytest.raises(psycopg.errors.ExclusionViolation) as raised:
        insert(owner, doctor, people.patient(), at + timedelta(minutes=29))
    assert raised.value.diag.constraint_name == "appointments_doctor_overlap"
    insert(owner, doctor, people.patient(), at + timedelta(minutes=30))


def test_sql_as_a_patient_books_no_unverified_doctor_and_for_nobody_else(urls: Urls, people: People) -> None:
    doctor, patient, at = people.doctor(), people.patient(), in_days(5)
    with acting(urls, patient) as connection, pytest.raises(psycopg.errors.IntegrityError) as raised:
        insert(connection, people.doctor(verified=False), patient, at)
    assert raised.value.diag.constraint_name == "appointments_doctor_practises"
    for actor in (doctor, people.patient()):
        with acting(urls, actor) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            insert(connection, doctor, patient, at)
    with acting(urls, patient) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        insert(connection, doctor, patient, at, status="COMPLETED")


def test_thousands_in_one_transaction_take_few_locks(alone: Owner) -> None:
    people = People(alone)
    patients = [people.patient() for _ in range(1200)]
    doctor = people.doctor()
    with alone.transaction():
        for number, patient in enumerate(patients):
            insert(alone, doctor, patient, in_days(5) + timedelta(minutes=30 * number))
        held = alone.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
        ).fetchone()
    assert held
    assert int(str(held[0])) <= 513
