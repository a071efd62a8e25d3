"""What people type or press in forms about appointments, as values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from dentalization.appointments import wall_clock
from dentalization.appointments.errors import Slot
from dentalization.appointments.tables import LONGEST_MINUTES
from dentalization.edge.pages import WrongField

LONGEST_REASON = 1000


def pressed_slot(sent: str) -> Slot:
    """The inverse of what a form's button says: '2026-11-24T03:00:00+00:00/30'. Raises WrongField."""
    moment, _, minutes = sent.partition("/")
    try:
        at, duration = datetime.fromisoformat(moment), int(minutes)
    except ValueError:
        raise WrongField("no-slot") from None
    if at.tzinfo is None or not 1 <= duration <= LONGEST_MINUTES:
        raise WrongField("no-slot")
    return Slot(at, duration)


def typed_slot(typed: Mapping[str, str], zone: str) -> Slot:
    """Of the fields ``day``, ``time`` and ``duration``, by the clock of ``zone``.

    Raises WrongField, NoSuchTime.
    """
    return Slot(
        wall_clock.moment_of(typed_day(typed["day"]), typed["time"], zone), typed_minutes(typed["duration"])
    )


def typed_day(sent: str) -> date:
    """Raises WrongField."""
    try:
        return date.fromisoformat(sent)
    except ValueError:
        raise WrongField("no-date", field="day") from None


def typed_minutes(sent: str) -> int:
    if not (sent.isascii() and sent.isdecimal() and len(sent) < 5 and int(sent) > 0):
        raise WrongField("no-number", field="duration")
    return int(sent)
