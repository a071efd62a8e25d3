"""Statements of those who learn from reviews, and of models that look on unseen."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Text, any_, bindparam, literal_column, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import insert as pg_insert

from dentalization.db.query import Query
from dentalization.db.row import columns, row
from dentalization.db.trail import About
from dentalization.diagnoses.tables import AiDiagnosis, DiagnosisReview, ReviewVerb, ShadowFinding

_page: BindParameter[int] = bindparam("limit")


@row
class DecisionRow:
    id: str
    diagnosis_id: str
    verb: ReviewVerb
    reviewed_at: datetime


@row
class DecidedDiagnosis:
    """What a model proposed, and the boxes that dentists drew first and last; None where they drew none."""

    id: str
    patient_id: str | None
    proposed: list[dict[str, Any]]
    metadata: dict[str, Any] | None
    answered: list[dict[str, Any]] | None
    corrected: list[dict[str, Any]] | None


@row
class ShadowRow:
    diagnosis_id: str
    model: str
    version: str
    detections: list[dict[str, Any]]
    scores: list[float]
    milliseconds: float
    reason: str | None


@row
class MadeDiagnosis:
    id: str
    detections: list[dict[str, Any]]
    metadata: dict[str, Any] | None
    created_at: datetime


ADD_SHADOW_FINDING = Query[Any](
    pg_insert(ShadowFinding)
    .values(
        {
            "id": bindparam("id"),
            "diagnosis_id": bindparam("diagnosis_id"),
            "model": bindparam("model"),
            "version": bindparam("version"),
            "digest": bindparam("digest"),
            "detections": bindparam("detections", type_=JSONB),
            "scores": bindparam("scores", type_=JSONB),
            "milliseconds": bindparam("milliseconds"),
            "reason": bindparam("why", type_=Text),
        }
    )
    .on_conflict_do_nothing()
)

# What dentists decided, in the order of time; a diagnosis that was decided twice comes twice.
DECISIONS = Query(
    select(*columns(DecisionRow, DiagnosisReview))
    .where(
        tuple_(DiagnosisReview.reviewed_at, DiagnosisReview.id)
        > tuple_(
            bindparam("after_at", type_=DiagnosisReview.reviewed_at.type), bindparam("after_id", type_=Text)
        ),
        DiagnosisReview.verb != literal_column("'CLAIMED'"),
    )
    .order_by(DiagnosisReview.reviewed_at, DiagnosisReview.id)
    .limit(_page),
    row=DecisionRow,
)
_drawn = (
    select(DiagnosisReview.detections)
    .where(
        DiagnosisReview.diagnosis_id == AiDiagnosis.id,
        DiagnosisReview.patient_id == AiDiagnosis.patient_id,  # so that a shard finds both beside each other
        DiagnosisReview.detections.is_not(None),
    )
    .limit(1)
)
_answered = _drawn.order_by(DiagnosisReview.version).scalar_subquery()
_corrected = _drawn.order_by(DiagnosisReview.version.desc()).scalar_subquery()
DECIDED_DIAGNOSES = Query(
    select(
        AiDiagnosis.id.label("id"),
        AiDiagnosis.patient_id.label("patient_id"),
        AiDiagnosis.detections.label("proposed"),
        AiDiagnosis.metadata_.label("metadata"),
        _answered.label("answered"),
        _corrected.label("corrected"),
    ).where(AiDiagnosis.id == any_(bindparam("diagnosis_ids", type_=ARRAY(Text)))),
    row=DecidedDiagnosis,
    about=About("diagnosis"),
)
SHADOW_FINDINGS = Query(
    select(*columns(ShadowRow, ShadowFinding)).where(
        ShadowFinding.diagnosis_id == any_(bindparam("diagnosis_ids", type_=ARRAY(Text)))
    ),
    row=ShadowRow,
)
MADE_BETWEEN = Query(
    select(
        AiDiagnosis.id.label("id"),
        AiDiagnosis.detections.label("detections"),
        AiDiagnosis.metadata_.label("metadata"),
        AiDiagnosis.created_at.label("created_at"),
    )
    .where(
        AiDiagnosis.created_at >= bindparam("since", type_=AiDiagnosis.created_at.type),
        AiDiagnosis.created_at < bindparam("until", type_=AiDiagnosis.created_at.type),
    )
    .order_by(AiDiagnosis.created_at.desc())
    .limit(_page),
    row=MadeDiagnosis,
)
