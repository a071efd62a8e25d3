"""Invented people with three years of photos, findings, decisions, appointments and records.

The same seed makes the same rows. Each stretch of the history is one transaction, what is referred to before
what refers to it, so that an interruption leaves whole stories, only fewer of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import psycopg
from psycopg import sql

from dentalization.errors import InvalidInput
from dentalization.ops.errors import AlreadySeeded
from dentalization.ops.seed.bulk import loading
from dentalization.ops.seed.calendars import open_calendars
from dentalization.ops.seed.copying import copy, text
from dentalization.ops.seed.people import Group, add_doctors, add_patients, invent
from dentalization.ops.seed.pictures import PICTURES, draw_pictures, shared_prefix, store_pictures
from dentalization.ops.seed.plan import DAY, NEVER, YEARS, Plan, make_plan
from dentalization.ops.seed.rows import COLUMNS, Stretch, World, make_stretch
from dentalization.sealing.keyring import Keyring
from dentalization.storage.port import ObjectStore

OWN_PICTURES = 200
"""Up to so many photos have a picture of their own in the store; more than that share the drawn ones."""
STRETCH = 25_000
BULK = 100_000
"""From so many diagnoses on, everything is one transaction, which builds indexes and keys at its end."""

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
    keyring: Keyring | None = None,
) -> Counts:
    """Adds history that ends at ``until`` (by default, when today began in UTC), telling (done, total).

    The demo accounts that have no history yet take part in it as patient and doctor; nobody can sign in as
    one of the others. Without a ``store`` photos have no pictures; without a ``keyring`` nothing is sealed.
    To be called where no event loop runs.
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
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("SET timezone = 'UTC'")
        # A crash of the server may lose the newest stretches, but never a part of one.
        connection.execute("SET synchronous_commit = off")
        _refuse_twice(connection, seed)
        bulk = diagnoses >= BULK
        building = diagnoses // 3 if bulk else 0  # the indexes take about a quarter of the time
        seeding = _Seeding(
            connection, chance, seed, progress, doctors + patients + diagnoses + building, keyring
        )
        with loading(connection, list(COLUMNS)) if bulk else nullcontext():
            dentists, people = seeding.people(plan, doctors, unverified, end)
            world = World(
                plan=plan,
                doctors=dentists,
                patients=people,
                pictures=draw_pictures(),
                photos_url=text(f"{public_url}/api/v1/photos"),
                until=end,
                own_pictures=store is not None and diagnoses <= OWN_PICTURES,
            )
            seeding.stories(world, store, counted_at_end=bulk)
        seeding.moved(building)
        open_calendars(connection)
        for table in ("users", "doctor_profiles", "patient_profiles", *COLUMNS):
            connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table)))
    return Counts(doctors, patients, diagnoses, int((plan.visit_at != NEVER).sum()))


class _Seeding:
    """One connection, one source of chance, one count of what is done."""

    def __init__(
        self,
        connection: _Connection,
        chance: np.random.Generator,
        seed: int,
        progress: Callable[[int, int], None],
        total: int,
        keyring: Keyring | None,
    ) -> None:
        self._keyring = keyring
        self._connection, self._chance, self._seed = connection, chance, seed
        self._progress, self._total, self._done = progress, total, 0
        progress(0, total)

    def moved(self, steps: int) -> None:
        self._done += steps
        self._progress(self._done, self._total)

    def people(self, plan: Plan, doctors: int, unverified: int, end: int) -> tuple[Group, Group]:
        connection, chance, seed = self._connection, self._chance, self._seed
        began = np.sort(end - YEARS - (chance.random(doctors) * 365 * DAY).astype(np.int64))
        dentists = invent(connection, chance, role="DOCTOR", seed=seed, created_at=began)
        with connection.transaction():
            add_doctors(
                connection, chance, dentists,
                seed=seed, created_at=began, unverified=unverified, keyring=self._keyring,
            )  # fmt: skip
        self.moved(doctors)
        joined = plan.registered
        people = invent(connection, chance, role="PATIENT", seed=seed, created_at=joined)
        for begin in range(0, len(joined), STRETCH):
            last = min(len(joined), begin + STRETCH)
            with connection.transaction():
                add_patients(
                    connection, chance, people,
                    created_at=joined, begin=begin, end=last, keyring=self._keyring,
                )  # fmt: skip
            self.moved(last - begin)
        return dentists, people

    def stories(self, world: World, store: ObjectStore | None, *, counted_at_end: bool) -> None:
        if store is not None and not world.own_pictures:
            shared = [(shared_prefix(number), number) for number in range(PICTURES)]
            asyncio.run(store_pictures(store, world.pictures, shared))
        for stretch in self._stretches(world):
            if stretch.places and store is not None:
                # Pictures first: a row never lacks its picture, and a picture without a row harms nobody.
                asyncio.run(store_pictures(store, world.pictures, stretch.places))
            if counted_at_end:
                del stretch.lines["care_relationships"]
            with self._connection.transaction():
                for table, lines in stretch.lines.items():
                    copy(self._connection, table, COLUMNS[table], lines, self._keyring)
            self.moved(len(stretch.lines["ai_diagnoses"]))

    def _stretches(self, world: World) -> Iterator[Stretch]:
        """Each is made while the database takes in the one before."""
        with ThreadPoolExecutor(1) as maker:
            waiting = None
            for begin in range(0, len(world.plan), STRETCH):
                part = np.arange(begin, min(len(world.plan), begin + STRETCH))
                upcoming = maker.submit(make_stretch, world, np.random.default_rng((self._seed, begin)), part)
                if waiting is not None:
                    yield waiting.result()
                waiting = upcoming
            if waiting is not None:
                yield waiting.result()


def _refuse_twice(connection: _Connection, seed: int) -> None:
    found = connection.execute(
        "SELECT 1 FROM users WHERE email ~ %s LIMIT 1", (rf"\.[dp]{seed}\.[0-9]+@example\.com$",)
    ).fetchone()
    if found:
        raise AlreadySeeded
