"""Appointments and the letters about them, in a database of their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.conftest import Urls, open_database
from tests.people import People

from dentalization.appointments import reminders
from dentalization.db.database import Database
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.mail.message import Message

Owner = psycopg.Connection[tuple[Any, ...]]
SENDER = "Dentalization <no-reply@example.com>"


@dataclass
class Hand:
    """A mailer that keeps what it is given, and may fail first."""

    sent: list[Message] = field(default_factory=list)
    fails: list[BaseException] = field(default_factory=list)
    pause: float = 0

    async def send(self, message: Message) -> None:
        if self.fails:
            raise self.fails.pop(0)
        await asyncio.sleep(self.pause)
        self.sent.append(message)


@dataclass
class Desk:
    """A database of its own, a patient who wants reminders, and a dentist."""

    db: Database
    owner: Owner
    people: People
    patient: Actor
    doctor: Actor
    hand: Hand

    def book(self, ahead: timedelta, *, patient: Actor | None = None) -> str:
        return self.book_at(datetime.now(UTC) + ahead, patient=patient)

    def book_at(self, moment: datetime, *, patient: Actor | None = None) -> str:
        found = new_id()
        self.owner.execute(
            "INSERT INTO appointments (id, patient_id, doctor_id, scheduled_at, duration, reason) "
            "VALUES (%s, %s, %s, %s, 30, 'Root canal of a sore tooth')",
            (found, (patient or self.patient).patient_id, self.doctor.doctor_id, moment),
        )
        return found

    def move(self, appointment: str, by: timedelta) -> None:
        self.owner.execute(
            "UPDATE appointments SET scheduled_at = scheduled_at + %s, status = 'SCHEDULED' WHERE id = %s",
            (by, appointment),
        )

    def status(self, appointment: str, status: str) -> None:
        self.owner.execute("UPDATE appointments SET status = %s WHERE id = %s", (status, appointment))

    def letters(self, appointment: str) -> list[tuple[Any, ...]]:
        """Kind, sequence, outcome."""
        return self.owner.execute(
            "SELECT kind, sequence, outcome FROM appointment_letters WHERE appointment_id = %s "
            "ORDER BY sequence, due_at",
            (appointment,),
        ).fetchall()

    def id_of(self, appointment: str, kind: str) -> str:
        found = self.owner.execute(
            "SELECT id FROM appointment_letters WHERE appointment_id = %s AND kind = %s "
            "ORDER BY sequence DESC", (appointment, kind),
        ).fetchone()  # fmt: skip
        assert found is not None, kind
        return str(found[0])

    async def deliver(self, letter: str) -> None:
        await reminders.deliver(
            self.db, self.hand, letter_id=letter, sender=SENDER, public_url="https://example.com",
            usual_zone="Asia/Jakarta",
        )  # fmt: skip


@pytest.fixture
async def desk(fresh_urls: Urls) -> AsyncIterator[Desk]:
    db = await open_database(fresh_urls.app)
    with psycopg.connect(fresh_urls.owner, autocommit=True) as owner:
        people = People(owner)
        patient, doctor = people.patient(consents=("REMINDERS",)), people.doctor()
        owner.execute(
            "INSERT INTO doctor_schedules (doctor_id, time_zone) VALUES (%s, 'Asia/Makassar')",
            (doctor.doctor_id,),
        )
        yield Desk(db, owner, people, patient, doctor, Hand())
    await db.close()


def found_in(folder: Path, pattern: str = "*.eml") -> list[Path]:
    return sorted(folder.glob(pattern))
