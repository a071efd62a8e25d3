"""Whether the person at a session has just shown who it is, and the change of a password."""

from __future__ import annotations

from datetime import timedelta

from dentalization.accounts import factor_queries as queries
from dentalization.accounts import passwords
from dentalization.accounts.errors import ConfirmationNeeded, WrongProof
from dentalization.accounts.proofs import Proof, factor_limits, proven
from dentalization.accounts.service import ATTEMPTS_WINDOW, password_limits
from dentalization.db.database import Database
from dentalization.db.identity import Actor
from dentalization.db.limits import count, forgive
from dentalization.db.transaction import Transaction
from dentalization.errors import InvalidInput, NotFound
from dentalization.signing import Signer

CONFIRMED_FOR = timedelta(minutes=10)


async def confirmed_recently(source: Database | Transaction, actor: Actor) -> None:
    """Raises ConfirmationNeeded unless this session showed a password or a factor in the last ten minutes.

    Signing in counts. For acts that a session left open at a desk must not be enough for.
    """
    wanted = {"session_id": actor.session_id, "lifetime": CONFIRMED_FOR}
    if isinstance(source, Transaction):
        found = await source.one(queries.CONFIRMED_SINCE, **wanted)
    else:
        found = await source.read_one(actor, queries.CONFIRMED_SINCE, **wanted)
    if found is None:
        raise ConfirmationNeeded


async def confirm(
    db: Database, signer: Signer, *, actor: Actor, password: str | None = None, code: str | None = None
) -> None:
    """Notes that the person at this session has shown a password, or a code of the authenticator app.

    Raises WrongProof, InvalidInput where not exactly one is given, TooManyAttempts.
    """
    if (password is None) == (code is None):
        raise InvalidInput("Send either 'password' or 'code'.", field="password")
    limits = factor_limits(signer, actor)
    if password is not None:
        mine = await _credentials(db, actor)
        limits = password_limits(signer, mine.email, actor.address)
    await count(db, limits, window=ATTEMPTS_WINDOW)
    if password is not None and not await passwords.matches(password, mine.password):
        raise WrongProof(field="password")

    async def note(transaction: Transaction) -> bool:
        if code is not None and not await proven(transaction, signer, actor=actor, proof=Proof(code=code)):
            return False
        await transaction.run(queries.CONFIRM_SESSION, session_id=actor.session_id)
        await forgive(transaction, limits)
        return True

    if not await db.transaction(actor, note):
        raise WrongProof(field="code")


async def change_password(
    db: Database, signer: Signer, *, actor: Actor, current_password: str, new_password: str
) -> None:
    """Sets a new password and ends every other session of the account, begun sign-ins included.

    Raises WrongProof, WeakPassword, TooManyAttempts.
    """
    mine = await _credentials(db, actor)
    limits = password_limits(signer, mine.email, actor.address)
    await count(db, limits, window=ATTEMPTS_WINDOW)
    if not await passwords.matches(current_password, mine.password):
        raise WrongProof(field="currentPassword")
    passwords.check_strength(new_password, email=mine.email, field="newPassword")
    password_hash = await passwords.hashed(new_password)

    async def change(transaction: Transaction) -> int:
        changed = await transaction.run(
            queries.CHANGE_PASSWORD,
            user_id=actor.user_id,
            shown=mine.password,
            password_hash=password_hash,
        )
        if changed:
            await transaction.run(
                queries.END_OTHER_SESSIONS, user_id=actor.user_id, session_id=actor.session_id
            )
            await transaction.run(queries.FORGET_CHALLENGES, user_id=actor.user_id, purpose="sign-in")
            await transaction.run(queries.CONFIRM_SESSION, session_id=actor.session_id)
            await forgive(transaction, limits)
        return changed

    if not await db.transaction(actor, change):  # it was changed meanwhile
        raise WrongProof(field="currentPassword")


async def _credentials(db: Database, actor: Actor) -> queries.Credentials:
    found = await db.read_one(actor, queries.CREDENTIALS, user_id=actor.user_id)
    if found is None:
        raise NotFound("This account does not exist any more.")
    return found
