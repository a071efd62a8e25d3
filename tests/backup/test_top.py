"""Statements are counted by the embedded server and called by the names of the program."""

from __future__ import annotations

import psycopg
import pytest
from tests.backup.conftest import Installation
from tests.conftest import Urls

from dentalization.ops.errors import StatisticsMissing
from dentalization.ops.top import top
from dentalization.profiles.directory_queries import DOCTOR


def test_a_declared_statement_is_called_by_its_name(installation: Installation) -> None:
    with installation.connect(installation.server.superuser_url) as connection:
        connection.execute("SELECT pg_stat_statements_reset()")
    with installation.connect() as connection:
        for _ in range(3):
            connection.pgconn.exec_params(DOCTOR.sql.encode(), [b"nobody"])
    found = {one.name: one for one in top(installation.url, limit=20)}
    assert found["profiles.DOCTOR"].calls >= 3
    assert found["profiles.DOCTOR"].total_ms > 0


def test_a_server_that_does_not_count_says_what_to_do(fresh_urls: Urls) -> None:
    with psycopg.connect(fresh_urls.owner, autocommit=True) as owner:
        owner.execute("DROP EXTENSION IF EXISTS pg_stat_statements")
    with pytest.raises(StatisticsMissing, match="shared_preload_libraries"):
        top(fresh_urls.owner, limit=5)
