"""Letters about appointments: which there are, what they tell, and to whom."""

from __future__ import annotations

import email
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import cast

import pytest
from tests.appointments import rfc5545
from tests.appointments.desk import SENDER, Desk, found_in

from dentalization.appointments import wall_clock
from dentalization.appointments.reminder_tables import TASK
from dentalization.db.ids import new_id
from dentalization.mail.folder import FolderMailer


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
    assert wall_clock.spoken(datetime(2027, 1, 5, 2, 30, tzinfo=UTC), zone, language) == when


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
