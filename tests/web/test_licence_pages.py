"""The pages about licences: a doctor sends one in, an admin looks and decides, both see every step."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI
from tests.people import People
from tests.profiles.licence_cases import PDF, Owner, in_days, licence, numbers, scan
from tests.web.visits import csrf, person, sign_in

INDONESIAN = {"Accept-Language": "id"}


@pytest.fixture
async def admin(app: FastAPI, people: People) -> AsyncIterator[httpx.AsyncClient]:
    """An administrator's browser."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        await sign_in(client, await person(people, "admin"))
        yield client


@pytest.fixture
async def doctor(browser: httpx.AsyncClient, people: People) -> httpx.AsyncClient:
    await sign_in(browser, await person(people, "doctor"))
    return browser


async def send_in(doctor: httpx.AsyncClient, **changed: str) -> httpx.Response:
    form = {"csrf": await csrf(doctor, "/licence"), **numbers(), **changed}
    return await doctor.post("/licence", data=form)


async def add(doctor: httpx.AsyncClient, data: bytes) -> httpx.Response:
    form = {"csrf": await csrf(doctor, "/licence")}
    return await doctor.post("/licence/documents", data=form, files={"file": ("a.pdf", data, "x/y")})


async def test_a_doctor_sends_a_licence_in_and_an_admin_decides(
    doctor: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    number = numbers()["sipNumber"]
    assert (await send_in(doctor, sipNumber=number)).headers["location"] == "/licence"
    page = (await doctor.get("/licence")).text
    assert number in page
    assert "Add a scan or photo of your SIP" in page
    for data in (PDF, scan()):
        assert (await add(doctor, data)).headers["location"] == "/licence"
    page = (await doctor.get("/licence")).text
    assert "An administrator will look" in page
    assert page.count('href="/licence/documents/') == 2
    listed = (await admin.get("/admin/licences")).text
    found = re.search(rf'href="(/admin/licences/c[0-9a-z]+)"(?:(?!</a>).)*{re.escape(number)}', listed, re.S)
    assert found, listed
    address = found[1]
    case = (await admin.get(address)).text
    documents = re.findall(rf'href="({address}/documents/[a-z0-9]+)"', case)
    kinds = [(await admin.get(one)).headers["content-disposition"].split(";")[0] for one in documents]
    assert sorted(kinds) == ["attachment", "inline"]
    form = {"csrf": await csrf(admin, address), "decision": "REJECTED", "reason": ""}
    bare = await admin.post(f"{address}/decision", data=form, headers=INDONESIAN)
    assert bare.status_code == 422
    assert 'id="reason-error">Tulis alasannya' in bare.text
    reason = "The <b>name</b> differs."
    done = await admin.post(f"{address}/decision", data={**form, "reason": reason})
    assert done.headers["location"] == address
    late = await admin.post(f"{address}/decision", data={**form, "decision": "VERIFIED"})
    assert late.status_code == 422
    assert "has been decided meanwhile" in late.text
    mine = (await doctor.get("/licence")).text
    assert "The &lt;b&gt;name&lt;/b&gt; differs." in mine
    assert "Your licence was not accepted" in mine
    assert "@example.com" not in mine, "who decided is the administrators' business"
    assert "@example.com" in (await admin.get(address)).text


async def test_wrong_fields_are_said_beside_them_and_nothing_typed_is_lost(doctor: httpx.AsyncClient) -> None:
    form = {"csrf": await csrf(doctor, "/licence"), "sipNumber": "kept", "issuer": "", "strNumber": "s" * 101}
    answer = await doctor.post("/licence", data={**form, "expiresOn": "tomorrow"}, headers=INDONESIAN)
    assert answer.status_code == 422
    assert set(re.findall(r'id="(\w+)-error"', answer.text)) == {"issuer", "strNumber", "expiresOn"}
    assert 'value="kept"' in answer.text
    past = await send_in(doctor, expiresOn="2020-01-01")
    assert "must not lie in the past" in past.text


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"GIF89a", "bukan PDF, JPEG, atau PNG"),
        (b"%PDF-1.7 cut", "PDF ini tidak lengkap"),
        (b"", "bukan PDF, JPEG, atau PNG"),
        (b"\xff\xd8\xff cut", "Gambar ini rusak"),
    ],
)
async def test_a_refused_document_says_why(doctor: httpx.AsyncClient, data: bytes, words: str) -> None:
    await send_in(doctor)
    form = {"csrf": await csrf(doctor, "/licence")}
    files = {"file": ("a.pdf", data, "application/pdf")}
    answer = await doctor.post("/licence/documents", data=form, files=files, headers=INDONESIAN)
    assert answer.status_code == 422
    wrong = re.search('id="file-error">([^<]+)', answer.text)
    assert wrong
    assert words in wrong[1]


async def test_a_licence_is_withdrawn_and_the_form_is_there_again(doctor: httpx.AsyncClient) -> None:
    await send_in(doctor)
    token = await csrf(doctor, "/licence")
    again = await doctor.post("/licence", data={"csrf": token, **numbers()})
    assert again.status_code == 422
    assert "waits for its decision already" in again.text
    assert (await doctor.post("/licence/withdrawal", data={"csrf": token})).headers["location"] == "/licence"
    page = (await doctor.get("/licence")).text
    assert 'name="sipNumber"' in page
    assert "Withdrawn" in page


async def test_by_hand_an_admin_says_why(admin: httpx.AsyncClient, people: People) -> None:
    doctor_id = people.doctor(verified=False).doctor_id
    form = {"csrf": await csrf(admin, "/admin/doctors"), "decision": "VERIFIED"}
    path = f"/admin/doctors/{doctor_id}/verification"
    bare = await admin.post(path, data={**form, "reason": " "})
    assert bare.status_code == 422
    assert f'id="reason-{doctor_id}-error"' in bare.text
    assert (await admin.post(path, data={**form, "reason": "Known."})).headers["location"] == "/admin/doctors"


async def test_who_has_sent_a_licence_in_is_not_decided_about_unseen(
    admin: httpx.AsyncClient, people: People, owner: Owner
) -> None:
    doctor = people.doctor(verified=False)
    waiting = licence(owner, doctor, in_days(100), status="SUBMITTED")
    page = (await admin.get("/admin/doctors")).text
    assert f'href="/admin/licences/{waiting}"' in page
    assert f"/admin/doctors/{doctor.doctor_id}/verification" not in page


@pytest.mark.parametrize("path", ["/admin/licences", "/admin/licences?status=EXPIRED", "/licence"])
async def test_nobody_else_has_these_pages(browser: httpx.AsyncClient, people: People, path: str) -> None:
    await sign_in(browser, await person(people, "patient"))
    assert (await browser.get(path)).status_code == 403
