"""Appointments with the spec's columns; beside them why one was overbooked, who has come, and the history."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ForeignKey, Index, Integer, Text, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from dentalization.db.base import (
    Base,
    CreatedAt,
    Id,
    Relation,
    UpdatedAt,
    check,
    native_enum,
    reference,
)
from dentalization.db.objects import touch_updated_at
from dentalization.db.sealed import sealed
from dentalization.profiles.care import keeps_care

LONGEST_MINUTES = 1440
"""No appointment lasts longer than a day, so that whoever looks for overlaps looks back no further."""


class AppointmentStatus(StrEnum):
    SCHEDULED = "SCHEDULED"
    CONFIRMED = "CONFIRMED"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    NO_SHOW = "NO_SHOW"


OCCUPYING: Final = (
    AppointmentStatus.SCHEDULED,
    AppointmentStatus.CONFIRMED,
    AppointmentStatus.IN_PROGRESS,
)
"""These take up the time of doctor and patient."""


def occupies(row: str = "") -> str:
    """The SQL that says whether an appointment takes up time; ``row`` is a prefix as ``a.``."""
    listed = ", ".join(f"'{status}'" for status in OCCUPYING)
    return f"{row}status IN ({listed})"


def held(row: str = "") -> str:
    """The SQL that says whether an offer of a freed time (`slot_offers`) still holds it for its patient."""
    return f"{row}status = 'OPEN' AND {row}expires_at > clock_timestamp()"


class AppointmentStep(StrEnum):
    """What the history tells."""

    BOOKED = "BOOKED"
    CONFIRMED = "CONFIRMED"
    CHECKED_IN = "CHECKED_IN"
    STARTED = "STARTED"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    NO_SHOW = "NO_SHOW"
    RESCHEDULED = "RESCHEDULED"


class Appointment(Base):
    __tablename__ = "appointments"
    __table_args__ = (
        check(
            "appointments_duration",
            "duration > 0",
            says="An appointment lasts some minutes.",
            field="duration",
        ),
        check(
            "appointments_longest",
            f"duration <= {LONGEST_MINUTES}",
            says="An appointment lasts a day at most.",
            field="duration",
        ),
        Index("idx_appointments_patient_id", "patient_id", "scheduled_at"),
        Index("idx_appointments_doctor_id", "doctor_id", "scheduled_at"),
        Index("idx_appointments_scheduled_at", "scheduled_at"),
        Index("idx_appointments_status", "status"),
    )

    id: Mapped[Id]
    patient_id: Mapped[str] = reference(
        "patient_profiles.id", ondelete="CASCADE", relation=Relation("patient", "appointments")
    )
    doctor_id: Mapped[str] = reference(
        "doctor_profiles.id", ondelete="CASCADE", relation=Relation("doctor", "appointments")
    )
    scheduled_at: Mapped[datetime]
    duration: Mapped[int] = mapped_column(Integer)
    """In minutes."""
    status: Mapped[AppointmentStatus] = mapped_column(
        native_enum(AppointmentStatus), server_default=text("'SCHEDULED'")
    )
    reason: Mapped[str] = sealed()
    notes: Mapped[str | None] = sealed()
    metadata_: Mapped[dict[str, Any] | None] = mapped_column("metadata", JSONB)
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class AppointmentOverbooking(Base):
    """Why a doctor booked beside another appointment. Without such a row, made in the same transaction, no
    appointment is marked as overbooked; so it is written first, and its reference is checked at the end."""

    __tablename__ = "appointment_overbookings"
    __table_args__ = (
        Index("ix_appointment_overbookings_appointment_id", "appointment_id"),
        Index("ix_appointment_overbookings_doctor_id", "doctor_id"),
        Index("ix_appointment_overbookings_patient_id", "patient_id"),
        Index("ix_appointment_overbookings_user_id", "user_id"),
    )

    id: Mapped[Id]
    appointment_id: Mapped[str] = mapped_column(
        Text, ForeignKey("appointments.id", ondelete="CASCADE", deferrable=True, initially="DEFERRED")
    )
    doctor_id: Mapped[str] = reference("doctor_profiles.id", ondelete="CASCADE")
    patient_id: Mapped[str] = reference("patient_profiles.id", ondelete="CASCADE")
    user_id: Mapped[str | None] = reference("users.id", ondelete="SET NULL")
    reason: Mapped[str] = sealed()
    created_at: Mapped[CreatedAt]


class AppointmentCheckIn(Base):
    """The patient has come; the spec's statuses have no word for it."""

    __tablename__ = "appointment_check_ins"
    __table_args__ = (
        Index("ix_appointment_check_ins_doctor_id", "doctor_id"),
        Index("ix_appointment_check_ins_patient_id", "patient_id"),
    )

    appointment_id: Mapped[str] = reference("appointments.id", ondelete="CASCADE", primary_key=True)
    doctor_id: Mapped[str] = reference("doctor_profiles.id", ondelete="CASCADE")
    patient_id: Mapped[str] = reference("patient_profiles.id", ondelete="CASCADE")
    checked_in_at: Mapped[CreatedAt]


class AppointmentEvent(Base):
    """The history: one row for each thing that happened, written by triggers alone.

    ``reason`` is added by whoever acted, in the same transaction. What was brought in from elsewhere begins
    without a BOOKED.
    """

    __tablename__ = "appointment_events"
    __table_args__ = (
        Index("ix_appointment_events_appointment_id", "appointment_id", "happened_at", "id"),
        Index("ix_appointment_events_patient_id", "patient_id"),
        Index("ix_appointment_events_doctor_id", "doctor_id"),
        Index("ix_appointment_events_actor_id", "actor_id"),
    )

    id: Mapped[Id]
    appointment_id: Mapped[str] = reference("appointments.id", ondelete="CASCADE")
    patient_id: Mapped[str] = reference("patient_profiles.id", ondelete="CASCADE")
    doctor_id: Mapped[str] = reference("doctor_profiles.id", ondelete="CASCADE")
    step: Mapped[str]
    status_before: Mapped[str | None]
    status_after: Mapped[str]
    scheduled_before: Mapped[datetime | None]
    scheduled_after: Mapped[datetime]
    duration_before: Mapped[int | None] = mapped_column(Integer)
    duration_after: Mapped[int] = mapped_column(Integer)
    actor_id: Mapped[str | None] = reference("users.id", ondelete="SET NULL")
    actor_role: Mapped[str]
    reason: Mapped[str | None] = sealed()
    happened_at: Mapped[datetime] = mapped_column(server_default=func.now())


touch_updated_at("appointments")
# A patient who cancels takes the doctor's view of the own record away again, if nothing else joins the two.
keeps_care("appointments", "appointments", uncounted=AppointmentStatus.CANCELLED)
