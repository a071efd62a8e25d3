"""Sign-in, refresh, sign-out, and the sessions of an account."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Response
from pydantic import EmailStr, Field

from dentalization.accounts import service
from dentalization.accounts.errors import TokenRefused
from dentalization.accounts.queries import SessionRow
from dentalization.accounts.token_answers import Tokens, tokens_of
from dentalization.edge.acting import Acting, Address, AtHand, Enrolling
from dentalization.edge.answers import Body, Text, answer

router = APIRouter(tags=["accounts"])


class SignIn(Body):
    email: EmailStr
    password: Annotated[Text, Field(min_length=1, max_length=128)]


class Refresh(Body):
    refresh_token: Annotated[Text, Field(min_length=1, max_length=200)]


@router.post("/auth/login", response_model=Tokens)
async def login(
    body: SignIn, at_hand: AtHand, address: Address, user_agent: Annotated[str | None, Header()] = None
) -> Response:
    """Begins a session on this device.

    For an account with a second factor 401 'second-factor-needed' and a challenge for auth/login/factor.
    """
    signed_in = await service.sign_in(
        at_hand.db,
        at_hand.signer,
        email=body.email,
        password=body.password,
        device=user_agent,
        address=address,
    )
    return tokens_of(signed_in)


@router.post("/auth/refresh", response_model=Tokens)
async def refresh(body: Refresh, at_hand: AtHand, address: Address) -> Response:
    """Exchanges a refresh token, once, for a new pair; using it again ends the session."""
    signed_in = await service.refresh(
        at_hand.db, at_hand.signer, refresh_token=body.refresh_token, address=address
    )
    if signed_in is None:
        raise TokenRefused
    return tokens_of(signed_in)


@router.post("/auth/logout", status_code=204)
async def logout(actor: Enrolling, at_hand: AtHand) -> Response:
    """Ends this session; its tokens are worth nothing from now on."""
    await service.sign_out(at_hand.db, actor=actor)
    return Response(status_code=204)


@router.get("/me/sessions", response_model=list[SessionRow])
async def list_sessions(actor: Acting, at_hand: AtHand) -> Response:
    """Where this account is signed in."""
    return answer(list[SessionRow], await service.sessions(at_hand.db, actor=actor))


@router.delete("/me/sessions/{session_id}", status_code=204)
async def end_session(session_id: str, actor: Acting, at_hand: AtHand) -> Response:
    """Ends one session of this account."""
    await service.end_session(at_hand.db, actor=actor, session_id=session_id)
    return Response(status_code=204)
