"""Links by mail as a visitor follows them."""

from __future__ import annotations

import re
from typing import Any

import httpx
import psycopg
import pytest
from tests.letters import letters_to, link_in, post
from tests.people import People
from tests.web.visits import PASSWORD, csrf, person, sign_in

from dentalization.context import Context
from dentalization.db.ids import new_id

NEW = "another good password"
Owner = psycopg.Connection[tuple[Any, ...]]


@pytest.fixture(autouse=True)
def fresh_limits(owner: Owner) -> None:
    """All tests come from one address."""
    owner.execute("DELETE FROM rate_limits")


async def send(browser: httpx.AsyncClient, page: str, to: str, **fields: str) -> httpx.Response:
    """Sends the form at ``to`` with the token of ``page``."""
    return await browser.post(to, data={"csrf": await csrf(browser, page), **fields})


async def link_to(context: Context, owner: Owner, email: str) -> str:
    await post(context, owner)
    return link_in(letters_to(context, email)[-1])


async def test_a_forgotten_password(
    browser: httpx.AsyncClient, context: Context, owner: Owner, people: People
) -> None:
    email = await person(people, "patient")
    assert 'href="/password-reset"' in (await browser.get("/sign-in")).text
    asked = await send(browser, "/password-reset", "/password-reset", email=email)
    assert (asked.status_code, asked.headers["location"]) == (303, "/password-reset/sent")
    assert (await browser.get("/password-reset/sent")).status_code == 200
    link = await link_to(context, owner, email)
    # Scanners of mail follow links too: however often it is looked at, it is not used up.
    for _ in range(3):
        page = await browser.get(link)
        assert page.status_code == 200
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["cache-control"] == "no-store"
    token = link.partition("token=")[2]
    to = "/password-reset/confirmation"
    weak = await send(browser, link, to, token=token, password="short")
    assert weak.status_code == 422
    assert 'id="password-error"' in weak.text
    done = await send(browser, link, to, token=token, password=NEW)
    assert (done.status_code, done.headers["location"]) == (303, "/password-reset/done")
    over = await browser.get(link)
    assert over.status_code == 409
    assert 'name="password"' not in over.text
    assert (await send(browser, "/sign-in", to, token=token, password=NEW)).status_code == 409
    form = {"csrf": await csrf(browser, "/sign-in"), "email": email, "password": NEW, "next": "/"}
    assert (await browser.post("/sign-in", data=form)).status_code == 303


async def test_asking_for_a_link_looks_the_same_for_nobody(
    browser: httpx.AsyncClient, people: People
) -> None:
    answers = [
        await send(browser, "/password-reset", "/password-reset", email=email)
        for email in (await person(people, "patient"), f"{new_id()}@example.com")
    ]
    assert {(answer.status_code, answer.headers["location"]) for answer in answers} == {
        (303, "/password-reset/sent")
    }


@pytest.mark.parametrize("email", ["", "nobody", "a@example.com\r\nBcc: b@example.com", "x" * 300])
async def test_what_is_no_address_is_said(browser: httpx.AsyncClient, email: str) -> None:
    answer = await send(browser, "/password-reset", "/password-reset", email=email)
    assert answer.status_code == 422
    assert 'id="email-error"' in answer.text


async def test_the_notice_goes_when_the_address_is_confirmed(
    browser: httpx.AsyncClient, context: Context, owner: Owner, people: People
) -> None:
    email = await person(people, "patient")
    await sign_in(browser, email)
    assert "not confirmed yet" in (await browser.get("/profile")).text
    asked = await send(browser, "/profile", "/profile/email-verification")
    assert asked.headers["location"] == "/profile?mailed=true"
    assert "on its way" in (await browser.get("/profile?mailed=true")).text
    link = await link_to(context, owner, email)
    page = await browser.get(link)
    assert page.status_code == 200
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "not confirmed yet" in (await browser.get("/profile")).text, "looking is not confirming"
    token = link.partition("token=")[2]
    done = await send(browser, link, "/email-verification", token=token)
    assert done.headers["location"] == "/email-verification/done"
    assert (await browser.get("/email-verification/done")).status_code == 200
    assert "not confirmed yet" not in (await browser.get("/profile")).text
    assert (await send(browser, "/profile", "/profile/email-verification")).headers["location"] == "/profile"
    assert (await browser.get(link)).status_code == 409


async def test_another_address(
    browser: httpx.AsyncClient, context: Context, owner: Owner, people: People
) -> None:
    email, new = await person(people, "doctor"), f"{new_id()}@example.com"
    await sign_in(browser, email)
    to = "/profile/email"
    wrong = await send(browser, to, to, email=new, password="wrong")
    assert wrong.status_code == 422
    assert 'id="password-error"' in wrong.text
    same = await send(browser, to, to, email=email, password=PASSWORD)
    assert 'id="email-error"' in same.text
    asked = await send(browser, to, to, email=new, password=PASSWORD)
    assert asked.headers["location"] == "/profile/email/sent"
    assert (await browser.get("/profile/email/sent")).status_code == 200
    assert email in (await browser.get("/profile")).text
    link = await link_to(context, owner, new)
    assert new in (await browser.get(link)).text
    await send(browser, link, "/email-verification", token=link.partition("token=")[2])
    profile = (await browser.get("/profile")).text
    assert new in profile
    assert email not in profile


@pytest.mark.parametrize("path", ["/password-reset/confirmation", "/email-verification"])
@pytest.mark.parametrize("token", ["", "x", "y" * 5000])
async def test_a_link_of_nobodys_is_said_to_be_over(
    browser: httpx.AsyncClient, path: str, token: str
) -> None:
    page = await browser.get(f"{path}?token={token}")
    assert page.status_code == 409
    assert "ask for a new one" in page.text
    assert not re.search(r'name="token"', page.text)


@pytest.mark.parametrize("language", ["en", "id"])
async def test_these_pages_speak_both_languages(browser: httpx.AsyncClient, language: str) -> None:
    page = await browser.get("/password-reset", headers={"Accept-Language": language})
    assert f'<html lang="{language}">' in page.text
    assert ("Lupa kata sandi" in page.text) is (language == "id")
