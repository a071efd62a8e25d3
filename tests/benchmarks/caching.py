"""What remembering gains: each answer from the database, from the process's memory and from Redis, in turns.

python -m tests.benchmarks.caching [--doctors N] [--seconds N] [--rounds N] [--redis URL] [--json FILE]

The whole application over ASGI, 8 readers at once. "changing": from the process's memory, while somebody
changes a verified profile five times a second. "redis": nothing in the process, all in Redis. "ceiling": who
asks is asked of the database and the rows are kept for ever, as no right answer could be: what remembering
free slots would gain at most.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import statistics
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from tests.benchmarks.asgi import rate, scope
from tests.people import People

from dentalization import catalog
from dentalization.accounts.tokens import access_token
from dentalization.api.app import create_app
from dentalization.audit.log import AuditLog
from dentalization.context import Context
from dentalization.db.database import Database
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.db.memory import Memory
from dentalization.db.pool import Pool, PoolLimits
from dentalization.db.queries import DATA_VERSION
from dentalization.db.query import Query
from dentalization.db.redis_memory import RedisMemory
from dentalization.db.replicas import Replicas
from dentalization.db.rules import Rules
from dentalization.logs import configure
from dentalization.mail.address import open_mailer
from dentalization.ops import embedded, migrations
from dentalization.photos.pictures import normalise_isolated
from dentalization.sealing.keyring import Key, Keyring
from dentalization.settings import Settings
from dentalization.signing import Signer
from dentalization.storage.address import open_store

READERS = 8
ADDRESSES = {
    "directory, first page": ("/api/v1/doctors", "limit=20"),
    "directory, a common name": ("/api/v1/doctors", "q=santoso&limit=20"),
    "directory, a rare name": ("/api/v1/doctors", "q=bench777%20&limit=20"),
    "directory, two common words": ("/api/v1/doctors", "q=santoso%20clinic&limit=20"),
    "slots of a week": ("/api/v1/doctors/{doctor}/slots", "from={today}&to={week}"),
}
_DOCTORS = """WITH made AS (
  INSERT INTO users (id, email, password, role)
  SELECT 'bench' || n, 'bench' || n || '@example.com', 'none', 'DOCTOR' FROM generate_series(1, %s) AS n
  RETURNING id)
INSERT INTO doctor_profiles (id, user_id, first_name, last_name, license_number, is_verified, clinic_name,
  clinic_address)
SELECT 'd' || id, id, 'Name ' || id, (ARRAY['Santoso', 'Wijaya', 'Lestari'])[1 + length(id) %% 3], id, true,
  'Clinic ' || id, 'Street ' || id FROM made"""
_HOURS = "INSERT INTO working_hours (id, doctor_id, weekday, opens, closes) VALUES (%s, %s, %s, 480, 1020)"

_CHANGE = (
    "UPDATE doctor_profiles SET years_experience = (coalesce(years_experience, 0) + 1) %% 50 WHERE id = %s"
)

Row = TypeVar("Row")


class Ceiling(Database):
    """Keeps the rows of every statement for ever, and asks only who asks."""

    kept: dict[Hashable, list[Any]]

    async def read(self, actor: Actor, query: Query[Row], **params: Any) -> list[Row]:
        key = (id(query), repr(sorted(params.items())))
        if key not in self.kept:
            self.kept[key] = await super().read(actor, query, **params)
        else:
            await super().read(actor, DATA_VERSION, name="directory")
        return self.kept[key]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--doctors", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--redis", default="", help="such as redis://127.0.0.1:6379/0")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dz") as folder:
        Path(folder).chmod(0o755)
        server = embedded.start(Path(folder), fast=True)
        try:
            found = asyncio.run(_measure(server, Path(folder), chosen))
        finally:
            server.stop()
    for name, rates in found.items():
        others = (f"{kind} {one:.0f} ({one / rates['database']:.2f})" for kind, one in rates.items())
        print(f"{name}, a second: {', '.join(others)}")
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=1))


async def _measure(
    server: embedded.EmbeddedServer, home: Path, chosen: argparse.Namespace
) -> dict[str, dict[str, float]]:
    app_url = server.url("bench_app", secrets.token_hex(12), "dentalization")
    migrations.migrate(server.owner_url, app_url)
    doctor, patient = _filled(server.owner_url, chosen.doctors)
    signer = Signer(secrets.token_hex(32))
    token = access_token(signer, patient)
    days = {"doctor": doctor.doctor_id, "today": _day(0), "week": _day(7)}
    databases = {"database": _database(app_url, None), "process": _database(app_url, Memory(1000))}
    if chosen.redis:
        databases["redis"] = _database(app_url, Memory(0, RedisMemory(chosen.redis)))
    databases["ceiling"] = _database(app_url, None, kind=Ceiling)
    apps = {}
    for name, db in databases.items():
        await db.open()
        apps[name] = _app(db, home, signer)
    found = {}
    for name, (path, query) in ADDRESSES.items():
        asked = scope(path.format(**days), query.format(**days), token)
        rates: dict[str, list[float]] = defaultdict(list)
        for _ in range(chosen.rounds):
            for kind, app in apps.items():
                rates[kind].append(await rate(app, asked, chosen.seconds, READERS))
            with _changing(server.owner_url, doctor.doctor_id):
                rates["changing"].append(await rate(apps["process"], asked, chosen.seconds, READERS))
        found[name] = {kind: statistics.median(values) for kind, values in rates.items()}
    for db in databases.values():
        await db.close()
    return found


def _database(url: str, memory: Memory | None, *, kind: type[Database] = Database) -> Database:
    made = kind(
        Pool(url, PoolLimits(connections=READERS)), Replicas([], max_lag_seconds=5), Rules(catalog.metadata),
        Keyring([Key.new()]), memory=memory,
    )  # fmt: skip
    if isinstance(made, Ceiling):
        made.kept = {}
    return made


def _app(db: Database, home: Path, signer: Signer) -> Any:
    settings = Settings(
        database_url=db.primary.url, home=home, public_url="http://testserver", request_limits=("off",)
    )
    configure(replace(settings, log_level="error"))
    return create_app(
        Context(
            settings, db, open_store(str(home / "objects")), signer, AuditLog(db, b"k" * 32), (),
            normalise_isolated, open_mailer("", sender="", folder=home / "mail"),
        )
    )  # fmt: skip


@contextmanager
def _changing(owner_url: str, doctor_id: str) -> Iterator[None]:
    stopping = threading.Event()

    def change() -> None:
        with psycopg.connect(owner_url, autocommit=True) as owner:
            while not stopping.wait(0.2):
                owner.execute(_CHANGE, (doctor_id,))

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join()


def _filled(url: str, doctors: int) -> tuple[Actor, Actor]:
    with psycopg.connect(url, autocommit=True) as owner:
        people = People(owner)
        doctor, patient = people.doctor(), people.patient()
        owner.execute(_DOCTORS, (doctors,))
        owner.execute(
            "INSERT INTO doctor_schedules (doctor_id, time_zone) VALUES (%s, 'Asia/Jakarta')",
            (doctor.doctor_id,),
        )
        for weekday in range(1, 7):
            owner.execute(_HOURS, (new_id(), doctor.doctor_id, weekday))
        owner.execute("ANALYZE")
    return doctor, patient


def _day(after: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() + 86_400 * after))


if __name__ == "__main__":
    main()
