"""Sign-in with a second factor: nothing before it is shown, each code and each challenge once."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import psycopg
import pytest
from tests.accounts import factors
from tests.accounts.factors import V1, challenged, code, finish, login, person, signed_in, with_app
from tests.people import People

from dentalization.accounts import proofs, service
from dentalization.context import Context

Owner = psycopg.Connection[tuple[Any, ...]]


def count(owner: Owner, table: str, user_id: str) -> int:
    found = owner.execute(f"SELECT count(*) FROM {table} WHERE user_id = %s", (user_id,)).fetchone()
    assert found is not None
    return int(found[0])


async def test_a_sign_in_waits_for_the_code_and_no_session_exists_before(
    api: httpx.AsyncClient, people: People, owner: Owner
) -> None:
    who = await person(api, people)
    secret, codes = await with_app(api, who)
    assert len(set(codes)) == 10
    before = count(owner, "sessions", who.user_id)
    answer = await login(api, who.email)
    problem = answer.json()
    assert answer.status_code == 401
    assert answer.headers["cache-control"] == "no-store"
    assert problem["title"] == "second-factor-needed"
    assert problem["factors"] == ["code", "recoveryCode"]
    assert count(owner, "sessions", who.user_id) == before
    # The challenge is no token of any kind.
    headers = {"Authorization": f"Bearer {problem['challenge']}"}
    assert (await api.get(f"{V1}/me", headers=headers)).status_code == 401
    wrong = await finish(api, problem["challenge"], code="000000")
    assert (wrong.status_code, wrong.json()["title"]) == (401, "factor-refused")
    assert count(owner, "sessions", who.user_id) == before
    done = signed_in(await finish(api, problem["challenge"], code=code(secret)))
    assert count(owner, "sessions", who.user_id) == before + 1
    assert (await api.get(f"{V1}/me", headers=done.headers)).json()["email"] == who.email
    again = await finish(api, problem["challenge"], code=code(secret, 1))
    assert (again.status_code, again.json()["title"]) == (401, "challenge-over")


async def test_a_secret_that_no_code_has_confirmed_asks_nothing(
    api: httpx.AsyncClient, people: People
) -> None:
    who = await person(api, people)
    first = (await api.post(f"{V1}/me/factors/totp", headers=who.headers)).json()
    second = (await api.post(f"{V1}/me/factors/totp", headers=who.headers)).json()
    assert first["secret"] != second["secret"]
    wrong = await api.post(f"{V1}/me/factors/totp/confirmation", headers=who.headers, json={"code": "000000"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "code")
    assert (await login(api, who.email)).status_code == 200


async def test_a_code_signs_in_once_also_with_another_challenge(
    api: httpx.AsyncClient, people: People
) -> None:
    who = await person(api, people)
    secret, _ = await with_app(api, who)
    first, second = await challenged(api, who.email), await challenged(api, who.email)
    assert (await finish(api, first["challenge"], code=code(secret, 1))).status_code == 200
    for away in (1, 0, -1):  # the same step, and those before it
        assert (await finish(api, second["challenge"], code=code(secret, away))).status_code == 401


async def test_of_many_sign_ins_with_one_code_at_once_one_succeeds(
    api: httpx.AsyncClient, people: People, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proofs, "ATTEMPTS_PER_ACCOUNT", 100)
    who = await person(api, people)
    secret, codes = await with_app(api, who)
    before = count(owner, "sessions", who.user_id)
    waiting = [(await challenged(api, who.email))["challenge"] for _ in range(6)]
    right = code(secret)
    answers = await asyncio.gather(*(finish(api, one, code=right) for one in waiting))
    assert sorted(answer.status_code for answer in answers) == [200, *[401] * 5]
    left = [one for one, answer in zip(waiting, answers, strict=True) if answer.status_code == 401]
    answers = await asyncio.gather(*(finish(api, one, recoveryCode=codes[0]) for one in left))
    assert sorted(answer.status_code for answer in answers) == [200, *[401] * 4]
    assert count(owner, "sessions", who.user_id) == before + 2


async def test_of_many_answers_to_one_challenge_at_once_one_succeeds(
    api: httpx.AsyncClient, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proofs, "ATTEMPTS_PER_ACCOUNT", 100)
    who = await person(api, people)
    _, codes = await with_app(api, who)
    challenge = (await challenged(api, who.email))["challenge"]
    answers = await asyncio.gather(*(finish(api, challenge, recoveryCode=one) for one in codes[:5]))
    assert sorted(answer.status_code for answer in answers) == [200, *[401] * 4]
    listed = (await api.get(f"{V1}/me/factors", headers=who.headers)).json()
    assert listed["recoveryCodesLeft"] == 9  # the other codes were not spent for nothing


async def test_recovery_codes_work_once_however_they_are_typed(
    api: httpx.AsyncClient, people: People, owner: Owner
) -> None:
    who = await person(api, people)
    _, codes = await with_app(api, who)
    kept = owner.execute("SELECT code FROM recovery_codes WHERE user_id = %s", (who.user_id,)).fetchall()
    assert len(kept) == 10
    assert not {one.replace("-", "") for one in codes} & {row[0] for row in kept}
    typed = f" {codes[0].upper().replace('-', ' ')} "
    assert (
        await finish(api, (await challenged(api, who.email))["challenge"], recoveryCode=typed)
    ).status_code == 200
    challenge = (await challenged(api, who.email))["challenge"]
    assert (await finish(api, challenge, recoveryCode=codes[0])).status_code == 401
    renewed = await api.post(f"{V1}/me/factors/recovery-codes", headers=who.headers)
    assert (await finish(api, challenge, recoveryCode=codes[1])).status_code == 401
    assert (await finish(api, challenge, recoveryCode=renewed.json()["recoveryCodes"][1])).status_code == 200


async def test_a_recovery_code_of_somebody_else_is_none(api: httpx.AsyncClient, people: People) -> None:
    one, other = await person(api, people), await person(api, people)
    _, codes = await with_app(api, one)
    await with_app(api, other)
    challenge = (await challenged(api, other.email))["challenge"]
    assert (await finish(api, challenge, recoveryCode=codes[0])).status_code == 401


async def test_codes_are_limited_and_the_password_gives_no_further_guesses(
    api: httpx.AsyncClient, people: People
) -> None:
    who = await person(api, people)
    secret, _ = await with_app(api, who)
    for _ in range(proofs.ATTEMPTS_PER_ACCOUNT):
        challenge = (await challenged(api, who.email))["challenge"]
        assert (await finish(api, challenge, code="000000")).status_code == 401
    refused = await finish(api, challenge, code=code(secret))
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0


async def test_good_second_steps_use_up_no_limit(api: httpx.AsyncClient, people: People) -> None:
    who = await person(api, people)
    for _ in range(2):
        secret, codes = await with_app(api, who)
        for one in codes[: proofs.ATTEMPTS_PER_ACCOUNT + 1]:
            challenge = (await challenged(api, who.email))["challenge"]
            assert (await finish(api, challenge, recoveryCode=one)).status_code == 200
        assert (await api.delete(f"{V1}/me/factors/totp", headers=who.headers)).status_code == 204
    assert secret


async def test_begun_sign_ins_are_bounded(api: httpx.AsyncClient, people: People, owner: Owner) -> None:
    """Who has the password alone cannot fill the table."""
    who = await person(api, people)
    await with_app(api, who)
    answers = [(await login(api, who.email)).status_code for _ in range(service.ATTEMPTS_PER_ACCOUNT + 1)]
    assert answers == [*[401] * service.ATTEMPTS_PER_ACCOUNT, 429]
    assert count(owner, "factor_challenges", who.user_id) == service.ATTEMPTS_PER_ACCOUNT


async def test_a_challenge_is_over_after_its_time_and_is_cleared_away(
    api: httpx.AsyncClient, people: People, owner: Owner, context: Context
) -> None:
    who = await person(api, people)
    secret, _ = await with_app(api, who)
    challenge = (await challenged(api, who.email))["challenge"]
    owner.execute(
        "UPDATE factor_challenges SET expires_at = now() - interval '1 second' WHERE user_id = %s",
        (who.user_id,),
    )
    over = await finish(api, challenge, code=code(secret))
    assert (over.status_code, over.json()["title"]) == (401, "challenge-over")
    assert count(owner, "factor_challenges", who.user_id) == 1
    await service.forget_old_sessions(context.db)
    assert count(owner, "factor_challenges", who.user_id) == 0


@pytest.mark.parametrize("proof", [{}, {"code": "123456", "recoveryCode": "a"}, {"code": None}])
async def test_exactly_one_proof_is_sent(
    api: httpx.AsyncClient, people: People, proof: dict[str, Any]
) -> None:
    who = await person(api, people)
    await with_app(api, who)
    challenge = (await challenged(api, who.email))["challenge"]
    assert (await finish(api, challenge, **proof)).status_code == 422


async def test_the_list_and_the_table_keep_the_secret(
    api: httpx.AsyncClient, people: People, owner: Owner
) -> None:
    who = await person(api, people)
    nothing = (await api.get(f"{V1}/me/factors", headers=who.headers)).json()
    assert nothing == {"totpSince": None, "passkeys": [], "recoveryCodesLeft": 0}
    secret, _ = await with_app(api, who)
    listed = (await api.get(f"{V1}/me/factors", headers=who.headers)).json()
    assert sorted(listed) == ["passkeys", "recoveryCodesLeft", "totpSince"]
    kept = owner.execute("SELECT secret FROM totp_factors WHERE user_id = %s", (who.user_id,)).fetchone()
    assert kept is not None
    for form in (secret.hex(), factors.totp.written(secret)):
        assert form not in json.dumps(listed)
        assert form not in str(kept[0])


async def test_a_second_app_and_removal_of_nothing_are_refused(
    api: httpx.AsyncClient, people: People
) -> None:
    who = await person(api, people)
    assert (await api.delete(f"{V1}/me/factors/totp", headers=who.headers)).status_code == 404
    assert (await api.post(f"{V1}/me/factors/recovery-codes", headers=who.headers)).status_code == 404
    await with_app(api, who)
    second = await api.post(f"{V1}/me/factors/totp", headers=who.headers)
    assert (second.status_code, second.json()["title"]) == (409, "factor-exists")
    assert (await api.delete(f"{V1}/me/factors/totp", headers=who.headers)).status_code == 204
    assert (await login(api, who.email)).status_code == 200
    left = (await api.get(f"{V1}/me/factors", headers=who.headers)).json()["recoveryCodesLeft"]
    assert left == 0


async def test_a_secret_of_another_row_opens_nothing(
    api: httpx.AsyncClient, people: People, owner: Owner
) -> None:
    """Who can write into the table, but has not the server's key, gains nothing by copying rows."""
    one, other = await person(api, people), await person(api, people)
    secret, _ = await with_app(api, one)
    await with_app(api, other)
    owner.execute(
        "UPDATE totp_factors SET secret = (SELECT secret FROM totp_factors WHERE user_id = %s) "
        "WHERE user_id = %s",
        (one.user_id, other.user_id),
    )
    challenge = (await challenged(api, other.email))["challenge"]
    assert (await finish(api, challenge, code=code(secret, 1))).status_code == 401


@pytest.mark.parametrize("challenge", ["x", "a.b", "c0" + "a" * 23])
async def test_a_challenge_that_we_never_made_is_over(api: httpx.AsyncClient, challenge: str) -> None:
    answer = await finish(api, challenge, code="123456")
    assert (answer.status_code, answer.json()["title"]) == (401, "challenge-over")
