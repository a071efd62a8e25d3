"""Statements of emergency access."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, Text, bindparam, func, select, tuple_

from dentalization.db.query import Query
from dentalization.db.row import columns, row
from dentalization.db.trail import About
from dentalization.profiles.emergency_tables import EmergencyAccess


@row
class Opened:
    patient_id: str | None


@row
class Done:
    done: bool | None


@row
class EmergencyRow:
    """``user_id`` is the administrator's."""

    id: str
    user_id: str
    patient_id: str
    reason: str
    granted_at: datetime
    expires_at: datetime


OPEN = Query(
    select(
        func.app_open_emergency(
            bindparam("id", type_=Text),
            bindparam("patient_id", type_=Text),
            bindparam("email", type_=Text),
            bindparam("reason", type_=Text),
            type_=Text,
        ).label("patient_id")
    ),
    row=Opened,
)
END = Query(
    select(func.app_end_emergency(bindparam("id", type_=Text), type_=Boolean).label("done")), row=Done
)
_access = select(*columns(EmergencyRow, EmergencyAccess))
ACCESS = Query(
    _access.where(EmergencyAccess.id == bindparam("id")), row=EmergencyRow, about=About("emergency")
)
OF_ADMIN = Query(
    _access.where(
        EmergencyAccess.user_id == bindparam("user_id"),
        tuple_(EmergencyAccess.granted_at, EmergencyAccess.id)
        < tuple_(
            bindparam("before_at", type_=EmergencyAccess.granted_at.type), bindparam("before_id", type_=Text)
        ),
    )
    .order_by(EmergencyAccess.granted_at.desc(), EmergencyAccess.id.desc())
    .limit(bindparam("limit")),
    row=EmergencyRow,
)
