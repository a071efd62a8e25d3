from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import psycopg
import pytest
from tests.letters import letters_to, post, token_for, token_in
from tests.people import People

from dentalization.accounts import email_addresses, mailing, passwords, service
from dentalization.accounts.errors import LinkOver
from dentalization.context import Context
from dentalization.db.errors import PolicyRefused
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.db.limits import TooManyAttempts

V1 = "/api/v1"
PASSWORD = "correct horse battery"
Owner = psycopg.Connection[tuple[Any, ...]]
Headers = Callable[[Actor], dict[str, str]]


@pytest.fixture(autouse=True)
def fresh_limits(owner: Owner) -> None:
    """All tests come from one address."""
    owner.execute("DELETE FROM rate_limits")


class Person:
    """Somebody with an account, a password, and a session."""

    def __init__(self, api: httpx.AsyncClient, email: str, headers: dict[str, str]) -> None:
        self.api, self.email, self.headers = api, email, headers

    async def me(self) -> dict[str, Any]:
        answer = await self.api.get(f"{V1}/me", headers=self.headers)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def ask(self) -> httpx.Response:
        return await self.api.post(f"{V1}/me/email/verification", headers=self.headers)

    async def change(self, email: str, password: str = PASSWORD) -> httpx.Response:
        body = {"email": email, "password": password}
        return await self.api.post(f"{V1}/me/email", json=body, headers=self.headers)


Somebody = Callable[[], Awaitable[Person]]


@pytest.fixture
def somebody(api: httpx.AsyncClient, people: People, signed_in: Headers) -> Somebody:
    async def make() -> Person:
        email = f"{new_id()}@example.com"
        actor = people.patient(email=email, password=await passwords.hashed(PASSWORD))
        return Person(api, email, signed_in(actor))

    return make


async def verify(api: httpx.AsyncClient, token: str) -> httpx.Response:
    return await api.post(f"{V1}/auth/email-verification", json={"token": token})


async def test_registration_sends_the_first_link(
    api: httpx.AsyncClient, context: Context, owner: Owner
) -> None:
    email = f"{new_id()}@example.com"
    body = {"email": email, "password": PASSWORD, "firstName": "Siti", "lastName": "Rahma"}
    assert (await api.post(f"{V1}/auth/register", json=body)).status_code == 201
    token = await token_for(context, owner, email)
    login = await api.post(f"{V1}/auth/login", json={"email": email, "password": PASSWORD})
    person = Person(api, email, {"Authorization": f"Bearer {login.json()['accessToken']}"})
    assert (await person.me())["emailVerified"] is False
    answer = await verify(api, token)
    assert (answer.status_code, answer.json()) == (200, {"email": email})
    assert (await person.me())["emailVerified"] is True
    # Registering again with this address sends nobody anything.
    assert (await api.post(f"{V1}/auth/register", json=body)).status_code == 201
    await post(context, owner)
    assert len(letters_to(context, email)) == 1


async def test_no_letter_names_anybody(api: httpx.AsyncClient, context: Context, owner: Owner) -> None:
    email = f"{new_id()}@example.com"
    body = {"email": email, "password": PASSWORD, "firstName": "Siti", "lastName": "Rahma"}
    await api.post(f"{V1}/auth/register", json=body)
    await post(context, owner)
    [letter] = letters_to(context, email)
    for personal in ("Siti", "Rahma", email):
        assert personal not in letter["Subject"]
        assert personal not in letter.get_content()


async def test_a_verification_link_is_good_once_and_ends_the_asking(
    context: Context, owner: Owner, somebody: Somebody
) -> None:
    person = await somebody()
    asked = await person.ask()
    assert (asked.status_code, asked.json()) == (202, {"email": person.email, "expiresIn": 86400})
    token = await token_for(context, owner, person.email)
    assert (await verify(person.api, token)).status_code == 200
    assert (await verify(person.api, token)).status_code == 409
    again = await person.ask()
    assert (again.status_code, again.json()["title"]) == (409, "already-verified")


async def test_a_new_address_counts_once_its_link_is_used(
    context: Context, owner: Owner, somebody: Somebody
) -> None:
    person, new = await somebody(), f"{new_id()}@example.com"
    assert (await person.change(new.upper())).status_code == 202
    await post(context, owner)
    assert (await person.me())["email"] == person.email
    assert [letter["Subject"] for letter in letters_to(context, person.email)] == [
        "A new e-mail address was asked for"
    ]
    [letter] = letters_to(context, new)
    answer = await verify(person.api, token_in(letter))
    assert (answer.status_code, answer.json()) == (200, {"email": new})
    me = await person.me()
    assert (me["email"], me["emailVerified"]) == (new, True)
    await post(context, owner)
    assert letters_to(context, person.email)[-1]["Subject"] == "Your e-mail address was changed"
    login = await person.api.post(f"{V1}/auth/login", json={"email": new, "password": PASSWORD})
    assert login.status_code == 200
    assert (await verify(person.api, token_in(letter))).status_code == 409


async def test_the_old_address_is_told_even_if_the_link_is_used_first(
    context: Context, owner: Owner, somebody: Somebody
) -> None:
    person, new = await somebody(), f"{new_id()}@example.com"
    await post(context, owner)
    await person.change(new)
    asked = "UPDATE procrastinate_jobs SET task_name = %s WHERE task_name = %s AND args->>'letter' = %s"
    owner.execute(asked, ("held back", mailing.TASK, "EMAIL_CHANGE_ASKED"))
    assert (await verify(person.api, await token_for(context, owner, new))).status_code == 200
    owner.execute(
        "UPDATE procrastinate_jobs SET task_name = %s WHERE task_name = 'held back'", (mailing.TASK,)
    )
    await post(context, owner)
    assert len(letters_to(context, person.email)) == 2
    assert len(letters_to(context, new)) == 1


async def test_an_address_is_changed_only_with_the_password(somebody: Somebody) -> None:
    person, new = await somebody(), f"{new_id()}@example.com"
    wrong = [await person.change(new, "wrong") for _ in range(service.ATTEMPTS_PER_ACCOUNT + 1)]
    assert [answer.status_code for answer in wrong] == [401] * service.ATTEMPTS_PER_ACCOUNT + [429]
    # It is the count of sign-in: no door lets more passwords be tried than the other.
    body = {"email": person.email, "password": PASSWORD}
    assert (await person.api.post(f"{V1}/auth/login", json=body)).status_code == 429


async def test_the_address_that_it_has_already_is_refused(somebody: Somebody) -> None:
    person = await somebody()
    answer = await person.change(person.email.upper())
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "email"


async def test_an_address_of_another_account_is_not_given_away_and_not_taken(
    context: Context, owner: Owner, somebody: Somebody
) -> None:
    person, other = await somebody(), await somebody()
    free, taken = await person.change(f"{new_id()}@example.com"), await person.change(other.email)
    assert free.status_code == taken.status_code == 202
    assert set(free.json()) == set(taken.json())
    answer = await verify(person.api, await token_for(context, owner, other.email))
    assert (answer.status_code, answer.json()["title"]) == (409, "address-taken")
    assert (await person.me())["email"] == person.email
    assert (await other.me())["emailVerified"] is False


async def test_of_two_new_addresses_the_first_that_is_confirmed_counts(
    context: Context, owner: Owner, somebody: Somebody
) -> None:
    person = await somebody()
    new = [f"{new_id()}@example.com" for _ in range(2)]
    for address in new:
        await person.change(address)
    tokens = [await token_for(context, owner, address) for address in new]
    done = await asyncio.gather(*(verify(person.api, token) for token in tokens * 3))
    assert sorted(answer.status_code for answer in done) == [200, 409, 409, 409, 409, 409]
    [good] = [answer for answer in done if answer.status_code == 200]
    assert (await person.me())["email"] == good.json()["email"]


async def test_of_many_uses_at_once_one_succeeds(context: Context, owner: Owner, somebody: Somebody) -> None:
    person = await somebody()
    await person.ask()
    token = await token_for(context, owner, person.email)

    async def attempt(number: int) -> bool:
        try:
            await email_addresses.confirm(
                context.db, context.signer, token=token, language="en", address=f"192.0.2.{number}"
            )
        except LinkOver:
            return False
        return True

    assert sum(await asyncio.gather(*(attempt(number) for number in range(8)))) == 1


async def test_an_old_link_says_nothing_about_another_address(
    context: Context, owner: Owner, somebody: Somebody
) -> None:
    person = await somebody()
    await person.ask()
    token = await token_for(context, owner, person.email)
    owner.execute("UPDATE users SET email = %s WHERE email = %s", (f"{new_id()}@example.com", person.email))
    assert (await verify(person.api, token)).status_code == 409
    assert (await person.me())["emailVerified"] is False


async def test_a_link_that_is_over_verifies_nothing(
    context: Context, owner: Owner, somebody: Somebody
) -> None:
    person = await somebody()
    await person.ask()
    token = await token_for(context, owner, person.email)
    owner.execute("UPDATE mail_tokens SET expires_at = now() WHERE email = %s", (person.email,))
    assert (await verify(person.api, token)).status_code == 409
    assert (await person.me())["emailVerified"] is False


async def test_a_link_for_a_password_verifies_nothing(
    context: Context, owner: Owner, somebody: Somebody
) -> None:
    person = await somebody()
    await person.api.post(f"{V1}/auth/password-reset", json={"email": person.email})
    token = await token_for(context, owner, person.email)
    assert (await verify(person.api, token)).status_code == 409
    assert (await person.me())["emailVerified"] is False


async def test_asking_is_limited(somebody: Somebody) -> None:
    person = await somebody()
    answers = [(await person.ask()).status_code for _ in range(email_addresses.ASKED_PER_ACCOUNT + 1)]
    assert answers == [202] * email_addresses.ASKED_PER_ACCOUNT + [429]


async def test_guessing_links_is_limited(context: Context) -> None:
    here = new_id()

    async def guess() -> None:
        await email_addresses.confirm(context.db, context.signer, token="x", language="en", address=here)

    for _ in range(email_addresses.USED_PER_ADDRESS):
        with pytest.raises(LinkOver):
            await guess()
    with pytest.raises(TooManyAttempts):
        await guess()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE users SET email = 'eve@example.com'",
        "INSERT INTO verified_emails (user_id, email) SELECT id, email FROM users",
        "UPDATE verified_emails SET email = 'eve@example.com'",
        "UPDATE mail_tokens SET used_at = NULL",
        "UPDATE mail_tokens SET email = 'eve@example.com'",
        "INSERT INTO mail_tokens (id, user_id, purpose, digest, email, expires_at) "
        "SELECT 'x', id, 'PASSWORD_RESET', 'known', email, now() + interval '1 day' FROM users",
        "SELECT app_use_mail_token('x', '{PASSWORD_RESET}')",
    ],
)
def test_the_database_itself_lets_nobody_verify_or_change_without_a_link(
    urls: Any, people: People, statement: str
) -> None:
    patient = people.patient()
    with psycopg.connect(urls.app) as connection:
        connection.execute("SELECT app_identify(%s, %s, %s, %s, %s)", patient.identification())
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(statement.encode())


async def test_a_link_is_made_for_ones_own_account_alone(context: Context, people: People) -> None:
    from dentalization.accounts.mail_tables import MailPurpose

    patient, other = people.patient(), people.patient()

    async def add(transaction: Any) -> None:
        await mailing.add_link(
            transaction,
            MailPurpose.EMAIL_VERIFICATION,
            user_id=other.user_id,
            email="eve@example.com",
            language="en",
        )

    with pytest.raises(PolicyRefused):
        await context.db.transaction(patient, add)


async def test_links_that_are_over_are_cleared_away_after_a_week(
    context: Context, owner: Owner, somebody: Somebody
) -> None:
    old, young = await somebody(), await somebody()
    for person, days in ((old, 8), (young, 6)):
        await person.ask()
        owner.execute(
            "UPDATE mail_tokens SET expires_at = now() - %s * interval '1 day' WHERE email = %s",
            (days, person.email),
        )
    await mailing.forget_old_links(context.db)
    for person, left in ((old, 0), (young, 1)):
        rows = owner.execute("SELECT 1 FROM mail_tokens WHERE email = %s", (person.email,))
        assert rows.rowcount == left
