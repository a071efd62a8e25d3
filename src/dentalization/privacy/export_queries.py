"""What an export reads: of each table the rows of one person, and every column but the secrets."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Enum, Text, bindparam, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.sql.elements import KeyedColumnElement

from dentalization.accounts.consent_tables import Consent
from dentalization.accounts.factor_tables import Passkey
from dentalization.accounts.mail_tables import VerifiedEmail
from dentalization.accounts.tables import Session, User
from dentalization.appointments.recall_tables import CareNotice, Recall
from dentalization.appointments.reminder_tables import AppointmentLetter
from dentalization.appointments.schedule_tables import DoctorSchedule, ScheduleException, WorkingHours
from dentalization.appointments.tables import (
    Appointment,
    AppointmentCheckIn,
    AppointmentEvent,
    AppointmentOverbooking,
)
from dentalization.appointments.waiting_tables import SlotOffer, WaitingEntry
from dentalization.audit.tables import AuditRow
from dentalization.db.query import Query
from dentalization.db.row import columns, row
from dentalization.db.tables import IdempotencyKey
from dentalization.db.trail import About
from dentalization.diagnoses.tables import AiDiagnosis, Analysis, DiagnosisReview
from dentalization.photos.tables import DentalPhoto
from dentalization.profiles.emergency_tables import EmergencyAccess
from dentalization.profiles.licence_tables import LicenceDocument, LicenceEvent, LicenceSubmission
from dentalization.profiles.tables import CareRelationship, DoctorProfile, PatientProfile
from dentalization.records.tables import MedicalRecord

_user, _patient, _doctor = (
    bindparam("user_id", type_=Text),
    bindparam("patient_id", type_=Text),
    bindparam("doctor_id", type_=Text),
)


def _rows_of(table: type[DeclarativeBase], whose: ColumnElement[bool], *, but: str = "") -> Query[Any]:
    """A row type is made from the table, so that a column that is added later is exported at once.

    Whole, without pages: what one person has fits in memory, pictures aside.
    """
    fields = {column.name: _kind(column) for column in table.__table__.c if column.name not in but.split()}
    kind: type[Any] = row(type(f"Exported{table.__name__}", (), {"__annotations__": fields}))
    ordered = [table.__table__.c[key.name] for key in table.__table__.primary_key]
    whose_data = next((name for name in ("patient_id", "person", "user_id") if name in fields), "id")
    of_doctor = "patient_id" not in fields and {"doctor_id", "submission_id"} & fields.keys()
    about = None if of_doctor else About("export", whose_data)
    return Query(select(*columns(kind, table)).where(whose).order_by(*ordered), row=kind, about=about)


def _kind(column: KeyedColumnElement[Any]) -> Any:
    kind: Any
    if isinstance(column.type, JSONB):
        kind = Any
    elif isinstance(column.type, Enum):
        kind = column.type.enum_class
    elif isinstance(column.type, ARRAY):
        kind = tuple[str, ...]
    else:
        kind = column.type.python_type
    return kind | None if getattr(column, "nullable", True) else kind


ACCOUNT = _rows_of(User, User.id == _user, but="password")
PATIENT_PROFILE = _rows_of(PatientProfile, PatientProfile.user_id == _user)
DOCTOR_PROFILE = _rows_of(DoctorProfile, DoctorProfile.user_id == _user)
VERIFIED_ADDRESS = _rows_of(VerifiedEmail, VerifiedEmail.user_id == _user)
CONSENTS = _rows_of(Consent, Consent.user_id == _user, but="address_digest")
PASSKEYS = _rows_of(Passkey, Passkey.user_id == _user, but="public_key")
SESSIONS = _rows_of(Session, Session.user_id == _user, but="refresh_token")
RETRIED = _rows_of(IdempotencyKey, IdempotencyKey.user_id == _user, but="fingerprint")
PHOTOS = _rows_of(DentalPhoto, DentalPhoto.patient_id == _patient)
ANALYSES = _rows_of(Analysis, Analysis.patient_id == _patient)
DIAGNOSES = _rows_of(AiDiagnosis, or_(AiDiagnosis.patient_id == _patient, AiDiagnosis.user_id == _user))
REVIEWS = _rows_of(DiagnosisReview, DiagnosisReview.patient_id == _patient)
APPOINTMENT_LETTERS = _rows_of(AppointmentLetter, AppointmentLetter.patient_id == _patient, but="claimed_at")
APPOINTMENTS = _rows_of(Appointment, Appointment.patient_id == _patient)
WAITING = _rows_of(WaitingEntry, WaitingEntry.patient_id == _patient)
OFFERS = _rows_of(SlotOffer, SlotOffer.patient_id == _patient)
RECALLS = _rows_of(Recall, Recall.patient_id == _patient)
NOTICES = _rows_of(CareNotice, CareNotice.patient_id == _patient, but="claimed_at")
CHECK_INS = _rows_of(AppointmentCheckIn, AppointmentCheckIn.patient_id == _patient)
APPOINTMENT_HISTORY = _rows_of(AppointmentEvent, AppointmentEvent.patient_id == _patient, but="actor_id")
OVERBOOKINGS = _rows_of(AppointmentOverbooking, AppointmentOverbooking.patient_id == _patient, but="user_id")
SCHEDULE = _rows_of(DoctorSchedule, DoctorSchedule.doctor_id == _doctor)
WORKING_HOURS = _rows_of(WorkingHours, WorkingHours.doctor_id == _doctor)
SCHEDULE_EXCEPTIONS = _rows_of(ScheduleException, ScheduleException.doctor_id == _doctor)
RECORDS = _rows_of(MedicalRecord, MedicalRecord.patient_id == _patient)
CARE = _rows_of(CareRelationship, CareRelationship.patient_id == _patient)
ACCESSES = _rows_of(
    AuditRow, AuditRow.person.in_([_user, _patient]), but="chain number session_id request_id previous hash"
)
EMERGENCIES = _rows_of(EmergencyAccess, EmergencyAccess.patient_id == _patient)
LICENCES = _rows_of(LicenceSubmission, LicenceSubmission.doctor_id == _doctor, but="decided_by")
LICENCE_DOCUMENTS = _rows_of(
    LicenceDocument,
    LicenceDocument.submission_id.in_(
        select(LicenceSubmission.id).where(LicenceSubmission.doctor_id == _doctor)
    ),
    but="object_key",
)
LICENCE_EVENTS = _rows_of(LicenceEvent, LicenceEvent.doctor_id == _doctor, but="actor_id")
WRITTEN_REVIEWS = _rows_of(DiagnosisReview, DiagnosisReview.doctor_id == _doctor, but="patient_id")
