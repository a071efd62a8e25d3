from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import psycopg
import pytest
from tests.accounts import factors
from tests.letters import letters_to, post, token_for
from tests.people import People

from dentalization.accounts import mailing, password_reset, passwords
from dentalization.accounts.errors import LinkOver
from dentalization.accounts.letters import LIFETIME
from dentalization.accounts.mail_tables import MailPurpose
from dentalization.accounts.tokens import digest
from dentalization.context import Context
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.db.limits import TooManyAttempts

V1 = "/api/v1"
PASSWORD = "correct horse battery"
NEW = "another good password"
Owner = psycopg.Connection[tuple[Any, ...]]
Headers = Callable[[Actor], dict[str, str]]


@pytest.fixture(autouse=True)
def fresh_limits(owner: Owner) -> None:
    """All tests come from one address."""
    owner.execute("DELETE FROM rate_limits")


@pytest.fixture
async def email(people: People) -> str:
    address = f"{new_id()}@example.com"
    people.patient(email=address, password=await passwords.hashed(PASSWORD))
    return address


async def ask(api: httpx.AsyncClient, email: str, **headers: str) -> httpx.Response:
    return await api.post(f"{V1}/auth/password-reset", json={"email": email}, headers=headers)


async def confirm(api: httpx.AsyncClient, token: str, password: str = NEW) -> httpx.Response:
    body = {"token": token, "password": password}
    return await api.post(f"{V1}/auth/password-reset/confirmation", json=body)


async def login(api: httpx.AsyncClient, email: str, password: str) -> httpx.Response:
    return await api.post(f"{V1}/auth/login", json={"email": email, "password": password})


async def test_a_forgotten_password_is_replaced(
    api: httpx.AsyncClient, context: Context, owner: Owner, email: str
) -> None:
    before = (await login(api, email, PASSWORD)).json()
    assert (await ask(api, email.upper())).status_code == 202
    token = await token_for(context, owner, email)
    assert (await confirm(api, token)).status_code == 204
    assert (await login(api, email, PASSWORD)).status_code == 401
    assert (await login(api, email, NEW)).status_code == 200
    stored = owner.execute("SELECT password FROM users WHERE email = %s", (email,)).fetchone()
    assert stored is not None
    assert str(stored[0]).startswith("$argon2id$")
    # Whoever was signed in is not any more, with either token.
    headers = {"Authorization": f"Bearer {before['accessToken']}"}
    assert (await api.get(f"{V1}/me", headers=headers)).status_code == 401
    again = await api.post(f"{V1}/auth/refresh", json={"refreshToken": before["refreshToken"]})
    assert again.status_code == 401
    await post(context, owner)
    assert letters_to(context, email)[-1]["Subject"] == "Your password was changed"


async def test_asking_looks_the_same_with_and_without_an_account(
    api: httpx.AsyncClient, context: Context, owner: Owner, email: str
) -> None:
    nobody = f"{new_id()}@example.com"
    await post(context, owner)
    known, unknown = await ask(api, email), await ask(api, nobody)
    assert known.status_code == unknown.status_code == 202
    assert known.json() == {"email": email, "expiresIn": 1800}
    assert unknown.json() == {"email": nobody, "expiresIn": 1800}
    assert await post(context, owner) == 2, "the same job follows either way"
    assert len(letters_to(context, email)) == 1
    assert letters_to(context, nobody) == []


async def test_neither_token_nor_address_is_in_the_job(
    api: httpx.AsyncClient, context: Context, owner: Owner, email: str
) -> None:
    await post(context, owner)
    await ask(api, email)
    jobs = owner.execute("SELECT args::text FROM procrastinate_jobs WHERE task_name = %s", (mailing.TASK,))
    [(arguments,)] = jobs.fetchall()
    assert email not in arguments
    token = await token_for(context, owner, email)
    assert token not in arguments
    rows = owner.execute("SELECT digest, t::text FROM mail_tokens t WHERE email = %s", (email,)).fetchall()
    assert [row[0] for row in rows] == [digest(token)]
    assert token not in rows[0][1]


async def test_a_link_is_good_once(
    api: httpx.AsyncClient, context: Context, owner: Owner, email: str
) -> None:
    await ask(api, email)
    token = await token_for(context, owner, email)
    assert (await confirm(api, token)).status_code == 204
    again = await confirm(api, token, "a third password")
    assert again.status_code == 409
    assert again.json()["title"] == "link-over"
    assert (await login(api, email, NEW)).status_code == 200


async def test_using_one_link_voids_the_others(
    api: httpx.AsyncClient, context: Context, owner: Owner, email: str
) -> None:
    await ask(api, email)
    first = await token_for(context, owner, email)
    await ask(api, email)
    second = await token_for(context, owner, email)
    assert first != second
    assert (await confirm(api, second)).status_code == 204
    assert (await confirm(api, first)).status_code == 409


@pytest.mark.parametrize("links", [1, 4])
async def test_of_many_uses_at_once_one_succeeds(
    api: httpx.AsyncClient, context: Context, owner: Owner, email: str, links: int
) -> None:
    """The same link, and several of one account: whichever comes first, the others are too late."""
    made = []
    for _ in range(links):
        await ask(api, email)
        made.append(await token_for(context, owner, email))

    async def attempt(number: int) -> int:
        try:
            await password_reset.confirm(
                context.db,
                context.signer,
                token=made[number % links],
                password=f"password number {number}",
                language="en",
                address=f"192.0.2.{number}",
            )
        except LinkOver:
            return -1
        return number

    done = [number for number in await asyncio.gather(*(attempt(n) for n in range(8))) if number >= 0]
    assert len(done) == 1
    assert (await login(api, email, f"password number {done[0]}")).status_code == 200
    told = [letter for letter in await sent(context, owner, email) if letter == "Your password was changed"]
    assert len(told) == 1


async def sent(context: Context, owner: Owner, email: str) -> list[str]:
    await post(context, owner)
    return [letter["Subject"] for letter in letters_to(context, email)]


async def test_a_link_lives_for_thirty_minutes_from_its_letter(
    api: httpx.AsyncClient, context: Context, owner: Owner, email: str
) -> None:
    assert LIFETIME[MailPurpose.PASSWORD_RESET] == timedelta(minutes=30)
    await ask(api, email)
    token = await token_for(context, owner, email)
    left = owner.execute(
        "SELECT extract(epoch FROM expires_at - now()) FROM mail_tokens WHERE email = %s", (email,)
    ).fetchone()
    assert left is not None
    assert 1700 < left[0] <= 1800
    owner.execute("UPDATE mail_tokens SET expires_at = now() WHERE email = %s", (email,))
    assert (await confirm(api, token)).status_code == 409
    assert (await login(api, email, PASSWORD)).status_code == 200


async def test_a_letter_that_comes_too_late_is_not_sent(
    api: httpx.AsyncClient, context: Context, owner: Owner, email: str
) -> None:
    await ask(api, email)
    owner.execute(
        "UPDATE mail_tokens SET created_at = now() - interval '31 minutes' WHERE email = %s", (email,)
    )
    await post(context, owner)
    assert letters_to(context, email) == []


async def test_a_link_to_an_address_that_was_given_up_opens_nothing(
    api: httpx.AsyncClient, context: Context, owner: Owner, email: str
) -> None:
    await ask(api, email)
    token = await token_for(context, owner, email)
    owner.execute("UPDATE users SET email = %s WHERE email = %s", (f"{new_id()}@example.com", email))
    assert (await confirm(api, token)).status_code == 409


async def test_a_link_for_another_purpose_sets_no_password(
    api: httpx.AsyncClient, context: Context, owner: Owner, email: str
) -> None:
    tokens = (await login(api, email, PASSWORD)).json()
    headers = {"Authorization": f"Bearer {tokens['accessToken']}"}
    assert (await api.post(f"{V1}/me/email/verification", headers=headers)).status_code == 202
    token = await token_for(context, owner, email)
    assert (await confirm(api, token)).status_code == 409
    # Nor does the database itself take it, whatever the application asks it.
    from dentalization.accounts import mail_queries

    async def reset(transaction: Any) -> Any:
        return await transaction.one(
            mail_queries.RESET_PASSWORD, digest=digest(token), password_hash="stolen"
        )

    used = await context.db.transaction(Actor.nobody(), reset)
    assert used is not None
    assert used.id is None
    assert (await login(api, email, PASSWORD)).status_code == 200


@pytest.mark.parametrize("sent", [True, False])
async def test_a_change_of_address_does_not_outlive_the_password_it_was_asked_with(
    api: httpx.AsyncClient, context: Context, owner: Owner, email: str, sent: bool
) -> None:
    """The address was told of the change, its owner chooses a new password: the thief's link is void."""
    thief, thiefs = (await login(api, email, PASSWORD)).json(), f"{new_id()}@example.com"
    headers = {"Authorization": f"Bearer {thief['accessToken']}"}
    await ask(api, email)
    token = await token_for(context, owner, email)
    body = {"email": thiefs, "password": PASSWORD}
    assert (await api.post(f"{V1}/me/email", json=body, headers=headers)).status_code == 202
    change = await token_for(context, owner, thiefs) if sent else ""
    assert (await confirm(api, token)).status_code == 204
    if sent:
        used = await api.post(f"{V1}/auth/email-verification", json={"token": change})
        assert used.status_code == 409
    await post(context, owner)
    assert len(letters_to(context, thiefs)) == int(sent), "a letter that still waited is not sent"
    assert (await login(api, email, NEW)).status_code == 200


@pytest.mark.parametrize("password", ["short", "x" * 129, "the address"])
async def test_a_weak_password_does_not_use_the_link_up(
    api: httpx.AsyncClient, context: Context, owner: Owner, email: str, password: str
) -> None:
    await ask(api, email)
    token = await token_for(context, owner, email)
    refused = await confirm(api, token, email if password == "the address" else password)
    assert refused.status_code == 422
    assert [one["field"] for one in refused.json()["errors"]] == ["password"]
    assert (await confirm(api, token)).status_code == 204


@pytest.mark.parametrize("token", ["x", "A" * 43, "'; DROP TABLE users; --"])
async def test_a_token_of_nobodys_is_refused(api: httpx.AsyncClient, token: str) -> None:
    assert (await confirm(api, token)).status_code == 409


async def test_asking_is_limited_per_account_and_per_address(context: Context) -> None:
    async def asked(email: str, address: str) -> bool:
        try:
            await password_reset.ask(context.db, context.signer, email=email, language="en", address=address)
        except TooManyAttempts:
            return False
        return True

    for known in (True, False):
        email, place = f"{new_id()}@example.com", f"{new_id()} {known}"
        allowed = [await asked(email, f"{place} {n}") for n in range(password_reset.ASKED_PER_ACCOUNT + 1)]
        assert allowed == [True] * password_reset.ASKED_PER_ACCOUNT + [False]
    here = new_id()
    allowed = [
        await asked(f"{new_id()}@example.com", here) for _ in range(password_reset.ASKED_PER_ADDRESS + 1)
    ]
    assert allowed == [True] * password_reset.ASKED_PER_ADDRESS + [False]


async def test_guessing_links_is_limited(context: Context) -> None:
    here = new_id()

    async def guess() -> None:
        await password_reset.confirm(
            context.db, context.signer, token="x", password=NEW, language="en", address=here
        )

    for _ in range(password_reset.USED_PER_ADDRESS):
        with pytest.raises(LinkOver):
            await guess()
    with pytest.raises(TooManyAttempts):
        await guess()


async def test_letters_speak_the_askers_language(
    api: httpx.AsyncClient, context: Context, owner: Owner, email: str
) -> None:
    await ask(api, email, **{"Accept-Language": "id"})
    await post(context, owner)
    letter = letters_to(context, email)[-1]
    assert letter["Subject"] == "Pilih kata sandi baru"
    assert letter["Content-Language"] == "id"


async def test_the_functions_behind_are_the_apps_only_where_they_must_be(owner: Owner) -> None:
    rows = owner.execute(
        """SELECT proname, prosecdef, proconfig, has_function_privilege('dentalization_app', oid, 'EXECUTE'),
             has_function_privilege('public', oid, 'EXECUTE')
           FROM pg_proc WHERE proname IN ('app_ask_password_reset', 'app_open_mail_token',
             'app_use_mail_token', 'app_reset_password', 'app_confirm_email') ORDER BY proname"""
    ).fetchall()
    assert len(rows) == 5
    for name, definer, config, app, public in rows:
        assert definer
        assert config == ["search_path=pg_catalog, public, pg_temp"]
        assert app is (name != "app_use_mail_token")
        assert not public


async def test_a_sign_in_that_waits_for_its_second_factor_does_not_outlive_the_password(
    api: httpx.AsyncClient, context: Context, owner: Owner, people: People
) -> None:
    """Whoever knew the old password and then gets hold of a code must begin again."""
    who = await factors.person(api, people)
    secret, _ = await factors.with_app(api, who)
    begun = await factors.challenged(api, who.email)
    await ask(api, who.email)
    token = await token_for(context, owner, who.email)
    assert (await confirm(api, token)).status_code == 204
    late = await factors.finish(api, begun["challenge"], code=factors.code(secret, 1))
    assert (late.status_code, late.json()["title"]) == (401, "challenge-over")
    # The reset is no way round the factor either.
    assert (await login(api, who.email, NEW)).json()["title"] == "second-factor-needed"
