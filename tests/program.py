"""The real program as `make run` starts it: embedded database, server, worker."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

COMMAND = [sys.executable, "-m", "dentalization.cli.main"]
V1 = "/api/v1"


@dataclass
class Running:
    process: subprocess.Popen[bytes]
    client: httpx.Client
    log: Path
    environment: dict[str, str]
    port: int

    def kill(self) -> None:
        """At once, with the processes that serve: they would outlive the one that started them."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(30)

    def sign_in(self, email: str, password: str) -> dict[str, str]:
        answer = self.client.post(f"{V1}/auth/login", json={"email": email, "password": password})
        assert answer.status_code == 200, answer.text
        return {"Authorization": f"Bearer {answer.json()['accessToken']}"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serve(environment: dict[str, str], port: int, log: Path, *options: str) -> Running:
    """A server that answers; with ``--demo`` unless other options are given."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*COMMAND, "serve", *(options or ("--demo",)), "--port", str(port)],
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30)
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if client.get("/readyz").status_code == 200:
                return Running(process, client, log, environment, port)
        except httpx.TransportError:
            time.sleep(0.1)
    process.kill()
    raise AssertionError(f"the server did not start:\n{log.read_text()[-3000:]}")


def without_settings() -> dict[str, str]:
    """This process's environment, without what would change the program."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DATABASE_", "DENTALIZATION_"))
    }


@contextmanager
def demo_program(folder: Path) -> Iterator[Running]:
    """``serve --demo`` with a home of its own, told to stop at the end and expected to do so."""
    environment = {
        **without_settings(),
        "DENTALIZATION_HOME": str(folder / "home"),
        "DENTALIZATION_REQUEST_LIMITS": "off",  # a test asks more in a minute than people do
    }
    found = serve(environment, free_port(), folder / "serve.log")
    yield found
    found.process.send_signal(signal.SIGTERM)
    assert found.process.wait(60) == 0, found.log.read_text()[-3000:]
