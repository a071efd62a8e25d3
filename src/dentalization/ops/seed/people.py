"""Invented doctors and patients, and the demo accounts among them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray

from dentalization.accounts.consent_policy import TEXTS
from dentalization.accounts.consent_tables import ConsentPurpose
from dentalization.ops.seed import names
from dentalization.ops.seed.accounts import DOCTOR_EMAIL, PATIENT_EMAIL
from dentalization.ops.seed.copying import NULL, copy, ids, pick, text, times
from dentalization.ops.seed.plan import DAY, Numbers
from dentalization.profiles.phone_tables import PHONE
from dentalization.sealing.keyring import Keyring

UNUSABLE = "!"
"""No hash at all, so no password fits it."""

_USER = "id email password role created_at updated_at"
_DOCTOR = (
    "id user_id first_name last_name phone license_number specialization subspecialties education "
    "years_experience clinic_name clinic_address clinic_phone profile_complete is_verified created_at "
    "updated_at"
)
_CONSENT = "id user_id purpose version language granted given_at"
_PATIENT = (
    "id user_id first_name last_name date_of_birth phone address emergency_contact allergies medications "
    "medical_history insurance_info pain_tolerance preferred_language dietary_restrictions smoking_status "
    "dental_concerns previous_dental_work last_dental_visit profile_complete created_at updated_at"
)


@dataclass(frozen=True)
class Group:
    """Parallel arrays of texts, by the number that the plan gives a person."""

    user_ids: NDArray[Any]
    ids: NDArray[Any]
    profile_names: NDArray[Any]
    """First and last name with a tab between, as two columns."""
    emails: NDArray[Any]
    first: int = 0
    """1 where the first of them is a demo account, which is there already."""

    @cached_property
    def names(self) -> NDArray[Any]:
        return np.array([name.replace("\t", " ") for name in self.profile_names], dtype=object)


def invent(
    connection: psycopg.Connection[tuple[object, ...]],
    chance: np.random.Generator,
    *,
    role: str,
    seed: int,
    created_at: Numbers,
) -> Group:
    """As many people of a role as there are times. A demo account without any history becomes the first."""
    count = len(created_at)
    first, last = pick(chance, names.FIRST_NAMES, count), pick(chance, names.LAST_NAMES, count)
    addresses = [
        f"{a}.{b}.{'d' if role == 'DOCTOR' else 'p'}{seed}.{number}@example.com".lower().replace(" ", "")
        for number, (a, b) in enumerate(zip(first, last, strict=True))
    ]
    group = Group(
        user_ids=np.array(ids(chance, created_at), dtype=object),
        ids=np.array(ids(chance, created_at), dtype=object),
        profile_names=np.array([f"{a}\t{b}" for a, b in zip(first, last, strict=True)], dtype=object),
        emails=np.array(addresses, dtype=object),
    )
    found = connection.execute(_DEMO[role]).fetchone() if count else None
    if found is None:
        return group
    for column, value in zip((group.user_ids, group.ids, group.profile_names), found, strict=True):
        column[0] = value
    return replace(group, first=1)


_DEMO = {
    "DOCTOR": f"""SELECT d.user_id, d.id, d.first_name || E'\\t' || d.last_name
        FROM doctor_profiles d JOIN users u ON u.id = d.user_id
        WHERE u.email = '{DOCTOR_EMAIL}' AND d.is_verified
          AND NOT EXISTS (SELECT 1 FROM care_relationships WHERE doctor_id = d.id)""",
    "PATIENT": f"""SELECT p.user_id, p.id, p.first_name || E'\\t' || p.last_name
        FROM patient_profiles p JOIN users u ON u.id = p.user_id
        WHERE u.email = '{PATIENT_EMAIL}'
          AND NOT EXISTS (SELECT 1 FROM care_relationships WHERE patient_id = p.id)""",
}


def add_doctors(
    connection: psycopg.Connection[tuple[object, ...]],
    chance: np.random.Generator,
    group: Group,
    *,
    seed: int,
    created_at: Numbers,
    unverified: int,
    keyring: Keyring | None,
) -> None:
    """The last ``unverified`` of them wait for an administrator."""
    count = len(created_at)
    experience = chance.integers(1, 36, count).tolist()
    columns = zip(
        group.ids, group.user_ids, group.profile_names, _phones(chance, count), range(count),
        pick(chance, names.SPECIALIZATIONS, count),
        (sub.replace(NULL, "") for sub in pick(chance, names.SUBSPECIALTIES, count)),
        pick(chance, names.EDUCATION, count), experience, pick(chance, names.CLINICS, count),
        _addresses(chance, count), _phones(chance, count), times(created_at), strict=True,
    )  # fmt: skip
    lines = [
        f"{id_}\t{user}\t{name}\t{phone}\tDRG-{seed}-{number:06d}\t{special}\t"
        f"{{{sub}}}\t{education}\t{years}\t{clinic}\t{address}\t{clinic_phone}\t"
        f"t\t{'t' if number < count - unverified else 'f'}\t{at}\t{at}\n"
        for id_, user, name, phone, number, special, sub, education, years, clinic, address, clinic_phone, at
        in columns
    ]  # fmt: skip
    copy(connection, "users", _USER, _users(group, "DOCTOR", times(created_at), group.first, count))
    copy(connection, "doctor_profiles", _DOCTOR, lines[group.first :], keyring)


def add_patients(
    connection: psycopg.Connection[tuple[object, ...]],
    chance: np.random.Generator,
    group: Group,
    *,
    created_at: Numbers,
    begin: int,
    end: int,
    keyring: Keyring | None,
) -> None:
    """Those with the numbers from ``begin`` to before ``end``."""
    at = created_at[begin:end]
    count, moments = len(at), times(at)
    born = at - ((4 + 80 * chance.random(count) ** 1.3) * 365.25 * DAY).astype(np.int64)
    visit = at - (chance.random(count) * 900 * DAY).astype(np.int64)
    pools = (
        names.ALLERGIES, names.MEDICATIONS, names.MEDICAL_HISTORY, names.INSURANCE, names.PAIN_TOLERANCE,
        names.LANGUAGES, names.DIETS, names.SMOKING, names.CONCERNS, names.EARLIER_WORK,
    )  # fmt: skip
    contacts = zip(pick(chance, names.FIRST_NAMES, count), _phones(chance, count), strict=True)
    phones = _phones(chance, count)
    columns = zip(
        group.ids[begin:end], group.user_ids[begin:end], group.profile_names[begin:end],
        np.datetime_as_string(born.astype("datetime64[ms]"), unit="D").tolist(),
        phones, _addresses(chance, count), (f"{name} {phone}" for name, phone in contacts),
        *(pick(chance, pool, count) for pool in pools), times(visit), ["t"] * count, moments, moments,
        strict=True,
    )  # fmt: skip
    lines = ["\t".join(values) + "\n" for values in columns]
    skipped = max(0, group.first - begin)
    copy(connection, "users", _USER, _users(group, "PATIENT", moments[skipped:], begin + skipped, end))
    copy(connection, "patient_profiles", _PATIENT, lines[skipped:], keyring)
    if keyring is not None:
        pairs = zip(group.ids[begin:end], phones, strict=True)
        digests = [f"{id_}\t{keyring.digest(phone, PHONE)}\n" for id_, phone in pairs]
        copy(connection, "patient_phone_index", "patient_id digest", digests[skipped:])
    copy(connection, "consents", _CONSENT, _consents(group, begin + skipped, end))


def _consents(group: Group, begin: int, end: int) -> list[str]:
    """To what the rest of the history shows. Ids by a digest: chance must not run otherwise for them."""
    return [
        f"c{hashlib.sha256(f'{purpose} {user}'.encode()).hexdigest()[:24]}\t{user}\t{purpose}\t"
        f"{TEXTS[purpose].version}\tid\tt\t{TEXTS[purpose].since}\n"
        for user in group.user_ids[begin:end]
        for purpose in (ConsentPurpose.AI_ANALYSIS, ConsentPurpose.TRAINING)
    ]


def _users(group: Group, role: str, moments: list[str], begin: int, end: int) -> list[str]:
    people = zip(group.user_ids[begin:end], group.emails[begin:end], moments[-(end - begin) :], strict=True)
    return [f"{id_}\t{email}\t{UNUSABLE}\t{role}\t{at}\t{at}\n" for id_, email, at in people]


def _phones(chance: np.random.Generator, count: int) -> list[str]:
    return [f"+62812{number:08d}" for number in chance.integers(0, 10**8, count).tolist()]


def _addresses(chance: np.random.Generator, count: int) -> list[str]:
    parts = zip(
        pick(chance, names.STREETS, count),
        chance.integers(1, 200, count).tolist(),
        pick(chance, names.CITIES, count),
        strict=True,
    )
    return [text(f"{street} {number}, {city}") for street, number, city in parts]
