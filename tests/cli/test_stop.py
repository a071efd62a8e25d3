"""SIGTERM to real processes: what is being answered is answered, and jobs at work are done or go back."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from tests.conftest import Urls
from tests.people import People
from tests.program import COMMAND, V1, Running, free_port, serve, without_settings

from dentalization.accounts.tokens import access_token
from dentalization.signing import Signer

pytestmark = pytest.mark.xdist_group("program")
KEY = "the key that the stopped server signs with"


@pytest.fixture
def environment(urls: Urls, tmp_path: Path) -> dict[str, str]:
    return {
        **without_settings(),
        **urls.environment,
        "DENTALIZATION_HOME": str(tmp_path / "home"),
        "DENTALIZATION_SECRET_KEY": KEY,
    }


@pytest.fixture
def running(environment: dict[str, str], tmp_path: Path) -> Iterator[Running]:
    found = serve(environment, free_port(), tmp_path / "serve.log", "--no-worker")
    yield found
    if found.process.poll() is None:
        found.kill()


def test_a_server_says_that_it_answers_when_it_does(environment: dict[str, str], tmp_path: Path) -> None:
    port = free_port()
    with subprocess.Popen(
        [*COMMAND, "serve", "--no-worker", "--port", str(port)],
        env=environment, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True,
    ) as process:  # fmt: skip
        try:
            assert process.stderr
            said = next(line for line in process.stderr if b"answers at" in line)
            assert said.decode().split()[-1] == f"http://127.0.0.1:{port}"
            assert httpx.get(f"http://127.0.0.1:{port}/livez").status_code == 200
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def test_a_port_is_not_shared_with_another_server(running: Running, tmp_path: Path) -> None:
    """Server processes share a port with each other: with a stranger's, each would get half of the people."""
    home = tmp_path / "other"
    environment = {**without_settings(), "DENTALIZATION_HOME": str(home)}
    second = subprocess.run(
        [*COMMAND, "serve", "--port", str(running.port)],
        env=environment, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert second.returncode == 1
    said = " ".join(second.stderr.split())
    assert f"cannot answer at 127.0.0.1, port {running.port}" in said
    assert "--port" in said
    assert not home.exists()
    assert running.client.get("/livez").status_code == 200


def test_where_the_server_is_killed_its_processes_end(running: Running) -> None:
    running.process.kill()
    running.process.wait(30)
    deadline = time.monotonic() + 30
    while answers(running.port) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not answers(running.port)


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_a_server_answers_what_it_has_begun_and_ends_its_streams(running: Running, people: People) -> None:
    patient = people.session(people.patient())
    token = access_token(Signer(KEY), patient)
    body = json.dumps({"email": "nobody@example.com", "password": "not this one"}).encode()
    head = (
        f"POST {V1}/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    events = httpx.stream(
        "GET", f"http://127.0.0.1:{running.port}{V1}/me/events", headers={"Authorization": f"Bearer {token}"},
        timeout=60,
    )  # fmt: skip
    with socket.create_connection(("127.0.0.1", running.port)) as slow, events as stream:
        slow.settimeout(60)
        pieces = stream.iter_bytes()
        assert b"event: begin" in next(pieces)
        slow.sendall(head.encode() + body[:10])
        time.sleep(0.5)  # the request is with the server by now
        running.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        slow.sendall(body[10:])
        answer = b""
        while part := slow.recv(65536):
            answer += part
        assert answer.startswith(b"HTTP/1.1 401"), answer
        assert b"sign-in-failed" in answer
        for _ in pieces:
            pass  # to its end, which is no error
    assert running.process.wait(60) == 0
    log = running.log.read_text()
    assert "refused to gracefully stop" not in log
    assert "Traceback" not in log


PROGRAM = textwrap.dedent("""
    import asyncio, sys
    from dentalization.errors import Unavailable
    from dentalization.runtime import opened
    from dentalization.settings import from_environment
    from dentalization.worker import runner
    import procrastinate

    async def main():
        async with opened(from_environment()) as context:
            app = runner.job_app(context)
            again = procrastinate.RetryStrategy(wait=0, retry_exceptions={Unavailable})

            @app.task(name="tests.sleep", retry=again, queue="stop")
            async def sleep(seconds):
                print("at work", seconds, flush=True)
                await asyncio.sleep(seconds)
                print("done", seconds, flush=True)

            async with app.open_async():
                await app.run_worker_async(
                    queues=["stop"], install_signal_handlers=True, shutdown_graceful_timeout=4
                )

    asyncio.run(main())
""")
ENQUEUE = """INSERT INTO procrastinate_jobs (queue_name, task_name, args)
VALUES ('stop', 'tests.sleep', jsonb_build_object('seconds', %s::float8)) RETURNING id"""
STATES = "SELECT id, status::text FROM procrastinate_jobs WHERE id = ANY(%s)"


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_worker_finishes_its_jobs_or_puts_them_back(
    environment: dict[str, str], owner: psycopg.Connection[tuple[object, ...]], tmp_path: Path
) -> None:
    short, long = ((owner.execute(ENQUEUE, (seconds,)).fetchone() or (0,))[0] for seconds in (2, 300))
    log = tmp_path / "worker.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM], env=environment, stdout=output, stderr=output
        )
    try:
        until(lambda: log.read_text().count("at work") == 2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0, log.read_text()
    finally:
        process.kill()
    assert log.read_text().count("done") == 1
    found = dict(owner.execute(STATES, ([short, long],)).fetchall())
    owner.execute("DELETE FROM procrastinate_jobs WHERE queue_name = 'stop'")
    assert found == {long: "todo"}, "one is done and gone, the other waits for another worker"
