"""The job that erases somebody, and the nightly look for one that was interrupted for good."""

from __future__ import annotations

import procrastinate
import structlog

from dentalization.context import Context
from dentalization.errors import Unavailable
from dentalization.privacy import erasing, service

RETRY_SECONDS = 5

_log = structlog.get_logger(__name__)


def register(app: procrastinate.App, context: Context) -> None:
    """Adds the tasks to the queue's app."""
    again = procrastinate.RetryStrategy(wait=RETRY_SECONDS, retry_exceptions={Unavailable})

    @app.task(name=service.TASK, retry=again)
    async def erase(request_id: str) -> None:
        await _erase(context, request_id)

    @app.periodic(cron="7 2 * * *")
    @app.task(name="privacy.resume", retry=again)
    async def resume(timestamp: int) -> None:  # noqa: ARG001 - the queue passes it
        for request_id in await erasing.unfinished(context.db):
            await _erase(context, request_id)


async def _erase(context: Context, request_id: str) -> None:
    try:
        await erasing.erase(context.db, context.store, request_id=request_id)
    except Unavailable:
        raise
    except Exception as error:
        # The traceback's values could quote the person; its type cannot. The nightly look goes on with it.
        _log.error("erasure_broke_off", request_id=request_id, error=type(error).__name__)
