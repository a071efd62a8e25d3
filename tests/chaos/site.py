"""A server, a worker and PostgreSQL behind proxies, on disks of their own: what faults are done to."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg

from dentalization.accounts import passwords
from dentalization.db.ids import new_id
from dentalization.ops import embedded, migrations
from dentalization.ops.cluster import DATABASE
from dentalization.ops.embedded import EmbeddedServer
from dentalization.ops.errors import ServerNotStarted
from tests.chaos import disk
from tests.chaos.clients import PASSWORD, Practice
from tests.chaos.proxy import Proxy
from tests.db.streaming import replica_of
from tests.people import People
from tests.program import COMMAND, free_port, without_settings

READY_SECONDS = 90
SILENCE_SECONDS = 4
"""Of DENTALIZATION_DATABASE_SILENCE_SECONDS; with the usual 35 a black hole would be all that a run sees."""
_LOGIN, _LOGIN_PASSWORD = "chaos_app", "x" * 24
_DISKS = ("a", "b")
_DISK_MEGABYTES = 768
_STORE_MEGABYTES = 256
# A small disk holds little WAL; a replica that was made a moment ago must still find what it needs.
SETTINGS = {"max_wal_size": "128MB", "wal_keep_size": "64MB", "wal_retrieve_retry_interval": "100ms"}


@dataclass
class Site:
    """``proxies`` are the two addresses of DATABASE_URL; that at ``at`` leads to the primary."""

    home: Path
    mounted: bool
    port: int
    primary: EmbeddedServer
    proxies: tuple[Proxy, Proxy]
    environment: dict[str, str]
    at: int = 0
    server: subprocess.Popen[bytes] | None = None
    worker: subprocess.Popen[bytes] | None = None
    worker_deaths: int = 0
    """Of itself; it is started again then, as systemd does it."""

    @property
    def store(self) -> Path:
        return self.home / "store"

    @property
    def database_disk(self) -> Path:
        return self.primary.home.parent

    def start(self, what: str) -> None:
        if what == "postgres":
            self.primary = embedded.start(self.primary.home, settings=SETTINGS)
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
            process = int((self.primary.data / "postmaster.pid").read_text().splitlines()[0])
            os.kill(process, signal.SIGKILL)
            return
        found: subprocess.Popen[bytes] = getattr(self, what)
        setattr(self, what, None)
        with suppress(ProcessLookupError):
            os.killpg(found.pid, signal.SIGKILL)
        found.wait(30)

    def look_after_worker(self) -> None:
        if self.worker is not None and self.worker.poll() is not None:
            self.worker_deaths += 1
            self.start("worker")

    def start_postgres_again(self) -> None:
        """As systemd would, if it has ended; until it could."""
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                self.start("postgres")
                return
            except ServerNotStarted:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def missing(self) -> dict[str, str]:
        """What /readyz says is missing; the proof that it answers, which it must in any fault but its own."""
        answer = httpx.get(f"http://127.0.0.1:{self.port}/readyz", timeout=30).json()
        found: dict[str, str] = answer["missing"]
        assert answer["ready"] is not bool(found)
        return found

    def wait_until_ready(self) -> None:
        """Nobody starts the server again here: it must come back by itself."""

        def ready() -> bool:
            assert self.server is None or self.server.poll() is None, "the server has ended"
            with suppress(httpx.HTTPError):
                return not self.missing()
            return False

        self.wait_until(ready, "the service does not come back")

    def wait_until(self, happened: Callable[[], Any], otherwise: str) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not happened():
            assert time.monotonic() < deadline, (
                f"{otherwise}: {(self.home / 'server.log').read_text()[-2000:]}"
            )
            time.sleep(0.05)

    def ask(self, server: EmbeddedServer, statement: str) -> Any:
        """The first value of a statement by the superuser, each in a transaction of its own."""
        with psycopg.connect(server.superuser_url, autocommit=True) as connection:
            found = connection.execute(statement)
            return found.fetchone()[0] if found.description else None  # type: ignore[index]

    def make_replica(self) -> EmbeddedServer:
        """On the other disk, streaming what the primary writes."""
        (other,) = {self.home / name for name in _DISKS} - {self.database_disk}
        home = other / "db"
        shutil.rmtree(home, ignore_errors=True)
        return replica_of(self.primary, home, settings=SETTINGS)


def listening(server: EmbeddedServer) -> Path:
    return server.socket_folder / f".s.PGSQL.{server.port}"


@contextmanager
def site(clients: int) -> Iterator[tuple[Site, Practice]]:
    """Running, with a dentist and a patient in care for each client."""
    home = Path(tempfile.mkdtemp(prefix="dzcf"))
    home.chmod(0o755)
    folders = {home / name: _DISK_MEGABYTES for name in _DISKS} | {home / "store": _STORE_MEGABYTES}
    mounts = [folder for folder, size in folders.items() if disk.mount(folder, megabytes=size)]
    proxies = Proxy(None), Proxy(None)
    found: Site | None = None
    over = threading.Event()
    try:
        primary = embedded.start(home / "a" / "db", settings=SETTINGS)
        migrations.migrate(primary.owner_url, primary.url(_LOGIN, _LOGIN_PASSWORD, DATABASE))
        practice = _practice(primary, clients)
        proxies[0].lead_to(listening(primary))
        environment = _environment(home, proxies)
        found = Site(home, len(mounts) == len(folders), free_port(), primary, proxies, environment)
        for what in ("server", "worker"):
            found.start(what)
        threading.Thread(target=_look_after, args=(found, over), daemon=True).start()
        found.wait_until_ready()
        yield found, practice
    finally:
        over.set()
        for what in ("server", "worker"):
            if found is not None and getattr(found, what) is not None:
                found.kill(what)
        for proxy in proxies:
            proxy.stop()
        for name in _DISKS:
            if embedded.is_running(home / name / "db"):
                embedded.start(home / name / "db").stop()
        for folder in mounts:
            disk.unmount(folder)
        shutil.rmtree(home, ignore_errors=True)


def _look_after(found: Site, over: threading.Event) -> None:
    while not over.wait(0.2):
        found.look_after_worker()


def _environment(home: Path, proxies: tuple[Proxy, Proxy]) -> dict[str, str]:
    ports = ",".join(str(proxy.port) for proxy in proxies)
    return {
        **without_settings(),
        "DATABASE_URL": f"postgresql://{_LOGIN}:{_LOGIN_PASSWORD}@/{DATABASE}"
        f"?host=127.0.0.1,127.0.0.1&port={ports}&target_session_attrs=read-write",
        "DENTALIZATION_DATABASE_SILENCE_SECONDS": str(SILENCE_SECONDS),
        "DENTALIZATION_HOME": str(home / "home"),
        "DENTALIZATION_STORAGE_URL": str(home / "store" / "objects"),
        "DENTALIZATION_SECRET_KEY": "k" * 40,
        "DENTALIZATION_REQUEST_LIMITS": "off",
    }


def _practice(server: EmbeddedServer, clients: int) -> Practice:
    email = f"{new_id()}@example.com"
    with psycopg.connect(server.owner_url, autocommit=True) as owner:
        people = People(owner)
        doctor = people.doctor(email=email, password=asyncio.run(passwords.hashed(PASSWORD)))
        patients = [people.patient() for _ in range(clients)]
        for patient in patients:
            people.diagnosis(patient, doctor=doctor)
    return Practice(email, doctor.doctor_id, tuple(patient.patient_id for patient in patients))
