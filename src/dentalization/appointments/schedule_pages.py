"""The page on which dentists set their working hours, the terms of booking, and days that are different."""

from __future__ import annotations

import zoneinfo
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response

from dentalization.appointments import schedules, wall_clock
from dentalization.appointments.schedule_queries import SessionRow
from dentalization.appointments.schedule_tables import DAY_MINUTES, DoctorSchedule, ExceptionKind
from dentalization.appointments.schedules import Calendar, CalendarSettings
from dentalization.appointments.spoken_times import spoken_times
from dentalization.appointments.typed import typed_day
from dentalization.context import Context
from dentalization.db.identity import Actor
from dentalization.db.row import camel
from dentalization.edge.acting import AtHand
from dentalization.edge.answers import Text, etag, seen_at
from dentalization.edge.pages import (
    Form,
    Visitor,
    WrongField,
    errors_of,
    field,
    redirect,
    render,
    short,
)
from dentalization.errors import Conflict, InvalidInput
from dentalization.profiles.errors import ChangedMeanwhile

router = APIRouter(include_in_schema=False)

SESSIONS_SHOWN = 3
"""So many rows a day at least; more where more are set."""
MOST_SESSIONS = 10
_INDONESIAN = ("Asia/Jakarta", "Asia/Pontianak", "Asia/Makassar", "Asia/Jayapura")
_NUMBERS = tuple(name for name in CalendarSettings.__dataclass_fields__ if name != "time_zone")
_LONGEST_REASON = 500


@router.get("/calendar/hours")
async def hours(request: Request, actor: Visitor, at_hand: AtHand, saved: bool = False) -> Response:
    return await _page(request, at_hand, actor, saved=saved)


@router.post("/calendar/hours")
async def set_hours(request: Request, form: Form, actor: Visitor, at_hand: AtHand) -> Response:
    """Replaces settings and hours."""
    typed = _typed_hours(form)
    errors: dict[str, str] = {}
    try:
        await schedules.set_calendar(
            at_hand.db,
            actor=actor,
            settings=_settings(typed),
            hours=_sessions(typed),
            seen_at=seen_at(field(form, "seen") or None),
        )
    except (InvalidInput, Conflict, ChangedMeanwhile) as error:
        errors = dict(errors_of(request, error))
        return await _page(request, at_hand, actor, typed=typed, errors=errors)
    return redirect("/calendar/hours?saved=true")


def _typed_hours(form: Form) -> dict[str, str]:
    times = (
        f"{end}-{day}-{number}"
        for day in range(1, 8)
        for number in range(MOST_SESSIONS)
        for end in ("opens", "closes")
    )
    return {name: field(form, name) for name in ("timeZone", *map(camel, _NUMBERS), *times)}


def _settings(typed: Mapping[str, str]) -> CalendarSettings:
    """Raises WrongField."""
    numbers: dict[str, int] = {}
    for name in _NUMBERS:
        sent = typed[camel(name)]
        if not (sent.isascii() and sent.isdecimal() and len(sent) < 7):
            raise WrongField("no-number", field=camel(name))
        numbers[name] = int(sent)
    return CalendarSettings(time_zone=typed["timeZone"], **numbers)


def _sessions(typed: Mapping[str, str]) -> list[SessionRow]:
    """Raises WrongField."""
    found = []
    for day in range(1, 8):
        for number in range(MOST_SESSIONS):
            session = _session(typed[f"opens-{day}-{number}"], typed[f"closes-{day}-{number}"],
                               field=f"opens-{day}-{number}")  # fmt: skip
            if session:
                found.append(SessionRow(day, *session))
    return found


def _session(opens: str, closes: str, *, field: str) -> tuple[int, int] | None:
    """Minutes after midnight; a session that closes at 00:00 goes on until midnight. Raises WrongField."""
    if not opens and not closes:
        return None
    try:
        begin, end = wall_clock.minutes_of(opens[:5]), wall_clock.minutes_of(closes[:5]) or DAY_MINUTES
    except ValueError:
        raise WrongField("no-session", field=field) from None
    if not 0 <= begin < end <= DAY_MINUTES:
        raise WrongField("no-session", field=field)
    return begin, end


@router.post("/calendar/exceptions")
async def add_exception(request: Request, form: Form, actor: Visitor, at_hand: AtHand) -> Response:
    """A day or a part of it is closed, or has an extra session."""
    typed = {name: field(form, name) for name in ("day", "kind", "opens", "closes", "exceptionReason")}
    try:
        session = _session(typed["opens"], typed["closes"], field="opens")
        opens, closes = session or (None, None)
        await schedules.add_exception(
            at_hand.db,
            actor=actor,
            day=typed_day(typed["day"]),
            kind=_kind(typed["kind"]),
            opens=opens,
            closes=closes,
            reason=short(typed["exceptionReason"], _LONGEST_REASON, "exceptionReason") or None,
        )
    except (InvalidInput, Conflict, ChangedMeanwhile) as error:
        return await _page(request, at_hand, actor, different=typed, errors=errors_of(request, error))
    return redirect("/calendar/hours")


def _kind(sent: str) -> ExceptionKind:
    try:
        return ExceptionKind(sent)
    except ValueError:
        raise WrongField("empty", field="kind") from None


@router.post("/calendar/exceptions/{exception_id}/removal")
async def remove_exception(
    exception_id: Text,
    form: Form,  # noqa: ARG001 - its token is checked
    actor: Visitor,
    at_hand: AtHand,
) -> Response:
    await schedules.remove_exception(at_hand.db, actor=actor, exception_id=exception_id)
    return redirect("/calendar/hours")


async def _page(
    request: Request,
    at_hand: Context,
    actor: Actor,
    *,
    typed: Mapping[str, str] | None = None,
    different: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
    saved: bool = False,
) -> Response:
    found = await schedules.calendar(at_hand.db, actor=actor)
    zone = found.settings.time_zone if found.settings else at_hand.settings.time_zone
    today = wall_clock.day_of(datetime.now(UTC), zone)
    coming = await schedules.exceptions(at_hand.db, actor=actor, begin=today)
    return render(
        request,
        "hours.html",
        status=422 if errors else 200,
        typed=typed or _stored(found, zone),
        numbers=[camel(name) for name in _NUMBERS],
        sessions=range(max([SESSIONS_SHOWN, *Counter(one.weekday for one in found.hours).values()])),
        zones=[("zones-indonesia", _INDONESIAN), ("zones-others", _other_zones())],
        seen=etag(found.settings.updated_at) if found.settings else "",
        exceptions=coming,
        kinds=list(ExceptionKind),
        different=different or dict.fromkeys(("day", "kind", "opens", "closes", "exceptionReason"), ""),
        errors=errors or {},
        saved=saved,
        time_of_day=wall_clock.time_of_day,
        **spoken_times(request),
    )


def _other_zones() -> Sequence[str]:
    """Those of places, which is what people know; not the database's shorthand such as EST5EDT."""
    return sorted(
        name
        for name in zoneinfo.available_timezones()
        if "/" in name and not name.startswith(("Etc/", "SystemV/", "posix/", "right/", "US/"))
        and name not in _INDONESIAN
    )  # fmt: skip


def _stored(found: Calendar, zone: str) -> dict[str, str]:
    """What the form shows before anything is typed; where nothing is set yet, the table's own defaults."""
    shown = {"timeZone": zone}
    for name in _NUMBERS:
        usual = DoctorSchedule.__table__.c[name].server_default
        shown[camel(name)] = str(getattr(found.settings, name) if found.settings else usual.arg.text)
    for day in range(1, 8):
        mine = [one for one in found.hours if one.weekday == day]
        for number in range(MOST_SESSIONS):
            one = mine[number] if number < len(mine) else None
            shown[f"opens-{day}-{number}"] = wall_clock.time_of_day(one.opens) if one else ""
            # A time input knows no 24:00; the midnight at a session's end is 00:00 there.
            shown[f"closes-{day}-{number}"] = wall_clock.time_of_day(one.closes % DAY_MINUTES) if one else ""
    return shown
