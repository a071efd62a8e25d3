"""Add, list and remove second factors: an authenticator app, passkeys, and recovery codes for both."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from dentalization.accounts import factor_queries as queries
from dentalization.accounts import passkeys, totp
from dentalization.accounts.confirmations import confirmed_recently
from dentalization.accounts.errors import FactorExists, PasskeyRefused, TooManyPasskeys, WrongProof
from dentalization.accounts.passkeys import Site
from dentalization.accounts.proofs import factor_limits, recovery_digest
from dentalization.accounts.service import ATTEMPTS_WINDOW
from dentalization.db.database import Database
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.db.limits import count, forgive
from dentalization.db.row import row
from dentalization.db.transaction import Transaction
from dentalization.errors import NotFound
from dentalization.signing import Signer

RECOVERY_CODES = 10
MOST_PASSKEYS = 20
ENROLMENT_LIFETIME = timedelta(minutes=5)
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that another looks like; 10 of them have 49 bits


@row
class Factors:
    """What an account has; never a secret."""

    totp_since: datetime | None
    passkeys: list[queries.PasskeyRow]
    recovery_codes_left: int


@dataclass(frozen=True, slots=True)
class TotpSecret:
    """Shown while the app is being set up, and never again."""

    secret: str
    uri: str


async def factors(db: Database, *, actor: Actor) -> Factors:
    """The actor's factors."""
    app = await db.read_one(actor, queries.TOTP, user_id=actor.user_id)
    keys = await db.read(actor, queries.PASSKEYS, user_id=actor.user_id)
    left = await db.read_one(actor, queries.RECOVERY_CODES_LEFT, user_id=actor.user_id)
    return Factors(app.confirmed_at if app else None, keys, left.count if left else 0)


async def begin_totp(db: Database, signer: Signer, *, actor: Actor) -> TotpSecret:
    """A new secret; it counts once a code has confirmed it. Raises ConfirmationNeeded, FactorExists."""
    secret = totp.new_secret()
    kept = totp.sealed(signer, secret, user_id=actor.user_id)

    async def begin(transaction: Transaction) -> queries.Credentials | None:
        await confirmed_recently(transaction, actor)
        if not await transaction.run(queries.BEGIN_TOTP, user_id=actor.user_id, secret=kept):
            raise FactorExists
        return await transaction.one(queries.CREDENTIALS, user_id=actor.user_id)

    return _shown(secret, await db.transaction(actor, begin))


async def pending_totp(db: Database, signer: Signer, *, actor: Actor) -> TotpSecret:
    """The secret again, as long as no code has confirmed it. Raises NotFound."""
    kept = await db.read_one(actor, queries.TOTP, user_id=actor.user_id)
    secret = _pending(signer, kept, actor)
    mine = await db.read_one(actor, queries.CREDENTIALS, user_id=actor.user_id)
    return _shown(secret, mine)


async def confirm_totp(db: Database, signer: Signer, *, actor: Actor, code: str) -> list[str]:
    """Makes the app count and returns fresh recovery codes, which are shown once.

    Raises WrongProof, NotFound where there is nothing to confirm, TooManyAttempts.
    """
    limits = factor_limits(signer, actor)
    await count(db, limits, window=ATTEMPTS_WINDOW)

    async def confirm(transaction: Transaction) -> list[str]:
        kept = await transaction.one(queries.TOTP, user_id=actor.user_id)
        secret = _pending(signer, kept, actor)
        step = totp.matching_step(secret, code, seconds=time.time())
        if step is None or kept is None:
            raise WrongProof(field="code")
        changed = await transaction.run(
            queries.CONFIRM_TOTP, user_id=actor.user_id, shown=kept.secret, step=step
        )
        if not changed:  # another request was faster
            raise WrongProof(field="code")
        await forgive(transaction, limits)
        return await _fresh_codes(transaction, signer, actor)

    return await db.transaction(actor, confirm)


async def remove_totp(db: Database, *, actor: Actor) -> None:
    """Raises ConfirmationNeeded, NotFound."""

    async def remove(transaction: Transaction) -> None:
        await confirmed_recently(transaction, actor)
        if not await transaction.run(queries.REMOVE_TOTP, user_id=actor.user_id):
            raise NotFound("There is no authenticator app here.")
        await _drop_codes_of_nothing(transaction, actor)

    await db.transaction(actor, remove)


async def new_recovery_codes(db: Database, signer: Signer, *, actor: Actor) -> list[str]:
    """Ten new codes; the old ones are worth nothing any more. Raises ConfirmationNeeded, NotFound."""

    async def renew(transaction: Transaction) -> list[str]:
        await confirmed_recently(transaction, actor)
        held = await transaction.one(queries.HELD, user_id=actor.user_id)
        if held is None or not held.any:
            raise NotFound("There is no second factor to recover; add one first.")
        return await _fresh_codes(transaction, signer, actor)

    return await db.transaction(actor, renew)


async def passkey_options(db: Database, *, actor: Actor, site: Site) -> str:
    """What the browser is asked to make, as JSON. Raises ConfirmationNeeded."""
    challenge = passkeys.new_challenge()

    async def begin(transaction: Transaction) -> str:
        await confirmed_recently(transaction, actor)
        mine = await transaction.one(queries.CREDENTIALS, user_id=actor.user_id)
        if mine is None:
            raise NotFound("This account does not exist any more.")
        known = await transaction.all(queries.PASSKEYS_ON_FILE, user_id=actor.user_id)
        await transaction.run(queries.FORGET_CHALLENGES, user_id=actor.user_id, purpose="enrolment")
        await transaction.run(
            queries.ADD_CHALLENGE,
            id=new_id(),
            user_id=actor.user_id,
            purpose="enrolment",
            challenge=challenge,
            lifetime=ENROLMENT_LIFETIME,
        )
        ids = [one.credential_id for one in known]
        return passkeys.enrolment_options(
            site, user_id=actor.user_id, email=mine.email, challenge=challenge, known=ids
        )

    return await db.transaction(actor, begin)


async def add_passkey(
    db: Database, signer: Signer, *, actor: Actor, site: Site, name: str, credential: Mapping[str, Any]
) -> list[str]:
    """Registers the passkey; returns recovery codes where it is the account's first factor, else none.

    Raises PasskeyRefused, TooManyPasskeys, RuleBroken for a passkey that is registered already.
    """
    challenge = passkeys.enrolled_challenge(credential)
    made = passkeys.enrolled(site, credential, challenge=challenge)

    async def add(transaction: Transaction) -> list[str]:
        await transaction.run(queries.LOCK_ACCOUNT, user_id=actor.user_id)
        if not await transaction.run(
            queries.SPEND_ENROLMENT_CHALLENGE, user_id=actor.user_id, challenge=challenge
        ):
            raise PasskeyRefused(field="credential")
        if len(await transaction.all(queries.PASSKEYS, user_id=actor.user_id)) >= MOST_PASSKEYS:
            raise TooManyPasskeys
        held = await transaction.one(queries.HELD, user_id=actor.user_id)
        await transaction.run(
            queries.ADD_PASSKEY,
            id=new_id(),
            user_id=actor.user_id,
            name=name,
            credential_id=made.credential_id,
            public_key=made.public_key,
            sign_count=made.sign_count,
        )
        return [] if held is not None and held.any else await _fresh_codes(transaction, signer, actor)

    return await db.transaction(actor, add)


async def remove_passkey(db: Database, *, actor: Actor, passkey_id: str) -> None:
    """Raises ConfirmationNeeded, NotFound."""

    async def remove(transaction: Transaction) -> None:
        await confirmed_recently(transaction, actor)
        if not await transaction.run(queries.REMOVE_PASSKEY, passkey_id=passkey_id, user_id=actor.user_id):
            raise NotFound("There is no such passkey of yours.")
        await _drop_codes_of_nothing(transaction, actor)

    await db.transaction(actor, remove)


async def _fresh_codes(transaction: Transaction, signer: Signer, actor: Actor) -> list[str]:
    await transaction.run(queries.LOCK_ACCOUNT, user_id=actor.user_id)
    codes = [_new_code() for _ in range(RECOVERY_CODES)]
    digests = [recovery_digest(signer, code, user_id=actor.user_id) for code in codes]
    await transaction.run(queries.FORGET_RECOVERY_CODES, user_id=actor.user_id)
    await transaction.run(queries.ADD_RECOVERY_CODES, user_id=actor.user_id, codes=digests)
    return codes


async def _drop_codes_of_nothing(transaction: Transaction, actor: Actor) -> None:
    held = await transaction.one(queries.HELD, user_id=actor.user_id)
    if held is None or not held.any:
        await transaction.run(queries.FORGET_RECOVERY_CODES, user_id=actor.user_id)


def _new_code() -> str:
    letters = "".join(secrets.choice(_LETTERS) for _ in range(10))
    return f"{letters[:5]}-{letters[5:]}"


def _pending(signer: Signer, kept: queries.TotpRow | None, actor: Actor) -> bytes:
    secret = None
    if kept is not None and kept.confirmed_at is None:
        secret = totp.unsealed(signer, kept.secret, user_id=actor.user_id)
    if secret is None:
        raise NotFound("There is no authenticator app that waits for its first code.")
    return secret


def _shown(secret: bytes, account: queries.Credentials | None) -> TotpSecret:
    if account is None:
        raise NotFound("This account does not exist any more.")
    return TotpSecret(totp.written(secret), totp.uri(secret, email=account.email))
