"""From a photo to a diagnosis: the request, the job, and what becomes of it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from typing import Any

import structlog

from dentalization.accounts import consents
from dentalization.accounts.consent_tables import ConsentPurpose
from dentalization.accounts.errors import ConsentMissing
from dentalization.db.database import Database
from dentalization.db.idempotency import fingerprint, once
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.db.trail import Trail
from dentalization.db.transaction import Transaction
from dentalization.diagnoses import analysis_queries, feedback_queries, queries
from dentalization.diagnoses.analysis_queries import AnalysisRow
from dentalization.diagnoses.errors import NotFailed
from dentalization.diagnoses.tables import AnalysisStatus
from dentalization.errors import DentalizationError, NotAllowed, NotFound
from dentalization.metrics import ANALYSES
from dentalization.photos import service as photos
from dentalization.photos.queries import PhotoRow
from dentalization.photos.service import Variant
from dentalization.storage.port import ObjectStore
from dentalization.vision.detector import Detector
from dentalization.vision.errors import VisionError
from dentalization.vision.findings import Analysis, ShadowLook, analyse, look_on

TASK = "diagnoses.analyse"
POLL_SECONDS = 0.1

_log = structlog.get_logger(__name__)


async def request(
    db: Database, *, actor: Actor, photo_id: str, idempotency_key: str | None = None
) -> AnalysisRow:
    """Asks for an analysis of a photo; a photo that has one already gets that one.

    The job is enqueued in the transaction that records the request: either both exist or neither. Raises
    NotFound for a photo that the actor may not see, ConsentMissing, KeyReused.
    """
    photo = await photos.photo(db, actor=actor, photo_id=photo_id)

    async def add(transaction: Transaction) -> dict[str, Any]:
        async def make() -> dict[str, Any]:
            before = await transaction.one(analysis_queries.ANALYSIS_OF_PHOTO, photo_id=photo_id)
            if before is not None and before.status is not AnalysisStatus.FAILED:
                return {"id": before.id}
            await consents.require(transaction, ConsentPurpose.AI_ANALYSIS, patient_id=photo.patient_id)
            return {"id": await _add(transaction, actor, photo)}

        asked = fingerprint("analysis", photo_id)
        return await once(transaction, actor, key=idempotency_key, request=asked, make=make)

    made = await db.transaction(actor, add)
    return await analysis(db, actor=actor, analysis_id=made["id"])


async def check_consent(db: Database, *, actor: Actor) -> None:
    """Raises ConsentMissing where the acting patient's own photos are not to be analysed."""
    own = actor.patient_id
    if own and not await consents.may(db, ConsentPurpose.AI_ANALYSIS, actor=actor, patient_id=own):
        raise ConsentMissing


async def _add(transaction: Transaction, actor: Actor, photo: PhotoRow) -> str:
    analysis_id = new_id()
    added = await transaction.run(
        analysis_queries.ADD_ANALYSIS,
        id=analysis_id,
        photo_id=photo.id,
        patient_id=photo.patient_id,
        requested_by=actor.user_id,
    )
    if added:
        await transaction.enqueue(TASK, once_for=f"analysis {analysis_id}", analysis_id=analysis_id)
        return analysis_id
    # Somebody else has asked at the same moment; the unique index let one of us through.
    other = await transaction.one(analysis_queries.ANALYSIS_OF_PHOTO, photo_id=photo.id)
    if other is None:
        raise NotFound("There is no such photo.")
    return other.id


async def analysis(db: Database, *, actor: Actor, analysis_id: str) -> AnalysisRow:
    """Raises NotFound."""
    found = await db.read_one(actor, analysis_queries.ANALYSIS, analysis_id=analysis_id)
    if found is None:
        raise NotFound("There is no such analysis.")
    return found


async def of_photo(db: Database, *, actor: Actor, photo_id: str) -> AnalysisRow | None:
    """The newest analysis of a photo."""
    return await db.read_one(actor, analysis_queries.ANALYSIS_OF_PHOTO, photo_id=photo_id)


async def wait_for(db: Database, *, actor: Actor, analysis_id: str, seconds: float) -> AnalysisRow:
    """The analysis once it has ended, or as it is after ``seconds``."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        found = await analysis(db, actor=actor, analysis_id=analysis_id)
        ended = found.status in (AnalysisStatus.DONE, AnalysisStatus.FAILED)
        if ended or asyncio.get_running_loop().time() >= deadline:
            return found
        await asyncio.sleep(POLL_SECONDS)


async def retry(db: Database, *, actor: Actor, analysis_id: str) -> AnalysisRow:
    """Puts a failed analysis back into the queue. Raises NotFailed, NotFound, ConsentMissing."""
    found = await analysis(db, actor=actor, analysis_id=analysis_id)
    if actor.role == "ADMIN":
        raise NotAllowed("An emergency access only shows; it changes nothing.")

    async def again(transaction: Transaction) -> int:
        await consents.require(transaction, ConsentPurpose.AI_ANALYSIS, patient_id=found.patient_id)
        changed = await transaction.run(
            analysis_queries.RETRY_ANALYSIS, analysis_id=analysis_id, patient_id=found.patient_id
        )
        if changed:
            await transaction.enqueue(TASK, once_for=f"analysis {analysis_id}", analysis_id=analysis_id)
        return changed

    if not await db.transaction(actor, again):
        raise NotFailed
    return await analysis(db, actor=actor, analysis_id=analysis_id)


async def perform(
    db: Database,
    store: ObjectStore,
    detectors: Sequence[Detector],
    *,
    analysis_id: str,
    shadows: Sequence[Detector] = (),
    blind_share: float = 0.0,
    trail: Trail | None = None,
) -> None:
    """The worker's part. May be repeated at any point: an analysis ends once, in one transaction.

    The detector runs outside every transaction. Whatever fails is recorded as the reason; nothing is made up.
    ``shadows`` look on unseen, once the diagnosis stands. Of all diagnoses ``blind_share`` are to be reviewed
    blind: the dentist answers before seeing what the model found.
    """
    worker = Actor.worker(trail)

    async def begin(transaction: Transaction) -> AnalysisRow | None:
        return await transaction.one(analysis_queries.BEGIN_ANALYSIS, analysis_id=analysis_id)

    begun = await db.transaction(worker, begin)
    if begun is None:  # ended already: a job that was taken up again after its worker was killed
        return
    try:
        # Withdrawn since it was asked for: then nothing looks at the photo.
        asked_of = begun.patient_id
        if not await consents.may(db, ConsentPurpose.AI_ANALYSIS, actor=worker, patient_id=asked_of):
            raise ConsentMissing
        photo = await photos.photo(db, actor=worker, photo_id=begun.photo_id)
        picture = await photos.content(db, store, actor=worker, photo_id=photo.id, variant=Variant.ORIGINAL)
        found = await asyncio.to_thread(
            analyse, picture.data, photo_type=photo.photo_type, detectors=detectors
        )
    except (VisionError, NotFound, ConsentMissing) as error:
        await _fail(db, analysis_id, error)
        return
    diagnosis_id = await _finish(db, begun, photo, found, blind_share)
    if diagnosis_id and shadows:
        seen = await asyncio.to_thread(look_on, picture.data, photo_type=photo.photo_type, detectors=shadows)
        await _keep_shadows(db, diagnosis_id, seen)


async def _finish(
    db: Database, begun: AnalysisRow, photo: PhotoRow, found: Analysis, blind_share: float
) -> str | None:
    """The new diagnosis; None where another worker has made it."""
    diagnosis_id = new_id()
    details = {**found.metadata, "photoId": photo.id}
    if found.metadata["model"] and _chosen_blind(diagnosis_id, blind_share):
        details["blind"] = True

    async def finish(transaction: Transaction) -> None:
        await transaction.run(
            queries.ADD_DIAGNOSIS,
            id=diagnosis_id,
            user_id=begun.requested_by,
            patient_id=begun.patient_id,
            photo_url=photo.photo_url,
            diagnosis=found.diagnosis,
            confidence=found.confidence,
            detections=[detection.to_json() for detection in found.detections],
            details=details,
        )
        ended = await transaction.run(
            analysis_queries.END_ANALYSIS,
            analysis_id=begun.id,
            outcome=AnalysisStatus.DONE,
            diagnosis=diagnosis_id,
            why=None,
        )
        if not ended:  # another worker was quicker; the diagnosis goes with the transaction
            raise _EndedElsewhere

    try:
        await db.transaction(Actor.worker(), finish)
    except _EndedElsewhere:
        _log.info("analysis_ended_elsewhere", analysis_id=begun.id)
        return None
    ANALYSES.labels("done").inc()
    return diagnosis_id


def _chosen_blind(diagnosis_id: str, share: float) -> bool:
    """By the id's hash: whoever asks again gets the same answer, and nobody can choose the easy cases."""
    drawn = int.from_bytes(hashlib.sha256(diagnosis_id.encode()).digest()[:6]) / 2**48
    return drawn < share


async def _keep_shadows(db: Database, diagnosis_id: str, seen: Sequence[ShadowLook]) -> None:
    async def keep(transaction: Transaction) -> None:
        for look in seen:
            await transaction.run(
                feedback_queries.ADD_SHADOW_FINDING,
                id=new_id(),
                diagnosis_id=diagnosis_id,
                model=look.card.id,
                version=look.card.version,
                digest=look.card.sha256,
                detections=[one.to_json() for one in look.detections],
                scores=list(look.scores),
                milliseconds=look.milliseconds,
                why=look.reason,
            )

    await db.transaction(Actor.worker(), keep)


class _EndedElsewhere(DentalizationError):
    """This analysis has been ended by another worker."""


async def _fail(db: Database, analysis_id: str, error: DentalizationError) -> None:
    ANALYSES.labels(error.code).inc()
    _log.warning("analysis_failed", analysis_id=analysis_id, code=error.code)

    async def fail(transaction: Transaction) -> None:
        await transaction.run(
            analysis_queries.END_ANALYSIS,
            analysis_id=analysis_id,
            outcome=AnalysisStatus.FAILED,
            diagnosis=None,
            why=error.message,
        )

    await db.transaction(Actor.worker(), fail)


async def give_up(db: Database, *, analysis_id: str) -> None:
    """Ends an analysis whose job has failed for good, so that nobody waits for it."""
    await _fail(db, analysis_id, DentalizationError("The analysis broke off; it can be tried again."))
