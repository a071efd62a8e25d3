"""Pages to fill in a profile, to see one's patients, and to verify doctors by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from fastapi import APIRouter, Request, Response

from dentalization.context import Context
from dentalization.db.identity import Actor
from dentalization.db.keyset import DEFAULT_LIMIT
from dentalization.db.row import camel
from dentalization.edge.acting import AtHand
from dentalization.edge.pages import (
    Form,
    Visitor,
    WrongField,
    errors_of,
    field,
    redirect,
    render,
    sentence,
    short,
)
from dentalization.errors import Conflict, InvalidInput
from dentalization.profiles import licence_decisions, service
from dentalization.profiles.phones import e164
from dentalization.profiles.queries import Doctor, Me, Patient, UserWithProfiles

router = APIRouter(include_in_schema=False)

_NAMES = ("first_name", "last_name")

# Field, kind of input, autocomplete word of the HTML standard ('' where there is none).
_PATIENT_INPUTS = (
    ("first_name", "text", "given-name"),
    ("last_name", "text", "family-name"),
    ("date_of_birth", "date", "bday"),
    ("phone", "tel", "tel"),
    ("emergency_contact", "text", ""),
    ("address", "text", "street-address"),
    ("preferred_language", "text", "language"),
    ("insurance_info", "area", ""),
    ("allergies", "area", ""),
    ("medications", "area", ""),
    ("medical_history", "area", ""),
    ("dental_concerns", "area", ""),
    ("previous_dental_work", "area", ""),
    ("last_dental_visit", "date", ""),
    ("pain_tolerance", "text", ""),
    ("smoking_status", "text", ""),
    ("dietary_restrictions", "area", ""),
)
_DOCTOR_INPUTS = (
    ("first_name", "text", "given-name"),
    ("last_name", "text", "family-name"),
    ("phone", "tel", "tel"),
    ("specialization", "text", ""),
    ("subspecialties", "text", ""),
    ("education", "area", ""),
    ("years_experience", "number", ""),
    ("clinic_name", "text", "organization"),
    ("clinic_address", "text", ""),
    ("clinic_phone", "tel", ""),
)


@router.get("/profile")
async def profile_page(
    request: Request, actor: Visitor, at_hand: AtHand, saved: bool = False, mailed: bool = False
) -> Response:
    return _profile(request, await service.me(at_hand.db, actor=actor), {}, {}, saved=saved, mailed=mailed)


@router.post("/profile")
async def change_profile(request: Request, form: Form, actor: Visitor, at_hand: AtHand) -> Response:
    before = await service.me(at_hand.db, actor=actor)
    sent = {name: field(form, camel(name)) for name, _, _ in _inputs(before)}
    changes, errors = _changes(request, before, sent)
    if errors:
        return _profile(request, before, sent, errors, status=422)
    try:
        await service.change_profile(at_hand.db, actor=actor, changes=changes)
    except InvalidInput as error:
        return _profile(request, before, sent, errors_of(request, error), status=422)
    return redirect("/profile?saved=true")


@router.get("/patients")
async def patients(request: Request, actor: Visitor, at_hand: AtHand, after: str | None = None) -> Response:
    page = await service.patients(at_hand.db, actor=actor, after=after, limit=DEFAULT_LIMIT)
    return render(request, "patients.html", page=page)


@router.get("/admin/doctors")
async def doctors(
    request: Request, actor: Visitor, at_hand: AtHand, verified: bool = False, after: str | None = None
) -> Response:
    return await _doctors(request, actor, at_hand, verified=verified, after=after)


@router.post("/admin/doctors/{doctor_id}/verification")
async def verify(request: Request, doctor_id: str, form: Form, actor: Visitor, at_hand: AtHand) -> Response:
    verify = field(form, "decision") == "VERIFIED"
    try:
        await licence_decisions.decide(
            at_hand.db,
            actor=actor,
            doctor_id=doctor_id,
            verified=verify,
            reason=short(field(form, "reason"), 4000, "reason"),
            time_zone=at_hand.settings.time_zone,
        )
    except (InvalidInput, Conflict) as error:
        errors = {f"reason-{doctor_id}": sentence(request, error)}
        return await _doctors(request, actor, at_hand, verified=not verify, errors=errors)
    return redirect("/admin/doctors")


async def _doctors(
    request: Request,
    actor: Actor,
    at_hand: Context,
    *,
    verified: bool,
    after: str | None = None,
    errors: Mapping[str, str] | None = None,
) -> Response:
    page = await service.doctors_to_verify(
        at_hand.db, actor=actor, verified=verified, after=after, limit=DEFAULT_LIMIT
    )
    return render(
        request,
        "doctors.html",
        status=422 if errors else 200,
        page=page,
        verified=verified,
        errors=errors or {},
    )


def _profile(
    request: Request,
    me: Me,
    sent: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    saved: bool = False,
    mailed: bool = False,
    status: int = 200,
) -> Response:
    """The form, with what was just sent in place of what is stored."""
    profile = me.doctor_profile or me.patient_profile
    inputs = [
        (camel(name), kind, word, sent.get(name, _shown(getattr(profile, name))))
        for name, kind, word in _inputs(me)
    ]
    return render(
        request,
        "profile.html",
        status=status,
        inputs=inputs,
        doctor=me.doctor_profile,
        complete=profile is not None and profile.profile_complete,
        errors=errors,
        saved=saved,
        email=me.email,
        email_verified=me.email_verified,
        mailed=mailed,
    )


def _inputs(me: UserWithProfiles) -> tuple[tuple[str, str, str], ...]:
    if me.doctor_profile is not None:
        return _DOCTOR_INPUTS
    return _PATIENT_INPUTS if me.patient_profile is not None else ()


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return ", ".join(value)
    return value.date().isoformat() if isinstance(value, datetime) else str(value)


def _changes(
    request: Request, me: UserWithProfiles, sent: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """What was changed, as the values that the profile takes ('' is None), and every field that is wrong."""
    profile: Doctor | Patient | None = me.doctor_profile or me.patient_profile
    changes: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name, kind, _ in _inputs(me):
        if sent[name] != _shown(getattr(profile, name)):
            try:
                changes[name] = _value(name, kind, sent[name])
            except InvalidInput as error:
                errors.update(errors_of(request, error))
    return changes, errors


def _value(name: str, kind: str, sent: str) -> Any:
    """Raises InvalidInput."""
    api_name = camel(name)
    if name == "subspecialties":
        return [part.strip() for part in short(sent, 4000, api_name).split(",") if part.strip()]
    if not sent:
        if name in _NAMES:
            raise WrongField("empty", field=api_name)
        return None
    if kind in ("date", "number"):
        return _parsed(name, kind, sent)
    if kind == "tel":
        return e164(sent, field=api_name)
    return short(sent, 100 if name in _NAMES else 4000 if kind == "area" else 200, api_name)


def _parsed(name: str, kind: str, sent: str) -> Any:
    try:
        if kind == "number":
            number = int(sent)
            if abs(number) > 9999:  # the table's own bound is narrower, but this would not fit its column
                raise WrongField(f"invalid.{camel(name)}", field=camel(name))
            return number
        found = date.fromisoformat(sent)
    except ValueError:
        raise WrongField(f"no-{kind}", field=camel(name)) from None
    return datetime.combine(found, datetime.min.time(), UTC) if name == "last_dental_visit" else found
