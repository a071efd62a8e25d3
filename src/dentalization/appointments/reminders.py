"""The worker's part of letters about appointments: claim one, send it, note that it is sent."""

from __future__ import annotations

import structlog

from dentalization.appointments import reminder_letters
from dentalization.appointments import reminder_queries as queries
from dentalization.appointments.reminder_errors import LetterClaimed
from dentalization.appointments.reminder_queries import ClaimedLetter
from dentalization.appointments.reminder_tables import TASK, Outcome
from dentalization.db.database import Database
from dentalization.db.identity import Actor
from dentalization.db.transaction import Transaction
from dentalization.mail.errors import InvalidMessage, MailRefused, MailUnavailable
from dentalization.mail.port import Mailer

_log = structlog.get_logger(__name__)


async def deliver(
    db: Database, mailer: Mailer, *, letter_id: str, sender: str, public_url: str, usual_zone: str
) -> None:
    """Sends one letter, unless it is sent, its appointment has moved, begun or gone, or nobody wants it.

    May be repeated: between the sending and the note of it a worker can be killed, and then the same letter,
    with the same Message-ID, is sent again. Raises MailUnavailable, and LetterClaimed while another worker
    may be at it.
    """

    async def claim(transaction: Transaction) -> ClaimedLetter | None:
        return await transaction.one(queries.CLAIM, letter_id=letter_id)

    found = await db.transaction(Actor.worker(), claim)
    if found is None:
        _log.info("appointment_letter_not_needed", letter_id=letter_id)
        return
    if not found.claimed:
        raise LetterClaimed
    try:
        await mailer.send(
            reminder_letters.written(found, sender=sender, public_url=public_url, usual_zone=usual_zone)
        )
    except MailUnavailable:
        await _let_go(db, letter_id)
        raise
    except (MailRefused, InvalidMessage) as error:
        # Neither the address nor what the server said about it is logged.
        _log.error("appointment_letter_given_up", letter_id=letter_id, kind=found.kind, code=error.code)
        await _settle(db, letter_id, Outcome.REFUSED)
        return
    await _settle(db, letter_id, Outcome.SENT)
    _log.info("appointment_letter_sent", letter_id=letter_id, kind=found.kind)


async def enqueue_left(db: Database) -> int:
    """Puts letters that are due and have no job into the queue again; returns how many."""

    async def enqueue(transaction: Transaction) -> int:
        left = await transaction.all(queries.LEFT)
        for one in left:
            await transaction.enqueue(TASK, once_for=f"appointment letter {one.id}", letter_id=one.id)
        return len(left)

    return await db.transaction(Actor.worker(), enqueue)


async def forget_old(db: Database) -> int:
    """Removes letters about appointments that are long over."""

    async def forget(transaction: Transaction) -> int:
        return await transaction.run(queries.FORGET_OLD_LETTERS)

    return await db.transaction(Actor.worker(), forget)


async def _let_go(db: Database, letter_id: str) -> None:
    async def let_go(transaction: Transaction) -> None:
        await transaction.run(queries.LET_GO, letter_id=letter_id)

    await db.transaction(Actor.worker(), let_go)


async def _settle(db: Database, letter_id: str, outcome: Outcome) -> None:
    async def settle(transaction: Transaction) -> None:
        await transaction.run(queries.SETTLE, letter_id=letter_id, how=outcome)

    await db.transaction(Actor.worker(), settle)
