"""Every statement about users and sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, Interval, Text, bindparam, column, delete, func, insert, select, update

from dentalization.accounts.tables import Role, Session, User
from dentalization.db.base import native_enum
from dentalization.db.query import Query
from dentalization.db.row import columns, row


@row
class Account:
    """What sign-in needs to know; the only row with a password hash."""

    id: str | None
    email: str | None
    password: str | None
    role: Role | None
    patient_id: str | None
    doctor_id: str | None


@row
class Rotation:
    """``outcome`` is 'rotated', 'just rotated' or 'reused'; the account only after 'rotated'."""

    outcome: str | None
    session_id: str | None
    id: str | None
    email: str | None
    role: Role | None
    patient_id: str | None
    doctor_id: str | None


@row
class SessionRow:
    id: str
    device_info: str | None
    ip_address: str | None
    expires_at: datetime
    created_at: datetime
    updated_at: datetime


_account = func.app_find_account(bindparam("email", type_=Text)).table_valued(
    column("id", Text),
    column("email", Text),
    column("password", Text),
    column("role", native_enum(Role)),
    column("patient_id", Text),
    column("doctor_id", Text),
)
FIND_ACCOUNT = Query(select(_account), row=Account)

_rotation = func.app_rotate_session(
    bindparam("old", type_=Text),
    bindparam("new", type_=Text),
    bindparam("expires_at", type_=DateTime(timezone=True)),
    bindparam("tolerance", type_=Interval),
).table_valued(
    column("outcome", Text),
    column("session_id", Text),
    column("id", Text),
    column("email", Text),
    column("role", native_enum(Role)),
    column("patient_id", Text),
    column("doctor_id", Text),
)
ROTATE_SESSION = Query(select(_rotation), row=Rotation)

ADD_USER = Query[Any](
    insert(User).values(
        id=bindparam("id"), email=bindparam("email"), password=bindparam("password"), role=bindparam("role")
    )
)
REHASH = Query[Any](
    update(User).where(User.id == bindparam("user_id")).values(password=bindparam("password_hash"))
)
ADD_SESSION = Query[Any](
    insert(Session).values(
        id=bindparam("id"),
        user_id=bindparam("user_id"),
        refresh_token=bindparam("refresh_token"),
        device_info=bindparam("device_info", type_=Text),
        ip_address=bindparam("ip_address", type_=Text),
        expires_at=bindparam("expires_at"),
    )
)
SESSIONS = Query(
    select(*columns(SessionRow, Session))
    .where(Session.user_id == bindparam("user_id"), Session.expires_at > func.now())
    .order_by(Session.updated_at.desc(), Session.id),
    row=SessionRow,
)
END_SESSION = Query[Any](delete(Session).where(Session.id == bindparam("session_id")))
END_OVER_SESSIONS = Query[Any](delete(Session).where(Session.expires_at < func.now()))
