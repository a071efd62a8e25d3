"""What a cache of the directory and of free slots could gain at most: each answer from the database and from
memory, in turns.

python -m tests.benchmarks.caching [--doctors N] [--seconds N] [--rounds N] [--json FILE]

The whole application over ASGI, 8 readers at once. "remembered": who asks is still asked of the database, as
every statement does (a session may be over), and the rows are in memory. "unasked": nothing is asked at all,
which no correct cache could do; it is the ceiling. Nothing is ever invalidated, so a real cache gains less.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import statistics
import tempfile
import time
from collections.abc import Hashable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from sqlalchemy import literal, select
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
from dentalization.db.pool import Pool, PoolLimits
from dentalization.db.query import Query
from dentalization.db.replicas import Replicas
from dentalization.db.row import row
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
    "directory, two words": ("/api/v1/doctors", "q=santoso%20clinic&limit=20"),
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

Row = TypeVar("Row")


@row
class Nothing:
    one: int


NOTHING = Query(select(literal(1).label("one")), row=Nothing)


class Remembering(Database):
    """Keeps every row that it has read for ever."""

    kept: dict[Hashable, list[Any]]
    asks = True

    async def read(self, actor: Actor, query: Query[Row], **params: Any) -> list[Row]:
        key = (id(query), repr(sorted(params.items())))
        if key not in self.kept:
            self.kept[key] = await super().read(actor, query, **params)
        elif self.asks:
            await super().read(actor, NOTHING)
        return self.kept[key]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--doctors", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dz") as folder:
        Path(folder).chmod(0o755)
        server = embedded.start(Path(folder), fast=True)
        try:
            found = asyncio.run(_measure(server, Path(folder), chosen))
        finally:
            server.stop()
    for name, one in found.items():
        print(
            f"{name}: {one['database']:.0f} a second; remembered {one['remembered']:.0f} "
            f"({one['remembered'] / one['database']:.2f}); unasked {one['unasked']:.0f} "
            f"({one['unasked'] / one['database']:.2f})"
        )
    if chosen.json:
        chosen.json.write_text(json.dumps(found, indent=1))


async def _measure(
    server: embedded.EmbeddedServer, home: Path, chosen: argparse.Namespace
) -> dict[str, dict[str, float]]:
    app_url = server.url("bench_app", secrets.token_hex(12), "dentalization")
    migrations.migrate(server.owner_url, app_url)
    doctor, patient = _filled(server.owner_url, chosen.doctors)
    settings = Settings(
        database_url=app_url, home=home, public_url="http://testserver", request_limits=("off",)
    )
    configure(replace(settings, log_level="error"))
    signer = Signer(secrets.token_hex(32))
    token = access_token(signer, patient)
    days = {"doctor": doctor.doctor_id, "today": _day(0), "week": _day(7)}
    apps: dict[str, Any] = {}
    opened = []
    for name in ("database", "remembered", "unasked"):
        kind = Database if name == "database" else Remembering
        db = kind(
            Pool(app_url, PoolLimits(connections=READERS)), Replicas([], max_lag_seconds=5),
            Rules(catalog.metadata), Keyring([Key.new()]),
        )  # fmt: skip
        if isinstance(db, Remembering):
            db.kept, db.asks = {}, name == "remembered"
        await db.open()
        opened.append(db)
        context = Context(
            settings, db, open_store(str(home / "objects")), signer, AuditLog(db, b"k" * 32), (),
            normalise_isolated, open_mailer("", sender="", folder=home / "mail"),
        )  # fmt: skip
        apps[name] = create_app(context)
    found = {}
    for name, (path, query) in ADDRESSES.items():
        asked = scope(path.format(**days), query.format(**days), token)
        rates: dict[str, list[float]] = {kind: [] for kind in apps}
        for _ in range(chosen.rounds):
            for kind, app in apps.items():
                rates[kind].append(await rate(app, asked, chosen.seconds, READERS))
        found[name] = {kind: statistics.median(values) for kind, values in rates.items()}
    for db in opened:
        await db.close()
    return found


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
