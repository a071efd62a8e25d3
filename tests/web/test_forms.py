"""Forms: a photo and a diagnosis step by step, what is said when something is wrong, and what is not lost."""

from __future__ import annotations

import asyncio
import importlib
import json
import re
from dataclasses import replace
from typing import Any

import httpx
import pytest
from tests.conftest import Urls, open_database
from tests.people import DETECTIONS, People
from tests.web.visits import PASSWORD, csrf, person, sign_in

from dentalization.accounts.tokens import access_token
from dentalization.api.app import create_app
from dentalization.context import Context
from dentalization.db.database import Database
from dentalization.db.ids import new_id
from dentalization.db.pool import PoolLimits
from dentalization.edge.texts import TEXTS
from dentalization.errors import DentalizationError

INDONESIAN = {"Accept-Language": "id"}


async def test_from_the_queue_to_a_decision(browser: httpx.AsyncClient, people: People) -> None:
    diagnosis = f"/diagnoses/{people.diagnosis(people.patient())}"
    await sign_in(browser, await person(people, "doctor"))
    queue = await browser.get("/queue?limit=100")
    assert 'href="/diagnoses/' in queue.text
    token = await csrf(browser, diagnosis)
    early = await browser.post(f"{diagnosis}/review", data={"csrf": token, "decision": "CONFIRMED"})
    assert early.status_code == 422
    assert "before you decide" in early.text
    claimed = await browser.post(f"{diagnosis}/claim", data={"csrf": token})
    assert claimed.headers["location"] == diagnosis
    assert diagnosis in (await browser.get("/queue")).text
    corrected = [{**DETECTIONS[0], "condition": "crown"}]
    form = {"csrf": token, "notes": "A crown.\r\nNo caries.", "detections": json.dumps(corrected)}
    done = await browser.post(f"{diagnosis}/review", data={**form, "decision": "CONFIRMED"})
    assert done.headers["location"] == diagnosis
    page = (await browser.get(diagnosis)).text
    assert "Confirmed by a dentist" in page
    assert "A crown.\nNo caries." in page
    assert "Corrected by the dentist" in page
    again = await browser.post(f"{diagnosis}/review", data={**form, "decision": "REJECTED"})
    assert again.status_code == 422
    assert "has been decided" in again.text


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"decision": ""}, "Pilih keputusan"),
        ({"detections": "{"}, "Kotak tidak dapat dibaca"),
        (
            {"detections": '[{"condition": "ufo", "confidence": 1, "location": {}}]'},
            "Kotak tidak dapat dibaca",
        ),
        ({"notes": "n" * 10_001}, "terlalu panjang"),
    ],
)
async def test_a_wrong_review_keeps_the_notes_and_says_why(
    browser: httpx.AsyncClient, people: People, wrong: dict[str, str], words: str
) -> None:
    diagnosis = f"/diagnoses/{people.diagnosis(people.patient())}"
    await sign_in(browser, await person(people, "doctor"))
    token = await csrf(browser, diagnosis)
    await browser.post(f"{diagnosis}/claim", data={"csrf": token})
    form = {"csrf": token, "decision": "CONFIRMED", "notes": "Typed with care.", **wrong}
    answer = await browser.post(f"{diagnosis}/review", data=form, headers=INDONESIAN)
    assert answer.status_code == 422
    assert words in answer.text
    assert form["notes"] in answer.text


async def test_a_form_that_stood_open_longer_than_its_cookie_lives_is_not_lost(
    browser: httpx.AsyncClient, people: People
) -> None:
    await sign_in(browser, await person(people, "doctor"))
    form = {"csrf": await csrf(browser, "/profile"), "firstName": "Budi", "lastName": "Santoso"}
    browser.cookies.delete("access")
    step = await browser.post("/profile", data=form)
    assert step.status_code == 307, "the browser repeats the POST, with its body"
    assert step.headers["location"] == "/profile"
    assert (await browser.post("/profile", data=form)).headers["location"] == "/profile?saved=true"
    browser.cookies.delete("access")
    forged = await browser.post("/profile", data={**form, "csrf": "0" * 64})
    assert forged.status_code == 307
    assert (await browser.post("/profile", data={**form, "csrf": "0" * 64})).status_code == 403


async def test_a_form_of_an_ended_session_is_refused_and_signing_in_still_works(
    browser: httpx.AsyncClient, people: People
) -> None:
    email = await person(people, "doctor")
    await sign_in(browser, email)
    form = {"csrf": await csrf(browser, "/profile"), "firstName": "Budi", "lastName": "Santoso"}
    browser.cookies.delete("access")
    browser.cookies.set("refresh", "ended", domain="testserver.local", path="/")
    assert (await browser.post("/profile", data=form)).status_code == 403
    assert (await sign_in(browser, email)).headers["location"] == "/"


async def test_a_refused_refresh_keeps_the_whole_way_back(browser: httpx.AsyncClient) -> None:
    browser.cookies.set("refresh", "ended", domain="testserver.local", path="/")
    answer = await browser.get("/session/refresh", params={"next": "/history?patient=a&after=b"})
    assert answer.headers["location"] == "/sign-in?next=/history%3Fpatient%3Da%26after%3Db"


async def test_a_photo_is_listed_and_leads_to_its_one_analysis(
    browser: httpx.AsyncClient, people: People, picture: bytes
) -> None:
    await sign_in(browser, await person(people, "patient"))
    token = await csrf(browser, "/photos/new")
    form = {"csrf": token, "photoType": "intraoral", "description": "<b>sore</b>"}
    sent = await browser.post("/photos", data=form, files={"file": ("a.jpg", picture, "image/jpeg")})
    analysis = sent.headers["location"]
    assert analysis.startswith("/analyses/")
    assert (await browser.get(f"{analysis}/state")).json() == {"ended": False}
    assert 'http-equiv="refresh"' in (await browser.get(analysis)).text
    page = (await browser.get("/photos")).text
    assert "&lt;b&gt;sore" in page
    thumbnail = re.search(r'<img src="([^"]+)"', page)
    assert thumbnail
    assert (await browser.get(thumbnail[1].replace("&amp;", "&"))).headers["content-type"] == "image/webp"
    again = re.search(r'action="(/photos/[a-z0-9]+/analysis)"', page)
    assert again
    assert (await browser.post(again[1], data={"csrf": token})).headers["location"] == analysis
    await sign_in(browser, await person(people, "patient"))
    assert "<img" not in (await browser.get("/photos")).text
    assert (await browser.post(again[1], data={"csrf": await csrf(browser, "/photos")})).status_code == 404


@pytest.mark.parametrize(
    ("data", "kind", "field"), [(b"x", "intraoral", "file"), (None, "selfie", "photoType")]
)
async def test_a_refused_photo_says_why(
    browser: httpx.AsyncClient, people: People, picture: bytes, data: bytes | None, kind: str, field: str
) -> None:
    await sign_in(browser, await person(people, "patient"))
    form = {"csrf": await csrf(browser, "/photos/new"), "photoType": kind, "description": "kept"}
    answer = await browser.post(
        "/photos", data=form, files={"file": ("a.jpg", data or picture, "image/jpeg")}
    )
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert f'id="{field}-error"' in answer.text
    assert "kept" in answer.text


async def test_a_profile_says_everything_that_is_wrong_at_once(
    browser: httpx.AsyncClient, people: People
) -> None:
    await sign_in(browser, await person(people, "doctor"))
    form = {"csrf": await csrf(browser, "/profile"), "firstName": "", "lastName": "x" * 101, "phone": "1"}
    form |= {"yearsExperience": "some", "clinicPhone": "2", "clinicName": "c" * 201, "education": "kept"}
    answer = await browser.post("/profile", data=form, headers=INDONESIAN)
    wrong = dict(re.findall(r'id="(\w+)-error">([^<]+)', answer.text))
    assert answer.status_code == 422
    assert set(wrong) == {"firstName", "lastName", "phone", "yearsExperience", "clinicPhone", "clinicName"}
    indonesian = {texts[1] for texts in TEXTS.values()}
    assert set(wrong.values()) <= indonesian
    assert "kept" in answer.text


@pytest.mark.parametrize("years", ["-1", "81", "99999999999999"])
async def test_impossible_years_are_refused_beside_their_field(
    browser: httpx.AsyncClient, people: People, years: str
) -> None:
    await sign_in(browser, await person(people, "doctor"))
    form = {"csrf": await csrf(browser, "/profile"), "firstName": "Budi", "lastName": "Santoso"}
    answer = await browser.post("/profile", data={**form, "yearsExperience": years}, headers=INDONESIAN)
    assert answer.status_code == 422
    assert 'id="yearsExperience-error">Tahun pengalaman antara' in answer.text


async def test_a_registration_says_everything_that_is_wrong_at_once(browser: httpx.AsyncClient) -> None:
    form = {"csrf": await csrf(browser, "/register"), "email": "nobody", "password": PASSWORD}
    form |= {"role": "DOCTOR", "firstName": "", "lastName": "x" * 101}
    answer = await browser.post("/register", data=form)
    wrong = set(re.findall(r'id="(\w+)-error"', answer.text))
    assert wrong == {"email", "firstName", "lastName", "licenseNumber"}


async def test_a_taken_licence_is_said_beside_its_field(browser: httpx.AsyncClient) -> None:
    form = {"csrf": await csrf(browser, "/register"), "password": PASSWORD, "role": "DOCTOR"}
    form |= {"firstName": "Budi", "lastName": "Santoso", "licenseNumber": new_id()}
    done = await browser.post("/register", data={**form, "email": f"{new_id()}@example.com"})
    assert done.status_code == 303
    answer = await browser.post("/register", data={**form, "email": f"{new_id()}@example.com"})
    assert 'id="licenseNumber-error"' in answer.text


@pytest.mark.parametrize(
    ("path", "status"),
    [("/profile?saved=perhaps", 422), ("/language", 405), ("/queue?after=x", 422), ("/no-such-page", 404)],
)
async def test_a_wrong_address_is_not_called_an_error_of_ours(
    browser: httpx.AsyncClient, people: People, path: str, status: int
) -> None:
    await sign_in(browser, await person(people, "doctor"))
    answer = await browser.get(path, headers=INDONESIAN)
    assert answer.status_code == status
    assert TEXTS["error.internal-error"][1] not in answer.text
    assert '<html lang="id">' in answer.text


async def test_versioned_static_files_are_kept_and_the_version_follows_their_bytes(
    browser: httpx.AsyncClient,
) -> None:
    page = (await browser.get("/")).text
    style = re.search(r'href="(/static/style.css\?v=[0-9a-f]{12})"', page)
    assert style
    assert "immutable" in (await browser.get(style[1])).headers["cache-control"]
    assert (await browser.get("/static/boxes.js")).headers["cache-control"] == "no-cache"


def test_every_error_that_a_page_may_show_speaks_both_languages() -> None:
    """Those that never reach a page are named; a new error has to be put on one side or the other."""
    modules = (
        "accounts.errors",
        "profiles.errors",
        "photos.errors",
        "diagnoses.errors",
        "appointments.errors",
        "db.errors",
    )
    never = {"token-refused", "session-ended", "unsafe-login", "other-transport"}
    for name in modules:
        module = importlib.import_module(f"dentalization.{name}")
        for kind in vars(module).values():
            if isinstance(kind, type) and issubclass(kind, DentalizationError) and kind.code not in never:
                own = kind.__module__ == module.__name__
                assert not own or f"error.{kind.code}" in TEXTS, kind.code


async def test_full_pages_for_a_crowd_are_read_with_few_connections(
    context: Context, people: People, urls: Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every read of a page counts: one for each card made 80 of 100 visitors wait in vain."""
    doctor = people.doctor()
    patient = people.patient()
    for _ in range(10):
        photo = json.dumps({"photoId": people.photo(patient)})
        people.diagnosis(patient, doctor=doctor, metadata=photo)
    reads = 0
    read = Database.read

    async def counted(*arguments: Any, **named: Any) -> Any:
        nonlocal reads
        reads += 1
        return await read(*arguments, **named)

    monkeypatch.setattr(Database, "read", counted)
    small = await open_database(urls.app, PoolLimits(connections=2, waiting=60, wait_seconds=60))
    try:
        app = create_app(replace(context, db=small))
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        token = access_token(context.signer, doctor)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://testserver", cookies={"access": token}, timeout=60
        ) as client:
            pages = await asyncio.gather(*(client.get("/queue") for _ in range(60)))
    finally:
        await small.close()
    assert {page.status_code for page in pages} == {200}
    assert min(page.text.count("<img") for page in pages) >= 10
    assert reads <= 7 * len(pages)  # one of them writes the audit
