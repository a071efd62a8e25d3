"""Letters about appointments: written down by triggers with each change, and sent by the worker once each."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from dentalization.db.base import Base, CreatedAt, Id, check, reference

TASK = "appointments.letter"


class LetterKind(StrEnum):
    """A REQUEST puts an appointment into the receiver's calendar or moves it there; a CANCEL takes it out."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"
    DAY_BEFORE = "DAY_BEFORE"
    HOUR_BEFORE = "HOUR_BEFORE"


AHEAD: Final = {LetterKind.DAY_BEFORE: timedelta(hours=24), LetterKind.HOUR_BEFORE: timedelta(hours=1)}
"""How long before its begin an appointment is remembered."""


class Outcome(StrEnum):
    """NOT_WANTED: there is no consent to reminders. REFUSED: the mail server does not take it, for good."""

    SENT = "SENT"
    NOT_WANTED = "NOT_WANTED"
    REFUSED = "REFUSED"


class AppointmentInvitation(Base):
    """How often the calendars that know an appointment have been told something new about it."""

    __tablename__ = "appointment_invitations"
    __table_args__ = (
        check("appointment_invitations_sequence", "sequence >= 0", says="Sequences count up from 0."),
    )

    appointment_id: Mapped[str] = reference("appointments.id", ondelete="CASCADE", primary_key=True)
    patient_id: Mapped[str] = reference("patient_profiles.id", ondelete="CASCADE", index=True)
    sequence: Mapped[int] = mapped_column(Integer)
    """SEQUENCE of RFC 5545: a calendar takes an event for its newest by this number."""
    changed_at: Mapped[datetime]


class AppointmentLetter(Base):
    """One letter that is to be sent, or has been; one that waits goes when its appointment moves."""

    __tablename__ = "appointment_letters"
    __table_args__ = (
        check(
            "appointment_letters_kind",
            "kind IN ('REQUEST', 'CANCEL', 'DAY_BEFORE', 'HOUR_BEFORE')",
            says="A letter is an invitation, a cancellation, or one of the two reminders.",
        ),
        check(
            "appointment_letters_settled",
            "(settled_at IS NULL) = (outcome IS NULL)",
            says="A letter that is done says how it ended.",
        ),
        Index("uq_appointment_letters", "appointment_id", "sequence", "kind", unique=True),
        Index("ix_appointment_letters_due_at", "due_at", postgresql_where=text("settled_at IS NULL")),
        Index("ix_appointment_letters_scheduled_at", "scheduled_at"),
    )

    id: Mapped[Id]
    """Also in the Message-ID, so that a letter sent twice after a crash is the same letter."""
    appointment_id: Mapped[str] = reference("appointments.id", ondelete="CASCADE")
    patient_id: Mapped[str] = reference("patient_profiles.id", ondelete="CASCADE", index=True)
    kind: Mapped[str]
    sequence: Mapped[int] = mapped_column(Integer)
    scheduled_at: Mapped[datetime]
    """The begin that this letter tells."""
    duration: Mapped[int] = mapped_column(Integer)
    due_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    """Since when a worker has been sending it; one that was killed leaves this behind."""
    settled_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    created_at: Mapped[CreatedAt]
