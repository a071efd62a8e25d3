"""What pages about appointments need to say when something is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from fastapi import Request

from dentalization.appointments import wall_clock
from dentalization.edge.acting import context_of
from dentalization.edge.pages import language_of


def spoken_times(request: Request) -> Mapping[str, Any]:
    """Functions for templates, in the visitor's language; a zone of None is the installation's own."""
    language = language_of(request)
    usual = context_of(request).settings.time_zone

    def spoken(moment: datetime, zone: str | None) -> str:
        return wall_clock.spoken(moment, zone or usual, language)

    def hour(moment: datetime, zone: str | None) -> str:
        return wall_clock.hour(moment, zone or usual, language)

    def clock(moment: datetime, zone: str | None) -> str:
        return wall_clock.clock(moment, zone or usual)

    def day_spoken(day: date) -> str:
        return wall_clock.day_spoken(day, language)

    def weekday(number: int) -> str:
        return wall_clock.weekday(number, language)

    return {"spoken": spoken, "hour": hour, "clock": clock, "day_spoken": day_spoken, "weekday": weekday}
