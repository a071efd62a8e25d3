"""The page on which people make and revoke the address of their calendar."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from dentalization.appointments import feed
from dentalization.appointments.feed_api import address_of_feed
from dentalization.edge.acting import AtHand
from dentalization.edge.pages import Form, Language, Visitor, redirect, render

router = APIRouter(include_in_schema=False)


@router.get("/profile/calendar")
async def page(request: Request, actor: Visitor, at_hand: AtHand, revoked: bool = False) -> Response:
    made_at = await feed.made_at(at_hand.db, actor=actor)
    return render(request, "calendar_feed.html", made_at=made_at, address="", revoked=revoked)


@router.post("/profile/calendar")
async def make(
    request: Request,
    form: Form,  # noqa: ARG001 - its token is checked
    actor: Visitor,
    at_hand: AtHand,
    language: Language,
) -> Response:
    """Shows the address at once and never again, so there is no page to redirect to."""
    token = await feed.make(at_hand.db, actor=actor, language=language)
    address = address_of_feed(at_hand.settings.public_url, token)
    made_at = await feed.made_at(at_hand.db, actor=actor)
    return render(request, "calendar_feed.html", made_at=made_at, address=address, revoked=False)


@router.post("/profile/calendar/revocation")
async def revoke(form: Form, actor: Visitor, at_hand: AtHand) -> Response:  # noqa: ARG001
    await feed.revoke(at_hand.db, actor=actor)
    return redirect("/profile/calendar?revoked=true")
