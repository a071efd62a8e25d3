"""Letters through the real queue to a real SMTP server."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from typing import Any

import psycopg
import pytest
import structlog
from tests.conftest import Urls, open_database
from tests.mail.smtp_server import SmtpServer
from tests.people import People

from dentalization.accounts import mailing, password_reset, tasks
from dentalization.accounts.mail_tables import MailPurpose
from dentalization.accounts.tokens import digest
from dentalization.context import Context
from dentalization.db.ids import new_id
from dentalization.db.transaction import Transaction
from dentalization.mail.address import open_mailer
from dentalization.worker import runner

Owner = psycopg.Connection[tuple[Any, ...]]


@dataclass
class Office:
    """A queue of its own, its worker, and a mail server that can be away."""

    context: Context
    owner: Owner
    server: SmtpServer

    async def work(self) -> None:
        """Does what waits, now and without waiting for what has been put off."""
        app = runner.job_app(self.context)
        async with app.open_async():
            await app.run_worker_async(wait=False, install_signal_handlers=False, concurrency=1)

    def no_waiting(self) -> None:
        self.owner.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")

    def jobs(self) -> list[tuple[Any, ...]]:
        rows = self.owner.execute(
            "SELECT status::text, attempts FROM procrastinate_jobs WHERE task_name = %s", (mailing.TASK,)
        )
        return rows.fetchall()

    async def ask(self, email: str) -> None:
        await password_reset.ask(
            self.context.db, self.context.signer, email=email, language="en", address="192.0.2.1"
        )


@pytest.fixture
async def office(context: Context, fresh_urls: Urls) -> AsyncIterator[Office]:
    db = await open_database(fresh_urls.app)
    server = SmtpServer()
    async with server.running():
        pass  # it has a port now, and is away
    mailer = open_mailer(
        f"smtp+plain://127.0.0.1:{server.port}", sender="no-reply@example.com", folder=context.settings.home
    )
    settings = replace(context.settings, database_url=fresh_urls.app)
    with psycopg.connect(fresh_urls.owner, autocommit=True) as owner:
        yield Office(replace(context, db=db, mailer=mailer, settings=settings), owner, server)
    await db.close()


@pytest.fixture
def log() -> Iterator[list[Any]]:
    with structlog.testing.capture_logs() as events:
        yield events


@pytest.fixture
def email(office: Office) -> str:
    address = f"{new_id()}@example.com"
    People(office.owner).patient(email=address)
    return address


async def test_a_letter_is_delivered_and_its_job_is_done(office: Office, email: str, log: list[Any]) -> None:
    await office.ask(email)
    async with office.server.running():
        await office.work()
    [(_, recipients, letter)] = office.server.letters
    assert recipients == [email]
    token = re.search(r"token=([\w-]+)", letter.get_content())
    assert token is not None
    stored = office.owner.execute("SELECT digest FROM mail_tokens").fetchall()
    assert stored == [(digest(token[1]),)]
    assert office.jobs() == []
    assert "letter_sent" in [event["event"] for event in log]
    assert email not in str(log)
    assert token[1] not in str(log)


async def test_a_letter_waits_until_the_server_is_back(office: Office, email: str, log: list[Any]) -> None:
    await office.ask(email)
    for attempt in (1, 2):
        await office.work()
        assert office.jobs() == [("todo", attempt)]
        office.no_waiting()
    assert email not in str(log)
    async with office.server.running():
        await office.work()
    [(_, recipients, letter)] = office.server.letters
    assert recipients == [email]
    # The link of the letter that went out is the one that is good.
    token = re.search(r"token=([\w-]+)", letter.get_content())
    assert token is not None
    link = await mailing.opened(office.context.db, token=token[1], address="")
    assert link is not None
    assert link.purpose is MailPurpose.PASSWORD_RESET
    assert office.jobs() == []


async def test_a_recipient_that_is_refused_is_given_up(office: Office, email: str, log: list[Any]) -> None:
    office.server.refuse["RCPT"] = f"550 no mailbox {email}"
    await office.ask(email)
    async with office.server.running():
        await office.work()
    assert office.server.letters == []
    assert office.jobs() == []
    [given_up] = [event for event in log if event["event"] == "letter_given_up"]
    assert given_up["code"] == "mail-refused"
    assert email not in str(log)


async def test_a_server_that_stays_away_is_given_up_in_the_end(office: Office, email: str) -> None:
    await office.ask(email)
    office.owner.execute("UPDATE procrastinate_jobs SET attempts = %s", (tasks.MOST_ATTEMPTS,))
    await office.work()
    [(status, _)] = office.jobs()
    assert status == "failed"


async def test_no_letter_of_a_transaction_that_does_not_commit(office: Office, email: str) -> None:
    people = People(office.owner)
    patient = people.patient()

    async def add_and_fail(transaction: Transaction) -> None:
        await mailing.add_link(
            transaction, MailPurpose.EMAIL_VERIFICATION, user_id=patient.user_id, email=email, language="en"
        )
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await office.context.db.transaction(patient, add_and_fail)
    assert office.jobs() == []
    assert office.owner.execute("SELECT 1 FROM mail_tokens").rowcount == 0


async def test_a_letter_whose_worker_died_is_taken_up_however_often_the_server_was_away(
    office: Office, email: str
) -> None:
    await office.ask(email)
    office.owner.execute(
        "UPDATE procrastinate_jobs SET status = 'doing', attempts = %s", (runner.MOST_ATTEMPTS,)
    )
    app = runner.job_app(office.context)
    async with app.open_async():
        assert await runner.take_up_stalled(app, office.context) == 1
    office.no_waiting()
    async with office.server.running():
        await office.work()
    assert len(office.server.letters) == 1


async def test_the_daily_clean_up_removes_links_that_are_over(office: Office, email: str) -> None:
    await office.ask(email)
    office.owner.execute("UPDATE mail_tokens SET expires_at = now() - interval '8 days'")
    app = runner.job_app(office.context)
    await app.tasks["worker.housekeeping"].func(timestamp=0)
    assert office.owner.execute("SELECT 1 FROM mail_tokens").rowcount == 0
