"""How long the database needs for a week of free slots of a dentist with 10,000 past appointments.

python -m tests.benchmarks.slots [--appointments N] [--runs N] [--enforce] [--json FILE]

As the app's login, through the function that the API calls; the median in the server and around the call.
"""

from __future__ import annotations

import argparse
import json
import secrets
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg
from tests.people import People

from dentalization.db.ids import new_id
from dentalization.ops import embedded, migrations

BAR_MILLISECONDS = 5.0
_PAST = """INSERT INTO appointments (id, patient_id, doctor_id, scheduled_at, duration, reason, status)
SELECT 'past' || n, %(patient)s, %(doctor)s, date_trunc('hour', now()) - n * interval '30 minutes', 30,
  'Pain', 'COMPLETED' FROM generate_series(1, %(count)s) AS n"""
_COMING = """INSERT INTO appointments (id, patient_id, doctor_id, scheduled_at, duration, reason)
SELECT 'coming' || n, %(patient)s, %(doctor)s, date_trunc('hour', now()) + n * interval '90 minutes', 30,
  'Pain' FROM generate_series(1, 100) AS n"""
_SLOTS = "SELECT * FROM app_free_slots(%s, now(), now() + make_interval(days => %s), NULL, 5000)"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--appointments", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--enforce", action="store_true")
    parser.add_argument("--json", type=Path)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dz") as folder:
        Path(folder).chmod(0o755)
        server = embedded.start(Path(folder), fast=True)
        try:
            found = measure(server, chosen.appointments, chosen.runs)
        finally:
            server.stop()
    print(json.dumps(found, indent=2))
    if chosen.json:
        chosen.json.write_text(json.dumps(found))
    return int(chosen.enforce and found["week"]["database_ms"] > BAR_MILLISECONDS)


def measure(server: embedded.EmbeddedServer, count: int, runs: int) -> dict[str, Any]:
    app_url = server.url("bench_app", secrets.token_hex(12), "dentalization")
    migrations.migrate(server.owner_url, app_url)
    with psycopg.connect(server.owner_url, autocommit=True) as owner:
        people = People(owner)
        doctor, patient = people.doctor(), people.patient()
        ids = {"doctor": doctor.doctor_id, "patient": patient.patient_id}
        owner.execute(
            "INSERT INTO doctor_schedules (doctor_id, time_zone, minimum_notice_minutes) "
            "VALUES (%s, 'Asia/Jakarta', 0)",
            (doctor.doctor_id,),
        )
        for weekday in range(1, 7):
            for opens, closes in ((480, 720), (780, 1020)):
                owner.execute(
                    "INSERT INTO working_hours (id, doctor_id, weekday, opens, closes) "
                    "VALUES (%s, %s, %s, %s, %s)",
                    (new_id(), doctor.doctor_id, weekday, opens, closes),
                )
        owner.execute(_PAST, {**ids, "count": count})
        owner.execute(_COMING, ids)
        owner.execute("ANALYZE")
    with psycopg.connect(app_url) as app:
        app.execute("SELECT app_identify(%s, %s, %s, %s, %s)", patient.identification())
        return {
            "appointments": count,
            "week": _timed(app, doctor.doctor_id, 7, runs),
            "sixty_days": _timed(app, doctor.doctor_id, 60, runs),
        }


def _timed(app: psycopg.Connection[Any], doctor: str, days: int, runs: int) -> dict[str, float]:
    slots = len(app.execute(_SLOTS, (doctor, days)).fetchall())
    inside, around = [], []
    for _ in range(runs):
        explained = app.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {_SLOTS}", (doctor, days))
        plan = explained.fetchone()
        assert plan
        inside.append(plan[0][0]["Execution Time"] + plan[0][0]["Planning Time"])
        started = time.perf_counter()
        app.execute(_SLOTS, (doctor, days)).fetchall()
        around.append(1000 * (time.perf_counter() - started))
    return {
        "slots": slots,
        "database_ms": round(statistics.median(inside), 2),
        "round_trip_ms": round(statistics.median(around), 2),
    }


if __name__ == "__main__":
    sys.exit(main())
