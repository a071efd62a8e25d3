"""A calendar and a simple model of it go through the same steps, and never disagree."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

import psycopg
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from tests.appointments.conftest import in_days
from tests.appointments.test_overlap import overlaps
from tests.appointments.test_slots import set_up
from tests.conftest import Urls
from tests.people import People

from dentalization.db.identity import Actor
from dentalization.db.ids import new_id

DOCTORS, PATIENTS, PLACES = 2, 3, 12
"""Places are half hours of one morning of the UTC clock."""


@dataclass
class Booked:
    doctor: int
    patient: int
    place: int
    halves: int
    overbooked: bool = False

    def meets(self, place: int, halves: int) -> bool:
        return self.place < place + halves and place < self.place + self.halves


@dataclass
class Model:
    open: list[tuple[int, int]] = field(default_factory=lambda: [(0, PLACES)] * DOCTORS)
    booked: dict[str, Booked] = field(default_factory=dict)

    def refuses(self, one: Booked, moving: str = "") -> bool:
        others = [other for key, other in self.booked.items() if key != moving]
        if any(other.patient == one.patient and other.meets(one.place, one.halves) for other in others):
            return True
        if one.overbooked:
            return False
        opens, closes = self.open[one.doctor]
        inside = opens <= one.place and one.place + one.halves <= closes
        return not inside or any(
            other.doctor == one.doctor and other.meets(one.place, one.halves) for other in others
        )

    def free(self, doctor: int) -> set[int]:
        opens, closes = self.open[doctor]
        return {
            place
            for place in range(opens, closes)
            if not any(one.doctor == doctor and one.meets(place, 1) for one in self.booked.values())
        }


class Calendar(RuleBasedStateMachine):
    """As SQL by the app's login: the terms are asked, then the database writes or refuses."""

    urls: ClassVar[Urls]
    owner: ClassVar[psycopg.Connection[tuple[object, ...]]]

    @initialize()
    def begin(self) -> None:
        people = People(self.owner)
        self.doctors = [people.doctor() for _ in range(DOCTORS)]
        self.patients = [people.patient() for _ in range(PATIENTS)]
        for doctor in self.doctors:
            for patient in self.patients:
                people.diagnosis(patient, doctor=doctor)
        self.day = in_days(5, hour=4)
        self.model = Model()
        for number in range(DOCTORS):
            self._set_hours(number, 0, PLACES)

    @rule(
        doctor=st.integers(0, DOCTORS - 1), patient=st.integers(0, PATIENTS - 1),
        place=st.integers(0, PLACES - 1), halves=st.integers(1, 3), by_doctor=st.booleans(),
        overbooked=st.booleans(),
    )  # fmt: skip
    def book(
        self, doctor: int, patient: int, place: int, halves: int, by_doctor: bool, overbooked: bool
    ) -> None:
        one = Booked(doctor, patient, place, halves, by_doctor and overbooked)
        self._try(one, new_id(), by_doctor=by_doctor, moving=False)

    @rule(data=st.data(), place=st.integers(0, PLACES - 1), by_doctor=st.booleans())
    def reschedule(self, data: st.DataObject, place: int, by_doctor: bool) -> None:
        if self.model.booked:
            key = data.draw(st.sampled_from(sorted(self.model.booked)))
            old = self.model.booked[key]
            one = Booked(old.doctor, old.patient, place, old.halves)
            self._try(one, key, by_doctor=by_doctor, moving=True)

    @rule(data=st.data(), by_doctor=st.booleans())
    def cancel(self, data: st.DataObject, by_doctor: bool) -> None:
        if self.model.booked:
            key = data.draw(st.sampled_from(sorted(self.model.booked)))
            one = self.model.booked.pop(key)
            with self._acting(one, by_doctor=by_doctor) as connection:
                statement = "UPDATE appointments SET status = 'CANCELLED' WHERE id = %s"
                assert connection.execute(statement, (key,)).rowcount == 1

    @rule(
        doctor=st.integers(0, DOCTORS - 1),
        opens=st.integers(0, PLACES - 1),
        length=st.integers(0, PLACES),
    )
    def change_hours(self, doctor: int, opens: int, length: int) -> None:
        self._set_hours(doctor, opens, min(PLACES, opens + length))

    @invariant()
    def nobody_is_in_two_places(self) -> None:
        assert overlaps(self.owner) == []

    @invariant()
    def the_same_is_booked_and_free(self) -> None:
        if not hasattr(self, "model"):
            return
        rows = self.owner.execute(
            "SELECT id, scheduled_at, duration FROM appointments WHERE doctor_id = ANY(%s) "
            "AND status = 'SCHEDULED'",
            ([doctor.doctor_id for doctor in self.doctors],),
        ).fetchall()
        assert {str(key): (at, minutes) for key, at, minutes in rows} == {
            key: (self._at(one.place), 30 * one.halves) for key, one in self.model.booked.items()
        }
        for number, doctor in enumerate(self.doctors):
            with self._identified(self.patients[0]) as connection:
                slots = connection.execute(
                    "SELECT scheduled_at FROM app_free_slots(%s, %s, %s, NULL, 100)",
                    (doctor.doctor_id, self._at(0), self._at(PLACES)),
                ).fetchall()
            expected = {self._at(place) for place in self.model.free(number)}
            assert {at for (at,) in slots} == expected

    def _try(self, one: Booked, key: str, *, by_doctor: bool, moving: bool) -> None:
        doctor, patient = self.doctors[one.doctor], self.patients[one.patient]
        refused = self.model.refuses(one, key if moving else "")
        with self._acting(one, by_doctor=by_doctor) as connection:
            terms = connection.execute(
                "SELECT allowed, is_open, doctor_busy, patient_busy "
                "FROM app_booking_terms(%s, %s, %s, %s, %s)",
                (doctor.doctor_id, patient.patient_id, self._at(one.place), 30 * one.halves,
                 key if moving else None),
            ).fetchone()  # fmt: skip
            assert terms
            allowed, is_open, doctor_busy, patient_busy = terms
            assert allowed
            against = patient_busy or (not one.overbooked and (doctor_busy or not is_open))
            assert against == refused
            if is_open or one.overbooked:  # what the database guards by itself
                try:
                    self._write(connection, one, key, moving=moving)
                except psycopg.errors.ExclusionViolation:
                    assert refused
                    connection.rollback()
                    return
                assert not refused
                self.model.booked[key] = one

    def _write(
        self, connection: psycopg.Connection[tuple[object, ...]], one: Booked, key: str, *, moving: bool
    ) -> None:
        doctor, patient = self.doctors[one.doctor], self.patients[one.patient]
        at, minutes = self._at(one.place), 30 * one.halves
        if moving:
            connection.execute(
                "UPDATE appointments SET scheduled_at = %s, metadata = NULL WHERE id = %s", (at, key)
            )
            return
        if one.overbooked:
            connection.execute(
                "INSERT INTO appointment_overbookings (id, appointment_id, doctor_id, patient_id, "
                "user_id, reason) VALUES (%s, %s, %s, %s, %s, 'Swollen')",
                (new_id(), key, doctor.doctor_id, patient.patient_id, doctor.user_id),
            )
        connection.execute(
            "INSERT INTO appointments (id, patient_id, doctor_id, scheduled_at, duration, reason, "
            "metadata) VALUES (%s, %s, %s, %s, %s, 'Pain', %s)",
            (key, patient.patient_id, doctor.doctor_id, at, minutes,
             '{"overbooked": true}' if one.overbooked else None),
        )  # fmt: skip

    def _set_hours(self, doctor: int, opens: int, closes: int) -> None:
        self.model.open[doctor] = (opens, closes)
        first = self.day.hour * 60
        hours = [(self.day.isoweekday(), first + 30 * opens, first + 30 * closes)]
        set_up(self.owner, self.doctors[doctor], "UTC", hours if opens < closes else [], [], 30, 0)

    def _at(self, place: int) -> datetime:
        return self.day + timedelta(minutes=30 * place)

    def _acting(self, one: Booked, *, by_doctor: bool) -> psycopg.Connection[tuple[object, ...]]:
        return self._identified(self.doctors[one.doctor] if by_doctor else self.patients[one.patient])

    def _identified(self, actor: Actor) -> psycopg.Connection[tuple[object, ...]]:
        connection = psycopg.connect(self.urls.app)
        connection.execute("SELECT app_identify(%s, %s, %s, %s, %s)", actor.identification())
        return connection


def test_the_database_and_the_model_never_disagree(fresh_urls: Urls) -> None:
    with psycopg.connect(fresh_urls.owner, autocommit=True) as owner:
        run_state_machine_as_test(
            type("CalendarHere", (Calendar,), {"urls": fresh_urls, "owner": owner}),
            settings=settings(
                max_examples=15,
                stateful_step_count=20,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
