"""The first accounts, and the mark of a database for development."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from argon2 import PasswordHasher
from tests.conftest import Urls

from dentalization.accounts.errors import WeakPassword
from dentalization.ops.errors import NotDevelopment
from dentalization.ops.seed import marks
from dentalization.ops.seed.accounts import seed_accounts


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


def test_accounts_are_made_once(fresh_urls: Urls) -> None:
    made = seed_accounts(fresh_urls.owner, demo=False, environment={})
    assert {(item.email, item.role) for item in made} == {
        ("admin@example.com", "ADMIN"),
        ("admin@dentalization.com", "ADMIN"),
        ("doctor@dentalization.com", "DOCTOR"),
    }
    stored = dict(rows(fresh_urls.owner, "SELECT email, password FROM users"))
    for item in made:
        assert item.created
        assert stored[item.email].startswith("$argon2id$")
        assert PasswordHasher().verify(stored[item.email], item.password or "")
    assert len({item.password for item in made} | {"admin123", "doctor123"}) == 5
    assert rows(
        fresh_urls.owner,
        """SELECT first_name, last_name, license_number, specialization, years_experience, profile_complete,
           is_verified FROM doctor_profiles""",
    ) == [("Dr. John", "Smith", "DDS12345", "General Dentistry", 10, True, False)]
    again = seed_accounts(fresh_urls.owner, demo=True, environment={})
    assert [(item.email, item.password) for item in again if item.created] == [
        ("patient@example.com", "patient123")
    ]
    assert all(item.password is None for item in again if not item.created)
    assert stored.items() <= dict(rows(fresh_urls.owner, "SELECT email, password FROM users")).items()
    assert rows(fresh_urls.owner, "SELECT is_verified FROM doctor_profiles") == [(False,)]


def test_demo_accounts_have_the_well_known_passwords(fresh_urls: Urls) -> None:
    made = {item.email: item.password for item in seed_accounts(fresh_urls.owner, demo=True, environment={})}
    assert made.pop("admin@example.com") not in (None, "", "admin123")
    assert made == {
        "admin@dentalization.com": "admin123",
        "doctor@dentalization.com": "doctor123",
        "patient@example.com": "patient123",
    }
    assert rows(
        fresh_urls.owner,
        """SELECT d.is_verified, d.profile_complete, p.profile_complete
           FROM doctor_profiles d, patient_profiles p""",
    ) == [(True, True, True)]


def test_passwords_of_the_environment_are_used_and_not_shown(fresh_urls: Urls) -> None:
    given = {
        "DENTALIZATION_ADMIN_EMAIL": " Boss@Example.com ",
        "DENTALIZATION_ADMIN_PASSWORD": "a long secret",
        "DENTALIZATION_SEED_ADMIN_PASSWORD": "another secret",
        "DENTALIZATION_SEED_DOCTOR_PASSWORD": "the third secret",
    }
    made = seed_accounts(fresh_urls.owner, demo=False, environment=given)
    assert [(item.email, item.password, item.created) for item in made] == [
        ("boss@example.com", None, True),
        ("admin@dentalization.com", None, True),
        ("doctor@dentalization.com", None, True),
    ]
    stored = dict(rows(fresh_urls.owner, "SELECT email, password FROM users"))
    for email, name in (
        ("boss@example.com", "DENTALIZATION_ADMIN_PASSWORD"),
        ("admin@dentalization.com", "DENTALIZATION_SEED_ADMIN_PASSWORD"),
        ("doctor@dentalization.com", "DENTALIZATION_SEED_DOCTOR_PASSWORD"),
    ):
        assert PasswordHasher().verify(stored[email], given[name])


def test_a_weak_password_of_the_environment_makes_no_account_at_all(fresh_urls: Urls) -> None:
    with pytest.raises(WeakPassword):
        seed_accounts(
            fresh_urls.owner, demo=False, environment={"DENTALIZATION_SEED_DOCTOR_PASSWORD": "short"}
        )
    assert rows(fresh_urls.owner, "SELECT 1 FROM users") == []


def test_an_address_that_is_given_twice_is_one_account(fresh_urls: Urls) -> None:
    environment = {"DENTALIZATION_ADMIN_EMAIL": "admin@dentalization.com"}
    made = seed_accounts(fresh_urls.owner, demo=True, environment=environment)
    assert [item.email for item in made].count("admin@dentalization.com") == 1


def test_only_a_marked_database_is_for_development(fresh_urls: Urls) -> None:
    assert not marks.is_development(fresh_urls.owner)
    with pytest.raises(NotDevelopment, match="dentalization db migrate --development"):
        marks.refuse_unless_development(fresh_urls.owner)
    with psycopg.connect(fresh_urls.owner) as connection:
        name = connection.info.dbname
        connection.execute(f"COMMENT ON DATABASE \"{name}\" IS 'the clinic''s'")
    marks.mark_development(fresh_urls.owner)
    marks.mark_development(fresh_urls.owner)
    marks.refuse_unless_development(fresh_urls.owner)
    [(comment,)] = rows(
        fresh_urls.owner,
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()",
    )
    assert comment == "the clinic's [dentalization: development]"


def test_the_app_cannot_mark_its_database(fresh_urls: Urls) -> None:
    with pytest.raises(NotDevelopment, match="Only the owner"):
        marks.mark_development(fresh_urls.app)
    assert not marks.is_development(fresh_urls.owner)
