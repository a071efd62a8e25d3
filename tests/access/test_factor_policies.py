"""SQL as the app's login: nobody reaches another's factors, challenges or confirmations."""

from __future__ import annotations

import psycopg
import pytest
from tests.conftest import Urls
from tests.people import People

from dentalization.db.identity import Actor

Owner = psycopg.Connection[tuple[object, ...]]

# Table -> the values of a row of user %(user)s at session %(session)s, and a change.
ROWS = {
    "totp_factors": ("(user_id, secret) VALUES (%(user)s, 'x')", "last_step = 7"),
    "recovery_codes": ("(user_id, code) VALUES (%(user)s, 'x')", None),
    "passkeys": (
        "(id, user_id, name, credential_id, public_key, sign_count) "
        "VALUES (%(session)s, %(user)s, 'Telephone', %(session)s, 'x', 0)",
        "sign_count = 7",
    ),
    "factor_challenges": (
        "(id, user_id, purpose, challenge, expires_at) "
        "VALUES (%(session)s, %(user)s, 'sign-in', 'x', now() + interval '1 minute')",
        None,
    ),
    "session_confirmations": ("(session_id) VALUES (%(session)s)", "confirmed_at = now()"),
}


def attempt(urls: Urls, actor: Actor, statement: str, values: dict[str, str]) -> int:
    with psycopg.connect(urls.app) as connection:
        connection.execute("SELECT app_identify(%s, %s, %s, %s, %s)", actor.identification())
        return connection.execute(statement, values).rowcount


@pytest.mark.parametrize("table", ROWS)
def test_only_the_owner_of_a_row_reaches_it(urls: Urls, people: People, owner: Owner, table: str) -> None:
    insert, change = ROWS[table]
    mine = people.session(people.patient(), confirmed=False)
    values = {"user": mine.user_id, "session": mine.session_id}
    strangers = [
        people.session(people.patient()),
        people.session(people.doctor()),
        people.session(people.admin()),
        Actor.nobody(),
        Actor.worker(),
    ]
    for stranger in strangers:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            attempt(urls, stranger, f"INSERT INTO {table} {insert}", values)
    assert attempt(urls, mine, f"INSERT INTO {table} {insert}", values) == 1
    column = "session_id = %(session)s" if table == "session_confirmations" else "user_id = %(user)s"
    for stranger in strangers:
        assert attempt(urls, stranger, f"SELECT 1 FROM {table} WHERE {column}", values) == 0
        if change:
            assert attempt(urls, stranger, f"UPDATE {table} SET {change} WHERE {column}", values) == 0
        if table != "session_confirmations":
            assert attempt(urls, stranger, f"DELETE FROM {table} WHERE {column}", values) == 0
    assert attempt(urls, mine, f"SELECT 1 FROM {table} WHERE {column}", values) == 1
