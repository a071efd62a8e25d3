"""Who is examined when, by whom, and what becomes of it: arrays with one entry for each diagnosis.

Times are whole milliseconds since 1970 in UTC, as in ids. Nothing here knows the database.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dentalization.ops.seed.pictures import ANSWERS, PICTURES, XRAYS

Numbers = NDArray[np.int64]

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
YEARS = 3 * 365 * DAY
NOBODY = -1
NEVER = -1

PENDING, REVIEWED, CONFIRMED, REJECTED = range(4)
"""Places of the statuses in DiagnosisStatus."""

SLOTS_A_DAY = 16
SLOT_MINUTES = 30
OPENS = 8 * 60
"""In minutes after midnight in Jakarta."""
CLOSES = OPENS + SLOTS_A_DAY * SLOT_MINUTES
_OPENS = OPENS * MINUTE - 7 * HOUR
_MONDAY = 4 * DAY  # 1970-01-05
OPEN_DAYS = 6
"""Monday to Saturday."""


@dataclass(frozen=True)
class Plan:
    """All arrays but ``registered`` are ordered by ``at``, the time of the diagnosis."""

    registered: Numbers
    """One entry for each patient, ascending."""
    at: Numbers
    patient: Numbers
    doctor: Numbers
    """NOBODY where no dentist has taken the case."""
    status: Numbers
    claimed_at: Numbers
    decided_at: Numbers
    picture: Numbers
    answer: Numbers
    visit_at: Numbers
    """Begin of the appointment that follows, or NEVER. Nobody has two at once."""
    first_contact: NDArray[np.bool_]
    """The first diagnosis that joins this doctor and this patient."""

    def __len__(self) -> int:
        return len(self.at)


def make_plan(
    chance: np.random.Generator, *, patients: int, diagnoses: int, doctors: int, until: int
) -> Plan:
    """``doctors`` are those who may take cases. Everything but some appointments is over at ``until``."""
    begin = until - YEARS
    registered = np.sort(begin + (chance.random(patients) * (YEARS - DAY)).astype(np.int64))
    # Some come often and some never; a few doctors have very many patients.
    patient = (patients * chance.random(diagnoses) ** 1.3).astype(np.int64)
    patient = chance.permutation(patients)[patient]
    home = (doctors * chance.random(patients) ** 2).astype(np.int64)
    if patients and diagnoses:  # of the first patient and the first doctor there is always something to see
        patient[: min(diagnoses, 6)], home[0], registered[0] = 0, 0, begin
    since = registered[patient] + HOUR
    at = since + (chance.random(diagnoses) * (until - HOUR - since)).astype(np.int64)
    order = np.argsort(at, kind="stable")
    at, patient = at[order], patient[order]
    status, taken = _outcomes(chance, diagnoses)
    elsewhere = chance.random(diagnoses) < 0.05
    chosen = np.where(elsewhere, chance.integers(0, doctors, diagnoses), home[patient])
    doctor = np.where(taken, chosen, NOBODY)
    claimed_at = _later(chance, at, until, 9 * HOUR)
    xray = chance.random(diagnoses) < 0.2
    return Plan(
        registered=registered,
        at=at,
        patient=patient,
        doctor=doctor,
        status=status,
        claimed_at=claimed_at,
        decided_at=_later(chance, claimed_at, until, 15 * HOUR),
        picture=np.where(
            xray,
            chance.integers(PICTURES - XRAYS, PICTURES, diagnoses),
            chance.integers(0, PICTURES - XRAYS, diagnoses),
        ),
        answer=chance.integers(0, ANSWERS, diagnoses),
        visit_at=_visits(chance, claimed_at, doctor, patient),
        first_contact=_first_contacts(doctor, patient, patients),
    )


def _outcomes(chance: np.random.Generator, diagnoses: int) -> tuple[Numbers, NDArray[np.bool_]]:
    """Status, and whether a dentist has the case: among the newest 5 % half still wait, some unclaimed."""
    status = chance.choice(np.array([REVIEWED, CONFIRMED, REJECTED]), diagnoses, p=(0.18, 0.68, 0.14)).astype(
        np.int64
    )
    newest = np.arange(diagnoses) >= diagnoses - max(20, diagnoses // 20)
    draw = chance.random(diagnoses)
    status[newest & (draw < 0.5)] = PENDING
    return status, ~(newest & (draw < 0.2))


def _later(chance: np.random.Generator, at: Numbers, until: int, mean: int) -> Numbers:
    """A while after each of ``at``, and before ``until``."""
    later: Numbers = at + np.minimum(chance.exponential(mean, len(at)), (until - at) * 0.9).astype(np.int64)
    return later


def _visits(chance: np.random.Generator, after: Numbers, doctor: Numbers, patient: Numbers) -> Numbers:
    """One case in seven, more of the newest, leads to an appointment in the doctor's next free half hour.

    Where a patient would be with two doctors at once, there is no second appointment.
    """
    newest = np.arange(len(after)) >= len(after) - max(20, len(after) // 50)
    booked = (doctor != NOBODY) & (chance.random(len(after)) < np.where(newest, 0.5, 0.14))
    rows = np.flatnonzero(booked)
    wished = _first_slot(after[rows] + (1 + 20 * chance.random(len(rows))) * DAY)
    order = np.lexsort((wished, doctor[rows]))
    rows, wished = rows[order], wished[order]
    # Within each doctor slots must rise by at least one: slot - place must not fall. Setting the doctors
    # far apart lets one running maximum serve all of them.
    apart = doctor[rows] * (4 * int(wished.max(initial=0)) + 4 * len(rows))
    place = np.arange(len(rows))
    taken = np.maximum.accumulate(apart + wished - place) + place - apart
    visit_at = np.full(len(after), NEVER, dtype=np.int64)
    begins = _slot_begin(taken)
    first = np.unique(np.stack((patient[rows], begins)), axis=1, return_index=True)[1]
    visit_at[rows[first]] = begins[first]
    return visit_at


def _first_slot(at: NDArray[np.float64]) -> Numbers:
    """The number of a half hour on the day of ``at``, counted from 1970; a Sunday's are the Monday's."""
    week, of_week = np.divmod(((at - _MONDAY) // DAY).astype(np.int64), 7)
    of_day = (at % DAY * SLOTS_A_DAY // DAY).astype(np.int64)
    slot: Numbers = (week * OPEN_DAYS + of_week) * SLOTS_A_DAY + of_day
    return slot


def _slot_begin(slot: Numbers) -> Numbers:
    day, of_day = np.divmod(slot, SLOTS_A_DAY)
    week, of_week = np.divmod(day, OPEN_DAYS)
    begin: Numbers = _MONDAY + (week * 7 + of_week) * DAY + _OPENS + of_day * SLOT_MINUTES * MINUTE
    return begin


def _first_contacts(doctor: Numbers, patient: Numbers, patients: int) -> NDArray[np.bool_]:
    pairs = np.where(doctor == NOBODY, NOBODY, doctor * patients + patient)
    found, first = np.unique(pairs, return_index=True)
    contacts = np.zeros(len(pairs), dtype=np.bool_)
    contacts[first[found != NOBODY]] = True
    return contacts
