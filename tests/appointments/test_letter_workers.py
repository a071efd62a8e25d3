"""No letter is lost and none is sent twice: killed workers, wrong clocks, mail servers that are away."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.appointments.desk import SENDER, Desk, found_in
from tests.conftest import Urls

from dentalization.appointments import reminders
from dentalization.appointments.reminder_errors import LetterClaimed
from dentalization.context import Context
from dentalization.db.identity import Actor
from dentalization.mail.errors import MailRefused, MailUnavailable
from dentalization.worker import runner

CLAIMED_LONG_AGO = "UPDATE appointment_letters SET claimed_at = claimed_at - interval '1 hour'"


async def test_of_many_workers_one_sends(desk: Desk) -> None:
    letter = desk.id_of(desk.book(timedelta(days=3)), "DAY_BEFORE")
    desk.hand.pause = 0.2
    ends = await asyncio.gather(*(desk.deliver(letter) for _ in range(6)), return_exceptions=True)
    assert len(desk.hand.sent) == 1
    assert all(end is None or isinstance(end, LetterClaimed) for end in ends)
    assert any(isinstance(end, LetterClaimed) for end in ends)


async def test_a_claim_of_a_killed_worker_ends_also_when_the_clock_goes_back(desk: Desk) -> None:
    letter = desk.id_of(desk.book(timedelta(days=3)), "DAY_BEFORE")
    for claim in ("1 hour", "-1 hour"):
        desk.owner.execute(
            "UPDATE appointment_letters SET claimed_at = now() + %s::interval, settled_at = NULL, "
            "outcome = NULL WHERE id = %s",
            (claim, letter),
        )
        await desk.deliver(letter)
    assert len(desk.hand.sent) == 2
    assert len({one.id for one in desk.hand.sent}) == 1  # the same Message-ID: it is the same letter


async def test_what_the_server_does_not_take_waits_and_what_it_refuses_is_given_up(desk: Desk) -> None:
    appointment = desk.book(timedelta(days=3))
    letter = desk.id_of(appointment, "DAY_BEFORE")
    desk.hand.fails = [MailUnavailable(), MailRefused()]
    with pytest.raises(MailUnavailable):
        await desk.deliver(letter)
    await desk.deliver(letter)  # at once: the claim was given back
    assert ("DAY_BEFORE", 0, "REFUSED") in desk.letters(appointment)
    await desk.deliver(letter)
    assert desk.hand.sent == []


async def test_letters_that_have_lost_their_job_get_another(desk: Desk) -> None:
    letter = desk.id_of(desk.book(timedelta(days=3)), "REQUEST")
    assert await reminders.enqueue_left(desk.db) == 0
    desk.owner.execute("UPDATE appointment_letters SET due_at = now() - interval '1 hour' WHERE id = %s",
                       (letter,))  # fmt: skip
    assert await reminders.enqueue_left(desk.db) == 0  # its job waits still
    desk.owner.execute("UPDATE procrastinate_jobs SET status = 'failed'")
    assert await reminders.enqueue_left(desk.db) == 1
    assert await reminders.enqueue_left(desk.db) == 0
    desk.owner.execute("DELETE FROM procrastinate_jobs")
    await desk.deliver(letter)
    assert await reminders.enqueue_left(desk.db) == 0


async def test_nobody_but_the_worker_claims_a_letter(desk: Desk, fresh_urls: Urls) -> None:
    letter = desk.id_of(desk.book(timedelta(days=3)), "DAY_BEFORE")
    with psycopg.connect(fresh_urls.app) as connection:
        for actor in (Actor.nobody(), desk.patient, desk.doctor, desk.people.admin()):
            connection.execute("SELECT app_identify(%s, %s, %s, %s, %s)", actor.identification())
            found = connection.execute("SELECT 1 FROM app_claim_appointment_letter(%s)", (letter,))
            assert found.rowcount == 0
            assert connection.execute("SELECT 1 FROM app_left_appointment_letters()").rowcount == 0


@pytest.fixture
def workers() -> Iterator[list[subprocess.Popen[bytes]]]:
    running: list[subprocess.Popen[bytes]] = []
    yield running
    for process in running:
        process.kill()
        process.wait()


def start(desk: Desk, urls: Urls, home: Path, running: list[subprocess.Popen[bytes]]) -> None:
    environment = {
        **os.environ,
        **urls.environment,
        "DENTALIZATION_HOME": str(home),
        "DENTALIZATION_SECRET_KEY": "k" * 40,
    }
    with (home / f"worker{len(running)}.log").open("ab") as output:
        command = [sys.executable, "-m", "dentalization.cli.main", "worker"]
        running.append(subprocess.Popen(command, env=environment, stdout=output, stderr=output))


async def until(condition: Any, home: Path) -> None:
    deadline = time.monotonic() + 90
    while not condition():
        logs = "\n".join(log.read_text()[-1500:] for log in found_in(home, "*.log"))
        assert time.monotonic() < deadline, logs
        await asyncio.sleep(0.05)


@pytest.mark.slow
async def test_workers_killed_between_sending_and_noting_send_each_letter_once(
    desk: Desk, fresh_urls: Urls, tmp_path: Path, workers: list[subprocess.Popen[bytes]]
) -> None:
    """Two real workers hang after their letters have gone out, and are killed there."""
    letters = [desk.id_of(desk.book(timedelta(days=2 + n)), "REQUEST") for n in range(12)]
    desk.owner.execute(
        "CREATE FUNCTION hang() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN PERFORM pg_sleep(120); RETURN NEW; END $$; "
        "CREATE TRIGGER hang BEFORE UPDATE OF settled_at ON appointment_letters FOR EACH ROW "
        "WHEN (NEW.outcome = 'SENT') EXECUTE FUNCTION hang()"
    )
    mail = tmp_path / "mail"
    for _ in range(2):
        start(desk, fresh_urls, tmp_path, workers)
    await until(lambda: len(found_in(mail)) == 2 * runner.CONCURRENCY, tmp_path)
    before = {path.stem for path in found_in(mail)}
    for process in workers:
        process.kill()
        process.wait()
    desk.owner.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND usename <> current_user"
    )
    desk.owner.execute("DROP TRIGGER hang ON appointment_letters")
    assert desk.owner.execute("SELECT 1 FROM appointment_letters WHERE settled_at IS NOT NULL").rowcount == 0
    desk.owner.execute(CLAIMED_LONG_AGO)
    for _ in range(2):
        start(desk, fresh_urls, tmp_path, workers)

    def settled() -> bool:
        found = desk.owner.execute("SELECT 1 FROM appointment_letters WHERE outcome = 'SENT'")
        return found.rowcount == len(letters)

    await until(settled, tmp_path)
    assert before < set(letters)
    assert sorted(path.stem for path in found_in(mail)) == sorted(letters)
    # The two that live took no letter from each other.
    logs = "".join(log.read_text() for log in found_in(tmp_path, "worker[23].log"))
    assert all(logs.count(one) >= 1 for one in letters)
    assert logs.count("appointment_letter_sent") == len(letters)
    assert "Traceback" not in logs


async def test_the_job_runs_in_the_worker(context: Context, desk: Desk, fresh_urls: Urls) -> None:
    appointment = desk.book(timedelta(days=3))
    settings = replace(context.settings, database_url=fresh_urls.app, mail_from=SENDER)
    app = runner.job_app(replace(context, db=desk.db, mailer=desk.hand, settings=settings))
    desk.hand.fails = [MailUnavailable()]
    async with app.open_async():
        await app.run_worker_async(wait=False, install_signal_handlers=False, concurrency=1)
        assert desk.hand.sent == []
        desk.owner.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")
        await app.run_worker_async(wait=False, install_signal_handlers=False, concurrency=1)
    assert [outcome for _, _, outcome in desk.letters(appointment)] == ["SENT"] * 3
    assert len(desk.hand.sent) == 3
