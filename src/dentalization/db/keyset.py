"""Keyset pages: a list continues after a row, never after a count of rows."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Generic, TypeVar

from dentalization.db.ids import is_id
from dentalization.errors import InvalidInput

Row = TypeVar("Row")

DEFAULT_LIMIT = 20
MAX_LIMIT = 100

NEWEST = datetime(9999, 1, 1, tzinfo=UTC)
"""Later than every row: the key before the first page of a list that runs backwards in time."""


class BadCursor(InvalidInput):
    """'after' is not a place in this list; pass on the value of 'next' from the page before, unchanged."""

    code = "bad-cursor"


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """``items`` and the opaque place where the next page begins, None on the last one."""

    items: Sequence[Row]
    next: str | None


@dataclass(frozen=True, slots=True)
class TimeKey:
    """The place of a row in a list by time, newest first; the id settles equal times."""

    at: datetime
    id: str

    @classmethod
    def start(cls) -> TimeKey:
        return cls(NEWEST, "")

    @classmethod
    def after(cls, cursor: str | None) -> TimeKey:
        """Raises BadCursor for anything that ``cursor_of`` has not made."""
        if cursor is None:
            return cls.start()
        try:
            at, row_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
            key = cls(datetime.fromisoformat(at), row_id)
        except (binascii.Error, ValueError, TypeError, RecursionError):
            raise BadCursor(field="after") from None
        if key.at.tzinfo is None or not is_id(row_id):
            raise BadCursor(field="after")
        return key

    @classmethod
    def beginning(cls) -> TimeKey:
        """Before every row of a list that runs forwards in time."""
        return cls(datetime(1, 1, 1, tzinfo=UTC), "")


@dataclass(frozen=True, slots=True)
class DayKey:
    """The place of a row in a list by days, forwards; the id settles equal days."""

    day: date
    id: str

    @classmethod
    def after(cls, cursor: str | None) -> DayKey:
        """Raises BadCursor for anything that ``cursor_of`` has not made."""
        if cursor is None:
            return cls(date.min, "")
        place = NameKey.after(cursor)
        try:
            return cls(date.fromisoformat(place.name), place.id)
        except ValueError:
            raise BadCursor(field="after") from None


@dataclass(frozen=True, slots=True)
class NameKey:
    """The place of a row in a list by name; the id settles equal names."""

    name: str
    id: str

    @classmethod
    def after(cls, cursor: str | None) -> NameKey:
        """Raises BadCursor for anything that ``cursor_of`` has not made."""
        if cursor is None:
            return cls("", "")
        try:
            name, row_id = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        except (binascii.Error, ValueError, TypeError, RecursionError):
            raise BadCursor(field="after") from None
        if not isinstance(name, str) or "\x00" in name or not is_id(row_id):
            raise BadCursor(field="after")
        return cls(name, row_id)


def cursor_of(place: datetime | str, row_id: str) -> str:
    shown = place.isoformat() if isinstance(place, datetime) else place
    return base64.urlsafe_b64encode(json.dumps([shown, row_id]).encode()).decode()


def page_of(rows: Sequence[Row], limit: int, key: Callable[[Row], tuple[datetime | str, str]]) -> Page[Row]:
    """Cuts ``limit`` rows from up to ``limit + 1``: the one too many says that there is a next page."""
    items = rows[:limit]
    return Page(items, cursor_of(*key(items[-1])) if len(rows) > limit else None)


def checked_limit(limit: int | None) -> int:
    if limit is None:
        return DEFAULT_LIMIT
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidInput(f"'limit' lies between 1 and {MAX_LIMIT}.", field="limit")
    return limit
