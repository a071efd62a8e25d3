"""The real worker erases, is killed at it, and another goes on; then the command proves the report."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from tests.conftest import Urls
from tests.people import People
from tests.privacy.someone import PASSWORD, someone
from typer.testing import CliRunner

from dentalization.cli.main import app
from dentalization.context import Context
from dentalization.privacy import service

Owner = psycopg.Connection[tuple[object, ...]]


def start(context: Context, log: Path) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "DATABASE_URL": context.settings.database_url,
        "DENTALIZATION_HOME": str(context.settings.home),
        "DENTALIZATION_SECRET_KEY": "k" * 40,
    }
    with log.open("ab") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "dentalization.cli.main", "worker"],
            env=environment,
            stdout=output,
            stderr=output,
        )


async def until(context: Context, request: service.Requested, *wanted: str) -> service.ErasureState:
    async with asyncio.timeout(90):
        while True:
            state = await service.state(context.db, request_id=request.id, token=request.token)
            if str(state.status) in wanted:
                return state
            await asyncio.sleep(0.01)


async def test_a_killed_worker_leaves_nothing_half_erased(
    context: Context, people: People, owner: Owner, urls: Urls, picture: bytes, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    person = await someone(context, people, owner, picture)
    request = await service.request_erasure(context.db, context.signer, actor=person.actor, password=PASSWORD)
    # Of the killed one a child may complain that its parent has gone.
    worker = start(context, tmp_path / "killed.log")
    log = tmp_path / "worker.log"
    try:
        await until(context, request, "running", "done")
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        worker = start(context, log)
        state = await until(context, request, "done")
    finally:
        worker.kill()
        worker.wait()
    assert state.found == {}
    assert list(await context.store.list(f"photos/{person.photo}")) == []
    whole = log.read_text()
    assert "Traceback" not in whole
    assert person.email not in whole

    monkeypatch.setenv("DATABASE_OWNER_URL", urls.owner)
    monkeypatch.setenv("DENTALIZATION_HOME", str(context.settings.home))
    verify = ["privacy", "verify", str(state.report_id), "--marker", person.email]
    assert CliRunner().invoke(app, verify).exit_code == 0
    owner.execute("UPDATE medical_records SET title = %s WHERE patient_id = %s",
                  (person.email, person.actor.patient_id))  # fmt: skip
    failed = CliRunner().invoke(app, [*verify, "--json"])
    assert failed.exit_code == 1
    assert "medical_records.title" in failed.output
