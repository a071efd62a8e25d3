"""Statements that belong to no slice."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Boolean,
    Float,
    Integer,
    Interval,
    and_,
    bindparam,
    case,
    cast,
    delete,
    extract,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert
from sqlalchemy.types import Text

from dentalization.db.query import Query
from dentalization.db.row import row
from dentalization.db.tables import IdempotencyKey, RateLimit


@row
class Hits:
    key: str
    hits: int
    seconds_left: float


_window = cast(bindparam("window"), Interval)
_over = RateLimit.window_ends_at < func.now()
_SECONDS_LEFT = func.coalesce(
    cast(extract("epoch", RateLimit.window_ends_at - func.now()), Float), 0.0
).label("seconds_left")
_insert = insert(RateLimit).from_select(
    ["key", "hits", "window_ends_at"],
    select(func.unnest(bindparam("keys", type_=ARRAY(Text))).label("key"), 1, func.now() + _window).order_by(
        "key"
    ),
)
# Counts one hit for each key; keys in order, so that two callers cannot wait for each other.
COUNT_HIT = Query(
    _insert.on_conflict_do_update(
        index_elements=["key"],
        set_={
            "hits": case((_over, 1), else_=RateLimit.hits + 1),
            "window_ends_at": case((_over, func.now() + _window), else_=RateLimit.window_ends_at),
        },
    ).returning(RateLimit.key, RateLimit.hits, _SECONDS_LEFT),
    row=Hits,
)

_each_seconds = func.unnest(bindparam("seconds", type_=ARRAY(Float)))
_taken = insert(RateLimit).from_select(
    ["key", "hits", "window_ends_at"],
    select(
        func.unnest(bindparam("keys", type_=ARRAY(Text))).label("key"),
        func.unnest(bindparam("hits", type_=ARRAY(Integer))),
        func.now()
        + func.make_interval(0, 0, 0, 0, 0, 0, func.unnest(bindparam("seconds", type_=ARRAY(Float)))),
    ).order_by("key"),
)
# Counts many hits of each key at once; no key may be given twice.
TAKE_HITS = Query(
    _taken.on_conflict_do_update(
        index_elements=["key"],
        set_={
            "hits": case((_over, _taken.excluded.hits), else_=RateLimit.hits + _taken.excluded.hits),
            "window_ends_at": case((_over, _taken.excluded.window_ends_at), else_=RateLimit.window_ends_at),
        },
    ).returning(RateLimit.key, RateLimit.hits, _SECONDS_LEFT),
    row=Hits,
)

FORGET_HIT = Query[Any](
    update(RateLimit)
    .where(RateLimit.key == func.any(bindparam("keys", type_=ARRAY(Text))), RateLimit.hits > 0)
    .values(hits=RateLimit.hits - 1)
)


@row
class Remembered:
    fingerprint: str
    result: dict[str, Any] | None


_mine = and_(IdempotencyKey.user_id == bindparam("user_id"), IdempotencyKey.key == bindparam("key"))

REMEMBER_KEY = Query[Any](
    insert(IdempotencyKey)
    .values(user_id=bindparam("user_id"), key=bindparam("key"), fingerprint=bindparam("fingerprint"))
    .on_conflict_do_nothing()
)
REMEMBERED = Query(select(IdempotencyKey.fingerprint, IdempotencyKey.result).where(_mine), row=Remembered)
REMEMBER_RESULT = Query[Any](
    update(IdempotencyKey).where(_mine).values(result=bindparam("outcome", type_=JSONB))
)
FORGET_OLD_KEYS = Query[Any](
    delete(IdempotencyKey).where(IdempotencyKey.created_at < func.now() - cast(literal("1 day"), Interval)),
    scans="a daily clean-up of a table that holds one day",
)

FORGET_OLD_HITS = Query[Any](delete(RateLimit).where(RateLimit.window_ends_at < func.now()))


@row
class Readiness:
    version: str | None
    read_only: bool | None


READY = Query(
    select(
        func.app_schema_version().label("version"),
        func.pg_is_in_recovery(type_=Boolean()).label("read_only"),
    ),
    row=Readiness,
)


@row
class DataVersionRow:
    version: str | None
    """None for somebody who has not signed in."""


DATA_VERSION = Query(
    select(func.app_data_version(bindparam("name", type_=Text)).label("version")), row=DataVersionRow
)
