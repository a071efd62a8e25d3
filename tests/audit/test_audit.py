"""Who looked is written down before anybody sees an answer, and nobody can change it unnoticed."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import AUDIT_KEY, Urls, open_database
from tests.people import People

from dentalization import catalog
from dentalization.accounts.tokens import access_token
from dentalization.api.app import create_app
from dentalization.audit.chain import START, Entry, as_json, linked
from dentalization.audit.errors import AuditUnavailable
from dentalization.audit.log import AuditLog, entries_of
from dentalization.audit.verify import Fault, Link, check, ends_of, links_of, sealed
from dentalization.context import Context
from dentalization.db.database import Database
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.db.trail import KINDS, Trail

Owner = psycopg.Connection[tuple[object, ...]]
Headers = Callable[[Actor], dict[str, str]]
V1 = "/api/v1"


def entry(person: str = "p", at: datetime | None = None, **other: Any) -> Entry:
    values = dict.fromkeys(Entry._fields, "")
    return Entry(
        **{**values, "id": new_id(), "at": at or datetime.now(UTC), "person": person, "own": False, **other}
    )


@pytest.fixture
def of_its_own(fresh_urls: Urls) -> Iterator[Owner]:
    with psycopg.connect(fresh_urls.owner, autocommit=True) as connection:
        yield connection


async def test_a_dentists_look_is_shown_to_the_patient_in_words(
    api: httpx.AsyncClient, people: People, signed_in: Headers
) -> None:
    patient, doctor = people.patient(), people.doctor()
    people.diagnosis(patient, doctor=doctor)
    seen = await api.get(f"{V1}/diagnoses?patientId={patient.patient_id}", headers=signed_in(doctor))
    assert seen.json()["items"]
    log = (await api.get(f"{V1}/me/access-log", headers=signed_in(patient))).json()["items"]
    assert len(log) == 1  # one row an access, whatever statements it took
    (found,) = log
    assert (found["firstName"], found["lastName"], found["role"]) == ("Budi", "Santoso", "DOCTOR")
    assert (found["kinds"], found["why"], found["own"]) == ("diagnosis", "care", False)
    assert found["action"] == "GET /diagnoses"
    page = await api.get(
        "/access-log", headers={"Cookie": f"access={signed_in(patient)['Authorization'].split()[1]}"}
    )
    assert "Budi Santoso" in page.text
    assert "saw: diagnoses" in " ".join(page.text.replace("</span>", "").split())


async def test_own_accesses_are_kept_apart(
    api: httpx.AsyncClient, people: People, signed_in: Headers
) -> None:
    patient = people.patient()
    people.diagnosis(patient)
    await api.get(f"{V1}/diagnoses", headers=signed_in(patient))
    assert (await api.get(f"{V1}/me/access-log", headers=signed_in(patient))).json()["items"] == []
    own = (await api.get(f"{V1}/me/access-log?own=true", headers=signed_in(patient))).json()["items"]
    assert [(one["kinds"], one["why"]) for one in own] == [("diagnosis", "own")]


async def test_of_a_page_with_many_each_gets_a_row(
    api: httpx.AsyncClient, people: People, signed_in: Headers, owner: Owner
) -> None:
    doctor = people.doctor()
    patients = [people.patient() for _ in range(5)]
    for patient in patients:
        people.diagnosis(patient, doctor=doctor)
    await api.get(f"{V1}/doctors/me/patients", headers=signed_in(doctor))
    rows = owner.execute("SELECT person FROM audit_log WHERE user_id = %s", (doctor.user_id,)).fetchall()
    assert sorted(str(row[0]) for row in rows) == sorted(patient.patient_id for patient in patients)


async def test_what_cannot_be_written_down_is_not_answered(
    context: Context, people: People, fresh_urls: Urls, of_its_own: Owner
) -> None:
    """The guard is taken out in between: with it the same request shows nothing, without it everything."""
    mine = People(of_its_own)
    patient = mine.patient()
    mine.diagnosis(patient)
    db = await open_database(fresh_urls.app)
    try:
        broken = replace(context, db=db, audit=AuditLog(db, AUDIT_KEY))
        transport = httpx.ASGITransport(app=create_app(broken), raise_app_exceptions=False)
        headers = {"Authorization": f"Bearer {access_token(context.signer, patient)}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            of_its_own.execute("ALTER TABLE audit_chains RENAME TO elsewhere")
            refused = await client.get(f"{V1}/diagnoses", headers=headers)
            assert refused.status_code == 503
            assert "audit-unavailable" in refused.json()["type"]
            assert refused.headers["retry-after"]
            assert "caries" not in refused.text
            of_its_own.execute("ALTER TABLE elsewhere RENAME TO audit_chains")
            assert "caries" in (await client.get(f"{V1}/diagnoses", headers=headers)).text
        assert list(check(AUDIT_KEY, *read(fresh_urls))) == []
    finally:
        await db.close()


def read(urls: Urls) -> tuple[list[Link], dict[str, tuple[int, bytes]]]:
    with psycopg.connect(urls.owner) as connection:
        return list(links_of(connection)), ends_of(connection)


async def test_requests_that_come_together_share_one_insert(
    fresh_urls: Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    inserts = 0
    plain = Database.read

    async def counted(*arguments: Any, **named: Any) -> Any:
        nonlocal inserts
        inserts += 1
        return await plain(*arguments, **named)

    monkeypatch.setattr(Database, "read", counted)
    db = await open_database(fresh_urls.app)
    log = AuditLog(db, AUDIT_KEY)
    people = [new_id() for _ in range(200)]
    await asyncio.gather(*(log.write([entry(person)]) for person in people))
    await db.close()
    assert inserts <= 3
    links, ends = read(fresh_urls)
    written = [link.entry.person for link in links if link.entry.person in set(people)]
    assert sorted(written) == sorted(people)
    assert list(check(AUDIT_KEY, links, ends)) == []


async def test_several_processes_write_chains_of_their_own(fresh_urls: Urls) -> None:
    databases = [await open_database(fresh_urls.app) for _ in range(4)]
    logs = [AuditLog(database, AUDIT_KEY) for database in databases]
    for _ in range(10):
        await asyncio.gather(*(log.write([entry(), entry()]) for log in logs for _ in range(5)))
    for database in databases:
        await database.close()
    links, ends = read(fresh_urls)
    assert len(links) == 4 * 10 * 5 * 2
    assert len(ends) == 4
    assert list(check(AUDIT_KEY, links, ends)) == []


async def test_a_caller_that_goes_away_takes_nobody_along(db: Database, urls: Urls) -> None:
    log = AuditLog(db, AUDIT_KEY)
    stays, goes = new_id(), new_id()
    first = asyncio.create_task(log.write([entry(goes)]))
    second = asyncio.create_task(log.write([entry(stays)]))
    await asyncio.sleep(0)
    first.cancel()
    await second
    assert stays in {link.entry.person for link in read(urls)[0]}


async def test_a_new_month_begins_a_new_chain(fresh_urls: Urls) -> None:
    database = await open_database(fresh_urls.app)
    log = AuditLog(database, AUDIT_KEY)
    eve = datetime(2027, 1, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    await asyncio.gather(*(log.write([entry(at=eve + timedelta(microseconds=n))]) for n in range(3)))
    await database.close()
    links, ends = read(fresh_urls)
    assert len(ends) == 2
    assert sorted(rows for rows, _ in ends.values()) == [1, 2]
    assert list(check(AUDIT_KEY, links, ends)) == []
    with psycopg.connect(fresh_urls.owner) as connection:
        names = connection.execute("SELECT DISTINCT tableoid::regclass::text FROM audit_log").fetchall()
    assert sorted(name for (name,) in names) == ["audit_log_202701", "audit_log_202702"]


APP_MAY_NOT = (
    "INSERT INTO audit_log (chain, number, at) VALUES ('c', 1, now())",
    "UPDATE audit_log SET person = 'x'",
    "DELETE FROM audit_log",
    "TRUNCATE audit_log",
    "UPDATE audit_chains SET rows = 0",
    "DELETE FROM audit_chains",
    "SELECT * FROM {month}",
    "DELETE FROM {month}",
    "DROP TABLE {month}",
)


@pytest.mark.parametrize("statement", APP_MAY_NOT)
async def test_the_app_only_appends(context: Context, urls: Urls, statement: str) -> None:
    await context.audit.write([entry()])
    month = f"audit_log_{datetime.now(UTC):%Y%m}"
    with psycopg.connect(urls.app) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement.format(month=month))


async def test_a_chain_continues_only_where_it_ends(fresh_urls: Urls) -> None:
    """A writer that has lost its place, or a second one that imitates it, is refused; the log goes on."""
    database = await open_database(fresh_urls.app)
    log = AuditLog(database, AUDIT_KEY)
    await log.write([entry()])
    log._rows += 1
    with pytest.raises(AuditUnavailable):
        await log.write([entry()])
    await log.write([entry()])
    await database.close()
    links, ends = read(fresh_urls)
    assert [link.number for link in links] == [1, 1]
    assert list(check(AUDIT_KEY, links, ends)) == []


TAMPERINGS = {
    "changed": ("UPDATE audit_log SET person = 'x' WHERE number = 3", {(Fault.CHANGED, 3)}),
    "another time": ("UPDATE audit_log SET at = at + interval '1 s' WHERE number = 3", {(Fault.CHANGED, 3)}),
    "missing": ("DELETE FROM audit_log WHERE number IN (3, 4)", {(Fault.MISSING, 3)}),
    "missing at the end": ("DELETE FROM audit_log WHERE number > 4", {(Fault.MISSING, 5)}),
    "missing at the beginning": ("DELETE FROM audit_log WHERE number = 1", {(Fault.MISSING, 1)}),
    "all missing": ("DELETE FROM audit_log", {(Fault.MISSING, 1)}),
    "reordered": (
        "UPDATE audit_log SET number = CASE number WHEN 2 THEN 4 ELSE 2 END WHERE number IN (2, 4)",
        {(Fault.CHANGED, 2), (Fault.CHANGED, 4), (Fault.FORKED, 3), (Fault.FORKED, 5)},
    ),
    "its end forgotten": ("DELETE FROM audit_chains", {(Fault.UNKNOWN, 1)}),
    "its end shortened": (
        "DELETE FROM audit_log WHERE number = 6; UPDATE audit_chains SET rows = 5",
        {(Fault.CHANGED, 5)},
    ),
}


@pytest.mark.parametrize("name", TAMPERINGS)
async def test_tampering_is_found_and_named(fresh_urls: Urls, of_its_own: Owner, name: str) -> None:
    database = await open_database(fresh_urls.app)
    log = AuditLog(database, AUDIT_KEY)
    for _ in range(6):
        await log.write([entry()])
    await database.close()
    assert list(check(AUDIT_KEY, *read(fresh_urls))) == []
    statements, expected = TAMPERINGS[name]
    for statement in statements.split("; "):
        of_its_own.execute(statement)
    found = {(one.fault, one.number) for one in check(AUDIT_KEY, *read(fresh_urls))}
    assert found >= expected
    assert all(str(one) for one in check(AUDIT_KEY, *read(fresh_urls)))


async def test_a_log_made_anew_contradicts_an_earlier_seal(fresh_urls: Urls, of_its_own: Owner) -> None:
    """Whoever has key and database can forge a whole chain; what was printed before tells."""
    database = await open_database(fresh_urls.app)
    log = AuditLog(database, AUDIT_KEY)
    await log.write([entry("patient")])
    seal = ends_of(of_its_own)
    assert list(sealed(of_its_own, seal)) == []
    await log.write([entry()])
    assert list(sealed(of_its_own, seal)) == []
    of_its_own.execute("DELETE FROM audit_log")
    of_its_own.execute("DELETE FROM audit_chains")
    await AuditLog(database, AUDIT_KEY).write([entry("somebody else")])
    await database.close()
    assert list(check(AUDIT_KEY, *read(fresh_urls))) == []
    assert [one.fault for one in sealed(of_its_own, seal)] == [Fault.MISSING]


@given(words=st.lists(st.text(), min_size=8, max_size=8), own=st.booleans(), at=st.datetimes())
def test_a_row_is_told_as_the_standard_library_writes_it(words: list[str], own: bool, at: datetime) -> None:
    """The database reads it as JSON, and a check years later must write it the same."""
    at = at.replace(tzinfo=UTC)
    row_id, person, user_id, role, address, kinds, why, request_id = words
    one = Entry(row_id, at, person, own, user_id, role, "s", address, "GET /", kinds, why, request_id)
    plain = {**one._asdict(), "at": at.isoformat(timespec="microseconds")}
    assert as_json(one) == json.dumps(plain, ensure_ascii=False)


@given(rows=st.integers(1, 6), place=st.integers(0, 5), field=st.sampled_from(Entry._fields))
def test_every_field_of_every_row_is_bound(rows: int, place: int, field: str) -> None:
    entries = [entry(str(number)) for number in range(rows)]
    hashes = linked(AUDIT_KEY, "c", 1, START, map(as_json, entries))
    links = [
        Link("c", number, before, after, one)
        for number, before, after, one in zip(
            range(1, rows + 1), [START, *hashes], hashes, entries, strict=False
        )
    ]
    ends = {"c": (rows, hashes[-1])}
    assert list(check(AUDIT_KEY, links, ends)) == []
    assert list(check(b"another key", links, ends)) != []
    place %= rows
    before = getattr(entries[place], field)
    other = (
        not before
        if isinstance(before, bool)
        else before + timedelta(microseconds=1)
        if field == "at"
        else f"{before}x"
    )
    links[place] = replace(links[place], entry=entries[place]._replace(**{field: other}))
    assert [(one.fault, one.number) for one in check(AUDIT_KEY, links, ends)] == [(Fault.CHANGED, place + 1)]


def test_the_command_names_what_is_wrong(fresh_urls: Urls, of_its_own: Owner, tmp_path: Path) -> None:
    environment = {
        "PATH": "/usr/bin:/bin",
        "DATABASE_URL": fresh_urls.app,
        "DATABASE_OWNER_URL": fresh_urls.owner,
        "DENTALIZATION_HOME": str(tmp_path),
        "DENTALIZATION_AUDIT_KEY": AUDIT_KEY.decode(),
    }

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "dentalization.cli.main", "audit", *arguments],
            env=environment, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    async def write() -> None:
        database = await open_database(fresh_urls.app)
        await AuditLog(database, AUDIT_KEY).write([entry(), entry(), entry()])
        await database.close()

    asyncio.run(write())
    whole = run("verify", "--json")
    assert whole.returncode == 0, whole.stderr
    assert json.loads(whole.stdout) == {"rows": 3, "chains": 1, "findings": []}
    seal = tmp_path / "seal.json"
    seal.write_text(run("seal").stdout)
    assert run("verify", "--against", str(seal)).returncode == 0
    of_its_own.execute("UPDATE audit_log SET why = 'own' WHERE number = 2")
    broken = run("verify", "--json")
    assert broken.returncode == 1
    (finding,) = json.loads(broken.stdout)["findings"]
    assert (finding["fault"], finding["from"]) == ("changed", 2)
    assert run("prune", "--keep-months", "3").returncode == 1
    of_its_own.execute("SELECT app_make_audit_partition('2020-05-01')")
    assert json.loads(run("prune", "--keep-months", "24", "--json").stdout) == {"months": ["2020-05"]}


NOT_AUDITED = {
    "appointments.CLAIM": "the worker's alone, to write a letter to the person",
    "appointments.LEFT": "ids of letters, the worker's alone",
    "appointments.CLAIM_NOTICE": "the worker's alone, to write a letter to the person",
    "appointments.LEFT_NOTICES": "ids of letters, the worker's alone",
    "appointments.REMIND_RECALLS": "ids, the worker's alone",
    "appointments.OVER": "ids of offers, the worker's alone",
    "appointments.LOCK_OFFER": "one's own, by policy, always after OFFER",
    "appointments.OWN_FEED": "one's own, by policy",
    "accounts.FIND_ACCOUNT": "sign-in: nobody sees the row",
    "accounts.ROTATE_SESSION": "sign-in: nobody sees the row",
    "accounts.HELD": "which kinds of factor one has oneself, by policy",
    "accounts.TOTP": "one's own, by policy; nobody sees the row",
    "accounts.RECOVERY_CODES_LEFT": "a number",
    "accounts.PASSKEYS": "one's own, by policy",
    "accounts.PASSKEYS_ON_FILE": "one's own, by policy; nobody sees the row",
    "accounts.SIGN_IN_CHALLENGE": "a random number",
    "accounts.SPEND_SIGN_IN_CHALLENGE": "a random number",
    "accounts.CONFIRMED_SINCE": "a time",
    "accounts.CREDENTIALS": "one's own, by policy; nobody sees the row",
    "events.SINCE": "ids; what they stand for is read, and audited, on its own",
    "events.POSITION": "a number",
    "monitoring.QUEUE": "how many jobs of each task; no arguments",
    "monitoring.WORKERS": "a number",
    "accounts.SESSIONS": "one's own devices, by policy",
    "diagnoses.DECISIONS": "ids for those who learn from reviews; DECIDED_DIAGNOSES says whose",
    "diagnoses.SHADOW_FINDINGS": "what a model said, without a person; the worker's alone",
    "diagnoses.MADE_BETWEEN": "scores without a person, for drift; the worker's alone",
    "diagnoses.STATISTICS": "counts",
    "diagnoses.REVIEWS": "always after DIAGNOSIS, in the same request",
    "diagnoses.NEXT_VERSION": "a number",
    "appointments.TIME_ZONE": "a dentist's clock, without anybody's data",
    "profiles.LICENSE_TAKEN": "yes or no",
    "profiles.SEARCHED": "what dentists show to everybody",
    "profiles.DOCTORS": "what dentists show to everybody",
    "profiles.DOCTOR": "what dentists show to everybody",
    "photos.THERE": "names of objects, the worker's alone",
    "profiles.HOLDER": "one's own, by policy",
    "profiles.TODAY": "a date",
    "profiles.SUBMISSIONS": "one's own, by policy",
    "profiles.OPEN_SUBMISSION": "one's own; an administrator has read LICENCE before",
    "profiles.DOCUMENTS": "always after LICENCE or SUBMISSIONS, in the same request",
    "profiles.DOCUMENT": "one's own, by policy",
    "profiles.STORED_DOCUMENT": "an address in the store; LICENCE says whose",
    "profiles.NAMED_DOCUMENTS": "the worker's alone: names of objects",
    "profiles.EVENTS": "always after LICENCE or SUBMISSIONS, in the same request",
    "profiles.DECIDE": "an outcome; the licence's own ledger has the step",
    "profiles.WATCH": "a number",
    "privacy.LICENCES": "one's own, by policy",
    "privacy.LICENCE_DOCUMENTS": "one's own, by policy",
    "privacy.LICENCE_EVENTS": "one's own, by policy",
    "profiles.OPEN": "an id; ACCESS follows in the same transaction",
    "profiles.END": "yes or no",
    "profiles.OF_ADMIN": "the administrator's own accesses",
    "accounts.OPEN_LINK": "whether a link still holds, for whoever has it",
    "accounts.RESET_PASSWORD": "an id, for whoever has the link",
    "accounts.CONFIRM_EMAIL": "for whoever has the link",
    "accounts.WRITE_LINK": "the worker's alone, to address a letter",
    "accounts.ADDRESSES": "the worker's alone, to address a letter",
    "accounts.OWN_ACCOUNT": "one's own, by policy; nobody sees the row",
    "accounts.NEWEST_CONSENTS": "one's own, by policy",
    "accounts.CONSENTED": "yes or no",
    "appointments.HISTORY": "always after APPOINTMENT, in the same request",
    "appointments.NEWEST_EVENT": "an id",
    "appointments.LOCK_CALENDAR": "yes",
    "appointments.TERMS": "what stands against a booking; the booking itself says whose",
    "appointments.FREE_SLOTS": "times",
    "appointments.FREE_SLOTS_INSIDE": "never run",
    "appointments.PRACTISES": "yes or no",
    "appointments.SCHEDULE": "one's own, by policy",
    "appointments.SESSIONS": "one's own, by policy",
    "appointments.TIME_ZONE_KNOWN": "yes or no",
    "appointments.EXCEPTIONS": "one's own, by policy",
    "appointments.EXCEPTION": "one's own, by policy",
    "privacy.SCHEDULE": "one's own, by policy",
    "privacy.WORKING_HOURS": "one's own, by policy",
    "privacy.SCHEDULE_EXCEPTIONS": "one's own, by policy",
    "privacy.WRITTEN_REVIEWS": "one's own, without whose they are",
    "privacy.ADD_REQUEST": "an id",
    "privacy.ERASE_PERSON": "a number",
    "privacy.HITS": "numbers",
    "privacy.TEXTS": "the worker's alone, to take the name out of them",
    "privacy.PUT_ERASED": "yes or no",
    "privacy.TAKE_LONGER": "a setting",
    "privacy.TABLES": "names of tables",
    "privacy.UNFINISHED": "the worker's alone",
    "privacy.REQUEST": "the worker's alone",
    "privacy.LOCK_REQUEST": "the worker's alone",
    "privacy.STATE": "for whoever has the token; counts, no data",
    "profiles.ACCESSES": "the log itself",
    "profiles.OF_PERSON": "the log itself",
    "profiles.OF_USER": "the log itself",
}


def test_every_statement_says_whose_data_it_shows() -> None:
    for name, query in catalog.declared_queries():
        if query.row is None or name.split(".")[0] in ("db", "audit"):
            continue
        assert (query.about is None) == (name in NOT_AUDITED), name
        if query.about:
            assert query.about.kind in KINDS, name
            assert query.about.whose in query.row.__dataclass_fields__, name


def test_why_follows_from_who_looks() -> None:
    trail = Trail({"p": {"diagnosis", "photo"}})
    reasons = {
        role: entries_of(Actor("u", role), trail, action="", request_id="")[0].why
        for role in ("DOCTOR", "WORKER", "ADMIN")
    }
    assert reasons == {"DOCTOR": "care", "WORKER": "analysis", "ADMIN": "emergency"}
    licence = Trail({"d": {"licence"}})
    assert entries_of(Actor("u", "ADMIN"), licence, action="", request_id="")[0].why == "administration"
