"""Lets other tests run on a distributed database with the second transport.

python -m pytest -p tests.ops.shards.everywhere tests/diagnoses tests/photos …

What a test does by hand as the owner no trigger of a distributed table follows, so tests of exactly these
triggers fail here.
"""

from __future__ import annotations

import functools
import os
from typing import Any

import psycopg
import pytest
from tests.ops.shards import stubs
from tests.people import People

from dentalization.db.pool import PoolLimits


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """After tests/conftest.py has made its template."""
    from tests import conftest

    os.environ["DENTALIZATION_SHARDED"] = "true"
    url = os.environ["DENTALIZATION_TEST_OWNER_URL"]
    name = conftest.TEMPLATE
    if not hasattr(config, "workerinput"):
        stubs.distribute(conftest.Urls(conftest.with_database(url, name), conftest.app_url(url, name)))
        with psycopg.connect(url, autocommit=True) as owner:
            # What tests write as the owner into tables of every node has some moment.
            owner.execute("ALTER ROLE CURRENT_USER SET app.at = '2026-01-01 00:00:00+00'")
    _always_sharded()
    _settle_by_hand()


def _always_sharded() -> None:
    made = PoolLimits.__init__

    @functools.wraps(made)
    def sharded(self: PoolLimits, *given: Any, **named: Any) -> None:
        made(self, *given, **{**named, "sharded": True})

    PoolLimits.__init__ = sharded  # type: ignore[method-assign]


def _settle_by_hand() -> None:
    made = People.diagnosis

    @functools.wraps(made)
    def settled(self: People, *given: Any, **named: Any) -> str:
        diagnosis = made(self, *given, **named)
        self._owner.execute("SELECT app_settle('ai_diagnoses', %s)", (diagnosis,))
        return diagnosis

    People.diagnosis = settled  # type: ignore[method-assign]
