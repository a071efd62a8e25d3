"""Appointments with the spec's columns, and who may see them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, Integer, text
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
from dentalization.db.objects import Policy, access, touch_updated_at
from dentalization.db.sealed import sealed
from dentalization.profiles.tables import acting_doctor, keeps_care, may_see, own_patient


class AppointmentStatus(StrEnum):
    SCHEDULED = "SCHEDULED"
    CONFIRMED = "CONFIRMED"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"
    NO_SHOW = "NO_SHOW"


class Appointment(Base):
    __tablename__ = "appointments"
    __table_args__ = (
        check(
            "appointments_duration",
            "duration > 0",
            says="An appointment lasts some minutes.",
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


touch_updated_at("appointments")
keeps_care("appointments", "appointments")
access(
    "appointments",
    Policy(
        "SELECT",
        f"{own_patient('patient_id')} OR {acting_doctor('doctor_id')} "
        f"OR {may_see('appointments.patient_id')}",
    ),
    grants="SELECT",
)
