"""Jobs of this slice: shallow, by id, repeatable, with a time limit."""

from __future__ import annotations

import asyncio

import procrastinate
import structlog

from dentalization.audit.log import entries_of
from dentalization.context import Context
from dentalization.db.identity import Actor
from dentalization.db.trail import Trail
from dentalization.diagnoses import analysis, feedback
from dentalization.errors import Unavailable
from dentalization.vision.feedback.drift import Level

TIME_LIMIT_SECONDS = 120
RETRY_SECONDS = 5

_log = structlog.get_logger(__name__)


def register(app: procrastinate.App, context: Context) -> None:
    """Adds the tasks to the queue's app."""

    # While the database or the store cannot be reached the job is put back; everything else ends it.
    again = procrastinate.RetryStrategy(wait=RETRY_SECONDS, retry_exceptions={Unavailable})

    @app.task(name=analysis.TASK, retry=again)
    async def analyse(analysis_id: str) -> None:
        trail = Trail()
        try:
            async with asyncio.timeout(TIME_LIMIT_SECONDS):
                await analysis.perform(
                    context.db,
                    context.store,
                    context.detectors,
                    analysis_id=analysis_id,
                    shadows=context.shadows,
                    blind_share=context.settings.blind_share,
                    trail=trail,
                )
                await _audit(context, trail, analysis.TASK)
        except Unavailable:
            raise
        except Exception as error:
            # The traceback's values could quote a patient's data; its type and place cannot.
            _log.error("analysis_broke_off", analysis_id=analysis_id, error=type(error).__name__)
            await analysis.give_up(context.db, analysis_id=analysis_id)

    @app.periodic(cron="47 3 * * *")
    @app.task(name="diagnoses.drift", retry=again)
    async def watch_drift(timestamp: int) -> None:  # noqa: ARG001 - the queue passes it
        await look_for_drift(context)


async def _audit(context: Context, trail: Trail, task: str) -> None:
    await context.audit.write(entries_of(Actor.worker(), trail, action=task, request_id=""))


async def look_for_drift(context: Context) -> None:
    """An error in the log for each measure of a model in use that has moved too far to be left alone."""
    for detector in context.detectors:
        names = {"model": detector.card.id, "version": detector.card.version}
        for one in await feedback.drift(context.db, **names, newest=feedback.NEWEST, before=feedback.BEFORE):
            if one.level is Level.ALERT:
                _log.error(
                    "model_drift", **names, measure=one.measure, condition=one.condition, index=one.index
                )
