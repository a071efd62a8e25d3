"""Appointments as iCalendar (RFC 5545): invitations that calendars update in place, and feeds."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

from icalendar import Calendar, Event, vCalAddress, vText, vUri

PRODUCT: Final = "-//Dentalization//Appointments//EN"
Method = Literal["REQUEST", "CANCEL"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One appointment, in words that anybody may read who sees the calendar."""

    appointment_id: str
    sequence: int
    changed_at: datetime
    begins_at: datetime
    minutes: int
    summary: str
    location: str = ""
    description: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """An e-mail address and the name beside it, which may be empty."""

    email: str
    name: str = ""


def uid(appointment_id: str) -> str:
    """The same for as long as the appointment lives, wherever the service is reached."""
    return f"{appointment_id}@dentalization"


def invitation(entry: Entry, *, method: Method, organizer: Party, attendee: Party) -> bytes:
    """What a letter brings along (RFC 5546). Two calls with the same entry give the same bytes."""
    event = _event(entry)
    event.add("STATUS", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    event.add("ORGANIZER", _address(organizer))
    receiver = _address(attendee)
    # The patient has agreed by booking, and nobody reads answers: they are not asked for.
    receiver.params.update(
        {"CUTYPE": "INDIVIDUAL", "ROLE": "REQ-PARTICIPANT", "PARTSTAT": "ACCEPTED", "RSVP": "FALSE"}
    )
    event.add("ATTENDEE", receiver)
    calendar = _calendar()
    calendar.add("METHOD", method)
    calendar.add_component(event)
    return bytes(calendar.to_ical())


def feed(entries: Iterable[Entry], *, name: str) -> bytes:
    """A whole calendar; the same entries give the same bytes."""
    calendar = _calendar()
    for key in ("NAME", "X-WR-CALNAME"):  # RFC 7986, and what was there before it
        calendar.add(key, _Text(_clean(name)))
    for entry in entries:
        event = _event(entry)
        event.add("STATUS", "CONFIRMED")
        calendar.add_component(event)
    return bytes(calendar.to_ical())


class _Text(vText):
    r"""Escaped as RFC 5545, 3.3.11 asks; the library makes a line break of a '\N' that somebody typed."""

    def to_ical(self) -> bytes:
        escaped = self.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
        return bytes(escaped.encode())


def _calendar() -> Calendar:
    calendar = Calendar()
    calendar.add("PRODID", PRODUCT)
    calendar.add("VERSION", "2.0")
    calendar.add("CALSCALE", "GREGORIAN")
    return calendar


def _event(entry: Entry) -> Event:
    begins_at = entry.begins_at.astimezone(UTC)
    event = Event()
    event.add("UID", uid(entry.appointment_id))
    event.add("SEQUENCE", entry.sequence)
    # Of the change and not of the writing, so that a repeat is no news.
    event.add("DTSTAMP", entry.changed_at.astimezone(UTC))
    event.add("LAST-MODIFIED", entry.changed_at.astimezone(UTC))
    event.add("DTSTART", begins_at)
    event.add("DTEND", begins_at + timedelta(minutes=entry.minutes))
    event.add("SUMMARY", _Text(_clean(entry.summary)))
    for key, text in (("LOCATION", entry.location), ("DESCRIPTION", entry.description)):
        if text:
            event.add(key, _Text(_clean(text)))
    if entry.url:
        event.add("URL", vUri(entry.url))
    event.add("TRANSP", "OPAQUE")
    return event


def _address(party: Party) -> vCalAddress:
    address = vCalAddress(f"mailto:{party.email}")
    if party.name:
        # A parameter has no way to write a quotation mark (RFC 5545, 3.2), nor a line break.
        address.params["CN"] = " ".join(_clean(party.name).replace('"', "'").split())
    return address


def _clean(text: str) -> str:
    """Without control characters, which no iCalendar text may hold; line breaks stay."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        " " if unicodedata.category(one) in ("Cc", "Zl", "Zp") and one != "\n" else one for one in text
    )
