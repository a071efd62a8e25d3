"""Read diagnoses, take one on, and decide about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dentalization.db.database import Database
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.db.keyset import Page, TimeKey, page_of
from dentalization.db.transaction import Transaction
from dentalization.dentistry.boxes import Detection
from dentalization.diagnoses import policy, queries
from dentalization.diagnoses.blind import all_as_seen, as_seen, awaits_answer
from dentalization.diagnoses.errors import (
    AlreadyClaimed,
    AlreadyDecided,
    AnswerFirst,
    NotClaimed,
    NotVerified,
)
from dentalization.diagnoses.queries import DiagnosisRow, LockedDiagnosis, ReviewRow, StatusCount
from dentalization.diagnoses.tables import DiagnosisStatus, ReviewVerb
from dentalization.errors import InvalidInput, NotAllowed, NotFound
from dentalization.profiles import service as profiles
from dentalization.profiles.errors import ChangedMeanwhile

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ReviewedDiagnosis:
    """A diagnosis and its ledger, oldest entry first."""

    diagnosis: DiagnosisRow
    reviews: Sequence[ReviewRow]

    @property
    def detections(self) -> list[dict[str, Any]]:
        """The boxes that hold: a dentist's newest corrections, or the model's own."""
        corrected = [review.detections for review in self.reviews if review.detections is not None]
        return corrected[-1] if corrected else self.diagnosis.detections


async def history(
    db: Database,
    *,
    actor: Actor,
    patient_id: str,
    status: DiagnosisStatus | None = None,
    after: str | None = None,
    limit: int,
) -> Page[DiagnosisRow]:
    """A patient's diagnoses, the newest first; empty for a patient whom the actor may not see."""
    query = queries.HISTORY if status is None else queries.HISTORY_BY_STATUS
    return await _newest_first(db, actor, query, status, after, limit, patient_id=patient_id)


async def assigned(
    db: Database,
    *,
    actor: Actor,
    status: DiagnosisStatus | None = None,
    after: str | None = None,
    limit: int,
) -> Page[DiagnosisRow]:
    """The diagnoses that the acting doctor has taken on, the newest first."""
    query = queries.ASSIGNED if status is None else queries.ASSIGNED_BY_STATUS
    return await _newest_first(db, actor, query, status, after, limit, doctor_id=actor.doctor_id)


async def _newest_first(
    db: Database,
    actor: Actor,
    query: Any,
    status: DiagnosisStatus | None,
    after: str | None,
    limit: int,
    **whose: str,
) -> Page[DiagnosisRow]:
    place = TimeKey.after(after)
    chosen = {} if status is None else {"status": status}
    rows = await db.read(
        actor, query, before_at=place.at, before_id=place.id, limit=limit + 1, **chosen, **whose
    )
    return page_of(all_as_seen(actor, rows), limit, lambda row: (row.created_at, row.id))


async def queue(db: Database, *, actor: Actor, after: str | None = None, limit: int) -> Page[DiagnosisRow]:
    """Diagnoses that nobody has taken on, who has waited longest first. Empty for unverified doctors."""
    if not actor.doctor_id:
        raise NotAllowed("Only doctors have a queue.")
    place = TimeKey(_EPOCH, "") if after is None else TimeKey.after(after)
    rows = await db.read(actor, queries.QUEUE, after_at=place.at, after_id=place.id, limit=limit + 1)
    return page_of(all_as_seen(actor, rows), limit, lambda row: (row.created_at, row.id))


async def diagnosis(db: Database, *, actor: Actor, diagnosis_id: str) -> ReviewedDiagnosis:
    """Raises NotFound for what is not there and for what the actor may not see."""
    found = await db.read_one(actor, queries.DIAGNOSIS, diagnosis_id=diagnosis_id)
    if found is None:
        raise NotFound("There is no such diagnosis.")
    reviews = await db.read(actor, queries.REVIEWS, diagnosis_id=diagnosis_id)
    return ReviewedDiagnosis(as_seen(actor, found), reviews)


async def statistics(db: Database, *, actor: Actor, since: datetime) -> list[StatusCount]:
    """How many diagnoses of the acting doctor are in which state, of those made since then."""
    if not actor.doctor_id:
        raise NotAllowed("Only doctors have these figures.")
    return await db.read(actor, queries.STATISTICS, doctor_id=actor.doctor_id, since=since)


async def claim(db: Database, *, actor: Actor, diagnosis_id: str) -> ReviewedDiagnosis:
    """Takes a diagnosis on; of several dentists at once, one succeeds. Claiming one's own again is fine.

    Raises NotVerified, NotFound, AlreadyClaimed, AlreadyDecided.
    """
    name = await _reviewer_name(db, actor)

    async def take(transaction: Transaction) -> None:
        found = await _locked(transaction, diagnosis_id)
        if found.doctor_id == actor.doctor_id:
            return
        if found.doctor_id is not None:
            raise AlreadyClaimed
        if found.status is not DiagnosisStatus.PENDING:
            raise AlreadyDecided
        await transaction.run(queries.CLAIM, diagnosis_id=diagnosis_id, doctor=actor.doctor_id)
        await _record(transaction, actor, found, ReviewVerb.CLAIMED, name, None, None)

    await db.transaction(actor, take)
    return await diagnosis(db, actor=actor, diagnosis_id=diagnosis_id)


async def review(
    db: Database,
    *,
    actor: Actor,
    diagnosis_id: str,
    decision: DiagnosisStatus,
    notes: str | None = None,
    detections: Sequence[Detection] | None = None,
    seen_at: datetime | None = None,
) -> ReviewedDiagnosis:
    """Records what the dentist who has claimed it decides. ``detections`` are the corrected boxes.

    The model's own boxes stay as they are; the corrections are a new version in the ledger. A case that is
    reviewed blind is first answered with boxes and REVIEWED. Raises NotVerified, NotFound, NotClaimed,
    AlreadyClaimed, AlreadyDecided, AnswerFirst, ChangedMeanwhile.
    """
    if decision is DiagnosisStatus.PENDING:
        raise InvalidInput("A decision is REVIEWED, CONFIRMED or REJECTED.", field="decision")
    name = await _reviewer_name(db, actor)
    corrected = None if detections is None else [detection.to_json() for detection in detections]

    async def decide(transaction: Transaction) -> None:
        found = await _locked(transaction, diagnosis_id)
        if found.doctor_id is None:
            raise NotClaimed
        if found.doctor_id != actor.doctor_id:
            raise AlreadyClaimed
        if not policy.may_become(found.status, decision):
            raise AlreadyDecided
        if awaits_answer(found.metadata, found.status) and (
            decision is not DiagnosisStatus.REVIEWED or corrected is None
        ):
            raise AnswerFirst
        if seen_at is not None and seen_at != found.updated_at:
            raise ChangedMeanwhile
        await transaction.run(queries.DECIDE, diagnosis_id=diagnosis_id, decision=decision, remarks=notes)
        await _record(transaction, actor, found, ReviewVerb(decision.value), name, corrected, notes)

    await db.transaction(actor, decide)
    return await diagnosis(db, actor=actor, diagnosis_id=diagnosis_id)


async def _reviewer_name(db: Database, actor: Actor) -> str:
    """Raises NotAllowed for anybody but a doctor, NotVerified for one without a verified licence."""
    if not actor.doctor_id:
        raise NotAllowed("Only dentists decide about diagnoses.")
    doctor = (await profiles.me(db, actor=actor)).doctor_profile
    if doctor is None or not doctor.is_verified:
        raise NotVerified
    return f"{doctor.first_name} {doctor.last_name}"


async def _locked(transaction: Transaction, diagnosis_id: str) -> LockedDiagnosis:
    """The diagnosis, locked until the end of the transaction.

    The policies let a doctor lock what is unclaimed or the doctor's own. What another dentist has claimed
    and the actor may still read (a patient in care) is told apart from what the actor may not know of.
    """
    seen = await transaction.one(queries.DIAGNOSIS, diagnosis_id=diagnosis_id)
    if seen is None:
        raise NotFound("There is no such diagnosis, or another dentist has taken it on.")
    if seen.patient_id is None:
        found = await transaction.one(queries.LOCK_DIAGNOSIS_OF_NOBODY, diagnosis_id=diagnosis_id)
    else:
        found = await transaction.one(
            queries.LOCK_DIAGNOSIS, diagnosis_id=diagnosis_id, patient_id=seen.patient_id
        )
    if found is None:
        raise AlreadyClaimed
    return found


async def _record(
    transaction: Transaction,
    actor: Actor,
    found: LockedDiagnosis,
    verb: ReviewVerb,
    name: str,
    detections: list[dict[str, Any]] | None,
    notes: str | None,
) -> None:
    after = await transaction.one(queries.NEXT_VERSION, diagnosis_id=found.id)
    await transaction.run(
        queries.ADD_REVIEW,
        id=new_id(),
        diagnosis_id=found.id,
        patient_id=found.patient_id,
        doctor_id=actor.doctor_id,
        reviewer_name=name,
        version=after.version if after else 1,
        verb=verb,
        detections=detections,
        notes=notes,
    )
