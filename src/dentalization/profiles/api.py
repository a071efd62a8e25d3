"""Registration, the own profile, a doctor's patients, and the verification of licences."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import AwareDatetime, EmailStr, Field

from dentalization.accounts.consent_tables import ConsentPurpose
from dentalization.accounts.consents import ConsentChoice
from dentalization.accounts.tables import Role
from dentalization.db.keyset import Page
from dentalization.db.row import row
from dentalization.edge.acting import Acting, Address, AtHand, Enrolling
from dentalization.edge.answers import LIMIT, After, Body, IfMatch, Limit, Text, answer, etag, seen_at
from dentalization.edge.pages import Language
from dentalization.profiles import licence_decisions, service
from dentalization.profiles.queries import DoctorForAdmin, DoctorsPatient, Me

router = APIRouter(tags=["profiles"])

Name = Annotated[Text, Field(min_length=1, max_length=100)]
Phone = Annotated[Text, Field(max_length=40)]
Short = Annotated[Text, Field(max_length=200)]
Long = Annotated[Text, Field(max_length=4000)]


class ConsentGiven(Body):
    """``version`` is that of the text that was read, in ``language``."""

    purpose: ConsentPurpose
    version: Annotated[int, Field(ge=1, le=100_000)]
    language: Literal["en", "id"] = "en"


class Registration(Body):
    email: Annotated[EmailStr, Field(max_length=255)]
    password: Annotated[Text, Field(min_length=8, max_length=128)]
    role: Literal["PATIENT", "DOCTOR"] = "PATIENT"
    first_name: Name
    last_name: Name
    license_number: Annotated[Text, Field(min_length=1, max_length=50)] | None = None
    consents: Annotated[list[ConsentGiven], Field(max_length=20)] = []


@row
class Registered:
    email: str
    role: Role


class ProfileChange(Body):
    """Any of the fields that the owner of a profile may set; those of the other role are refused."""

    first_name: Name = ""
    last_name: Name = ""
    phone: Phone | None = None
    # of a patient
    date_of_birth: date | None = None
    address: Short | None = None
    emergency_contact: Short | None = None
    allergies: Long | None = None
    medications: Long | None = None
    medical_history: Long | None = None
    insurance_info: Long | None = None
    pain_tolerance: Short | None = None
    preferred_language: Short | None = None
    dietary_restrictions: Long | None = None
    smoking_status: Short | None = None
    dental_concerns: Long | None = None
    previous_dental_work: Long | None = None
    last_dental_visit: AwareDatetime | None = None
    # of a doctor
    specialization: Short | None = None
    subspecialties: Annotated[list[Short], Field(max_length=20)] = []
    education: Long | None = None
    years_experience: Annotated[int, Field(ge=0, le=80)] | None = None
    clinic_name: Short | None = None
    clinic_address: Short | None = None
    clinic_phone: Phone | None = None


class Verification(Body):
    decision: Literal["VERIFIED", "REJECTED"]
    reason: Long | None = None
    submission_id: Annotated[Text, Field(max_length=40)] | None = None


@router.post("/auth/register", status_code=201, response_model=Registered)
async def register(body: Registration, at_hand: AtHand, address: Address, language: Language) -> Response:
    """Makes an account and sends a link to its address. The answer is the same where there is one already."""
    await service.register(
        at_hand.db,
        at_hand.signer,
        email=body.email,
        password=body.password,
        role=Role(body.role),
        first_name=body.first_name,
        last_name=body.last_name,
        license_number=body.license_number,
        address=address,
        consents=[ConsentChoice(one.purpose, one.version, language=one.language) for one in body.consents],
        language=language,
    )
    return answer(Registered, Registered(body.email.lower(), Role(body.role)), status=201)


@router.get("/me", response_model=Me)
async def me(actor: Enrolling, at_hand: AtHand) -> Response:
    """The account with its doctor's or patient's profile."""
    return _me(await service.me(at_hand.db, actor=actor))


@router.patch("/me/profile", response_model=Me)
async def change_profile(
    body: ProfileChange, actor: Acting, at_hand: AtHand, if_match: IfMatch = None
) -> Response:
    """Sets the fields that are sent; with If-Match only if nobody has changed the profile meanwhile."""
    changes = body.model_dump(exclude_unset=True)
    found = await service.change_profile(at_hand.db, actor=actor, changes=changes, seen_at=seen_at(if_match))
    return _me(found)


@router.get("/doctors/me/patients", response_model=Page[DoctorsPatient])
async def patients(
    actor: Acting, at_hand: AtHand, phone: Phone | None = None, after: After = None, limit: Limit = LIMIT
) -> Response:
    """The patients in the doctor's care, the newest first; with 'phone' those who have this number."""
    page = await service.patients(at_hand.db, actor=actor, phone=phone, after=after, limit=limit)
    return answer(Page[DoctorsPatient], page)


@router.get("/admin/doctors", response_model=Page[DoctorForAdmin])
async def doctors(
    actor: Acting, at_hand: AtHand, verified: bool = False, after: After = None, limit: Limit = LIMIT
) -> Response:
    """For admins: doctors whose licence is, or is not yet, verified."""
    page = await service.doctors_to_verify(
        at_hand.db, actor=actor, verified=verified, after=after, limit=limit
    )
    return answer(Page[DoctorForAdmin], page)


@router.post("/admin/doctors/{doctor_id}/verification", status_code=204)
async def verify(doctor_id: Text, body: Verification, actor: Acting, at_hand: AtHand) -> Response:
    """For admins: decides the licence that waits; without one, verifies or rejects by hand.

    A rejection and a decision by hand need a reason. 'submissionId' names the licence that was looked at:
    another one, or one that was decided meanwhile, is left alone.
    """
    await licence_decisions.decide(
        at_hand.db,
        actor=actor,
        doctor_id=doctor_id,
        verified=body.decision == "VERIFIED",
        reason=body.reason,
        time_zone=at_hand.settings.time_zone,
        submission_id=body.submission_id,
    )
    return Response(status_code=204)


def _me(found: Me) -> Response:
    profile = found.doctor_profile or found.patient_profile
    version: datetime = profile.updated_at if profile else found.updated_at
    return answer(Me, found, headers={"ETag": etag(version)})
