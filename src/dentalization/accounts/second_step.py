"""The second step of a sign-in: before it there is no session, only a challenge that waits."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dentalization.accounts import factor_queries as queries
from dentalization.accounts import passkeys, tokens
from dentalization.accounts.errors import ChallengeOver, FactorRefused
from dentalization.accounts.passkeys import Site
from dentalization.accounts.proofs import Proof, factor_limits, proven
from dentalization.accounts.service import (
    ATTEMPTS_WINDOW,
    CHALLENGE_PURPOSE,
    SignedIn,
    begin_session,
    password_limits,
)
from dentalization.db.database import Database
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.db.limits import count, forgive
from dentalization.db.transaction import Transaction
from dentalization.signing import Signer


async def finish_sign_in(
    db: Database,
    signer: Signer,
    *,
    challenge: str,
    proof: Proof,
    site: Site | None,
    device: str | None,
    address: str,
) -> SignedIn:
    """Begins the session. Raises ChallengeOver, FactorRefused, TooManyAttempts."""
    claims = _claims(signer, challenge)
    actor = replace(_actor(claims, address), session_id=new_id(), factor=True)
    limits = factor_limits(signer, actor)
    await count(db, limits, window=ATTEMPTS_WINDOW)
    refresh_token = tokens.new_refresh_token()

    async def begin(transaction: Transaction) -> None:
        # Whoever deletes the row has the challenge; with a wrong proof all of this is rolled back.
        waiting = await transaction.one(
            queries.SPEND_SIGN_IN_CHALLENGE, id=claims["id"], user_id=actor.user_id
        )
        if waiting is None:
            raise ChallengeOver
        if not await proven(
            transaction, signer, actor=actor, proof=proof, site=site, challenge=waiting.challenge
        ):
            raise FactorRefused
        await begin_session(transaction, actor, refresh_token=refresh_token, device=device)
        await forgive(transaction, [*limits, *password_limits(signer, claims["email"], address)])

    await db.transaction(replace(actor, session_id=""), begin)
    return SignedIn(actor, claims["email"], tokens.access_token(signer, actor), refresh_token)


async def passkey_options(db: Database, signer: Signer, *, challenge: str, site: Site, address: str) -> str:
    """What the browser asks the account's passkeys, as JSON. Raises ChallengeOver."""
    claims = _claims(signer, challenge)
    actor = _actor(claims, address)
    waiting = await db.read_one(actor, queries.SIGN_IN_CHALLENGE, id=claims["id"])
    if waiting is None:
        raise ChallengeOver
    known = await db.read(actor, queries.PASSKEYS_ON_FILE, user_id=actor.user_id)
    return passkeys.sign_in_options(
        site, challenge=waiting.challenge, known=[one.credential_id for one in known]
    )


def factors_asked(signer: Signer, challenge: str) -> list[str]:
    """Which factors the account can show. Raises ChallengeOver."""
    return list(_claims(signer, challenge)["factors"])


def _claims(signer: Signer, challenge: str) -> dict[str, Any]:
    claims = signer.verify(CHALLENGE_PURPOSE, challenge)
    if claims is None:
        raise ChallengeOver
    return claims


def _actor(claims: dict[str, Any], address: str) -> Actor:
    """Who showed the password. It has no session, so it is nobody anywhere but here."""
    return Actor(
        user_id=claims["sub"],
        role=claims["role"],
        patient_id=claims["patient"],
        doctor_id=claims["doctor"],
        address=address,
    )
