"""What every way of signing in answers: a fresh pair of tokens."""

from __future__ import annotations

from fastapi import Response

from dentalization.accounts import service
from dentalization.accounts.tables import Role
from dentalization.accounts.tokens import ACCESS_LIFETIME
from dentalization.db.row import row
from dentalization.edge.answers import answer


@row
class SignedInUser:
    id: str
    email: str
    role: Role


@row
class Tokens:
    """``expires_in`` seconds for the access token."""

    access_token: str
    refresh_token: str
    expires_in: int
    user: SignedInUser


def tokens_of(signed_in: service.SignedIn) -> Response:
    """A fresh pair, as every way of signing in answers it."""
    actor = signed_in.actor
    user = SignedInUser(id=actor.user_id, email=signed_in.email, role=Role(actor.role))
    tokens = Tokens(
        access_token=signed_in.access_token,
        refresh_token=signed_in.refresh_token,
        expires_in=int(ACCESS_LIFETIME.total_seconds()),
        user=user,
    )
    return answer(Tokens, tokens, headers={"Cache-Control": "no-store"})
