"""One patient with one of everything, and everybody who might want to look at it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

import psycopg

from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from tests.people import People

Owner = psycopg.Connection[tuple[object, ...]]

WHO = {
    "nobody": "nobody who has signed in",
    "patient": "the patient whose data it is",
    "other": "another patient",
    "unverified": "a doctor whose licence is not verified, whatever care there is",
    "care": "a verified doctor in whose care the patient is",
    "stranger": "a verified doctor without the patient in care",
    "admin": "an administrator",
    "emergency": "an administrator with an emergency access to the patient",
}


@dataclass(frozen=True)
class World:
    """``marker`` stands in the patient's name, the diagnosis, the photo's description, the appointments."""

    marker: str
    actors: dict[str, Actor]
    photo: str
    diagnosis: str
    unclaimed: str
    analysis: str
    failed: str
    session: str
    emergency: str
    appointment: str
    """SCHEDULED, in three days, with the doctor in whose care the patient is."""
    begun: str
    """IN_PROGRESS with the same doctor."""
    waiting: str
    """A place in that doctor's line."""
    offer: str
    """Of tomorrow at this hour, held for it."""
    recall: str
    """By that doctor."""
    record: str
    """Written by the same."""

    @property
    def patient(self) -> Actor:
        return self.actors["patient"]

    def shown_in(self, text: str, *, asked: str) -> bool:
        """Whether an answer tells anything of the patient: the marker, or an id that was not asked for."""
        ids = (self.patient.patient_id, self.patient.user_id, self.photo, self.diagnosis, self.unclaimed)
        waits = (self.appointment, self.begun, self.waiting, self.offer, self.recall, self.record)
        told = (self.marker, self.analysis, self.failed, *waits, *ids)
        return any(one in text and one not in asked for one in told)


def make(people: People, owner: Owner) -> World:
    marker = f"Marker{secrets.token_hex(5)}"
    actors = {
        "nobody": Actor.nobody(),
        "patient": people.patient(),
        "other": people.patient(),
        "unverified": people.doctor(verified=False),
        "care": people.doctor(),
        "stranger": people.doctor(),
        "admin": people.admin(),
        "emergency": people.admin(),
    }
    patient, admin = actors["patient"], actors["emergency"]
    owner.execute("UPDATE patient_profiles SET first_name = %s WHERE id = %s", (marker, patient.patient_id))
    diagnosis = people.diagnosis(patient, doctor=actors["care"], diagnosis=f"{marker}: possible caries.")
    people.diagnosis(patient, doctor=actors["unverified"], diagnosis="Another one.")
    unclaimed = people.diagnosis(patient, diagnosis=f"{marker}: nobody has this one.")
    # Before every other case of the queue, also those of earlier worlds.
    owner.execute(
        "UPDATE ai_diagnoses SET created_at = timestamptz '2000-01-01' - (now() - timestamptz '2026-01-01') "
        "WHERE id = %s",
        (unclaimed,),
    )
    (analysis, photo) = _row(owner, "SELECT id, photo_id FROM analyses WHERE diagnosis_id = %s", diagnosis)
    failed, session = new_id(), new_id()
    owner.execute(
        "INSERT INTO analyses (id, photo_id, patient_id, requested_by, status, reason) "
        "VALUES (%s, %s, %s, %s, 'failed', 'It broke off.')",
        (failed, people.photo(patient), patient.patient_id, patient.user_id),
    )
    owner.execute(
        "INSERT INTO sessions (id, user_id, refresh_token, device_info, expires_at) "
        "VALUES (%s, %s, %s, %s, now() + interval '1 day')",
        (session, patient.user_id, session, marker),
    )
    owner.execute(
        "UPDATE dental_photos SET description = %s WHERE patient_id = %s", (marker, patient.patient_id)
    )
    appointment, begun = new_id(), new_id()
    for appointment_id, status, days in ((appointment, "SCHEDULED", 3), (begun, "IN_PROGRESS", 0)):
        owner.execute(
            "INSERT INTO appointments (id, patient_id, doctor_id, scheduled_at, duration, status, reason) "
            "VALUES (%s, %s, %s, date_trunc('hour', now()) + make_interval(days => %s), 30, %s, %s)",
            (appointment_id, patient.patient_id, actors["care"].doctor_id, days, status, marker),
        )
    for who in ("care", "stranger"):
        owner.execute(
            "INSERT INTO doctor_schedules (doctor_id, time_zone) VALUES (%s, 'Asia/Jakarta')",
            (actors[who].doctor_id,),
        )
        for weekday in range(1, 8):
            owner.execute(
                "INSERT INTO working_hours (id, doctor_id, weekday, opens, closes) "
                "VALUES (%s, %s, %s, 0, 1440)",
                (new_id(), actors[who].doctor_id, weekday),
            )
    waiting, offer, recall, record = new_id(), new_id(), new_id(), new_id()
    owner.execute(
        "INSERT INTO medical_records (id, patient_id, doctor_id, record_type, title, description) "
        "VALUES (%s, %s, %s, 'note', %s, 'All well')",
        (record, patient.patient_id, actors["care"].doctor_id, marker),
    )
    names = {"waiting": waiting, "offer": offer, "recall": recall, "patient": patient.patient_id,
             "doctor": actors["care"].doctor_id, "marker": marker}  # fmt: skip
    owner.execute(
        "INSERT INTO waiting_entries (id, patient_id, doctor_id, minutes, earliest_on, latest_on, reason) "
        "VALUES (%(waiting)s, %(patient)s, %(doctor)s, 30, current_date, current_date + 40, %(marker)s)",
        names,
    )
    owner.execute(
        "INSERT INTO slot_offers (id, entry_id, patient_id, doctor_id, scheduled_at, duration, "
        "freed_minutes, expires_at) VALUES (%(offer)s, %(waiting)s, %(patient)s, %(doctor)s, "
        "date_trunc('hour', now()) + interval '1 day', 30, 30, now() + interval '1 hour')",
        names,
    )
    owner.execute(
        "INSERT INTO recalls (id, doctor_id, patient_id, months, due_on, note) "
        "VALUES (%(recall)s, %(doctor)s, %(patient)s, 6, current_date + 180, %(marker)s)",
        names,
    )
    open_, others = new_id(), new_id()
    for access_id, user_id, whose in (
        (open_, admin.user_id, patient.patient_id),
        (others, actors["admin"].user_id, actors["other"].patient_id),
    ):
        owner.execute(
            "INSERT INTO emergency_accesses (id, user_id, patient_id, reason, granted_at, expires_at) "
            "VALUES (%s, %s, %s, 'Unconscious at the clinic.', now(), now() + interval '1 hour')",
            (access_id, user_id, whose),
        )
    return World(
        marker=marker,
        actors={who: people.session(actor) if actor.signed_in else actor for who, actor in actors.items()},
        photo=str(photo),
        diagnosis=diagnosis,
        unclaimed=unclaimed,
        analysis=str(analysis),
        failed=failed,
        session=session,
        emergency=open_,
        appointment=appointment,
        begun=begun,
        waiting=waiting,
        offer=offer,
        recall=recall,
        record=record,
    )


def remove_queued(world: World, owner: Owner) -> None:
    """Afterwards: its case would be the first in everybody's queue."""
    owner.execute("DELETE FROM ai_diagnoses WHERE id = %s", (world.unclaimed,))


def _row(owner: Owner, statement: str, *parameters: object) -> tuple[object, ...]:
    found = owner.execute(statement, parameters).fetchone()
    assert found is not None
    return found
