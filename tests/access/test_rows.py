"""SQL as the app's login, table by table: other people's rows are not read, made, changed or deleted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from dentalization import catalog
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from tests.access.world import World, make, remove_queued
from tests.conftest import Urls
from tests.people import People

Owner = psycopg.Connection[tuple[object, ...]]

# Where the patient's row of a table is: its condition, with %(name)s of `_names`.
WHERE = {
    "users": "id = %(user)s",
    "sessions": "user_id = %(user)s",
    "spent_refresh_tokens": "session_id = %(session)s",
    "idempotency_keys": "user_id = %(user)s",
    "session_writes": "session_id = %(session)s",
    "patient_profiles": "id = %(patient)s",
    "doctor_profiles": "id = %(unverified)s",
    "licence_submissions": "doctor_id = %(unverified)s",
    "licence_documents": "submission_id = %(user)s",
    "licence_events": "doctor_id = %(unverified)s",
    "session_confirmations": "session_id = %(session)s",
    "totp_factors": "user_id = %(user)s",
    "recovery_codes": "user_id = %(user)s",
    "passkeys": "user_id = %(user)s",
    "factor_challenges": "user_id = %(user)s",
    "events": "audience = %(patient)s",
    "mail_tokens": "user_id = %(user)s",
    "verified_emails": "user_id = %(user)s",
    "consents": "user_id = %(user)s",
    "erasure_requests": "user_id = %(user)s",
    "erasure_reports": "user_id = %(user)s",
    "patient_phone_index": "patient_id = %(patient)s",
    "care_relationships": "patient_id = %(patient)s",
    "emergency_accesses": "patient_id = %(patient)s",
    "dental_photos": "patient_id = %(patient)s",
    "ai_diagnoses": "id = %(diagnosis)s",
    "analyses": "id = %(failed)s",
    "diagnosis_reviews": "diagnosis_id = %(diagnosis)s",
    "shadow_findings": "diagnosis_id = %(diagnosis)s",
    "appointments": "patient_id = %(patient)s",
    "appointment_overbookings": "patient_id = %(patient)s",
    "appointment_check_ins": "patient_id = %(patient)s",
    "appointment_invitations": "patient_id = %(patient)s",
    "appointment_letters": "patient_id = %(patient)s",
    "waiting_entries": "patient_id = %(patient)s",
    "slot_offers": "patient_id = %(patient)s",
    "recalls": "patient_id = %(patient)s",
    "care_notices": "patient_id = %(patient)s",
    "calendar_feeds": "user_id = %(user)s",
    "appointment_events": "patient_id = %(patient)s",
    "doctor_schedules": "doctor_id = %(care_doctor)s",
    "working_hours": "doctor_id = %(care_doctor)s",
    "schedule_exceptions": "doctor_id = %(care_doctor)s",
    "medical_records": "patient_id = %(patient)s",
    "audit_log": "person = %(patient)s",
}
# No rows of anybody: limits under keyed digests, the ends of the audit's chains, versions of a list.
IMPERSONAL = {"rate_limits", "audit_chains", "data_versions"}
# What outsiders may read after all, as DESIGN's table has it.
READABLE = {
    ("admin", "users"): "accounts are an administrator's business",
    ("admin", "doctor_profiles"): "licences too",
    ("admin", "licence_submissions"): "which they verify",
    ("admin", "licence_documents"): "which they verify",
    ("admin", "licence_events"): "which they verify",
    ("admin", "erasure_reports"): "which name nobody",
    ("admin", "audit_log"): "and the audit",
    ("admin", "emergency_accesses"): "all of them, so that one administrator can watch another",
    ("stranger", "dental_photos"): "the photo of a case that waits for a dentist",
}
OUTSIDERS = ("nobody", "other", "stranger", "unverified", "admin")


@pytest.fixture(scope="module")
def world(people: People, owner: Owner) -> Iterator[World]:
    """With a row of the patient's in every table."""
    made = make(people, owner)
    names = {**_names(made), "appointment": new_id()}
    for statement in (
        "INSERT INTO spent_refresh_tokens (token, session_id) VALUES (%(new)s, %(session)s)",
        "INSERT INTO idempotency_keys (user_id, key, fingerprint) VALUES (%(user)s, 'k', 'f')",
        "INSERT INTO session_writes (session_id, position) VALUES (%(session)s, 1)",
        "INSERT INTO diagnosis_reviews "
        "(id, diagnosis_id, patient_id, doctor_id, reviewer_name, version, verb) "
        "VALUES (%(new)s, %(diagnosis)s, %(patient)s, %(care_doctor)s, 'Budi Santoso', 1, 'CLAIMED')",
        "INSERT INTO shadow_findings (id, diagnosis_id, model, version, digest, detections, scores, "
        "milliseconds) VALUES (%(new)s, %(diagnosis)s, 'm', '1', 'd', '[]', '[]', 1)",
        "INSERT INTO appointments (id, patient_id, doctor_id, scheduled_at, duration, reason) "
        "VALUES (%(appointment)s, %(patient)s, %(care_doctor)s, now() + interval '9 days', 30, 'Pain')",
        "INSERT INTO appointment_overbookings (id, appointment_id, doctor_id, patient_id, reason) "
        "VALUES (%(new)s, %(appointment)s, %(care_doctor)s, %(patient)s, 'Swollen')",
        # its trigger writes the history
        "INSERT INTO appointment_check_ins (appointment_id, doctor_id, patient_id) "
        "VALUES (%(appointment)s, %(care_doctor)s, %(patient)s)",
        "INSERT INTO schedule_exceptions (id, doctor_id, day, kind) "
        "VALUES (%(new)s, %(care_doctor)s, now()::date, 'LEAVE')",
        "INSERT INTO appointment_invitations (appointment_id, patient_id, sequence, changed_at) "
        "SELECT id, patient_id, 0, now() FROM appointments WHERE patient_id = %(patient)s "
        "ON CONFLICT DO NOTHING",
        "INSERT INTO appointment_letters (id, appointment_id, patient_id, kind, sequence, scheduled_at, "
        "duration, due_at) SELECT %(new)s, id, patient_id, 'REQUEST', 7, scheduled_at, 30, now() "
        "FROM appointments WHERE patient_id = %(patient)s LIMIT 1",
        "INSERT INTO waiting_entries (id, patient_id, doctor_id, minutes, earliest_on, latest_on, reason) "
        "VALUES (%(user)s, %(patient)s, %(care_doctor)s, 30, now()::date, now()::date + 30, 'Pain')",
        "INSERT INTO slot_offers (id, entry_id, patient_id, doctor_id, scheduled_at, duration, "
        "freed_minutes, expires_at) VALUES (%(new)s, %(user)s, %(patient)s, %(care_doctor)s, "
        "now() + interval '1 day', 30, 30, now() + interval '1 hour')",
        "INSERT INTO recalls (id, doctor_id, patient_id, months, due_on) "
        "VALUES (%(new)s, %(care_doctor)s, %(patient)s, 6, now()::date + 180)",
        "INSERT INTO care_notices (id, patient_id, kind, about_id) "
        "VALUES (%(new)s, %(patient)s, 'OFFER', %(new)s)",
        "INSERT INTO calendar_feeds (user_id, digest, language) VALUES (%(user)s, repeat('0', 64), 'en')",
        "INSERT INTO medical_records (id, patient_id, doctor_id, record_type, title, description) "
        "VALUES (%(new)s, %(patient)s, %(care_doctor)s, 'treatment', 'Filling', 'Upper left')",
        "INSERT INTO patient_phone_index (patient_id, digest) VALUES (%(patient)s, %(new)s)",
        "INSERT INTO licence_submissions (id, doctor_id, sip_number, sip_issuer, sip_expires_on, str_number, "
        "time_zone) "
        "VALUES (%(user)s, %(unverified)s, 'SIP 1', 'Dinas', now()::date + 99, 'STR 1', 'Asia/Jakarta')",
        "INSERT INTO licence_documents (id, submission_id, object_key, content_type, bytes, sha256) "
        "VALUES (%(new)s, %(user)s, %(new)s, 'image/png', 1, repeat('0', 64))",
        "INSERT INTO licence_events (id, doctor_id, step, actor_role) "
        "VALUES (%(new)s, %(unverified)s, 'SUBMITTED', 'DOCTOR')",
        "INSERT INTO session_confirmations (session_id) VALUES (%(session)s)",
        "INSERT INTO totp_factors (user_id, secret) VALUES (%(user)s, 'x')",
        "INSERT INTO recovery_codes (user_id, code) VALUES (%(user)s, 'x')",
        "INSERT INTO passkeys (id, user_id, name, credential_id, public_key, sign_count) "
        "VALUES (%(new)s, %(user)s, 'Telephone', %(new)s, 'x', 0)",
        "INSERT INTO factor_challenges (id, user_id, purpose, challenge, expires_at) "
        "VALUES (%(new)s, %(user)s, 'sign-in', 'x', now() + interval '1 hour')",
        "SELECT app_tell(%(patient)s, 'diagnosis', %(diagnosis)s)",
        "INSERT INTO mail_tokens (id, user_id, purpose, email, expires_at) "
        "VALUES (%(new)s, %(user)s, 'EMAIL_VERIFICATION', 'x@example.com', now() + interval '1 hour')",
        "INSERT INTO verified_emails (user_id, email) VALUES (%(user)s, 'x@example.com')",
        "INSERT INTO erasure_requests (id, user_id, token, markers) "
        "VALUES (%(user)s, %(user)s, %(new)s, '{}')",
        "INSERT INTO erasure_reports (id, request_id, user_id, entries, found, digest, created_at) "
        "VALUES (%(new)s, %(user)s, %(user)s, '[]', '{}', '', now())",
        "SELECT app_make_audit_partition(now()::date)",
        "INSERT INTO audit_log (chain, number, at, id, person, own, user_id, role, session_id, address, "
        "action, kinds, why, request_id, previous, hash) "
        "VALUES (%(new)s, 1, now(), %(new)s, %(patient)s, false, '', '', '', '', '', '', '', '', '', '')",
    ):
        owner.execute(statement, {**names, "new": new_id()})
    yield made
    remove_queued(made, owner)


def _names(world: World) -> dict[str, Any]:
    patient = world.patient
    return {
        "user": patient.user_id,
        "patient": patient.patient_id,
        "session": world.session,
        "unverified": world.actors["unverified"].doctor_id,
        "diagnosis": world.diagnosis,
        "failed": world.failed,
        "care_doctor": world.actors["care"].doctor_id,
    }


def test_every_table_is_looked_at() -> None:
    assert set(catalog.metadata.tables) == WHERE.keys() | IMPERSONAL


@pytest.fixture
def as_outsider(urls: Urls, world: World, who: str) -> Iterator[psycopg.Connection[Any]]:
    actor: Actor = world.actors[who]
    with psycopg.connect(urls.app) as connection:
        connection.execute("SELECT app_identify(%s, %s, %s, %s, %s)", actor.identification())
        yield connection
        connection.rollback()


OF_DOCTOR = {"doctor_profiles", "licence_submissions", "licence_documents", "licence_events"}
# The unverified doctor's own profile is their own; everybody else's they are kept from.
CASES = [
    (table, who) for table in WHERE for who in OUTSIDERS if not (who == "unverified" and table in OF_DOCTOR)
]


@pytest.mark.parametrize(("table", "who"), CASES)
def test_reading(as_outsider: psycopg.Connection[Any], world: World, table: str, who: str) -> None:
    found = as_outsider.execute(f"SELECT 1 FROM {table} WHERE {WHERE[table]}", _names(world)).rowcount
    assert (found > 0) == ((who, table) in READABLE)


@pytest.mark.parametrize(("table", "who"), CASES)
def test_changing(
    as_outsider: psycopg.Connection[Any], world: World, owner: Owner, table: str, who: str
) -> None:
    """Every column that could be set at all is tried, each to what it is already."""
    refused = 0
    for column in catalog.metadata.tables[table].columns:
        try:
            with as_outsider.transaction():
                done = as_outsider.execute(
                    f'UPDATE {table} SET "{column.name}" = "{column.name}" WHERE {WHERE[table]}',
                    _names(world),
                )
                assert done.rowcount == 0, column.name
        except psycopg.errors.InsufficientPrivilege:
            refused += 1
    assert refused > 0  # at least the key is never the app's to change


@pytest.mark.parametrize(("table", "who"), CASES)
def test_deleting(as_outsider: psycopg.Connection[Any], world: World, table: str, who: str) -> None:
    try:
        done = as_outsider.execute(f"DELETE FROM {table} WHERE {WHERE[table]}", _names(world))
    except psycopg.errors.InsufficientPrivilege:
        return
    assert done.rowcount == 0


@pytest.mark.parametrize(("table", "who"), CASES)
def test_making(
    as_outsider: psycopg.Connection[Any], world: World, owner: Owner, table: str, who: str
) -> None:
    """A row like the patient's own, under another key."""
    found = owner.execute(
        f"SELECT row_to_json(one) FROM {table} AS one WHERE {WHERE[table]} LIMIT 1", _names(world)
    ).fetchone()
    assert found is not None, f"no row of the patient in {table}"
    row: Any = found[0]
    names = [column.name for column in catalog.metadata.tables[table].columns]
    row |= {name: new_id() for name in ("id", "key", "token") if name in row}
    if table == "patient_profiles":
        row["user_id"] = world.patient.user_id
    columns = ", ".join(f'"{name}"' for name in names)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        as_outsider.execute(
            f"INSERT INTO {table} ({columns}) SELECT {columns} FROM json_populate_record(NULL::{table}, %s)",
            (json.dumps(row, default=str),),
        )


@pytest.mark.parametrize("table", sorted(WHERE))
def test_the_patients_row_is_really_there(owner: Owner, world: World, table: str) -> None:
    """Else the tests above would pass over nothing."""
    assert owner.execute(f"SELECT 1 FROM {table} WHERE {WHERE[table]}", _names(world)).rowcount > 0


def test_with_a_policy_taken_out_the_row_is_read(owner: Owner, urls: Urls, world: World) -> None:
    """Each table's guard for reading is what stops the outsider: without it every row is there."""
    readable = []
    for table, condition in WHERE.items():
        with owner.transaction(force_rollback=True):
            owner.execute(f"CREATE POLICY hole ON {table} FOR SELECT TO dentalization_app USING (true)")
            owner.execute(f"GRANT SELECT ON {table} TO dentalization_app")
            owner.execute("SET LOCAL ROLE dentalization_app")
            if owner.execute(f"SELECT 1 FROM {table} WHERE {condition}", _names(world)).rowcount:
                readable.append(table)
    assert readable == list(WHERE)
