"""What may go is gone, what must stay names nobody, and the report proves it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import psycopg
import pytest
from tests.conftest import Urls
from tests.people import People
from tests.privacy.someone import PASSWORD, Someone, someone

from dentalization import catalog
from dentalization.accounts import passwords
from dentalization.context import Context
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.db.sealed import sealed_columns
from dentalization.errors import NotFound
from dentalization.privacy import erasing, service, verification
from dentalization.privacy.policy import RULES, SEALED_TEXTS, Action
from dentalization.storage.errors import StorageUnavailable

Owner = psycopg.Connection[tuple[object, ...]]
Headers = Callable[[Actor], dict[str, str]]


@pytest.fixture
async def person(context: Context, people: People, owner: Owner, picture: bytes) -> Someone:
    return await someone(context, people, owner, picture)


async def asked(context: Context, actor: Actor) -> service.Requested:
    return await service.request_erasure(context.db, context.signer, actor=actor, password=PASSWORD)


async def erased(context: Context, actor: Actor) -> Any:
    request = await asked(context, actor)
    await erasing.erase(context.db, context.store, request_id=request.id)
    return await service.state(context.db, request_id=request.id, token=request.token)


def one(owner: Owner, statement: str, *values: object) -> tuple[object, ...]:
    found = owner.execute(statement, values).fetchone()
    assert found is not None
    return found


async def test_from_the_request_to_the_report(
    context: Context, api: httpx.AsyncClient, person: Someone, signed_in: Headers, owner: Owner, urls: Urls
) -> None:
    headers = signed_in(person.actor)
    answer = await api.post("/api/v1/me/erasure", json={"password": PASSWORD}, headers=headers)
    assert answer.status_code == 202, answer.text
    address = f"{answer.headers['location']}?token={answer.json()['token']}"
    assert (await api.get(address)).json()["status"] == "requested"
    job = one(
        owner,
        "SELECT count(*) FROM procrastinate_jobs WHERE args->>'request_id' = %s",
        answer.json()["id"],
    )
    assert job == (1,)
    assert one(owner, "SELECT count(*) FROM sessions WHERE user_id = %s", person.actor.user_id) == (0,)
    await erasing.erase(context.db, context.store, request_id=answer.json()["id"])
    report = (await api.get(address)).json()
    assert (report["status"], report["found"]) == ("done", {})
    rows = {entry["rule"]: entry for entry in report["entries"]}
    assert rows["photos"]["deleted"] == 3
    assert rows["undecided"]["deleted"] == rows["appointments-open"]["deleted"] == 1
    assert rows["decided"]["pseudonymised"] == rows["records"]["pseudonymised"] == 1
    assert "25 years" in rows["records"]["why"]
    markers = [person.email, person.phone, person.name, person.last]
    assert verification.verify(urls.owner, report_id=report["reportId"], markers=markers) == []
    login = {"email": person.email, "password": PASSWORD}
    assert (await api.post("/api/v1/auth/login", json=login)).status_code == 401


async def test_what_stays_is_medical_and_names_nobody(
    context: Context, person: Someone, owner: Owner
) -> None:
    await erased(context, person.actor)
    patient = person.actor.patient_id
    profile = one(
        owner,
        """SELECT first_name, phone, address, allergies, date_of_birth::text FROM patient_profiles
           WHERE id = %s""",
        patient,
    )
    assert profile == ("Erased", None, None, None, "1991-01-01")
    kept = "SELECT id, notes, photo_url, detections <> '[]' FROM ai_diagnoses WHERE patient_id = %s"
    notes = "[erased] ([erased]) was called under [erased]. Mrs [erased] agrees. Filling at 36."
    assert owner.execute(kept, (patient,)).fetchall() == [(person.decided, notes, "urn:erased", True)]
    record = one(owner, "SELECT title, data->>'told' FROM medical_records WHERE patient_id = %s", patient)
    assert record == ("Check of [erased]", notes)
    review = one(owner, "SELECT reviewer_name, notes FROM diagnosis_reviews WHERE patient_id = %s", patient)
    assert review == ("Budi Santoso", notes)
    care = one(owner, "SELECT diagnoses, records FROM care_relationships WHERE patient_id = %s", patient)
    assert care == (1, 1)
    email, password = one(owner, "SELECT email, password FROM users WHERE id = %s", person.actor.user_id)
    assert str(email).endswith("@erased.invalid")
    assert password == "!"
    assert list(await context.store.list(f"photos/{person.photo}")) == []


@pytest.mark.parametrize("password", ["", "wrong horse", PASSWORD.upper()])
async def test_a_wrong_password_erases_nothing(
    api: httpx.AsyncClient, person: Someone, signed_in: Headers, owner: Owner, password: str
) -> None:
    headers = signed_in(person.actor)
    answer = await api.post("/api/v1/me/erasure", json={"password": password}, headers=headers)
    assert answer.status_code == 422
    statement = "SELECT count(*) FROM erasure_requests WHERE user_id = %s"
    assert one(owner, statement, person.actor.user_id) == (0,)


async def test_guessing_the_password_is_limited(context: Context, person: Someone) -> None:
    outcomes = set()
    for _ in range(12):
        try:
            await service.request_erasure(context.db, context.signer, actor=person.actor, password="guess")
        except Exception as error:
            outcomes.add(type(error).__name__)
    assert outcomes == {"PasswordWrong", "TooManyAttempts"}


class Failing:
    """A store that fails, or is interrupted, at one deletion, and does something at each."""

    def __init__(self, store: Any, *, at: int = -1, error: BaseException | None = None) -> None:
        self._store, self._at, self._error = store, at, error
        self.deleted = 0
        self.meanwhile: Callable[[], object] = lambda: None

    async def delete(self, key: str) -> None:
        self.deleted += 1
        if self.deleted - 1 == self._at and self._error:
            raise self._error
        self.meanwhile()
        await self._store.delete(key)


@pytest.mark.parametrize("at", [0, 1, 3])
@pytest.mark.parametrize("error", [StorageUnavailable(), asyncio.CancelledError()])
async def test_an_interrupted_erasure_goes_on(
    context: Context, person: Someone, owner: Owner, at: int, error: BaseException
) -> None:
    request = await asked(context, person.actor)
    with pytest.raises(type(error)):
        await erasing.erase(
            context.db,
            Failing(context.store, at=at, error=error),
            request_id=request.id,  # type: ignore[arg-type]
        )
    assert request.id in await erasing.unfinished(context.db)
    await erasing.erase(context.db, context.store, request_id=request.id)
    assert request.id not in await erasing.unfinished(context.db)
    state = await service.state(context.db, request_id=request.id, token=request.token)
    entries = {entry["rule"]: entry for entry in state.entries or ()}
    assert (state.found, entries["photos"]["deleted"]) == ({}, 3)
    assert list(await context.store.list(f"photos/{person.photo}")) == []
    forgotten = one(owner, "SELECT markers, objects FROM erasure_requests WHERE id = %s", request.id)
    assert forgotten == (None, [])


async def test_twice_is_the_same_as_once(context: Context, person: Someone, owner: Owner) -> None:
    request = await asked(context, person.actor)
    await asyncio.gather(*(erasing.erase(context.db, context.store, request_id=request.id) for _ in range(4)))
    before = owner.execute("SELECT * FROM erasure_reports WHERE request_id = %s", (request.id,)).fetchall()
    user = one(owner, "SELECT * FROM users WHERE id = %s", person.actor.user_id)
    await erasing.erase(context.db, context.store, request_id=request.id)
    after = owner.execute("SELECT * FROM erasure_reports WHERE request_id = %s", (request.id,)).fetchall()
    assert len(before) == 1
    assert before == after
    assert one(owner, "SELECT * FROM users WHERE id = %s", person.actor.user_id) == user


async def test_asking_again_gives_another_token_to_the_same_request(
    context: Context, person: Someone
) -> None:
    first, second = await asked(context, person.actor), await asked(context, person.actor)
    assert first.id == second.id
    with pytest.raises(NotFound):
        await service.state(context.db, request_id=first.id, token=first.token)
    await service.state(context.db, request_id=second.id, token=second.token)


async def test_a_photo_that_arrives_meanwhile_goes_as_well(
    context: Context, people: People, person: Someone, owner: Owner
) -> None:
    request = await asked(context, person.actor)
    store = Failing(context.store)
    late: list[str] = []

    def arrives() -> None:
        if not late:
            late.append(people.photo(person.actor))

    store.meanwhile = arrives
    await erasing.erase(context.db, store, request_id=request.id)  # type: ignore[arg-type]
    assert late
    assert owner.execute("SELECT 1 FROM dental_photos WHERE id = %s", (late[0],)).rowcount == 0


async def test_pictures_that_others_show_too_stay_in_the_store(
    context: Context, person: Someone, owner: Owner
) -> None:
    await context.store.put("drawn/7/original", b"shared", "image/jpeg")
    owner.execute(
        """UPDATE dental_photos SET metadata = '{"object": "drawn/7"}' WHERE patient_id = %s AND id <> %s""",
        (person.actor.patient_id, person.photo),
    )
    await erased(context, person.actor)
    assert await context.store.get("drawn/7/original") == b"shared"


async def test_the_report_tells_where_somebody_else_names_the_person(
    context: Context, people: People, person: Someone, owner: Owner, urls: Urls
) -> None:
    other = people.patient()
    contact = f"my sister {person.name.upper()}, {person.phone}"
    owner.execute(
        "UPDATE patient_profiles SET emergency_contact = %s WHERE id = %s", (contact, other.patient_id)
    )
    state = await erased(context, person.actor)
    assert state.found == {"patient_profiles.emergency_contact": 1}
    kept = one(owner, "SELECT emergency_contact FROM patient_profiles WHERE id = %s", other.patient_id)
    assert kept == (contact,), "it is theirs"
    [problem] = verification.verify(urls.owner, report_id=state.report_id)
    assert "emergency_contact" in problem


@pytest.mark.parametrize(
    ("by_hand", "problem"),
    [
        ("UPDATE users SET email = %(email)s WHERE id = %(user)s", "users (account)"),
        ("UPDATE users SET password = 'x' WHERE id = %(user)s", "users (account)"),
        ("UPDATE patient_profiles SET phone = %(phone)s WHERE user_id = %(user)s", "(patient) should be"),
        ("UPDATE patient_profiles SET date_of_birth = '1991-04-17' WHERE user_id = %(user)s", "(patient)"),
        ("UPDATE consents SET address_digest = 'x' WHERE user_id = %(user)s", "consents"),
        ("INSERT INTO dental_photos (id, patient_id, photo_url, photo_type) "
         "SELECT id, id, 'x', 'x' FROM patient_profiles WHERE user_id = %(user)s", "dental_photos"),
        ("UPDATE medical_records SET description = %(email)s WHERE patient_id = "
         "(SELECT id FROM patient_profiles WHERE user_id = %(user)s)", "medical_records.description"),
        ("UPDATE erasure_reports SET entries = '[]' WHERE user_id = %(user)s", "report was changed"),
    ],
)  # fmt: skip
async def test_verification_finds_what_does_not_hold(
    context: Context, person: Someone, owner: Owner, urls: Urls, by_hand: str, problem: str
) -> None:
    state = await erased(context, person.actor)
    values = {"user": person.actor.user_id, "email": person.email, "phone": person.phone}
    owner.execute(by_hand, values)
    found = verification.verify(urls.owner, report_id=state.report_id, markers=[person.email])
    assert found
    assert any(problem in sentence for sentence in found), found


async def test_only_the_worker_erases_and_only_who_has_asked(
    urls: Urls, people: People, person: Someone, context: Context, owner: Owner
) -> None:
    request = await asked(context, person.actor)
    for actor in (Actor.nobody(), person.actor, person.doctor, people.admin(), people.patient()):
        for call, values in (
            ("app_erase_person(%s)", (request.id,)),
            ("app_erasure_hits(%s, %s)", (request.id, "users")),
        ):
            with psycopg.connect(urls.app) as connection:
                connection.execute("SELECT app_identify(%s, %s, %s, %s, %s)", actor.identification())
                assert connection.execute(f"SELECT {call}", values).fetchone() == (None,)
    with psycopg.connect(urls.app) as connection:
        connection.execute("SELECT app_identify(%s, %s, %s, %s, %s)", Actor.worker().identification())
        for stranger in (people.patient().user_id, new_id()):
            assert connection.execute("SELECT app_erase_person(%s)", (stranger,)).fetchone() == (None,)
    email = one(owner, "SELECT email FROM users WHERE id = %s", person.actor.user_id)
    assert email == (person.email,)
    for helper in ("app_marker_hits('users', ARRAY['a'])", "app_scrubbed('a', '{}')"):
        with psycopg.connect(urls.app) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(f"SELECT {helper}")


@pytest.mark.parametrize(
    ("function", "guard", "without", "call"),
    [
        ("app_erase_person(text)", "IS DISTINCT FROM 'WORKER'", "= 'x'", "app_erase_person(%(request)s)"),
        ("app_erase_person(text)", "WHERE id = p_request AND status <> 'done'",
         "WHERE user_id = p_request", "app_erase_person(%(user)s)"),
        ("app_erasure_status(text,text)", "AND r.token = p_token", "",
         "(SELECT status FROM app_erasure_status(%(request)s, 'x'))"),
        ("app_consented(text[],text)", "current_setting('app.role', true) = 'WORKER'", "true",
         "(SELECT patient_id FROM app_consented(ARRAY[%(patient)s], 'AI_ANALYSIS'))"),
    ],
)  # fmt: skip
async def test_without_its_guard_a_function_would_let_a_stranger_in(
    urls: Urls, people: People, person: Someone, context: Context,
    function: str, guard: str, without: str, call: str,
) -> None:  # fmt: skip
    """The guard is taken out in a transaction that is rolled back; so it is the guard that holds."""
    request = await asked(context, person.actor)
    stranger = Actor.worker() if "(user)" in call else people.patient()
    values = {"request": request.id, "user": person.actor.user_id, "patient": person.actor.patient_id}
    for mutated in (False, True):
        with psycopg.connect(urls.owner) as connection:
            found = connection.execute("SELECT pg_get_functiondef(%s::regprocedure)", (function,)).fetchone()
            assert found is not None
            assert guard in found[0]
            if mutated:
                connection.execute(found[0].replace(guard, without).encode())
            connection.execute("SET LOCAL ROLE dentalization_app")
            connection.execute("SELECT app_identify(%s, %s, %s, %s, %s)", stranger.identification())
            answer = connection.execute(f"SELECT {call}".encode(), values).fetchone()
            assert (answer != (None,)) == mutated
            connection.rollback()


async def test_who_reads_reports(
    context: Context, api: httpx.AsyncClient, people: People, person: Someone, signed_in: Headers,
    owner: Owner,
) -> None:  # fmt: skip
    request = await asked(context, person.actor)
    await erasing.erase(context.db, context.store, request_id=request.id)
    state = await service.state(context.db, request_id=request.id, token=request.token)
    path = f"/api/v1/admin/erasures/{state.report_id}"
    admin = signed_in(people.admin())
    assert (await api.get(path, headers=admin)).json()["digest"] == state.digest
    assert state.report_id in {
        one_["id"] for one_ in (await api.get("/api/v1/admin/erasures", headers=admin)).json()["items"]
    }
    for actor in (people.patient(), person.doctor):
        assert (await api.get(path, headers=signed_in(actor))).status_code == 403
    wrong = await api.get(f"/api/v1/erasures/{request.id}", params={"token": "x"})
    assert wrong.status_code == 404
    owner.execute(
        "UPDATE erasure_reports SET created_at = now() - interval '31 days' WHERE id = %s",
        (state.report_id,),
    )
    late = await api.get(f"/api/v1/erasures/{request.id}", params={"token": request.token})
    assert late.status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/erasures/a%00b?token=x",
        "/api/v1/erasures/a?token=%00",
        "/erasures/a%00b?token=x",
        "/api/v1/admin/erasures/a%00b",
    ],
)
async def test_what_the_database_cannot_read_is_refused(
    api: httpx.AsyncClient, people: People, signed_in: Headers, path: str
) -> None:
    assert (await api.get(path, headers=signed_in(people.admin()))).status_code == 422


async def test_a_dentists_account_is_closed_and_the_reviews_stay(
    context: Context, people: People, person: Someone, owner: Owner, urls: Urls
) -> None:
    email = f"{new_id()}@example.com"
    doctor = people.doctor(email=email, password=await passwords.hashed(PASSWORD))
    owner.execute("UPDATE doctor_profiles SET phone = '+6281399900077' WHERE id = %s", (doctor.doctor_id,))
    owner.execute(
        """INSERT INTO diagnosis_reviews (id, diagnosis_id, patient_id, doctor_id, reviewer_name, version,
           verb) VALUES (%s, %s, %s, %s, 'Budi Santoso', 2, 'CONFIRMED')""",
        (new_id(), person.decided, person.actor.patient_id, doctor.doctor_id),
    )
    state = await erased(context, replace(doctor, session_id=""))
    assert state.found == {}
    entries = {entry["rule"]: entry for entry in state.entries}
    assert entries["written-reviews"]["kept"] == 1
    profile = one(
        owner, "SELECT first_name, phone, is_verified FROM doctor_profiles WHERE id = %s", doctor.doctor_id
    )
    assert profile == ("Budi", None, False)
    assert verification.verify(urls.owner, report_id=state.report_id, markers=[email]) == []
    patients = "SELECT count(*) FROM ai_diagnoses WHERE patient_id = %s"
    assert one(owner, patients, person.actor.patient_id) == (2,), "they are the patient's, not the dentist's"


async def test_an_admins_account_is_closed(context: Context, people: People, owner: Owner) -> None:
    admin = people.admin(password=await passwords.hashed(PASSWORD))
    state = await erased(context, admin)
    assert {entry["rule"] for entry in state.entries} == {"account", "erasure-request"}


@pytest.mark.parametrize("text", ["100%_sure\\x", 'O\'Neil "X"', "a|b", "(.*)", "Müller-Ñ"])
async def test_names_with_special_characters_are_found_and_taken_out(
    context: Context, people: People, owner: Owner, text: str
) -> None:
    first = f"{text}{new_id()}"
    patient = people.patient(password=await passwords.hashed(PASSWORD))
    owner.execute("UPDATE patient_profiles SET first_name = %s WHERE id = %s", (first, patient.patient_id))
    notes = f"Told {first} Rahma so."
    people.diagnosis(patient, doctor=people.doctor(), status="CONFIRMED", notes=notes)
    state = await erased(context, patient)
    assert state.found == {}
    kept = one(owner, "SELECT notes FROM ai_diagnoses WHERE patient_id = %s", patient.patient_id)
    assert kept == ("Told [erased] so.",)
    found = one(owner, "SELECT app_marker_hits('users', ARRAY[%s])", first)
    assert found == ({},)
    other = people.patient()
    owner.execute(
        "UPDATE patient_profiles SET allergies = %s WHERE id = %s", (f"x {first} y", other.patient_id)
    )
    found = one(owner, "SELECT app_marker_hits('patient_profiles', ARRAY[%s])", first)
    assert found == ({"allergies": 1},)


async def test_sealed_texts_lose_the_name_too(context: Context, person: Someone, owner: Owner) -> None:
    """They are opened by the worker alone; what had no name in it stays as it was, byte by byte."""
    ring = context.db.keyring
    places = {
        "ai_diagnoses.notes": person.decided,
        "medical_records.description": str(
            one(owner, "SELECT id FROM medical_records WHERE patient_id = %s", person.actor.patient_id)[0]
        ),
    }
    told = f"{person.name} said, by {person.email}: sensitive at 36."
    for place, row_id in places.items():
        table, column = place.split(".")
        owner.execute(
            f"UPDATE {table} SET {column} = %s WHERE id = %s", (ring.seal(told, place, row_id), row_id)
        )
    review, plain = one(
        owner,
        "SELECT id, %s FROM diagnosis_reviews WHERE diagnosis_id = %s",
        "Filling at 36.",
        person.decided,
    )
    untouched = ring.seal(str(plain), "diagnosis_reviews.notes", str(review))
    owner.execute("UPDATE diagnosis_reviews SET notes = %s WHERE id = %s", (untouched, review))
    await erased(context, person.actor)
    for place, row_id in places.items():
        table, column = place.split(".")
        (value,) = one(owner, f"SELECT {column} FROM {table} WHERE id = %s", row_id)
        assert str(value).startswith("sealed:")
        assert ring.unseal(str(value), place, row_id) == "[erased] said, by [erased]: sensitive at 36."
    assert one(owner, "SELECT notes FROM diagnosis_reviews WHERE id = %s", review) == (untouched,)


def test_every_sealed_text_that_is_kept_is_looked_into() -> None:
    kept = {rule.table for rule in RULES if rule.action is Action.PSEUDONYMISED}
    cleared = {"patient_profiles", "doctor_profiles"}  # their sealed columns become NULL
    sealed = {
        table: names for table, names in sealed_columns(catalog.metadata).items() if table in kept - cleared
    }
    assert sealed == SEALED_TEXTS


async def test_the_functions_for_sealed_texts_are_the_workers_alone(
    context: Context, person: Someone, urls: Urls, owner: Owner
) -> None:
    request = await asked(context, person.actor)
    owner.execute("UPDATE erasure_requests SET status = 'running' WHERE id = %s", (request.id,))
    for actor, rows in ((person.actor, 0), (person.doctor, 0), (Actor.nobody(), 0), (Actor.worker(), 1)):
        with psycopg.connect(urls.app) as connection:
            connection.execute("SELECT app_identify(%s, %s, %s, %s, %s)", actor.identification())
            found = connection.execute("SELECT * FROM app_erasure_texts(%s)", (request.id,)).rowcount
            assert min(found, 1) == rows
            other = connection.execute(
                "SELECT app_put_erased(%s, 'users.email', %s, %s, 'x')",
                (request.id, person.actor.user_id, person.email),
            ).fetchone()
            assert other == (False,)
