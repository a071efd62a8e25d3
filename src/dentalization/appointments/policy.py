"""Who may do what with an appointment, in which state and when: one table for code, database and docs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from dentalization.appointments.tables import OCCUPYING, AppointmentStatus

DOCTOR, PATIENT = "DOCTOR", "PATIENT"

_S = AppointmentStatus


class Verb(StrEnum):
    CONFIRM = "confirm"
    CHECK_IN = "check in"
    START = "start"
    COMPLETE = "complete"
    CANCEL = "cancel"
    NO_SHOW = "no-show"
    RESCHEDULE = "reschedule"


@dataclass(frozen=True, slots=True)
class Transition:
    """``verb`` takes an appointment from one of ``before`` to ``after``; None: its status stays.

    ``patients_until`` is how long before its begin a patient may still do it, ``patients_from`` how long
    before at the earliest; a doctor is free in both. ``not_before_begin`` holds for everybody.
    """

    verb: Verb
    before: tuple[AppointmentStatus, ...]
    after: AppointmentStatus | None
    who: tuple[str, ...]
    patients_until: timedelta = timedelta(0)
    patients_from: timedelta | None = None
    not_before_begin: bool = False


_COMING = (_S.SCHEDULED, _S.CONFIRMED)
TRANSITIONS: Final[tuple[Transition, ...]] = (
    Transition(Verb.CONFIRM, (_S.SCHEDULED,), _S.CONFIRMED, (DOCTOR,)),
    Transition(
        Verb.CHECK_IN, _COMING, None, (DOCTOR, PATIENT),
        patients_until=timedelta(hours=-1), patients_from=timedelta(hours=1),
    ),
    Transition(Verb.START, _COMING, _S.IN_PROGRESS, (DOCTOR,)),
    Transition(Verb.COMPLETE, (_S.IN_PROGRESS,), _S.COMPLETED, (DOCTOR,)),
    Transition(Verb.CANCEL, _COMING, _S.CANCELLED, (DOCTOR, PATIENT), patients_until=timedelta(hours=12)),
    Transition(Verb.NO_SHOW, _COMING, _S.NO_SHOW, (DOCTOR,), not_before_begin=True),
    Transition(
        Verb.RESCHEDULE, _COMING, _S.SCHEDULED, (DOCTOR, PATIENT), patients_until=timedelta(hours=24)
    ),
)  # fmt: skip
BY_VERB: Final = {one.verb: one for one in TRANSITIONS}

MOVABLE: Final = BY_VERB[Verb.RESCHEDULE].before
"""While an appointment is in one of these, its time may change; it is SCHEDULED afterwards."""


class Timing(StrEnum):
    """Whether the time allows it."""

    RIGHT = "right"
    TOO_EARLY = "too early"
    TOO_LATE = "too late"


def timing(verb: Verb, role: str, *, begins_at: datetime, now: datetime) -> Timing:
    """The rule of time for ``verb``; both bounds belong to what is allowed."""
    rule, left = BY_VERB[verb], begins_at - now
    if rule.not_before_begin and left > timedelta(0):
        return Timing.TOO_EARLY
    if role == PATIENT:
        if left < rule.patients_until:
            return Timing.TOO_LATE
        if rule.patients_from is not None and left > rule.patients_from:
            return Timing.TOO_EARLY
    return Timing.RIGHT


def status_changes() -> Iterator[tuple[AppointmentStatus, AppointmentStatus, str]]:
    """(from, to, role) of every change of status, which the trigger in the database knows, too."""
    for rule in TRANSITIONS:
        for before in rule.before:
            if rule.after not in (None, before):
                assert rule.after is not None
                yield from ((before, rule.after, role) for role in rule.who)


def may_book_at_all(role: str) -> bool:
    return role in (DOCTOR, PATIENT)


def diagram() -> str:
    """The states as a Mermaid diagram."""
    lines = ["stateDiagram-v2", "    [*] --> SCHEDULED: book"]
    for rule in TRANSITIONS:
        lines += [f"    {before} --> {rule.after or before}: {rule.verb}" for before in rule.before]
    ends = [status for status in AppointmentStatus if status not in OCCUPYING]
    return "\n".join([*lines, *(f"    {status} --> [*]" for status in ends)])


def table() -> str:
    """Who may do what, as rows of Markdown."""
    return "\n".join(
        f"| {rule.verb} | {', '.join(rule.before)} | {rule.after or 'stays'} | "
        f"{', '.join(role.lower() for role in rule.who)} | {_times(rule) or '-'} |"
        for rule in TRANSITIONS
    )


def _times(rule: Transition) -> str:
    words = []
    if rule.not_before_begin:
        words.append("not before its begin")
    if PATIENT in rule.who:
        if rule.patients_from is not None:
            words.append(f"patients from {_hours(rule.patients_from)} before")
        late = rule.patients_until
        words.append(f"patients until {_hours(abs(late))} {'after' if late < timedelta(0) else 'before'}")
    return ", ".join(words)


def _hours(span: timedelta) -> str:
    return f"{span // timedelta(hours=1)} h"
