"""The page about privacy, in both languages and by forms alone; and the registration that asks."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import AsyncIterator

import httpx
import psycopg
import pytest
from tests.people import People
from tests.web.visits import PASSWORD, csrf, person, sign_in

from dentalization.api.app import create_app
from dentalization.context import Context
from dentalization.db.ids import new_id
from dentalization.privacy import erasing

Owner = psycopg.Connection[tuple[object, ...]]
PAGE = "/account/privacy"


@pytest.fixture
async def browser(context: Context) -> AsyncIterator[httpx.AsyncClient]:
    """A visitor with cookies of its own."""
    transport = httpx.ASGITransport(app=create_app(context), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield client


async def test_a_consent_is_withdrawn_by_the_button_that_gave_it(
    browser: httpx.AsyncClient, people: People
) -> None:
    await sign_in(browser, await person(people, "patient"))

    def button(page: str) -> str:
        found = re.search(r'consents/RESEARCH">.*?name="granted" value="(true|false)"', page, re.DOTALL)
        assert found, page
        return found[1]

    for offered in ("true", "false", "true"):
        page = (await browser.get(PAGE)).text
        assert button(page) == offered
        form = {"csrf": await csrf(browser, PAGE), "version": "1", "granted": offered}
        answer = await browser.post(f"{PAGE}/consents/RESEARCH", data=form)
        assert answer.headers["location"] == PAGE
    assert "consents/TREATMENT" not in page, "what is needed has no button"


@pytest.mark.parametrize("version", ["2", "", "x", "99999999999999999999"])
async def test_a_stale_text_is_refused_in_words(
    browser: httpx.AsyncClient, people: People, version: str
) -> None:
    await sign_in(browser, await person(people, "patient"))
    form = {"csrf": await csrf(browser, PAGE), "version": version, "granted": "true"}
    answer = await browser.post(f"{PAGE}/consents/RESEARCH", data=form, headers={"Accept-Language": "id"})
    assert answer.status_code == 409
    assert "Teks persetujuan ini telah berubah" in answer.text


async def test_the_archive_comes_by_a_link(browser: httpx.AsyncClient, people: People) -> None:
    await sign_in(browser, await person(people, "patient"))
    assert f'href="{PAGE}/export"' in (await browser.get(PAGE)).text
    answer = await browser.get(f"{PAGE}/export")
    assert "README.txt" in zipfile.ZipFile(io.BytesIO(answer.content)).namelist()


@pytest.mark.parametrize("kind", ["patient", "doctor", "admin"])
async def test_an_account_is_erased_by_a_form_and_the_report_is_a_page(
    browser: httpx.AsyncClient, people: People, context: Context, kind: str
) -> None:
    email = await person(people, kind)
    await sign_in(browser, email)
    page = (await browser.get(PAGE)).text
    assert ("Medical records" in page) == (kind == "patient")
    assert ("Decisions that you made stay" in page) == (kind != "patient")
    form = {"csrf": await csrf(browser, PAGE), "password": "wrong"}
    wrong = await browser.post(f"{PAGE}/erasure", data=form)
    assert wrong.status_code == 422
    assert "nothing was erased" in wrong.text
    asked = await browser.post(f"{PAGE}/erasure", data={**form, "password": PASSWORD})
    address = asked.headers["location"]
    assert "it begins in a moment" in (await browser.get(address)).text
    assert (await browser.get(PAGE)).headers["location"].startswith("/sign-in"), "signed out"
    request_id = address.split("/")[2].split("?")[0]
    await erasing.erase(context.db, context.store, request_id=request_id)
    report = (await browser.get(address)).text
    assert "None of them is left" in report
    assert ("telephone number and name" in report) == (kind == "patient")
    assert "Selesai. Ini laporannya." in (await browser.get(address, headers={"Accept-Language": "id"})).text
    assert (await sign_in(browser, email)).status_code == 401


async def test_without_consent_the_upload_page_says_so_and_keeps_nothing(
    browser: httpx.AsyncClient, people: People, owner: Owner, picture: bytes
) -> None:
    email = await person(people, "patient")
    owner.execute(
        """INSERT INTO consents (id, user_id, purpose, version, language, granted)
           SELECT %s, id, 'AI_ANALYSIS', 1, 'en', false FROM users WHERE email = %s""",
        (new_id(), email),
    )
    await sign_in(browser, email)
    answer = await browser.post(
        "/photos",
        data={"csrf": await csrf(browser, "/photos/new"), "photoType": "intraoral"},
        files={"file": ("teeth.jpg", picture, "image/jpeg")},
    )
    assert answer.status_code == 403
    assert "You have not agreed" in answer.text
    kept = owner.execute(
        """SELECT 1 FROM dental_photos f JOIN patient_profiles p ON p.id = f.patient_id
           JOIN users u ON u.id = p.user_id WHERE u.email = %s""",
        (email,),
    )
    assert kept.rowcount == 0


@pytest.mark.parametrize(("ticked", "rows"), [({}, 0), ({"aiAnalysis": "1"}, 1)])
async def test_registration_asks_without_a_tick_of_its_own(
    browser: httpx.AsyncClient, owner: Owner, ticked: dict[str, str], rows: int
) -> None:
    page = (await browser.get("/register")).text
    box = re.search(r'<input type="checkbox" name="aiAnalysis"[^>]*>', page)
    assert box
    assert "checked" not in box[0]
    email = f"{new_id()}@example.com"
    form = {
        "csrf": await csrf(browser, "/register"), "email": email, "password": PASSWORD, "role": "PATIENT",
        "firstName": "Ayu", "lastName": "Ningsih", **ticked,
    }  # fmt: skip
    stale = await browser.post("/register", data={**form, "aiAnalysis": "7"})
    assert stale.status_code == 422
    assert (await browser.post("/register", data=form)).status_code == 303
    found = owner.execute(
        "SELECT 1 FROM consents c JOIN users u ON u.id = c.user_id WHERE u.email = %s AND c.granted", (email,)
    )
    assert found.rowcount == rows
