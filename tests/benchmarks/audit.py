"""What audit and request limits cost a read: with them and without, in turns, 16 readers at once.

python -m tests.benchmarks.audit [--seconds N] [--rounds N] [--enforce] [--json FILE]

The whole application over ASGI on PostgreSQL 18 that waits for its disk at every commit.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import psycopg
from tests.benchmarks.asgi import rate, scope
from tests.people import People

from dentalization import catalog
from dentalization.accounts.tokens import access_token
from dentalization.api.app import create_app
from dentalization.audit.chain import Entry
from dentalization.audit.log import AuditLog
from dentalization.context import Context
from dentalization.db.database import Database
from dentalization.db.pool import Pool, PoolLimits
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

READERS = 16
PLENTY = ("reading=1000000000/60",)
"""The limiter counts as always, and refuses nothing."""
MOST_LOST = 0.25
"""Of the throughput."""


class Silent(AuditLog):
    """Writes nothing down."""

    async def write(self, entries: Sequence[Entry]) -> None:
        pass


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--enforce", action="store_true", help="exit code 1 above the bar")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dz") as folder:
        Path(folder).chmod(0o755)
        server = embedded.start(Path(folder))
        try:
            found = asyncio.run(_measure(server, Path(folder), arguments.seconds, arguments.rounds))
        finally:
            server.stop()
    for name, one in found.items():
        print(
            f"{name}: {one['plain']:.0f} a second without audit, {one['audited']:.0f} with: "
            f"{one['lost']:.0%} less; request limits take {one['lost to limits']:.0%}"
        )
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1))
    return int(arguments.enforce and any(one["lost"] > MOST_LOST for one in found.values()))


async def _measure(
    server: embedded.EmbeddedServer, home: Path, seconds: float, rounds: int
) -> dict[str, dict[str, float]]:
    app_url = server.url("bench_app", secrets.token_hex(12), "dentalization")
    migrations.migrate(server.owner_url, app_url)
    with psycopg.connect(server.owner_url, autocommit=True) as connection:
        people = People(connection)
        doctor, patient = people.doctor(), people.patient()
        for _ in range(10):
            people.diagnosis(patient, doctor=doctor)
        for _ in range(200):
            people.diagnosis(people.patient(), doctor=doctor)
    pool = Pool(app_url, PoolLimits(connections=READERS))
    db = Database(pool, Replicas([], max_lag_seconds=5), Rules(catalog.metadata), Keyring([Key.new()]))
    await db.open()
    settings = Settings(
        database_url=app_url, home=home, public_url="http://testserver", request_limits=PLENTY
    )
    configure(replace(settings))
    context = Context(
        settings, db, open_store(str(home / "objects")), Signer(secrets.token_hex(32)),
        AuditLog(db, b"k" * 32), (), normalise_isolated, open_mailer("", sender="", folder=home / "mail"),
    )  # fmt: skip
    apps = {
        "audited": create_app(context),
        "plain": create_app(replace(context, audit=Silent(db, b"k" * 32))),
        "unlimited": create_app(replace(context, settings=replace(settings, request_limits=("off",)))),
    }
    reads = {
        "a patient's history, by the patient": ("/api/v1/diagnoses", "limit=10", patient),
        "a patient's history, by the dentist": (
            "/api/v1/diagnoses",
            f"limit=10&patientId={patient.patient_id}",
            doctor,
        ),
        "a page of twenty patients": ("/api/v1/doctors/me/patients", "limit=20", doctor),
    }
    found = {}
    for name, (path, query, actor) in reads.items():
        rates: dict[str, list[float]] = {kind: [] for kind in apps}
        for _ in range(rounds):
            for kind, app in apps.items():
                asked = scope(path, query, access_token(context.signer, actor))
                rates[kind].append(await rate(app, asked, seconds, READERS))
        plain, audited, unlimited = (
            statistics.median(rates[kind]) for kind in ("plain", "audited", "unlimited")
        )
        found[name] = {
            "plain": plain,
            "audited": audited,
            "lost": 1 - audited / plain,
            "lost to limits": 1 - audited / unlimited,
        }
    await db.close()
    return found


if __name__ == "__main__":
    sys.exit(main())
