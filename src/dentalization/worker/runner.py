"""Runs jobs until it is told to stop, and takes up those whose worker has died."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import procrastinate
import psycopg
import structlog
from procrastinate.job_context import AbortReason
from procrastinate.jobs import Status

from dentalization import tracing
from dentalization.accounts import mailing
from dentalization.accounts import tasks as accounts
from dentalization.appointments import tasks as appointments
from dentalization.context import Context
from dentalization.db.address import watched
from dentalization.db.connection import Connection
from dentalization.diagnoses import analysis
from dentalization.diagnoses import tasks as diagnoses
from dentalization.errors import Unavailable
from dentalization.metrics import JOB_SECONDS, JOBS_GIVEN_UP, JOBS_TAKEN_UP
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

_REST_SECONDS = 1.0
"""Before a worker whose database is away begins again."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_AWAY = (procrastinate.exceptions.ProcrastinateException, psycopg.Error, Unavailable)

_log = structlog.get_logger(__name__)


def job_app(context: Context, ended: Ended | None = None) -> procrastinate.App:
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
            "worker_middleware": [(ended or Ended()).noted, _measured],
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


async def _measured(
    call_next: Callable[[], Awaitable[Any]], context: procrastinate.JobContext, _: Any
) -> Any:
    """Around every job."""
    task, started, outcome = context.job.task_name, time.perf_counter(), "raised"
    # No argument of the task. It is there too where another process traces and this one does not.
    parent = str(context.job.task_kwargs.pop(tracing.JOB_ARGUMENT, ""))
    try:
        with tracing.span(f"job {task}", kind="consumer", parent=parent):
            result = await call_next()
        outcome = "done"
        return result
    except asyncio.CancelledError as error:
        if context.abort_reason() is AbortReason.SHUTDOWN:
            raise WorkerStops from error
        raise
    finally:
        JOB_SECONDS.labels(task, outcome).observe(time.perf_counter() - started)


class Ended:
    """Jobs that have ended here, to find those of which the queue was never told: the database was away.

    Their worker lives, so they would count as being done for as long as it does.
    """

    def __init__(self) -> None:
        self._jobs: dict[int, tuple[procrastinate.jobs.Job, float]] = {}

    def note(self, job: procrastinate.jobs.Job) -> None:
        self._jobs[job.id or 0] = job, time.monotonic()

    async def untold(self, app: procrastinate.App) -> list[procrastinate.jobs.Job]:
        """Those that ended STALLED_SECONDS ago and are 'doing' still, in the same attempt."""
        due = [job for job, at in self._jobs.values() if time.monotonic() - at > STALLED_SECONDS]
        workers = {job.worker_id for job in due}
        doing = [
            job
            for worker_id in workers
            for job in await app.job_manager.list_jobs_async(status="doing", worker_id=worker_id)
        ]
        ended = {(job.id, job.attempts) for job in due}
        for job in due:
            self._jobs.pop(job.id or 0, None)
        return [job for job in doing if (job.id, job.attempts) in ended]

    async def noted(
        self, call_next: Callable[[], Awaitable[Any]], context: procrastinate.JobContext, _: Any
    ) -> Any:
        """Around every job."""
        try:
            return await call_next()
        finally:
            self.note(context.job)


async def run(context: Context) -> None:
    """Until SIGINT or SIGTERM; jobs at work are finished first, for at most half a minute.

    The queue's own worker ends when its database goes away. It is begun again here, so that jobs wait for
    the database alone.
    """
    if not (context.settings.smtp_url or context.settings.development):
        _log.warning("letters_go_to_a_folder", setting="DENTALIZATION_SMTP_URL")
    stopping, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, stopping.set)
    try:
        while not stopping.is_set():
            try:
                await _work(context, stopping)
            except _AWAY as error:
                _log.warning("worker_begins_again", error=type(error).__name__)
            await _until(stopping, _REST_SECONDS)
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)


async def _work(context: Context, stopping: asyncio.Event) -> None:
    """Until ``stopping``, or until the worker ends by itself."""
    ended, over = Ended(), asyncio.Event()
    app = job_app(context, ended)
    async with app.open_async():
        # Told by an event: a cancellation can be lost where it meets an error of the driver.
        sweeper = asyncio.create_task(_take_up_stalled(app, context, ended, over))
        worker = asyncio.create_task(app.run_worker_async(install_signal_handlers=False))
        told = asyncio.create_task(stopping.wait())
        try:
            await asyncio.wait({worker, told}, return_when=asyncio.FIRST_COMPLETED)
            if not worker.done():
                worker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await worker
        finally:
            told.cancel()
            over.set()
            await sweeper


async def _take_up_stalled(
    app: procrastinate.App, context: Context, ended: Ended, over: asyncio.Event
) -> None:
    while not over.is_set():
        try:
            await take_up_stalled(app, context, await ended.untold(app))
        except _AWAY as error:
            _log.warning("stalled_jobs_unknown", error=type(error).__name__)
        await _until(over, HEARTBEAT_SECONDS)


async def _until(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()


def _most_attempts(task: str) -> int:
    """Most attempts of a letter found its mail server away, which kills no worker."""
    return accounts.MOST_ATTEMPTS if task == mailing.TASK else MOST_ATTEMPTS


async def take_up_stalled(
    app: procrastinate.App, context: Context, untold: Sequence[procrastinate.jobs.Job] = ()
) -> int:
    """Puts jobs of dead workers, and those whose end is ``untold``, back into the queue; returns how many."""
    stalled = await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS)
    taken_up = 0
    for job in [*stalled, *untold]:
        if job.attempts < _most_attempts(job.task_name):
            await app.job_manager.retry_job(job)
            taken_up += 1
            JOBS_TAKEN_UP.labels(job.task_name).inc()
            _log.warning("job_taken_up", job=job.id, task=job.task_name, attempts=job.attempts)
            continue
        JOBS_GIVEN_UP.labels(job.task_name).inc()
        _log.error("job_given_up", job=job.id, task=job.task_name)
        if job.task_name == analysis.TASK:
            await analysis.give_up(context.db, analysis_id=str(job.task_kwargs["analysis_id"]))
        await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=False)
    return taken_up
