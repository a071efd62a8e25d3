"""A worker outlives its database, and no job is forgotten over it."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.chaos.proxy import Proxy, proxied
from tests.conftest import Urls, pooled
from tests.program import without_settings

from dentalization.context import Context
from dentalization.worker import runner

Owner = psycopg.Connection[tuple[object, ...]]
LISTENING = """SELECT 1 FROM pg_stat_activity
WHERE query LIKE 'LISTEN%procrastinate%' AND datname = current_database()"""
JOB = """INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, worker_id, attempts)
VALUES ('default', %s, '{"letter_id": "nobody"}', %s::procrastinate_job_status, %s, %s) RETURNING id"""
STATUS = "SELECT status::text FROM procrastinate_jobs WHERE id = %s"
TASK = "appointments.letter"


@pytest.fixture
def proxy(urls: Urls) -> Iterator[tuple[Proxy, str]]:
    if pooled():
        pytest.skip("a worker listens, which a pooler in transaction mode does not let it")
    with proxied(urls.app) as found:
        yield found


async def test_a_worker_whose_database_goes_away_begins_again(
    proxy: tuple[Proxy, str], owner: Owner, tmp_path: Path
) -> None:
    line, url = proxy
    log = tmp_path / "worker.log"
    environment = {
        **without_settings(),
        "DATABASE_URL": url,
        "DENTALIZATION_HOME": str(tmp_path / "home"),
        "DENTALIZATION_SECRET_KEY": "k" * 40,
    }
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: ASYNC220 - one that a signal is sent to
            [sys.executable, "-m", "dentalization.cli.main", "worker"],
            env=environment,
            stdout=output,
            stderr=output,
        )
    try:
        await _until(lambda: owner.execute(LISTENING).fetchall(), process)
        line.close()
        await _until(lambda: "worker_begins_again" in log.read_text(), process)
        line.restore()
        (job,) = owner.execute(JOB, (TASK, "todo", None, 0)).fetchone() or (None,)
        await _until(lambda: not owner.execute(STATUS, (job,)).fetchone(), process)  # done, and so removed
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, 60) == 0
    finally:
        process.kill()
        process.wait()


async def _until(happened: Any, process: subprocess.Popen[bytes]) -> None:
    async with asyncio.timeout(90):
        while not happened():
            assert process.poll() is None, "the worker has ended"
            await asyncio.sleep(0.1)


async def test_a_job_whose_end_was_not_told_is_done_again(
    context: Context, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its worker lives: nobody else would ever take it up. One that is being done is left alone."""
    (worker,) = owner.execute("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id").fetchone() or (
        None,
    )
    untold, begun_again, at_work = (
        (owner.execute(JOB, (TASK, "doing", worker, attempts)).fetchone() or (None,))[0]
        for attempts in (0, 1, 0)
    )
    ended = runner.Ended()
    app = runner.job_app(context, ended)
    try:
        async with app.open_async():
            doing = {job.id: job for job in await app.job_manager.list_jobs_async(worker_id=worker)}
            ended.note(doing[untold])
            ended.note(doing[begun_again].evolve(attempts=0))
            assert await ended.untold(app) == []  # it may still be about to be told
            monkeypatch.setattr(runner, "STALLED_SECONDS", -1.0)
            found = await ended.untold(app)
            assert [job.id for job in found] == [untold]
            monkeypatch.setattr(runner, "STALLED_SECONDS", 10.0)
            assert await runner.take_up_stalled(app, context, found) == 1
            assert await ended.untold(app) == []
        states = [owner.execute(STATUS, (job,)).fetchone() for job in (untold, begun_again, at_work)]
        assert states == [("todo",), ("doing",), ("doing",)]
    finally:
        owner.execute("DELETE FROM procrastinate_jobs WHERE id = ANY(%s)", ([untold, begun_again, at_work],))
        owner.execute("DELETE FROM procrastinate_workers WHERE id = %s", (worker,))
