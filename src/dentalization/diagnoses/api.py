"""Diagnoses: requests for an analysis, lists, and a dentist's review."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Response
from pydantic import AwareDatetime, Field

from dentalization.context import Context
from dentalization.db.keyset import Page
from dentalization.db.row import row
from dentalization.dentistry.boxes import Detection
from dentalization.dentistry.conditions import Condition
from dentalization.diagnoses import analysis, service
from dentalization.diagnoses.analysis_queries import AnalysisRow
from dentalization.diagnoses.queries import (
    DiagnosisRow,
    Reviewer,
    ReviewRow,
    StatusCount,
)
from dentalization.diagnoses.service import ReviewedDiagnosis
from dentalization.diagnoses.tables import AnalysisStatus, DiagnosisStatus
from dentalization.edge.acting import Acting, AtHand
from dentalization.edge.answers import (
    LIMIT,
    After,
    Body,
    IdempotencyKey,
    IfMatch,
    Limit,
    Text,
    answer,
    etag,
    seen_at,
)
from dentalization.errors import NotFound
from dentalization.photos import service as photos
from dentalization.photos.service import Variant

router = APIRouter(tags=["diagnoses"])

LONGEST_WAIT_SECONDS = 30
_WAIT = re.compile(r"\bwait=(\d{1,4})\b")


class AnalysisRequest(Body):
    photo_id: Annotated[Text, Field(min_length=1, max_length=40)]


class Location(Body):
    """In pixels of the stored, upright photo."""

    x: Annotated[float, Field(ge=0, strict=True, allow_inf_nan=False)]
    y: Annotated[float, Field(ge=0, strict=True, allow_inf_nan=False)]
    width: Annotated[float, Field(gt=0, strict=True, allow_inf_nan=False)]
    height: Annotated[float, Field(gt=0, strict=True, allow_inf_nan=False)]


class DetectionBody(Body):
    condition: Condition
    confidence: Annotated[float, Field(ge=0, le=1, strict=True, allow_inf_nan=False)]
    location: Location
    tooth: Annotated[str, Field(pattern=r"^([1-4][1-8]|[5-8][1-5])$", description="FDI")] | None = None


class Review(Body):
    decision: Literal["REVIEWED", "CONFIRMED", "REJECTED"]
    notes: Annotated[Text, Field(max_length=10_000)] | None = None
    detections: Annotated[list[DetectionBody], Field(max_length=500)] | None = Field(
        None, description="The corrected boxes; leave out to keep them as they are."
    )


@row
class DiagnosisWithReviews:
    """A diagnosis, its ledger, and under ``detections`` the model's own boxes."""

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
    reviewed_detections: list[dict[str, Any]]
    reviews: Sequence[ReviewRow]


@router.post(
    "/diagnoses",
    status_code=202,
    response_model=AnalysisRow,
    responses={201: {"model": DiagnosisWithReviews}},
)
async def request_analysis(
    body: AnalysisRequest,
    actor: Acting,
    at_hand: AtHand,
    prefer: Annotated[str | None, Header(description="'wait=10': answer with the diagnosis")] = None,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Asks the AI to look at a photo. 202 and where to ask for the outcome, or 201 with the diagnosis."""
    asked = await analysis.request(
        at_hand.db, actor=actor, photo_id=body.photo_id, idempotency_key=idempotency_key
    )
    wait = _WAIT.search(prefer or "")
    if wait:
        seconds = min(int(wait[1]), LONGEST_WAIT_SECONDS)
        asked = await analysis.wait_for(at_hand.db, actor=actor, analysis_id=asked.id, seconds=seconds)
    if wait and asked.status is AnalysisStatus.DONE and asked.diagnosis_id:
        found = await service.diagnosis(at_hand.db, actor=actor, diagnosis_id=asked.diagnosis_id)
        location = f"/api/v1/diagnoses/{asked.diagnosis_id}"
        return await _diagnosis(at_hand, actor, found, status=201, headers={"Location": location})
    return answer(AnalysisRow, asked, status=202, headers={"Location": f"/api/v1/analyses/{asked.id}"})


@router.get("/analyses/{analysis_id}", response_model=AnalysisRow)
async def get_analysis(analysis_id: str, actor: Acting, at_hand: AtHand) -> Response:
    """How far an analysis is; 'reason' says why it failed."""
    return answer(AnalysisRow, await analysis.analysis(at_hand.db, actor=actor, analysis_id=analysis_id))


@router.post("/analyses/{analysis_id}/retry", status_code=202, response_model=AnalysisRow)
async def retry_analysis(analysis_id: str, actor: Acting, at_hand: AtHand) -> Response:
    """Puts a failed analysis back into the queue."""
    again = await analysis.retry(at_hand.db, actor=actor, analysis_id=analysis_id)
    return answer(AnalysisRow, again, status=202, headers={"Location": f"/api/v1/analyses/{again.id}"})


@router.get("/diagnoses/stats", response_model=list[StatusCount])
async def statistics(
    actor: Acting,
    at_hand: AtHand,
    since: Annotated[AwareDatetime | None, Query(description="Default: 30 days ago.")] = None,
) -> Response:
    """How many of the doctor's diagnoses are in which state."""
    from_ = since or datetime.now(UTC) - timedelta(days=30)
    return answer(list[StatusCount], await service.statistics(at_hand.db, actor=actor, since=from_))


@router.get("/diagnoses", response_model=Page[DiagnosisRow])
async def diagnoses(
    actor: Acting,
    at_hand: AtHand,
    patientId: Annotated[str | None, Query(max_length=40)] = None,  # noqa: N803 - the parameter's name
    status: DiagnosisStatus | None = None,
    assigned: Annotated[Literal["me", "nobody"] | None, Query(description="For doctors.")] = None,
    after: After = None,
    limit: Limit = LIMIT,
) -> Response:
    """A patient's history; for a doctor without 'patientId' the own cases, or those that nobody has.

    A doctor who asks for PENDING without saying whose gets the queue, who has waited longest first.
    """
    page: Page[DiagnosisRow]
    if patientId or not actor.doctor_id:
        page = await service.history(
            at_hand.db,
            actor=actor,
            patient_id=patientId or actor.patient_id,
            status=status,
            after=after,
            limit=limit,
        )
    elif assigned == "nobody" or (assigned is None and status is DiagnosisStatus.PENDING):
        page = await service.queue(at_hand.db, actor=actor, after=after, limit=limit)
    else:
        page = await service.assigned(at_hand.db, actor=actor, status=status, after=after, limit=limit)
    return answer(Page[DiagnosisRow], page)


@router.get("/diagnoses/{diagnosis_id}", response_model=DiagnosisWithReviews)
async def diagnosis(diagnosis_id: str, actor: Acting, at_hand: AtHand) -> Response:
    """One diagnosis with the whole ledger of its reviews."""
    found = await service.diagnosis(at_hand.db, actor=actor, diagnosis_id=diagnosis_id)
    return await _diagnosis(at_hand, actor, found)


@router.post("/diagnoses/{diagnosis_id}/claim", response_model=DiagnosisWithReviews)
async def claim(diagnosis_id: str, actor: Acting, at_hand: AtHand) -> Response:
    """Takes a diagnosis on; of several dentists one succeeds."""
    found = await service.claim(at_hand.db, actor=actor, diagnosis_id=diagnosis_id)
    return await _diagnosis(at_hand, actor, found)


@router.post("/diagnoses/{diagnosis_id}/review", response_model=DiagnosisWithReviews)
async def review(
    diagnosis_id: str, body: Review, actor: Acting, at_hand: AtHand, if_match: IfMatch = None
) -> Response:
    """Decides about a diagnosis that one has taken on, with or without corrected boxes."""
    detections = None
    if body.detections is not None:
        dumped = [item.model_dump(exclude_none=True) for item in body.detections]
        detections = [Detection.from_json(item) for item in dumped]
    found = await service.review(
        at_hand.db,
        actor=actor,
        diagnosis_id=diagnosis_id,
        decision=DiagnosisStatus(body.decision),
        notes=body.notes,
        detections=detections,
        seen_at=seen_at(if_match),
    )
    return await _diagnosis(at_hand, actor, found)


async def _diagnosis(
    at_hand: Context,
    actor: Acting,
    found: ReviewedDiagnosis,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Response:
    row_ = found.diagnosis
    fields = {name: getattr(row_, name) for name in DiagnosisRow.__dataclass_fields__}
    whole = DiagnosisWithReviews(**fields, reviewed_detections=found.detections, reviews=found.reviews)
    whole = replace(whole, photo_url=await _photo_url(at_hand, actor, row_))
    version = {"ETag": etag(row_.updated_at)}
    return answer(DiagnosisWithReviews, whole, status=status, headers={**version, **(headers or {})})


async def _photo_url(at_hand: Context, actor: Acting, found: DiagnosisRow) -> str:
    """A signed address for a photo of ours; what came from another system stays as it is."""
    photo_id = (found.metadata or {}).get("photoId")
    if not isinstance(photo_id, str):
        return found.photo_url
    try:
        photo = await photos.photo(at_hand.db, actor=actor, photo_id=photo_id)
    except NotFound:
        return found.photo_url
    return at_hand.settings.public_url + photos.signed_path(at_hand.signer, photo, Variant.ORIGINAL)
