"""The worker's part of letters about offers and recalls: claim one, send it, note that it is sent."""

from __future__ import annotations

from typing import Any

import structlog

from dentalization.appointments import notice_letters
from dentalization.appointments import recall_queries as queries
from dentalization.appointments.recall_queries import ClaimedNotice
from dentalization.appointments.recall_tables import NOTICE_TASK
from dentalization.appointments.reminder_errors import LetterClaimed
from dentalization.appointments.reminder_tables import Outcome
from dentalization.db.database import Database
from dentalization.db.identity import Actor
from dentalization.db.query import Query
from dentalization.db.transaction import Transaction
from dentalization.mail.errors import InvalidMessage, MailRefused, MailUnavailable
from dentalization.mail.port import Mailer

_log = structlog.get_logger(__name__)


async def deliver(db: Database, mailer: Mailer, *, notice_id: str, public_url: str, usual_zone: str) -> None:
    """Sends one letter, unless it is sent or there is nothing to tell any more.

    May be repeated, as a letter about an appointment: after a kill between the sending and the note of it the
    same letter, with the same Message-ID, is sent again. Raises MailUnavailable, LetterClaimed.
    """

    async def claim(transaction: Transaction) -> ClaimedNotice | None:
        return await transaction.one(queries.CLAIM_NOTICE, notice_id=notice_id)

    found = await db.transaction(Actor.worker(), claim)
    if found is None:
        _log.info("care_notice_not_needed", notice_id=notice_id)
        return
    if not found.claimed:
        raise LetterClaimed
    try:
        await mailer.send(notice_letters.written(found, public_url=public_url, usual_zone=usual_zone))
    except MailUnavailable:
        await _run(db, queries.LET_NOTICE_GO, notice_id=notice_id)
        raise
    except (MailRefused, InvalidMessage) as error:
        _log.error("care_notice_given_up", notice_id=notice_id, kind=found.kind, code=error.code)
        await _run(db, queries.SETTLE_NOTICE, notice_id=notice_id, how=Outcome.REFUSED)
        return
    await _run(db, queries.SETTLE_NOTICE, notice_id=notice_id, how=Outcome.SENT)
    _log.info("care_notice_sent", notice_id=notice_id, kind=found.kind)


async def enqueue_left(db: Database) -> int:
    """Puts letters that have no job into the queue again; returns how many."""

    async def enqueue(transaction: Transaction) -> int:
        left = await transaction.all(queries.LEFT_NOTICES)
        for one in left:
            await transaction.enqueue(NOTICE_TASK, once_for=f"care notice {one.id}", notice_id=one.id)
        return len(left)

    return await db.transaction(Actor.worker(), enqueue)


async def forget_old(db: Database) -> int:
    """Removes what is a year old."""
    return await _run(db, queries.FORGET_OLD_NOTICES)


async def _run(db: Database, query: Query[Any], **parameters: Any) -> int:
    async def run(transaction: Transaction) -> int:
        return await transaction.run(query, **parameters)

    return await db.transaction(Actor.worker(), run)
