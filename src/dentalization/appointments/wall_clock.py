"""Moments by the clock on the dentist's wall, in words: which day, which hour, and whose clock that is."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from dentalization.appointments.errors import NoSuchTime

_DAYS: Final = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "id": ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu"),
}
_MONTHS: Final = {
    "en": ("January", "February", "March", "April", "May", "June", "July", "August", "September",
           "October", "November", "December"),
    "id": ("Januari", "Februari", "Maret", "April", "Mei", "Juni", "Juli", "Agustus", "September",
           "Oktober", "November", "Desember"),
}  # fmt: skip
_FORM: Final = {"en": "{day}, {hour} {zone}", "id": "{day}, pukul {hour} {zone}"}
_HOUR: Final = {"en": "{0:%H:%M}", "id": "{0:%H.%M}"}


def spoken(moment: datetime, zone: str, language: str) -> str:
    """Day, hour and clock, as 'Monday, 23 November 2026, 10:00 WIB': WIB, WITA and WIT are three."""
    local = moment.astimezone(ZoneInfo(zone))
    return _FORM[language].format(
        day=day_spoken(local.date(), language), hour=hour(moment, zone, language), zone=clock(moment, zone)
    )


def day_spoken(day: date, language: str) -> str:
    """As 'Monday, 23 November 2026'."""
    return f"{weekday(day.isoweekday(), language)}, {day.day} {_MONTHS[language][day.month - 1]} {day.year}"


def weekday(number: int, language: str) -> str:
    """``number`` as ISO counts: 1 is Monday."""
    return _DAYS[language][number - 1]


def hour(moment: datetime, zone: str, language: str) -> str:
    """As '10:00', in Indonesian '10.00'."""
    return _HOUR[language].format(moment.astimezone(ZoneInfo(zone)))


def clock(moment: datetime, zone: str) -> str:
    """What the clock is called at this moment; zones without letters of their own are called '+07'."""
    name = moment.astimezone(ZoneInfo(zone)).tzname() or zone
    return name if name.isalpha() else f"UTC{name}"


def day_of(moment: datetime, zone: str) -> date:
    return moment.astimezone(ZoneInfo(zone)).date()


def begin_of(day: date, zone: str) -> datetime:
    """The moment at which the day begins there."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))


def moment_of(day: date, at: str, zone: str) -> datetime:
    """The moment at which the wall shows ``at`` ('09:30'), where twice the first one.

    Raises NoSuchTime for what is no time of day, and for one that the clock leaves out on that day.
    """
    try:
        local = datetime.fromisoformat(f"{day.isoformat()}T{at}").replace(tzinfo=ZoneInfo(zone))
        back = local.astimezone(UTC).astimezone(ZoneInfo(zone))
    except (ValueError, OverflowError):
        raise NoSuchTime(field="time") from None
    if back.replace(tzinfo=None) != local.replace(tzinfo=None):
        raise NoSuchTime(field="time")
    return local


def minutes_of(time: str) -> int:
    """Minutes after midnight of '09:30'. Raises ValueError for what is not written so."""
    hours, minutes = time.split(":")
    return int(hours) * 60 + int(minutes)


def time_of_day(minutes: int) -> str:
    """The inverse; 1440 is '24:00'."""
    return f"{minutes // 60:02}:{minutes % 60:02}"
