"""The page on which people register."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response
from pydantic import EmailStr, TypeAdapter, ValidationError

from dentalization.accounts.consent_policy import TEXTS as CONSENTS
from dentalization.accounts.consent_tables import ConsentPurpose
from dentalization.accounts.consents import ConsentChoice
from dentalization.accounts.errors import ConsentTextChanged
from dentalization.accounts.tables import Role
from dentalization.edge.acting import AtHand, address_of
from dentalization.edge.pages import (
    Form,
    Language,
    WrongField,
    errors_of,
    field,
    language_of,
    redirect,
    render,
    sentence,
    short,
)
from dentalization.errors import InvalidInput
from dentalization.profiles import service
from dentalization.profiles.errors import LicenseTaken

router = APIRouter(include_in_schema=False)

_REGISTRATION = {"firstName": 100, "lastName": 100, "licenseNumber": 50, "email": 255}


@router.get("/register")
async def register_page(request: Request) -> Response:
    return _registration(request, {}, {}, status=200)


@router.post("/register")
async def register(request: Request, form: Form, at_hand: AtHand, language: Language) -> Response:
    names = ("email", "role", "firstName", "lastName", "licenseNumber", "aiAnalysis")
    values = {name: field(form, name) for name in names}
    password = form.get("password")
    errors = _registration_errors(request, values)
    if errors:
        return _registration(request, values, errors)
    try:
        await service.register(
            at_hand.db,
            at_hand.signer,
            email=values["email"],
            password=password if isinstance(password, str) else "",
            role=Role.DOCTOR if values["role"] == "DOCTOR" else Role.PATIENT,
            first_name=values["firstName"],
            last_name=values["lastName"],
            license_number=values["licenseNumber"] or None,
            address=address_of(request),
            consents=_agreed(request, values),
            language=language,
        )
    except LicenseTaken as error:
        errors = {"licenseNumber": sentence(request, error)}
        return _registration(request, values, errors)
    except (InvalidInput, ConsentTextChanged) as error:
        return _registration(request, values, errors_of(request, error))
    return redirect("/sign-in?registered=true")


def _registration(
    request: Request, values: Mapping[str, str], errors: Mapping[str, str], *, status: int = 422
) -> Response:
    consent = CONSENTS[ConsentPurpose.AI_ANALYSIS]
    words = consent.in_language(language_of(request))
    return render(
        request,
        "register.html",
        status=status,
        values=values,
        errors=errors,
        consent=words,
        consent_version=str(consent.version),
    )


def _agreed(request: Request, values: Mapping[str, str]) -> list[ConsentChoice]:
    """What a patient ticked; the box's value is the version of the text beside it."""
    version = values["aiAnalysis"]
    if not version or values["role"] == "DOCTOR":
        return []
    read = int(version) if version.isdecimal() and len(version) < 6 else 0
    return [ConsentChoice(ConsentPurpose.AI_ANALYSIS, read, language=language_of(request))]


def _registration_errors(request: Request, values: Mapping[str, str]) -> dict[str, str]:
    """Every field that is wrong, as far as it can be told before anything is asked of the database."""
    errors: dict[str, str] = {}
    for name, most in _REGISTRATION.items():
        try:
            short(values[name], most, name)
            if name == "email":
                TypeAdapter(EmailStr).validate_python(values[name])
            elif not values[name] and (name != "licenseNumber" or values["role"] == "DOCTOR"):
                raise WrongField("empty", field=name)
        except InvalidInput as error:
            errors.update(errors_of(request, error))
        except ValidationError:
            errors.update(errors_of(request, WrongField("no-email", field=name)))
    return errors
