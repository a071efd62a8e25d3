"""What every process measures, and how the figures of all of them become one answer for Prometheus.

Server processes and the worker share a folder (PROMETHEUS_MULTIPROC_DIR, set by ``serve``), so that it does
not matter which of them is asked. A process on its own answers for itself.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import REGISTRY
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

POOL = Gauge("dentalization_pool", "psycopg_pool's own figures", ["figure"], multiprocess_mode="livesum")
BUGS = Counter("dentalization_bugs_total", "Requests that ended in an error of ours")
STREAMS = Gauge("dentalization_event_streams", "Open streams of events", multiprocess_mode="livesum")
ANALYSES = Counter("dentalization_analyses_total", "Pictures the AI looked at, by how it ended", ["outcome"])
MODEL_SECONDS = Histogram(
    "dentalization_model_seconds", "From a picture's bytes to its findings",
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60),
)  # fmt: skip


class Now(Collector):
    """Figures that are asked for when somebody scrapes, instead of being kept: name -> help and values."""

    def __init__(self, figures: Iterable[GaugeMetricFamily]) -> None:
        self._figures = list(figures)

    def collect(self) -> Iterable[GaugeMetricFamily]:
        return self._figures


def exposition(now: Iterable[GaugeMetricFamily]) -> bytes:
    """What all processes have measured, and ``now``, in the text format of Prometheus."""
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        measured = generate_latest(registry)
    else:
        measured = generate_latest(REGISTRY)
    asked = CollectorRegistry()
    asked.register(Now(now))
    return measured + generate_latest(asked)
