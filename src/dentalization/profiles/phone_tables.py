"""By which a patient is found by telephone number, though the number itself is sealed."""

from __future__ import annotations

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from dentalization.db.base import Base, reference
from dentalization.db.objects import Policy, access
from dentalization.profiles.care import in_care, own_patient
from dentalization.profiles.tables import PatientProfile

PHONE = f"{PatientProfile.__tablename__}.{PatientProfile.phone.key}"
"""The place under which numbers are digested."""


class PatientPhoneIndex(Base):
    """A keyed digest of a patient's telephone number; beside the profile, whose columns are the spec's."""

    __tablename__ = "patient_phone_index"
    __table_args__ = (Index("ix_patient_phone_index_digest", "digest"),)

    patient_id: Mapped[str] = reference("patient_profiles.id", ondelete="CASCADE", primary_key=True)
    digest: Mapped[str]
    """``key id:digest``, as a key ring makes it."""


# Whoever changes a number changes its digest: no doctor may.
_OWN = own_patient("patient_id")
access(
    "patient_phone_index",
    Policy("SELECT", f"{_OWN} OR {in_care('patient_phone_index.patient_id')}"),
    Policy("INSERT", check=_OWN),
    Policy("UPDATE", _OWN, _OWN),
    Policy("DELETE", _OWN),
    grants="SELECT, INSERT, UPDATE (digest), DELETE",
)
