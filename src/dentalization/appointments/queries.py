"""Every statement about appointments, their history, and what stands against one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    DateTime,
    Text,
    bindparam,
    func,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.dialects.postgresql import insert as pg_insert

from dentalization.appointments.tables import (
    Appointment,
    AppointmentCheckIn,
    AppointmentEvent,
    AppointmentOverbooking,
    AppointmentStatus,
)
from dentalization.db.query import Query
from dentalization.db.row import columns, row
from dentalization.db.trail import About
from dentalization.profiles.tables import DoctorProfile, PatientProfile


@row
class Dentist:
    first_name: str
    last_name: str
    specialization: str | None
    clinic_name: str | None
    clinic_address: str | None


@row
class BookedPatient:
    first_name: str
    last_name: str


@row
class AppointmentRow:
    """An appointment as the spec has it, with both people. ``patient`` is None for a doctor who has the
    patient not in care any more, ``checked_in_at`` until the patient has come."""

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
    """Whose clock the dentist's wall shows, of the IANA database; None where no calendar is set."""
    doctor: Dentist | None
    patient: BookedPatient | None

    @property
    def overbooked(self) -> bool:
        return (self.metadata or {}).get("overbooked") is True


@row
class LockedAppointment:
    id: str
    patient_id: str
    doctor_id: str
    scheduled_at: datetime
    duration: int
    status: AppointmentStatus
    metadata: dict[str, Any] | None
    updated_at: datetime


@row
class EventRow:
    """One entry of the history; times and durations as they were before and after it."""

    id: str
    step: str
    status_before: str | None
    status_after: str
    scheduled_before: datetime | None
    scheduled_after: datetime
    duration_before: int | None
    duration_after: int
    actor_role: str
    reason: str | None
    happened_at: datetime


@row
class EventId:
    id: str


_MOMENT = DateTime(timezone=True)
_appointment = (
    select(
        *columns(AppointmentRow, Appointment, but="checked_in_at time_zone doctor patient"),
        AppointmentCheckIn.checked_in_at.label("checked_in_at"),
        func.app_time_zone(Appointment.doctor_id, type_=Text).label("time_zone"),
        *columns(Dentist, DoctorProfile, prefix="doctor__"),
        *columns(BookedPatient, PatientProfile, prefix="patient__"),
    )
    .select_from(Appointment)
    .join(AppointmentCheckIn, AppointmentCheckIn.appointment_id == Appointment.id, isouter=True)
    .join(DoctorProfile, DoctorProfile.id == Appointment.doctor_id, isouter=True)
    .join(PatientProfile, PatientProfile.id == Appointment.patient_id, isouter=True)
)
_id = Appointment.id == bindparam("appointment_id")
_about = About("appointment")
_place = tuple_(Appointment.scheduled_at, Appointment.id) > tuple_(
    bindparam("after_at", type_=_MOMENT), bindparam("after_id", type_=Text)
)
_listed = (
    _appointment.where(_place, Appointment.scheduled_at < bindparam("until", type_=_MOMENT))
    .order_by(Appointment.scheduled_at, Appointment.id)
    .limit(bindparam("limit"))
)
_before = tuple_(Appointment.scheduled_at, Appointment.id) < tuple_(
    bindparam("before_at", type_=_MOMENT), bindparam("before_id", type_=Text)
)

APPOINTMENT = Query(_appointment.where(_id), row=AppointmentRow, about=_about)
OF_PATIENT = Query(
    _listed.where(Appointment.patient_id == bindparam("patient_id")), row=AppointmentRow, about=_about
)
OF_DOCTOR = Query(
    _listed.where(Appointment.doctor_id == bindparam("doctor_id")), row=AppointmentRow, about=_about
)
PAST_OF_PATIENT = Query(
    _appointment.where(Appointment.patient_id == bindparam("patient_id"), _before)
    .order_by(Appointment.scheduled_at.desc(), Appointment.id.desc())
    .limit(bindparam("limit")),
    row=AppointmentRow,
    about=_about,
)
HISTORY = Query(
    select(*columns(EventRow, AppointmentEvent))
    .where(AppointmentEvent.appointment_id == bindparam("appointment_id"))
    .order_by(AppointmentEvent.happened_at, AppointmentEvent.id),
    row=EventRow,
)

ADD_APPOINTMENT = Query[Any](
    insert(Appointment).values(
        id=bindparam("id"),
        patient_id=bindparam("patient_id"),
        doctor_id=bindparam("doctor_id"),
        scheduled_at=bindparam("scheduled_at"),
        duration=bindparam("duration"),
        reason=bindparam("reason"),
        metadata_=bindparam("details", type_=JSONB(none_as_null=True)),
    ),
    about=_about,
)
ADD_OVERBOOKING = Query[Any](
    insert(AppointmentOverbooking).values(
        id=bindparam("id"),
        appointment_id=bindparam("appointment_id"),
        doctor_id=bindparam("doctor_id"),
        patient_id=bindparam("patient_id"),
        user_id=bindparam("user_id"),
        reason=bindparam("reason"),
    ),
    about=_about,
)
LOCK_APPOINTMENT = Query(
    select(*columns(LockedAppointment, Appointment)).where(_id).with_for_update(),
    row=LockedAppointment,
    about=_about,
)
MOVE = Query[Any](
    update(Appointment)
    .where(_id)
    .values(
        scheduled_at=bindparam("at"),
        duration=bindparam("minutes"),
        status=AppointmentStatus.SCHEDULED,
        metadata_=bindparam("details", type_=JSONB(none_as_null=True)),
    )
)
SET_STATUS = Query[Any](
    update(Appointment).where(_id).values(status=bindparam("outcome", type_=Appointment.status.type))
)
SET_NOTES = Query[Any](update(Appointment).where(_id).values(notes=bindparam("remarks", type_=Text)))
CHECK_IN = Query[Any](
    pg_insert(AppointmentCheckIn)
    .values(
        appointment_id=bindparam("appointment_id"),
        doctor_id=bindparam("doctor_id"),
        patient_id=bindparam("patient_id"),
    )
    .on_conflict_do_nothing()
)
NEWEST_EVENT = Query(
    select(AppointmentEvent.id)
    .where(
        AppointmentEvent.appointment_id == bindparam("appointment_id"),
        AppointmentEvent.happened_at == func.now(),
        AppointmentEvent.reason.is_(None),
    )
    .limit(1),
    row=EventId,
)
SAY_WHY = Query[Any](
    update(AppointmentEvent)
    .where(AppointmentEvent.id == bindparam("event_id"))
    .values(reason=bindparam("why"))
)
