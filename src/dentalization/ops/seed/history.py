"""Invented people with three years of photos, findings, decisions, appointments and records.

The same seed makes the same rows. Each stretch of the history is one transaction, what is referred to before
what refers to it, so that an interruption leaves whole stories, only fewer of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import psycopg

from dentalization.errors import InvalidInput
from dentalization.ops.errors import AlreadySeeded
from dentalization.ops.seed.copying import copy, text
from dentalization.ops.seed.people import add_doctors, add_patients, invent
from dentalization.ops.seed.pictures import PICTURES, draw_pictures, shared_prefix, store_pictures
from dentalization.ops.seed.plan import DAY, NEVER, YEARS, make_plan
from dentalization.ops.seed.rows import COLUMNS, World, make_stretch
from dentalization.storage.port import ObjectStore

OWN_PICTURES = 200
"""Up to so many photos have a picture of their own in the store; more than that share the drawn ones."""
STRETCH = 20_000

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
    total, done = doctors + patients + diagnoses, 0
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("SET timezone = 'UTC'")
        connection.execute("SET synchronous_commit = off")  # a crash loses the last stretches, never a part
        _refuse_twice(connection, seed)
        began = np.sort(end - YEARS - (chance.random(doctors) * 365 * DAY).astype(np.int64))
        with connection.transaction():
            dentists = invent(connection, chance, role="DOCTOR", seed=seed, created_at=began)
            add_doctors(connection, chance, dentists, seed=seed, created_at=began, unverified=unverified)
        people = invent(connection, chance, role="PATIENT", seed=seed, created_at=plan.registered)
        for begin in range(0, patients, STRETCH):
            progress(doctors + begin, total)
            with connection.transaction():
                add_patients(
                    connection, chance, people, created_at=plan.registered,
                    begin=begin, end=min(patients, begin + STRETCH),
                )  # fmt: skip
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
        for begin in range(0, diagnoses, STRETCH):
            progress(doctors + patients + begin, total)
            part = np.arange(begin, min(diagnoses, begin + STRETCH))
            import time

            t0 = time.perf_counter()
            stretch = make_stretch(world, np.random.default_rng((seed, begin)), part)
            print("made", time.perf_counter() - t0)
            if stretch.places and store is not None:
                asyncio.run(store_pictures(store, world.pictures, stretch.places))
            with connection.transaction():
                for table, lines in stretch.lines.items():
                    t0 = time.perf_counter()
                    copy(connection, table, COLUMNS[table], lines)
                    print(table, len(lines), time.perf_counter() - t0)
        progress(total, total)
    return Counts(doctors, patients, diagnoses, int((plan.visit_at != NEVER).sum()))


def _refuse_twice(connection: _Connection, seed: int) -> None:
    found = connection.execute(
        "SELECT 1 FROM users WHERE email ~ %s LIMIT 1", (rf"\.[dp]{seed}\.[0-9]+@example\.com$",)
    ).fetchone()
    if found:
        raise AlreadySeeded
