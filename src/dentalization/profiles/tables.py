"""Profiles of patients and doctors, and the one table that says who cares for whom."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Boolean, CheckConstraint, Index, Integer, String, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from dentalization.db.base import (
    Base,
    CreatedAt,
    Id,
    Relation,
    UpdatedAt,
    check,
    reference,
)
from dentalization.db.objects import (
    Policy,
    access,
    function,
    lookup,
    setting,
    touch_updated_at,
)
from dentalization.db.sealed import sealed
from dentalization.db.tables import SAFE_PATH
from dentalization.profiles.care import acting_doctor, may_see, own_patient


def _phone_rule(table: str) -> CheckConstraint:
    """A sealed number is longer than the number; the application keeps the rule then (``phones``)."""
    return check(
        f"{table}_phone",
        "length(phone) <= 20 OR starts_with(phone, 'sealed:')",
        says="A telephone number has at most 20 characters.",
        field="phone",
    )


class DoctorProfile(Base):
    __tablename__ = "doctor_profiles"
    __table_args__ = (
        check(
            "doctor_profiles_years_experience",
            "years_experience BETWEEN 0 AND 80",
            says="Years of experience lie between 0 and 80.",
            field="yearsExperience",
        ),
        check(
            "doctor_profiles_license_number",
            "license_number <> ''",
            says="A licence number is not empty.",
            field="licenseNumber",
        ),
        _phone_rule("doctor_profiles"),
        Index("idx_doctor_profiles_user_id", "user_id", unique=True),
        Index("ix_doctor_profiles_created_at", text("created_at DESC"), text("id DESC")),
        Index(
            "idx_doctor_profiles_license",
            "license_number",
            unique=True,
            info={"says": "This licence number belongs to another account.", "field": "licenseNumber"},
        ),
    )

    id: Mapped[Id]
    user_id: Mapped[str] = reference(
        "users.id", ondelete="CASCADE", relation=Relation("user", "doctorProfile")
    )
    first_name: Mapped[str]
    last_name: Mapped[str]
    phone: Mapped[str | None] = sealed()
    license_number: Mapped[str] = mapped_column(String(50))
    specialization: Mapped[str | None]
    subspecialties: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    education: Mapped[str | None]
    years_experience: Mapped[int | None] = mapped_column(Integer)
    clinic_name: Mapped[str | None]
    clinic_address: Mapped[str | None]
    clinic_phone: Mapped[str | None] = mapped_column(String(20))
    profile_picture: Mapped[str | None]
    profile_complete: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    is_verified: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class PatientProfile(Base):
    __tablename__ = "patient_profiles"
    __table_args__ = (
        _phone_rule("patient_profiles"),
        Index("idx_patient_profiles_user_id", "user_id", unique=True),
    )

    id: Mapped[Id]
    user_id: Mapped[str] = reference(
        "users.id", ondelete="CASCADE", relation=Relation("user", "patientProfile")
    )
    first_name: Mapped[str]
    last_name: Mapped[str]
    date_of_birth: Mapped[date | None]
    phone: Mapped[str | None] = sealed()
    address: Mapped[str | None] = sealed()
    emergency_contact: Mapped[str | None] = sealed()
    allergies: Mapped[str | None] = sealed()
    medications: Mapped[str | None] = sealed()
    medical_history: Mapped[str | None] = sealed()
    insurance_info: Mapped[str | None] = sealed()
    pain_tolerance: Mapped[str | None] = sealed()
    preferred_language: Mapped[str | None]
    dietary_restrictions: Mapped[str | None] = sealed()
    smoking_status: Mapped[str | None] = sealed()
    dental_concerns: Mapped[str | None] = sealed()
    previous_dental_work: Mapped[str | None] = sealed()
    last_dental_visit: Mapped[datetime | None]
    profile_picture: Mapped[str | None]
    profile_complete: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class CareRelationship(Base):
    """A doctor cares for a patient as long as anything joins them: the counts say how much there is.

    Kept by triggers on the tables named by the counts; nobody writes it by hand.
    """

    __tablename__ = "care_relationships"
    __table_args__ = (
        Index("ix_care_relationships_patient_id", "patient_id"),
        Index(
            "ix_care_relationships_doctor_id",
            "doctor_id",
            text("created_at DESC"),
            text("patient_id DESC"),
        ),
    )

    doctor_id: Mapped[str] = reference("doctor_profiles.id", ondelete="CASCADE", primary_key=True)
    patient_id: Mapped[str] = reference("patient_profiles.id", ondelete="CASCADE", primary_key=True)
    diagnoses: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    appointments: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    records: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    created_at: Mapped[CreatedAt]


LICENSE_TAKEN = function(
    "app_license_taken(text)",
    f"""app_license_taken(p_license text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER {SAFE_PATH} AS $$
  SELECT EXISTS (SELECT 1 FROM public.doctor_profiles WHERE license_number = p_license)
$$""",
)

touch_updated_at("doctor_profiles")
touch_updated_at("patient_profiles")

_OWN = f"user_id = {setting('user_id')}"

_CARES_FOR_ME = lookup(
    "app_cares_for_me",
    "EXISTS (SELECT 1 FROM care_relationships care "
    f"WHERE care.doctor_id = {{0}} AND care.patient_id = {setting('patient_id')})",
    "doctor_profiles.id",
)

access(
    "doctor_profiles",
    Policy(
        "SELECT",
        f"(is_verified AND {setting('user_id')} IS NOT NULL) OR {_OWN} OR {setting('role')} = 'ADMIN' "
        f"OR {_CARES_FOR_ME}",
    ),
    Policy("INSERT", check=f"{_OWN} AND NOT is_verified"),
    Policy("UPDATE", _OWN, _OWN),
    grants="SELECT, INSERT, UPDATE (first_name, last_name, phone, license_number, specialization, "
    "subspecialties, education, years_experience, clinic_name, clinic_address, clinic_phone, "
    "profile_picture, profile_complete)",
)
access(
    "patient_profiles",
    Policy("SELECT", f"{_OWN} OR {may_see('patient_profiles.id')}"),
    Policy("INSERT", check=_OWN),
    Policy("UPDATE", _OWN, _OWN),
    grants="SELECT, INSERT, UPDATE (first_name, last_name, date_of_birth, phone, address, "
    "emergency_contact, allergies, medications, medical_history, insurance_info, pain_tolerance, "
    "preferred_language, dietary_restrictions, smoking_status, dental_concerns, previous_dental_work, "
    "last_dental_visit, profile_picture, profile_complete)",
)
# coalesce() hides the OR from the planner: it would multiply the selectivity of the policy with that of the
# statement, expect one row for a doctor with thousands of patients, and sort them all for a page of twenty.
access(
    "care_relationships",
    Policy("SELECT", f"coalesce({acting_doctor('doctor_id')} OR {own_patient('patient_id')}, false)"),
    grants="SELECT",
)
