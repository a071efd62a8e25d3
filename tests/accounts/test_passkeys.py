"""Passkeys: made once, answered once, bound to this site, and never from a copy."""

from __future__ import annotations

import asyncio
import copy
from dataclasses import replace
from typing import Any

import httpx
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.accounts.authenticator import Authenticator, decoded, encoded
from tests.accounts.factors import (
    V1,
    Person,
    challenged,
    finish,
    login,
    person,
    with_app,
    with_passkey,
)
from tests.people import People

from dentalization.accounts import passkeys, proofs
from dentalization.accounts.errors import PasskeyRefused, PasskeysUnavailable
from dentalization.accounts.passkeys import Site
from dentalization.api.app import create_app
from dentalization.context import Context

SITE = Site("testserver", "http://testserver")


async def options(api: httpx.AsyncClient, challenge: str) -> dict[str, Any]:
    answer = await api.post(f"{V1}/auth/login/factor/options", json={"challenge": challenge})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def attempt(api: httpx.AsyncClient, who: Person, key: Authenticator) -> httpx.Response:
    challenge = (await challenged(api, who.email))["challenge"]
    return await finish(api, challenge, credential=key.get(await options(api, challenge)))


async def test_sign_in_with_a_passkey(api: httpx.AsyncClient, people: People) -> None:
    who = await person(api, people)
    key = await with_passkey(api, who)
    problem = await challenged(api, who.email)
    assert problem["factors"] == ["credential", "recoveryCode"]
    asked = await options(api, problem["challenge"])
    assert [one["id"] for one in asked["allowCredentials"]] == [encoded(key.id)]
    credential = key.get(asked)
    assert (await finish(api, problem["challenge"], credential=credential)).status_code == 200
    again = await finish(api, problem["challenge"], credential=credential)
    assert (again.status_code, again.json()["title"]) == (401, "challenge-over")
    listed = (await api.get(f"{V1}/me/factors", headers=who.headers)).json()["passkeys"]
    assert [(one["name"], one["lastUsedAt"] is None) for one in listed] == [("Telephone", False)]
    assert sorted(listed[0]) == ["createdAt", "id", "lastUsedAt", "name"]


async def test_the_first_factor_brings_recovery_codes_and_further_ones_none(
    api: httpx.AsyncClient, people: People
) -> None:
    who = await person(api, people)
    given: list[int] = []
    for _ in range(2):
        asked = (await api.post(f"{V1}/me/factors/passkeys/options", headers=who.headers)).json()
        body = {"credential": Authenticator().create(asked)}
        made = await api.post(f"{V1}/me/factors/passkeys", headers=who.headers, json=body)
        given.append(len(made.json()["recoveryCodes"]))
    assert given == [10, 0]
    assert len(asked["excludeCredentials"]) == 1


@pytest.mark.parametrize(
    ("kept", "signed", "good"), [(5, 6, True), (5, 5, False), (5, 2, False), (0, 0, True)]
)
async def test_an_authenticator_that_counts_backwards_is_a_copy(
    api: httpx.AsyncClient, people: People, kept: int, signed: int, good: bool
) -> None:
    who = await person(api, people)
    key = await with_passkey(api, who, count=kept)
    key.count = signed - 1 if signed else -1
    assert (await attempt(api, who, key)).status_code == (200 if good else 401)


async def test_an_answer_from_another_site_is_refused(api: httpx.AsyncClient, people: People) -> None:
    who = await person(api, people)
    key = await with_passkey(api, who)
    key.origin = "https://dentalization.example.com"
    assert (await attempt(api, who, key)).status_code == 401
    key.origin = "http://testserver"
    challenge = (await challenged(api, who.email))["challenge"]
    asked = await options(api, challenge)
    for changes in ({"rpId": "example.com"}, {"challenge": encoded(b"x" * 32)}):
        assert (await finish(api, challenge, credential=key.get({**asked, **changes}))).status_code == 401
    assert (await finish(api, challenge, credential=key.get(asked))).status_code == 200


async def test_a_key_of_somebody_else_or_a_foreign_signature_is_refused(
    api: httpx.AsyncClient, people: People
) -> None:
    who, other = await person(api, people), await person(api, people)
    key, foreign = await with_passkey(api, who), await with_passkey(api, other)
    assert (await attempt(api, who, foreign)).status_code == 401
    foreign.id = key.id  # says that it is the right one
    foreign.count = 100
    assert (await attempt(api, who, foreign)).status_code == 401
    assert (await attempt(api, who, key)).status_code == 200


async def test_enrolment_challenges_are_single_use_and_short_lived_and_ones_own(
    api: httpx.AsyncClient, people: People, owner: psycopg.Connection[tuple[Any, ...]]
) -> None:
    who, other = await person(api, people), await person(api, people)

    async def ask() -> dict[str, Any]:
        return dict((await api.post(f"{V1}/me/factors/passkeys/options", headers=who.headers)).json())

    async def add(credential: dict[str, Any], adding: Person = who) -> httpx.Response:
        body = {"credential": credential}
        return await api.post(f"{V1}/me/factors/passkeys", headers=adding.headers, json=body)

    asked = await ask()
    refused = await add(Authenticator().create(asked), other)
    assert (refused.status_code, refused.json()["title"]) == (422, "passkey-refused")
    answers = await asyncio.gather(*(add(Authenticator().create(asked)) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, *[422] * 4]
    late = await ask()
    owner.execute("UPDATE factor_challenges SET expires_at = now() WHERE user_id = %s", (who.user_id,))
    assert (await add(Authenticator().create(late))).status_code == 422
    assert (await add(Authenticator(origin="http://elsewhere").create(await ask()))).status_code == 422
    twice = Authenticator()
    assert (await add(twice.create(await ask()))).status_code == 201
    assert (await add(twice.create(await ask()))).status_code == 409


async def test_of_two_with_the_same_count_at_once_one_signs_in(
    api: httpx.AsyncClient, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy of the key that signs at the same instant as the original."""
    monkeypatch.setattr(proofs, "ATTEMPTS_PER_ACCOUNT", 100)
    who = await person(api, people)
    key = await with_passkey(api, who, count=3)
    waiting = [(await challenged(api, who.email))["challenge"] for _ in range(5)]
    shown = [replace(key, count=8).get(await options(api, one)) for one in waiting]
    answers = await asyncio.gather(
        *(finish(api, one, credential=credential) for one, credential in zip(waiting, shown, strict=True))
    )
    assert sorted(answer.status_code for answer in answers) == [200, *[401] * 4]


async def test_removal(api: httpx.AsyncClient, people: People) -> None:
    who, other = await person(api, people), await person(api, people)
    await with_passkey(api, who)
    [key] = (await api.get(f"{V1}/me/factors", headers=who.headers)).json()["passkeys"]
    path = f"{V1}/me/factors/passkeys/{key['id']}"
    assert (await api.delete(path, headers=other.headers)).status_code == 404
    await with_app(api, who)
    assert (await api.delete(path, headers=who.headers)).status_code == 204
    assert (await challenged(api, who.email))["factors"] == ["code", "recoveryCode"]
    assert (await api.get(f"{V1}/me/factors", headers=who.headers)).json()["recoveryCodesLeft"] == 10
    assert (await api.delete(f"{V1}/me/factors/totp", headers=who.headers)).status_code == 204
    assert (await login(api, who.email)).status_code == 200


@pytest.mark.parametrize(
    ("address", "site"),
    [
        ("https://teeth.example.com", Site("teeth.example.com", "https://teeth.example.com")),
        ("https://teeth.example.com:443/x/", Site("teeth.example.com", "https://teeth.example.com")),
        ("http://localhost:8000", Site("localhost", "http://localhost:8000")),
    ],
)
def test_the_site_is_that_of_the_public_address(address: str, site: Site) -> None:
    assert passkeys.site_of(address) == site


@pytest.mark.parametrize("address", ["http://127.0.0.1:8000", "http://[::1]:8000", "nonsense"])
def test_there_are_no_passkeys_for_a_number(address: str) -> None:
    with pytest.raises(PasskeysUnavailable):
        passkeys.site_of(address)


async def test_a_service_with_a_number_says_so(
    context: Context, people: People, api: httpx.AsyncClient
) -> None:
    who = await person(api, people)
    settings = replace(context.settings, public_url="http://127.0.0.1:8000")
    app = create_app(replace(context, settings=settings))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://testserver"
    ) as there:
        answer = await there.post(f"{V1}/me/factors/passkeys/options", headers=who.headers)
    assert (answer.status_code, answer.json()["title"]) == (409, "passkeys-unavailable")


def flipped(text: str, data: st.DataObject) -> str:
    """One byte changed; drawn without a look at the length, which differs between signatures."""
    bytes_ = bytearray(decoded(text))
    bytes_[data.draw(st.integers(0, 999)) % len(bytes_)] ^= data.draw(st.integers(1, 255))
    return encoded(bytes(bytes_))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.data())
def test_a_damaged_answer_is_refused_and_never_an_error_of_ours(data: st.DataObject) -> None:
    key, challenge = Authenticator(), passkeys.new_challenge()
    made = passkeys.enrolled(
        SITE, key.create({"rp": {"id": SITE.id}, "challenge": challenge}), challenge=challenge
    )
    good = key.get({"rpId": SITE.id, "challenge": challenge})
    kept = {"challenge": challenge, "public_key": made.public_key, "last_count": made.sign_count}
    assert passkeys.sign_count(SITE, good, **kept) == 1
    damaged = copy.deepcopy(good)
    place = data.draw(st.sampled_from([*good["response"], "id", "rawId", "type", "response"]))
    if place in good["response"] and data.draw(st.booleans()):
        damaged["response"][place] = flipped(good["response"][place], data)
    else:
        target = damaged["response"] if place in good["response"] else damaged
        value = data.draw(_JSON)
        if value == target[place]:
            return
        target[place] = value
    with pytest.raises(PasskeyRefused):
        passkeys.sign_count(SITE, damaged, **kept)


@given(st.dictionaries(st.sampled_from(["id", "rawId", "type", "response"]), _JSON))
def test_nonsense_is_refused_and_never_an_error_of_ours(credential: dict[str, Any]) -> None:
    for reads in (passkeys.enrolled_challenge, passkeys.credential_id):
        with pytest.raises(PasskeyRefused):
            reads(credential)


@given(st.data())
def test_a_damaged_new_passkey_is_refused_or_another_but_never_an_error_of_ours(data: st.DataObject) -> None:
    challenge = passkeys.new_challenge()
    made = Authenticator().create({"rp": {"id": SITE.id}, "challenge": challenge})
    place = data.draw(st.sampled_from(sorted(made["response"])))
    made["response"][place] = flipped(made["response"][place], data)
    try:
        passkeys.enrolled(SITE, made, challenge=challenge)
    except PasskeyRefused:
        return
    assert place == "attestationObject"  # a key, an id or a count that are as good as others
