"""Diagnoses with the spec's columns; beside them analyses (how one is made) and reviews."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Float, Index, Integer, func, text
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


class DiagnosisStatus(StrEnum):
    PENDING = "PENDING"
    REVIEWED = "REVIEWED"
    CONFIRMED = "CONFIRMED"
    REJECTED = "REJECTED"


class AnalysisStatus(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class ReviewVerb(StrEnum):
    """What a dentist did: took the case, or decided."""

    CLAIMED = "CLAIMED"
    REVIEWED = "REVIEWED"
    CONFIRMED = "CONFIRMED"
    REJECTED = "REJECTED"


# True for every detection that is not as it must be; 'is unknown' catches values of a wrong type.
_GOOD = (
    '@.condition.type() == "string" && @.confidence >= 0 && @.confidence <= 1 '
    "&& @.location.x >= 0 && @.location.y >= 0 && @.location.width > 0 && @.location.height > 0"
)


def valid_detections(column: str) -> str:
    """The SQL condition that ``column`` is an array of detections whose boxes have a positive size."""
    return (
        f"jsonb_typeof({column}) = 'array' AND NOT jsonb_path_exists({column}, "
        f"'strict $[*] ? (!({_GOOD}) || ({_GOOD}) is unknown)', '{{}}', true)"
    )


_DETECTIONS_SAY = (
    "Each detection has a condition, a confidence between 0 and 1, and a location with x and y of at least "
    "0 and a width and height above 0."
)


class AiDiagnosis(Base):
    __tablename__ = "ai_diagnoses"
    __table_args__ = (
        check(
            "ai_diagnoses_confidence",
            "confidence BETWEEN 0 AND 1",
            says="Confidence lies between 0 and 1.",
            field="confidence",
        ),
        check("ai_diagnoses_diagnosis", "diagnosis <> ''", says="A diagnosis has a text.", field="diagnosis"),
        check("ai_diagnoses_photo_url", "photo_url <> ''", says="A diagnosis has a photo.", field="photoUrl"),
        check(
            "ai_diagnoses_detections",
            valid_detections("detections"),
            says=_DETECTIONS_SAY,
            field="detections",
        ),
        Index("idx_ai_diagnoses_user_id", "user_id"),
        Index("idx_ai_diagnoses_patient_id", "patient_id", text("created_at DESC"), text("id DESC")),
        # The columns that the policies read are included: a count would visit every row otherwise.
        Index(
            "idx_ai_diagnoses_doctor_id",
            "doctor_id",
            text("created_at DESC"),
            text("id DESC"),
            postgresql_include=["patient_id", "user_id", "status"],
        ),
        Index("idx_ai_diagnoses_created_at", text("created_at DESC")),
        Index("idx_ai_diagnoses_status", "status"),
        Index(
            "idx_ai_diagnoses_unclaimed",
            "created_at",
            "id",
            postgresql_where=text("status = 'PENDING' AND doctor_id IS NULL"),
        ),
    )

    id: Mapped[Id]
    user_id: Mapped[str] = reference("users.id", ondelete="CASCADE", relation=Relation("user", "aiDiagnoses"))
    patient_id: Mapped[str | None] = reference(
        "patient_profiles.id",
        ondelete="SET NULL",
        relation=Relation("patient", "aiDiagnoses", "PatientDiagnoses"),
    )
    doctor_id: Mapped[str | None] = reference(
        "doctor_profiles.id",
        ondelete="SET NULL",
        relation=Relation("doctor", "aiDiagnosesReviewed", "DoctorReviews"),
    )
    photo_url: Mapped[str]
    diagnosis: Mapped[str]
    confidence: Mapped[float] = mapped_column(Float(53))
    detections: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    metadata_: Mapped[dict[str, Any] | None] = mapped_column("metadata", JSONB)
    status: Mapped[DiagnosisStatus] = mapped_column(
        native_enum(DiagnosisStatus), server_default=text("'PENDING'")
    )
    notes: Mapped[str | None] = sealed()
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class Analysis(Base):
    """One request to look at one photo. It ends in a diagnosis or in a reason why there is none."""

    __tablename__ = "analyses"
    __table_args__ = (
        check(
            "analyses_done_has_diagnosis",
            "(status = 'done') = (diagnosis_id IS NOT NULL)",
            says="An analysis is done when it has a diagnosis, and only then.",
        ),
        check(
            "analyses_failed_has_reason",
            "(status = 'failed') = (reason IS NOT NULL)",
            says="An analysis that failed says why.",
        ),
        Index("ix_analyses_photo_id", "photo_id", text("created_at DESC")),
        # A photo is being looked at once; asking again meanwhile finds the analysis that runs.
        Index(
            "ix_analyses_unfinished",
            "photo_id",
            unique=True,
            postgresql_where=text("status IN ('queued', 'running')"),
        ),
        Index("ix_analyses_patient_id", "patient_id", text("created_at DESC")),
        Index("ix_analyses_diagnosis_id", "diagnosis_id", unique=True),
    )

    id: Mapped[Id]
    photo_id: Mapped[str] = reference("dental_photos.id", ondelete="CASCADE")
    patient_id: Mapped[str] = reference("patient_profiles.id", ondelete="CASCADE")
    requested_by: Mapped[str] = reference("users.id", ondelete="CASCADE", index=True)
    status: Mapped[AnalysisStatus] = mapped_column(
        native_enum(AnalysisStatus), server_default=text("'queued'")
    )
    reason: Mapped[str | None]
    diagnosis_id: Mapped[str | None] = reference("ai_diagnoses.id", ondelete="CASCADE")
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class DiagnosisReview(Base):
    """The ledger: one row for each thing a dentist did, never changed. Version 0 is the model's own.

    ``detections`` is NULL where the dentist left the boxes as they were. The reviewer's name is kept in
    words, so that a decision still says whose it was when the account is gone.
    """

    __tablename__ = "diagnosis_reviews"
    __table_args__ = (
        check("diagnosis_reviews_version", "version > 0", says="Versions of a review begin at 1."),
        check(
            "diagnosis_reviews_detections",
            f"detections IS NULL OR ({valid_detections('detections')})",
            says=_DETECTIONS_SAY,
            field="detections",
        ),
        Index(
            "ix_diagnosis_reviews_diagnosis_id_version",
            "diagnosis_id",
            "version",
            unique=True,
            info={"says": "Somebody else has just reviewed this diagnosis; load it again."},
        ),
        Index("ix_diagnosis_reviews_doctor_id", "doctor_id"),
        # For those who learn from reviews: in the order of time, from where they stopped.
        Index("ix_diagnosis_reviews_reviewed_at", "reviewed_at", "id"),
    )

    id: Mapped[Id]
    diagnosis_id: Mapped[str] = reference("ai_diagnoses.id", ondelete="CASCADE")
    patient_id: Mapped[str | None] = reference("patient_profiles.id", ondelete="SET NULL", index=True)
    doctor_id: Mapped[str | None] = reference("doctor_profiles.id", ondelete="SET NULL")
    reviewer_name: Mapped[str]
    version: Mapped[int] = mapped_column(Integer)
    verb: Mapped[ReviewVerb] = mapped_column(native_enum(ReviewVerb))
    detections: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB(none_as_null=True))
    notes: Mapped[str | None] = sealed()
    reviewed_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ShadowFinding(Base):
    """What a model that looks on unseen would have said; no patient and no dentist ever sees it.

    ``reason`` says why it said nothing. ``milliseconds`` is how long it looked.
    """

    __tablename__ = "shadow_findings"
    __table_args__ = (
        check(
            "shadow_findings_detections",
            valid_detections("detections"),
            says=_DETECTIONS_SAY,
            field="detections",
        ),
        Index("ix_shadow_findings_diagnosis_id", "diagnosis_id", "model", "version", unique=True),
        Index("ix_shadow_findings_model", "model", "version", "created_at"),
    )

    id: Mapped[Id]
    diagnosis_id: Mapped[str] = reference("ai_diagnoses.id", ondelete="CASCADE")
    model: Mapped[str]
    version: Mapped[str]
    digest: Mapped[str]
    detections: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    scores: Mapped[list[float]] = mapped_column(JSONB)
    milliseconds: Mapped[float] = mapped_column(Float(53))
    reason: Mapped[str | None]
    created_at: Mapped[CreatedAt]


touch_updated_at("ai_diagnoses")
touch_updated_at("analyses")
keeps_care("ai_diagnoses", "diagnoses")
