"""Each guard of the database is taken out once, in a transaction that is rolled back: only then it fails."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from tests.conftest import Urls
from tests.people import People
from tests.profiles.licence_cases import Owner, in_days, licence

from dentalization.db.identity import Actor
from dentalization.db.ids import new_id

_UNGUARDED = "SELECT pg_get_functiondef('app_identify'::regproc)"


@pytest.fixture
def mutable(urls: Urls) -> Iterator[Owner]:
    """The owner in a transaction of which nothing stays."""
    with psycopg.connect(urls.owner) as connection:
        yield connection
        connection.rollback()


def become(connection: Owner, actor: Actor) -> None:
    """As the app's role, by ``actor``, until the end of the transaction."""
    connection.execute("SET LOCAL ROLE dentalization_app")
    connection.execute("SELECT app_identify(%s, %s, %s, %s, %s)", actor.identification())


def test_the_date_in_the_identity(mutable: Owner, people: People, owner: Owner) -> None:
    doctor = people.doctor()
    licence(owner, doctor, in_days(-3))
    shown = "SELECT current_setting('app.doctor_id')"
    become(mutable, doctor)
    assert mutable.execute(shown).fetchone() == ("",)
    mutable.execute("RESET ROLE")
    found = mutable.execute(_UNGUARDED).fetchone()
    assert found is not None
    guarded = str(found[0])
    start, end = guarded.index("AND coalesce("), guarded.index("true);", guarded.index("AND coalesce("))
    mutable.execute(sql.SQL(guarded[:start] + ";" + guarded[end + len("true);") :]))  # type: ignore[arg-type]
    become(mutable, doctor)
    assert mutable.execute(shown).fetchone() == (doctor.doctor_id,)


INSERT = """INSERT INTO licence_submissions
  (id, doctor_id, sip_number, sip_issuer, sip_expires_on, str_number, time_zone)
  VALUES (%(new)s, %(doctor)s, 's', 'i', '2999-01-01', 's', 'UTC')"""
DOCUMENT = """INSERT INTO licence_documents (id, submission_id, object_key, content_type, bytes, sha256)
  VALUES (%(new)s, %(decided)s, %(new)s, 'image/png', 1, repeat('0', 64))"""
GUARDS = {
    "the ledger": (
        "UPDATE licence_events SET reason = 'x' WHERE doctor_id = %(doctor)s",
        "DROP TRIGGER licence_events_keep ON licence_events",
        False,
    ),
    "one that waits": (INSERT, "DROP INDEX ix_licence_submissions_open", True),
    "the states": (
        "UPDATE licence_submissions SET status = 'REJECTED', reason = 'x' WHERE id = %(decided)s",
        "DROP TRIGGER licence_submissions_keep ON licence_submissions",
        False,
    ),
    "the end of additions": (DOCUMENT, "DROP TRIGGER licence_documents_take ON licence_documents", True),
    "the columns that the app may set": (
        "UPDATE licence_submissions SET sip_expires_on = '2999-01-01' WHERE doctor_id = %(doctor)s",
        "GRANT UPDATE ON licence_submissions TO dentalization_app; "
        "DROP POLICY app_update_3 ON licence_submissions; "
        "CREATE POLICY app_update_3 ON licence_submissions FOR UPDATE TO dentalization_app USING (true)",
        True,
    ),
}


@pytest.mark.parametrize("guard", GUARDS)
def test_a_guard(mutable: Owner, people: People, owner: Owner, guard: str) -> None:
    attack, mutation, as_app = GUARDS[guard]
    doctor = people.doctor(verified=False)
    licence(owner, doctor, in_days(9), status="SUBMITTED")
    decided = licence(owner, doctor, in_days(9), status="WITHDRAWN")
    values = {"new": new_id(), "doctor": doctor.doctor_id, "decided": decided}

    def attempt() -> None:
        with mutable.transaction():
            if as_app:
                become(mutable, doctor)
            assert mutable.execute(attack, values).rowcount > 0  # type: ignore[arg-type]
            mutable.execute("RESET ROLE")

    with pytest.raises((psycopg.IntegrityError, psycopg.errors.InsufficientPrivilege)):
        attempt()
    mutable.execute(mutation)  # type: ignore[arg-type]
    attempt()


def test_the_rows_of_others(mutable: Owner, people: People, owner: Owner) -> None:
    mine = licence(owner, people.doctor(), in_days(9))
    seen = "SELECT count(*) FROM licence_submissions WHERE id = %s"
    become(mutable, people.doctor())
    assert mutable.execute(seen, (mine,)).fetchone() == (0,)
    mutable.execute("RESET ROLE")
    mutable.execute("ALTER TABLE licence_submissions DISABLE ROW LEVEL SECURITY")
    become(mutable, people.doctor())
    assert mutable.execute(seen, (mine,)).fetchone() == (1,)
