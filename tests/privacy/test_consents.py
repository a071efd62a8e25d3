"""Consents are given and withdrawn alike, never changed, and hold where data is used."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.conftest import Urls
from tests.people import People

from dentalization.accounts import consent_policy, consents
from dentalization.accounts.consent_policy import ConsentText
from dentalization.accounts.consent_tables import ConsentPurpose
from dentalization.accounts.consents import ConsentChoice
from dentalization.accounts.errors import ConsentMissing
from dentalization.context import Context
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.diagnoses import analysis, feedback
from dentalization.diagnoses.tables import AnalysisStatus

Owner = psycopg.Connection[tuple[object, ...]]
Headers = Callable[[Actor], dict[str, str]]
URL = "/api/v1/me/consents"


async def choose(
    context: Context, patient: Actor, granted: bool, purpose: ConsentPurpose = ConsentPurpose.AI_ANALYSIS
) -> None:
    choice = ConsentChoice(purpose, consent_policy.TEXTS[purpose].version, granted)
    await consents.decide(context.db, context.signer, actor=patient, choice=choice)


def test_every_purpose_has_a_text_in_both_languages() -> None:
    assert set(consent_policy.TEXTS) == set(ConsentPurpose)
    for text in consent_policy.TEXTS.values():
        assert text.in_language("en") != text.in_language("id")


async def test_giving_and_withdrawing_are_the_same_request(
    api: httpx.AsyncClient, people: People, signed_in: Headers
) -> None:
    headers = signed_in(people.patient(consents=()))
    before = {one["purpose"]: one for one in (await api.get(URL, headers=headers)).json()}
    assert list(before) == [purpose.value for purpose in ConsentPurpose]
    assert {name for name, one in before.items() if one["granted"]} == {"TREATMENT"}
    for granted in (True, False, True):
        body = {"granted": granted, "version": before["RESEARCH"]["version"]}
        answer = await api.put(f"{URL}/RESEARCH", json=body, headers=headers)
        assert (answer.status_code, answer.json()["granted"]) == (200, granted)
        assert answer.json()["givenAt"]


@pytest.mark.parametrize(
    ("purpose", "body", "status"),
    [
        ("RESEARCH", {"granted": True, "version": 2}, 409),
        ("RESEARCH", {"granted": False, "version": 2}, 409),
        ("TREATMENT", {"granted": False, "version": 1}, 409),
        ("TREATMENT", {"granted": True, "version": 1}, 200),
        ("RESEARCH", {"granted": "yes", "version": 1}, 422),
        ("RESEARCH", {"granted": True}, 422),
        ("SALE", {"granted": True, "version": 1}, 422),
    ],
)
async def test_what_may_be_decided(
    api: httpx.AsyncClient, people: People, signed_in: Headers, owner: Owner,
    purpose: str, body: dict[str, object], status: int,
) -> None:  # fmt: skip
    patient = people.patient(consents=())
    answer = await api.put(f"{URL}/{purpose}", json=body, headers=signed_in(patient))
    assert answer.status_code == status, answer.text
    written = owner.execute("SELECT 1 FROM consents WHERE user_id = %s", (patient.user_id,)).rowcount
    assert written == (status == 200)


async def test_a_newer_text_is_told_and_the_old_version_refused(
    context: Context, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient = people.patient()
    text = consent_policy.TEXTS[ConsentPurpose.TRAINING]
    newer = ConsentText(2, text.since, text.english + " More.", text.indonesian + " Lagi.")
    monkeypatch.setitem(consent_policy.TEXTS, ConsentPurpose.TRAINING, newer)  # type: ignore[arg-type]
    found = {one.purpose: one for one in await consents.states(context.db, actor=patient)}
    assert found[ConsentPurpose.TRAINING].newer_text
    assert not found[ConsentPurpose.AI_ANALYSIS].newer_text
    await choose(context, patient, True, ConsentPurpose.TRAINING)
    found = {one.purpose: one for one in await consents.states(context.db, actor=patient)}
    assert not found[ConsentPurpose.TRAINING].newer_text


def test_the_ledger_is_never_changed(urls: Urls, people: People) -> None:
    patient = people.patient()
    for statement in (
        "UPDATE consents SET granted = false",
        "DELETE FROM consents",
        "INSERT INTO consents (id, user_id, purpose, version, language, granted) "
        f"VALUES ('x', '{people.patient().user_id}', 'RESEARCH', 1, 'en', true)",
    ):
        with psycopg.connect(urls.app) as connection:
            connection.execute("SELECT app_identify(%s, %s, %s, %s, %s)", patient.identification())
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(acts=st.lists(st.booleans(), max_size=6))
async def test_the_last_act_holds(context: Context, people: People, acts: list[bool]) -> None:
    patient = people.patient(consents=())
    for granted in acts:
        await choose(context, patient, granted)
    may = await consents.may(
        context.db, ConsentPurpose.AI_ANALYSIS, actor=patient, patient_id=patient.patient_id
    )
    assert may == (acts[-1] if acts else False)


async def test_without_consent_no_analysis(
    context: Context, api: httpx.AsyncClient, people: People, signed_in: Headers
) -> None:
    patient, doctor = people.patient(consents=("TRAINING",)), people.doctor()
    people.diagnosis(patient, doctor=doctor, status="CONFIRMED")
    photo = people.photo(patient)
    for actor in (patient, doctor):
        answer = await api.post("/api/v1/diagnoses", json={"photoId": photo}, headers=signed_in(actor))
        assert (answer.status_code, answer.json()["title"]) == (403, "consent-missing")
    assert await analysis.of_photo(context.db, actor=patient, photo_id=photo) is None
    await choose(context, patient, True)
    for actor in (doctor, patient):
        answer = await api.post("/api/v1/diagnoses", json={"photoId": photo}, headers=signed_in(actor))
        assert answer.status_code == 202


async def test_consent_withdrawn_in_between_stops_the_analysis_and_its_repetition(
    context: Context, people: People
) -> None:
    patient = people.patient()
    asked = await analysis.request(context.db, actor=patient, photo_id=people.photo(patient))
    await choose(context, patient, False)
    await analysis.perform(context.db, context.store, context.detectors, analysis_id=asked.id)
    found = await analysis.analysis(context.db, actor=patient, analysis_id=asked.id)
    assert found.status is AnalysisStatus.FAILED
    assert "agreed" in str(found.reason)
    with pytest.raises(ConsentMissing):
        await analysis.retry(context.db, actor=patient, analysis_id=asked.id)


async def test_an_outsider_learns_nothing_about_consents(context: Context, people: People) -> None:
    patient = people.patient()
    for outsider in (people.patient(), people.doctor(), people.admin(), Actor.nobody()):
        assert not await consents.may(
            context.db, ConsentPurpose.AI_ANALYSIS, actor=outsider, patient_id=patient.patient_id
        )


async def test_training_leaves_out_who_has_not_agreed(context: Context, people: People, owner: Owner) -> None:
    doctor = people.doctor()
    patients = [people.patient(), people.patient(consents=("AI_ANALYSIS",)), people.patient()]
    for patient in patients:
        diagnosis = people.diagnosis(
            patient, doctor=doctor, status="CONFIRMED", metadata='{"model": "m", "version": "1"}'
        )
        owner.execute(
            """INSERT INTO diagnosis_reviews (id, diagnosis_id, patient_id, doctor_id, reviewer_name, version,
               verb, detections) VALUES (%s, %s, %s, %s, 'Budi Santoso', 1, 'CONFIRMED', '[]')""",
            (new_id(), diagnosis, patient.patient_id, doctor.doctor_id),
        )
    await choose(context, patients[2], False, ConsentPurpose.TRAINING)
    cases = [
        one
        for one in await feedback.reviewed_cases(context.db)
        if one.group in {patient.patient_id for patient in patients}
    ]
    assert len(cases) == 3
    left = await feedback.of_consenting(context.db, cases)
    assert {one.group for one in left} == {patients[0].patient_id}


async def test_registration_asks_and_writes_down_what_was_read(api: httpx.AsyncClient, owner: Owner) -> None:
    email = f"{new_id()}@example.com"
    body = {"email": email, "password": "correct horse", "firstName": "Ayu", "lastName": "Ningsih"}
    stale = await api.post(
        "/api/v1/auth/register", json={**body, "consents": [{"purpose": "AI_ANALYSIS", "version": 9}]}
    )
    assert (stale.status_code, stale.json()["title"]) == (409, "consent-text-changed")
    given = [{"purpose": "AI_ANALYSIS", "version": 1, "language": "id"}]
    answer = await api.post("/api/v1/auth/register", json={**body, "consents": given})
    assert answer.status_code == 201
    rows = owner.execute(
        """SELECT purpose::text, version, language, granted, address_digest <> '' FROM consents c
           JOIN users u ON u.id = c.user_id WHERE u.email = %s""",
        (email,),
    ).fetchall()
    assert rows == [("AI_ANALYSIS", 1, "id", True, True)]
