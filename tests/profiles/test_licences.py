"""A licence from its submission to the decision, and the ledger of every step."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.people import People
from tests.profiles.licence_cases import (
    PDF,
    V1,
    Owner,
    add_document,
    in_days,
    is_verified,
    licence,
    numbers,
    scan,
    steps,
)

from dentalization.db.identity import Actor
from dentalization.profiles import policy
from dentalization.profiles.licence_tables import LicenceStatus

Headers = Callable[[Actor], dict[str, str]]


def verification(doctor: Actor) -> str:
    return f"{V1}/admin/doctors/{doctor.doctor_id}/verification"


async def test_a_licence_is_sent_in_looked_at_and_verified(
    api: httpx.AsyncClient, people: People, signed_in: Headers, owner: Owner
) -> None:
    doctor, admin = people.doctor(verified=False), people.admin()
    mine, theirs = signed_in(doctor), signed_in(admin)
    empty = (await api.get(f"{V1}/me/licence", headers=mine)).json()
    assert (empty["verified"], empty["missing"]) == (False, ["licence"])
    body = numbers()
    sent = await api.post(f"{V1}/me/licence", json=body, headers=mine)
    assert sent.status_code == 201, sent.text
    assert sent.json()["missing"] == ["documents", "decision"]
    assert (await add_document(api, mine, PDF)).status_code == 201
    waiting = (await api.get(f"{V1}/me/licence", headers=mine)).json()
    assert waiting["missing"] == ["decision"]
    submission = waiting["submissions"][0]
    assert submission["status"] == "SUBMITTED"
    assert submission["sipNumber"] == body["sipNumber"]
    listed = (await api.get(f"{V1}/admin/licences?limit=100", headers=theirs)).json()
    entry = next(item for item in listed["items"] if item["id"] == submission["id"])
    assert (entry["documents"], entry["elsewhere"], entry["lastName"]) == (1, 0, "Santoso")
    case = (await api.get(f"{V1}/admin/licences/{submission['id']}", headers=theirs)).json()
    assert [one["contentType"] for one in case["documents"]] == ["application/pdf"]
    decision = {"decision": "VERIFIED", "submissionId": submission["id"]}
    assert (await api.post(verification(doctor), json=decision, headers=theirs)).status_code == 204
    done = (await api.get(f"{V1}/me/licence", headers=mine)).json()
    assert (done["verified"], done["missing"], done["expiresOn"]) == (True, [], body["expiresOn"])
    assert done["daysLeft"] in (364, 365, 366)
    assert steps(owner, doctor) == [
        ("SUBMITTED", doctor.user_id, None),
        ("DOCUMENT_ADDED", doctor.user_id, None),
        ("VERIFIED", admin.user_id, None),
    ]
    assert [event["step"] for event in done["events"]] == ["VERIFIED", "DOCUMENT_ADDED", "SUBMITTED"]


async def test_a_rejection_says_why_and_the_doctor_sends_in_another(
    api: httpx.AsyncClient, people: People, signed_in: Headers, owner: Owner
) -> None:
    doctor, admin = people.doctor(verified=False), people.admin()
    mine, theirs = signed_in(doctor), signed_in(admin)
    await api.post(f"{V1}/me/licence", json=numbers(), headers=mine)
    for reason in ({}, {"reason": ""}, {"reason": "  "}):
        answer = await api.post(verification(doctor), json={"decision": "REJECTED", **reason}, headers=theirs)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "reason"
    rejection = {"decision": "REJECTED", "reason": "The scan shows another name."}
    assert (await api.post(verification(doctor), json=rejection, headers=theirs)).status_code == 204
    found = (await api.get(f"{V1}/me/licence", headers=mine)).json()
    assert (found["verified"], found["missing"]) == (False, ["corrected-licence"])
    assert found["submissions"][0]["reason"] == rejection["reason"]
    assert (await api.post(f"{V1}/me/licence", json=numbers(), headers=mine)).status_code == 201
    assert [step for step, _, _ in steps(owner, doctor)] == ["SUBMITTED", "REJECTED", "SUBMITTED"]


async def test_one_licence_waits_at_a_time_however_many_are_sent_at_once(
    api: httpx.AsyncClient, people: People, signed_in: Headers
) -> None:
    mine = signed_in(people.doctor(verified=False))
    answers = await asyncio.gather(
        *(api.post(f"{V1}/me/licence", json=numbers(), headers=mine) for _ in range(6))
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    assert {answer.json()["title"] for answer in answers if answer.status_code == 409} == {"licence-waits"}
    assert (await api.post(f"{V1}/me/licence/withdrawal", headers=mine)).status_code == 200
    assert (await api.post(f"{V1}/me/licence/withdrawal", headers=mine)).status_code == 409
    assert (await api.post(f"{V1}/me/licence", json=numbers(), headers=mine)).status_code == 201


async def test_the_same_key_sends_one_licence(
    api: httpx.AsyncClient, people: People, signed_in: Headers
) -> None:
    headers = {**signed_in(people.doctor(verified=False)), "Idempotency-Key": "first"}
    body = numbers()
    answers = [await api.post(f"{V1}/me/licence", json=body, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert len(answers[1].json()["submissions"]) == 1


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("decision", ["VERIFIED", "REJECTED"])
async def test_of_admins_who_decide_at_once_one_wins(
    api: httpx.AsyncClient, people: People, signed_in: Headers, owner: Owner, named: bool, decision: str
) -> None:
    doctor = people.doctor(verified=False)
    sent = await api.post(f"{V1}/me/licence", json=numbers(), headers=signed_in(doctor))
    body = {"decision": decision, "reason": "seen"}
    if named:
        body["submissionId"] = sent.json()["submissions"][0]["id"]
    admins = [signed_in(people.admin()) for _ in range(6)]
    answers = await asyncio.gather(
        *(api.post(verification(doctor), json=body, headers=headers) for headers in admins)
    )
    assert sorted(answer.status_code for answer in answers) == [204] + [409] * 5
    assert {answer.json()["title"] for answer in answers if answer.status_code == 409} == {"licence-decided"}
    assert [step for step, _, _ in steps(owner, doctor)] == ["SUBMITTED", decision]


async def test_opposite_decisions_at_once_leave_one(
    api: httpx.AsyncClient, people: People, signed_in: Headers, owner: Owner
) -> None:
    doctor = people.doctor(verified=False)
    sent = await api.post(f"{V1}/me/licence", json=numbers(), headers=signed_in(doctor))
    licence_id = sent.json()["submissions"][0]["id"]
    bodies = [
        {"decision": decision, "reason": "seen", "submissionId": licence_id}
        for decision in ("VERIFIED", "REJECTED") * 3
    ]
    admin = signed_in(people.admin())
    answers = await asyncio.gather(
        *(api.post(verification(doctor), json=body, headers=admin) for body in bodies)
    )
    assert sorted(answer.status_code for answer in answers) == [204] + [409] * 5
    winner = next(
        body["decision"] for body, answer in zip(bodies, answers, strict=True) if answer.status_code == 204
    )
    assert [step for step, _, _ in steps(owner, doctor)] == ["SUBMITTED", winner]
    assert is_verified(owner, doctor) is (winner == "VERIFIED")


async def test_without_a_submission_an_admin_decides_by_hand_with_a_reason(
    api: httpx.AsyncClient, people: People, signed_in: Headers, owner: Owner
) -> None:
    doctor, admin = people.doctor(verified=False), people.admin()
    headers = signed_in(admin)
    bare = await api.post(verification(doctor), json={"decision": "VERIFIED"}, headers=headers)
    assert bare.status_code == 422
    for decision in ("VERIFIED", "REJECTED"):
        body = {"decision": decision, "reason": "known to us"}
        assert (await api.post(verification(doctor), json=body, headers=headers)).status_code == 204
        assert is_verified(owner, doctor) is (decision == "VERIFIED")
    assert steps(owner, doctor) == [
        ("VERIFIED", admin.user_id, "known to us"),
        ("REVOKED", admin.user_id, "known to us"),
    ]


async def test_a_verified_licence_is_taken_away_with_a_reason(
    api: httpx.AsyncClient, people: People, signed_in: Headers, owner: Owner
) -> None:
    doctor = people.doctor()
    licence(owner, doctor, in_days(100))
    body = {"decision": "REJECTED", "reason": "Withdrawn by its issuer."}
    answer = await api.post(verification(doctor), json=body, headers=signed_in(people.admin()))
    assert answer.status_code == 204
    assert is_verified(owner, doctor) is False
    assert [(step, reason) for step, _, reason in steps(owner, doctor)] == [
        ("SUBMITTED", None),
        ("REVOKED", body["reason"]),
    ]


async def test_a_rejected_renewal_leaves_the_licence_that_still_holds(
    api: httpx.AsyncClient, people: People, signed_in: Headers, owner: Owner
) -> None:
    doctor = people.doctor()
    licence(owner, doctor, in_days(30))
    await api.post(f"{V1}/me/licence", json=numbers(), headers=signed_in(doctor))
    body = {"decision": "REJECTED", "reason": "Unreadable."}
    assert (
        await api.post(verification(doctor), json=body, headers=signed_in(people.admin()))
    ).status_code == 204
    assert is_verified(owner, doctor) is True


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"sipNumber": " "}, "sipNumber"),
        ({"sipNumber": "x" * 101}, "sipNumber"),
        ({"issuer": ""}, "issuer"),
        ({"strNumber": ""}, "strNumber"),
        ({"expiresOn": "soon"}, "expiresOn"),
        ({"expiresOn": "2020-01-01"}, "expiresOn"),
        ({"expiresOn": "9999-12-31"}, "expiresOn"),
        ({"isVerified": True}, "isVerified"),
    ],
)
async def test_wrong_numbers_are_named_and_change_nothing(
    api: httpx.AsyncClient, people: People, signed_in: Headers, changed: dict[str, Any], field: str
) -> None:
    headers = signed_in(people.doctor(verified=False))
    answer = await api.post(f"{V1}/me/licence", json=numbers(**changed), headers=headers)
    assert answer.status_code == 422
    assert field in [item["field"] for item in answer.json()["errors"]]
    assert (await api.get(f"{V1}/me/licence", headers=headers)).json()["submissions"] == []


async def test_admins_page_through_licences_by_state(
    api: httpx.AsyncClient, people: People, signed_in: Headers, owner: Owner
) -> None:
    made = [licence(owner, people.doctor(), in_days(9), status="WITHDRAWN") for _ in range(5)]
    seen: list[str] = []
    after: str | None = None
    while not set(made) <= set(seen):
        parameters = {"status": "WITHDRAWN", "limit": 2, **({"after": after} if after else {})}
        page = (
            await api.get(f"{V1}/admin/licences", params=parameters, headers=signed_in(people.admin()))
        ).json()
        assert {item["status"] for item in page["items"]} == {"WITHDRAWN"}
        seen += [item["id"] for item in page["items"]]
        after = page["next"]
    assert len(seen) == len(set(seen))


async def test_a_licence_that_ran_out_while_it_waited_is_not_verified(
    api: httpx.AsyncClient, people: People, signed_in: Headers, owner: Owner
) -> None:
    doctor = people.doctor(verified=False)
    licence(owner, doctor, date(2020, 1, 1), status="SUBMITTED")
    body = {"decision": "VERIFIED", "reason": "seen"}
    answer = await api.post(verification(doctor), json=body, headers=signed_in(people.admin()))
    assert (answer.status_code, answer.json()["title"]) == (409, "licence-ended")
    assert is_verified(owner, doctor) is False


async def test_pictures_are_written_anew(api: httpx.AsyncClient, people: People, signed_in: Headers) -> None:
    headers = signed_in(people.doctor(verified=False))
    await api.post(f"{V1}/me/licence", json=numbers(), headers=headers)
    answer = await add_document(api, headers, scan("red", "JPEG", comment=b"where it was taken"), "a.pdf")
    assert answer.json()["contentType"] == "image/jpeg"
    got = await api.get(f"{V1}/me/licence/documents/{answer.json()['id']}", headers=headers)
    assert got.headers["content-type"] == "image/jpeg"
    assert b"where it was taken" not in got.content


@given(
    verified=st.booleans(),
    days_left=st.none() | st.integers(-400, 400),
    newest=st.none() | st.sampled_from([one.value for one in LicenceStatus]),
    documents=st.booleans(),
)
def test_something_is_missing_unless_the_licence_holds(
    verified: bool, days_left: int | None, newest: str | None, documents: bool
) -> None:
    found = policy.missing(verified=verified, days_left=days_left, newest=newest, documents=documents)
    assert verified or found
    assert ("documents" in found) is (newest == "SUBMITTED" and not documents)
