"""Read appointments, and take one from state to state."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dentalization.appointments import policy, queries, slot_queries
from dentalization.appointments.errors import NotYours, TooEarly, TooLate, WrongState
from dentalization.appointments.policy import Timing, Verb
from dentalization.appointments.queries import AppointmentRow, EventRow, LockedAppointment
from dentalization.appointments.tables import AppointmentStatus
from dentalization.db.database import Database
from dentalization.db.identity import Actor
from dentalization.db.keyset import NEWEST, Page, TimeKey, page_of
from dentalization.db.transaction import Transaction
from dentalization.errors import NotFound
from dentalization.profiles.errors import ChangedMeanwhile

_LOOKS_BACK = timedelta(days=1)
_Then = Callable[[Transaction, LockedAppointment], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class AppointmentWithHistory:
    appointment: AppointmentRow
    events: list[EventRow]


async def appointments(
    db: Database,
    *,
    actor: Actor,
    patient_id: str | None = None,
    begin: datetime | None = None,
    end: datetime | None = None,
    after: str | None = None,
    limit: int,
) -> Page[AppointmentRow]:
    """Those that begin from ``begin`` (by default, a day ago) to before ``end``, in the order of time.

    Of ``patient_id``, or the actor's own: a doctor's are those of the calendar.
    """
    place = TimeKey(begin or datetime.now(UTC) - _LOOKS_BACK, "") if after is None else TimeKey.after(after)
    window = {"after_at": place.at, "after_id": place.id, "until": end or NEWEST, "limit": limit + 1}
    if actor.doctor_id and patient_id is None:
        rows = await db.read(actor, queries.OF_DOCTOR, doctor_id=actor.doctor_id, **window)
    else:
        rows = await db.read(actor, queries.OF_PATIENT, patient_id=patient_id or actor.patient_id, **window)
    return page_of(rows, limit, lambda row: (row.scheduled_at, row.id))


async def past(
    db: Database, *, actor: Actor, patient_id: str | None = None, after: str | None = None, limit: int
) -> Page[AppointmentRow]:
    """The patient's, or one's own, that began before now; the newest first. Raises BadCursor."""
    place = TimeKey(datetime.now(UTC), "") if after is None else TimeKey.after(after)
    rows = await db.read(
        actor,
        queries.PAST_OF_PATIENT,
        patient_id=patient_id or actor.patient_id,
        before_at=place.at,
        before_id=place.id,
        limit=limit + 1,
    )
    return page_of(rows, limit, lambda row: (row.scheduled_at, row.id))


async def appointment(db: Database, *, actor: Actor, appointment_id: str) -> AppointmentRow:
    """Raises NotFound for what is not there and for what the actor may not see."""
    found = await db.read_one(actor, queries.APPOINTMENT, appointment_id=appointment_id)
    if found is None:
        raise NotFound("There is no such appointment.")
    return found


async def with_history(db: Database, *, actor: Actor, appointment_id: str) -> AppointmentWithHistory:
    """The appointment and all that happened to it, oldest first. Raises NotFound."""
    found = await appointment(db, actor=actor, appointment_id=appointment_id)
    return AppointmentWithHistory(found, await db.read(actor, queries.HISTORY, appointment_id=appointment_id))


async def confirm(
    db: Database, *, actor: Actor, appointment_id: str, seen_at: datetime | None = None
) -> AppointmentRow:
    """The doctor says that it stands."""
    return await _take(db, actor, appointment_id, Verb.CONFIRM, seen_at=seen_at)


async def check_in(
    db: Database, *, actor: Actor, appointment_id: str, seen_at: datetime | None = None
) -> AppointmentRow:
    """The patient has come; a second time changes nothing."""

    async def note(transaction: Transaction, found: LockedAppointment) -> None:
        await transaction.run(
            queries.CHECK_IN,
            appointment_id=found.id,
            doctor_id=found.doctor_id,
            patient_id=found.patient_id,
        )

    return await _take(db, actor, appointment_id, Verb.CHECK_IN, then=note, seen_at=seen_at)


async def start(
    db: Database, *, actor: Actor, appointment_id: str, seen_at: datetime | None = None
) -> AppointmentRow:
    """The treatment begins."""
    return await _take(db, actor, appointment_id, Verb.START, seen_at=seen_at)


async def complete(
    db: Database,
    *,
    actor: Actor,
    appointment_id: str,
    notes: str | None = None,
    seen_at: datetime | None = None,
) -> AppointmentRow:
    """The treatment is over; ``notes`` replace those of the appointment."""

    async def write(transaction: Transaction, found: LockedAppointment) -> None:
        if notes is not None:
            await transaction.run(queries.SET_NOTES, appointment_id=found.id, remarks=notes)

    return await _take(db, actor, appointment_id, Verb.COMPLETE, then=write, seen_at=seen_at)


async def cancel(
    db: Database,
    *,
    actor: Actor,
    appointment_id: str,
    reason: str | None = None,
    seen_at: datetime | None = None,
) -> AppointmentRow:
    """It will not take place; its time goes to the next of the waiting list, or is free again.

    Patients until 12 hours before (TooLate).
    """
    before = await appointment(db, actor=actor, appointment_id=appointment_id)

    async def hold(transaction: Transaction) -> None:
        # The calendar before the row, as everybody who takes both.
        await transaction.one(slot_queries.LOCK_CALENDAR, doctor=before.doctor_id, patient=None)

    return await _take(db, actor, appointment_id, Verb.CANCEL, first=hold, reason=reason, seen_at=seen_at)


async def mark_no_show(
    db: Database,
    *,
    actor: Actor,
    appointment_id: str,
    reason: str | None = None,
    seen_at: datetime | None = None,
) -> AppointmentRow:
    """The patient has not come. Raises TooEarly before its begin."""
    return await _take(db, actor, appointment_id, Verb.NO_SHOW, reason=reason, seen_at=seen_at)


async def locked(
    transaction: Transaction, actor: Actor, appointment_id: str, verb: Verb, *, seen_at: datetime | None
) -> LockedAppointment:
    """The appointment, locked, if ``verb`` is possible now.

    Raises NotFound, NotYours, ChangedMeanwhile, WrongState, TooEarly, TooLate.
    """
    found = await transaction.one(queries.LOCK_APPOINTMENT, appointment_id=appointment_id)
    if found is None:
        if await transaction.one(queries.APPOINTMENT, appointment_id=appointment_id):
            raise NotYours  # somebody who may read it, but whose it is not
        raise NotFound("There is no such appointment.")
    rule = policy.BY_VERB[verb]
    if actor.role not in rule.who:
        raise NotYours
    if seen_at is not None and seen_at != found.updated_at:
        raise ChangedMeanwhile
    if found.status not in rule.before:
        raise WrongState(
            f"This appointment is {found.status}; to {verb.value} it, it would have to be "
            f"{' or '.join(rule.before)}."
        )
    match policy.timing(verb, actor.role, begins_at=found.scheduled_at, now=datetime.now(UTC)):
        case Timing.TOO_LATE:
            raise TooLate
        case Timing.TOO_EARLY:
            raise TooEarly
    return found


async def say_why(transaction: Transaction, appointment_id: str, reason: str | None) -> None:
    """Adds the reason to what this transaction has just done."""
    if reason:
        event = await transaction.one(queries.NEWEST_EVENT, appointment_id=appointment_id)
        if event is not None:
            await transaction.run(queries.SAY_WHY, event_id=event.id, why=reason)


async def _take(
    db: Database,
    actor: Actor,
    appointment_id: str,
    verb: Verb,
    *,
    first: Callable[[Transaction], Awaitable[None]] | None = None,
    then: _Then | None = None,
    reason: str | None = None,
    seen_at: datetime | None = None,
) -> AppointmentRow:
    outcome: AppointmentStatus | None = policy.BY_VERB[verb].after

    async def work(transaction: Transaction) -> None:
        if first is not None:
            await first(transaction)
        found = await locked(transaction, actor, appointment_id, verb, seen_at=seen_at)
        if outcome is not None:
            await transaction.run(queries.SET_STATUS, appointment_id=appointment_id, outcome=outcome)
        if then is not None:
            await then(transaction, found)
        await say_why(transaction, appointment_id, reason)

    await db.transaction(actor, work)
    return await appointment(db, actor=actor, appointment_id=appointment_id)
