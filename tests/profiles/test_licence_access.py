"""Who sees a licence, and what the database itself lets nobody do to it or to its ledger."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import psycopg
import pytest
from tests.conftest import Urls
from tests.people import People
from tests.profiles.licence_cases import (
    PDF,
    V1,
    Owner,
    add_document,
    app_runs,
    in_days,
    is_verified,
    licence,
    numbers,
)

from dentalization.db.identity import Actor

Headers = Callable[[Actor], dict[str, str]]


async def test_only_its_doctor_and_admins_see_a_licence(
    api: httpx.AsyncClient, people: People, signed_in: Headers
) -> None:
    doctor = people.doctor(verified=False)
    sent = await api.post(f"{V1}/me/licence", json=numbers(), headers=signed_in(doctor))
    document = (await add_document(api, signed_in(doctor), PDF)).json()["id"]
    licence_id = sent.json()["submissions"][0]["id"]
    for outsider in (people.doctor(), people.patient(), doctor):
        for path in ("licences", f"licences/{licence_id}", f"licences/{licence_id}/documents/{document}"):
            answer = await api.get(f"{V1}/admin/{path}", headers=signed_in(outsider))
            assert answer.status_code == 403, path
    other = signed_in(people.doctor())
    assert (await api.get(f"{V1}/me/licence", headers=other)).json()["submissions"] == []
    assert (await api.get(f"{V1}/me/licence/documents/{document}", headers=other)).status_code == 404
    patient = signed_in(people.patient())
    assert (await api.get(f"{V1}/me/licence", headers=patient)).status_code == 403
    assert (await api.post(f"{V1}/me/licence", json=numbers(), headers=patient)).status_code == 403


async def test_the_same_number_from_another_account_is_pointed_out(
    api: httpx.AsyncClient, people: People, signed_in: Headers
) -> None:
    body = numbers()
    for _ in range(2):
        doctor = people.doctor(verified=False)
        sent = await api.post(f"{V1}/me/licence", json=body, headers=signed_in(doctor))
    path = f"{V1}/admin/licences/{sent.json()['submissions'][0]['id']}"
    case = (await api.get(path, headers=signed_in(people.admin()))).json()
    assert case["licence"]["elsewhere"] == 1


async def test_the_ledger_cannot_be_rewritten(urls: Urls, people: People, owner: Owner) -> None:
    """By nobody: the app has no such right, and a trigger stops those who have."""
    doctor, admin = people.doctor(), people.admin()
    licence(owner, doctor, in_days(9))
    changes = (
        "UPDATE licence_events SET reason = 'x'",
        "DELETE FROM licence_events",
        "TRUNCATE licence_events",
        "INSERT INTO licence_events (id, doctor_id, step, actor_role) VALUES ('x', 'd', 'VERIFIED', 'ADMIN')",
        "SELECT app_write_licence_event('d', NULL, 'VERIFIED', NULL, NULL)",
    )
    for actor in (doctor, admin, Actor.worker()):
        for change in changes:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app_runs(urls, actor, change)
    for change in changes[:3]:
        with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="only added to"):
            owner.execute(change)


async def test_the_app_cannot_verify_or_forge_by_its_own_sql(
    urls: Urls, people: People, owner: Owner
) -> None:
    doctor, other = people.doctor(verified=False), people.doctor()
    mine = licence(owner, doctor, in_days(9), status="SUBMITTED")
    theirs = licence(owner, other, in_days(9), status="SUBMITTED")
    refused = (
        ("UPDATE licence_submissions SET status = 'VERIFIED' WHERE id = %s", mine),
        ("UPDATE licence_submissions SET sip_expires_on = '2999-01-01' WHERE id = %s", mine),
        ("DELETE FROM licence_submissions WHERE id = %s", mine),
        (
            "INSERT INTO licence_submissions (id, doctor_id, status) VALUES ('x', %s, 'VERIFIED')",
            doctor.doctor_id,
        ),
        (
            "INSERT INTO licence_submissions (id, doctor_id, sip_number, sip_issuer, sip_expires_on, "
            "str_number, time_zone) VALUES ('x', %s, 's', 'i', '2999-01-01', 's', 'UTC')",
            other.doctor_id,
        ),
        (
            "INSERT INTO licence_documents (id, submission_id, object_key, content_type, bytes, sha256) "
            "VALUES ('x', %s, 'licences/x', 'image/png', 1, repeat('0', 64))",
            theirs,
        ),
        ("SELECT app_end_licences(%s)", doctor.doctor_id),
    )
    for statement, value in refused:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app_runs(urls, doctor, statement, value)
    withdrawn = "UPDATE licence_submissions SET status = 'WITHDRAWN' WHERE id = %s"
    assert app_runs(urls, doctor, withdrawn, theirs) == [(0,)]
    assert app_runs(urls, doctor, withdrawn, mine) == [(1,)]
    decision = "SELECT app_decide_licence(%s, '', true, 'x', 'UTC')"
    assert app_runs(urls, doctor, decision, doctor.doctor_id) == [("not allowed",)]
    assert is_verified(owner, doctor) is False


@pytest.mark.parametrize(
    "path", ["admin/licences/%00", "admin/licences/x/documents/%00", "me/licence/documents/%00"]
)
async def test_an_id_that_no_row_can_have_is_refused_in_words(
    api: httpx.AsyncClient, people: People, signed_in: Headers, path: str
) -> None:
    answer = await api.get(f"{V1}/{path}", headers=signed_in(people.admin()))
    assert answer.status_code == 422
    assert "NUL" in answer.json()["detail"]
