"""Every statement about profiles, and about who cares for whom."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, Text, and_, any_, bindparam, delete, func, insert, select, tuple_, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.sql import Executable

from dentalization.accounts.mail_queries import is_verified
from dentalization.accounts.tables import Role, User
from dentalization.db.query import Query
from dentalization.db.row import columns, row
from dentalization.db.trail import About
from dentalization.profiles.licence_tables import LicenceSubmission
from dentalization.profiles.phone_tables import PatientPhoneIndex
from dentalization.profiles.policy import DOCTOR_FIELDS, PATIENT_FIELDS
from dentalization.profiles.tables import CareRelationship, DoctorProfile, PatientProfile


@row
class Doctor:
    """A doctor's own profile."""

    id: str
    first_name: str
    last_name: str
    phone: str | None
    license_number: str
    specialization: str | None
    subspecialties: tuple[str, ...]
    education: str | None
    years_experience: int | None
    clinic_name: str | None
    clinic_address: str | None
    clinic_phone: str | None
    profile_picture: str | None
    profile_complete: bool
    is_verified: bool
    created_at: datetime
    updated_at: datetime


@row
class Patient:
    """A patient's own profile."""

    id: str
    first_name: str
    last_name: str
    date_of_birth: date | None
    phone: str | None
    address: str | None
    emergency_contact: str | None
    allergies: str | None
    medications: str | None
    medical_history: str | None
    insurance_info: str | None
    pain_tolerance: str | None
    preferred_language: str | None
    dietary_restrictions: str | None
    smoking_status: str | None
    dental_concerns: str | None
    previous_dental_work: str | None
    last_dental_visit: datetime | None
    profile_picture: str | None
    profile_complete: bool
    created_at: datetime
    updated_at: datetime


@row
class UserWithProfiles:
    id: str
    email: str
    role: Role
    created_at: datetime
    updated_at: datetime
    doctor_profile: Doctor | None
    patient_profile: Patient | None


@row
class Me(UserWithProfiles):
    """What the account's owner sees of it besides."""

    email_verified: bool | None


@row
class DoctorsPatient:
    """One of a doctor's patients; ``diagnoses`` counts those that the doctor has taken on."""

    id: str
    first_name: str
    last_name: str
    date_of_birth: date | None
    diagnoses: int
    since: datetime


@row
class DoctorForAdmin:
    id: str
    user_id: str
    first_name: str
    last_name: str
    license_number: str
    specialization: str | None
    is_verified: bool
    created_at: datetime
    licence_waiting: str | None
    """The licence that was sent in and waits for its decision."""


@row
class Taken:
    taken: bool | None


def _user_with_profiles(condition: Any, *more: Any) -> Executable:
    return (
        select(
            *more,
            *columns(UserWithProfiles, User, but="doctor_profile patient_profile"),
            *columns(Doctor, DoctorProfile, prefix="doctor_profile__"),
            *columns(Patient, PatientProfile, prefix="patient_profile__"),
        )
        .select_from(User)
        .join(DoctorProfile, DoctorProfile.user_id == User.id, isouter=True)
        .join(PatientProfile, PatientProfile.user_id == User.id, isouter=True)
        .where(condition)
    )


USER_WITH_PROFILES = Query(
    _user_with_profiles(User.id == bindparam("user_id")),
    row=UserWithProfiles,
    about=About("profile", "id"),
)
USER_WITH_PROFILES_BY_EMAIL = Query(
    _user_with_profiles(User.email == bindparam("email")),
    row=UserWithProfiles,
    about=About("profile", "id"),
)
ME = Query(
    _user_with_profiles(User.id == bindparam("user_id"), is_verified.label("email_verified")),
    row=Me,
    about=About("profile", "id"),
)

# The patients of a doctor's diagnoses, each once, the newest care first: the spec's 'distinct patientId'
# without reading the diagnoses, since the database keeps who cares for whom.
DOCTORS_PATIENTS = Query(
    select(
        *columns(DoctorsPatient, PatientProfile, but="diagnoses since"),
        CareRelationship.diagnoses.label("diagnoses"),
        CareRelationship.created_at.label("since"),
    )
    .select_from(CareRelationship)
    .join(PatientProfile, PatientProfile.id == CareRelationship.patient_id)
    .where(
        CareRelationship.doctor_id == bindparam("doctor_id"),
        tuple_(CareRelationship.created_at, CareRelationship.patient_id)
        < tuple_(bindparam("before_at", type_=CareRelationship.created_at.type), bindparam("before_id")),
    )
    .order_by(CareRelationship.created_at.desc(), CareRelationship.patient_id.desc())
    .limit(bindparam("limit")),
    row=DoctorsPatient,
    about=About("profile", "id"),
)

DOCTORS_PATIENT = Query(
    select(
        *columns(DoctorsPatient, PatientProfile, but="diagnoses since"),
        CareRelationship.diagnoses.label("diagnoses"),
        CareRelationship.created_at.label("since"),
    )
    .select_from(CareRelationship)
    .join(PatientProfile, PatientProfile.id == CareRelationship.patient_id)
    .where(
        CareRelationship.doctor_id == bindparam("doctor_id"),
        CareRelationship.patient_id == bindparam("patient_id"),
    ),
    row=DoctorsPatient,
    about=About("profile", "id"),
)

# By the index of digests: a few rows, whose policy asks for each whether the doctor cares for that patient.
DOCTORS_PATIENTS_BY_PHONE = Query(
    select(
        *columns(DoctorsPatient, PatientProfile, but="diagnoses since"),
        CareRelationship.diagnoses.label("diagnoses"),
        CareRelationship.created_at.label("since"),
    )
    .select_from(PatientPhoneIndex)
    .join(PatientProfile, PatientProfile.id == PatientPhoneIndex.patient_id)
    .join(
        CareRelationship,
        and_(
            CareRelationship.patient_id == PatientPhoneIndex.patient_id,
            CareRelationship.doctor_id == bindparam("doctor_id"),
        ),
    )
    .where(
        PatientPhoneIndex.digest == any_(bindparam("digests", type_=ARRAY(Text))),
        tuple_(CareRelationship.created_at, CareRelationship.patient_id)
        < tuple_(bindparam("before_at", type_=CareRelationship.created_at.type), bindparam("before_id")),
    )
    .order_by(CareRelationship.created_at.desc(), CareRelationship.patient_id.desc())
    .limit(bindparam("limit")),
    row=DoctorsPatient,
    about=About("profile", "id"),
)
_digest = pg_insert(PatientPhoneIndex).values(patient_id=bindparam("patient_id"), digest=bindparam("digest"))
PUT_PHONE = Query[Any](
    _digest.on_conflict_do_update(
        index_elements=[PatientPhoneIndex.patient_id], set_={"digest": _digest.excluded.digest}
    )
)
DROP_PHONE = Query[Any](
    delete(PatientPhoneIndex).where(PatientPhoneIndex.patient_id == bindparam("patient_id"))
)

_licence_waiting = (
    select(LicenceSubmission.id)
    .where(LicenceSubmission.doctor_id == DoctorProfile.id, LicenceSubmission.status == "SUBMITTED")
    .scalar_subquery()
    .label("licence_waiting")
)
DOCTORS_FOR_ADMIN = Query(
    select(*columns(DoctorForAdmin, DoctorProfile, but="licence_waiting"), _licence_waiting)
    .where(
        DoctorProfile.is_verified == bindparam("verified", type_=Boolean),
        tuple_(DoctorProfile.created_at, DoctorProfile.id)
        < tuple_(bindparam("before_at", type_=DoctorProfile.created_at.type), bindparam("before_id")),
    )
    .order_by(DoctorProfile.created_at.desc(), DoctorProfile.id.desc())
    .limit(bindparam("limit")),
    row=DoctorForAdmin,
    about=About("licence", "user_id"),
)

ADD_PATIENT = Query[Any](
    insert(PatientProfile).values(
        id=bindparam("id"),
        user_id=bindparam("user_id"),
        first_name=bindparam("first_name"),
        last_name=bindparam("last_name"),
    )
)
ADD_DOCTOR = Query[Any](
    insert(DoctorProfile).values(
        id=bindparam("id"),
        user_id=bindparam("user_id"),
        first_name=bindparam("first_name"),
        last_name=bindparam("last_name"),
        license_number=bindparam("license_number"),
    )
)
LICENSE_TAKEN = Query(
    select(func.app_license_taken(bindparam("license_number", type_=Text)).label("taken")), row=Taken
)


def _update(table: type[PatientProfile] | type[DoctorProfile], fields: frozenset[str]) -> Query[Any]:
    """All the owner's fields at once; the caller fills in those that stay as they are."""
    columns_ = {name: bindparam(name, type_=table.__table__.c[name].type) for name in sorted(fields)}
    return Query[Any](
        update(table)
        .where(
            table.id == bindparam("profile_id"),
            table.user_id == bindparam("owner"),
            table.updated_at == bindparam("seen_at", type_=table.updated_at.type),
        )
        .values(**columns_, profile_complete=bindparam("complete", type_=Boolean))
    )


UPDATE_PATIENT = _update(PatientProfile, PATIENT_FIELDS)
UPDATE_DOCTOR = _update(DoctorProfile, DOCTOR_FIELDS)
