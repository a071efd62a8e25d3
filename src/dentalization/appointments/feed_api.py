"""The calendar feed: make and revoke its address, and the calendar itself, for whoever has that."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from dentalization.appointments import feed
from dentalization.db.identity import Actor
from dentalization.db.row import row
from dentalization.db.trail import Trail
from dentalization.edge.acting import Acting, AtHand, address_of, audited
from dentalization.edge.answers import answer
from dentalization.edge.pages import Language

router = APIRouter(tags=["appointments"])
calendars = APIRouter(include_in_schema=False)
"""Outside the API's prefix: this address is typed into calendar programs."""


@row
class FeedAddress:
    """Told this once; only its digest is kept."""

    url: str


@row
class FeedState:
    created_at: datetime | None


@router.get("/me/calendar-feed", response_model=FeedState)
async def state(actor: Acting, at_hand: AtHand) -> Response:
    """Whether there is an address, and since when."""
    return answer(FeedState, FeedState(await feed.made_at(at_hand.db, actor=actor)))


@router.post("/me/calendar-feed", status_code=201, response_model=FeedAddress)
async def make(actor: Acting, at_hand: AtHand, language: Language) -> Response:
    """Makes the address of the account's calendar, and another one at each call; the old one is void."""
    token = await feed.make(at_hand.db, actor=actor, language=language)
    return answer(FeedAddress, FeedAddress(address_of_feed(at_hand.settings.public_url, token)), status=201)


@router.delete("/me/calendar-feed", status_code=204)
async def revoke(actor: Acting, at_hand: AtHand) -> Response:
    """Revokes the address; also where there is none."""
    await feed.revoke(at_hand.db, actor=actor)
    return Response(status_code=204)


@calendars.get("/calendar/{token}.ics")
async def calendar(
    request: Request, token: Annotated[str, Path(max_length=200)], at_hand: AtHand
) -> Response:
    """The calendar, for programs that have nothing but its address."""
    found = await feed.fetch(
        at_hand.db,
        at_hand.signer,
        token=token,
        public_url=at_hand.settings.public_url,
        reader=Actor(address=address_of(request), trail=Trail()),
    )
    audited(request, found.actor)
    # To be asked for anew each time: a revoked address is to show nothing from that moment on.
    headers = {"ETag": found.etag, "Cache-Control": "private, no-cache", "Referrer-Policy": "no-referrer"}
    known = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
    if known & {found.etag, "*"}:
        return Response(status_code=304, headers=headers)
    headers["Content-Disposition"] = 'inline; filename="dentalization.ics"'
    return Response(found.data, media_type="text/calendar; charset=utf-8", headers=headers)


def address_of_feed(public_url: str, token: str) -> str:
    return f"{public_url.rstrip('/')}/calendar/{token}.ics"
