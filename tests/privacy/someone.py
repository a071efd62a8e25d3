"""Somebody who leaves traces everywhere, and wants to be erased."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from tests.people import People

from dentalization.accounts import passwords
from dentalization.context import Context
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.photos import service as photos
from dentalization.photos.service import PhotoType

PASSWORD = "correct horse battery"
Owner = psycopg.Connection[tuple[object, ...]]


@dataclass(frozen=True)
class Someone:
    actor: Actor
    doctor: Actor
    email: str
    phone: str
    first: str
    last: str
    decided: str
    undecided: str
    photo: str

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"


async def someone(context: Context, people: People, owner: Owner, picture: bytes) -> Someone:
    number = new_id()[1:]
    email, first, last = f"{number}@example.com", f"Ayu{number[:9]}", f"Lestari{number[9:18]}"
    phone = f"+62{int(number, 36) % 10**11:011d}"
    patient = people.patient(email=email, password=await passwords.hashed(PASSWORD))
    doctor = people.doctor()
    owner.execute(
        """UPDATE patient_profiles SET first_name = %s, last_name = %s, phone = %s, address = 'Jl. Melati 3',
           allergies = 'penicillin', date_of_birth = '1991-04-17' WHERE id = %s""",
        (first, last, phone, patient.patient_id),
    )
    notes = f"{first.upper()} {last} ({email}) was called under {phone}. Mrs {last} agrees. Filling at 36."
    decided = people.diagnosis(patient, doctor=doctor, status="CONFIRMED", notes=notes)
    undecided = people.diagnosis(patient)
    for diagnosis, verb in ((decided, "CONFIRMED"), (undecided, "CLAIMED")):
        owner.execute(
            """INSERT INTO diagnosis_reviews (id, diagnosis_id, patient_id, doctor_id, reviewer_name, version,
               verb, notes) VALUES (%s, %s, %s, %s, 'Budi Santoso', 1, %s, %s)""",
            (new_id(), diagnosis, patient.patient_id, doctor.doctor_id, verb, notes),
        )
        owner.execute(
            """INSERT INTO shadow_findings (id, diagnosis_id, model, version, digest, detections, scores,
               milliseconds) VALUES (%s, %s, 'm', '1', '', '[]', '[]', 1)""",
            (new_id(), diagnosis),
        )
    for status in ("SCHEDULED", "COMPLETED"):
        owner.execute(
            """INSERT INTO appointments (id, patient_id, doctor_id, scheduled_at, duration, reason, status)
               VALUES (%s, %s, %s, now(), 30, %s, %s)""",
            (new_id(), patient.patient_id, doctor.doctor_id, notes, status),
        )
    wait_for(owner, patient, doctor, reason=notes)
    owner.execute(
        """INSERT INTO medical_records (id, patient_id, doctor_id, record_type, title, description, data)
           VALUES (%s, %s, %s, 'note', %s, %s, jsonb_build_object('told', %s::text))""",
        (new_id(), patient.patient_id, doctor.doctor_id, f"Check of {first} {last}", notes, notes),
    )
    owner.execute(
        "INSERT INTO sessions (id, user_id, refresh_token, device_info, expires_at) "
        "VALUES (%s, %s, %s, %s, now() + interval '1 day')",
        (new_id(), patient.user_id, number, f"Telephone of {first} {last}"),
    )
    owner.execute(
        "INSERT INTO emergency_accesses (id, user_id, patient_id, reason, granted_at, expires_at) "
        "VALUES (%s, %s, %s, %s, now(), now())",
        (new_id(), people.admin().user_id, patient.patient_id, notes),
    )
    photo = await photos.upload(
        context.db, context.store, actor=patient, data=picture, photo_type=PhotoType.INTRAORAL,
        public_url="https://example.com", description=f"This is {first} {last}",
    )  # fmt: skip
    return Someone(patient, doctor, email, phone, first, last, decided, undecided, photo.id)


def wait_for(owner: Owner, patient: Actor, doctor: Actor, *, reason: str) -> None:
    """A place in the doctor's line with an offer, and a recall with its letter."""
    names = {"entry": new_id(), "offer": new_id(), "recall": new_id(), "notice": new_id(),
             "patient": patient.patient_id, "doctor": doctor.doctor_id, "reason": reason}  # fmt: skip
    for statement in (
        "INSERT INTO waiting_entries (id, patient_id, doctor_id, minutes, earliest_on, latest_on, reason) "
        "VALUES (%(entry)s, %(patient)s, %(doctor)s, 30, current_date, current_date + 9, %(reason)s)",
        "INSERT INTO slot_offers (id, entry_id, patient_id, doctor_id, scheduled_at, duration, "
        "freed_minutes, expires_at) VALUES (%(offer)s, %(entry)s, %(patient)s, %(doctor)s, "
        "now() + interval '1 day', 30, 30, now() + interval '1 hour')",
        "INSERT INTO recalls (id, doctor_id, patient_id, months, due_on, note) "
        "VALUES (%(recall)s, %(doctor)s, %(patient)s, 6, current_date + 180, %(reason)s)",
        "INSERT INTO care_notices (id, patient_id, kind, about_id) "
        "VALUES (%(notice)s, %(patient)s, 'RECALL', %(recall)s)",
    ):
        owner.execute(statement, names)
