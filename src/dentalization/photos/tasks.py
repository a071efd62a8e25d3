"""Jobs of this slice: objects that no row names are cleared away."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import procrastinate
import structlog

from dentalization.context import Context
from dentalization.errors import Unavailable
from dentalization.photos import clearing
from dentalization.photos.errors import TooManyOrphans

OLDER_THAN = timedelta(days=1)
RETRY_SECONDS = 60

_log = structlog.get_logger(__name__)


def register(app: procrastinate.App, context: Context) -> None:
    """Adds the tasks to the queue's app."""
    again = procrastinate.RetryStrategy(max_attempts=5, wait=RETRY_SECONDS, retry_exceptions={Unavailable})

    @app.periodic(cron="32 3 * * *")
    @app.task(name="photos.clearing", retry=again)
    async def clear_objects(timestamp: int) -> None:  # noqa: ARG001 - the queue passes it
        try:
            removed = await clearing.clear(context.db, context.store, before=datetime.now(UTC) - OLDER_THAN)
        except TooManyOrphans as error:
            _log.error("orphans_left_alone", reason=error.message)
            return
        if removed:
            _log.info("orphans_removed", count=removed)
