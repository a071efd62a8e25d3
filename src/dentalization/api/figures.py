"""Figures that are asked for at each scrape: the job queue, replicas, backups."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from prometheus_client.metrics_core import GaugeMetricFamily

from dentalization.context import Context
from dentalization.db.identity import Actor
from dentalization.db.queries import JOBS
from dentalization.errors import DentalizationError
from dentalization.ops.backup import drill
from dentalization.ops.backup import folder as backups
from dentalization.settings import Settings

_STATES = ("todo", "doing", "failed")


async def figures(at_hand: Context) -> list[GaugeMetricFamily]:
    """All of them; what cannot be asked now is left out, and its absence is an alert of its own."""
    found = [*_replicas(at_hand), *_backups(at_hand.settings)]
    try:
        found += [*await _jobs(at_hand)]
    except DentalizationError:
        found.append(_gauge("dentalization_database_up", "Whether the database answers", 0))
    else:
        found.append(_gauge("dentalization_database_up", "Whether the database answers", 1))
    return found


async def _jobs(at_hand: Context) -> Iterator[GaugeMetricFamily]:
    rows = {row.state: row for row in await at_hand.db.read(Actor.nobody(), JOBS)}
    jobs = GaugeMetricFamily("dentalization_jobs", "Jobs that are due, by state", labels=["state"])
    oldest = GaugeMetricFamily(
        "dentalization_jobs_oldest_seconds", "How long the oldest of them has been due", labels=["state"]
    )
    for state in _STATES:
        row = rows.get(state)
        jobs.add_metric([state], (row and row.jobs) or 0)
        oldest.add_metric([state], (row and row.oldest_seconds) or 0)
    return iter((jobs, oldest))


def _replicas(at_hand: Context) -> Iterator[GaugeMetricFamily]:
    configured = len(at_hand.settings.database_replica_urls)
    yield _gauge("dentalization_replicas_configured", "Read replicas that are set", configured)
    yield _gauge(
        "dentalization_replicas_in_use",
        "Read replicas that answer and lag too little",
        at_hand.db.replicas.in_use,
    )


def _backups(settings: Settings) -> Iterator[GaugeMetricFamily]:
    """Ages in seconds; a service without any backup has an age of infinity, which every alert is below."""
    folder = backups.folder_of(settings)
    newest = next(iter(backups.backups(folder)), None)
    age = (datetime.now(UTC) - newest.created_at).total_seconds() if newest else float("inf")
    yield _gauge("dentalization_backup_age_seconds", "Since the newest backup was begun", age)
    yield _gauge("dentalization_backup_bytes", "Size of the newest backup", newest.bytes if newest else 0)
    last = drill.last_drill(folder)
    yield _gauge(
        "dentalization_drill_succeeded",
        "Whether the last drill restored its backup",
        bool(last and last.succeeded),
    )
    yield _gauge(
        "dentalization_drill_age_seconds", "Since the last drill",
        (datetime.now(UTC) - last.ran_at).total_seconds() if last else float("inf"),
    )  # fmt: skip
    yield _gauge(
        "dentalization_drill_recovery_seconds", "From the loss to a checked database, in the last drill",
        last.recovery_seconds if last else 0,
    )  # fmt: skip


def _gauge(name: str, says: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, says, value=float(value))
