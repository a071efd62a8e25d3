"""Every statement about recalls, and about letters that tell of them and of offers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Date,
    DateTime,
    Integer,
    Interval,
    Text,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal,
    literal_column,
    null,
    select,
    tuple_,
    update,
)

from dentalization.appointments.queries import BookedPatient
from dentalization.appointments.recall_access import NOTICES_KEPT_DAYS
from dentalization.appointments.recall_tables import CareNotice, Recall, RecallStatus
from dentalization.db.query import Query
from dentalization.db.row import columns, from_function, row
from dentalization.db.trail import About
from dentalization.profiles.tables import PatientProfile


@row
class RecallRow:
    """When a patient is to be seen again. ``patient`` is None where the patient is in care no more."""

    id: str
    doctor_id: str
    patient_id: str
    months: int
    due_on: date
    note: str | None
    status: str
    created_at: datetime
    closed_at: datetime | None
    patient: BookedPatient | None


@row
class ClaimedNotice:
    """What a letter tells, and to whom: of an offer its times, of a recall ``due_on``."""

    claimed: bool
    id: str
    kind: str
    scheduled_at: datetime | None
    duration: int | None
    expires_at: datetime | None
    due_on: date | None
    time_zone: str | None
    doctor_id: str
    email: str
    language: str
    first_name: str
    last_name: str
    clinic_name: str | None
    clinic_address: str | None


@row
class NoticeId:
    id: str


_about = About("appointment")
# A literal, so that a generic plan may take the partial index.
_open = Recall.status == literal_column(f"'{RecallStatus.OPEN}'")
_recall = (
    select(
        *columns(RecallRow, Recall, but="patient"),
        *columns(BookedPatient, PatientProfile, prefix="patient__"),
    )
    .select_from(Recall)
    .join(PatientProfile, PatientProfile.id == Recall.patient_id, isouter=True)
)
RECALL = Query(_recall.where(Recall.id == bindparam("recall_id")), row=RecallRow, about=_about)
RECALLS_DUE = Query(
    _recall.where(
        Recall.doctor_id == bindparam("doctor_id"),
        _open,
        Recall.due_on <= bindparam("until", type_=Date),
        tuple_(Recall.due_on, Recall.id) > tuple_(bindparam("after_day", type_=Date), bindparam("after_id")),
    )
    .order_by(Recall.due_on, Recall.id)
    .limit(bindparam("limit")),
    row=RecallRow,
    about=_about,
)
OWN_RECALLS = Query(
    _recall.where(Recall.patient_id == bindparam("patient_id"), _open).order_by(Recall.due_on, Recall.id),
    row=RecallRow,
    about=_about,
)
ADD_RECALL = Query[Any](
    insert(Recall).values(
        {name: bindparam(name) for name in ("id", "doctor_id", "patient_id", "months", "due_on", "note")}
    ),
    about=_about,
)
WITHDRAW_RECALL = Query[Any](
    update(Recall)
    .where(Recall.id == bindparam("recall_id"), Recall.doctor_id == bindparam("doctor"), _open)
    .values(status=RecallStatus.WITHDRAWN.value, closed_at=func.now())
)

_TYPES: dict[str, Any] = {
    "claimed": Boolean,
    "duration": Integer,
    "scheduled_at": DateTime(timezone=True),
    "expires_at": DateTime(timezone=True),
    "due_on": Date,
}
REMIND_RECALLS = Query(from_function(func.app_remind_recalls(), NoticeId), row=NoticeId)
CLAIM_NOTICE = Query(
    from_function(func.app_claim_notice(bindparam("notice_id", type_=Text)), ClaimedNotice, **_TYPES),
    row=ClaimedNotice,
)
LEFT_NOTICES = Query(from_function(func.app_left_notices(), NoticeId), row=NoticeId)
_waits = update(CareNotice).where(CareNotice.id == bindparam("notice_id"), CareNotice.settled_at.is_(None))
SETTLE_NOTICE = Query[Any](_waits.values(settled_at=func.now(), outcome=bindparam("how")))
LET_NOTICE_GO = Query[Any](_waits.values(claimed_at=null()))
FORGET_OLD_NOTICES = Query[Any](
    delete(CareNotice).where(
        CareNotice.created_at < func.now() - cast(literal(f"{NOTICES_KEPT_DAYS} days"), Interval)
    )
)
