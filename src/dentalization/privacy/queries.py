"""Every statement about erasures."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    DateTime,
    Text,
    bindparam,
    column,
    delete,
    false,
    func,
    insert,
    literal_column,
    null,
    select,
    table,
    true,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as pg_insert

from dentalization.accounts.tables import Session
from dentalization.db.base import native_enum
from dentalization.db.query import Query, Settles
from dentalization.db.row import columns, row
from dentalization.db.trail import About
from dentalization.privacy.tables import ErasureReport, ErasureRequest, ErasureStatus


@row
class RequestId:
    id: str


@row
class Deleted:
    """How many rows a pass deleted; None where there is nothing to erase any more."""

    rows: int | None


@row
class Hits:
    """Column -> rows that hold a marker; None where there is nothing to erase any more."""

    found: dict[str, int] | None


@row
class KeptText:
    """``place`` is table.column, ``id`` the row's."""

    place: str | None
    id: str | None
    value: str | None


@row
class Put:
    put: bool | None


@row
class TableName:
    name: str | None


@row
class Unfinished:
    id: str
    user_id: str
    objects: list[str]
    counts: dict[str, int]
    markers: dict[str, Any] | None


@row
class ErasureState:
    """As the status address tells it."""

    id: str | None
    status: ErasureStatus | None
    requested_at: datetime | None
    report_id: str | None
    entries: list[dict[str, Any]] | None
    found: dict[str, int] | None
    digest: str | None
    reported_at: datetime | None


@row
class ReportRow:
    id: str
    request_id: str
    user_id: str
    entries: list[dict[str, Any]]
    found: dict[str, int]
    digest: str
    created_at: datetime


# Asked again while it waits: another token, the same request.
ADD_REQUEST = Query(
    pg_insert(ErasureRequest)
    .values(
        id=bindparam("id"),
        user_id=bindparam("user_id"),
        token=bindparam("token"),
        markers=bindparam("markers", type_=JSONB),
    )
    .on_conflict_do_update(
        index_elements=["user_id"],
        set_={"token": literal_column("excluded.token"), "markers": literal_column("excluded.markers")},
    )
    .returning(ErasureRequest.id.label("id")),
    row=RequestId,
)
END_ALL_SESSIONS = Query[Any](delete(Session).where(Session.user_id == bindparam("user_id")))

ERASE_PERSON = Query(
    select(func.app_erase_person(bindparam("request_id", type_=Text)).label("rows")),
    row=Deleted,
    settles=Settles("erasure_requests", "request_id"),
)
_asked = (bindparam("request_id", type_=Text), bindparam("table", type_=Text))
HITS = Query(select(func.app_erasure_hits(*_asked, type_=JSONB).label("found")), row=Hits)
_texts = func.app_erasure_texts(bindparam("request_id", type_=Text)).table_valued(
    column("place", Text), column("id", Text), column("value", Text)
)
TEXTS = Query(select(_texts), row=KeptText)
PUT_ERASED = Query(
    select(
        func.app_put_erased(
            *(bindparam(name, type_=Text) for name in ("request_id", "place", "id", "old", "new")),
            type_=Boolean,
        ).label("put")
    ),
    row=Put,
)
LONGER_SECONDS = 1800
# The login's own limit is for requests that somebody waits for. Holds for what follows in the transaction.
TAKE_LONGER = Query(
    select(func.set_config("statement_timeout", f"{LONGER_SECONDS}s", true()).label("name")), row=TableName
)
_class = table(
    "pg_class", column("relname"), column("relnamespace"), column("relkind"), column("relispartition")
)
TABLES = Query(
    select(_class.c.relname.cast(Text).label("name"))
    .where(
        _class.c.relnamespace == literal_column("'public'::regnamespace"),
        _class.c.relkind.in_([literal_column("'r'"), literal_column("'p'")]),
        _class.c.relispartition == false(),
    )
    .order_by(_class.c.relname),
    row=TableName,
    scans="a catalog of hundreds of tables at most, once an erasure",
)
UNFINISHED = Query(
    select(*columns(Unfinished, ErasureRequest))
    .where(ErasureRequest.status != literal_column("'done'"))
    .order_by(ErasureRequest.created_at),
    row=Unfinished,
)
REQUEST = Query(
    select(*columns(Unfinished, ErasureRequest)).where(
        ErasureRequest.id == bindparam("request_id"), ErasureRequest.status != literal_column("'done'")
    ),
    row=Unfinished,
)
LOCK_REQUEST = Query(
    select(*columns(Unfinished, ErasureRequest))
    .where(ErasureRequest.id == bindparam("request_id"), ErasureRequest.status != literal_column("'done'"))
    .with_for_update(),
    row=Unfinished,
)
FINISH_REQUEST = Query[Any](
    update(ErasureRequest)
    .where(ErasureRequest.id == bindparam("request_id"))
    .values(status=ErasureStatus.DONE, markers=null(), objects=literal_column("'[]'::jsonb"))
)
ADD_REPORT = Query[Any](
    insert(ErasureReport).values(
        id=bindparam("id"),
        request_id=bindparam("request_id"),
        user_id=bindparam("user_id"),
        entries=bindparam("entries", type_=JSONB),
        found=bindparam("found", type_=JSONB),
        digest=bindparam("digest"),
        created_at=bindparam("created_at"),
    )
)

_state = func.app_erasure_status(
    bindparam("request_id", type_=Text), bindparam("token", type_=Text)
).table_valued(
    column("id", Text),
    column("status", native_enum(ErasureStatus)),
    column("requested_at", DateTime(timezone=True)),
    column("report_id", Text),
    column("entries", JSONB),
    column("found", JSONB),
    column("digest", Text),
    column("reported_at", DateTime(timezone=True)),
)
STATE = Query(select(_state), row=ErasureState)

_report = select(*columns(ReportRow, ErasureReport))
REPORT = Query(
    _report.where(ErasureReport.id == bindparam("report_id")),
    row=ReportRow,
    about=About("erasure", "user_id"),
)
REPORTS = Query(
    _report.where(
        tuple_(ErasureReport.created_at, ErasureReport.id)
        < tuple_(bindparam("before_at", type_=ErasureReport.created_at.type), bindparam("before_id"))
    )
    .order_by(ErasureReport.created_at.desc(), ErasureReport.id.desc())
    .limit(bindparam("limit")),
    row=ReportRow,
    about=About("erasure", "user_id"),
)
