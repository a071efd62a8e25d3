"""Letters as jobs: by id, repeatable, with a time limit."""

from __future__ import annotations

import asyncio

import procrastinate
import structlog

from dentalization.accounts import mailing
from dentalization.accounts.letters import Letter
from dentalization.context import Context
from dentalization.errors import DentalizationError, Unavailable

TIME_LIMIT_SECONDS = 60
MOST_ATTEMPTS = 16
"""With waits of 2, 4, 8 … seconds a mail server may be down for a day and a half."""

_log = structlog.get_logger(__name__)


def register(app: procrastinate.App, context: Context) -> None:
    """Adds the tasks to the queue's app."""

    again = procrastinate.RetryStrategy(
        max_attempts=MOST_ATTEMPTS, exponential_wait=2, retry_exceptions={Unavailable, TimeoutError}
    )

    @app.task(name=mailing.TASK, retry=again)
    async def send(letter: str, token_id: str, language: str) -> None:
        named = {"letter": letter, "token_id": token_id}
        try:
            async with asyncio.timeout(TIME_LIMIT_SECONDS):
                await mailing.deliver(
                    context.db,
                    context.mailer,
                    letter=Letter(letter),
                    token_id=token_id,
                    language=language,
                    public_url=context.settings.public_url,
                )
        except (Unavailable, TimeoutError) as error:
            _log.warning("letter_waits", **named, error=type(error).__name__, reason=str(error))
            raise
        except DentalizationError as error:
            # Refused for good. Neither the address nor what the server said about it is logged.
            _log.error("letter_given_up", **named, code=error.code)
        except Exception as error:
            # A traceback's values could quote the address; its type cannot.
            _log.error("letter_broke_off", **named, error=type(error).__name__)
