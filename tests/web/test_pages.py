from __future__ import annotations

import re

import httpx
import pytest
from fastapi import FastAPI
from tests.access.matrix import routes_of
from tests.people import People
from tests.web.visits import PASSWORD, csrf, person, sign_in

from dentalization.accounts import service
from dentalization.api.app import create_app
from dentalization.context import Context
from dentalization.db.ids import new_id
from dentalization.edge.pages import local_path
from dentalization.edge.texts import LANGUAGES, TEXTS
from dentalization.events import stream
from dentalization.web.headers import CONTENT_SECURITY_POLICY


def test_every_text_is_there_in_every_language() -> None:
    for key, texts in TEXTS.items():
        assert len(texts) == len(LANGUAGES), key
        assert all(text.strip() for text in texts), key


def test_every_text_is_used_and_every_used_text_exists() -> None:
    """Keys that a template puts together are told by their beginning."""
    from pathlib import Path

    import dentalization

    root = Path(dentalization.__file__).parent
    source = "\n".join(
        path.read_text()
        for kind in ("*.html", "*pages.py", "routes.py", "edge/findings.py")
        for path in root.rglob(kind)
    )
    used = set(re.findall(r'\bt\("([a-z][\w.-]*)"\)', source))
    assert used <= set(TEXTS)
    composed = (
        "amcheck-",
        "job-",
        "appointment-",
        "do-",
        "why-",
        "happened-",
        "record-",
        "exception-",
        "desk-",
        "zones-",
        "licence-status-",
        "step-",
        "actor-",
        "missing-",
        "error.",
        "status-",
        "verb-",
        "decision-",
        "photo-",
        "landing-",
        "sure-",
        "role-",
        "access-",
    )
    unused = [
        key
        for key in TEXTS
        if not re.search(f"[\"']{re.escape(key)}[\"']", source)
        and not key.startswith(composed)
        and key not in _FIELDS
    ]
    assert not unused


# Labels of the profile's fields are chosen by the field's own name.
_FIELDS = {
    name
    for name in TEXTS
    if re.fullmatch(r"[a-z]+([A-Z][a-z]+)+|phone|address|allergies|medications|education|specialization|"
                    r"subspecialties|x|y|width|height", name)
}  # fmt: skip


async def test_pages_speak_the_visitors_language(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/", headers={"Accept-Language": "id-ID,id;q=0.9,en;q=0.5"})
    assert '<html lang="id">' in page.text
    assert "Masuk" in page.text
    form = {"csrf": await csrf(browser, "/"), "language": "id", "next": "/sign-in"}
    assert (await browser.post("/language", data=form)).headers["location"] == "/sign-in"
    assert "Kata sandi" in (await browser.get("/sign-in")).text


@pytest.mark.parametrize("path", ["/", "/sign-in", "/register", "/no-such-page", "/static/style.css"])
async def test_every_answer_carries_the_security_headers(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.get(path)
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "style=" not in answer.text
    assert not re.search(r"\son[a-z]+=", answer.text)
    assert not re.search(r"<script(?![^>]*(src=|application/json))", answer.text)


@pytest.mark.parametrize("who", ["patient", "doctor", "admin"])
async def test_no_page_has_code_or_style_in_it(
    app: FastAPI, browser: httpx.AsyncClient, people: People, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    monkeypatch.setattr(stream, "STREAM_SECONDS", 0.0)  # a stream of events would go on for minutes
    await sign_in(browser, await person(people, who))
    seen = 0
    for address in pages(app, "GET"):
        answer = await browser.get(address)
        assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY, address
        if answer.headers.get("content-type", "").startswith("text/html"):
            seen += answer.status_code == 200
            assert "style=" not in answer.text, address
            assert not re.search(r"\son[a-z]+=", answer.text), address
            assert not re.search(r"<script(?![^>]*(src=|application/json))", answer.text), address
    assert seen >= 10


def pages(app: FastAPI, wanted: str) -> list[str]:
    """Every address outside the API that takes the method, with ids filled in."""
    found = (route.split() for route in routes_of(app))
    return [
        re.sub(r"\{[^}]+\}", new_id(), path)
        for method, path in found
        if method == wanted and not path.startswith(("/api/", "/metrics"))
    ]


async def test_no_form_is_taken_without_its_token(
    app: FastAPI, browser: httpx.AsyncClient, people: People
) -> None:
    await sign_in(browser, await person(people, "patient"))
    addresses = pages(app, "POST")
    assert len(addresses) >= 12
    assert "/language" in addresses
    other = "0" * 64
    for address in addresses:
        for form in ({}, {"csrf": ""}, {"csrf": other}):
            answer = await browser.post(address, data={**form, "decision": "CONFIRMED"})
            assert answer.status_code == 403, address


async def test_a_token_of_another_session_is_refused(
    app: FastAPI, browser: httpx.AsyncClient, people: People
) -> None:
    before = await csrf(browser, "/sign-in")
    await sign_in(browser, await person(people, "patient"))
    assert (await browser.post("/sign-out", data={"csrf": before})).status_code == 403
    good = await csrf(browser, "/history")
    assert (await browser.post("/sign-out", data={"csrf": good})).status_code == 303


async def test_cookies_are_out_of_reach_of_scripts_and_other_sites(
    browser: httpx.AsyncClient, people: People
) -> None:
    answer = await sign_in(browser, await person(people, "patient"))
    cookies = answer.headers.get_list("set-cookie")
    assert len(cookies) == 2
    for cookie in cookies:
        assert "httponly" in cookie.lower()
        assert "samesite=lax" in cookie.lower()


async def test_behind_tls_cookies_are_secure_and_hsts_is_sent(context: Context) -> None:
    from dataclasses import replace

    settings = replace(context.settings, public_url="https://example.com")
    app = create_app(replace(context, settings=settings))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="https://example.com"
    ) as client:
        answer = await client.get("/")
    assert answer.headers["strict-transport-security"].startswith("max-age=")
    (cookie,) = answer.headers.get_list("set-cookie")
    assert cookie.startswith("__Host-")
    assert "secure" in cookie.lower()


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/history?after=x", "/history?after=x"),
        ("//example.com", "/"),
        ("https://example.com/", "/"),
        ("/\\example.com", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\nb", "/"),
        (None, "/"),
    ],
)
def test_no_address_of_ours_leads_elsewhere(path: str | None, kept: str) -> None:
    assert local_path(path) == kept


async def test_who_is_not_signed_in_comes_back_after_signing_in(
    browser: httpx.AsyncClient, people: People
) -> None:
    sent = await browser.get("/history")
    assert sent.headers["location"] == "/sign-in?next=/history"
    form = {"csrf": await csrf(browser, "/sign-in"), "email": await person(people, "patient")}
    done = await browser.post("/sign-in", data={**form, "password": PASSWORD, "next": "/history"})
    assert done.headers["location"] == "/history"
    wrong = await browser.post(
        "/sign-in", data={"csrf": await csrf(browser, "/sign-in"), "email": "x", "password": "y"}
    )
    assert wrong.status_code == 401
    assert 'role="alert"' in wrong.text


async def test_an_old_access_cookie_is_renewed_by_the_refresh_cookie(
    browser: httpx.AsyncClient, people: People
) -> None:
    await sign_in(browser, await person(people, "patient"))
    old = browser.cookies["refresh"]
    browser.cookies.delete("access")
    step = await browser.get("/history")
    assert step.headers["location"].startswith("/session/refresh?next=")
    renewed = await browser.get(step.headers["location"])
    assert renewed.headers["location"] == "/history"
    assert browser.cookies["refresh"] != old
    assert (await browser.get("/history")).status_code == 200
    # Another tab that woke up with the old cookie at the same moment does no harm.
    browser.cookies.set("refresh", old, domain="testserver.local", path="/")
    assert (await browser.get("/session/refresh?next=/history")).headers["location"] == "/history"


async def test_an_ended_session_leads_to_sign_in(
    browser: httpx.AsyncClient, people: People, context: Context
) -> None:
    from dentalization.accounts.tokens import actor_of

    await sign_in(browser, await person(people, "patient"))
    actor = actor_of(context.signer, browser.cookies["access"], address="")
    await service.sign_out(context.db, actor=actor)
    assert (await browser.get("/history")).headers["location"].startswith("/sign-in")


async def test_somebody_elses_pages_are_not_there(browser: httpx.AsyncClient, people: People) -> None:
    diagnosis = people.diagnosis(people.patient())
    await sign_in(browser, await person(people, "patient"))
    assert (await browser.get(f"/diagnoses/{diagnosis}")).status_code == 404
    assert (await browser.get("/queue")).status_code == 403
    assert (await browser.get("/admin/doctors")).status_code == 403


async def test_registering_with_wrong_fields_keeps_what_was_typed(browser: httpx.AsyncClient) -> None:
    form = {
        "csrf": await csrf(browser, "/register"),
        "email": "nobody",
        "password": PASSWORD,
        "firstName": "Siti",
        "lastName": "Rahma",
        "role": "PATIENT",
    }
    answer = await browser.post("/register", data=form)
    assert answer.status_code == 422
    assert 'value="Siti"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert PASSWORD not in answer.text
    done = await browser.post("/register", data={**form, "email": f"{new_id()}@example.com"})
    assert done.headers["location"] == "/sign-in?registered=true"


async def test_a_profile_is_saved_and_says_what_is_wrong(browser: httpx.AsyncClient, people: People) -> None:
    await sign_in(browser, await person(people, "doctor"))
    page = await browser.get("/profile")
    names = re.findall(r'<(?:input|textarea)[^>]*name="(\w+)"', page.text)
    form = {
        "csrf": await csrf(browser, "/profile"),
        **dict.fromkeys(set(names) - {"csrf", "next"}, ""),
        "firstName": "Budi",
        "lastName": "Santoso",
        "phone": "0812 3456 7890",
        "subspecialties": "Endodontics, Implants",
        "yearsExperience": "12",
    }
    wrong = await browser.post("/profile", data={**form, "phone": "12"})
    assert wrong.status_code == 422
    assert 'id="phone-error"' in wrong.text
    assert (await browser.post("/profile", data=form)).headers["location"] == "/profile?saved=true"
    saved = (await browser.get("/profile")).text
    for value in ("+6281234567890", "Endodontics, Implants", 'value="12"'):
        assert value in saved
