"""The archive holds everything about the person, nothing of others, and no secret."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import psycopg
import pytest
from tests.people import People
from tests.privacy.someone import wait_for

from dentalization import catalog
from dentalization.context import Context
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.db.row import camel
from dentalization.photos import service as photos
from dentalization.photos.service import PhotoType
from dentalization.privacy import export, policy, words

Owner = psycopg.Connection[tuple[object, ...]]
Headers = Callable[[Actor], dict[str, str]]


def personal_tables() -> set[str]:
    """Every table with a column that says whose a row is."""
    return {
        table.name
        for table in catalog.metadata.tables.values()
        for column in table.c
        if column.name in ("user_id", "patient_id")
        or any(key.column.table.name in ("users", "patient_profiles") for key in column.foreign_keys)
    }


def test_every_personal_table_is_exported_or_says_why_not() -> None:
    exported = {part.table for part in export.PARTS}
    assert personal_tables() - exported - set(words.NOT_EXPORTED) == set()
    assert not exported & set(words.NOT_EXPORTED)


def test_every_personal_table_has_a_rule_for_erasure() -> None:
    ruled = {rule.table for rule in policy.RULES}
    assert personal_tables() - ruled == set(), "say in privacy/policy.py what becomes of it"
    assert set(words.WORDS) == {rule.name for rule in policy.RULES}
    assert len(policy.BY_NAME) == len(policy.RULES)


def with_everything(people: People, owner: Owner) -> tuple[Actor, Actor]:
    """A patient with a row in every table, and the doctor who treats them."""
    patient, doctor = people.session(people.patient()), people.session(people.doctor())
    decided = people.diagnosis(patient, doctor=doctor, status="CONFIRMED", notes="Filling at 36.")
    owner.execute(
        """INSERT INTO diagnosis_reviews (id, diagnosis_id, patient_id, doctor_id, reviewer_name, version,
           verb) VALUES (%s, %s, %s, %s, 'Budi Santoso', 1, 'CONFIRMED')""",
        (new_id(), decided, patient.patient_id, doctor.doctor_id),
    )
    owner.execute(
        """INSERT INTO appointments (id, patient_id, doctor_id, scheduled_at, duration, reason)
           VALUES (%s, %s, %s, now() + interval '3 days', 30, 'Pain')""",
        (appointment := new_id(), patient.patient_id, doctor.doctor_id),
    )
    owner.execute(
        """INSERT INTO appointment_overbookings (id, appointment_id, patient_id, doctor_id, reason)
           VALUES (%s, %s, %s, %s, 'Swollen')""",
        (new_id(), appointment, patient.patient_id, doctor.doctor_id),
    )
    owner.execute(  # which also begins the history
        "INSERT INTO appointment_check_ins (appointment_id, patient_id, doctor_id) VALUES (%s, %s, %s)",
        (appointment, patient.patient_id, doctor.doctor_id),
    )
    wait_for(owner, patient, doctor, reason="Pain")
    owner.execute(
        """INSERT INTO medical_records (id, patient_id, doctor_id, record_type, title, description)
           VALUES (%s, %s, %s, 'note', 'Check', 'All well')""",
        (new_id(), patient.patient_id, doctor.doctor_id),
    )
    owner.execute(
        "INSERT INTO passkeys (id, user_id, name, credential_id, public_key, sign_count) "
        "VALUES (%(user)s, %(user)s, 'Telephone', %(user)s, 'secret of nobody', 0)",
        {"user": patient.user_id},
    )
    owner.execute(
        "INSERT INTO idempotency_keys (user_id, key, fingerprint) VALUES (%s, 'k', 'fingerprint')",
        (patient.user_id,),
    )
    return patient, doctor


async def fetched(api: httpx.AsyncClient, headers: dict[str, str]) -> zipfile.ZipFile:
    answer = await api.get("/api/v1/me/export", headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    made = zipfile.ZipFile(io.BytesIO(answer.content))
    assert made.testzip() is None
    return made


async def test_a_patients_archive_has_everything(
    context: Context, api: httpx.AsyncClient, people: People, signed_in: Headers, owner: Owner, picture: bytes
) -> None:
    patient, _ = with_everything(people, owner)
    with_everything(people, owner)  # somebody else, of whom nothing may be there
    owner.execute(
        "INSERT INTO emergency_accesses (id, user_id, patient_id, reason, granted_at, expires_at) "
        "VALUES (%s, %s, %s, 'Unconscious at the clinic.', now(), now())",
        (new_id(), people.admin().user_id, patient.patient_id),
    )
    owner.execute(
        "INSERT INTO verified_emails (user_id, email) VALUES (%s, 'x@example.com')", (patient.user_id,)
    )
    # Rows of the log come from being read: this is the first archive, the second one tells of it.
    await fetched(api, signed_in(patient))
    photo = await photos.upload(
        context.db, context.store, actor=patient, data=picture, photo_type=PhotoType.INTRAORAL,
        public_url="https://example.com",
    )  # fmt: skip
    made = await fetched(api, signed_in(patient))
    for part in export.PARTS:
        if "PATIENT" not in part.roles:
            continue
        rows = json.loads(made.read(part.file))
        assert rows, part.file
        assert set(rows[0]) == {camel(name) for name in part.query.columns}
        for one in rows:
            whose = one.get("patientId") or one.get("person") or one.get("userId") or one["id"]
            assert whose in (patient.patient_id, patient.user_id), part.file
    original = await photos.content(
        context.db, context.store, actor=patient, photo_id=photo.id, variant=photos.Variant.ORIGINAL
    )
    assert made.read(f"photos/{photo.id}.jpg") == original.data
    # The other photo was made without bytes: it is named, and nothing is made up.
    [missing] = made.read("missing-pictures.txt").decode().split()
    assert missing in {one["id"] for one in json.loads(made.read("photos.json"))}
    readme = made.read("README.txt").decode()
    assert all(part.file in readme for part in export.PARTS if "PATIENT" in part.roles)
    assert "Semua yang disimpan" in readme
    whole = b"".join(made.read(name) for name in made.namelist() if name.endswith(".json"))
    assert b"refreshToken" not in whole
    assert f"digest {patient.user_id}".encode() not in whole
    assert b'"password"' not in whole
    assert b"fingerprint" not in whole


async def test_a_doctors_archive_has_the_own_reviews_and_no_patient(
    api: httpx.AsyncClient, people: People, signed_in: Headers, owner: Owner
) -> None:
    patient, doctor = with_everything(people, owner)
    made = await fetched(api, signed_in(doctor))
    [review] = json.loads(made.read("reviews-written.json"))
    assert review["doctorId"] == doctor.doctor_id
    assert "patientId" not in review
    assert json.loads(made.read("profile.json"))[0]["id"] == doctor.doctor_id
    assert "photos.json" not in made.namelist()
    assert all(patient.patient_id.encode() not in made.read(name) for name in made.namelist())


async def test_an_admins_archive_is_the_account(
    api: httpx.AsyncClient, people: People, signed_in: Headers
) -> None:
    admin = people.session(people.admin())
    made = await fetched(api, signed_in(admin))
    assert json.loads(made.read("account.json"))[0]["id"] == admin.user_id
    assert "profile.json" not in made.namelist()


async def test_nobody_without_a_session_gets_an_archive(
    api: httpx.AsyncClient, people: People, signed_in: Headers
) -> None:
    patient = people.session(people.patient())
    ended = Actor(patient.user_id, "PATIENT", patient_id=patient.patient_id, session_id=new_id())
    assert (await api.get("/api/v1/me/export")).status_code == 401
    assert (await api.get("/api/v1/me/export", headers=signed_in(ended))).status_code == 401


async def test_pictures_are_sent_one_after_the_other(
    context: Context, people: People, picture: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pieces leave before the next picture is read: the archive is never whole in memory."""
    patient = people.session(people.patient())
    for _ in range(3):
        await photos.upload(
            context.db, context.store, actor=patient, data=picture, photo_type=PhotoType.INTRAORAL,
            public_url="https://example.com",
        )  # fmt: skip
    read: list[str] = []
    content = photos.content

    async def noted(*args: Any, **options: Any) -> Any:
        read.append(options["photo_id"])
        return await content(*args, **options)

    monkeypatch.setattr(photos, "content", noted)
    pieces: AsyncIterator[bytes] = export.archive(context.db, context.store, actor=patient)
    seen = [len(read) async for piece in pieces if len(piece) > len(picture) // 2]
    assert seen == [1, 2, 3]


async def test_a_session_left_open_at_a_desk_is_not_enough(
    api: httpx.AsyncClient, people: People, signed_in: Headers
) -> None:
    patient = people.session(people.patient(), confirmed=False)
    answer = await api.get("/api/v1/me/export", headers=signed_in(patient))
    assert (answer.status_code, answer.json()["title"]) == (403, "confirmation-needed")
