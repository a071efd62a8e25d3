"""Every statement about analyses, diagnoses and reviews."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    Text,
    bindparam,
    func,
    insert,
    literal_column,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB

from dentalization.db.query import Query, Settles
from dentalization.db.row import columns, row
from dentalization.db.trail import About
from dentalization.diagnoses.tables import (
    AiDiagnosis,
    DiagnosisReview,
    DiagnosisStatus,
    ReviewVerb,
)
from dentalization.profiles.tables import DoctorProfile


@row
class Reviewer:
    first_name: str
    last_name: str
    specialization: str | None


@row
class DiagnosisRow:
    """A diagnosis as the spec has it, with the reviewing doctor. ``detections`` are the model's own."""

    id: str
    user_id: str
    patient_id: str | None
    doctor_id: str | None
    photo_url: str
    diagnosis: str
    confidence: float
    detections: list[dict[str, Any]]
    metadata: dict[str, Any] | None
    status: DiagnosisStatus
    notes: str | None
    created_at: datetime
    updated_at: datetime
    doctor: Reviewer | None


@row
class StatusCount:
    status: DiagnosisStatus
    count: int


@row
class ReviewRow:
    """One entry of the ledger; ``detections`` is None where the dentist left the boxes as they were."""

    id: str
    version: int
    verb: ReviewVerb
    reviewer_name: str
    doctor_id: str | None
    detections: list[dict[str, Any]] | None
    notes: str | None
    reviewed_at: datetime


@row
class LockedDiagnosis:
    id: str
    patient_id: str | None
    doctor_id: str | None
    metadata: dict[str, Any] | None
    status: DiagnosisStatus
    updated_at: datetime


@row
class NextVersion:
    version: int


_diagnosis = (
    select(
        *columns(DiagnosisRow, AiDiagnosis, but="doctor"),
        *columns(Reviewer, DoctorProfile, prefix="doctor__"),
    )
    .select_from(AiDiagnosis)
    .join(DoctorProfile, DoctorProfile.id == AiDiagnosis.doctor_id, isouter=True)
)
_before = tuple_(
    bindparam("before_at", type_=AiDiagnosis.created_at.type), bindparam("before_id", type_=Text)
)
_place = tuple_(AiDiagnosis.created_at, AiDiagnosis.id)
_newest_first = (AiDiagnosis.created_at.desc(), AiDiagnosis.id.desc())
_status = bindparam("status", type_=AiDiagnosis.status.type)
_of_status = AiDiagnosis.status == _status
_page: BindParameter[int] = bindparam("limit")

DIAGNOSIS = Query(
    _diagnosis.where(AiDiagnosis.id == bindparam("diagnosis_id")),
    row=DiagnosisRow,
    about=About("diagnosis"),
)

_history = _diagnosis.where(AiDiagnosis.patient_id == bindparam("patient_id"), _place < _before)
HISTORY = Query(
    _history.order_by(*_newest_first).limit(_page),
    row=DiagnosisRow,
    about=About("diagnosis"),
)
HISTORY_BY_STATUS = Query(
    _history.where(_of_status).order_by(*_newest_first).limit(_page),
    row=DiagnosisRow,
    about=About("diagnosis"),
)

_assigned = _diagnosis.where(AiDiagnosis.doctor_id == bindparam("doctor_id"), _place < _before)
ASSIGNED = Query(
    _assigned.order_by(*_newest_first).limit(_page),
    row=DiagnosisRow,
    about=About("diagnosis"),
)
ASSIGNED_BY_STATUS = Query(
    _assigned.where(_of_status).order_by(*_newest_first).limit(_page),
    row=DiagnosisRow,
    about=About("diagnosis"),
)

# Oldest first: who has waited longest is next. A literal, as in the partial index: enums are not leakproof,
# so under the policies a parameter could never become an index condition.
QUEUE = Query(
    _diagnosis.where(
        AiDiagnosis.status == literal_column("'PENDING'"),
        AiDiagnosis.doctor_id.is_(None),
        _place
        > tuple_(bindparam("after_at", type_=AiDiagnosis.created_at.type), bindparam("after_id", type_=Text)),
    )
    .order_by(AiDiagnosis.created_at, AiDiagnosis.id)
    .limit(_page),
    row=DiagnosisRow,
    about=About("diagnosis"),
)

STATISTICS = Query(
    select(AiDiagnosis.status.label("status"), func.count(AiDiagnosis.id).label("count"))
    .where(
        AiDiagnosis.doctor_id == bindparam("doctor_id"),
        AiDiagnosis.created_at >= bindparam("since", type_=AiDiagnosis.created_at.type),
    )
    .group_by(AiDiagnosis.status)
    .order_by(AiDiagnosis.status),
    row=StatusCount,
)

ADD_DIAGNOSIS = Query[Any](
    insert(AiDiagnosis).values(
        {
            "id": bindparam("id"),
            "user_id": bindparam("user_id"),
            "patient_id": bindparam("patient_id"),
            "photo_url": bindparam("photo_url"),
            "diagnosis": bindparam("diagnosis"),
            "confidence": bindparam("confidence"),
            "detections": bindparam("detections", type_=JSONB),
            "metadata": bindparam("details", type_=JSONB),
        }
    ),
    about=About("diagnosis"),
    settles=Settles("ai_diagnoses"),
)

_locked = (
    select(*columns(LockedDiagnosis, AiDiagnosis))
    .where(AiDiagnosis.id == bindparam("diagnosis_id"))
    .with_for_update()
)
# With the patient: in a distributed database rows are locked on the one node that has them.
LOCK_DIAGNOSIS = Query(
    _locked.where(AiDiagnosis.patient_id == bindparam("patient_id")),
    row=LockedDiagnosis,
    about=About("diagnosis"),
)
LOCK_DIAGNOSIS_OF_NOBODY = Query(
    _locked.where(AiDiagnosis.patient_id.is_(None)),
    row=LockedDiagnosis,
    about=About("diagnosis"),
)
CLAIM = Query[Any](
    update(AiDiagnosis)
    .where(AiDiagnosis.id == bindparam("diagnosis_id"), AiDiagnosis.doctor_id.is_(None))
    .values(doctor_id=bindparam("doctor")),
    settles=Settles("ai_diagnoses", "diagnosis_id"),
)
DECIDE = Query[Any](
    update(AiDiagnosis)
    .where(AiDiagnosis.id == bindparam("diagnosis_id"))
    .values(
        status=bindparam("decision", type_=AiDiagnosis.status.type), notes=bindparam("remarks", type_=Text)
    ),
    settles=Settles("ai_diagnoses", "diagnosis_id"),
)

REVIEWS = Query(
    select(*columns(ReviewRow, DiagnosisReview))
    .where(DiagnosisReview.diagnosis_id == bindparam("diagnosis_id"))
    .order_by(DiagnosisReview.version),
    row=ReviewRow,
)
NEXT_VERSION = Query(
    select((func.coalesce(func.max(DiagnosisReview.version), 0) + 1).label("version")).where(
        DiagnosisReview.diagnosis_id == bindparam("diagnosis_id")
    ),
    row=NextVersion,
)
ADD_REVIEW = Query[Any](
    insert(DiagnosisReview).values(
        id=bindparam("id"),
        diagnosis_id=bindparam("diagnosis_id"),
        patient_id=bindparam("patient_id", type_=Text),
        doctor_id=bindparam("doctor_id"),
        reviewer_name=bindparam("reviewer_name"),
        version=bindparam("version"),
        verb=bindparam("verb"),
        detections=bindparam("detections", type_=JSONB(none_as_null=True)),
        notes=bindparam("notes", type_=Text),
    ),
    about=About("diagnosis"),
)
