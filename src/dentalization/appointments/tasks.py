"""Letters about appointments as jobs: by id, repeatable, with a time limit."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import procrastinate
import structlog

from dentalization.appointments import notices, recalls, reminders, waiting
from dentalization.appointments.recall_tables import NOTICE_TASK
from dentalization.appointments.reminder_tables import TASK
from dentalization.context import Context
from dentalization.errors import DentalizationError, Unavailable
from dentalization.mail.address import DEVELOPMENT_SENDER

TIME_LIMIT_SECONDS = 30
"""Less than a claim lasts, so that nobody takes a letter over from a worker that still sends it."""
MOST_ATTEMPTS = 14
_LONGEST_WAIT_SECONDS = 600
"""A reminder that comes an hour late is none."""

_log = structlog.get_logger(__name__)


class _Again(procrastinate.BaseRetryStrategy):
    """2, 4, 8 … seconds, and then every ten minutes; letters that are left over come back by themselves."""

    def get_retry_decision(
        self, *, exception: BaseException, job: procrastinate.jobs.Job
    ) -> procrastinate.RetryDecision | None:
        if job.attempts >= MOST_ATTEMPTS or not isinstance(exception, (Unavailable, TimeoutError)):
            return None
        return procrastinate.RetryDecision(
            retry_in={"seconds": min(2 ** (job.attempts + 1), _LONGEST_WAIT_SECONDS)}
        )


async def _carefully(delivery: Awaitable[None], *, letter_id: str) -> None:
    """With a time limit; what another attempt may mend is raised, the rest is logged."""
    try:
        async with asyncio.timeout(TIME_LIMIT_SECONDS):
            await delivery
    except (Unavailable, TimeoutError) as error:
        _log.warning("appointment_letter_waits", letter_id=letter_id, error=type(error).__name__)
        raise
    except DentalizationError as error:
        _log.error("appointment_letter_broke_off", letter_id=letter_id, code=error.code)
    except Exception as error:
        # A traceback's values could quote the address; its type cannot.
        _log.error("appointment_letter_broke_off", letter_id=letter_id, error=type(error).__name__)


def register(app: procrastinate.App, context: Context) -> None:
    """Adds the tasks to the queue's app."""
    settings = context.settings

    @app.task(name=TASK, retry=_Again())
    async def send(letter_id: str) -> None:
        await _carefully(
            reminders.deliver(
                context.db,
                context.mailer,
                letter_id=letter_id,
                sender=settings.mail_from or DEVELOPMENT_SENDER,
                public_url=settings.public_url,
                usual_zone=settings.time_zone,
            ),
            letter_id=letter_id,
        )

    @app.task(name=NOTICE_TASK, retry=_Again())
    async def tell(notice_id: str) -> None:
        await _carefully(
            notices.deliver(
                context.db,
                context.mailer,
                notice_id=notice_id,
                public_url=settings.public_url,
                usual_zone=settings.time_zone,
            ),
            letter_id=notice_id,
        )

    @app.periodic(cron="* * * * *")
    @app.task(name="appointments.expired_offers")
    async def pass_on(timestamp: int) -> None:  # noqa: ARG001
        await waiting.pass_on_expired(context.db)

    @app.periodic(cron="7 2 * * *")
    @app.task(name="appointments.recalls")
    async def remind(timestamp: int) -> None:  # noqa: ARG001
        await recalls.remind_due(context.db)

    @app.periodic(cron="*/5 * * * *")
    @app.task(name="appointments.left_letters")
    async def look_after(timestamp: int) -> None:  # noqa: ARG001
        left = await reminders.enqueue_left(context.db) + await notices.enqueue_left(context.db)
        if left:
            _log.warning("appointment_letters_left", letters=left)

    @app.periodic(cron="47 3 * * *")
    @app.task(name="appointments.forget_letters")
    async def forget(timestamp: int) -> None:  # noqa: ARG001
        await reminders.forget_old(context.db)
        await notices.forget_old(context.db)
