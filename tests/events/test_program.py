"""Streams through real server processes: one is killed, the other goes on; one is stopped, and stops."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from tests.conftest import Urls
from tests.people import People
from tests.program import V1, Running, free_port, serve, without_settings

from dentalization.accounts.tokens import access_token
from dentalization.signing import Signer

Owner = psycopg.Connection[tuple[Any, ...]]
SECRET = "0123456789abcdef" * 4
pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def servers(urls: Urls, tmp_path: Path) -> Iterator[list[Running]]:
    environment = {
        **without_settings(),
        **urls.environment,
        "DENTALIZATION_HOME": str(tmp_path),
        "DENTALIZATION_SECRET_KEY": SECRET,
        "PATH": os.environ["PATH"],
    }
    logs = (tmp_path / "first.log", tmp_path / "second.log")
    found = [serve(environment, free_port(), log, "--no-worker") for log in logs]
    yield found
    for one in found:
        with contextlib.suppress(ProcessLookupError):
            one.kill()


def events_of(lines: Iterator[str], count: int) -> list[tuple[str, str]]:
    """So many pairs of id and event, the beginning among them."""
    found, event_id = [], ""
    for line in lines:
        name, _, value = line.partition(": ")
        if name == "id":
            event_id = value
        if name == "event":
            found.append((event_id, value))
        if len(found) == count:
            return found
    raise AssertionError(f"the stream ended after {found}")


def test_a_client_goes_on_at_another_process_where_it_was_cut_off(
    servers: list[Running], people: People, owner: Owner
) -> None:
    patient = people.session(people.patient())
    headers = {"Authorization": f"Bearer {access_token(Signer(SECRET), patient)}"}
    first, second = servers
    with first.client.stream("GET", f"{V1}/me/events", headers=headers) as stream:
        lines = stream.iter_lines()
        assert [event for _, event in events_of(lines, 1)] == ["begin"]
        people.diagnosis(patient)
        (last, _), *_ = events_of(lines, 1)
        first.kill()
        for _ in range(3):
            people.diagnosis(patient)
    headers["Last-Event-ID"] = last
    with second.client.stream("GET", f"{V1}/me/events", headers=headers) as stream:
        lines = stream.iter_lines()
        assert [event for _, event in events_of(lines, 4)] == ["begin", *["diagnosis"] * 3]
        people.diagnosis(patient)
        assert [event for _, event in events_of(lines, 1)] == ["diagnosis"]


def test_a_server_that_is_stopped_ends_its_streams(servers: list[Running], people: People) -> None:
    headers = {"Authorization": f"Bearer {access_token(Signer(SECRET), people.session(people.patient()))}"}
    with servers[0].client.stream("GET", f"{V1}/me/events", headers=headers) as stream:
        lines = stream.iter_lines()
        events_of(lines, 1)
        servers[0].process.terminate()
        with contextlib.suppress(httpx.TransportError):
            list(lines)
        assert servers[0].process.wait(30) == 0, servers[0].log.read_text()[-2000:]
