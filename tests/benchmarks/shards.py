"""What 100 million patients are in rows and bytes, by where they lie when distributed (ADR 0019).

Seeds three years of history, brings a copy into its distributed form on plain PostgreSQL (with stubs for
Citus's own functions), measures bytes a row there with all indexes, and compares the two spellings of
policies and transports of the identity.

python -m tests.benchmarks.shards [--diagnoses N]
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
from tests.benchmarks.bench import TASKS, Question, _database, _questions, _rate
from tests.conftest import Urls
from tests.ops.shards import stubs

from dentalization import catalog
from dentalization.db.database import Database
from dentalization.db.identity import Actor
from dentalization.db.pool import Pool, PoolLimits
from dentalization.db.replicas import Replicas
from dentalization.db.rules import Rules
from dentalization.diagnoses import service
from dentalization.ops.shards.placements import Distributed, Reference, placement
from dentalization.sealing.keyring import Key, Keyring

PATIENTS = 100_000_000
YEARS = 3
AUDITED = 12
"""Requests a diagnosis that the audit notes: the patient's looks, the dentists', the claim, the decision."""
STEPS, LETTERS = 3, 3
"""Entries in the history and letters of an appointment."""
COPY = "dentalization_distributed"

# What the seed leaves out, a row for each of what it belongs to.
_REST = (
    """INSERT INTO audit_log (chain, number, at, id, person, own, user_id, role, session_id, address, action,
      kinds, why, request_id, previous, hash)
    SELECT 'c' || left(md5('chain'), 24), row_number() OVER (), now(), 'c' || left(md5(d.id), 24),
      d.patient_id, false, d.user_id, 'DOCTOR', 'c' || left(md5(d.user_id), 24), '203.0.113.7',
      'GET /api/v1/diagnoses/{diagnosis_id}', 'diagnosis,profile', 'care', gen_random_uuid()::text,
      sha256(d.id::bytea), sha256(d.patient_id::bytea)
    FROM ai_diagnoses d WHERE d.patient_id IS NOT NULL""",
    """INSERT INTO appointment_events (id, appointment_id, patient_id, doctor_id, step, status_after,
      scheduled_after, duration_after, actor_id, actor_role)
    SELECT 'c' || left(md5(a.id), 24), a.id, a.patient_id, a.doctor_id, 'BOOKED', a.status, a.scheduled_at,
      a.duration, p.user_id, 'PATIENT' FROM appointments a JOIN patient_profiles p ON p.id = a.patient_id""",
    """INSERT INTO appointment_letters (id, appointment_id, patient_id, kind, sequence, scheduled_at,
      duration, due_at) SELECT 'c' || left(md5(a.id || 'l'), 24), a.id, a.patient_id, 'REQUEST', 100,
      a.scheduled_at, a.duration, a.scheduled_at FROM appointments a""",
)
_TIMES = {"audit_log": AUDITED, "appointment_events": STEPS, "appointment_letters": LETTERS}
_SIZE = """SELECT sum(pg_total_relation_size(c.oid)), sum(pg_indexes_size(c.oid)) FROM pg_class c
  WHERE c.oid = %(table)s::regclass
    OR c.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = %(table)s::regclass)"""
_WAITING = "SELECT id FROM ai_diagnoses WHERE status = 'PENDING' AND doctor_id IS NULL ORDER BY id LIMIT 400"


@dataclass(frozen=True)
class Size:
    table: str
    place: str
    rows: int
    bytes_a_row: float
    index_share: float
    rows_then: float
    bytes_then: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--diagnoses", type=int, default=50_000, help="how many to seed (50000)")
    count = parser.parse_args().diagnoses
    with _database(count) as (server, app_url, _):
        questions = _questions(server.superuser_url)
        with psycopg.connect(server.superuser_url, autocommit=True) as owner:
            owner.execute("SELECT app_make_audit_partition(now()::date)")
            for statement in _REST:
                owner.execute(statement.encode())
            owner.execute("VACUUM (ANALYZE)")
        maintenance = make_conninfo(server.superuser_url, dbname="postgres")
        with psycopg.connect(maintenance, autocommit=True) as owner:
            source = sql.Identifier(str(psycopg.conninfo.conninfo_to_dict(app_url)["dbname"]))
            owner.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(COPY), source))
        copy = Urls(make_conninfo(server.superuser_url, dbname=COPY), make_conninfo(app_url, dbname=COPY))
        stubs.distribute(copy)
        with psycopg.connect(copy.owner, autocommit=True) as owner:
            owner.execute("VACUUM (ANALYZE)")
            _print_sizes(_sizes(owner, count // 10))
        asyncio.run(_compare(questions, app_url, copy.app, server.superuser_url))
    return 0


def _sizes(owner: psycopg.Connection[Any], patients: int) -> list[Size]:
    return [_size(owner, table, PATIENTS / patients) for table in sorted(catalog.metadata.tables)]


def _size(owner: psycopg.Connection[Any], table: str, factor: float) -> Size:
    counted = owner.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
    sized = owner.execute(_SIZE, {"table": table}).fetchone()
    assert counted is not None
    assert sized is not None
    rows, total, indexes = counted[0], float(sized[0] or 0), float(sized[1] or 0)
    where = placement(table)
    place = {Reference: "every node", Distributed: "shards"}.get(type(where), "coordinator")
    a_row = total / rows if rows else 0.0
    rows_then = rows * factor * _TIMES.get(table, 1)
    share = indexes / total if total else 0.0
    return Size(table, place, rows, a_row, share, rows_then, rows_then * a_row)


def _print_sizes(sizes: Sequence[Size]) -> None:
    print(f"{PATIENTS:,} patients, {YEARS} years; bytes a row as measured, with all indexes")
    print(f"{'table':<24}{'where':<13}{'measured rows':>14}{'bytes/row':>11}{'rows':>11}{'GB':>10}")
    for size in sorted(sizes, key=lambda size: (size.place, -size.bytes_then)):
        if size.rows >= 1000:
            print(
                f"{size.table:<24}{size.place:<13}{size.rows:>14,}{size.bytes_a_row:>11,.0f}"
                f"{size.rows_then / 1e6:>10,.0f}M{size.bytes_then / 1e9:>10,.0f}"
            )
    for place in ("shards", "every node", "coordinator"):
        total = sum(size.bytes_then for size in sizes if size.place == place and size.rows >= 1000)
        print(f"{place}: {total / 1e12:,.2f} TB")


async def _compare(questions: Sequence[Question], app_url: str, copy_url: str, superuser_url: str) -> None:
    print(f"\noperations a second, {TASKS} at once")
    print(f"{'query':<24}{'plain':>10}{'distributed spelling':>22}{'ratio':>8}")
    plain, sharded = await _open(app_url, sharded=False), await _open(copy_url, sharded=True)
    try:
        for question in questions:
            pairs = [(await _reads(plain, question), await _reads(sharded, question)) for _ in range(5)]
            one, other = (median(rates) for rates in zip(*pairs, strict=True))
            print(f"{question.name:<24}{one:>10,.0f}{other:>22,.0f}{other / one:>8.2f}")
        doctors = [actor for actor, _ in questions[2].calls[:50]]
        one, other = [await _claims(database, doctors, superuser_url) for database in (plain, sharded)]
        print(f"{'claim of a diagnosis':<24}{one:>10,.0f}{other:>22,.0f}{other / one:>8.2f}")
    finally:
        await plain.close()
        await sharded.close()


async def _open(url: str, *, sharded: bool) -> Database:
    pool = Pool(url, PoolLimits(connections=TASKS, sharded=sharded))
    database = Database(pool, Replicas([], max_lag_seconds=5), Rules(catalog.metadata), Keyring([Key.new()]))
    await database.open()
    return database


async def _reads(database: Database, question: Question) -> float:
    async def read(_: int, call: tuple[Actor, dict[str, Any]]) -> int:
        actor, params = call
        return len(await database.read(actor, question.query, **params))

    return await _rate(read, question.calls, 1.0)


async def _claims(database: Database, doctors: Sequence[Actor], superuser_url: str) -> float:
    """The same cases in both databases, each claimed once."""
    async with await psycopg.AsyncConnection.connect(superuser_url) as connection:
        cursor = await connection.execute(_WAITING.encode())
        waiting = [one for (one,) in await cursor.fetchall()]
    began, todo = time.perf_counter(), iter(enumerate(waiting))

    async def work() -> None:
        for number, diagnosis_id in todo:
            await service.claim(database, actor=doctors[number % len(doctors)], diagnosis_id=diagnosis_id)

    await asyncio.gather(*(work() for _ in range(TASKS)))
    return len(waiting) / (time.perf_counter() - began)


if __name__ == "__main__":
    sys.exit(main())
