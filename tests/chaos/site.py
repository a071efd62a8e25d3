"""What is killed, filled up and cut off, and comes back: server, worker, PostgreSQL with its replica."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg
from psycopg.conninfo import make_conninfo

from dentalization.accounts import passwords
from dentalization.db.ids import new_id
from dentalization.ops import embedded, migrations
from dentalization.ops.cluster import DATABASE, PROGRAMS
from dentalization.ops.embedded import EmbeddedServer
from tests.chaos.clients import PASSWORD
from tests.chaos.proxy import Proxy
from tests.people import People
from tests.program import COMMAND, free_port, without_settings

_READY_SECONDS = 90
_DISK_MEGABYTES = 400
# Small, so that a full disk is full at once and not when the log's spare segments are used up.
_SETTINGS = {"max_wal_size": "64MB", "min_wal_size": "32MB", "wal_retrieve_retry_interval": "100ms"}
_LOGIN, _APP_PASSWORD = "chaos_app", "x" * 24


@dataclass
class Site:
    """``disk`` is a file system of its own, with PostgreSQL's data alone; None where none can be mounted."""

    home: Path
    port: int
    postgres: EmbeddedServer
    proxy: Proxy
    environment: dict[str, str]
    disk: Path | None
    email: str = ""
    """Of the dentist."""
    patient_email: str = ""
    patient: str = ""
    doctor: str = ""
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    servers: int = 1
    refused: Callable[[], int] = lambda: 0
    """How many answers have said 503 so far."""

    def start(self, what: str) -> None:
        if what == "postgres":
            self.postgres = embedded.start(self.postgres.home, port=self.postgres_port, settings=_SETTINGS)
            return
        arguments = ["worker"] if what == "worker" else ["serve", "--no-worker", "--port", str(self.port)]
        with (self.home / f"{what}.log").open("ab") as log:
            self.processes[what] = subprocess.Popen(
                [*COMMAND, *arguments], env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    @property
    def postgres_port(self) -> int:
        assert isinstance(self.proxy.target, tuple)
        return self.proxy.target[1]

    def kill(self, what: str) -> None:
        """As the machine would: nothing is flushed and nobody is told."""
        if what == "postgres":
            process = int((self.postgres.data / "postmaster.pid").read_text().splitlines()[0])
            os.kill(process, signal.SIGKILL)
            self.wait_until(lambda: not embedded.is_running(self.postgres.home))
            return
        with suppress(ProcessLookupError):
            os.killpg(self.processes[what].pid, signal.SIGKILL)
        self.processes[what].wait(30)

    def postgres_runs(self) -> bool:
        return embedded.is_running(self.postgres.home)

    def status(self, path: str = "/readyz") -> int:
        """Of an answer; 0 where none comes."""
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}{path}", timeout=10).status_code
        except httpx.HTTPError:
            return 0

    def wait_until_ready(self) -> None:
        self.wait_until(lambda: self.status() == 200)

    def wait_until(self, happened: object) -> None:
        assert callable(happened)
        deadline = time.monotonic() + _READY_SECONDS
        while not happened():
            assert time.monotonic() < deadline, (self.home / "server.log").read_text()[-3000:]
            time.sleep(0.05)

    def superuser(self) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(self.postgres.superuser_url, autocommit=True)

    def new_replica(self) -> EmbeddedServer:
        """One that has all, and without which nothing is acknowledged any more."""
        self.servers += 1
        home = self.home / f"server{self.servers}"
        home.mkdir(mode=0o755)
        account = self.postgres.account
        account.take(home)
        source = make_conninfo(self.postgres.owner_url, dbname="")
        copy: list[str | Path] = [PROGRAMS / "pg_basebackup", "-D", home / "postgres"]
        done = account.run([*copy, "-R", "-X", "stream", "-c", "fast", "-d", source], folder=home)
        assert done.returncode == 0, done.stdout
        shutil.copy2(self.postgres.home / "postgres.passwords", home)
        replica = embedded.start(home, port=free_port(), settings=_SETTINGS)
        with self.superuser() as primary:
            primary.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
            primary.execute("SELECT pg_reload_conf()")
            self.wait_until(
                lambda: primary.execute(
                    "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync' "
                    "AND flush_lsn >= pg_current_wal_flush_lsn()"
                ).fetchone()
            )
        return replica

    def promote(self, replica: EmbeddedServer) -> None:
        """By the steps of docs/how-to/add-a-replica.md; the old primary is off and stays off."""
        assert not self.postgres_runs()
        with psycopg.connect(replica.superuser_url, autocommit=True) as connection:
            connection.execute("SELECT pg_promote(true, 60)")
        with psycopg.connect(replica.superuser_url) as connection:
            port = connection.execute("SHOW port").fetchone()
        assert port
        self.postgres = replica
        self.proxy.lead_to(("127.0.0.1", int(port[0])))


@contextmanager
def site() -> Iterator[Site]:
    """Running, with a dentist who has a patient in care and an open calendar."""
    home = Path(tempfile.mkdtemp(prefix="dzc"))
    home.chmod(0o755)
    disk = _mounted(home / "disk")
    postgres = embedded.start((disk or home) / "server1", port=free_port(), settings=_SETTINGS)
    with psycopg.connect(postgres.superuser_url) as connection:
        (port,) = connection.execute("SHOW port").fetchone() or ("0",)
    proxy = Proxy(("127.0.0.1", int(port)))
    app_url = postgres.url(_LOGIN, _APP_PASSWORD, DATABASE)
    migrations.migrate(postgres.owner_url, app_url)
    environment = {
        **without_settings(),
        "DATABASE_URL": make_conninfo(app_url, host="127.0.0.1", port=proxy.port),
        "DENTALIZATION_HOME": str(home / "home"),
        "DENTALIZATION_SECRET_KEY": "k" * 40,
        "DENTALIZATION_REQUEST_LIMITS": "off",
        "DENTALIZATION_REQUEST_SECONDS": "8",
        "DENTALIZATION_DATABASE_SILENCE_SECONDS": "4",
    }
    found = Site(home, free_port(), postgres, proxy, environment, disk)
    _fill(found)
    try:
        for what in ("server", "worker"):
            found.start(what)
        found.wait_until_ready()
        yield found
    finally:
        for what in found.processes:
            found.kill(what)
        proxy.stop()
        if found.postgres_runs():
            found.postgres.stop()
        if disk is not None:
            subprocess.run(["umount", "--lazy", str(disk)], check=False)
        shutil.rmtree(home, ignore_errors=True)


def _mounted(disk: Path) -> Path | None:
    """A file system in memory; only root may make one, and not in every container."""
    disk.mkdir(mode=0o755)
    options = f"size={_DISK_MEGABYTES}m,mode=755"
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(disk)], check=False)
    return disk if done.returncode == 0 else None


def _fill(site_: Site) -> None:
    site_.email, site_.patient_email = (f"{new_id()}@example.com" for _ in range(2))
    password = asyncio.run(passwords.hashed(PASSWORD))
    with psycopg.connect(site_.postgres.owner_url, autocommit=True) as owner:
        people = People(owner)
        doctor = people.doctor(email=site_.email, password=password)
        patient = people.patient(email=site_.patient_email, password=password)
        people.diagnosis(patient, doctor=doctor)
        site_.patient, site_.doctor = patient.patient_id, doctor.doctor_id
        owner.execute(
            "INSERT INTO doctor_schedules (doctor_id, time_zone, slot_minutes, minimum_notice_minutes, "
            "furthest_days) VALUES (%s, 'UTC', 15, 0, 365)",
            (doctor.doctor_id,),
        )
        for weekday in range(1, 8):
            owner.execute(
                "INSERT INTO working_hours (id, doctor_id, weekday, opens, closes) "
                "VALUES (%s, %s, %s, 0, 1440)",
                (new_id(), doctor.doctor_id, weekday),
            )
