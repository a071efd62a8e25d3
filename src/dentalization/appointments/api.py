"""Appointments: make, list, move, and take one from state to state."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, Field

from dentalization.appointments import booking, service
from dentalization.appointments.bodies import Id, Reason
from dentalization.appointments.queries import AppointmentRow, BookedPatient, Dentist, EventRow
from dentalization.appointments.tables import LONGEST_MINUTES, AppointmentStatus
from dentalization.db.keyset import Page
from dentalization.db.row import row
from dentalization.edge.acting import Acting, AtHand
from dentalization.edge.answers import (
    LIMIT,
    After,
    Body,
    IdempotencyKey,
    IfMatch,
    Limit,
    Text,
    answer,
    etag,
    seen_at,
)

router = APIRouter(tags=["appointments"])

Minutes = Annotated[int, Field(ge=1, le=LONGEST_MINUTES, strict=True, description="In minutes.")]


class Overbooking(Body):
    """For the dentist alone: book beside another appointment, and say why."""

    reason: Reason


class Booking(Body):
    doctor_id: Id
    scheduled_at: AwareDatetime
    duration: Minutes
    reason: Reason
    patient_id: Id | None = Field(None, description="For a dentist: who, of the patients in care.")
    overbooking: Overbooking | None = None


class Move(Body):
    scheduled_at: AwareDatetime
    duration: Minutes | None = Field(None, description="Leave out to keep it.")
    reason: Reason | None = None
    overbooking: Overbooking | None = None


class Why(Body):
    reason: Reason | None = None


class Completion(Body):
    notes: Annotated[Text, Field(max_length=10_000)] | None = None


@row
class AppointmentWithHistory:
    """An appointment and everything that happened to it, oldest first."""

    id: str
    patient_id: str
    doctor_id: str
    scheduled_at: datetime
    duration: int
    status: AppointmentStatus
    reason: str
    notes: str | None
    metadata: dict[str, Any] | None
    created_at: datetime
    updated_at: datetime
    checked_in_at: datetime | None
    time_zone: str | None
    doctor: Dentist | None
    patient: BookedPatient | None
    events: Sequence[EventRow]


@row
class RecordDraft:
    """What a medical record of this appointment begins with; the dentist writes the rest."""

    patient_id: str
    doctor_id: str
    record_type: str
    record_date: datetime
    title: str
    data: dict[str, Any]


@row
class Completed:
    """The appointment, and with what a medical record of it can begin."""

    appointment: AppointmentRow
    record_draft: RecordDraft


@router.post("/appointments", status_code=201, response_model=AppointmentRow)
async def book(
    body: Booking, actor: Acting, at_hand: AtHand, idempotency_key: IdempotencyKey = None
) -> Response:
    """Makes an appointment. 409 'slot-taken' names the next free slots under 'nextSlots'."""
    made = await booking.book(
        at_hand.db,
        actor=actor,
        doctor_id=body.doctor_id,
        patient_id=body.patient_id,
        scheduled_at=body.scheduled_at,
        duration=body.duration,
        reason=body.reason,
        overbooking=body.overbooking.reason if body.overbooking else None,
        idempotency_key=idempotency_key,
    )
    return _appointment(made, status=201, headers={"Location": f"/api/v1/appointments/{made.id}"})


@router.get("/appointments", response_model=Page[AppointmentRow])
async def appointments(
    actor: Acting,
    at_hand: AtHand,
    from_: Annotated[AwareDatetime | None, Query(alias="from", description="Default: a day ago.")] = None,
    to: Annotated[AwareDatetime | None, Query(description="Those that begin before it.")] = None,
    patientId: Annotated[str | None, Query(max_length=40)] = None,  # noqa: N803 - the parameter's name
    after: After = None,
    limit: Limit = LIMIT,
) -> Response:
    """One's own appointments, a dentist's calendar, or those of a patient in care, in the order of time."""
    page = await service.appointments(
        at_hand.db, actor=actor, patient_id=patientId, begin=from_, end=to, after=after, limit=limit
    )
    return answer(Page[AppointmentRow], page)


@router.get("/appointments/{appointment_id}", response_model=AppointmentWithHistory)
async def appointment(appointment_id: Text, actor: Acting, at_hand: AtHand) -> Response:
    """One appointment with its history."""
    found = await service.with_history(at_hand.db, actor=actor, appointment_id=appointment_id)
    fields = {name: getattr(found.appointment, name) for name in AppointmentRow.__dataclass_fields__}
    whole = AppointmentWithHistory(**fields, events=found.events)
    return answer(AppointmentWithHistory, whole, headers={"ETag": etag(found.appointment.updated_at)})


@router.post("/appointments/{appointment_id}/confirmation", response_model=AppointmentRow)
async def confirm(appointment_id: Text, actor: Acting, at_hand: AtHand, if_match: IfMatch = None) -> Response:
    """For the dentist: it stands."""
    return _appointment(
        await service.confirm(
            at_hand.db, actor=actor, appointment_id=appointment_id, seen_at=seen_at(if_match)
        )
    )


@router.post("/appointments/{appointment_id}/check-in", response_model=AppointmentRow)
async def check_in(
    appointment_id: Text, actor: Acting, at_hand: AtHand, if_match: IfMatch = None
) -> Response:
    """The patient has come; patients say so themselves from an hour before."""
    return _appointment(
        await service.check_in(
            at_hand.db, actor=actor, appointment_id=appointment_id, seen_at=seen_at(if_match)
        )
    )


@router.post("/appointments/{appointment_id}/start", response_model=AppointmentRow)
async def start(appointment_id: Text, actor: Acting, at_hand: AtHand, if_match: IfMatch = None) -> Response:
    """For the dentist: the treatment begins."""
    return _appointment(
        await service.start(at_hand.db, actor=actor, appointment_id=appointment_id, seen_at=seen_at(if_match))
    )


@router.post("/appointments/{appointment_id}/completion", response_model=Completed)
async def complete(
    appointment_id: Text,
    actor: Acting,
    at_hand: AtHand,
    body: Completion | None = None,
    if_match: IfMatch = None,
) -> Response:
    """For the dentist: the treatment is over. 'recordDraft' is what a medical record of it begins with."""
    found = await service.complete(
        at_hand.db,
        actor=actor,
        appointment_id=appointment_id,
        notes=body.notes if body else None,
        seen_at=seen_at(if_match),
    )
    draft = RecordDraft(
        patient_id=found.patient_id,
        doctor_id=found.doctor_id,
        record_type="treatment",
        record_date=found.scheduled_at,
        title=found.reason,
        data={"appointmentId": found.id},
    )
    return answer(Completed, Completed(found, draft), headers={"ETag": etag(found.updated_at)})


@router.post("/appointments/{appointment_id}/cancellation", response_model=AppointmentRow)
async def cancel(
    appointment_id: Text,
    actor: Acting,
    at_hand: AtHand,
    body: Why | None = None,
    if_match: IfMatch = None,
) -> Response:
    """It will not take place. Patients until 12 hours before."""
    found = await service.cancel(
        at_hand.db,
        actor=actor,
        appointment_id=appointment_id,
        reason=body.reason if body else None,
        seen_at=seen_at(if_match),
    )
    return _appointment(found)


@router.post("/appointments/{appointment_id}/no-show", response_model=AppointmentRow)
async def no_show(
    appointment_id: Text,
    actor: Acting,
    at_hand: AtHand,
    body: Why | None = None,
    if_match: IfMatch = None,
) -> Response:
    """For the dentist, once it should have begun: the patient has not come."""
    found = await service.mark_no_show(
        at_hand.db,
        actor=actor,
        appointment_id=appointment_id,
        reason=body.reason if body else None,
        seen_at=seen_at(if_match),
    )
    return _appointment(found)


@router.post("/appointments/{appointment_id}/reschedule", response_model=AppointmentRow)
async def reschedule(
    appointment_id: Text, body: Move, actor: Acting, at_hand: AtHand, if_match: IfMatch = None
) -> Response:
    """Moves it; the old time is free once the new one is taken. Patients until 24 hours before."""
    found = await booking.reschedule(
        at_hand.db,
        actor=actor,
        appointment_id=appointment_id,
        scheduled_at=body.scheduled_at,
        duration=body.duration,
        reason=body.reason,
        overbooking=body.overbooking.reason if body.overbooking else None,
        seen_at=seen_at(if_match),
    )
    return _appointment(found)


def _appointment(
    found: AppointmentRow, *, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    return answer(
        AppointmentRow, found, status=status, headers={"ETag": etag(found.updated_at), **(headers or {})}
    )
