"""A doctor sends a licence in, withdraws it, and sees what became of it."""

from __future__ import annotations

from datetime import date
from typing import Any

from dentalization.db.database import Database
from dentalization.db.errors import RuleBroken
from dentalization.db.idempotency import fingerprint, once
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.db.row import row
from dentalization.db.transaction import Transaction
from dentalization.errors import NotAllowed
from dentalization.profiles import licence_queries as queries
from dentalization.profiles import policy
from dentalization.profiles.errors import (
    LicenceRanOut,
    LicenceTooLong,
    LicenceWaits,
    NoLicenceWaits,
)
from dentalization.profiles.licence_queries import (
    DocumentRow,
    Event,
    LicenceHolder,
    Submission,
)
from dentalization.profiles.licence_tables import LicenceStatus


@row
class OwnLicence:
    """Whether the doctor counts as verified now, what is missing for that in words of ``policy.missing``,
    and all that was sent in and done, the newest first."""

    verified: bool
    expires_on: date | None
    days_left: int | None
    missing: tuple[str, ...]
    submissions: tuple[Submission, ...]
    documents: tuple[DocumentRow, ...]
    events: tuple[Event, ...]

    @property
    def waiting(self) -> Submission | None:
        return next((one for one in self.submissions if one.status == LicenceStatus.SUBMITTED), None)


async def submit(
    db: Database,
    *,
    actor: Actor,
    sip_number: str,
    issuer: str,
    expires_on: date,
    str_number: str,
    time_zone: str,
    idempotency_key: str | None = None,
) -> OwnLicence:
    """Sends in a licence for an administrator's decision.

    Raises NotAllowed for anybody but a doctor, LicenceRanOut, LicenceWaits, InvalidInput.
    """
    holder = await holder_of(db, actor)
    submission_id = new_id()
    values = {
        "sip_number": sip_number,
        "sip_issuer": issuer,
        "sip_expires_on": expires_on,
        "str_number": str_number,
    }
    request = fingerprint("licence", sip_number, issuer, expires_on.isoformat(), str_number)

    async def add(transaction: Transaction) -> dict[str, Any]:
        async def make() -> dict[str, Any]:
            found = await transaction.one(queries.TODAY, time_zone=time_zone)
            if found is None or found.today is None or expires_on < found.today:
                raise LicenceRanOut(field="expiresOn")
            if expires_on.year > found.today.year + policy.MOST_YEARS:
                raise LicenceTooLong(field="expiresOn")
            await transaction.run(
                queries.ADD_SUBMISSION,
                id=submission_id,
                doctor_id=holder.id,
                time_zone=time_zone,
                **values,
            )
            return {"id": submission_id}

        return await once(transaction, actor, key=idempotency_key, request=request, make=make)

    try:
        await db.transaction(actor, add)
    except RuleBroken as error:
        if error.constraint != "ix_licence_submissions_open":
            raise
        raise LicenceWaits from None
    return await own(db, actor=actor)


async def withdraw(db: Database, *, actor: Actor) -> OwnLicence:
    """Takes back the licence that waits for its decision. Raises NotAllowed, NoLicenceWaits."""
    holder = await holder_of(db, actor)

    async def take_back(transaction: Transaction) -> int:
        return await transaction.run(queries.WITHDRAW, of_doctor=holder.id)

    if not await db.transaction(actor, take_back):
        raise NoLicenceWaits
    return await own(db, actor=actor)


async def own(db: Database, *, actor: Actor) -> OwnLicence:
    """The acting doctor's licence: state, what is missing, history. Raises NotAllowed."""
    holder = await holder_of(db, actor)
    submissions = await db.read(actor, queries.SUBMISSIONS, doctor_id=holder.id)
    ids = [one.id for one in submissions]
    documents = await db.read(actor, queries.DOCUMENTS, submission_ids=ids) if ids else []
    events = await db.read(actor, queries.EVENTS, doctor_id=holder.id)
    holding = max(
        (one for one in submissions if one.status == LicenceStatus.VERIFIED),
        key=lambda one: one.sip_expires_on,
        default=None,
    )
    days_left = holding.days_left if holding else None
    verified = holder.is_verified and (days_left is None or days_left >= 0)
    return OwnLicence(
        verified=verified,
        expires_on=holding.sip_expires_on if holding else None,
        days_left=days_left,
        missing=policy.missing(
            verified=verified,
            days_left=days_left,
            newest=submissions[0].status if submissions else None,
            documents=any(one.submission_id == submissions[0].id for one in documents),
        ),
        submissions=tuple(submissions),
        documents=tuple(documents),
        events=tuple(events),
    )


async def holder_of(db: Database, actor: Actor) -> LicenceHolder:
    found = None
    if actor.role == "DOCTOR":
        found = await db.read_one(actor, queries.HOLDER, user_id=actor.user_id)
    if found is None:
        raise NotAllowed("Only doctors have a licence.")
    return found


async def waiting_of(db: Database, holder: LicenceHolder, actor: Actor) -> Submission:
    found = await db.read_one(actor, queries.OPEN_SUBMISSION, doctor_id=holder.id)
    if found is None:
        raise NoLicenceWaits
    return found
