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


MOST_YEARS = 30
"""A licence that ends later than so many years from now has a wrong digit in its date."""
RENEW_DAYS = 60


def missing(*, verified: bool, days_left: int | None, newest: str | None, documents: bool) -> tuple[str, ...]:
    """What a doctor's licence lacks, as names that pages put into words; () where all is well.

    ``newest`` is the state of the licence that was sent in last, ``documents`` whether it has any.
    """
    if newest == "SUBMITTED":
        return ("decision",) if documents else ("documents", "decision")
    if verified:
        return ("renewal",) if days_left is not None and days_left <= RENEW_DAYS else ()
    if newest in ("VERIFIED", "EXPIRED"):
        return ("new-licence",)
    return ("corrected-licence",) if newest == "REJECTED" else ("licence",)
