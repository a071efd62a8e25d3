"""Every statement about events."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Text, bindparam, cast, delete, func, literal_column, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY

from dentalization.db.query import Query
from dentalization.db.row import row
from dentalization.events.tables import KEPT_DAYS, Event


@row
class EventRow:
    """``settled``: no transaction that began to write before this one still runs, so nothing can come that
    would have stood before it."""

    id: int
    transaction: int
    kind: str
    subject: str
    created_at: datetime
    settled: bool


@row
class Position:
    """``transaction``: every one below is over. ``newest``: none at or above this has begun to write."""

    transaction: int
    newest: int


def _number(expression: str) -> Any:
    """The 64 bits of a transaction's id as a bigint; there is no other way but by text."""
    return func.coalesce(cast(literal_column(f"({expression})::text"), BigInteger), 0)


_horizon = _number("pg_snapshot_xmin(pg_current_snapshot())")
_place = tuple_(Event.transaction, Event.id)

SINCE = Query(
    select(
        Event.id,
        Event.transaction,
        Event.kind,
        Event.subject,
        Event.created_at,
        func.coalesce(Event.transaction < _horizon, False).label("settled"),
    )
    .where(
        Event.audience == func.any(bindparam("audiences", type_=ARRAY(Text))),
        _place
        > tuple_(bindparam("after_transaction", type_=BigInteger), bindparam("after_id", type_=BigInteger)),
    )
    .order_by(Event.transaction, Event.id)
    .limit(bindparam("limit")),
    row=EventRow,
)
POSITION = Query(
    select(_horizon.label("transaction"), _number("pg_snapshot_xmax(pg_current_snapshot())").label("newest")),
    row=Position,
)
FORGET_OLD_EVENTS = Query[Any](
    delete(Event).where(Event.created_at < func.now() - func.make_interval(0, 0, 0, KEPT_DAYS))
)
