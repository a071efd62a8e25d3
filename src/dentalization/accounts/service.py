"""Sign in, refresh, sign out, and see where one is signed in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from dentalization.accounts import factor_queries, passkeys, passwords, queries, tokens
from dentalization.accounts.errors import SecondFactorNeeded, SignInFailed, TokenRefused
from dentalization.accounts.tables import Role
from dentalization.db.database import Database
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.db.limits import Limit, count, forgive, network_of
from dentalization.db.transaction import Transaction
from dentalization.errors import NotFound
from dentalization.signing import Signer

ATTEMPTS_PER_ACCOUNT = 10
ATTEMPTS_PER_ADDRESS = 100
ATTEMPTS_WINDOW = timedelta(minutes=15)
CHALLENGE_LIFETIME = timedelta(minutes=5)
CHALLENGE_PURPOSE = "second step of a sign-in"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A fresh pair of tokens and whom they stand for."""

    actor: Actor
    email: str
    access_token: str
    refresh_token: str


async def sign_in(
    db: Database, signer: Signer, *, email: str, password: str, device: str | None, address: str
) -> SignedIn:
    """Begins a session, or for an account with a second factor the wait for that.

    Raises SignInFailed or TooManyAttempts, both alike with and without an account, and SecondFactorNeeded.
    """
    email = email.strip().lower()
    limits = password_limits(signer, email, address)
    await count(db, limits, window=ATTEMPTS_WINDOW)
    account = await db.read_one(Actor.nobody(address), queries.FIND_ACCOUNT, email=email)
    stored = account.password if account else None
    if not await passwords.matches(password, stored) or account is None or stored is None:
        raise SignInFailed
    actor = _actor(account.id, account.role, account.patient_id, account.doctor_id, new_id(), address)
    rehashed = await passwords.hashed(password) if passwords.needs_rehash(stored) else None
    refresh_token = tokens.new_refresh_token()

    async def begin(transaction: Transaction) -> SecondFactorNeeded | None:
        if rehashed is not None:
            await transaction.run(queries.REHASH, user_id=actor.user_id, password_hash=rehashed)
        held = await transaction.one(factor_queries.HELD, user_id=actor.user_id)
        if held is not None and held.any:
            return await _wait_for_factor(transaction, signer, actor, held, email)
        await begin_session(transaction, actor, refresh_token=refresh_token, device=device)
        await forgive(transaction, limits)
        return None

    # The session does not exist yet, so the transaction that makes it cannot be asked whether it lives.
    needed = await db.transaction(replace(actor, session_id=""), begin)
    if needed is not None:
        raise needed
    return SignedIn(actor, email, tokens.access_token(signer, actor), refresh_token)


async def begin_session(
    transaction: Transaction, actor: Actor, *, refresh_token: str, device: str | None
) -> None:
    """Writes the session of somebody who has just shown everything that the account asks for."""
    await transaction.run(
        queries.ADD_SESSION,
        id=actor.session_id,
        user_id=actor.user_id,
        refresh_token=tokens.digest(refresh_token),
        device_info=(device or "")[:255] or None,
        ip_address=actor.address or None,
        expires_at=datetime.now(UTC) + tokens.REFRESH_LIFETIME,
    )
    await transaction.run(factor_queries.CONFIRM_SESSION, session_id=actor.session_id)


async def _wait_for_factor(
    transaction: Transaction, signer: Signer, actor: Actor, held: factor_queries.Held, email: str
) -> SecondFactorNeeded:
    """Writes the challenge. The attempt is not forgiven before its second step: this bounds the rows."""
    challenge_id = new_id()
    await transaction.run(
        factor_queries.ADD_CHALLENGE,
        id=challenge_id,
        user_id=actor.user_id,
        purpose="sign-in",
        challenge=passkeys.new_challenge(),
        lifetime=CHALLENGE_LIFETIME,
    )
    factors = [*["code"] * held.totp, *["credential"] * held.passkey, "recoveryCode"]
    claims = {
        "id": challenge_id,
        "sub": actor.user_id,
        "role": actor.role,
        "patient": actor.patient_id,
        "doctor": actor.doctor_id,
        "email": email,
        "factors": factors,
    }
    token = signer.sign(CHALLENGE_PURPOSE, claims, seconds=CHALLENGE_LIFETIME.total_seconds())
    return SecondFactorNeeded(token, factors)


def password_limits(signer: Signer, email: str, address: str) -> list[Limit]:
    """For everything that tries a password, so that no door gives further guesses."""
    return [
        Limit(signer.digest("attempts of account", email), ATTEMPTS_PER_ACCOUNT),
        Limit(signer.digest("attempts from address", network_of(address)), ATTEMPTS_PER_ADDRESS),
    ]


async def refresh(
    db: Database,
    signer: Signer,
    *,
    refresh_token: str,
    address: str,
    tolerance: timedelta = timedelta(0),
) -> SignedIn | None:
    """Exchanges a refresh token for a new pair. Raises TokenRefused; a reused token ends its session.

    Within ``tolerance`` after a rotation the old token is refused without ending anything and None is
    returned: tabs of one browser share its cookies, and several may wake up at once.
    """
    renewed = tokens.new_refresh_token()

    async def rotate(transaction: Transaction) -> queries.Rotation | None:
        return await transaction.one(
            queries.ROTATE_SESSION,
            old=tokens.digest(refresh_token),
            new=tokens.digest(renewed),
            expires_at=datetime.now(UTC) + tokens.REFRESH_LIFETIME,
            tolerance=tolerance,
        )

    done = await db.transaction(Actor.nobody(address), rotate)
    if done is not None and done.outcome == "just rotated":
        return None
    if done is None or done.outcome != "rotated":
        raise TokenRefused
    actor = _actor(done.id, done.role, done.patient_id, done.doctor_id, done.session_id, address)

    async def look(transaction: Transaction) -> bool:
        held = await transaction.one(factor_queries.HELD, user_id=actor.user_id)
        return held is not None and held.any

    # On the primary, where a factor that was just added is; and without the session, which may have ended
    # this instant by a reuse of the old token: then the new ones are worth nothing anyway.
    actor = replace(actor, factor=await db.transaction(replace(actor, session_id=""), look))
    return SignedIn(actor, done.email or "", tokens.access_token(signer, actor), renewed)


async def sign_out(db: Database, *, actor: Actor) -> None:
    await end_session(db, actor=actor, session_id=actor.session_id)


async def sessions(db: Database, *, actor: Actor) -> list[queries.SessionRow]:
    """Where the actor is signed in, the most recently used first."""
    return await db.read(actor, queries.SESSIONS, user_id=actor.user_id)


async def end_session(db: Database, *, actor: Actor, session_id: str) -> None:
    """Ends one of the actor's sessions and with it all its tokens, at once. Raises NotFound."""

    async def end(transaction: Transaction) -> int:
        return await transaction.run(queries.END_SESSION, session_id=session_id)

    if not await db.transaction(actor, end):
        raise NotFound("There is no such session of yours.")


async def forget_old_sessions(db: Database) -> int:
    """Removes sessions that are over, and sign-ins that nobody finished; the worker does this daily."""

    async def forget(transaction: Transaction) -> int:
        await transaction.run(factor_queries.END_OVER_CHALLENGES)
        return await transaction.run(queries.END_OVER_SESSIONS)

    return await db.transaction(Actor.worker(), forget)


def _actor(
    user_id: str | None,
    role: Role | None,
    patient_id: str | None,
    doctor_id: str | None,
    session_id: str | None,
    address: str,
) -> Actor:
    return Actor(
        user_id=user_id or "",
        role=role.value if role else "",
        patient_id=patient_id or "",
        doctor_id=doctor_id or "",
        session_id=session_id or "",
        address=address,
    )
