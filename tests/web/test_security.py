"""The pages of the second factor: sign in with one, set one up, remove it, show again who is there."""

from __future__ import annotations

import base64
import html
import json
import re
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import psycopg
import pytest
from tests.accounts.authenticator import Authenticator
from tests.people import People
from tests.web.visits import PASSWORD, csrf, person, sign_in

from dentalization.accounts import totp
from dentalization.api.app import create_app
from dentalization.context import Context

SECURITY = "/account/security"
Owner = psycopg.Connection[tuple[Any, ...]]


def code(secret: bytes, away: int) -> str:
    return totp.code_at(secret, totp.step_at(time.time()) + away)


async def send(browser: httpx.AsyncClient, path: str, **fields: str) -> httpx.Response:
    return await browser.post(path, data={"csrf": await csrf(browser, SECURITY), **fields})


async def set_up_app(browser: httpx.AsyncClient) -> tuple[bytes, list[str]]:
    begun = await send(browser, f"{SECURITY}/totp")
    page = (await browser.get(begun.headers["location"])).text
    shown = re.search(r"<code data-secret>([A-Z2-7 ]+)</code>", page)
    assert shown, page
    assert "otpauth://totp/" in page
    secret = base64.b32decode(shown[1].replace(" ", ""))
    wrong = await send(browser, f"{SECURITY}/totp/confirmation", code="000000")
    assert wrong.status_code == 422
    assert shown[1] in wrong.text  # the same secret: what was scanned is not lost
    done = await send(browser, f"{SECURITY}/totp/confirmation", code=code(secret, -1))
    codes = re.findall(r"<li><code>([a-z0-9-]+)</code>", done.text)
    assert len(codes) == 10
    again = (await browser.get(f"{SECURITY}/totp")).headers["location"]
    assert again == SECURITY  # shown never again
    return secret, codes


async def begin(browser: httpx.AsyncClient, email: str, target: str = "/profile") -> str:
    """Password only; the path of the second page."""
    browser.cookies.clear()
    form = {"csrf": await csrf(browser, "/sign-in"), "email": email, "password": PASSWORD, "next": target}
    answer = await browser.post("/sign-in", data=form)
    assert "access" not in browser.cookies
    path = answer.headers["location"]
    assert path.startswith("/sign-in/factor")
    return str(path)


async def test_from_setting_up_an_app_to_signing_in_with_it(
    browser: httpx.AsyncClient, people: People
) -> None:
    email = await person(people, "patient")
    await sign_in(browser, email)
    secret, codes = await set_up_app(browser)
    path = await begin(browser, email)
    token = await csrf(browser, path)
    form = {"csrf": token, "next": "/profile"}
    wrong = await browser.post("/sign-in/factor", data={**form, "code": "000000"})
    assert wrong.status_code == 401
    assert "not right" in wrong.text
    assert "access" not in browser.cookies
    done = await browser.post("/sign-in/factor", data={**form, "code": code(secret, 0)})
    assert done.headers["location"] == "/profile"
    assert (await browser.get("/profile")).status_code == 200
    path = await begin(browser, email)  # a recovery code in the same field
    form = {"csrf": await csrf(browser, path), "next": "//example.com", "code": codes[3].upper()}
    done = await browser.post("/sign-in/factor", data=form)
    assert done.headers["location"] == "/"
    assert "Left: 9" in (await browser.get(SECURITY)).text


async def test_without_a_challenge_the_second_page_leads_to_the_first(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/sign-in/factor?next=/history")
    assert answer.headers["location"] == "/sign-in?next=/history"
    form = {"csrf": await csrf(browser, "/sign-in"), "next": "/history", "code": "123456"}
    assert (await browser.post("/sign-in/factor", data=form)).headers["location"] == "/sign-in?next=/history"


async def test_a_passkey_on_the_pages(browser: httpx.AsyncClient, people: People) -> None:
    email = await person(people, "patient")
    await sign_in(browser, email)
    key = Authenticator()
    asked = await send(browser, f"{SECURITY}/passkeys/options")
    made = await send(
        browser, f"{SECURITY}/passkeys", name="Telephone", credential=json.dumps(key.create(asked.json()))
    )
    assert "data-codes" in made.text
    path = await begin(browser, email)
    page = (await browser.get(path)).text
    options = re.search(r'data-options="([^"]+)"', page)
    assert options
    form = {
        "csrf": await csrf(browser, path),
        "next": "/profile",
        "credential": json.dumps(key.get(json.loads(html.unescape(options[1])))),
    }
    assert (await browser.post("/sign-in/factor", data=form)).headers["location"] == "/profile"
    page = (await browser.get(SECURITY)).text
    assert "Telephone" in page
    removal = re.search(rf"{SECURITY}/passkeys/\w+/removal", page)
    assert removal
    assert (await send(browser, removal[0])).headers["location"] == SECURITY
    assert "Telephone" not in (await browser.get(SECURITY)).text


@pytest.mark.parametrize("credential", ["", "{", "[]", '{"id": 1}'])
async def test_a_credential_that_is_none_is_refused_in_words(
    browser: httpx.AsyncClient, people: People, credential: str
) -> None:
    await sign_in(browser, await person(people, "patient"))
    answer = await send(browser, f"{SECURITY}/passkeys", name="x", credential=credential)
    assert answer.status_code == 422
    assert "begin again" in answer.text


async def test_what_is_sensitive_leads_to_the_confirmation_and_back(
    browser: httpx.AsyncClient, people: People, owner: Owner
) -> None:
    email = await person(people, "patient")
    await sign_in(browser, email)
    await set_up_app(browser)
    owner.execute("UPDATE session_confirmations SET confirmed_at = now() - interval '10 minutes'")
    token = await csrf(browser, SECURITY)
    referer = {"Referer": f"http://testserver{SECURITY}"}
    answer = await browser.post(f"{SECURITY}/totp/removal", data={"csrf": token}, headers=referer)
    assert answer.headers["location"] == f"/account/confirmation?next={SECURITY}"
    elsewhere = {"Referer": "http://example.com/account/security"}
    answer = await browser.post(f"{SECURITY}/totp/removal", data={"csrf": token}, headers=elsewhere)
    assert answer.headers["location"] == "/account/confirmation?next=/"
    script = await browser.post(f"{SECURITY}/passkeys/options", data={"csrf": token})
    assert (script.status_code, "confirmation" in script.json()) == (403, True)
    form = {"csrf": token, "next": SECURITY}
    wrong = await browser.post("/account/confirmation", data={**form, "password": "wrong", "code": ""})
    assert (wrong.status_code, "not right" in wrong.text) == (422, True)
    done = await browser.post("/account/confirmation", data={**form, "password": PASSWORD, "code": ""})
    assert done.headers["location"] == SECURITY
    await browser.post(f"{SECURITY}/totp/removal", data={"csrf": token})
    assert "Set up an app" in (await browser.get(SECURITY)).text


async def test_the_password_is_changed_on_the_page(browser: httpx.AsyncClient, people: People) -> None:
    email = await person(people, "patient")
    await sign_in(browser, email)
    wrong = await send(browser, "/account/password", currentPassword="wrong", newPassword="another password")
    assert wrong.status_code == 422
    assert 'id="currentPassword-error"' in wrong.text
    done = await send(browser, "/account/password", currentPassword=PASSWORD, newPassword="another password")
    assert done.headers["location"] == f"{SECURITY}?saved=true"
    assert "The password is changed" in (await browser.get(done.headers["location"])).text
    browser.cookies.clear()
    assert (await sign_in(browser, email)).status_code == 401


@pytest.fixture
async def strict(context: Context) -> AsyncIterator[httpx.AsyncClient]:
    settings = replace(context.settings, require_second_factor=("DOCTOR",))
    transport = httpx.ASGITransport(
        app=create_app(replace(context, settings=settings)), raise_app_exceptions=False
    )
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield client


async def test_a_role_that_needs_a_factor_is_led_to_it_and_then_let_in(
    strict: httpx.AsyncClient, people: People
) -> None:
    await sign_in(strict, await person(people, "doctor"))
    for path in ("/queue", "/patients", "/profile", "/sessions", "/history", "/photos/new"):
        assert (await strict.get(path)).headers["location"] == SECURITY, path
    page = (await strict.get(SECURITY)).text
    assert "needs a second factor" in page
    refused = await send(strict, "/account/password", currentPassword=PASSWORD, newPassword="another one")
    assert refused.headers["location"] == SECURITY
    await set_up_app(strict)
    assert (await strict.get("/queue")).status_code == 200
    assert "needs a second factor" not in (await strict.get(SECURITY)).text


async def test_who_needs_a_factor_can_sign_out(strict: httpx.AsyncClient, people: People) -> None:
    await sign_in(strict, await person(people, "doctor"))
    assert (await send(strict, "/sign-out")).headers["location"] == "/"
    assert (await strict.get("/queue")).headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("language", ["en", "id"])
async def test_the_pages_speak_both_languages(
    browser: httpx.AsyncClient, people: People, language: str
) -> None:
    await sign_in(browser, await person(people, "patient"))
    words = {"en": "Authenticator app", "id": "Aplikasi autentikator"}
    page = await browser.get(SECURITY, headers={"Accept-Language": language})
    assert words[language] in page.text
    confirmation = await browser.get("/account/confirmation", headers={"Accept-Language": language})
    assert {"en": "Is it still you?", "id": "Apakah ini masih Anda?"}[language] in confirmation.text
