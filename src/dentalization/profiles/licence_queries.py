"""Every statement about licences, their documents and their ledger."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Date,
    DateTime,
    Text,
    any_,
    bindparam,
    cast,
    func,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from dentalization.accounts.tables import User
from dentalization.db.query import Query
from dentalization.db.row import columns, row
from dentalization.db.trail import About
from dentalization.profiles.licence_tables import LicenceDocument, LicenceEvent, LicenceSubmission
from dentalization.profiles.tables import DoctorProfile

NEWEST_SUBMISSIONS = 20
NEWEST_EVENTS = 200


@row
class LicenceHolder:
    """A doctor, verified or not."""

    id: str
    license_number: str
    is_verified: bool


@row
class Submission:
    """``days_left`` counts to its last day; below zero it has run out."""

    id: str
    sip_number: str
    sip_issuer: str
    sip_expires_on: date
    str_number: str
    submitted_at: datetime
    status: str
    decided_at: datetime | None
    reason: str | None
    days_left: int | None


@row
class SubmissionForAdmin:
    """``documents`` counts them; ``elsewhere`` counts other doctors who handed in the same number."""

    id: str
    doctor_id: str
    user_id: str
    first_name: str
    last_name: str
    license_number: str
    is_verified: bool
    sip_number: str
    sip_issuer: str
    sip_expires_on: date
    str_number: str
    submitted_at: datetime
    status: str
    decided_at: datetime | None
    decided_by: str | None
    reason: str | None
    days_left: int | None
    documents: int | None
    elsewhere: int | None


@row
class DocumentRow:
    id: str
    submission_id: str
    content_type: str
    bytes: int
    sha256: str
    created_at: datetime


@row
class StoredDocument:
    """Where a document's bytes are."""

    id: str
    object_key: str
    content_type: str


@row
class Event:
    """One step; ``actor_email`` only for those who may see the actor's account."""

    id: str
    doctor_id: str
    submission_id: str | None
    step: str
    days: int | None
    actor_id: str | None
    actor_role: str
    actor_email: str | None
    reason: str | None
    happened_at: datetime


@row
class Today:
    today: date | None


@row
class Outcome:
    outcome: str | None


@row
class Named:
    object_key: str


HOLDER = Query(
    select(*columns(LicenceHolder, DoctorProfile)).where(DoctorProfile.user_id == bindparam("user_id")),
    row=LicenceHolder,
)

TODAY = Query(
    select(cast(func.timezone(bindparam("time_zone", type_=Text), func.now()), Date).label("today")),
    row=Today,
)

_days_left = (
    LicenceSubmission.sip_expires_on
    - cast(func.timezone(LicenceSubmission.time_zone, func.now(), type_=DateTime()), Date)
).label("days_left")
_submission = select(*columns(Submission, LicenceSubmission, but="days_left"), _days_left)

SUBMISSIONS = Query(
    _submission.where(LicenceSubmission.doctor_id == bindparam("doctor_id"))
    .order_by(LicenceSubmission.submitted_at.desc(), LicenceSubmission.id.desc())
    .limit(NEWEST_SUBMISSIONS),
    row=Submission,
)
OPEN_SUBMISSION = Query(
    _submission.where(
        LicenceSubmission.doctor_id == bindparam("doctor_id"), LicenceSubmission.status == "SUBMITTED"
    ),
    row=Submission,
)

_documents = (
    select(func.count())
    .where(LicenceDocument.submission_id == LicenceSubmission.id)
    .scalar_subquery()
    .label("documents")
)
_other = aliased(LicenceSubmission)
_elsewhere = (
    select(func.count(_other.doctor_id.distinct()))
    .where(_other.sip_number == LicenceSubmission.sip_number, _other.doctor_id != LicenceSubmission.doctor_id)
    .scalar_subquery()
    .label("elsewhere")
)
_for_admin = (
    select(
        *columns(
            SubmissionForAdmin,
            LicenceSubmission,
            but="user_id first_name last_name license_number is_verified days_left documents elsewhere",
        ),
        DoctorProfile.user_id.label("user_id"),
        DoctorProfile.first_name.label("first_name"),
        DoctorProfile.last_name.label("last_name"),
        DoctorProfile.license_number.label("license_number"),
        DoctorProfile.is_verified.label("is_verified"),
        _days_left,
        _documents,
        _elsewhere,
    )
    .select_from(LicenceSubmission)
    .join(DoctorProfile, DoctorProfile.id == LicenceSubmission.doctor_id)
)
LICENCES = Query(
    _for_admin.where(
        LicenceSubmission.status == bindparam("status"),
        tuple_(LicenceSubmission.submitted_at, LicenceSubmission.id)
        < tuple_(bindparam("before_at", type_=LicenceSubmission.submitted_at.type), bindparam("before_id")),
    )
    .order_by(LicenceSubmission.submitted_at.desc(), LicenceSubmission.id.desc())
    .limit(bindparam("limit")),
    row=SubmissionForAdmin,
    about=About("licence", "user_id"),
)
LICENCE = Query(
    _for_admin.where(LicenceSubmission.id == bindparam("licence_id")),
    row=SubmissionForAdmin,
    about=About("licence", "user_id"),
)

ADD_SUBMISSION = Query[Any](
    insert(LicenceSubmission).values(
        id=bindparam("id"),
        doctor_id=bindparam("doctor_id"),
        sip_number=bindparam("sip_number"),
        sip_issuer=bindparam("sip_issuer"),
        sip_expires_on=bindparam("sip_expires_on"),
        str_number=bindparam("str_number"),
        time_zone=bindparam("time_zone"),
    )
)
WITHDRAW = Query[Any](
    update(LicenceSubmission)
    .where(LicenceSubmission.doctor_id == bindparam("of_doctor"), LicenceSubmission.status == "SUBMITTED")
    .values(status="WITHDRAWN")
)

DOCUMENTS = Query(
    select(*columns(DocumentRow, LicenceDocument))
    .where(LicenceDocument.submission_id == any_(bindparam("submission_ids", type_=ARRAY(Text))))
    .order_by(LicenceDocument.created_at, LicenceDocument.id),
    row=DocumentRow,
)
DOCUMENT = Query(
    select(*columns(DocumentRow, LicenceDocument)).where(LicenceDocument.id == bindparam("document_id")),
    row=DocumentRow,
)
STORED_DOCUMENT = Query(
    select(*columns(StoredDocument, LicenceDocument))
    .join(LicenceSubmission, LicenceSubmission.id == LicenceDocument.submission_id)
    .where(
        LicenceDocument.id == bindparam("document_id"),
        func.coalesce(bindparam("licence_id", type_=Text), LicenceSubmission.id) == LicenceSubmission.id,
    ),
    row=StoredDocument,
)
NAMED_DOCUMENTS = Query(
    select(LicenceDocument.object_key.label("object_key")).where(
        LicenceDocument.object_key == any_(bindparam("keys", type_=ARRAY(Text)))
    ),
    row=Named,
)
ADD_DOCUMENT = Query[Any](
    insert(LicenceDocument).values(
        id=bindparam("id"),
        submission_id=bindparam("submission_id"),
        object_key=bindparam("object_key"),
        content_type=bindparam("content_type"),
        bytes=bindparam("bytes"),
        sha256=bindparam("sha256"),
    )
)

EVENTS = Query(
    select(*columns(Event, LicenceEvent, but="actor_email"), User.email.label("actor_email"))
    .select_from(LicenceEvent)
    .join(User, User.id == LicenceEvent.actor_id, isouter=True)
    .where(LicenceEvent.doctor_id == bindparam("doctor_id"))
    .order_by(LicenceEvent.happened_at.desc(), LicenceEvent.id.desc())
    .limit(NEWEST_EVENTS),
    row=Event,
)

DECIDE = Query(
    select(
        func.app_decide_licence(
            bindparam("doctor_id", type_=Text),
            bindparam("submission_id", type_=Text),
            bindparam("verified", type_=Boolean),
            bindparam("reason", type_=Text),
            bindparam("time_zone", type_=Text),
        ).label("outcome")
    ),
    row=Outcome,
)


@row
class Ended:
    ended: int | None


WATCH = Query(select(func.app_watch_licences(bindparam("time_zone", type_=Text)).label("ended")), row=Ended)
