"""How an answer is written: rows straight to JSON, by one cached serializer for each type."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Header, Query, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, TypeAdapter

from dentalization.db.keyset import DEFAULT_LIMIT, MAX_LIMIT
from dentalization.db.row import camel
from dentalization.errors import InvalidInput


class Body(BaseModel):
    """What a client sends: the spec's field names, nothing unknown, every wrong field named at once."""

    model_config = ConfigDict(
        alias_generator=camel, populate_by_name=False, extra="forbid", str_strip_whitespace=True
    )


def answer(kind: Any, value: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """``value`` as JSON under camelCase names; ``kind`` is its type, such as ``Page[DiagnosisRow]``."""
    body = _adapter(kind).dump_json(value, by_alias=True)
    return Response(body, status_code=status, media_type="application/json", headers=dict(headers or {}))


@functools.cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def etag(updated_at: datetime) -> str:
    """The version of a row, as an entity tag."""
    return f'"{int(updated_at.timestamp() * 1_000_000)}"'


def seen_at(if_match: str | None) -> datetime | None:
    """The version in an If-Match header; None where there is none. Raises InvalidInput."""
    if if_match is None or if_match.strip() == "*":
        return None
    text = if_match.strip().removeprefix("W/").strip('"')
    if not text.isdecimal() or len(text) > 17:
        raise InvalidInput("'If-Match' is the 'ETag' of the answer that you have changed.", field="If-Match")
    seconds, microseconds = divmod(int(text), 1_000_000)
    return datetime.fromtimestamp(seconds, tz=UTC).replace(microsecond=microseconds)


def no_nul(text: str) -> str:
    """PostgreSQL keeps no NUL in text; better a named field than an error from below."""
    if "\x00" in text:
        raise ValueError("a text holds no NUL character")
    return text


Text = Annotated[str, AfterValidator(no_nul)]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Rows on a page.")]
After = Annotated[str | None, Query(max_length=200, description="The 'next' of the page before.")]
IfMatch = Annotated[str | None, Header(description="The ETag of the version that you have seen.")]
IdempotencyKey = Annotated[
    str | None,
    Header(min_length=1, max_length=200, description="The same key again creates nothing twice (24 hours)."),
]
LIMIT = DEFAULT_LIMIT
