"""Statements about analyses: the AI's look at a photo, from the request to its diagnosis."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Text, bindparam, null, or_, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert

from dentalization.db.query import Query
from dentalization.db.row import columns, row
from dentalization.db.trail import About
from dentalization.diagnoses.tables import Analysis, AnalysisStatus


@row
class AnalysisRow:
    id: str
    photo_id: str
    patient_id: str
    requested_by: str
    status: AnalysisStatus
    reason: str | None
    diagnosis_id: str | None
    created_at: datetime
    updated_at: datetime


_analysis = select(*columns(AnalysisRow, Analysis))
ANALYSIS = Query(
    _analysis.where(Analysis.id == bindparam("analysis_id")),
    row=AnalysisRow,
    about=About("analysis"),
)
ANALYSIS_OF_PHOTO = Query(
    _analysis.where(Analysis.photo_id == bindparam("photo_id"))
    .order_by(Analysis.created_at.desc(), Analysis.id.desc())
    .limit(1),
    row=AnalysisRow,
    about=About("analysis"),
)
ADD_ANALYSIS = Query[Any](
    pg_insert(Analysis)
    .values(
        id=bindparam("id"),
        photo_id=bindparam("photo_id"),
        patient_id=bindparam("patient_id"),
        requested_by=bindparam("requested_by"),
    )
    .on_conflict_do_nothing(),
    about=About("analysis"),
)
BEGIN_ANALYSIS = Query(
    update(Analysis)
    .where(
        Analysis.id == bindparam("analysis_id"),
        or_(Analysis.status == AnalysisStatus.QUEUED, Analysis.status == AnalysisStatus.RUNNING),
    )
    .values(status=AnalysisStatus.RUNNING)
    .returning(*columns(AnalysisRow, Analysis)),
    row=AnalysisRow,
    about=About("analysis"),
)
END_ANALYSIS = Query[Any](
    update(Analysis)
    .where(Analysis.id == bindparam("analysis_id"), Analysis.status == AnalysisStatus.RUNNING)
    .values(
        status=bindparam("outcome", type_=Analysis.status.type),
        diagnosis_id=bindparam("diagnosis", type_=Text),
        reason=bindparam("why", type_=Text),
    )
)
RETRY_ANALYSIS = Query[Any](
    update(Analysis)
    .where(
        Analysis.id == bindparam("analysis_id"),
        Analysis.patient_id == bindparam("patient_id"),
        Analysis.status == AnalysisStatus.FAILED,
    )
    .values(status=AnalysisStatus.QUEUED, reason=null())
)
