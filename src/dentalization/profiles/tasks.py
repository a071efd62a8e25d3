"""Jobs of this slice: licences that run out."""

from __future__ import annotations

import procrastinate
import structlog

from dentalization.context import Context
from dentalization.errors import Unavailable
from dentalization.profiles import licence_decisions

RETRY_SECONDS = 60

_log = structlog.get_logger(__name__)


def register(app: procrastinate.App, context: Context) -> None:
    """Adds the tasks to the queue's app."""
    again = procrastinate.RetryStrategy(max_attempts=5, wait=RETRY_SECONDS, retry_exceptions={Unavailable})

    # Every hour, since midnight is at another hour in every zone. Nobody waits for it: a licence that has
    # run out counts no more from the moment itself, whether this runs or not.
    @app.periodic(cron="7 * * * *")
    @app.task(name="profiles.licences", retry=again)
    async def watch_licences(timestamp: int) -> None:  # noqa: ARG001 - the queue passes it
        ended = await licence_decisions.watch(context.db, time_zone=context.settings.time_zone)
        if ended:
            _log.info("licences_ended", count=ended)
