"""What a process measures of itself. Several processes of a server are added up by ``monitoring.processes``.

No label holds what a person sent or who a person is: routes are patterns, kinds are names of our classes.
"""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

REQUEST_SECONDS = Histogram(
    "dentalization_http_request_seconds", "Time to answer", ["method", "route", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)  # fmt: skip
IN_FLIGHT = Gauge(
    "dentalization_http_requests_in_flight", "Requests being answered", multiprocess_mode="livesum"
)
BODIES_REFUSED = Counter("dentalization_http_bodies_refused_total", "Requests whose body was too large")
ERRORS = Counter("dentalization_errors_total", "Errors that were told, by the name of their kind", ["kind"])
LIMITED = Counter("dentalization_rate_limited_total", "Refusals by a limit, by its name", ["limit"])
STREAMS = Gauge("dentalization_event_streams", "Streams of events that are open", multiprocess_mode="livesum")
POOL = Gauge(
    "dentalization_pool", "psycopg_pool's own figures", ["figure"], multiprocess_mode="livesum"
)  # fmt: skip
REPLICAS_IN_USE = Gauge(
    "dentalization_replicas_in_use", "Replicas that a process reads from, the fewest of all processes",
    multiprocess_mode="livemin",
)  # fmt: skip

MODEL_SECONDS = Histogram(
    "dentalization_model_seconds", "Time that a model looked at one picture", ["model", "version"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120),
)  # fmt: skip
MODEL_FAILURES = Counter(
    "dentalization_model_failures_total",
    "Pictures without a valid answer of a model",
    ["model", "version"],
)
ANALYSES = Counter("dentalization_analyses_total", "Analyses that ended, by 'done' or why not", ["outcome"])
JOB_SECONDS = Histogram(
    "dentalization_job_seconds", "Time that a job ran, by task; 'raised' may be tried again",
    ["task", "outcome"], buckets=(0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 120),
)  # fmt: skip
JOBS_TAKEN_UP = Counter("dentalization_jobs_taken_up_total", "Jobs of dead workers that went back", ["task"])
JOBS_GIVEN_UP = Counter("dentalization_jobs_given_up_total", "Jobs that outlived too many workers", ["task"])
REMEMBERED = Counter(
    "dentalization_remembered_total", "Answers that may be remembered, by where they were found", ["place"]
)
LETTERS = Counter("dentalization_letters_total", "Letters, by what the mail server said", ["outcome"])


def told(kind: str) -> None:
    """Counts an error that somebody was told of."""
    ERRORS.labels(kind).inc()
