"""Whether a second factor that somebody shows is one of the account's, and was not shown before."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dentalization.accounts import factor_queries as queries
from dentalization.accounts import passkeys, totp
from dentalization.accounts.errors import PasskeyRefused
from dentalization.accounts.passkeys import Site
from dentalization.db.identity import Actor
from dentalization.db.limits import Limit
from dentalization.db.transaction import Transaction
from dentalization.errors import InvalidInput
from dentalization.signing import Signer

ATTEMPTS_PER_ACCOUNT = 5
"""In 15 minutes: who has the password guesses one of three valid codes in a million, 480 times a day."""


@dataclass(frozen=True, slots=True)
class Proof:
    """One of the three."""

    code: str | None = None
    recovery_code: str | None = None
    credential: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        if [self.code, self.recovery_code, self.credential].count(None) != 2:
            raise InvalidInput("Send one of 'code', 'recoveryCode' and 'credential'.", field="code")


def typed_proof(code: str, credential: str) -> Proof:
    """Six digits are a code of the app, everything else that is typed a recovery code."""
    if credential:
        return Proof(credential=read_credential(credential))
    digits = "".join(code.split())
    return Proof(code=digits) if digits.isdecimal() and len(digits) == 6 else Proof(recovery_code=code)


def read_credential(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {}


def factor_limits(signer: Signer, actor: Actor) -> list[Limit]:
    return [Limit(signer.digest("factor attempts of account", actor.user_id), ATTEMPTS_PER_ACCOUNT)]


def recovery_digest(signer: Signer, code: str, *, user_id: str) -> str:
    """However it was typed: capitals, spaces and hyphens do not count."""
    letters = "".join(character for character in code.lower() if character.isalnum())
    return signer.digest("recovery code", f"{user_id} {letters}")


async def proven(
    transaction: Transaction,
    signer: Signer,
    *,
    actor: Actor,
    proof: Proof,
    site: Site | None = None,
    challenge: str = "",
) -> bool:
    """Whether the proof is good; a good one is spent with this transaction's commit and never good again.

    ``site`` and ``challenge`` are what a passkey must have signed.
    """
    if proof.code is not None:
        return await _code(transaction, signer, actor, proof.code)
    if proof.recovery_code is not None:
        spent = await transaction.run(
            queries.SPEND_RECOVERY_CODE,
            user_id=actor.user_id,
            code=recovery_digest(signer, proof.recovery_code, user_id=actor.user_id),
        )
        return spent == 1
    if proof.credential is None or site is None or not challenge:
        return False
    return await _passkey(transaction, actor, proof.credential, site, challenge)


async def _code(transaction: Transaction, signer: Signer, actor: Actor, code: str) -> bool:
    kept = await transaction.one(queries.TOTP, user_id=actor.user_id)
    if kept is None or kept.confirmed_at is None:
        return False
    secret = totp.unsealed(signer, kept.secret, user_id=actor.user_id)
    step = None if secret is None else totp.matching_step(secret, code, seconds=time.time())
    if step is None:
        return False
    return await transaction.run(queries.SPEND_STEP, user_id=actor.user_id, step=step) == 1


async def _passkey(
    transaction: Transaction, actor: Actor, credential: Mapping[str, Any], site: Site, challenge: str
) -> bool:
    try:
        shown = passkeys.credential_id(credential)
        known = await transaction.all(queries.PASSKEYS_ON_FILE, user_id=actor.user_id)
        kept = next((one for one in known if one.credential_id == shown), None)
        if kept is None:
            return False
        signed = passkeys.sign_count(
            site,
            credential,
            challenge=challenge,
            public_key=kept.public_key,
            last_count=kept.sign_count,
        )
    except PasskeyRefused:
        return False
    return await transaction.run(queries.USE_PASSKEY, passkey_id=kept.id, count=signed) == 1
