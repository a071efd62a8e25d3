"""From a request to a letter: the job is enqueued with what it is about, and makes the link itself."""

from __future__ import annotations

from datetime import UTC, datetime

import structlog

from dentalization.accounts import letters, mail_queries, tokens
from dentalization.accounts.letters import Letter
from dentalization.accounts.mail_queries import Addresses, OpenedLink
from dentalization.accounts.mail_tables import MailPurpose
from dentalization.db.database import Database
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.db.transaction import Transaction
from dentalization.mail.port import Mailer

TASK = "accounts.letter"

_log = structlog.get_logger(__name__)


async def enqueue(transaction: Transaction, letter: Letter, *, token_id: str, language: str) -> None:
    """The letter is sent if and when this transaction commits. The job holds no address and no token."""
    known = language if language in letters.LANGUAGES else "en"
    await transaction.enqueue(
        TASK, once_for=f"letter {letter} {token_id}", letter=letter, token_id=token_id, language=known
    )


async def add_link(
    transaction: Transaction,
    purpose: MailPurpose,
    *,
    user_id: str,
    email: str,
    language: str,
    replaces: str | None = None,
) -> str:
    """Adds a link of the actor's own account and the job that sends it; returns its id."""
    token_id = new_id()
    await transaction.run(
        mail_queries.ADD_LINK,
        id=token_id,
        user_id=user_id,
        purpose=purpose,
        email=email,
        replaces=replaces,
        expires_at=expiry(purpose),
    )
    await enqueue(transaction, Letter(purpose.value), token_id=token_id, language=language)
    return token_id


def expiry(purpose: MailPurpose) -> datetime:
    """Until the letter is written; from then on the link lives as long again."""
    return datetime.now(UTC) + letters.LIFETIME[purpose]


async def deliver(
    db: Database, mailer: Mailer, *, letter: Letter, token_id: str, language: str, public_url: str
) -> None:
    """The worker's part. May be repeated: the newest letter's link is the one that is good.

    Where there is no such link (nobody has the address that a reset was asked for), where it is used, or
    where the letter would come too late, nothing is sent. Raises MailUnavailable, MailRefused.
    """
    token = tokens.new_refresh_token()
    purpose = letters.purpose_of(letter)

    async def begin(transaction: Transaction) -> Addresses | None:
        if purpose is None:
            return await transaction.one(mail_queries.ADDRESSES, token_id=token_id)
        return await transaction.one(
            mail_queries.WRITE_LINK,
            token_id=token_id,
            new_digest=tokens.digest(token),
            lifetime=letters.LIFETIME[purpose],
        )

    found = await db.transaction(Actor.worker(), begin)
    to = None
    if found is not None:
        to = found.replaces if letter in letters.TO_THE_OLD_ADDRESS else found.email
    if to is None:
        _log.info("letter_not_needed", letter=letter, token_id=token_id)
        return
    await mailer.send(letters.written(letter, to=to, language=language, public_url=public_url, token=token))
    _log.info("letter_sent", letter=letter, token_id=token_id)


async def opened(db: Database, *, token: str, address: str) -> OpenedLink | None:
    """What the link would do, without using it up; None for one that is used, over, or none of ours."""

    async def look(transaction: Transaction) -> OpenedLink | None:
        return await transaction.one(mail_queries.OPEN_LINK, digest=tokens.digest(token))

    # Not by a read: a replica may not know yet of a link that was sent a moment ago.
    return await db.transaction(Actor.nobody(address), look)


async def forget_old_links(db: Database) -> int:
    """Removes links that have been over for a week; the worker does this daily."""

    async def forget(transaction: Transaction) -> int:
        return await transaction.run(mail_queries.FORGET_OLD_LINKS)

    return await db.transaction(Actor.worker(), forget)
