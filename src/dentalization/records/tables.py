"""Medical records with the spec's columns, and who may see and write them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from dentalization.db.base import Base, CreatedAt, Id, Relation, UpdatedAt, check, reference
from dentalization.db.objects import Policy, access, touch_updated_at
from dentalization.db.sealed import sealed
from dentalization.profiles.care import acting_doctor, in_care, keeps_care, may_see, own_patient


class MedicalRecord(Base):
    __tablename__ = "medical_records"
    __table_args__ = (
        check("medical_records_title", "title <> ''", says="A medical record has a title.", field="title"),
        Index("idx_medical_records_patient_id", "patient_id", text("record_date DESC"), text("id DESC")),
        Index("idx_medical_records_doctor_id", "doctor_id"),
    )

    id: Mapped[Id]
    patient_id: Mapped[str] = reference(
        "patient_profiles.id", ondelete="CASCADE", relation=Relation("patient", "medicalRecords")
    )
    doctor_id: Mapped[str | None] = reference(
        "doctor_profiles.id", ondelete="SET NULL", relation=Relation("doctor", "medicalRecords")
    )
    record_type: Mapped[str]
    title: Mapped[str]
    description: Mapped[str] = sealed()
    data: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    attachments: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    record_date: Mapped[datetime] = mapped_column(server_default=func.now())
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


touch_updated_at("medical_records")
keeps_care("medical_records", "records")
access(
    "medical_records",
    Policy("SELECT", f"{own_patient('patient_id')} OR {may_see('medical_records.patient_id')}"),
    Policy("INSERT", check=f"{acting_doctor('doctor_id')} AND {in_care('medical_records.patient_id')}"),
    grants="SELECT, INSERT",
)
