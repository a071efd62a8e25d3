"""Letters about appointments: invitations, reminders, and none too many."""

from __future__ import annotations

import asyncio
import email
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, cast

import psycopg
import pytest
from tests.appointments import rfc5545
from tests.conftest import Urls, open_database
from tests.people import People

from dentalization.appointments import reminder_letters, reminders
from dentalization.appointments.reminder_errors import LetterClaimed
from dentalization.appointments.reminder_tables import TASK
from dentalization.context import Context
from dentalization.db.database import Database
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.mail.errors import MailRefused, MailUnavailable
from dentalization.mail.folder import FolderMailer
from dentalization.mail.message import Message
from dentalization.worker import runner

Owner = psycopg.Connection[tuple[Any, ...]]
SENDER = "Dentalization <no-reply@example.com>"
CLAIMED_LONG_AGO = "UPDATE appointment_letters SET claimed_at = claimed_at - interval '1 hour'"


@dataclass
class Hand:
    """A mailer that keeps what it is given, and may fail first."""

    sent: list[Message] = field(default_factory=list)
    fails: list[BaseException] = field(default_factory=list)
    dies_after: bool = False
    pause: float = 0

    async def send(self, message: Message) -> None:
        if self.fails:
            raise self.fails.pop(0)
        await asyncio.sleep(self.pause)
        self.sent.append(message)
        if self.dies_after:
            raise KeyboardInterrupt


@dataclass
class Desk:
    """A database of its own, a patient who wants reminders, and a dentist."""

    db: Database
    owner: Owner
    people: People
    patient: Actor
    doctor: Actor
    hand: Hand

    def book(self, ahead: timedelta, *, patient: Actor | None = None) -> str:
        return self.book_at(datetime.now(UTC) + ahead, patient=patient)

    def book_at(self, moment: datetime, *, patient: Actor | None = None) -> str:
        found = new_id()
        self.owner.execute(
            "INSERT INTO appointments (id, patient_id, doctor_id, scheduled_at, duration, reason) "
            "VALUES (%s, %s, %s, %s, 30, 'Root canal of a sore tooth')",
            (found, (patient or self.patient).patient_id, self.doctor.doctor_id, moment),
        )
        return found

    def move(self, appointment: str, by: timedelta) -> None:
        self.owner.execute(
            "UPDATE appointments SET scheduled_at = scheduled_at + %s, status = 'SCHEDULED' WHERE id = %s",
            (by, appointment),
        )

    def status(self, appointment: str, status: str) -> None:
        self.owner.execute("UPDATE appointments SET status = %s WHERE id = %s", (status, appointment))

    def letters(self, appointment: str) -> list[tuple[Any, ...]]:
        """Kind, sequence, outcome."""
        return self.owner.execute(
            "SELECT kind, sequence, outcome FROM appointment_letters WHERE appointment_id = %s "
            "ORDER BY sequence, due_at",
            (appointment,),
        ).fetchall()

    def id_of(self, appointment: str, kind: str) -> str:
        found = self.owner.execute(
            "SELECT id FROM appointment_letters WHERE appointment_id = %s AND kind = %s "
            "ORDER BY sequence DESC", (appointment, kind),
        ).fetchone()  # fmt: skip
        assert found is not None, kind
        return str(found[0])

    async def deliver(self, letter: str) -> None:
        await reminders.deliver(
            self.db, self.hand, letter_id=letter, sender=SENDER, public_url="https://example.com",
            usual_zone="Asia/Jakarta",
        )  # fmt: skip


@pytest.fixture
async def desk(fresh_urls: Urls) -> AsyncIterator[Desk]:
    db = await open_database(fresh_urls.app)
    with psycopg.connect(fresh_urls.owner, autocommit=True) as owner:
        people = People(owner)
        patient, doctor = people.patient(consents=("REMINDERS",)), people.doctor()
        owner.execute(
            "INSERT INTO doctor_schedules (doctor_id, time_zone) VALUES (%s, 'Asia/Makassar')",
            (doctor.doctor_id,),
        )
        yield Desk(db, owner, people, patient, doctor, Hand())
    await db.close()


@pytest.mark.parametrize(
    ("ahead", "kinds"),
    [
        (timedelta(days=3), ["REQUEST", "DAY_BEFORE", "HOUR_BEFORE"]),
        (timedelta(hours=24, minutes=1), ["REQUEST", "DAY_BEFORE", "HOUR_BEFORE"]),
        (timedelta(hours=5), ["REQUEST", "HOUR_BEFORE"]),
        (timedelta(minutes=30), ["REQUEST"]),
        (timedelta(hours=-1), []),
    ],
)
async def test_a_booking_writes_the_letters_that_are_still_to_come(
    desk: Desk, ahead: timedelta, kinds: list[str]
) -> None:
    appointment = desk.book(ahead)
    assert [kind for kind, _, _ in desk.letters(appointment)] == kinds


async def test_each_letter_has_a_job_at_its_time(desk: Desk) -> None:
    appointment = desk.book(timedelta(days=3))
    jobs = desk.owner.execute(
        "SELECT l.kind, a.scheduled_at - j.scheduled_at FROM procrastinate_jobs j "
        "JOIN appointment_letters l ON l.id = j.args->>'letter_id' "
        "JOIN appointments a ON a.id = l.appointment_id WHERE j.task_name = %s AND a.id = %s",
        (TASK, appointment),
    ).fetchall()
    assert dict(jobs) == {
        "REQUEST": None,
        "DAY_BEFORE": timedelta(hours=24),
        "HOUR_BEFORE": timedelta(hours=1),
    }


async def test_what_is_rolled_back_leaves_no_letter_and_no_job(desk: Desk) -> None:
    with desk.owner.transaction(force_rollback=True):
        desk.book(timedelta(days=3))
        assert desk.owner.execute("SELECT 1 FROM procrastinate_jobs").rowcount == 3
    assert desk.owner.execute("SELECT 1 FROM appointment_letters").rowcount == 0
    assert desk.owner.execute("SELECT 1 FROM procrastinate_jobs").rowcount == 0


async def test_a_moved_appointment_takes_its_reminders_along(desk: Desk) -> None:
    appointment = desk.book(timedelta(days=3))
    old = desk.id_of(appointment, "DAY_BEFORE")
    await desk.deliver(desk.id_of(appointment, "REQUEST"))
    desk.move(appointment, timedelta(days=1))
    assert desk.letters(appointment) == [
        ("REQUEST", 0, "SENT"), ("REQUEST", 1, None), ("DAY_BEFORE", 1, None), ("HOUR_BEFORE", 1, None),
    ]  # fmt: skip
    desk.hand.sent.clear()
    await desk.deliver(old)  # its job comes, at the old time
    assert desk.hand.sent == []
    await desk.deliver(desk.id_of(appointment, "DAY_BEFORE"))
    assert len(desk.hand.sent) == 1


async def test_one_that_was_reminded_is_reminded_anew_when_it_moves(desk: Desk) -> None:
    appointment = desk.book(timedelta(days=3))
    await desk.deliver(desk.id_of(appointment, "DAY_BEFORE"))
    desk.move(appointment, timedelta(days=7))
    await desk.deliver(desk.id_of(appointment, "DAY_BEFORE"))
    assert [one.subject[:8] for one in desk.hand.sent] == ["Reminder", "Reminder"]
    assert desk.hand.sent[0].id != desk.hand.sent[1].id


@pytest.mark.parametrize("status", ["CANCELLED", "NO_SHOW", "IN_PROGRESS"])
async def test_a_reminder_of_what_will_not_be_is_not_sent(desk: Desk, status: str) -> None:
    appointment = desk.book(timedelta(days=3))
    old = desk.id_of(appointment, "HOUR_BEFORE")
    desk.status(appointment, status)
    await desk.deliver(old)
    assert desk.hand.sent == []
    kinds = [kind for kind, _, _ in desk.letters(appointment)]
    assert kinds == (["CANCEL"] if status == "CANCELLED" else [])


async def test_confirming_changes_nothing(desk: Desk) -> None:
    appointment = desk.book(timedelta(days=3))
    before = desk.letters(appointment)
    desk.status(appointment, "CONFIRMED")
    assert desk.letters(appointment) == before


async def test_calendars_are_told_of_the_same_event_with_growing_sequences(desk: Desk) -> None:
    appointment = desk.book(timedelta(days=3))
    await desk.deliver(desk.id_of(appointment, "REQUEST"))
    desk.move(appointment, timedelta(days=1))
    await desk.deliver(desk.id_of(appointment, "REQUEST"))
    desk.status(appointment, "CANCELLED")
    await desk.deliver(desk.id_of(appointment, "CANCEL"))
    read = [rfc5545.read(one.calendar.data) for one in desk.hand.sent if one.calendar]
    assert [one.one("METHOD").value for one in read] == ["REQUEST", "REQUEST", "CANCEL"]
    events = [one.inner[0] for one in read]
    assert {one.one("UID").value for one in events} == {f"{appointment}@dentalization"}
    assert [one.one("SEQUENCE").value for one in events] == ["0", "1", "2"]
    assert [one.one("STATUS").value for one in events] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert events[0].one("DTSTART").value < events[1].one("DTSTART").value == events[2].one("DTSTART").value
    assert {one.one("ORGANIZER").value for one in events} == {"mailto:no-reply@example.com"}


async def test_reminders_need_consent_and_invitations_do_not(desk: Desk) -> None:
    other = desk.people.patient(consents=())
    appointment = desk.book(timedelta(days=3), patient=other)
    await desk.deliver(desk.id_of(appointment, "DAY_BEFORE"))
    assert desk.hand.sent == []
    assert ("DAY_BEFORE", 0, "NOT_WANTED") in desk.letters(appointment)
    await desk.deliver(desk.id_of(appointment, "REQUEST"))
    assert len(desk.hand.sent) == 1


async def test_a_consent_that_is_withdrawn_counts_when_the_letter_is_due(desk: Desk) -> None:
    appointment = desk.book(timedelta(days=3))
    desk.owner.execute(
        "INSERT INTO consents (id, user_id, purpose, version, language, granted, given_at) "
        "VALUES (%s, %s, 'REMINDERS', 1, 'id', false, now() + interval '1 second')",
        (new_id(), desk.patient.user_id),
    )
    await desk.deliver(desk.id_of(appointment, "HOUR_BEFORE"))
    assert desk.hand.sent == []


async def test_a_late_one_is_sent_before_the_begin_and_never_after(desk: Desk) -> None:
    appointment = desk.book(timedelta(days=3))
    letter = desk.id_of(appointment, "DAY_BEFORE")
    desk.owner.execute(
        "UPDATE appointment_letters SET due_at = now() - interval '3 hours', scheduled_at = now() - "
        "interval '1 second' WHERE id = %s", (letter,),
    )  # fmt: skip
    await desk.deliver(letter)
    assert desk.hand.sent == []
    desk.owner.execute(
        "UPDATE appointment_letters SET scheduled_at = now() + interval '1 minute' WHERE id = %s", (letter,)
    )
    for _ in range(3):  # also where the clock goes back and everything comes again
        await desk.deliver(letter)
    assert len(desk.hand.sent) == 1


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


@pytest.mark.parametrize(
    ("zone", "language", "when"),
    [
        ("Asia/Jakarta", "en", "Tuesday, 5 January 2027, 09:30 WIB"),
        ("Asia/Makassar", "en", "Tuesday, 5 January 2027, 10:30 WITA"),
        ("Asia/Jayapura", "id", "Selasa, 5 Januari 2027, pukul 11.30 WIT"),
        ("America/Sao_Paulo", "en", "Monday, 4 January 2027, 23:30 UTC-03"),
    ],
)
def test_times_are_told_by_the_dentists_clock(zone: str, language: str, when: str) -> None:
    assert reminder_letters.spoken(datetime(2027, 1, 5, 2, 30, tzinfo=UTC), zone, language) == when


async def test_letters_tell_when_where_and_with_whom_but_not_why(desk: Desk) -> None:
    desk.owner.execute(
        "INSERT INTO consents (id, user_id, purpose, version, language, granted, given_at) "
        "VALUES (%s, %s, 'RESEARCH', 1, 'id', true, now() + interval '1 second')",
        (new_id(), desk.patient.user_id),
    )
    desk.owner.execute(
        "UPDATE doctor_profiles SET clinic_name = 'Klinik Gigi', clinic_address = E'Jl. A\\n5' WHERE id = %s",
        (desk.doctor.doctor_id,),
    )
    appointment = desk.book(timedelta(days=3))
    for kind in ("REQUEST", "DAY_BEFORE", "HOUR_BEFORE"):
        await desk.deliver(desk.id_of(appointment, kind))
    for letter in desk.hand.sent:
        whole = letter.subject + letter.text + (letter.calendar.data.decode() if letter.calendar else "")
        assert letter.language == "id"
        assert "WITA" in letter.subject
        assert "Budi Santoso" in letter.text
        assert "Klinik Gigi, Jl. A 5" in letter.text
        assert "canal" not in whole
        assert "Siti" not in whole


async def test_the_letter_in_the_folder_is_an_invitation_by_the_book(desk: Desk, tmp_path: Path) -> None:
    folder = FolderMailer(tmp_path, sender=SENDER)
    letter = desk.id_of(desk.book(timedelta(days=3)), "REQUEST")
    await desk.deliver(letter)
    for _ in range(2):  # sent again after a crash, it takes its own place
        await folder.send(desk.hand.sent[0])
    [path] = found_in(tmp_path)
    parsed = cast("EmailMessage", email.message_from_bytes(path.read_bytes(), policy=default))
    assert parsed["Message-ID"] == f"<{letter}@example.com>"
    assert parsed.get_content_type() == "multipart/alternative"
    text, calendar = parsed.iter_parts()
    assert text.get_content_type() == "text/plain"
    assert calendar.get_content_type() == "text/calendar"
    assert calendar["Content-Type"].params["method"] == "REQUEST"
    sent = calendar.get_payload(decode=True)
    assert isinstance(sent, bytes)
    assert rfc5545.read(sent).one("METHOD").value == "REQUEST"


def found_in(folder: Path, pattern: str = "*.eml") -> list[Path]:
    return sorted(folder.glob(pattern))


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
        "DATABASE_URL": urls.app,
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
