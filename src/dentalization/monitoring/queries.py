"""How the job queue stands, by the tables of procrastinate; they hold ids and times, nothing about people."""

from __future__ import annotations

from sqlalchemy import DateTime, Float, Integer, Text, case, cast, column, extract, func, select, table

from dentalization.db.query import Query
from dentalization.db.row import row


@row
class QueueRow:
    task: str
    state: str
    """waiting, later (not due yet), running or failed."""
    jobs: int
    oldest_seconds: float
    """How long the oldest has been waiting, or running, by when it was due; 0 for the others."""


@row
class WorkersRow:
    alive: int


_jobs = table(
    "procrastinate_jobs",
    column("task_name", Text),
    column("status", Text),
    column("scheduled_at", DateTime(timezone=True)),
    column("id", Integer),
)
_events = table(
    "procrastinate_events",
    column("job_id", Integer),
    column("type", Text),
    column("at", DateTime(timezone=True)),
)
_workers = table("procrastinate_workers", column("last_heartbeat", DateTime(timezone=True)))

_status = cast(_jobs.c.status, Text)
_state = case(
    (_status == "doing", "running"),
    (_status == "failed", "failed"),
    (_jobs.c.scheduled_at > func.now(), "later"),
    else_="waiting",
)
_since = (
    select(func.max(_events.c.at))
    .where(_events.c.job_id == _jobs.c.id, cast(_events.c.type, Text).in_(("deferred", "started")))
    .scalar_subquery()
)
_due = func.greatest(_since, _jobs.c.scheduled_at)
_seconds = case(
    (_state.in_(("waiting", "running")), cast(extract("epoch", func.now() - _due), Float)), else_=0.0
)

QUEUE = Query(
    select(
        func.coalesce(_jobs.c.task_name, "").label("task"),
        _state.label("state"),
        cast(func.count(), Integer).label("jobs"),
        func.coalesce(func.greatest(func.max(_seconds), 0.0), 0.0).label("oldest_seconds"),
    )
    .where(_status.in_(("todo", "doing", "failed")))
    .group_by("task", "state"),
    row=QueueRow,
    scans="jobs that are done are deleted; what is counted is what waits, runs or has failed",
)
WORKERS = Query(
    select(cast(func.count(), Integer).label("alive")).where(
        _workers.c.last_heartbeat > func.now() - func.make_interval(0, 0, 0, 0, 0, 0, 10)
    ),
    row=WorkersRow,
)
