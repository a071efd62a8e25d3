"""Statements that add to the audit log; reading it is the business of the slices."""

from __future__ import annotations

from sqlalchemy import BigInteger, Date, LargeBinary, Text, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB

from dentalization.db.query import Query
from dentalization.db.row import row


@row
class Written:
    count: int | None


APPEND = Query(
    select(
        func.app_append_audit(
            bindparam("chain", type_=Text),
            bindparam("first", type_=BigInteger),
            bindparam("previous", type_=LargeBinary),
            cast(bindparam("rows", type_=Text), JSONB),
        ).label("count")
    ),
    row=Written,
)


@row
class Made:
    made: bool | None


MAKE_MONTH = Query(
    select(func.app_make_audit_partition(bindparam("month", type_=Date)).label("made")), row=Made
)
