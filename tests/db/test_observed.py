from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import structlog
from tests.people import People

from dentalization import catalog
from dentalization.db import observed
from dentalization.db.database import Database
from dentalization.db.identity import Actor
from dentalization.db.observed import Statement
from dentalization.db.queries import FORGET_OLD_KEYS
from dentalization.db.transaction import Transaction
from dentalization.photos.queries import PHOTO


@pytest.fixture(autouse=True)
def _named() -> None:
    catalog.name()


async def test_statements_are_logged_by_name_rows_and_time_and_no_more(db: Database, people: People) -> None:
    patient, secret = people.patient(), secrets.token_hex(8)

    async def work(transaction: Transaction) -> None:
        await transaction.all(PHOTO, photo_id=secret)
        await transaction.run(FORGET_OLD_KEYS)

    with structlog.testing.capture_logs() as lines, observed.watching(observed.logged):
        await db.read(patient, PHOTO, photo_id=secret)
        await db.transaction(Actor.worker(), work)
    assert [(line["event"], line["name"], line["rows"]) for line in lines] == [
        ("statement", "photos.PHOTO", 0),
        ("statement", "photos.PHOTO", 0),
        ("statement", "db.FORGET_OLD_KEYS", lines[2]["rows"]),
    ]
    assert all(line["milliseconds"] > 0 for line in lines)
    assert all(set(line) == {"event", "log_level", "name", "rows", "milliseconds"} for line in lines)
    assert secret not in str(lines)


async def test_nobody_looks_unless_asked(db: Database, people: People) -> None:
    looks = []

    @contextmanager
    def count(statement: Statement) -> Iterator[None]:
        looks.append(statement.name)
        yield

    patient = people.patient()
    with observed.watching(count):
        await db.read(patient, PHOTO, photo_id="none")
    assert looks == ["photos.PHOTO"]
    await db.read(patient, PHOTO, photo_id="none")
    assert looks == ["photos.PHOTO"]
