"""Runs jobs until it is told to stop, and takes up those whose worker has died."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

import procrastinate
import structlog
from procrastinate.job_context import AbortReason
from procrastinate.jobs import Status

from dentalization.accounts import mailing
from dentalization.accounts import tasks as accounts
from dentalization.appointments import tasks as appointments
from dentalization.context import Context
from dentalization.db.address import watched
from dentalization.db.connection import Connection
from dentalization.diagnoses import analysis
from dentalization.diagnoses import tasks as diagnoses
from dentalization.errors import Unavailable
from dentalization.photos import tasks as photos
from dentalization.privacy import tasks as privacy
from dentalization.profiles import tasks as profiles
from dentalization.worker import backups, housekeeping

CONCURRENCY = 2
HEARTBEAT_SECONDS = 2.0
STALLED_SECONDS = 10.0
"""A worker silent for this long is dead; its jobs go to another."""
MOST_ATTEMPTS = 4
"""A job that has outlived so many workers is likely what kills them."""

_log = structlog.get_logger(__name__)


def job_app(context: Context) -> procrastinate.App:
    """The queue with the tasks of every slice."""
    connector = procrastinate.PsycopgConnector(
        conninfo=watched(context.settings.database_url),
        connection_class=Connection,
        configure=context.db.primary.configure,
        min_size=1,
        max_size=4,
        kwargs={"prepare_threshold": None, "application_name": "dentalization worker"},
    )
    app = procrastinate.App(
        connector=connector,
        worker_defaults={
            "concurrency": CONCURRENCY,
            "fetch_job_polling_interval": 1.0,
            "delete_jobs": "successful",
            "shutdown_graceful_timeout": 30.0,
            "update_heartbeat_interval": HEARTBEAT_SECONDS,
            "stalled_worker_timeout": STALLED_SECONDS,
            "worker_middleware": [_put_back],
        },
    )
    profiles.register(app, context)
    photos.register(app, context)
    accounts.register(app, context)
    diagnoses.register(app, context)
    appointments.register(app, context)
    privacy.register(app, context)
    housekeeping.register(app, context)
    backups.register(app, context)
    return app


class WorkerStops(Unavailable):
    """This worker was told to stop before the job was done; another takes it up.

    Of this kind, so that every task's own strategy puts the job back: a cancelled one counts as aborted.
    """

    code = "worker-stops"


async def _put_back(
    call_next: Callable[[], Awaitable[Any]], context: procrastinate.JobContext, _: Any
) -> Any:
    """Around every job."""
    try:
        return await call_next()
    except asyncio.CancelledError as error:
        if context.abort_reason() is AbortReason.SHUTDOWN:
            raise WorkerStops from error
        raise


async def run(context: Context) -> None:
    """Until SIGINT or SIGTERM; jobs at work are finished first, for at most half a minute."""
    app = job_app(context)
    if not (context.settings.smtp_url or context.settings.development):
        _log.warning("letters_go_to_a_folder", setting="DENTALIZATION_SMTP_URL")
    async with app.open_async():
        sweeper = asyncio.create_task(_take_up_stalled(app, context))
        try:
            await app.run_worker_async(install_signal_handlers=True)
        finally:
            sweeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await sweeper


async def _take_up_stalled(app: procrastinate.App, context: Context) -> None:
    while True:
        try:
            await take_up_stalled(app, context)
        except (procrastinate.exceptions.ProcrastinateException, Unavailable) as error:
            _log.warning("stalled_jobs_unknown", error=type(error).__name__)
        await asyncio.sleep(HEARTBEAT_SECONDS)


def _most_attempts(task: str) -> int:
    """Most attempts of a letter found its mail server away, which kills no worker."""
    return accounts.MOST_ATTEMPTS if task == mailing.TASK else MOST_ATTEMPTS


async def take_up_stalled(app: procrastinate.App, context: Context) -> int:
    """Puts jobs of dead workers back into the queue; returns how many."""
    stalled = await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS)
    taken_up = 0
    for job in stalled:
        if job.attempts < _most_attempts(job.task_name):
            await app.job_manager.retry_job(job)
            taken_up += 1
            _log.warning("job_taken_up", job=job.id, task=job.task_name, attempts=job.attempts)
            continue
        _log.error("job_given_up", job=job.id, task=job.task_name)
        if job.task_name == analysis.TASK:
            await analysis.give_up(context.db, analysis_id=str(job.task_kwargs["analysis_id"]))
        await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=False)
    return taken_up
