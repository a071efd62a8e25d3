"""Register, see and change one's profile, see one's patients, and list doctors by their verification."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from dentalization.accounts import consents as ledger
from dentalization.accounts import email_addresses, passwords
from dentalization.accounts.consents import ConsentChoice
from dentalization.accounts.queries import ADD_USER
from dentalization.accounts.tables import Role
from dentalization.db.database import Database
from dentalization.db.errors import RuleBroken
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.db.keyset import MAX_LIMIT, Page, TimeKey, page_of
from dentalization.db.limits import Limit, count, network_of
from dentalization.db.transaction import Transaction
from dentalization.errors import InvalidInput, NotAllowed, NotFound
from dentalization.profiles import policy, queries
from dentalization.profiles.errors import ChangedMeanwhile, LicenseTaken
from dentalization.profiles.phone_tables import PHONE
from dentalization.profiles.phones import e164
from dentalization.profiles.queries import Me
from dentalization.signing import Signer

_PHONES = {"phone": "phone", "clinic_phone": "clinicPhone"}


REGISTERED_PER_ADDRESS = 100
"""Each costs a password hash and a letter to somebody who may not have asked for it."""
REGISTERED_WINDOW = timedelta(hours=1)


async def register(
    db: Database,
    signer: Signer,
    *,
    email: str,
    password: str,
    role: Role,
    first_name: str,
    last_name: str,
    license_number: str | None,
    address: str,
    consents: Sequence[ConsentChoice] = (),
    language: str = "en",
) -> None:
    """Makes an account with its profile, writes down what was agreed to, and sends a link to its address.

    Where the address already has an account nothing happens, in the same time and with the same answer:
    only its owner may learn that it exists. Raises InvalidInput, WeakPassword, LicenseTaken,
    ConsentTextChanged, TooManyAttempts.
    """
    email = email.strip().lower()
    if role is Role.ADMIN:
        raise InvalidInput("An administrator is made by 'dentalization users create-admin'.", field="role")
    if role is Role.DOCTOR and not license_number:
        raise InvalidInput("A doctor registers with a licence number.", field="licenseNumber")
    passwords.check_strength(password, email=email)
    ledger.check(consents)
    limit = Limit(signer.digest("registrations from", network_of(address)), REGISTERED_PER_ADDRESS)
    await count(db, [limit], window=REGISTERED_WINDOW)
    await _refuse_taken_license(db, license_number, address)
    password_hash = await passwords.hashed(password)
    user_id, profile_id = new_id(), new_id()
    # The first identity of an account is its own: the policies let nobody insert anybody else.
    actor = Actor(user_id, role.value, address=address)
    names = {"id": profile_id, "user_id": user_id, "first_name": first_name, "last_name": last_name}

    async def add(transaction: Transaction) -> None:
        await transaction.run(ADD_USER, id=user_id, email=email, password=password_hash, role=role)
        if role is Role.DOCTOR:
            await transaction.run(queries.ADD_DOCTOR, **names, license_number=license_number)
        else:
            await transaction.run(queries.ADD_PATIENT, **names)
        await ledger.record(transaction, signer, actor=actor, choices=consents)
        await email_addresses.ask_first(transaction, user_id=user_id, email=email, language=language)

    try:
        await db.transaction(actor, add)
    except RuleBroken as error:
        if error.constraint != "idx_users_email":
            raise


async def _refuse_taken_license(db: Database, license_number: str | None, address: str) -> None:
    if license_number is None:
        return
    found = await db.read_one(Actor.nobody(address), queries.LICENSE_TAKEN, license_number=license_number)
    if found and found.taken:
        raise LicenseTaken


async def me(db: Database, *, actor: Actor) -> Me:
    """The actor's account with the profile that it has. Raises NotFound when the account is gone."""
    found = await db.read_one(actor, queries.ME, user_id=actor.user_id)
    if found is None:
        raise NotFound("This account does not exist any more.")
    return found


async def change_profile(
    db: Database, *, actor: Actor, changes: Mapping[str, Any], seen_at: datetime | None = None
) -> Me:
    """Sets the given fields of the actor's own profile and says whether it is complete now.

    ``seen_at`` is the version that the caller has seen; None takes the newest. Raises ChangedMeanwhile,
    InvalidInput for a field that is not the owner's to set, InvalidPhone.
    """
    before = await me(db, actor=actor)
    profile = before.doctor_profile or before.patient_profile
    if profile is None:
        raise NotFound("This account has no profile.")
    is_doctor = before.doctor_profile is not None
    fields = policy.DOCTOR_FIELDS if is_doctor else policy.PATIENT_FIELDS
    values = {name: value for name, value in asdict(profile).items() if name in fields}
    values.update(_cleaned(changes, fields))
    complete = policy.doctor_complete(values) if is_doctor else policy.patient_complete(values)
    query = queries.UPDATE_DOCTOR if is_doctor else queries.UPDATE_PATIENT
    if is_doctor:
        values["subspecialties"] = list(values["subspecialties"])

    async def change(transaction: Transaction) -> int:
        changed = await transaction.run(
            query,
            profile_id=profile.id,
            owner=actor.user_id,
            seen_at=seen_at or profile.updated_at,
            complete=complete,
            **values,
        )
        if changed and not is_doctor and values["phone"] != profile.phone:
            await _index_phone(transaction, profile.id, values["phone"])
        return changed

    if not await db.transaction(actor, change):
        raise ChangedMeanwhile
    return await me(db, actor=actor)


async def _index_phone(transaction: Transaction, patient_id: str, phone: str | None) -> None:
    """After the row, which is then locked: 'db reseal' keeps the same order."""
    if phone:
        digest = transaction.keyring.digest(phone, PHONE)
        await transaction.run(queries.PUT_PHONE, patient_id=patient_id, digest=digest)
    else:
        await transaction.run(queries.DROP_PHONE, patient_id=patient_id)


def _cleaned(changes: Mapping[str, Any], fields: frozenset[str]) -> dict[str, Any]:
    unknown = sorted(changes.keys() - fields)
    if unknown:
        raise InvalidInput(f"This profile has no field '{unknown[0]}' that you may set.", field=unknown[0])
    cleaned = dict(changes)
    for name, api_name in _PHONES.items():
        if cleaned.get(name):
            cleaned[name] = e164(cleaned[name], field=api_name)
    for name in ("first_name", "last_name"):
        if name in cleaned and not (cleaned[name] or "").strip():
            raise InvalidInput("A name is not empty.", field=name)
    return cleaned


async def patients(
    db: Database, *, actor: Actor, phone: str | None = None, after: str | None, limit: int
) -> Page[queries.DoctorsPatient]:
    """The patients in the acting doctor's care, the newest first; with ``phone`` those who have this number.

    Raises NotAllowed, BadCursor, InvalidPhone.
    """
    if not actor.doctor_id:
        raise NotAllowed("Only doctors have patients.")
    place = TimeKey.after(after)
    query, number = queries.DOCTORS_PATIENTS, {}
    if phone:
        query = queries.DOCTORS_PATIENTS_BY_PHONE
        number = {"digests": db.keyring.digests(e164(phone, field="phone"), PHONE)}
    rows = await db.read(
        actor,
        query,
        **number,
        doctor_id=actor.doctor_id,
        before_at=place.at,
        before_id=place.id,
        limit=limit + 1,
    )
    return page_of(rows, limit, lambda row: (row.since, row.id))


async def patients_to_choose(db: Database, *, actor: Actor, chosen: str = "") -> list[queries.DoctorsPatient]:
    """The hundred newest in the acting doctor's care, and the ``chosen`` one, by name. Raises NotAllowed."""
    page = await patients(db, actor=actor, after=None, limit=MAX_LIMIT)
    found = list(page.items)
    if chosen and all(one.id != chosen for one in found):
        found += await db.read(actor, queries.DOCTORS_PATIENT, doctor_id=actor.doctor_id, patient_id=chosen)
    return sorted(found, key=lambda one: (one.first_name.lower(), one.last_name.lower(), one.id))


async def doctors_to_verify(
    db: Database, *, actor: Actor, verified: bool, after: str | None, limit: int
) -> Page[queries.DoctorForAdmin]:
    """For admins: doctors by whether their licence is verified. Raises NotAllowed."""
    if actor.role != "ADMIN":
        raise NotAllowed("Only administrators verify licences.")
    place = TimeKey.after(after)
    rows = await db.read(
        actor,
        queries.DOCTORS_FOR_ADMIN,
        verified=verified,
        before_at=place.at,
        before_id=place.id,
        limit=limit + 1,
    )
    return page_of(rows, limit, lambda row: (row.created_at, row.id))
