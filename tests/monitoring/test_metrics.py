from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families
from tests.conftest import Urls
from tests.people import People
from tests.program import Running, free_port, serve, without_settings

from dentalization.api.app import create_app
from dentalization.context import Context
from dentalization.db.identity import Actor
from dentalization.errors import InvalidInput
from dentalization.events.stream import Streams
from dentalization.mail.counted import CountedMailer
from dentalization.mail.errors import MailRefused, MailUnavailable
from dentalization.mail.message import Message
from dentalization.monitoring import exposition, processes
from dentalization.ops.backup import drilled
from dentalization.ops.backup import manifest as manifests
from dentalization.ops.backup.drilled import Drill
from dentalization.ops.backup.folder import folder_of, name_of
from dentalization.ops.backup.manifest import Format, Manifest
from dentalization.settings import from_environment
from dentalization.worker import figures

V1 = "/api/v1"
Headers = Callable[[Actor], dict[str, str]]
Labels = frozenset[tuple[str, str]]


def samples(text: str) -> dict[tuple[str, Labels], float]:
    return {
        (one.name, frozenset(one.labels.items())): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def value(text: str, name: str, **labels: str) -> float:
    return samples(text).get((name, frozenset(labels.items())), 0.0)


async def read(api: httpx.AsyncClient) -> str:
    answer = await api.get("/metrics")
    assert answer.status_code == 200
    return answer.text


async def test_requests_count_by_pattern_and_class_and_errors_by_kind(
    api: httpx.AsyncClient, people: People, signed_in: Headers
) -> None:
    before = await read(api)
    patient = people.patient()
    answer = await api.get(f"{V1}/photos/{patient.user_id}", headers=signed_in(patient))
    assert answer.status_code == 404
    await api.request("TICKLE", "/livez")
    after = await read(api)
    for name, labels in (
        ("dentalization_http_request_seconds_count",
         {"method": "GET", "route": f"{V1}/photos/{{photo_id}}", "status": "4xx"}),
        ("dentalization_http_request_seconds_count",
         {"method": "other", "route": "/livez", "status": "4xx"}),
        ("dentalization_errors_total", {"kind": "not-found"}),
    ):  # fmt: skip
        assert value(after, name, **labels) == value(before, name, **labels) + 1, (name, labels)
    assert patient.user_id not in after
    assert value(after, "dentalization_http_requests_in_flight") == 1  # this one


async def test_a_refusal_by_a_limit_counts(context: Context, people: People, signed_in: Headers) -> None:
    limited = replace(context, settings=replace(context.settings, request_limits=("reading=1/60",)))
    transport = httpx.ASGITransport(app=create_app(limited))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        headers = signed_in(people.patient())
        before = await read(client)
        answers = [(await client.get(f"{V1}/me", headers=headers)).status_code for _ in range(3)]
        assert answers[-1] == 429
        after = await read(client)
    name = "dentalization_rate_limited_total"
    refused = answers.count(429)
    assert value(after, name, limit="reading") == value(before, name, limit="reading") + refused


async def test_streams_that_are_open(api: httpx.AsyncClient) -> None:
    before = value(await read(api), "dentalization_event_streams")
    streams = Streams()
    with streams.one_more("somebody"), streams.one_more("somebody"):
        assert value(await read(api), "dentalization_event_streams") == before + 2
    assert value(await read(api), "dentalization_event_streams") == before


class _Mailer:
    def __init__(self, *answers: Exception | None) -> None:
        self.answers = list(answers)

    async def send(self, message: Message) -> None:
        answer = self.answers.pop(0)
        if answer is not None:
            raise answer


async def test_letters_by_what_became_of_them(api: httpx.AsyncClient) -> None:
    mailer = CountedMailer(_Mailer(None, MailUnavailable(), MailRefused()))
    message = Message(to="somebody@example.com", subject="s", text="t")
    before = await read(api)
    await mailer.send(message)
    with pytest.raises(MailUnavailable):
        await mailer.send(message)
    with pytest.raises(MailRefused):
        await mailer.send(message)
    after = await read(api)
    for outcome in ("sent", "unavailable", "refused"):
        name = "dentalization_letters_total"
        assert value(after, name, outcome=outcome) == value(before, name, outcome=outcome) + 1


JOB = """INSERT INTO procrastinate_jobs (queue_name, task_name, status, scheduled_at)
VALUES ('tests', %s, %s, now() + %s::interval)"""


async def test_the_queue_by_task_and_state(
    api: httpx.AsyncClient, owner: psycopg.Connection[tuple[object, ...]]
) -> None:
    for status, seconds in (
        ("todo", -90), ("todo", -30), ("todo", 3600), ("doing", -50), ("failed", -10), ("cancelled", -10)
    ):  # fmt: skip
        owner.execute(JOB, ("tests.counted", status, f"{seconds} s"))
    # What the queue itself notes of a job that was just enqueued does not make an overdue one young.
    owner.execute(
        "UPDATE procrastinate_events SET at = at - interval '1 hour' WHERE job_id IN "
        "(SELECT id FROM procrastinate_jobs WHERE task_name = 'tests.counted')"
    )
    text = await read(api)
    counted = {
        state: value(text, "dentalization_jobs", task="tests.counted", state=state)
        for state in ("waiting", "later", "running", "failed")
    }
    owner.execute("DELETE FROM procrastinate_jobs WHERE task_name = 'tests.counted'")
    assert counted == {"waiting": 2, "later": 1, "running": 1, "failed": 1}
    oldest = value(text, "dentalization_jobs_oldest_seconds", task="tests.counted", state="waiting")
    assert 90 <= oldest < 1000
    assert value(text, "dentalization_part_known", part="queue") == 1


async def test_backups_and_drills(context: Context, api: httpx.AsyncClient) -> None:
    text = await read(api)
    assert "dentalization_backup_timestamp_seconds{" not in text, "no backup is no old backup"
    folder = folder_of(context.settings)
    at = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
    for hours in (0, 24):
        made = at - timedelta(hours=hours)
        (folder / name_of(made)).mkdir(parents=True)
        manifests.write(
            folder / name_of(made),
            Manifest(name_of(made), Format.CUSTOM, made, 180000, "r", "o", "0/0", {}, {}, bytes=7 + hours),
        )
    result = Drill(name_of(at), at, True, "", 60, 9.5, 8, 1)
    try:
        for drill in (replace(result, succeeded=False), result):
            drilled.write(folder, drill)
            text = await read(api)
            assert value(text, "dentalization_drill_succeeded") == drill.succeeded
        assert value(text, "dentalization_backup_timestamp_seconds", kind="backup") == at.timestamp()
        assert value(text, "dentalization_backup_timestamp_seconds", kind="drill") == at.timestamp()
        assert value(text, "dentalization_backup_bytes") == 7
        assert value(text, "dentalization_drill_recovery_seconds") == 9.5
        assert value(text, "dentalization_drill_recovery_point_seconds") == 60
        (folder / drilled.FILE).write_text("{")
        assert "\ndentalization_drill_succeeded 1" not in await read(api)
    finally:
        shutil.rmtree(folder)


async def test_a_database_that_is_away_is_told_and_the_rest_is_there(context: Context, urls: Urls) -> None:
    from tests.conftest import open_database

    away = await open_database(urls.app)
    await away.close()
    text = (await exposition.exposition(replace(context, db=away))).decode()
    assert value(text, "dentalization_part_known", part="queue") == 0
    assert value(text, "dentalization_part_known", part="backups") == 1
    assert "dentalization_http_request_seconds" in text


TOKEN = "a token of the tests, of more than 32 characters"


async def test_a_token_closes_the_figures(context: Context) -> None:
    closed = replace(context, settings=replace(context.settings, metrics_token=TOKEN))
    transport = httpx.ASGITransport(app=create_app(closed))
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        for wrong in ({}, {"Authorization": "Bearer "}, {"Authorization": "Bearer é"}):
            answer = await client.get("/metrics", headers=[(k, v.encode()) for k, v in wrong.items()])
            assert answer.status_code == 401
            assert "dentalization_pool" not in answer.text
        answer = await client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert "dentalization_pool" in answer.text
    with pytest.raises(InvalidInput, match="DENTALIZATION_METRICS_TOKEN needs at least 32"):
        from_environment({"DENTALIZATION_METRICS_TOKEN": "short"})


async def test_a_worker_alone_answers_at_a_port_of_its_own(context: Context) -> None:
    port = free_port()
    closed = replace(context, settings=replace(context.settings, metrics_token=TOKEN))
    with figures.answered(closed, host="127.0.0.1", port=port):
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
            assert (await client.get("/metrics")).status_code == 401
            assert (await client.get("/")).status_code == 404
            answer = await client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
            assert value(answer.text, "dentalization_part_known", part="queue") == 1
        with (
            pytest.raises(InvalidInput, match=f"Port {port}"),
            figures.answered(closed, host="127.0.0.1", port=port),
        ):
            pass


def test_folders_of_servers_that_are_gone_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(processes.VARIABLE, raising=False)
    left = tmp_path / "metrics" / "server-killed"
    left.mkdir(parents=True)
    (left / "server.lock").touch()
    with processes.shared_folder(tmp_path) as first:
        assert not left.exists()
        assert os.environ[processes.VARIABLE] == str(first)
        with processes.shared_folder(tmp_path) as second:
            assert first.is_dir(), "a server that lives keeps its folder"
            assert second != first
        assert not second.exists()
    assert not first.exists()
    assert processes.VARIABLE not in os.environ


@pytest.fixture
def two(urls: Urls, tmp_path: Path) -> Iterator[Running]:
    """A server of two processes, and a worker beside it."""
    environment = {
        **without_settings(),
        **urls.environment,
        "DENTALIZATION_HOME": str(tmp_path / "home"),
        "DENTALIZATION_REQUEST_LIMITS": "off",
    }
    running = serve(environment, free_port(), tmp_path / "serve.log", "--workers", "2")
    yield running
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(60) == 0, running.log.read_text()[-3000:]
    assert list((tmp_path / "home" / "metrics").iterdir()) == []


REQUESTS = "dentalization_http_request_seconds_count"
LIVEZ = {"method": "GET", "route": "/livez", "status": "2xx"}


@pytest.mark.xdist_group("program")
def test_whichever_process_answers_it_answers_for_all(two: Running, tmp_path: Path) -> None:
    (shared,) = (tmp_path / "home" / "metrics").iterdir()

    def processes_seen() -> set[int]:
        return {int(file.stem.split("_")[-1]) for file in shared.glob("gauge_livesum_*.db")}

    until(lambda: len(processes_seen()) == 3)
    for _ in range(40):
        # Each on a connection of its own, so that the system spreads them over the processes.
        assert httpx.get(two.client.base_url.join("/livez")).status_code == 200
    for _ in range(6):
        text = httpx.get(two.client.base_url.join("/metrics")).text
        assert value(text, REQUESTS, **LIVEZ) == 40
    assert value(text, "dentalization_pool", figure="pool_size") >= 3, "of two servers and a worker"
    # One of them is killed: what it had open is forgotten, what it has counted is not.
    killed = next(number for number in processes_seen() if serves(number))
    os.kill(killed, signal.SIGKILL)

    def forgotten() -> bool:
        with suppress(httpx.TransportError):  # of a connection that the killed one had taken
            httpx.get(two.client.base_url.join("/metrics"))
        return killed not in processes_seen()

    until(forgotten)
    text = httpx.get(two.client.base_url.join("/metrics")).text
    assert value(text, REQUESTS, **LIVEZ) == 40


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 40
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def serves(process: int) -> bool:
    return b"spawn" in Path(f"/proc/{process}/cmdline").read_bytes()
