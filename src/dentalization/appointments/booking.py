"""Make an appointment, and move one: what stands against it is asked and written under one lock."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from dentalization.appointments import policy, queries, service, slot_queries
from dentalization.appointments.access import DOCTOR_OVERLAP, PATIENT_OVERLAP
from dentalization.appointments.errors import (
    DoctorNotVerified,
    InThePast,
    NoCalendar,
    NoSchedule,
    NoticeTooShort,
    NotVerified,
    OutsideWorkingHours,
    OverbookingForDoctors,
    PatientBusy,
    SlotTaken,
    TooFarAhead,
    TooLong,
)
from dentalization.appointments.line import in_line
from dentalization.appointments.policy import Verb
from dentalization.appointments.queries import AppointmentRow, LockedAppointment
from dentalization.appointments.schedule_tables import MOST_DAYS
from dentalization.appointments.slot_queries import Terms
from dentalization.db.database import Database
from dentalization.db.errors import RuleBroken
from dentalization.db.idempotency import fingerprint, once
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.db.transaction import Transaction
from dentalization.errors import InvalidInput, NotFound

OFFERED = 5
"""So many free slots are told to whoever finds one taken."""
_OFFERED_DAYS = 60


async def book(
    db: Database,
    *,
    actor: Actor,
    doctor_id: str,
    scheduled_at: datetime,
    duration: int,
    reason: str,
    patient_id: str | None = None,
    overbooking: str | None = None,
    idempotency_key: str | None = None,
) -> AppointmentRow:
    """Makes an appointment; ``duration`` in minutes. A doctor names a patient in care.

    With ``overbooking``, a reason that only the doctor of the calendar may give, another appointment at that
    time, working hours and notice do not count. Raises NoCalendar, NotFound, SlotTaken with the next free
    slots, and the other errors of `appointments.errors`.
    """
    if not policy.may_book_at_all(actor.role):
        raise NoCalendar
    patient = _patient(actor, doctor_id, patient_id)
    if overbooking is not None and not actor.doctor_id:
        raise OverbookingForDoctors
    asked = fingerprint(
        "appointment", doctor_id, patient, scheduled_at.isoformat(), str(duration), reason, overbooking or ""
    )

    async def add(transaction: Transaction) -> dict[str, Any]:
        async def make() -> dict[str, Any]:
            await transaction.one(slot_queries.LOCK_CALENDAR, doctor=doctor_id, patient=patient)
            return {
                "id": await place(
                    transaction, actor, doctor_id=doctor_id, patient_id=patient, scheduled_at=scheduled_at,
                    duration=duration, reason=reason, overbooking=overbooking,
                )
            }  # fmt: skip

        return await once(transaction, actor, key=idempotency_key, request=asked, make=make)

    made = await in_turn(db, actor, doctor_id, add, scheduled_at, duration)
    return await service.appointment(db, actor=actor, appointment_id=made["id"])


async def place(
    transaction: Transaction,
    actor: Actor,
    *,
    doctor_id: str,
    patient_id: str,
    scheduled_at: datetime,
    duration: int,
    reason: str,
    overbooking: str | None = None,
) -> str:
    """Asks what stands against it and writes it; to be called under the calendar's lock. Returns its id."""
    overbooked = overbooking is not None
    await _check(transaction, actor, doctor_id, patient_id, scheduled_at, duration, overbooked=overbooked)
    appointment_id = new_id()
    if overbooking is not None:
        await _say_why_overbooked(transaction, actor, appointment_id, doctor_id, patient_id, overbooking)
    await transaction.run(
        queries.ADD_APPOINTMENT,
        id=appointment_id,
        patient_id=patient_id,
        doctor_id=doctor_id,
        scheduled_at=scheduled_at,
        duration=duration,
        reason=reason,
        details={"overbooked": True} if overbooked else None,
    )
    return appointment_id


async def reschedule(
    db: Database,
    *,
    actor: Actor,
    appointment_id: str,
    scheduled_at: datetime,
    duration: int | None = None,
    reason: str | None = None,
    overbooking: str | None = None,
    seen_at: datetime | None = None,
) -> AppointmentRow:
    """Moves an appointment by one change of its row: its old time is never free before the new one is its.

    It is SCHEDULED afterwards, also one that was confirmed. Raises what ``book`` raises, and NotYours,
    WrongState, TooLate, ChangedMeanwhile.
    """
    if overbooking is not None and not actor.doctor_id:
        raise OverbookingForDoctors
    before = await service.appointment(db, actor=actor, appointment_id=appointment_id)
    minutes = before.duration if duration is None else duration

    async def move(transaction: Transaction) -> None:
        # The calendar before the row, as everybody who takes both.
        await transaction.one(slot_queries.LOCK_CALENDAR, doctor=before.doctor_id, patient=before.patient_id)
        found = await service.locked(transaction, actor, appointment_id, Verb.RESCHEDULE, seen_at=seen_at)
        await _check(transaction, actor, found.doctor_id, found.patient_id, scheduled_at, minutes,
                     moving=found, overbooked=overbooking is not None)  # fmt: skip
        if overbooking is not None:
            await _say_why_overbooked(
                transaction, actor, found.id, found.doctor_id, found.patient_id, overbooking
            )
        await transaction.run(
            queries.MOVE,
            appointment_id=appointment_id,
            at=scheduled_at,
            minutes=minutes,
            details=_marked(found.metadata, overbooked=overbooking is not None),
        )
        await service.say_why(transaction, appointment_id, reason)

    await in_turn(db, actor, before.doctor_id, move, scheduled_at, minutes)
    return await service.appointment(db, actor=actor, appointment_id=appointment_id)


def _patient(actor: Actor, doctor_id: str, patient_id: str | None) -> str:
    """For whom the actor books. Raises InvalidInput, NotFound."""
    if actor.role == policy.PATIENT:
        if patient_id not in (None, actor.patient_id):
            raise NotFound("There is no such patient.")
        return actor.patient_id
    if doctor_id != actor.doctor_id:
        raise NoCalendar("A dentist makes appointments in the own calendar alone.")
    if not patient_id:
        raise InvalidInput("Say for which patient.", field="patientId")
    return patient_id


async def in_turn(
    db: Database, actor: Actor, doctor_id: str, work: Any, scheduled_at: datetime, duration: int
) -> Any:
    """Runs the transaction when it is our turn; what the database itself refused is told like the rest."""
    try:
        async with in_line(doctor_id):
            return await db.transaction(actor, work)
    except RuleBroken as error:
        if error.constraint == PATIENT_OVERLAP:
            raise PatientBusy from error
        if error.constraint != DOCTOR_OVERLAP:
            raise
        found = await db.read(
            actor, slot_queries.FREE_SLOTS, **_next_slots(doctor_id, scheduled_at, duration)
        )
        raise SlotTaken(found) from error


async def _check(
    transaction: Transaction,
    actor: Actor,
    doctor_id: str,
    patient_id: str,
    scheduled_at: datetime,
    duration: int,
    *,
    moving: LockedAppointment | None = None,
    overbooked: bool = False,
) -> None:
    """Raises what stands against this time. To be called under the calendar's lock."""
    terms = await transaction.one(
        slot_queries.TERMS, doctor=doctor_id, patient=patient_id, at=scheduled_at, minutes=duration,
        moving=moving.id if moving else None,
    )  # fmt: skip
    if terms is None:
        raise NotFound("There is no such dentist.")
    _check_people(terms, by_doctor=bool(actor.doctor_id))
    _check_time(terms, scheduled_at, duration, by_doctor=bool(actor.doctor_id), overbooked=overbooked)
    if terms.patient_busy:
        raise PatientBusy
    if overbooked:
        return
    if not terms.is_open:
        raise OutsideWorkingHours(field="scheduledAt")
    if terms.doctor_busy:
        raise SlotTaken(
            await transaction.all(slot_queries.FREE_SLOTS, **_next_slots(doctor_id, scheduled_at, duration))
        )


def _check_people(terms: Terms, *, by_doctor: bool) -> None:
    if not terms.practises:
        raise NotVerified if by_doctor else DoctorNotVerified
    if not terms.allowed:
        raise NotFound("There is no such patient in your care.")


def _check_time(
    terms: Terms, scheduled_at: datetime, duration: int, *, by_doctor: bool, overbooked: bool
) -> None:
    """Notice and furthest day protect the doctor, and so do not bind one."""
    ahead = scheduled_at - terms.now
    if ahead <= timedelta(0):
        raise InThePast(field="scheduledAt")
    if ahead > timedelta(days=MOST_DAYS):
        raise TooFarAhead(f"A calendar is open {MOST_DAYS} days ahead at most.", field="scheduledAt")
    if not terms.scheduled:
        if overbooked:
            return
        raise NoSchedule
    if duration > terms.longest_minutes:
        raise TooLong(
            f"This dentist's appointments last at most {terms.longest_minutes} minutes.", field="duration"
        )
    if by_doctor:
        return
    if ahead > timedelta(days=terms.furthest_days):
        raise TooFarAhead(
            f"This dentist's calendar is open {terms.furthest_days} days ahead.", field="scheduledAt"
        )
    if ahead < timedelta(minutes=terms.minimum_notice_minutes):
        raise NoticeTooShort(field="scheduledAt")


def _next_slots(doctor_id: str, scheduled_at: datetime, duration: int) -> dict[str, Any]:
    return {
        "doctor": doctor_id,
        "begin_at": scheduled_at,
        "begin_day": None,
        "end_at": scheduled_at + timedelta(days=_OFFERED_DAYS),
        "end_day": None,
        "minutes": duration,
        "most": OFFERED,
    }


async def _say_why_overbooked(
    transaction: Transaction, actor: Actor, appointment_id: str, doctor_id: str, patient_id: str, reason: str
) -> None:
    await transaction.run(
        queries.ADD_OVERBOOKING,
        id=new_id(),
        appointment_id=appointment_id,
        doctor_id=doctor_id,
        patient_id=patient_id,
        user_id=actor.user_id,
        reason=reason,
    )


def _marked(metadata: dict[str, Any] | None, *, overbooked: bool) -> dict[str, Any] | None:
    """``metadata`` with the mark of an overbooking, or without it."""
    rest = {name: value for name, value in (metadata or {}).items() if name != "overbooked"}
    if overbooked:
        return {**rest, "overbooked": True}
    return rest or None
