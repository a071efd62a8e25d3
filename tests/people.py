"""People and what belongs to them, made directly in the database."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import psycopg

from dentalization.db.identity import Actor
from dentalization.db.ids import new_id

DETECTIONS = [
    {"condition": "caries", "confidence": 0.8, "location": {"x": 10, "y": 20, "width": 30, "height": 40}}
]


class People:
    """Every call makes somebody or something new."""

    def __init__(self, owner: psycopg.Connection[tuple[object, ...]]) -> None:
        self._owner = owner

    def patient(
        self,
        *,
        email: str | None = None,
        password: str = "none",
        consents: tuple[str, ...] = ("AI_ANALYSIS", "TRAINING"),
    ) -> Actor:
        user_id, patient_id = self._user("PATIENT", email, password), new_id()
        self._owner.execute(
            "INSERT INTO patient_profiles (id, user_id, first_name, last_name) "
            "VALUES (%s, %s, 'Siti', 'Rahma')",
            (patient_id, user_id),
        )
        for purpose in consents:
            self._owner.execute(
                "INSERT INTO consents (id, user_id, purpose, version, language, granted) "
                "VALUES (%s, %s, %s, 1, 'en', true)",
                (new_id(), user_id, purpose),
            )
        return Actor(user_id, "PATIENT", patient_id=patient_id)

    def doctor(self, *, verified: bool = True, email: str | None = None, password: str = "none") -> Actor:
        user_id, doctor_id = self._user("DOCTOR", email, password), new_id()
        self._owner.execute(
            """INSERT INTO doctor_profiles (id, user_id, first_name, last_name, license_number,
               specialization, is_verified)
               VALUES (%s, %s, 'Budi', 'Santoso', %s, 'General Dentistry', %s)""",
            (doctor_id, user_id, doctor_id.upper(), verified),
        )
        return Actor(user_id, "DOCTOR", doctor_id=doctor_id)

    def admin(self, *, email: str | None = None, password: str = "none") -> Actor:
        return Actor(self._user("ADMIN", email, password), "ADMIN")

    def session(self, actor: Actor, *, confirmed: bool = True) -> Actor:
        """The actor at a session of its own, which has just shown who it is unless not ``confirmed``."""
        session_id = new_id()
        self._owner.execute(
            "INSERT INTO sessions (id, user_id, refresh_token, expires_at) "
            "VALUES (%s, %s, %s, now() + interval '1 day')",
            (session_id, actor.user_id, session_id),
        )
        if confirmed:
            self._owner.execute("INSERT INTO session_confirmations (session_id) VALUES (%s)", (session_id,))
        return replace(actor, session_id=session_id)

    def photo(self, patient: Actor) -> str:
        photo_id = new_id()
        self._owner.execute(
            "INSERT INTO dental_photos (id, patient_id, photo_url, photo_type) "
            "VALUES (%s, %s, %s, 'intraoral')",
            (photo_id, patient.patient_id, f"https://example.com/api/v1/photos/{photo_id}/content"),
        )
        return photo_id

    def diagnosis(
        self, patient: Actor, *, doctor: Actor | None = None, status: str = "PENDING", **columns: Any
    ) -> str:
        """A diagnosis with a photo and a finished analysis."""
        diagnosis_id, photo_id = new_id(), self.photo(patient)
        values = {
            "id": diagnosis_id,
            "user_id": patient.user_id,
            "patient_id": patient.patient_id,
            "doctor_id": doctor.doctor_id if doctor else None,
            "photo_url": f"https://example.com/api/v1/photos/{photo_id}/content",
            "diagnosis": "Possible caries; a dentist must confirm.",
            "confidence": 0.8,
            "detections": json.dumps(DETECTIONS),
            "status": status,
            **columns,
        }
        names, places = ", ".join(values), ", ".join(["%s"] * len(values))
        self._owner.execute(f"INSERT INTO ai_diagnoses ({names}) VALUES ({places})", list(values.values()))
        self._owner.execute(
            """INSERT INTO analyses (id, photo_id, patient_id, requested_by, status, diagnosis_id)
               VALUES (%s, %s, %s, %s, 'done', %s)""",
            (new_id(), photo_id, patient.patient_id, patient.user_id, diagnosis_id),
        )
        return diagnosis_id

    def _user(self, role: str, email: str | None, password: str) -> str:
        user_id = new_id()
        self._owner.execute(
            "INSERT INTO users (id, email, password, role) VALUES (%s, %s, %s, %s)",
            (user_id, email or f"{user_id}@example.com", password, role),
        )
        return user_id
