"""Measures the spec's four queries, policies on, beside plain psycopg without any, on the same database.

python -m tests.benchmarks.bench [--diagnoses N] [--quick] [--enforce] [--json FILE]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
from psycopg import AsyncRawCursor

from dentalization import catalog
from dentalization.cli.output import progress
from dentalization.db.database import Database
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.db.keyset import NEWEST
from dentalization.db.pool import Pool, PoolLimits
from dentalization.db.query import Query
from dentalization.db.replicas import Replicas
from dentalization.db.rules import Rules
from dentalization.diagnoses import queries as diagnoses
from dentalization.ops import embedded, migrations
from dentalization.ops.embedded import EmbeddedServer
from dentalization.ops.seed.history import seed_history
from dentalization.profiles import queries as profiles
from dentalization.sealing.keyring import Key, Keyring

TASKS = 8
BAR = 0.7
"""With --enforce: what each query must reach of plain psycopg's operations a second."""
_PEOPLE = 2000
_LATEST = {"before_at": NEWEST, "before_id": ""}
_DATABASE = "dentalization"

Call = tuple[Actor, dict[str, Any]]
Run = Callable[[int, Call], Awaitable[int]]
"""One operation of a task (by its number); returns the number of rows."""


@dataclass(frozen=True)
class Question:
    """A declared query with the calls to draw from: who asks, and for what."""

    name: str
    query: Query[Any]
    calls: Sequence[Call]


@dataclass(frozen=True)
class Result:
    """Medians of the rounds, in operations per second; ``ratio`` is the median of the rounds' ratios."""

    query: str
    ours: float
    plain: float
    ratio: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--diagnoses", type=int, default=1_000_000, help="how many to seed (1000000)")
    parser.add_argument("--quick", action="store_true", help="50000 diagnoses and short rounds")
    parser.add_argument("--enforce", action="store_true", help=f"exit 1 where a ratio is below {BAR}")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    chosen = parser.parse_args()
    count = 50_000 if chosen.quick else chosen.diagnoses
    with _database(count) as (server, app_url, seed_seconds):
        questions = _questions(server.superuser_url)
        rounds, seconds = (5, 0.4) if chosen.quick else (7, 2.0)
        results = asyncio.run(_measure(questions, app_url, server.superuser_url, rounds, seconds))
    _print(results, count, seed_seconds)
    if chosen.json:
        document = {"diagnoses": count, "seedSeconds": seed_seconds, "queries": [asdict(r) for r in results]}
        chosen.json.write_text(json.dumps(document, indent=2) + "\n")
    return 1 if chosen.enforce and any(result.ratio < BAR for result in results) else 0


@contextmanager
def _database(count: int) -> Iterator[tuple[EmbeddedServer, str, float]]:
    """A server of its own with ``count`` diagnoses, gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="dz"))
    folder.chmod(0o755)  # the server may run as another user, who has to reach what is below
    server = embedded.start(folder / "home")
    try:
        app_url = server.url("bench_app", secrets.token_hex(12), _DATABASE)
        migrations.migrate(server.owner_url, app_url)
        began = time.perf_counter()
        with progress() as bar:
            task = bar.add_task(f"seeding {count:,} diagnoses", total=None)
            seed_history(
                server.owner_url,
                patients=max(10, count // 10),
                diagnoses=count,
                progress=lambda done, total: bar.update(task, completed=done, total=total),
                public_url="https://example.com",
            )
        seconds = round(time.perf_counter() - began, 1)
        with psycopg.connect(server.superuser_url, autocommit=True) as connection:
            # What a server does by itself in the hours after a load, so that it does not do it meanwhile.
            connection.execute("VACUUM (ANALYZE)")
            connection.execute("CHECKPOINT")
        yield server, app_url, seconds
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _questions(superuser_url: str) -> list[Question]:
    """The spec's queries as real people would ask them, each with a live session that is checked too."""
    chance = random.Random(7)
    with psycopg.connect(superuser_url) as connection:
        patients = _actors(connection, _PATIENTS, "PATIENT")
        doctors = _actors(connection, _DOCTORS, "DOCTOR")
        pairs = connection.execute(_PAIRS, (_PEOPLE,)).fetchall()
        newest = connection.execute("SELECT max(created_at) FROM ai_diagnoses").fetchone()
    assert newest is not None
    since = newest[0] - timedelta(days=30)
    by_id = {doctor.doctor_id: doctor for doctor in doctors}
    people, dentists = list(patients), list(doctors)
    chance.shuffle(people)
    chance.shuffle(dentists)
    return [
        Question(
            "user with profile",
            profiles.USER_WITH_PROFILES,
            [(actor, {"user_id": actor.user_id}) for actor in people],
        ),
        Question(
            "diagnosis history",
            diagnoses.HISTORY,
            [(by_id[doctor], {"patient_id": patient, "limit": 10, **_LATEST}) for doctor, patient in pairs],
        ),
        Question(
            "doctor's patients",
            profiles.DOCTORS_PATIENTS,
            [(actor, {"doctor_id": actor.doctor_id, "limit": 20, **_LATEST}) for actor in dentists],
        ),
        Question(
            "statistics of 30 days",
            diagnoses.STATISTICS,
            [(actor, {"doctor_id": actor.doctor_id, "since": since}) for actor in dentists],
        ),
    ]


_PATIENTS = "SELECT user_id, id FROM patient_profiles ORDER BY md5(id) LIMIT %s"
_DOCTORS = "SELECT user_id, id FROM doctor_profiles WHERE is_verified ORDER BY md5(id) LIMIT %s"
# Pairs in care: a dentist's look at a patient's history, which is the costlier one for the policies.
_PAIRS = """SELECT c.doctor_id, c.patient_id FROM care_relationships c
JOIN (SELECT id FROM doctor_profiles WHERE is_verified ORDER BY md5(id) LIMIT %s) d ON d.id = c.doctor_id
ORDER BY md5(c.patient_id || c.doctor_id) LIMIT 10000"""
_SESSION = """INSERT INTO sessions (id, user_id, refresh_token, expires_at)
VALUES (%s, %s, %s, now() + interval '1 day')"""


def _actors(connection: psycopg.Connection[Any], query: str, role: str) -> list[Actor]:
    found = connection.execute(query.encode(), (_PEOPLE,)).fetchall()
    actors = [
        Actor(user_id, "PATIENT", patient_id=profile_id, session_id=new_id())
        if role == "PATIENT"
        else Actor(user_id, "DOCTOR", doctor_id=profile_id, session_id=new_id())
        for user_id, profile_id in found
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            _SESSION, [(actor.session_id, actor.user_id, secrets.token_hex(32)) for actor in actors]
        )
    return actors


async def _measure(
    questions: Sequence[Question], app_url: str, superuser_url: str, rounds: int, seconds: float
) -> list[Result]:
    pool = Pool(app_url, PoolLimits(connections=TASKS))
    database = Database(pool, Replicas([], max_lag_seconds=5), Rules(catalog.metadata), Keyring([Key.new()]))
    await database.open()
    connections = [
        await psycopg.AsyncConnection.connect(
            superuser_url, autocommit=True, prepare_threshold=0, cursor_factory=AsyncRawCursor
        )
        for _ in range(TASKS)
    ]
    try:
        return [await _compare(question, database, connections, rounds, seconds) for question in questions]
    finally:
        for connection in connections:
            await connection.close()
        await database.close()


async def _compare(
    question: Question,
    database: Database,
    connections: Sequence[psycopg.AsyncConnection[tuple[Any, ...]]],
    rounds: int,
    seconds: float,
) -> Result:
    query = question.query

    async def ours(_: int, call: Call) -> int:
        actor, params = call
        return len(await database.read(actor, query, **params))

    async def plain(task: int, call: Call) -> int:
        cursor = await connections[task].execute(query.sql, query.bind(call[1]))
        return len(await cursor.fetchall())

    for call in question.calls[:50]:
        rows = await ours(0, call), await plain(0, call)
        if rows[0] != rows[1]:
            raise SystemExit(f"{question.name}: {rows[0]} rows with policies, {rows[1]} without")
    await _rate(ours, question.calls, seconds / 2)
    await _rate(plain, question.calls, seconds / 2)
    pairs = []
    for number in range(rounds):  # who goes first changes, so that a drift of the machine hits both
        order = (ours, plain) if number % 2 else (plain, ours)
        rates = {run: await _rate(run, question.calls, seconds) for run in order}
        pairs.append((rates[ours], rates[plain]))
    return Result(
        query=question.name,
        ours=round(median(ours_ for ours_, _ in pairs), 1),
        plain=round(median(plain_ for _, plain_ in pairs), 1),
        ratio=round(median(ours_ / plain_ for ours_, plain_ in pairs), 3),
    )


async def _rate(run: Run, calls: Sequence[Call], seconds: float) -> float:
    """Operations per second of TASKS tasks at once, each with calls of its own choice."""
    done = 0
    began = time.perf_counter()

    async def work(task: int) -> None:
        nonlocal done
        chance = random.Random(task)
        while time.perf_counter() - began < seconds:
            await run(task, chance.choice(calls))
            done += 1

    await asyncio.gather(*(work(task) for task in range(TASKS)))
    return done / (time.perf_counter() - began)


def _print(results: Sequence[Result], count: int, seed_seconds: float) -> None:
    print(f"{count:,} diagnoses, seeded in {seed_seconds} s; {TASKS} connections; operations per second")
    print(f"{'query':<24}{'ours, policies on':>20}{'plain psycopg':>16}{'ratio':>8}")
    for result in results:
        print(f"{result.query:<24}{result.ours:>20,.0f}{result.plain:>16,.0f}{result.ratio:>8.2f}")


if __name__ == "__main__":
    sys.exit(main())
