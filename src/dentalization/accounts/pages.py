"""Pages to sign in and out, and to see where one is signed in."""

from __future__ import annotations

import contextlib
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from dentalization.accounts import service
from dentalization.accounts.errors import SecondFactorNeeded, SignInFailed, TokenRefused
from dentalization.db.errors import SessionEnded
from dentalization.db.limits import TooManyAttempts
from dentalization.edge.acting import AtHand, address_of
from dentalization.edge.cookies import CHALLENGE_COOKIE, drop_session, keep_session, set_cookie
from dentalization.edge.pages import (
    EnrollingVisitor,
    Form,
    Visitor,
    errors_of,
    field,
    local_path,
    redirect,
    render,
    renew,
)

router = APIRouter(include_in_schema=False)


@router.get("/sign-in")
async def sign_in_page(request: Request, next: str = "/", registered: bool = False) -> Response:  # noqa: A002
    target = local_path(next)
    return render(request, "sign_in.html", next=target, registered=registered, email="", errors={})


@router.post("/sign-in")
async def sign_in(request: Request, form: Form, at_hand: AtHand) -> Response:
    email, target = field(form, "email"), local_path(field(form, "next"))
    password = form.get("password")
    try:
        done = await service.sign_in(
            at_hand.db,
            at_hand.signer,
            email=email,
            password=password if isinstance(password, str) else "",
            device=request.headers.get("user-agent"),
            address=address_of(request),
        )
    except SecondFactorNeeded as needed:
        response = redirect(f"/sign-in/factor?next={quote(target)}")
        seconds = int(service.CHALLENGE_LIFETIME.total_seconds())
        set_cookie(request, response, CHALLENGE_COOKIE, needed.challenge, seconds=seconds)
        return response
    except (SignInFailed, TooManyAttempts) as error:
        status = 429 if isinstance(error, TooManyAttempts) else 401
        errors = errors_of(request, error)
        return render(
            request,
            "sign_in.html",
            status=status,
            next=target,
            registered=False,
            email=email,
            errors=errors,
        )
    return keep_session(request, redirect(target), done.access_token, done.refresh_token)


@router.get("/session/refresh")
async def refresh(request: Request, next: str = "/") -> Response:  # noqa: A002
    """Renews the cookies and goes back. Of several tabs that wake up at once one rotates the token."""
    target = local_path(next)
    try:
        done = await renew(request)
    except TokenRefused:
        return drop_session(request, redirect(f"/sign-in?next={quote(target)}"))
    if done is None:
        return redirect(target)
    return keep_session(request, redirect(target), done.access_token, done.refresh_token)


@router.post("/sign-out")
async def sign_out(request: Request, form: Form, actor: EnrollingVisitor, at_hand: AtHand) -> Response:  # noqa: ARG001
    with contextlib.suppress(SessionEnded):
        await service.sign_out(at_hand.db, actor=actor)
    return drop_session(request, redirect("/"))


@router.get("/sessions")
async def sessions(request: Request, actor: Visitor, at_hand: AtHand) -> Response:
    found = await service.sessions(at_hand.db, actor=actor)
    return render(request, "sessions.html", sessions=found, this=actor.session_id)


@router.post("/sessions/{session_id}/end")
async def end(session_id: str, form: Form, actor: Visitor, at_hand: AtHand) -> Response:  # noqa: ARG001
    await service.end_session(at_hand.db, actor=actor, session_id=session_id)
    return redirect("/sessions")
