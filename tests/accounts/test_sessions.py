from __future__ import annotations

import asyncio
from collections.abc import Callable

import bcrypt
import httpx
import psycopg
import pytest
from tests.people import People

from dentalization.accounts import passwords, service
from dentalization.accounts.errors import SignInFailed, TokenRefused
from dentalization.accounts.tokens import digest
from dentalization.context import Context
from dentalization.db.errors import PolicyRefused
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.db.limits import TooManyAttempts

V1 = "/api/v1"
PASSWORD = "correct horse battery"
Headers = Callable[[Actor], dict[str, str]]


async def register(api: httpx.AsyncClient, **changes: str) -> str:
    email = f"{new_id()}@example.com"
    body = {"email": email, "password": PASSWORD, "role": "PATIENT", "firstName": "Siti", "lastName": "Rahma"}
    answer = await api.post(f"{V1}/auth/register", json={**body, **changes})
    assert answer.status_code == 201, answer.text
    return email


async def login(api: httpx.AsyncClient, email: str, password: str = PASSWORD) -> httpx.Response:
    return await api.post(f"{V1}/auth/login", json={"email": email, "password": password})


async def test_register_sign_in_and_out(api: httpx.AsyncClient) -> None:
    email = await register(api)
    answer = await login(api, email.upper())
    tokens = answer.json()
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert tokens["expiresIn"] == 900
    assert tokens["user"]["email"] == email
    headers = {"Authorization": f"Bearer {tokens['accessToken']}"}
    me = (await api.get(f"{V1}/me", headers=headers)).json()
    assert (me["role"], me["doctorProfile"]) == ("PATIENT", None)
    assert me["patientProfile"]["firstName"] == "Siti"
    assert "password" not in me
    assert (await api.post(f"{V1}/auth/logout", headers=headers)).status_code == 204
    assert (await api.get(f"{V1}/me", headers=headers)).status_code == 401  # at once, not in 15 minutes
    refreshed = await api.post(f"{V1}/auth/refresh", json={"refreshToken": tokens["refreshToken"]})
    assert refreshed.status_code == 401


async def test_admin_cannot_be_registered(api: httpx.AsyncClient) -> None:
    body = {
        "email": "a@example.com",
        "password": PASSWORD,
        "role": "ADMIN",
        "firstName": "A",
        "lastName": "B",
    }
    answer = await api.post(f"{V1}/auth/register", json=body)
    assert answer.status_code == 422
    assert [item["field"] for item in answer.json()["errors"]] == ["role"]


async def test_the_database_itself_makes_no_admin(context: Context) -> None:
    from dentalization.accounts.queries import ADD_USER
    from dentalization.accounts.tables import Role

    actor = Actor(new_id(), "ADMIN")
    with pytest.raises(PolicyRefused):
        await context.db.transaction(
            actor,
            lambda t: t.run(
                ADD_USER,
                id=actor.user_id,
                email=f"{actor.user_id}@example.com",
                password="x",
                role=Role.ADMIN,
            ),
        )


async def test_registering_a_known_address_looks_like_registering_a_new_one(
    api: httpx.AsyncClient, owner: psycopg.Connection[tuple[object, ...]]
) -> None:
    email = await register(api)
    body = {"email": email, "password": "another password", "firstName": "Eve", "lastName": "Il"}
    again = await api.post(f"{V1}/auth/register", json=body)
    assert again.status_code == 201
    assert again.json() == {"email": email, "role": "PATIENT"}
    count = owner.execute("SELECT count(*) FROM users WHERE email = %s", (email,)).fetchone()
    assert count == (1,)
    assert (await login(api, email, "another password")).status_code == 401
    assert (await login(api, email)).status_code == 200


async def test_sign_in_answers_alike_with_and_without_an_account(api: httpx.AsyncClient) -> None:
    email = await register(api)
    known, unknown = await login(api, email, "wrong"), await login(api, f"{new_id()}@example.com", "wrong")
    assert known.status_code == unknown.status_code == 401
    assert known.json() == unknown.json()


@pytest.mark.parametrize("stored", [None, "argon2", "bcrypt"])
async def test_every_sign_in_does_the_same_work(stored: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted, not timed: one argon2 and one bcrypt verification, whatever there is."""
    work: list[str] = []
    argon2, old = passwords._argon2, passwords._bcrypt
    monkeypatch.setattr(passwords, "_argon2", lambda *a: (work.append("argon2"), argon2(*a))[1])
    monkeypatch.setattr(passwords, "_bcrypt", lambda *a: (work.append("bcrypt"), old(*a))[1])
    kinds = {
        None: None,
        "argon2": await passwords.hashed(PASSWORD),
        "bcrypt": bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode(),
    }
    for password in (PASSWORD, "wrong"):
        work.clear()
        assert await passwords.matches(password, kinds[stored]) == (
            stored is not None and password == PASSWORD
        )
        assert sorted(work) == ["argon2", "bcrypt"]


async def test_bcrypt_hashes_are_taken_and_replaced(
    api: httpx.AsyncClient, people: People, owner: psycopg.Connection[tuple[object, ...]]
) -> None:
    email = f"{new_id()}@example.com"
    people.patient(email=email, password=bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(10)).decode())
    assert (await login(api, email, "wrong")).status_code == 401
    assert (await login(api, email)).status_code == 200
    stored = owner.execute("SELECT password FROM users WHERE email = %s", (email,)).fetchone()
    assert stored is not None
    assert str(stored[0]).startswith("$argon2id$")
    assert (await login(api, email)).status_code == 200


async def test_refresh_tokens_rotate_and_are_stored_as_digests(
    api: httpx.AsyncClient, owner: psycopg.Connection[tuple[object, ...]]
) -> None:
    first = (await login(api, await register(api))).json()
    second = (await api.post(f"{V1}/auth/refresh", json={"refreshToken": first["refreshToken"]})).json()
    assert second["refreshToken"] != first["refreshToken"]
    kept = owner.execute(
        "SELECT count(*) FROM sessions WHERE refresh_token = %s", (digest(second["refreshToken"]),)
    ).fetchone()
    assert kept == (1,)
    headers = {"Authorization": f"Bearer {second['accessToken']}"}
    assert (await api.get(f"{V1}/me", headers=headers)).status_code == 200
    reused = await api.post(f"{V1}/auth/refresh", json={"refreshToken": first["refreshToken"]})
    assert reused.status_code == 401
    # Somebody else has a copy: the whole family ends, the good token and its access tokens included.
    newest = await api.post(f"{V1}/auth/refresh", json={"refreshToken": second["refreshToken"]})
    assert newest.status_code == 401
    assert (await api.get(f"{V1}/me", headers=headers)).status_code == 401


async def test_of_two_refreshes_at_the_same_instant_at_most_one_succeeds(
    api: httpx.AsyncClient, context: Context
) -> None:
    for _ in range(5):
        tokens = (await login(api, await register(api))).json()

        async def attempt(token: str = tokens["refreshToken"]) -> bool:
            try:
                await service.refresh(context.db, context.signer, refresh_token=token, address="")
            except TokenRefused:
                return False
            return True

        assert sum(await asyncio.gather(*(attempt() for _ in range(8)))) == 1


async def test_a_refresh_token_is_no_access_token(api: httpx.AsyncClient) -> None:
    tokens = (await login(api, await register(api))).json()
    for wrong in (tokens["refreshToken"], tokens["accessToken"][:-2], tokens["accessToken"] + "x", "", "a.b"):
        answer = await api.get(f"{V1}/me", headers={"Authorization": f"Bearer {wrong}"})
        assert answer.status_code == 401
    with_access = await api.post(f"{V1}/auth/refresh", json={"refreshToken": tokens["accessToken"][:200]})
    assert with_access.status_code == 401


async def test_sessions_are_listed_and_revoked_only_by_their_owner(
    api: httpx.AsyncClient, people: People, signed_in: Headers
) -> None:
    email = await register(api)
    here, there = (await login(api, email)).json(), (await login(api, email)).json()
    headers = {"Authorization": f"Bearer {here['accessToken']}"}
    sessions = (await api.get(f"{V1}/me/sessions", headers=headers)).json()
    assert len(sessions) == 2
    assert all("refreshToken" not in session for session in sessions)
    stranger = signed_in(people.patient())
    for session in sessions:
        assert (await api.delete(f"{V1}/me/sessions/{session['id']}", headers=stranger)).status_code == 404
    for session in sessions:
        await api.delete(f"{V1}/me/sessions/{session['id']}", headers=headers)
    other = {"Authorization": f"Bearer {there['accessToken']}"}
    assert (await api.get(f"{V1}/me", headers=other)).status_code == 401


async def test_sign_in_is_limited_per_account_and_per_address(
    api: httpx.AsyncClient, context: Context
) -> None:
    email = await register(api)

    async def attempt(address: str, account: str = email) -> Exception | None:
        try:
            await service.sign_in(
                context.db, context.signer, email=account, password="wrong", device=None, address=address
            )
        except (SignInFailed, TooManyAttempts) as error:
            return error
        return None

    outcomes = [await attempt(f"192.0.2.{n}") for n in range(service.ATTEMPTS_PER_ACCOUNT + 1)]
    assert all(isinstance(outcome, SignInFailed) for outcome in outcomes[:-1])
    assert isinstance(outcomes[-1], TooManyAttempts)
    # The right password does not help either, and the answer says when to come back.
    refused = await login(api, email)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0


async def test_good_sign_ins_do_not_use_up_the_limit(api: httpx.AsyncClient) -> None:
    email = await register(api)
    for _ in range(service.ATTEMPTS_PER_ACCOUNT + 2):
        assert (await login(api, email)).status_code == 200


@pytest.mark.parametrize("password", ["short", "x" * 129])
async def test_weak_passwords_are_refused(api: httpx.AsyncClient, password: str) -> None:
    body = {"email": f"{new_id()}@example.com", "password": password, "firstName": "A", "lastName": "B"}
    answer = await api.post(f"{V1}/auth/register", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "password"


async def test_the_worker_clears_away_sessions_that_are_over_and_no_others(
    context: Context, people: People, owner: psycopg.Connection[tuple[object, ...]]
) -> None:
    over, alive = people.session(people.patient()), people.session(people.patient())
    owner.execute("UPDATE sessions SET expires_at = now() WHERE id = %s", (over.session_id,))
    await service.forget_old_sessions(context.db)
    left = owner.execute(
        "SELECT id FROM sessions WHERE id = ANY(%s)", ([over.session_id, alive.session_id],)
    ).fetchall()
    assert left == [(alive.session_id,)]
