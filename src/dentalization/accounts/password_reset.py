"""A new password for whoever can read the account's mail."""

from __future__ import annotations

from datetime import timedelta

from dentalization.accounts import mail_queries, mailing, passwords, tokens
from dentalization.accounts.errors import LinkOver
from dentalization.accounts.letters import Letter
from dentalization.accounts.mail_tables import MailPurpose
from dentalization.db.database import Database
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.db.limits import Limit, count, network_of
from dentalization.db.transaction import Transaction
from dentalization.signing import Signer

ASKED_PER_ACCOUNT = 5
ASKED_PER_ADDRESS = 50
ASKED_WINDOW = timedelta(hours=1)
USED_PER_ADDRESS = 50
USED_WINDOW = timedelta(minutes=15)


async def ask(db: Database, signer: Signer, *, email: str, language: str, address: str) -> None:
    """Sends a link to the account's address; without an account the same happens, up to the empty letter.

    Raises TooManyAttempts, both alike.
    """
    email = email.strip().lower()
    limits = [
        Limit(signer.digest("resets of account", email), ASKED_PER_ACCOUNT),
        Limit(signer.digest("resets from address", network_of(address)), ASKED_PER_ADDRESS),
    ]
    await count(db, limits, window=ASKED_WINDOW)
    token_id = new_id()

    async def request(transaction: Transaction) -> None:
        await transaction.run(
            mail_queries.ASK_PASSWORD_RESET,
            token_id=token_id,
            email=email,
            expires_at=mailing.expiry(MailPurpose.PASSWORD_RESET),
        )
        await mailing.enqueue(transaction, Letter.PASSWORD_RESET, token_id=token_id, language=language)

    await db.transaction(Actor.nobody(address), request)


async def confirm(
    db: Database, signer: Signer, *, token: str, password: str, language: str, address: str
) -> None:
    """Sets the password, ends every session and voids other such links and changes of address.

    Raises LinkOver for a link that is used or over, WeakPassword (the link stays good), TooManyAttempts.
    """
    await count(
        db,
        [Limit(signer.digest("resets used from", network_of(address)), USED_PER_ADDRESS)],
        window=USED_WINDOW,
    )
    link = await mailing.opened(db, token=token, address=address)
    if link is None or link.purpose is not MailPurpose.PASSWORD_RESET:
        raise LinkOver
    passwords.check_strength(password, email=link.email or "")
    password_hash = await passwords.hashed(password)

    async def reset(transaction: Transaction) -> None:
        used = await transaction.one(
            mail_queries.RESET_PASSWORD, digest=tokens.digest(token), password_hash=password_hash
        )
        if used is None or used.id is None:  # another request was quicker
            raise LinkOver
        await mailing.enqueue(transaction, Letter.PASSWORD_CHANGED, token_id=used.id, language=language)

    await db.transaction(Actor.nobody(address), reset)
