"""One answer to Prometheus: what the processes have counted, and how things stand at this moment."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

import dentalization
from dentalization.context import Context
from dentalization.db.identity import Actor
from dentalization.errors import DentalizationError
from dentalization.metrics import POOL, REPLICAS_IN_USE
from dentalization.monitoring import processes
from dentalization.monitoring.queries import QUEUE, WORKERS
from dentalization.ops.backup import folder as folders
from dentalization.ops.backup.drilled import last_drill

CONTENT_TYPE = CONTENT_TYPE_LATEST
SAMPLE_SECONDS = 5.0
"""How often a process notes its pool's figures, for whichever process is asked for them."""
_LOOK_SECONDS = 3.0

_log = structlog.get_logger(__name__)


class _Given(Collector):
    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = list(families)

    def collect(self) -> Iterable[Metric]:
        return self._families


async def exposition(context: Context) -> bytes:
    """What CONTENT_TYPE says. Where the database is away it says so, and what the processes know."""
    sample(context)
    names = ("queue", "replicas", "backups")
    looks: tuple[Callable[[Context], Awaitable[list[Metric]]], ...] = (_queue, _replicas, _backups)
    answers = await asyncio.gather(*(_look(look(context)) for look in looks))
    known = GaugeMetricFamily(
        "dentalization_part_known", "Whether a part of these figures could be found out", labels=["part"]
    )
    families: list[Metric] = [_build(), known]
    for name, found in zip(names, answers, strict=True):
        known.add_metric([name], 0.0 if found is None else 1.0)
        families += found or []
    return await asyncio.to_thread(_written, families)


def _written(families: list[Metric]) -> bytes:
    now = CollectorRegistry(auto_describe=False)
    now.register(_Given(families))
    counted = CollectorRegistry(auto_describe=False)
    counted.register(processes.collector())
    return generate_latest(counted) + generate_latest(now)


def may_read(token: str, authorization: str) -> bool:
    """Whether a request with this header may have the figures; without ``token`` anybody may."""
    sent = authorization.removeprefix("Bearer ").strip()
    return not token or hmac.compare_digest(sent.encode(), token.encode())


def sample(context: Context) -> None:
    """Notes what this process knows about itself."""
    for figure, value in context.db.primary.measurements().items():
        POOL.labels(figure).set(value)
    REPLICAS_IN_USE.set(context.db.replicas.in_use)


@asynccontextmanager
async def sampled(context: Context) -> AsyncIterator[None]:
    """While it lasts this process is seen also in the answers of others."""

    async def keep() -> None:
        while True:
            sample(context)
            await asyncio.sleep(SAMPLE_SECONDS)

    task = asyncio.create_task(keep())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _look(found: Awaitable[list[Metric]]) -> list[Metric] | None:
    try:
        async with asyncio.timeout(_LOOK_SECONDS):
            return await found
    except (DentalizationError, TimeoutError) as error:
        _log.warning("figures_unknown", error=type(error).__name__)
        return None


async def _queue(context: Context) -> list[Metric]:
    jobs = GaugeMetricFamily(
        "dentalization_jobs", "Jobs that wait, are due later, run or failed", labels=["task", "state"]
    )
    oldest = GaugeMetricFamily(
        "dentalization_jobs_oldest_seconds", "How long the oldest has waited or run", labels=["task", "state"]
    )
    for row in await context.db.read_primary(Actor.nobody(), QUEUE):
        jobs.add_metric([row.task, row.state], row.jobs)
        if row.state in ("waiting", "running"):
            oldest.add_metric([row.task, row.state], row.oldest_seconds)
    (workers,) = await context.db.read_primary(Actor.nobody(), WORKERS)
    alive = GaugeMetricFamily("dentalization_workers", "Workers with a heartbeat", value=workers.alive)
    return [jobs, oldest, alive]


async def _replicas(context: Context) -> list[Metric]:
    answers = GaugeMetricFamily(
        "dentalization_replica_answers", "1 for a replica that answers", labels=["replica"]
    )
    lag_bytes = GaugeMetricFamily(
        "dentalization_replica_lag_bytes", "Log that a replica has not replayed", labels=["replica"]
    )
    lag_seconds = GaugeMetricFamily(
        "dentalization_replica_lag_seconds", "Age of what a replica has replayed", labels=["replica"]
    )
    for number, one in enumerate(await context.db.replicas.measure(), 1):
        # By number: an address could hold a password.
        label = [str(number)]
        answers.add_metric(label, 0.0 if one.lag_bytes is None else 1.0)
        if one.lag_bytes is not None:
            lag_bytes.add_metric(label, one.lag_bytes)
        if one.lag_seconds is not None:
            lag_seconds.add_metric(label, one.lag_seconds)
    return [answers, lag_bytes, lag_seconds]


async def _backups(context: Context) -> list[Metric]:
    """Nothing of a kind that never was: its absence is an alert of its own."""
    folder = folders.folder_of(context.settings)
    made, drill = await asyncio.to_thread(folders.backups, folder), last_drill(folder)
    at = GaugeMetricFamily(
        "dentalization_backup_timestamp_seconds", "When the newest backup or drill began", labels=["kind"]
    )
    size = GaugeMetricFamily("dentalization_backup_bytes", "Size of the newest backup")
    succeeded = GaugeMetricFamily(
        "dentalization_drill_succeeded", "1 where the last drill restored its backup and found it right"
    )
    recovery = GaugeMetricFamily(
        "dentalization_drill_recovery_seconds", "Until a restored database was checked"
    )
    point = GaugeMetricFamily("dentalization_drill_recovery_point_seconds", "What a loss would have cost")
    for newest in made[:1]:
        at.add_metric(["backup"], newest.created_at.timestamp())
        size.add_metric([], newest.bytes)
    if drill is not None:
        at.add_metric(["drill"], drill.ran_at.timestamp())
        succeeded.add_metric([], float(drill.succeeded))
        recovery.add_metric([], drill.recovery_seconds)
        point.add_metric([], drill.recovery_point_seconds)
    return [at, size, succeeded, recovery, point]


def _build() -> Metric:
    family = GaugeMetricFamily("dentalization_build_info", "The program's release", labels=["version"])
    family.add_metric([dentalization.__version__], 1)
    return family
