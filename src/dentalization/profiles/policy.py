"""What makes a profile complete, and which of its fields its owner may set."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PATIENT_FIELDS = frozenset(
    {
        "first_name",
        "last_name",
        "date_of_birth",
        "phone",
        "address",
        "emergency_contact",
        "allergies",
        "medications",
        "medical_history",
        "insurance_info",
        "pain_tolerance",
        "preferred_language",
        "dietary_restrictions",
        "smoking_status",
        "dental_concerns",
        "previous_dental_work",
        "last_dental_visit",
    }
)
DOCTOR_FIELDS = frozenset(
    {
        "first_name",
        "last_name",
        "phone",
        "specialization",
        "subspecialties",
        "education",
        "years_experience",
        "clinic_name",
        "clinic_address",
        "clinic_phone",
    }
)
# Without these a dentist cannot treat safely, or a patient cannot choose.
_PATIENT_NEEDS = ("first_name", "last_name", "date_of_birth", "phone", "emergency_contact")
_DOCTOR_NEEDS = ("first_name", "last_name", "phone", "specialization", "clinic_name", "clinic_address")


def patient_complete(profile: Mapping[str, Any]) -> bool:
    return all(profile[name] for name in _PATIENT_NEEDS)


def doctor_complete(profile: Mapping[str, Any]) -> bool:
    return all(profile[name] for name in _DOCTOR_NEEDS)
