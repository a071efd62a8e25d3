"""People with a second factor, through the API."""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass
from typing import Any

import httpx
from tests.accounts.authenticator import Authenticator
from tests.people import People

from dentalization.accounts import passwords, totp
from dentalization.db.ids import new_id

V1 = "/api/v1"
PASSWORD = "correct horse battery"


@dataclass
class Person:
    email: str
    headers: dict[str, str]
    refresh_token: str
    user_id: str


async def person(api: httpx.AsyncClient, people: People, kind: str = "patient") -> Person:
    """Somebody who has just signed in with a password."""
    email = f"{new_id()}@example.com"
    getattr(people, kind)(email=email, password=await passwords.hashed(PASSWORD))
    return signed_in(await login(api, email))


async def login(api: httpx.AsyncClient, email: str, password: str = PASSWORD) -> httpx.Response:
    return await api.post(f"{V1}/auth/login", json={"email": email, "password": password})


def signed_in(answer: httpx.Response) -> Person:
    assert answer.status_code == 200, answer.text
    tokens = answer.json()
    headers = {"Authorization": f"Bearer {tokens['accessToken']}"}
    return Person(tokens["user"]["email"], headers, tokens["refreshToken"], tokens["user"]["id"])


async def refreshed(api: httpx.AsyncClient, who: Person) -> Person:
    return signed_in(await api.post(f"{V1}/auth/refresh", json={"refreshToken": who.refresh_token}))


async def challenged(api: httpx.AsyncClient, email: str) -> dict[str, Any]:
    """The problem that asks for the second factor."""
    answer = await login(api, email)
    assert answer.status_code == 401, answer.text
    problem: dict[str, Any] = answer.json()
    assert problem["title"] == "second-factor-needed"
    return problem


async def finish(api: httpx.AsyncClient, challenge: str, **proof: Any) -> httpx.Response:
    return await api.post(f"{V1}/auth/login/factor", json={"challenge": challenge, **proof})


async def with_app(api: httpx.AsyncClient, who: Person) -> tuple[bytes, list[str]]:
    """The secret of a confirmed app, and the recovery codes."""
    made = await api.post(f"{V1}/me/factors/totp", headers=who.headers)
    assert made.status_code == 201, made.text
    secret = base64.b32decode(made.json()["secret"])
    done = await api.post(
        f"{V1}/me/factors/totp/confirmation", headers=who.headers, json={"code": code(secret, -1)}
    )
    assert done.status_code == 200, done.text
    return secret, done.json()["recoveryCodes"]


async def with_passkey(api: httpx.AsyncClient, who: Person, **changes: Any) -> Authenticator:
    key = Authenticator(**changes)
    options = await api.post(f"{V1}/me/factors/passkeys/options", headers=who.headers)
    assert options.status_code == 200, options.text
    body = {"name": "Telephone", "credential": key.create(options.json())}
    done = await api.post(f"{V1}/me/factors/passkeys", headers=who.headers, json=body)
    assert done.status_code == 201, done.text
    return key


def code(secret: bytes, away: int = 0) -> str:
    """The app's code, ``away`` steps from now. Each later one is good after an earlier one was spent."""
    return totp.code_at(secret, totp.step_at(time.time()) + away)
