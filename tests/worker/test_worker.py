"""The real worker as a real process, killed for real."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.conftest import Urls
from tests.people import People

from dentalization.context import Context
from dentalization.db.identity import Actor
from dentalization.diagnoses import analysis
from dentalization.diagnoses.tables import AnalysisStatus
from dentalization.photos import service as photos
from dentalization.photos.service import PhotoType
from dentalization.worker import runner

WAITING_FOR_JOBS = """SELECT 1 FROM pg_stat_activity
WHERE query LIKE 'LISTEN%procrastinate%' AND datname = current_database()"""


@pytest.fixture
def environment(context: Context, urls: Urls) -> dict[str, str]:
    return {
        **os.environ,
        "DATABASE_URL": urls.past_pooler,  # which cannot pass on that a job has come
        "DENTALIZATION_HOME": str(context.settings.home),
        "DENTALIZATION_SECRET_KEY": "k" * 40,
    }


@pytest.fixture
def workers(environment: dict[str, str], tmp_path: Path) -> Iterator[list[subprocess.Popen[bytes]]]:
    running: list[subprocess.Popen[bytes]] = []
    yield running
    for process in running:
        process.kill()
        process.wait()


def start(environment: dict[str, str], running: list[subprocess.Popen[bytes]], log: Path) -> None:
    with log.open("ab") as output:
        running.append(
            subprocess.Popen(
                [sys.executable, "-m", "dentalization.cli.main", "worker"],
                env=environment,
                stdout=output,
                stderr=output,
            )
        )


async def requested(context: Context, patient: Actor, picture: bytes) -> str:
    photo = await photos.upload(
        context.db,
        context.store,
        actor=patient,
        data=picture,
        photo_type=PhotoType.INTRAORAL,
        public_url="https://example.com",
    )
    asked = await analysis.request(context.db, actor=patient, photo_id=photo.id)
    return asked.id


async def until(context: Context, patient: Actor, analysis_id: str, *wanted: AnalysisStatus) -> None:
    async with asyncio.timeout(90):
        while True:
            found = await analysis.analysis(context.db, actor=patient, analysis_id=analysis_id)
            if found.status in wanted:
                return
            await asyncio.sleep(0.02)


async def test_a_killed_worker_costs_no_analysis_and_makes_none_twice(
    context: Context,
    people: People,
    picture: bytes,
    owner: psycopg.Connection[tuple[object, ...]],
    environment: dict[str, str],
    workers: list[subprocess.Popen[bytes]],
    tmp_path: Path,
) -> None:
    patient = people.patient()
    asked = [await requested(context, patient, picture) for _ in range(3)]
    # The detector waits long enough to be killed at work: its process is stopped before it can end.
    start(environment, workers, tmp_path / "killed.log")  # its child may complain that it has gone
    await until(context, patient, asked[0], AnalysisStatus.RUNNING, AnalysisStatus.DONE)
    workers[0].send_signal(signal.SIGKILL)
    workers[0].wait()
    # Whatever the kill has hit, one analysis at least is made to look as if it was hit at the worst moment.
    owner.execute(
        "UPDATE analyses SET status = 'running', diagnosis_id = NULL WHERE id = %s AND status = 'queued'",
        (asked[2],),
    )
    start(environment, workers, tmp_path / "worker.log")
    for one in asked:
        await until(context, patient, one, AnalysisStatus.DONE)
    count = owner.execute(
        "SELECT count(*) FROM ai_diagnoses WHERE patient_id = %s", (patient.patient_id,)
    ).fetchone()
    assert count == (3,)
    log = (tmp_path / "worker.log").read_text()
    assert "Traceback" not in log


async def test_a_worker_stops_when_it_is_told_to(
    environment: dict[str, str],
    workers: list[subprocess.Popen[bytes]],
    owner: psycopg.Connection[tuple[object, ...]],
    tmp_path: Path,
) -> None:
    start(environment, workers, tmp_path / "worker.log")
    async with asyncio.timeout(60):
        waits: list[Any] = []
        while not waits:  # for jobs: by then it listens to signals
            await asyncio.sleep(0.1)
            waits = owner.execute(WAITING_FOR_JOBS).fetchall()
    workers[0].send_signal(signal.SIGTERM)
    assert await asyncio.to_thread(workers[0].wait, 30) == 0


async def test_a_job_that_kills_its_workers_is_given_up(
    context: Context, people: People, picture: bytes, owner: psycopg.Connection[tuple[object, ...]]
) -> None:
    patient = people.patient()
    asked = await requested(context, patient, picture)
    owner.execute(
        "UPDATE procrastinate_jobs SET status = 'doing', attempts = %s WHERE args->>'analysis_id' = %s",
        (runner.MOST_ATTEMPTS, asked),
    )
    owner.execute("UPDATE analyses SET status = 'running' WHERE id = %s", (asked,))
    app = runner.job_app(context)
    async with app.open_async():
        await runner.take_up_stalled(app, context)
    found = await analysis.analysis(context.db, actor=patient, analysis_id=asked)
    assert found.status is AnalysisStatus.FAILED
    assert found.reason
