"""Invented people with three years of photos, findings, decisions, appointments and records.

The same seed makes the same rows. Each stretch of the history is one transaction, what is referred to before
what refers to it, so that an interruption leaves whole stories, only fewer of them.
"""

from __future__ import annotations

import asyncio
import queue
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import psycopg
from psycopg import sql

from dentalization.errors import InvalidInput
from dentalization.ops.errors import AlreadySeeded
from dentalization.ops.seed.copying import copy, text
from dentalization.ops.seed.people import add_doctors, add_patients, invent
from dentalization.ops.seed.pictures import PICTURES, draw_pictures, shared_prefix, store_pictures
from dentalization.ops.seed.plan import DAY, NEVER, YEARS, Numbers, make_plan
from dentalization.ops.seed.rows import COLUMNS, World, make_stretch
from dentalization.storage.port import ObjectStore

OWN_PICTURES = 200
"""Up to so many photos have a picture of their own in the store; more than that share the drawn ones."""
STRETCH = 25_000
LANES = 2

_Connection = psycopg.Connection[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Counts:
    """What was added."""

    doctors: int
    patients: int
    diagnoses: int
    appointments: int


def seed_history(
    owner_url: str,
    *,
    patients: int,
    diagnoses: int,
    doctors: int | None = None,
    store: ObjectStore | None = None,
    progress: Callable[[int, int], None],
    seed: int = 1,
    public_url: str,
    until: datetime | None = None,
) -> Counts:
    """Adds history that ends at ``until`` (by default, when today began in UTC), telling (done, total).

    The demo accounts that have no history yet take part in it as patient and doctor; nobody can sign in as
    one of the others. Without a ``store`` photos have no pictures. To be called where no event loop runs.
    Raises InvalidInput, AlreadySeeded.
    """
    doctors = max(5, patients // 200) if doctors is None else doctors
    if min(patients, diagnoses) < 0 or doctors < 1 or (diagnoses and not patients):
        raise InvalidInput("Diagnoses need at least one patient and one doctor.")
    newest = until or datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    end = int(newest.timestamp()) * 1000
    unverified = doctors // 20 if doctors >= 20 else int(doctors >= 5)
    chance = np.random.default_rng(seed)
    plan = make_plan(chance, patients=patients, diagnoses=diagnoses, doctors=doctors - unverified, until=end)
    seeding = _Seeding(owner_url, seed, progress, doctors + patients + diagnoses)
    with seeding.connection() as connection:
        _refuse_twice(connection, seed)
        began = np.sort(end - YEARS - (chance.random(doctors) * 365 * DAY).astype(np.int64))
        dentists = invent(connection, chance, role="DOCTOR", seed=seed, created_at=began)
        people = invent(connection, chance, role="PATIENT", seed=seed, created_at=plan.registered)
        with connection.transaction():
            add_doctors(connection, chance, dentists, seed=seed, created_at=began, unverified=unverified)
        seeding.moved(doctors)
        for begin in range(0, patients, STRETCH):
            last = min(patients, begin + STRETCH)
            with connection.transaction():
                add_patients(
                    connection, chance, people, created_at=plan.registered, begin=begin, end=last
                )
            seeding.moved(last - begin)
    world = World(
        plan=plan,
        doctors=dentists,
        patients=people,
        pictures=draw_pictures(),
        photos_url=text(f"{public_url}/api/v1/photos"),
        until=end,
        own_pictures=store is not None and diagnoses <= OWN_PICTURES,
    )
    if store is not None and not world.own_pictures:
        shared = [(shared_prefix(number), number) for number in range(PICTURES)]
        asyncio.run(store_pictures(store, world.pictures, shared))
    seeding.write(world, store)
    with seeding.connection() as connection:
        for table in ("users", "doctor_profiles", "patient_profiles", *COLUMNS):
            connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table)))
    return Counts(doctors, patients, diagnoses, int((plan.visit_at != NEVER).sum()))


class _Seeding:
    """Writes stretches over LANES connections at once, each with patients of its own.

    So no two transactions ever count the same care relationship, and none waits for another.
    """

    def __init__(self, owner_url: str, seed: int, progress: Callable[[int, int], None], total: int) -> None:
        self._owner_url, self._seed = owner_url, seed
        self._progress, self._total, self._done = progress, total, 0
        progress(0, total)

    def moved(self, steps: int) -> None:
        self._done += steps
        self._progress(self._done, self._total)

    @contextmanager
    def connection(self) -> Iterator[_Connection]:
        with psycopg.connect(self._owner_url, autocommit=True) as connection:
            connection.execute("SET timezone = 'UTC'")
            # A crash of the server may lose the newest stretches, but never a part of one.
            connection.execute("SET synchronous_commit = off")
            yield connection

    def write(self, world: World, store: ObjectStore | None) -> None:
        lane = world.plan.patient % LANES
        stretches: queue.SimpleQueue[int] = queue.SimpleQueue()
        with ThreadPoolExecutor(LANES) as threads:
            lanes = [
                threads.submit(self._write_lane, world, store, np.flatnonzero(lane == number), stretches)
                for number in range(LANES)
            ]
            while self._done < self._total and not any(one.done() and one.exception() for one in lanes):
                with suppress(queue.Empty):
                    self.moved(stretches.get(timeout=0.5))
        for one in lanes:
            one.result()

    def _write_lane(
        self, world: World, store: ObjectStore | None, rows: Numbers, written: queue.SimpleQueue[int]
    ) -> None:
        with self.connection() as connection:
            for begin in range(0, len(rows), STRETCH):
                part = rows[begin : begin + STRETCH]
                stretch = make_stretch(world, np.random.default_rng((self._seed, int(part[0]))), part)
                if stretch.places and store is not None:
                    # The pictures first: a row never lacks its picture, and a picture without a row harms nobody.
                    asyncio.run(store_pictures(store, world.pictures, stretch.places))
                with connection.transaction():
                    for table, lines in stretch.lines.items():
                        copy(connection, table, COLUMNS[table], lines)
                written.put(len(part))


def _refuse_twice(connection: _Connection, seed: int) -> None:
    found = connection.execute(
        "SELECT 1 FROM users WHERE email ~ %s LIMIT 1", (rf"\.[dp]{seed}\.[0-9]+@example\.com$",)
    ).fetchone()
    if found:
        raise AlreadySeeded
