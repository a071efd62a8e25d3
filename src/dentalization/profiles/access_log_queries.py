"""Statements that read the audit log: a person's own, and an administrator's search."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BindParameter, Boolean, Text, any_, bindparam, literal_column, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY

from dentalization.audit.tables import AuditRow
from dentalization.db.query import Query
from dentalization.db.row import columns, row
from dentalization.profiles.emergency_tables import EmergencyAccess
from dentalization.profiles.tables import DoctorProfile


@row
class AccessRow:
    """An access to the reader's data. A dentist has a name; ``reason`` is that of an emergency access."""

    id: str
    at: datetime
    own: bool
    role: str
    first_name: str | None
    last_name: str | None
    action: str
    kinds: str
    why: str
    reason: str | None


@row
class AuditedAccess:
    """An access as administrators see it: ids, no names."""

    id: str
    at: datetime
    person: str
    own: bool
    user_id: str
    role: str
    address: str
    action: str
    kinds: str
    why: str
    request_id: str


_before = tuple_(AuditRow.at, AuditRow.id) < tuple_(
    bindparam("before_at", type_=AuditRow.at.type), bindparam("before_id", type_=Text)
)
_newest_first = (AuditRow.at.desc(), AuditRow.id.desc())
_page: BindParameter[int] = bindparam("limit")
_theirs = select(
    *columns(AccessRow, AuditRow, but="first_name last_name reason"),
    DoctorProfile.first_name.label("first_name"),
    DoctorProfile.last_name.label("last_name"),
    select(EmergencyAccess.reason)
    .where(
        AuditRow.why == literal_column("'emergency'"),
        EmergencyAccess.user_id == AuditRow.user_id,
        EmergencyAccess.patient_id == AuditRow.person,
        EmergencyAccess.granted_at <= AuditRow.at,
    )
    .order_by(EmergencyAccess.granted_at.desc())
    .limit(1)
    .scalar_subquery()
    .label("reason"),
).select_from(
    AuditRow.__table__.outerjoin(DoctorProfile.__table__, DoctorProfile.user_id == AuditRow.user_id)
)
ACCESSES = Query(
    _theirs.where(
        AuditRow.person == any_(bindparam("persons", type_=ARRAY(Text))),
        AuditRow.own == bindparam("own", type_=Boolean),
        _before,
    )
    .order_by(*_newest_first)
    .limit(_page),
    row=AccessRow,
)
_audited = select(*columns(AuditedAccess, AuditRow)).where(_before).order_by(*_newest_first).limit(_page)
OF_PERSON = Query(_audited.where(AuditRow.person == bindparam("person")), row=AuditedAccess)
OF_USER = Query(_audited.where(AuditRow.user_id == bindparam("user_id")), row=AuditedAccess)
