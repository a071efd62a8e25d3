"""The account's e-mail address: shown to be its own, and changed only to one that is."""

from __future__ import annotations

from datetime import timedelta

from dentalization.accounts import mail_queries, mailing, passwords, tokens
from dentalization.accounts.errors import (
    AddressTaken,
    AddressUnchanged,
    AlreadyVerified,
    LinkOver,
    SignInFailed,
)
from dentalization.accounts.letters import Letter
from dentalization.accounts.mail_queries import OwnAccount
from dentalization.accounts.mail_tables import MailPurpose
from dentalization.accounts.service import ATTEMPTS_PER_ACCOUNT, ATTEMPTS_WINDOW
from dentalization.db.database import Database
from dentalization.db.errors import RuleBroken
from dentalization.db.identity import Actor
from dentalization.db.limits import Limit, count, forgive, network_of
from dentalization.db.transaction import Transaction
from dentalization.errors import NotFound
from dentalization.signing import Signer

ASKED_PER_ACCOUNT = 5
ASKED_WINDOW = timedelta(hours=1)
USED_PER_ADDRESS = 100
USED_WINDOW = timedelta(minutes=15)


async def ask_first(transaction: Transaction, *, user_id: str, email: str, language: str) -> None:
    """The first link, in the transaction that makes the account."""
    await mailing.add_link(
        transaction, MailPurpose.EMAIL_VERIFICATION, user_id=user_id, email=email, language=language
    )


async def ask_verification(db: Database, signer: Signer, *, actor: Actor, language: str) -> str:
    """Sends a link to the actor's address and returns it. Raises AlreadyVerified, TooManyAttempts."""
    account = await _own_account(db, actor)
    if account.verified:
        raise AlreadyVerified
    await _count_asked(db, signer, actor)

    async def request(transaction: Transaction) -> None:
        await ask_first(transaction, user_id=actor.user_id, email=account.email, language=language)

    await db.transaction(actor, request)
    return account.email


async def ask_change(
    db: Database, signer: Signer, *, actor: Actor, email: str, password: str, language: str
) -> None:
    """Sends a link to the new address and tells the old one; nothing is changed until the link is used.

    Whether the new address has an account already, its owner alone learns. Raises SignInFailed for a wrong
    password, AddressUnchanged, TooManyAttempts.
    """
    email = email.strip().lower()
    account = await _own_account(db, actor)
    # The same count as at sign-in, so that no door lets more passwords be tried than the other.
    guesses = [Limit(signer.digest("attempts of account", account.email), ATTEMPTS_PER_ACCOUNT)]
    await count(db, guesses, window=ATTEMPTS_WINDOW)
    if not await passwords.matches(password, account.password):
        raise SignInFailed("The password is not right.")
    if email == account.email:
        raise AddressUnchanged(field="email")
    await _count_asked(db, signer, actor)

    async def request(transaction: Transaction) -> None:
        token_id = await mailing.add_link(
            transaction,
            MailPurpose.EMAIL_CHANGE,
            user_id=actor.user_id,
            email=email,
            replaces=account.email,
            language=language,
        )
        await mailing.enqueue(transaction, Letter.EMAIL_CHANGE_ASKED, token_id=token_id, language=language)
        await forgive(transaction, guesses)

    await db.transaction(actor, request)


async def confirm(db: Database, signer: Signer, *, token: str, language: str, address: str) -> str:
    """Uses a link up; returns the address that is verified now.

    Raises LinkOver, AddressTaken where somebody has made an account with the new address meanwhile,
    TooManyAttempts.
    """
    await count(
        db,
        [Limit(signer.digest("links used from", network_of(address)), USED_PER_ADDRESS)],
        window=USED_WINDOW,
    )

    async def use(transaction: Transaction) -> str:
        done = await transaction.one(mail_queries.CONFIRM_EMAIL, digest=tokens.digest(token))
        if done is None or done.id is None:
            raise LinkOver
        if done.purpose is MailPurpose.EMAIL_CHANGE:
            await mailing.enqueue(transaction, Letter.EMAIL_CHANGED, token_id=done.id, language=language)
        return done.email or ""

    try:
        return await db.transaction(Actor.nobody(address), use)
    except RuleBroken as error:
        if error.constraint == "idx_users_email":
            raise AddressTaken from None
        raise


async def _own_account(db: Database, actor: Actor) -> OwnAccount:
    found = await db.read_one(actor, mail_queries.OWN_ACCOUNT, user_id=actor.user_id)
    if found is None:
        raise NotFound("This account does not exist any more.")
    return found


async def _count_asked(db: Database, signer: Signer, actor: Actor) -> None:
    limit = Limit(signer.digest("links of account", actor.user_id), ASKED_PER_ACCOUNT)
    await count(db, [limit], window=ASKED_WINDOW)
