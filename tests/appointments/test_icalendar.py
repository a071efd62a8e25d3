"""What we send is read back by others: by vobject, and by a reader made from the RFC alone."""

from __future__ import annotations

import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
import vobject
from hypothesis import given
from hypothesis import strategies as st
from tests.appointments import rfc5545

from dentalization.appointments import invitations
from dentalization.appointments.invitations import Entry, Party

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
texts = st.text(st.characters(codec="utf-8"), max_size=200)
moments = st.datetimes(
    datetime(2020, 1, 1),  # noqa: DTZ001 - the zones are drawn beside it
    datetime(2060, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=9))]),
).map(lambda moment: moment.replace(microsecond=0))
entries = st.builds(
    Entry,
    appointment_id=st.from_regex(r"c[0-9a-f]{24}", fullmatch=True),
    sequence=st.integers(0, 10_000),
    changed_at=moments,
    begins_at=moments,
    minutes=st.integers(1, 1440),
    summary=texts,
    location=texts,
    description=texts,
    url=st.just("https://example.com"),
)
ENTRY = Entry("c1", 3, NOW, NOW + timedelta(days=1), 30, "Dentist: Budi Santoso", "Klinik; Jl. A, 5")
US, YOU = Party("no-reply@example.com", "Budi Santoso"), Party("siti@example.com")


def shown(text: str) -> str:
    """A text as it may stand in a calendar at all."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        " " if one != "\n" and unicodedata.category(one) in ("Cc", "Zl", "Zp") else one for one in text
    )


@pytest.mark.parametrize("typed", ["\\N", "\\n", "a\\;b", "one, two\nthree"])
def test_what_looks_like_an_escape_is_text(typed: str) -> None:
    data = invitations.invitation(replace(ENTRY, summary=typed), method="REQUEST", organizer=US, attendee=YOU)
    [event] = rfc5545.read(data).inner
    assert event.one("SUMMARY").text == typed


def moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


@given(entries, st.sampled_from(["REQUEST", "CANCEL"]), texts)
def test_the_rfc_reads_what_was_meant(entry: Entry, method: invitations.Method, name: str) -> None:
    organizer = Party("no-reply@example.com", name)
    data = invitations.invitation(entry, method=method, organizer=organizer, attendee=YOU)
    calendar = rfc5545.read(data)
    assert calendar.one("METHOD").value == method
    assert calendar.one("VERSION").value == "2.0"
    [event] = calendar.inner
    assert event.name == "VEVENT"
    assert event.one("UID").text == f"{entry.appointment_id}@dentalization"
    assert event.one("SEQUENCE").value == str(entry.sequence)
    assert event.one("STATUS").value == {"REQUEST": "CONFIRMED", "CANCEL": "CANCELLED"}[method]
    assert moment(event.one("DTSTART").value) == entry.begins_at
    assert moment(event.one("DTEND").value) == entry.begins_at + timedelta(minutes=entry.minutes)
    assert moment(event.one("DTSTAMP").value) == entry.changed_at
    assert moment(event.one("LAST-MODIFIED").value) == entry.changed_at
    assert event.one("SUMMARY").text == shown(entry.summary)
    for key, text in (("LOCATION", entry.location), ("DESCRIPTION", entry.description)):
        assert [line.text for line in event.lines if line.name == key] == ([shown(text)] if text else [])
    assert event.one("ORGANIZER").value == "mailto:no-reply@example.com"
    assert event.one("ATTENDEE").value == "mailto:siti@example.com"
    assert event.one("ATTENDEE").parameters["RSVP"] == ["FALSE"]


@given(entries)
def test_the_same_entry_is_written_the_same(entry: Entry) -> None:
    """So that a letter that is sent again after a crash, and a feed that has not changed, are no news."""
    once = invitations.invitation(entry, method="REQUEST", organizer=US, attendee=YOU)
    assert once == invitations.invitation(entry, method="REQUEST", organizer=US, attendee=YOU)
    assert invitations.feed([entry], name="x") == invitations.feed([entry], name="x")


@given(st.lists(entries, max_size=5))
def test_a_feed_holds_every_appointment_and_asks_nobody_anything(found: list[Entry]) -> None:
    calendar = rfc5545.read(invitations.feed(found, name="Janji temu"))
    assert [event.one("SUMMARY").text for event in calendar.inner] == [shown(one.summary) for one in found]
    names = {line.name for component in (calendar, *calendar.inner) for line in component.lines}
    assert not names & {"METHOD", "ORGANIZER", "ATTENDEE"}


def test_another_library_reads_an_invitation_and_its_cancellation() -> None:
    for method, status in (("REQUEST", "CONFIRMED"), ("CANCEL", "CANCELLED")):
        data = invitations.invitation(ENTRY, method=method, organizer=US, attendee=YOU)  # type: ignore[arg-type]
        calendar = vobject.readOne(data.decode())
        event = calendar.vevent
        assert calendar.method.value == method
        assert event.status.value == status
        assert event.uid.value == "c1@dentalization"
        assert event.sequence.value == "3"
        assert event.dtstart.value == ENTRY.begins_at
        assert event.dtend.value == ENTRY.begins_at + timedelta(minutes=30)
        assert event.summary.value == "Dentist: Budi Santoso"
        assert event.location.value == "Klinik; Jl. A, 5"
        assert event.organizer.value == "mailto:no-reply@example.com"
        assert event.organizer.params["CN"] == ["Budi Santoso"]
        assert event.attendee.value == "mailto:siti@example.com"


@given(texts)
def test_a_name_adds_no_line_and_no_parameter(name: str) -> None:
    data = invitations.invitation(
        ENTRY, method="REQUEST", organizer=Party("a@example.com", name), attendee=YOU
    )
    [event] = rfc5545.read(data).inner
    organizer = event.one("ORGANIZER")
    assert organizer.value == "mailto:a@example.com"
    assert set(organizer.parameters) <= {"CN"}
