"""Pages from the photo to the decision: upload, progress, history, the dentist's queue, the review."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request, Response

from dentalization.accounts.errors import ConsentMissing
from dentalization.context import Context
from dentalization.db.identity import Actor
from dentalization.db.keyset import DEFAULT_LIMIT
from dentalization.dentistry.boxes import Detection
from dentalization.diagnoses import analysis, policy, service
from dentalization.diagnoses.blind import awaits_answer
from dentalization.diagnoses.queries import DiagnosisRow
from dentalization.diagnoses.service import ReviewedDiagnosis
from dentalization.diagnoses.tables import AnalysisStatus, DiagnosisStatus
from dentalization.edge.acting import AtHand
from dentalization.edge.pages import (
    Form,
    Visitor,
    WrongField,
    errors_of,
    field,
    file_of,
    language_of,
    redirect,
    render,
    sentence,
)
from dentalization.errors import Conflict, InvalidInput
from dentalization.events import stream
from dentalization.photos import service as photos
from dentalization.photos.pages import new_photo_page
from dentalization.photos.pictures import MAX_BYTES
from dentalization.photos.queries import PhotoRow
from dentalization.photos.service import PhotoType, Variant
from dentalization.vision.quality import translated

router = APIRouter(include_in_schema=False)

_MOST_BOXES = 500
_LONGEST_NOTES = 10_000


@dataclass(frozen=True, slots=True)
class Shown:
    """A photo as a page shows it: addresses that work for some minutes, and pixels."""

    original: str
    thumbnail: str
    width: int
    height: int


@router.post("/photos")
async def upload(request: Request, form: Form, actor: Visitor, at_hand: AtHand) -> Response:
    """Takes the photo in and asks for its analysis."""
    values = {name: field(form, name) for name in ("photoType", "description")}
    try:
        await analysis.check_consent(at_hand.db, actor=actor)  # better before the picture is sent on
        photo = await photos.upload(
            at_hand.db,
            at_hand.store,
            actor=actor,
            data=await file_of(form, "file", most=MAX_BYTES),
            photo_type=_photo_type(values["photoType"]),
            public_url=at_hand.settings.public_url,
            description=values["description"][:2000] or None,
        )
    except ConsentMissing as error:
        return new_photo_page(request, status=403, errors=errors_of(request, error), values=values)
    except InvalidInput as error:
        errors = {"photoType" if error.field == "photoType" else "file": sentence(request, error)}
        return new_photo_page(request, status=422, errors=errors, values=values)
    asked = await analysis.request(at_hand.db, actor=actor, photo_id=photo.id)
    return redirect(f"/analyses/{asked.id}")


def _photo_type(name: str) -> PhotoType:
    try:
        return PhotoType(name)
    except ValueError:
        raise WrongField("no-kind", field="photoType") from None


@router.post("/photos/{photo_id}/analysis")
async def analyse(photo_id: str, form: Form, actor: Visitor, at_hand: AtHand) -> Response:  # noqa: ARG001
    """To the photo's analysis; asks for one where there is none, or none that succeeded."""
    asked = await analysis.request(at_hand.db, actor=actor, photo_id=photo_id)
    return redirect(f"/analyses/{asked.id}")


@router.get("/analyses/{analysis_id}")
async def progress(request: Request, analysis_id: str, actor: Visitor, at_hand: AtHand) -> Response:
    found = await analysis.analysis(at_hand.db, actor=actor, analysis_id=analysis_id)
    if found.status is AnalysisStatus.DONE:
        return redirect(f"/diagnoses/{found.diagnosis_id}")
    reason = translated(found.reason or "", language_of(request))
    return render(request, "progress.html", analysis=found, reason=reason)


@router.get("/analyses/{analysis_id}/state")
async def state(analysis_id: str, actor: Visitor, at_hand: AtHand) -> Response:
    """For the page's own script: whether to go on."""
    found = await analysis.analysis(at_hand.db, actor=actor, analysis_id=analysis_id)
    ended = found.status in (AnalysisStatus.DONE, AnalysisStatus.FAILED)
    headers = {"Cache-Control": "no-store"}
    return Response(json.dumps({"ended": ended}), media_type="application/json", headers=headers)


@router.post("/analyses/{analysis_id}/retry")
async def retry(analysis_id: str, form: Form, actor: Visitor, at_hand: AtHand) -> Response:  # noqa: ARG001
    await analysis.retry(at_hand.db, actor=actor, analysis_id=analysis_id)
    return redirect(f"/analyses/{analysis_id}")


@router.get("/history")
async def history(
    request: Request, actor: Visitor, at_hand: AtHand, patient: str = "", after: str | None = None
) -> Response:
    """One's own history, or that of a patient in care."""
    whose = patient or actor.patient_id
    page = await service.history(at_hand.db, actor=actor, patient_id=whose, after=after, limit=DEFAULT_LIMIT)
    entries = await _with_photos(at_hand, actor, page.items)
    own = whose == actor.patient_id
    return render(request, "history.html", entries=entries, next=page.next, own=own, patient=patient)


@router.get("/queue")
async def queue(request: Request, actor: Visitor, at_hand: AtHand, after: str | None = None) -> Response:
    """Who waits, what the dentist has open, and the figures of the last 30 days."""
    position = await stream.position(at_hand.db, actor=actor)
    waiting = await service.queue(at_hand.db, actor=actor, after=after, limit=DEFAULT_LIMIT)
    since = datetime.now(UTC) - timedelta(days=30)
    pending = await _mine(at_hand, actor, DiagnosisStatus.PENDING)
    reviewed = await _mine(at_hand, actor, DiagnosisStatus.REVIEWED)
    return render(
        request,
        "queue.html",
        position=position,
        waiting=await _with_photos(at_hand, actor, waiting.items),
        next=waiting.next,
        mine=await _with_photos(at_hand, actor, [*pending, *reviewed]),
        counts=await service.statistics(at_hand.db, actor=actor, since=since),
    )


async def _mine(at_hand: Context, actor: Actor, status: DiagnosisStatus) -> Sequence[DiagnosisRow]:
    page = await service.assigned(at_hand.db, actor=actor, status=status, limit=DEFAULT_LIMIT)
    return page.items


@router.get("/diagnoses/{diagnosis_id}")
async def diagnosis(request: Request, diagnosis_id: str, actor: Visitor, at_hand: AtHand) -> Response:
    found = await service.diagnosis(at_hand.db, actor=actor, diagnosis_id=diagnosis_id)
    return await _page(request, at_hand, actor, found)


@router.post("/diagnoses/{diagnosis_id}/claim")
async def claim(diagnosis_id: str, form: Form, actor: Visitor, at_hand: AtHand) -> Response:  # noqa: ARG001
    await service.claim(at_hand.db, actor=actor, diagnosis_id=diagnosis_id)
    return redirect(f"/diagnoses/{diagnosis_id}")


@router.post("/diagnoses/{diagnosis_id}/review")
async def review(
    request: Request, diagnosis_id: str, form: Form, actor: Visitor, at_hand: AtHand
) -> Response:
    notes = field(form, "notes")
    try:
        if len(notes) > _LONGEST_NOTES:
            raise WrongField("too-long", field="notes")
        await service.review(
            at_hand.db,
            actor=actor,
            diagnosis_id=diagnosis_id,
            decision=_decision(field(form, "decision")),
            notes=notes or None,
            detections=[] if field(form, "nothing") else _detections(field(form, "detections")),
        )
    except (InvalidInput, Conflict) as error:
        found = await service.diagnosis(at_hand.db, actor=actor, diagnosis_id=diagnosis_id)
        errors = errors_of(request, error)
        return await _page(request, at_hand, actor, found, errors=errors, typed=notes)
    return redirect(f"/diagnoses/{diagnosis_id}")


def _decision(name: str) -> DiagnosisStatus:
    try:
        return DiagnosisStatus(name)
    except ValueError:
        raise WrongField("no-decision", field="decision") from None


def _detections(sent: str) -> list[Detection] | None:
    """The editor's boxes; None where it sent none, because nothing was changed. Raises InvalidInput."""
    if not sent:
        return None
    try:
        boxes = json.loads(sent)
    except ValueError:
        boxes = None
    if not isinstance(boxes, list) or len(boxes) > _MOST_BOXES:
        raise WrongField("boxes")
    try:
        return [Detection.from_json(box) for box in boxes]
    except InvalidInput:
        raise WrongField("boxes") from None


async def _page(
    request: Request,
    at_hand: Context,
    actor: Actor,
    found: ReviewedDiagnosis,
    *,
    errors: Any = None,
    typed: str | None = None,
) -> Response:
    shown = found.diagnosis
    mine = bool(actor.doctor_id) and shown.doctor_id == actor.doctor_id
    blind = mine and awaits_answer(shown.metadata, shown.status)
    decisions = [status for status in DiagnosisStatus if policy.may_become(shown.status, status)]
    if blind:
        decisions = [DiagnosisStatus.REVIEWED]
    return render(
        request,
        "diagnosis.html",
        status=422 if errors else 200,
        diagnosis=shown,
        detections=found.detections,
        corrected=found.detections != shown.detections,
        reviews=found.reviews,
        photo=(await _with_photos(at_hand, actor, [shown]))[0][1],
        metadata=shown.metadata or {},
        may_claim=bool(actor.doctor_id) and shown.doctor_id is None,
        decisions=decisions if mine else [],
        blind=blind,
        errors=errors or {},
        notes=(shown.notes or "") if typed is None else typed,
        longest_notes=_LONGEST_NOTES,
    )


async def _with_photos(
    at_hand: Context, actor: Actor, rows: Sequence[DiagnosisRow]
) -> list[tuple[DiagnosisRow, Shown | None]]:
    ids = [str((row.metadata or {}).get("photoId")) for row in rows]
    found = await photos.photos_by_id(at_hand.db, actor=actor, photo_ids=ids)
    shown = {photo_id: _addresses(at_hand, photo) for photo_id, photo in found.items()}
    return [(row, shown.get(photo_id)) for row, photo_id in zip(rows, ids, strict=True)]


def _addresses(at_hand: Context, photo: PhotoRow) -> Shown:
    details = photo.metadata or {}
    return Shown(
        original=photos.signed_path(at_hand.signer, photo, Variant.ORIGINAL),
        thumbnail=photos.signed_path(at_hand.signer, photo, Variant.THUMBNAIL),
        width=int(details.get("width", 0)),
        height=int(details.get("height", 0)),
    )
