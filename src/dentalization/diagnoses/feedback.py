"""What dentists decided about what models proposed, for those who learn from it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from dentalization.accounts import consents
from dentalization.accounts.consent_tables import ConsentPurpose
from dentalization.db.database import Database
from dentalization.db.identity import Actor
from dentalization.dentistry.boxes import Detection
from dentalization.diagnoses import feedback_queries as queries
from dentalization.diagnoses.feedback_queries import DecidedDiagnosis, DecisionRow
from dentalization.diagnoses.tables import ReviewVerb
from dentalization.errors import NotFound
from dentalization.photos import service as photos
from dentalization.photos.service import Variant
from dentalization.storage.port import ObjectStore
from dentalization.vision.feedback.cases import ReviewedCase
from dentalization.vision.feedback.compare import PairedCase, paired
from dentalization.vision.feedback.drift import Drift, Seen, drifts
from dentalization.vision.feedback.export import ExportedCase, pseudonym, truths_of, write_coco

_AT_ONCE = 500
NEWEST, BEFORE = timedelta(days=7), timedelta(days=28)
"""The periods that are compared for drift, where nobody says others."""
MOST_SEEN = 20_000
"""Diagnoses of one period that are compared; more would not change the answer."""
_START = datetime(1970, 1, 1, tzinfo=UTC)


async def reviewed_cases(
    db: Database, *, since: datetime | None = None, model: str = "", version: str = "", raw: bool = False
) -> list[ReviewedCase]:
    """Every decided case of a model, in the order of time; with `raw` its boxes carry raw scores.

    A case that was only looked at says nothing, unless the dentist drew boxes. Of a case that was reviewed
    blind the answer given before the AI was shown counts.
    """
    cases: dict[str, ReviewedCase] = {}
    async for decision, row in _decided(db, since or _START):
        case = _case(decision, row, raw=raw)
        if case and model in ("", case.model) and version in ("", case.version):
            cases.pop(case.diagnosis_id, None)
            cases[case.diagnosis_id] = case
    return list(cases.values())


async def _decided(db: Database, since: datetime) -> Any:
    worker = Actor.worker()
    at, after = since, ""
    while True:
        page = await db.read(worker, queries.DECISIONS, after_at=at, after_id=after, limit=_AT_ONCE)
        ids = [one.diagnosis_id for one in page]
        rows = await db.read(worker, queries.DECIDED_DIAGNOSES, diagnosis_ids=ids) if ids else []
        by_id = {one.id: one for one in rows}
        for decision in page:
            if decision.diagnosis_id in by_id:
                yield decision, by_id[decision.diagnosis_id]
        if len(page) < _AT_ONCE:
            return
        at, after = page[-1].reviewed_at, page[-1].id


def _case(decision: DecisionRow, row: DecidedDiagnosis, *, raw: bool) -> ReviewedCase | None:
    metadata = row.metadata or {}
    blind = bool(metadata.get("blind"))
    drawn = row.answered if blind else row.corrected
    if not metadata.get("model") or (drawn is None and (blind or decision.verb is ReviewVerb.REVIEWED)):
        return None
    proposed = [Detection.from_json(one) for one in row.proposed]
    if raw:
        scores = metadata.get("scores")
        if not isinstance(scores, list) or len(scores) != len(proposed):
            return None
        proposed = [replace(one, confidence=score) for one, score in zip(proposed, scores, strict=True)]
    return ReviewedCase(
        diagnosis_id=row.id,
        model=str(metadata["model"]),
        version=str(metadata.get("version") or ""),
        proposed=tuple(proposed),
        decided=None if drawn is None else tuple(Detection.from_json(one) for one in drawn),
        rejected=decision.verb is ReviewVerb.REJECTED and not blind,
        reviewed_at=decision.reviewed_at,
        blind=blind,
        group=row.patient_id or row.id,
    )


async def paired_cases(
    db: Database, cases: Sequence[ReviewedCase], *, model: str, version: str
) -> list[PairedCase]:
    """The cases that a model has also looked at unseen, with what it would have said."""
    found = []
    for start in range(0, len(cases), _AT_ONCE):
        part = {one.diagnosis_id: one for one in cases[start : start + _AT_ONCE]}
        rows = await db.read(Actor.worker(), queries.SHADOW_FINDINGS, diagnosis_ids=list(part))
        for row in rows:
            if (row.model, row.version) == (model, version) and row.reason is None:
                boxes = [Detection.from_json(one) for one in row.detections]
                found.append(paired(part[row.diagnosis_id], boxes))
    return [one for one in found if one is not None]


async def seen(db: Database, *, model: str, version: str, since: datetime, until: datetime) -> list[Seen]:
    """What a model saw in a period, the newest first, at most MOST_SEEN pictures, with raw scores."""
    rows = await db.read(Actor.worker(), queries.MADE_BETWEEN, since=since, until=until, limit=MOST_SEEN)
    found = []
    for row in rows:
        metadata = row.metadata or {}
        quality, scores = metadata.get("quality") or {}, metadata.get("scores")
        if (metadata.get("model"), metadata.get("version")) != (model, version) or scores is None:
            continue
        boxes = [
            replace(Detection.from_json(one), confidence=score)
            for one, score in zip(row.detections, scores, strict=True)
        ]
        found.append(
            Seen(
                tuple(boxes),
                sharpness=float(quality.get("laplacianVariance", 0)),
                exposure=float(quality.get("meanExposure", 0)),
                clipped=float(quality.get("clippedHighlights", 0)),
            )
        )
    return found


async def drift(
    db: Database, *, model: str, version: str, newest: timedelta, before: timedelta
) -> tuple[Drift, ...]:
    """What a model saw in the newest days, compared with the days before them."""
    now = datetime.now(UTC)
    border = now - newest
    reference = await seen(db, model=model, version=version, since=border - before, until=border)
    current = await seen(db, model=model, version=version, since=border, until=now)
    return drifts(reference, current)


async def of_consenting(db: Database, cases: Sequence[ReviewedCase]) -> list[ReviewedCase]:
    """The cases of patients who have agreed to training, and not withdrawn since."""
    agreed: set[str] = set()
    groups = sorted({one.group for one in cases})
    for start in range(0, len(groups), _AT_ONCE):
        part = groups[start : start + _AT_ONCE]
        agreed |= await consents.consenting(
            db, ConsentPurpose.TRAINING, actor=Actor.worker(), patient_ids=part
        )
    return [one for one in cases if one.group in agreed]


async def export(
    db: Database, store: ObjectStore, cases: Sequence[ReviewedCase], folder: Path, *, key: bytes
) -> Path:
    """Writes the cases as a data set for training, under pseudonyms made with `key`; gives its COCO file.

    Left out are cases of patients who have not agreed to training, or not any more, cases whose picture is
    gone, and those of which nobody said what it shows. Raises DatasetRefused.
    """
    told = [one for one in await of_consenting(db, cases) if one.truth is not None]
    details = await _photo_ids(db, told)
    loop = asyncio.get_running_loop()

    def each() -> Iterator[ExportedCase]:
        for case in told:
            fetched = _exported(db, store, case, details.get(case.diagnosis_id, ""), key)
            one = asyncio.run_coroutine_threadsafe(fetched, loop).result()
            if one is not None:
                yield one

    return await asyncio.to_thread(write_coco, each(), folder)


async def _photo_ids(db: Database, cases: Sequence[ReviewedCase]) -> dict[str, str]:
    found: dict[str, str] = {}
    for start in range(0, len(cases), _AT_ONCE):
        ids = [one.diagnosis_id for one in cases[start : start + _AT_ONCE]]
        rows = await db.read(Actor.worker(), queries.DECIDED_DIAGNOSES, diagnosis_ids=ids)
        found.update({one.id: str((one.metadata or {}).get("photoId", "")) for one in rows})
    return found


async def _exported(
    db: Database, store: ObjectStore, case: ReviewedCase, photo_id: str, key: bytes
) -> ExportedCase | None:
    worker = Actor.worker()
    try:
        photo = await photos.photo(db, actor=worker, photo_id=photo_id)
        content = await photos.content(db, store, actor=worker, photo_id=photo_id, variant=Variant.ORIGINAL)
    except NotFound:
        return None
    details = photo.metadata or {}
    return ExportedCase(
        picture=content.data,
        content_type=content.content_type,
        width=int(details.get("width", 0)),
        height=int(details.get("height", 0)),
        truths=truths_of(case.truth or ()),
        pseudonym=pseudonym(key, "picture", photo_id),
        group=pseudonym(key, "patient", case.group),
    )
