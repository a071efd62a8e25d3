"""The accounts with which a service begins: the spec's two, and an administrator of this site."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from argon2 import PasswordHasher

from dentalization import catalog
from dentalization.accounts.consent_policy import TEXTS
from dentalization.accounts.consent_tables import ConsentPurpose
from dentalization.accounts.passwords import check_strength
from dentalization.accounts.tables import Role
from dentalization.db.ids import new_id
from dentalization.db.sealed import sealed_columns
from dentalization.ops.seed.calendars import open_calendars
from dentalization.profiles.phone_tables import PHONE
from dentalization.sealing.keyring import Keyring

DOCTOR_EMAIL = "doctor@dentalization.com"
PATIENT_EMAIL = "patient@example.com"

_DOCTOR = {
    "first_name": "Dr. John",
    "last_name": "Smith",
    "license_number": "DDS12345",
    "specialization": "General Dentistry",
    "years_experience": 10,
    "profile_complete": True,
}
_CLINIC = {
    "phone": "+622155500123",
    "education": "Doctor of Dental Surgery",
    "clinic_name": "Klinik Gigi Melati",
    "clinic_address": "Jl. Melati 12, Jakarta Selatan",
    "clinic_phone": "+622155500100",
}
_PATIENT = {
    "first_name": "Ayu",
    "last_name": "Lestari",
    "date_of_birth": "1991-04-17",
    "phone": "+6281255500117",
    "address": "Jl. Kenanga 5, Jakarta Selatan",
    "emergency_contact": "Bima Lestari +6281255500118",
    "allergies": "penicillin",
    "medications": "none",
    "insurance_info": "BPJS Kesehatan",
    "preferred_language": "id",
    "smoking_status": "never",
    "dental_concerns": "sensitive to cold on the lower left",
    "profile_complete": True,
}


@dataclass(frozen=True, slots=True)
class SeededAccount:
    """``password`` is None where the account was there before, or the password is the environment's.

    It is not stored: whoever receives it shows it once.
    """

    email: str
    password: str | None
    role: str
    created: bool


@dataclass(frozen=True, slots=True)
class _Wanted:
    email: str
    role: Role
    password_variable: str | None
    known_password: str | None = None
    profile: tuple[str, Mapping[str, Any]] | None = None
    created_at: datetime | None = None


def seed_accounts(
    owner_url: str, *, demo: bool, environment: Mapping[str, str], keyring: Keyring | None = None
) -> list[SeededAccount]:
    """Makes the accounts that are missing, all or none; one that is there is left as it is.

    Passwords come from DENTALIZATION_SEED_ADMIN_PASSWORD, DENTALIZATION_SEED_DOCTOR_PASSWORD and
    DENTALIZATION_ADMIN_PASSWORD, or are random; only ``demo`` gives the well-known ones, verifies the doctor
    and adds a patient. Without a ``keyring`` nothing of them is sealed. Raises WeakPassword for one of the
    environment's.
    """
    wanted = {item.email: item for item in _wanted(demo, environment)}  # an address may be given twice
    with psycopg.connect(owner_url) as connection:
        made = [_ensure(connection, item, environment, keyring) for item in wanted.values()]
        if demo:
            open_calendars(connection)
        return made


def _wanted(demo: bool, environment: Mapping[str, str]) -> Iterator[_Wanted]:
    site_admin = environment.get("DENTALIZATION_ADMIN_EMAIL", "").strip().lower() or "admin@example.com"
    # The demo people have been here for long, so that a history fits them.
    long_ago = datetime.now(UTC).replace(month=1, day=1) if demo else None
    long_ago = long_ago and long_ago.replace(year=long_ago.year - 3)
    yield _Wanted(site_admin, Role.ADMIN, "DENTALIZATION_ADMIN_PASSWORD")
    yield _Wanted(
        "admin@dentalization.com",
        Role.ADMIN,
        "DENTALIZATION_SEED_ADMIN_PASSWORD",
        "admin123" if demo else None,
    )
    yield _Wanted(
        DOCTOR_EMAIL,
        Role.DOCTOR,
        "DENTALIZATION_SEED_DOCTOR_PASSWORD",
        "doctor123" if demo else None,
        ("doctor_profiles", {**_DOCTOR, **(_CLINIC if demo else {}), "is_verified": demo}),
        long_ago,
    )
    if demo:
        yield _Wanted(
            PATIENT_EMAIL, Role.PATIENT, None, "patient123", ("patient_profiles", _PATIENT), long_ago
        )


def _ensure(
    connection: psycopg.Connection[tuple[object, ...]],
    item: _Wanted,
    environment: Mapping[str, str],
    keyring: Keyring | None,
) -> SeededAccount:
    if connection.execute("SELECT 1 FROM users WHERE email = %s", (item.email,)).fetchone():
        return SeededAccount(item.email, None, item.role.value, created=False)
    given = item.password_variable and environment.get(item.password_variable)
    if given:
        check_strength(given, email=item.email)
    shown = item.known_password or secrets.token_urlsafe(15)
    created_at = item.created_at or datetime.now(UTC)
    milliseconds = int(created_at.timestamp() * 1000)
    user_id = new_id(at_milliseconds=milliseconds)
    dates = {"created_at": created_at, "updated_at": created_at}
    user = {
        "id": user_id,
        "email": item.email,
        "password": PasswordHasher().hash(given or shown),
        "role": item.role.value,
    }
    _insert(connection, "users", {**user, **dates})
    # The operator knows whose they are; no letter goes to reserved addresses.
    _insert(
        connection, "verified_emails", {"user_id": user_id, "email": item.email, "verified_at": created_at}
    )
    if item.profile:
        table, profile = item.profile
        identity = {"id": new_id(at_milliseconds=milliseconds), "user_id": user_id}
        values = {**identity, **profile, **dates}
        _insert(connection, table, values if keyring is None else _sealed(table, values, keyring))
        if keyring and item.role is Role.PATIENT:
            digest = keyring.digest(profile["phone"], PHONE)
            _insert(connection, "patient_phone_index", {"patient_id": identity["id"], "digest": digest})
    if item.role is Role.PATIENT:  # so that the demo's photos are analysed, and may teach
        for purpose in (ConsentPurpose.AI_ANALYSIS, ConsentPurpose.TRAINING):
            consent = {"id": new_id(at_milliseconds=milliseconds), "user_id": user_id, "granted": True}
            text = {"purpose": purpose.value, "version": TEXTS[purpose].version, "language": "id"}
            _insert(connection, "consents", {**consent, **text})
    return SeededAccount(item.email, None if given else shown, item.role.value, created=True)


def _sealed(table: str, values: Mapping[str, Any], keyring: Keyring) -> dict[str, Any]:
    places = set(sealed_columns(catalog.metadata)[table])
    return {
        name: keyring.seal(value, f"{table}.{name}", values["id"]) if name in places else value
        for name, value in values.items()
    }


def _insert(
    connection: psycopg.Connection[tuple[object, ...]], table: str, values: Mapping[str, object]
) -> None:
    statement = psycopg.sql.SQL("INSERT INTO {} ({}) VALUES ({})").format(
        psycopg.sql.Identifier(table),
        psycopg.sql.SQL(", ").join(map(psycopg.sql.Identifier, values)),
        psycopg.sql.SQL(", ").join([psycopg.sql.Placeholder()] * len(values)),
    )
    connection.execute(statement, list(values.values()))
