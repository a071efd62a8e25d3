"""Server-Sent Events: what has changed for the one who follows, as it happens."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from dentalization.context import Context
from dentalization.db.identity import Actor
from dentalization.edge.acting import Acting, AtHand
from dentalization.edge.pages import Visitor
from dentalization.events.stream import Cursor, Streams, follow

router = APIRouter(tags=["events"])
pages = APIRouter(include_in_schema=False)

_DESCRIBED = {
    200: {
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
        "description": "Lines of `id`, `event` and `data` as in the HTML standard. Events are 'diagnosis', "
        "'queue', 'appointment' and 'offer' with `{kind, subject}`; 'begin' tells where the stream begins, "
        "and 'reset' that something may have been missed: read everything anew.",
    }
}
LastEventId = Annotated[str | None, Header(max_length=60)]
AfterEvent = Annotated[str | None, Query(max_length=60)]


@router.get("/me/events", responses=_DESCRIBED, response_class=Response)  # type: ignore[arg-type]
async def events(
    request: Request,
    actor: Acting,
    at_hand: AtHand,
    after: AfterEvent = None,
    last_event_id: LastEventId = None,
) -> Response:
    """Follows what changes; with the last event's id from there on, so that nothing is missed."""
    return await _stream(request, at_hand, actor, last_event_id or after)


@pages.get("/events")
async def page_events(
    request: Request,
    actor: Visitor,
    at_hand: AtHand,
    after: AfterEvent = None,
    last_event_id: LastEventId = None,
) -> Response:
    """The same for the scripts of the pages, which have a cookie."""
    return await _stream(request, at_hand, actor, last_event_id or after)


async def _stream(request: Request, at_hand: Context, actor: Actor, after: str | None) -> Response:
    """The first piece is read before the answer begins, while errors can be told."""
    cursor = Cursor.read(after) if after else None
    streams: Streams = request.app.state.streams
    pieces = _counted(streams, at_hand, actor, cursor)
    first = await anext(pieces)

    async def whole() -> AsyncIterator[bytes]:
        async with aclosing(pieces):
            yield first
            async for piece in pieces:
                yield piece

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(whole(), media_type="text/event-stream", headers=headers)


async def _counted(
    streams: Streams, at_hand: Context, actor: Actor, cursor: Cursor | None
) -> AsyncGenerator[bytes]:
    with streams.one_more(actor.user_id):
        async with aclosing(follow(at_hand.db, actor=actor, after=cursor)) as followed:
            async for piece in followed:
                yield piece
