"""Dental photos, and who may see them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from dentalization.db.base import Base, CreatedAt, Id, Relation, UpdatedAt, check, reference
from dentalization.db.objects import Policy, access, otherwise_on_shards, setting, touch_updated_at
from dentalization.db.sealed import sealed
from dentalization.profiles.care import in_care, may_see, own_patient


class DentalPhoto(Base):
    __tablename__ = "dental_photos"
    __table_args__ = (
        check("dental_photos_photo_url", "photo_url <> ''", says="A photo has an address.", field="photoUrl"),
        check("dental_photos_photo_type", "photo_type <> ''", says="A photo has a type.", field="photoType"),
        Index("idx_dental_photos_patient_id", "patient_id", text("created_at DESC"), text("id DESC")),
    )

    id: Mapped[Id]
    patient_id: Mapped[str] = reference(
        "patient_profiles.id", ondelete="CASCADE", relation=Relation("patient", "dentalPhotos")
    )
    photo_url: Mapped[str]
    photo_type: Mapped[str]
    description: Mapped[str | None] = sealed()
    metadata_: Mapped[dict[str, Any] | None] = mapped_column("metadata", JSONB)
    taken_at: Mapped[datetime] = mapped_column(server_default=func.now())
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


touch_updated_at("dental_photos")

# A photo whose diagnosis waits for a dentist may be seen by those who can take it on; which photos these
# are is the business of the diagnoses, which declare app_photo_waits.
_WAITS = otherwise_on_shards("app_photo_waits(id)", "app_photo_waits(patient_id, id)")
access(
    "dental_photos",
    Policy(
        "SELECT",
        f"{own_patient('patient_id')} OR {may_see('dental_photos.patient_id')} "
        f"OR {setting('role')} = 'WORKER' "
        f"OR ({setting('doctor_id')} IS NOT NULL AND {_WAITS})",
    ),
    Policy("INSERT", check=f"{own_patient('patient_id')} OR {in_care('dental_photos.patient_id')}"),
    grants="SELECT, INSERT",
)
