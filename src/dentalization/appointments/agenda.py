"""A dentist's calendar as it is looked at: days with their appointments, free slots and exceptions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from dentalization.appointments import schedules, service, wall_clock
from dentalization.appointments.errors import Slot
from dentalization.appointments.queries import AppointmentRow
from dentalization.appointments.schedule_queries import ExceptionRow
from dentalization.appointments.tables import OCCUPYING
from dentalization.db.database import Database
from dentalization.db.identity import Actor
from dentalization.db.keyset import MAX_LIMIT


@dataclass(frozen=True, slots=True)
class AgendaDay:
    """``entries`` are appointments and free slots by their beginnings."""

    day: date
    exceptions: Sequence[ExceptionRow]
    entries: Sequence[AppointmentRow | Slot]

    @property
    def appointments(self) -> list[AppointmentRow]:
        """Those that take up time, or have."""
        return [entry for entry in self.entries if isinstance(entry, AppointmentRow)]

    @property
    def coming(self) -> int:
        return sum(one.status in OCCUPYING for one in self.appointments)


async def agenda(db: Database, *, actor: Actor, zone: str, first: date, days: int) -> list[AgendaDay]:
    """So many days from ``first`` by the clock of ``zone``. Raises NotAllowed, NotVerified, InvalidInput."""
    last = first + timedelta(days=days - 1)
    different = await schedules.exceptions(db, actor=actor, begin=first, end=last)
    free = await schedules.free_slots(db, actor=actor, doctor_id=actor.doctor_id, begin=first, end=last)
    entries: list[AppointmentRow | Slot] = [*await _booked(db, actor, zone, first, days), *free]
    entries.sort(key=lambda entry: entry.scheduled_at)
    return list(_by_day(first, days, zone, different, entries))


async def _booked(db: Database, actor: Actor, zone: str, first: date, days: int) -> list[AppointmentRow]:
    found: list[AppointmentRow] = []
    after = None
    while True:
        page = await service.appointments(
            db,
            actor=actor,
            begin=wall_clock.begin_of(first, zone),
            end=wall_clock.begin_of(first + timedelta(days=days), zone),
            after=after,
            limit=MAX_LIMIT,
        )
        found += page.items
        after = page.next
        if after is None:
            return found


def _by_day(
    first: date,
    days: int,
    zone: str,
    different: Sequence[ExceptionRow],
    entries: Sequence[AppointmentRow | Slot],
) -> Iterator[AgendaDay]:
    for number in range(days):
        day = first + timedelta(days=number)
        yield AgendaDay(
            day,
            [one for one in different if one.day == day],
            [entry for entry in entries if wall_clock.day_of(entry.scheduled_at, zone) == day],
        )
