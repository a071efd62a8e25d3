"""Access tokens (signed, 15 minutes) and refresh tokens (opaque, 7 days, stored only as a digest)."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from dentalization.accounts.errors import TokenRefused
from dentalization.db.identity import Actor
from dentalization.db.trail import Trail
from dentalization.signing import Signer

ACCESS_LIFETIME = timedelta(minutes=15)
REFRESH_LIFETIME = timedelta(days=7)
_PURPOSE = "access token"


def access_token(signer: Signer, actor: Actor) -> str:
    claims = {
        "sub": actor.user_id,
        "role": actor.role,
        "patient": actor.patient_id,
        "doctor": actor.doctor_id,
        "sid": actor.session_id,
        "factor": actor.factor,
    }
    return signer.sign(_PURPOSE, claims, seconds=ACCESS_LIFETIME.total_seconds())


def actor_of(signer: Signer, token: str, *, address: str, trail: Trail | None = None) -> Actor:
    """Who the token says acts. Whether the session still lives, the database says at every statement.

    Raises TokenRefused for anything but an access token of ours that is not over.
    """
    claims = signer.verify(_PURPOSE, token)
    if claims is None:
        raise TokenRefused
    return Actor(
        user_id=claims["sub"],
        role=claims["role"],
        patient_id=claims["patient"],
        doctor_id=claims["doctor"],
        session_id=claims["sid"],
        address=address,
        trail=trail,
        factor=claims.get("factor") is True,
    )


def new_refresh_token() -> str:
    return secrets.token_urlsafe(32)


def digest(refresh_token: str) -> str:
    """SHA-256 in hexadecimal. No salt: the token has 256 random bits of its own."""
    return hashlib.sha256(refresh_token.encode()).hexdigest()
