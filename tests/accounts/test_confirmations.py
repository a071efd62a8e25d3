"""Sensitive acts ask who is there, a password is changed by who knows it, and roles can need a factor."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import psycopg
import pytest
from tests.accounts.factors import (
    PASSWORD,
    V1,
    Person,
    challenged,
    code,
    finish,
    login,
    person,
    refreshed,
    signed_in,
    with_app,
    with_passkey,
)
from tests.conftest import Urls
from tests.people import People

from dentalization.accounts import passwords
from dentalization.accounts.administrators import reset_factors
from dentalization.accounts.confirmations import confirmed_recently
from dentalization.accounts.errors import ConfirmationNeeded
from dentalization.accounts.service import ATTEMPTS_PER_ACCOUNT
from dentalization.api.app import create_app
from dentalization.context import Context
from dentalization.db.ids import new_id
from dentalization.errors import InvalidInput, NotFound
from dentalization.settings import from_environment

Owner = psycopg.Connection[tuple[Any, ...]]
REAUTHENTICATION = f"{V1}/auth/reauthentication"

SENSITIVE = [
    ("POST", "me/factors/totp"),
    ("DELETE", "me/factors/totp"),
    ("POST", "me/factors/recovery-codes"),
    ("POST", "me/factors/passkeys/options"),
    ("DELETE", "me/factors/passkeys/x"),
]


def forget(owner: Owner, who: Person) -> None:
    """As if the last confirmation were ten minutes ago."""
    owner.execute(
        "UPDATE session_confirmations SET confirmed_at = now() - interval '10 minutes' "
        "WHERE session_id IN (SELECT id FROM sessions WHERE user_id = %s)",
        (who.user_id,),
    )


@pytest.mark.parametrize(("method", "path"), SENSITIVE)
async def test_sensitive_acts_need_a_recent_confirmation(
    api: httpx.AsyncClient, people: People, owner: Owner, method: str, path: str
) -> None:
    who = await person(api, people)
    await with_app(api, who)
    forget(owner, who)
    before = (await api.get(f"{V1}/me/factors", headers=who.headers)).json()
    refused = await api.request(method, f"{V1}/{path}", headers=who.headers)
    assert (refused.status_code, refused.json()["title"]) == (403, "confirmation-needed")
    assert (await api.get(f"{V1}/me/factors", headers=who.headers)).json() == before
    shown = await api.post(REAUTHENTICATION, headers=who.headers, json={"password": PASSWORD})
    assert shown.status_code == 204
    assert (await api.request(method, f"{V1}/{path}", headers=who.headers)).status_code != 403


async def test_a_code_confirms_too_once(api: httpx.AsyncClient, people: People, owner: Owner) -> None:
    who = await person(api, people)
    secret, _ = await with_app(api, who)
    forget(owner, who)
    shown = {"code": code(secret)}
    assert (await api.post(REAUTHENTICATION, headers=who.headers, json=shown)).status_code == 204
    assert (await api.delete(f"{V1}/me/factors/passkeys/x", headers=who.headers)).status_code == 404
    again = await api.post(REAUTHENTICATION, headers=who.headers, json=shown)
    assert (again.status_code, again.json()["errors"][0]["field"]) == (422, "code")


async def test_a_confirmation_is_of_one_session_and_a_refresh_is_none(
    api: httpx.AsyncClient, people: People, owner: Owner
) -> None:
    here = await person(api, people)
    there = signed_in(await login(api, here.email))
    forget(owner, here)
    there = await refreshed(api, there)
    await api.post(REAUTHENTICATION, headers=here.headers, json={"password": PASSWORD})
    assert (await api.post(f"{V1}/me/factors/totp", headers=there.headers)).status_code == 403
    assert (await api.post(f"{V1}/me/factors/totp", headers=here.headers)).status_code == 201


@pytest.mark.parametrize("body", [{}, {"password": PASSWORD, "code": "123456"}, {"password": "wrong"}])
async def test_a_wrong_proof_confirms_nothing(
    api: httpx.AsyncClient, people: People, owner: Owner, body: dict[str, str]
) -> None:
    who = await person(api, people)
    forget(owner, who)
    answer = await api.post(REAUTHENTICATION, headers=who.headers, json=body)
    assert answer.status_code == 422
    assert (await api.post(f"{V1}/me/factors/totp", headers=who.headers)).status_code == 403


async def test_a_stolen_session_cannot_guess_the_password(api: httpx.AsyncClient, people: People) -> None:
    """The guesses count with those of the sign-in, whichever door they use."""
    who = await person(api, people)
    change = {"currentPassword": "wrong", "newPassword": "another password"}
    tries = []
    for number in range(ATTEMPTS_PER_ACCOUNT):
        path, body = ((REAUTHENTICATION, {"password": "wrong"}), (f"{V1}/me/password", change))[number % 2]
        tries.append((await api.post(path, headers=who.headers, json=body)).status_code)
    assert tries == [422] * ATTEMPTS_PER_ACCOUNT
    refused = await api.post(REAUTHENTICATION, headers=who.headers, json={"password": PASSWORD})
    assert refused.status_code == 429
    assert (await login(api, who.email)).status_code == 429


async def test_others_can_ask_for_a_confirmation(context: Context, people: People, owner: Owner) -> None:
    fresh, stale = people.session(people.patient()), people.session(people.patient(), confirmed=False)
    await confirmed_recently(context.db, fresh)
    await context.db.transaction(fresh, lambda transaction: confirmed_recently(transaction, fresh))
    with pytest.raises(ConfirmationNeeded):
        await confirmed_recently(context.db, stale)
    with pytest.raises(ConfirmationNeeded):
        await context.db.transaction(stale, lambda transaction: confirmed_recently(transaction, stale))
    # Another's confirmation is not to be seen, let alone used.
    with pytest.raises(ConfirmationNeeded):
        await confirmed_recently(context.db, replace(stale, session_id="", user_id=stale.user_id))
    with pytest.raises(ConfirmationNeeded):
        await context.db.transaction(
            stale,
            lambda transaction: confirmed_recently(transaction, replace(stale, session_id=fresh.session_id)),
        )


async def test_a_new_password_ends_all_other_sessions_and_begun_sign_ins(
    api: httpx.AsyncClient, people: People
) -> None:
    here = await person(api, people)
    there = signed_in(await login(api, here.email))
    secret, _ = await with_app(api, here)
    begun = (await challenged(api, here.email))["challenge"]
    body = {"currentPassword": PASSWORD, "newPassword": "another password"}
    assert (await api.post(f"{V1}/me/password", headers=here.headers, json=body)).status_code == 204
    assert (await api.get(f"{V1}/me", headers=here.headers)).status_code == 200
    assert (await api.get(f"{V1}/me", headers=there.headers)).status_code == 401
    over = await finish(api, begun, code=code(secret, 1))
    assert over.json()["title"] == "challenge-over"
    assert (await login(api, here.email)).json()["title"] == "sign-in-failed"
    assert (await login(api, here.email, "another password")).json()["title"] == "second-factor-needed"


async def test_of_two_password_changes_at_once_one_wins(api: httpx.AsyncClient, people: People) -> None:
    here = await person(api, people)
    news = [f"another password {number}" for number in range(3)]
    answers = await asyncio.gather(
        *(
            api.post(
                f"{V1}/me/password",
                headers=here.headers,
                json={"currentPassword": PASSWORD, "newPassword": new},
            )
            for new in news
        )
    )
    assert sorted(answer.status_code for answer in answers) == [204, 422, 422]
    won = next(new for new, answer in zip(news, answers, strict=True) if answer.status_code == 204)
    assert (await login(api, here.email, won)).status_code == 200


@pytest.mark.parametrize(
    ("current", "new", "field"),
    [("wrong", "another password", "currentPassword"), (PASSWORD, "short", "newPassword")],
)
async def test_a_password_change_names_what_is_wrong(
    api: httpx.AsyncClient, people: People, current: str, new: str, field: str
) -> None:
    who = await person(api, people)
    body = {"currentPassword": current, "newPassword": new}
    answer = await api.post(f"{V1}/me/password", headers=who.headers, json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert (await login(api, who.email)).status_code == 200


@pytest.fixture
async def strict(context: Context) -> AsyncIterator[httpx.AsyncClient]:
    """A service that asks doctors and admins for a second factor."""
    settings = replace(context.settings, require_second_factor=("DOCTOR", "ADMIN"))
    app = create_app(replace(context, settings=settings))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield client


OPEN = {
    "/api/v1/me",
    "/api/v1/auth/logout",
    "/api/v1/auth/reauthentication",
    "/api/v1/me/factors",
    "/api/v1/me/factors/totp",
    "/api/v1/me/factors/totp/confirmation",
    "/api/v1/me/factors/passkeys",
    "/api/v1/me/factors/passkeys/options",
}
"""What must work before a required factor is there."""


async def test_without_a_required_factor_nothing_else_opens(
    strict: httpx.AsyncClient, people: People
) -> None:
    """Every route of the document that takes a token, except the few that lead to a factor."""
    who = await person(strict, people, "doctor")
    document = (await strict.get(f"{V1}/openapi.json")).json()
    asked = 0
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            closed = path not in OPEN or (method, path) == ("delete", "/api/v1/me/factors/totp")
            if not operation.get("security") or not closed or path.endswith("/content"):
                continue
            address = path.replace("{", "").replace("}", "")
            answer = await strict.request(method, address, headers=who.headers)
            assert answer.status_code == 403, (method, path, answer.text)
            assert answer.json()["title"] == "second-factor-required"
            asked += 1
    assert asked > 15
    assert (await strict.get(f"{V1}/me", headers=who.headers)).status_code == 200
    assert (await strict.get(f"{V1}/me/factors", headers=who.headers)).status_code == 200
    assert (await strict.post(f"{V1}/auth/logout", headers=who.headers)).status_code == 204


@pytest.mark.parametrize("factor", [with_app, with_passkey])
async def test_the_required_factor_opens_everything(
    strict: httpx.AsyncClient, people: People, factor: Any
) -> None:
    who = await person(strict, people, "doctor")
    assert (await strict.get(f"{V1}/diagnoses", headers=who.headers)).status_code == 403
    await factor(strict, who)
    opened = await refreshed(strict, who)
    assert (await strict.get(f"{V1}/diagnoses", headers=opened.headers)).status_code == 200


async def test_other_roles_are_not_asked(strict: httpx.AsyncClient, people: People) -> None:
    who = await person(strict, people, "patient")
    assert (await strict.get(f"{V1}/diagnoses", headers=who.headers)).status_code == 200


async def test_a_removed_factor_closes_everything_again(strict: httpx.AsyncClient, people: People) -> None:
    who = await person(strict, people, "admin")
    await with_app(strict, who)
    who = await refreshed(strict, who)
    assert (await strict.delete(f"{V1}/me/factors/totp", headers=who.headers)).status_code == 204
    who = await refreshed(strict, who)
    assert (await strict.get(f"{V1}/me/sessions", headers=who.headers)).status_code == 403


def test_the_setting_names_roles() -> None:
    found = from_environment({"DENTALIZATION_REQUIRE_SECOND_FACTOR": "DOCTOR, ADMIN"})
    assert found.require_second_factor == ("DOCTOR", "ADMIN")
    assert from_environment({}).require_second_factor == ()
    with pytest.raises(InvalidInput, match="NURSE"):
        from_environment({"DENTALIZATION_REQUIRE_SECOND_FACTOR": "DOCTOR,NURSE"})


async def test_the_operator_resets_the_factors_of_who_lost_them(
    api: httpx.AsyncClient, people: People, urls: Urls
) -> None:
    who, other = await person(api, people, "admin"), await person(api, people)
    await with_app(api, who)
    await with_passkey(api, who)
    await with_app(api, other)
    assert reset_factors(urls.owner, email=f" {who.email.upper()} ") == who.email
    assert (await api.get(f"{V1}/me", headers=who.headers)).status_code == 401
    assert (await login(api, who.email)).status_code == 200
    await challenged(api, other.email)
    with pytest.raises(NotFound):
        reset_factors(urls.owner, email=f"{new_id()}@example.com")


async def test_an_old_hash_is_replaced_also_where_a_factor_follows(
    api: httpx.AsyncClient, people: People, owner: Owner
) -> None:
    import bcrypt

    who = await person(api, people)
    await with_app(api, who)
    old = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    owner.execute("UPDATE users SET password = %s WHERE id = %s", (old, who.user_id))
    await challenged(api, who.email)
    kept = owner.execute("SELECT password FROM users WHERE id = %s", (who.user_id,)).fetchone()
    assert kept is not None
    assert await passwords.matches(PASSWORD, str(kept[0]))
    assert str(kept[0]).startswith("$argon2id$")
