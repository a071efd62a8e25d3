"""Clients that remember every answer, while server, worker and PostgreSQL are killed under them.

``python -m tests.chaos.checker --kills 200`` prints the table; a short form runs with the tests.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg

from dentalization.accounts import passwords
from dentalization.db.ids import new_id
from dentalization.ops import embedded, migrations
from dentalization.ops.cluster import DATABASE
from dentalization.ops.embedded import EmbeddedServer
from tests.people import People
from tests.program import COMMAND, V1, free_port, without_settings

TARGETS = ("server", "worker", "postgres")
PASSWORD = "correct horse battery"
_READY_SECONDS = 60


@dataclass
class Outcome:
    """``lost``: answered with 201 and not there; ``doubled``: there more than once."""

    kills: Counter[str] = field(default_factory=Counter)
    acknowledged: int = 0
    retried: int = 0
    lost: int = 0
    doubled: int = 0


@dataclass
class Site:
    """What is killed, and started again."""

    home: Path
    port: int
    postgres: EmbeddedServer
    environment: dict[str, str]
    server: subprocess.Popen[bytes] | None = None
    worker: subprocess.Popen[bytes] | None = None

    def start(self, what: str) -> None:
        if what == "postgres":
            self.postgres = embedded.start(self.postgres.home)
            return
        arguments = ["worker"] if what == "worker" else ["serve", "--no-worker", "--port", str(self.port)]
        with (self.home / f"{what}.log").open("ab") as log:
            process = subprocess.Popen(
                [*COMMAND, *arguments], env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        setattr(self, what, process)

    def kill(self, what: str) -> None:
        """As the machine would: nothing is flushed and nobody is told."""
        if what == "postgres":
            process = int((self.postgres.data / "postmaster.pid").read_text().splitlines()[0])
            os.kill(process, signal.SIGKILL)
            return
        found: subprocess.Popen[bytes] = getattr(self, what)
        with suppress(ProcessLookupError):
            os.killpg(found.pid, signal.SIGKILL)
        found.wait(30)

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline:
            with suppress(httpx.HTTPError):
                if httpx.get(f"http://127.0.0.1:{self.port}/readyz", timeout=5).status_code == 200:
                    return
            time.sleep(0.05)
        raise AssertionError((self.home / "server.log").read_text()[-3000:])


@contextmanager
def site() -> Iterator[tuple[Site, str, str]]:
    """Running, with the e-mail address of a dentist and the id of a patient in care."""
    home = Path(tempfile.mkdtemp(prefix="dzc"))
    home.chmod(0o755)
    postgres = embedded.start(home / "db")
    app_url = postgres.url("chaos_app", "x" * 24, DATABASE)
    migrations.migrate(postgres.owner_url, app_url)
    email = f"{new_id()}@example.com"
    with psycopg.connect(postgres.owner_url, autocommit=True) as owner:
        people = People(owner)
        doctor = people.doctor(email=email, password=asyncio.run(passwords.hashed(PASSWORD)))
        patient = people.patient()
        people.diagnosis(patient, doctor=doctor)
    environment = {
        **without_settings(),
        "DATABASE_URL": app_url,
        "DENTALIZATION_HOME": str(home / "home"),
        "DENTALIZATION_SECRET_KEY": "k" * 40,
        "DENTALIZATION_REQUEST_LIMITS": "off",
    }
    found = Site(home, free_port(), postgres, environment)
    try:
        for what in ("server", "worker"):
            found.start(what)
        found.wait_until_ready()
        yield found, email, patient.patient_id
    finally:
        for what in ("server", "worker"):
            found.kill(what)
        embedded.start(postgres.home).stop()
        shutil.rmtree(home, ignore_errors=True)


class Client(threading.Thread):
    """Writes records one after the other, each until it is answered, and remembers those that were."""

    def __init__(self, port: int, email: str, patient: str, stopping: threading.Event) -> None:
        super().__init__()
        self.acknowledged: list[str] = []
        self.retried = 0
        self.unexpected: list[str] = []
        self._address, self._email, self._patient = f"http://127.0.0.1:{port}{V1}", email, patient
        self._stopping = stopping

    def run(self) -> None:
        with httpx.Client(timeout=10) as client:
            headers: dict[str, str] = {}
            while not self._stopping.is_set():
                self._write(client, new_id(), headers)

    def _write(self, client: httpx.Client, title: str, headers: dict[str, str]) -> None:
        """The same key at each attempt: whatever became of those before, it is written once."""
        body = {"patientId": self._patient, "recordType": "note", "title": title, "description": "All well"}
        for attempt in range(10_000):
            try:
                if not headers:
                    signed_in = client.post(
                        f"{self._address}/auth/login", json={"email": self._email, "password": PASSWORD}
                    )
                    headers["Authorization"] = f"Bearer {signed_in.json()['accessToken']}"
                answer = client.post(
                    f"{self._address}/records", json=body, headers={**headers, "Idempotency-Key": title}
                )
            except (httpx.HTTPError, ValueError, KeyError):
                answer = None
            if answer is not None and answer.status_code == 201:
                self.acknowledged.append(title)
                self.retried += attempt > 0
                return
            if answer is not None and answer.status_code == 401:
                headers.clear()
            elif answer is not None and answer.status_code not in (500, 503):
                self.unexpected.append(answer.text)
                return
            if self._stopping.is_set() and attempt > 200:
                return
            time.sleep(0.05)


def run(*, kills: int, clients: int = 4, seed: int = 1) -> Outcome:
    """Kills so many times, in a random order; then asks the database what is there."""
    chance, outcome, stopping = random.Random(seed), Outcome(), threading.Event()
    with site() as (found, email, patient):
        writers = [Client(found.port, email, patient, stopping) for _ in range(clients)]
        for writer in writers:
            writer.start()
        try:
            for number in range(kills):
                what = TARGETS[number % 3] if kills < 9 else chance.choice(TARGETS)
                _wait_for_writes(writers)
                time.sleep(chance.uniform(0, 0.3))
                found.kill(what)
                time.sleep(chance.uniform(0, 0.3))
                found.start(what)
                if what != "worker":
                    found.wait_until_ready()
                outcome.kills[what] += 1
            _wait_for_writes(writers)
        finally:
            stopping.set()
            for writer in writers:
                writer.join()
        assert not [text for writer in writers for text in writer.unexpected]
        with psycopg.connect(found.postgres.owner_url) as owner:
            there = Counter(title for (title,) in owner.execute("SELECT title FROM medical_records"))
    acknowledged = [title for writer in writers for title in writer.acknowledged]
    outcome.acknowledged = len(acknowledged)
    outcome.retried = sum(writer.retried for writer in writers)
    outcome.lost = sum(there[title] == 0 for title in acknowledged)
    outcome.doubled = sum(count > 1 for count in there.values())
    return outcome


def _wait_for_writes(writers: list[Client]) -> None:
    """Until each has been answered again: a kill that hits nobody shows nothing."""
    before = [len(writer.acknowledged) for writer in writers]
    deadline = time.monotonic() + _READY_SECONDS
    while any(len(writer.acknowledged) <= count for writer, count in zip(writers, before, strict=True)):
        assert time.monotonic() < deadline, "nothing is written any more"
        time.sleep(0.02)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    found = run(kills=arguments.kills, seed=arguments.seed)
    print(json.dumps({**vars(found), "kills": dict(found.kills)}, indent=1))
    sys.exit(1 if found.lost or found.doubled else 0)


if __name__ == "__main__":
    main()
