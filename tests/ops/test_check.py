"""``db check`` finds every kind of disagreement between a statement, its row type and the database."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo
from sqlalchemy import (
    Executable,
    Text,
    alias,
    bindparam,
    case,
    cast,
    column,
    exists,
    func,
    select,
    text,
    union_all,
    update,
)
from tests.conftest import Urls, app_url, drop, recreate, with_database
from tests.ops import growth

from dentalization import catalog
from dentalization.accounts.tables import Role, User
from dentalization.db.objects import declared
from dentalization.db.query import Query
from dentalization.db.row import row
from dentalization.diagnoses.tables import AiDiagnosis
from dentalization.ops import migrations
from dentalization.ops.check import check
from dentalization.profiles.tables import DoctorProfile, PatientProfile


class OtherRole(StrEnum):
    PATIENT = "PATIENT"
    NURSE = "NURSE"


def one(kind: Any) -> type:
    """A row type with one field."""
    return row(type("One", (), {"__annotations__": {"value": kind}}))


@row
class Name:
    first_name: str


@row
class Contact:
    clinic_name: str | None
    first_name: str


@row
class WithDoctor:
    id: str
    doctor: Name | None


@row
class WithDoctorAlways:
    id: str
    doctor: Name


@row
class WithContact:
    id: str
    doctor: Contact | None


@row
class WithBoth:
    id: str
    doctor: DoctorAndPatient | None


@row
class DoctorAndPatient:
    first_name: str
    patient: str


def value(expression: Any) -> Executable:
    return select(expression.label("value"))


_doctor = alias(DoctorProfile.__table__, "doctor")
_with_doctor = (
    select(AiDiagnosis.id, _doctor.c.first_name.label("doctor__first_name"))
    .select_from(AiDiagnosis)
    .join(_doctor, _doctor.c.id == AiDiagnosis.doctor_id, isouter=True)
)
_of_doctor = select(DoctorProfile.id, DoctorProfile.clinic_name).subquery()
_counted = select(AiDiagnosis.status, func.count().label("count")).group_by(AiDiagnosis.status).cte("counted")

RIGHT = {
    "text": (value(User.email), str),
    "enum": (value(User.role), Role),
    "array as tuple": (value(DoctorProfile.subspecialties), tuple[str, ...]),
    "array as list": (value(DoctorProfile.subspecialties), list[str]),
    "json": (value(AiDiagnosis.detections), list[dict[str, Any]]),
    "json of any kind": (value(AiDiagnosis.metadata_), Any | None),
    "NULL where it is expected": (value(DoctorProfile.clinic_name), str | None),
    "count": (value(func.count(AiDiagnosis.id)), int),
    "filtered count": (value(func.count().filter(AiDiagnosis.notes.is_(None))), int),
    "count over a window": (value(func.count().over()), int),
    "coalesce": (value(func.coalesce(func.max(AiDiagnosis.confidence), 0.0) + 1.0), float),
    "exists": (value(exists().where(User.role == Role.ADMIN)), bool),
    "is null": (value(AiDiagnosis.notes.is_(None)), bool),
    "comparison": (value((AiDiagnosis.confidence > 0.5) & (AiDiagnosis.diagnosis != "")), bool),
    "cast": (value(cast(User.role, Text)), str),
    "case": (value(case((AiDiagnosis.notes.is_(None), "none"), else_="some")), str),
    "subquery": (value(_of_doctor.c.id), str),
    "common table": (value(_counted.c.count), int),
    "union": (union_all(value(User.id), value(AiDiagnosis.id)), str),
    "returning": (update(User).values(password="x").returning(User.email.label("value")), str),
    "parameters": (value(User.id).where(User.email == bindparam("email"), User.id > bindparam("id")), str),
}

WRONG = {
    "type": (
        value(User.created_at), str,
        "column value is timestamp with time zone in the database, but the row type says str",
    ),
    "number": (value(AiDiagnosis.confidence), int, "is double precision in the database"),
    "array": (value(DoctorProfile.subspecialties), str, "is text[] in the database"),
    "element of an array": (value(DoctorProfile.subspecialties), tuple[int, ...], "is text[] in the"),
    "enum": (value(User.role), str, "is role in the database"),
    "labels of an enum": (
        value(User.role), OtherRole,
        "labels that differ from OtherRole: only in the database ADMIN, DOCTOR, only in the program NURSE",
    ),
    "text for an enum": (value(User.email), Role, "is character varying in the database"),
    "json": (value(AiDiagnosis.detections), str, "is jsonb in the database"),
    "anything but json": (value(User.email), Any, "is character varying in the database"),
    "nullable column": (
        value(DoctorProfile.clinic_name), str, "value may be NULL, but its field is not Optional",
    ),
    "nullable result": (value(func.max(AiDiagnosis.confidence)), float, "may be NULL"),
    "nullable sum": (value(DoctorProfile.years_experience + 1), int, "may be NULL"),
    "nullable coalesce": (
        value(func.coalesce(DoctorProfile.clinic_name, DoctorProfile.education)), str, "may be NULL",
    ),
    "case without else": (value(case((User.id == "", User.email))), str, "may be NULL"),
    "nullable in a subquery": (value(_of_doctor.c.clinic_name), str, "may be NULL"),
    "nullable in a union": (union_all(value(User.id), value(AiDiagnosis.doctor_id)), str, "may be NULL"),
    "outer join": (
        value(_doctor.c.id).select_from(AiDiagnosis)
        .join(_doctor, _doctor.c.id == AiDiagnosis.doctor_id, isouter=True),
        str, "may be NULL",
    ),
    "full join": (
        value(AiDiagnosis.id).select_from(AiDiagnosis)
        .join(_doctor, _doctor.c.id == AiDiagnosis.doctor_id, full=True),
        str, "may be NULL",
    ),
    "name": (
        text("SELECT id AS nme FROM users").columns(column("value", Text)), str | None,
        "the database calls the columns nme, the statement value",
    ),
    "column that nobody reads": (
        select(User.id.label("value"), User.email), str, "column email is read, but no field takes it",
    ),
    "no such column": (text("SELECT nonsense FROM users").columns(column("value", Text)), str, "refuses it"),
    "no such right": (
        update(User).values(role="ADMIN").returning(User.id.label("value")), str, "permission denied",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_statement_is_left_alone(urls: Urls, name: str) -> None:
    statement, kind = RIGHT[name]
    assert check(urls.past_pooler, [(name, Query(statement, row=one(kind)))]) == []


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_statement_is_found(urls: Urls, name: str) -> None:
    statement, kind, problem = WRONG[name]
    found = check(
        urls.past_pooler,
        [(name, Query(statement, row=one(kind))), ("right", Query(value(User.id), row=one(str)))],
    )
    assert [finding.query for finding in found] == [name]
    assert problem in found[0].problem


@pytest.mark.parametrize(
    ("statement", "kind", "problem"),
    [
        (_with_doctor, WithDoctor, None),
        (_with_doctor, WithDoctorAlways, "column doctor__first_name may be NULL, but"),
        (
            _with_doctor.with_only_columns(
                AiDiagnosis.id,
                _doctor.c.clinic_name.label("doctor__clinic_name"),
                _doctor.c.first_name.label("doctor__first_name"),
            ),
            WithContact,
            "column doctor__clinic_name may be NULL by itself, so it cannot say whether its row is there",
        ),
        (
            _with_doctor.join(PatientProfile, PatientProfile.id == AiDiagnosis.patient_id, isouter=True)
            .add_columns(PatientProfile.last_name.label("doctor__patient")),
            WithBoth,
            "column doctor__patient may be NULL, but",
        ),
    ],
)  # fmt: skip
def test_nested_rows(urls: Urls, statement: Executable, kind: type, problem: str | None) -> None:
    found = [finding.problem for finding in check(urls.past_pooler, [("nested", Query(statement, row=kind))])]
    assert len(found) == (problem is not None)
    assert all(str(problem) in sentence for sentence in found)


def test_a_statement_without_rows_is_only_planned(urls: Urls) -> None:
    wrong = Query[Any](text("DELETE FROM sessions WHERE nonsense"))
    right = Query[Any](text("DELETE FROM sessions WHERE id = ''"))
    assert [finding.query for finding in check(urls.past_pooler, [("wrong", wrong), ("right", right)])] == [
        "wrong"
    ]


def test_a_column_that_was_dropped_is_missed_by_declared_statements(fresh_urls: Urls) -> None:
    with psycopg.connect(fresh_urls.owner) as connection:
        connection.execute("ALTER TABLE sessions DROP COLUMN device_info")
    found = [finding for finding in check(fresh_urls.past_pooler) if "device_info" in finding.problem]
    assert {"accounts.SESSIONS", "accounts.ADD_SESSION"} <= {finding.query for finding in found}


def test_an_owner_acts_as_the_app_only_during_the_check(urls: Urls) -> None:
    """Neither a superuser nor a member of the app's group, but allowed to make one."""
    login, password = f"dentalization_test_owner_{secrets.token_hex(4)}", secrets.token_hex(12)
    with psycopg.connect(urls.owner, autocommit=True) as connection:
        role = sql.Identifier(login)
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN CREATEROLE PASSWORD {}").format(role, password))
        if connection.info.server_version >= 160000:  # before, CREATEROLE alone was enough
            connection.execute(
                sql.SQL("GRANT dentalization_app TO {} WITH ADMIN TRUE, SET FALSE, INHERIT FALSE").format(
                    role
                )
            )
        members = "SELECT roleid, member FROM pg_auth_members ORDER BY 1, 2"
        before = connection.execute(members).fetchall()
        owner = make_conninfo(urls.owner, user=login, password=password)
        forbidden = Query[Any](text("DELETE FROM users"))
        found = check(owner, [("forbidden", forbidden), ("right", Query(value(User.id), row=one(str)))])
        assert [finding.query for finding in found] == ["forbidden"], "as the app, which may not"
        assert connection.execute(members).fetchall() == before
        connection.execute(sql.SQL("DROP ROLE {}").format(role))


@pytest.fixture(scope="module")
def large(cluster_url: str, worker_id: str) -> Iterator[Urls]:
    name = f"dentalization_large_{worker_id}"
    recreate(cluster_url, name)
    urls = Urls(with_database(cluster_url, name), app_url(cluster_url, name))
    migrations.migrate(urls.owner, urls.app)
    growth.fill(urls.owner)
    yield urls
    drop(cluster_url, name)


@pytest.mark.slow
def test_every_declared_statement_is_right(large: Urls) -> None:
    assert check(large.past_pooler) == []
    assert check(large.owner) == []


@pytest.mark.slow
def test_every_table_is_large_enough_to_show_a_scan(large: Urls) -> None:
    with psycopg.connect(large.owner) as connection:
        rows = dict(connection.execute("SELECT relname, reltuples FROM pg_class").fetchall())
    assert [name for name in catalog.metadata.tables if rows[name] < 10_000] == [], "fill in growth.py"


@pytest.mark.slow
def test_a_scan_of_a_large_table_is_found(large: Urls) -> None:
    by_part = select(User.id.label("value")).where(func.right(User.email, 3) == bindparam("end"))
    found = check(large.past_pooler, [("scan", Query(by_part, row=one(str)))])
    assert [finding.problem[:36] for finding in found] == ["scans all of users (32,000 rows): gi"]
    assert check(large.past_pooler, [("scan", Query(by_part, row=one(str), scans="a yearly report"))]) == []
    assert check(large.past_pooler, [("scan", Query(by_part, row=one(str)))], large_rows=40_000) == []


@pytest.mark.slow
def test_a_lost_index_is_found(large: Urls) -> None:
    with psycopg.connect(large.owner, autocommit=True) as connection:
        connection.execute("DROP INDEX idx_users_email")
        try:
            found = {finding.query: finding.problem for finding in check(large.past_pooler)}
        finally:
            connection.execute("CREATE UNIQUE INDEX idx_users_email ON users (email)")
    assert "scans all of users (32,000 rows)" in found["profiles.USER_WITH_PROFILES_BY_EMAIL"]
    assert "profiles.USER_WITH_PROFILES" not in found


@pytest.mark.slow
def test_the_plan_inside_the_search_for_slots_is_looked_at(large: Urls) -> None:
    """Of the function that computes them PostgreSQL shows no plan; its statement is declared by itself."""
    indexes = [f"idx_appointments_{name}" for name in ("doctor_id", "scheduled_at", "patient_id", "status")]
    exclusions = [item for item in declared() if item.name.endswith("_overlap on appointments")]
    with psycopg.connect(large.owner, autocommit=True) as connection:
        made = connection.execute(
            "SELECT indexdef FROM pg_indexes WHERE indexname = ANY(%s)", (indexes,)
        ).fetchall()
        connection.execute(f"DROP INDEX {', '.join(indexes)}")
        for item in exclusions:
            connection.execute(item.undo)
        try:
            found = {finding.query: finding.problem for finding in check(large.past_pooler)}
        finally:
            for (definition,) in made:
                connection.execute(definition)
            for item in exclusions:
                connection.execute(item.create)
    assert len(exclusions) == 2
    assert "scans all of appointments (20,000 rows)" in found["appointments.FREE_SLOTS_INSIDE"]
    assert "appointments.FREE_SLOTS" not in found


def test_an_owner_who_may_everything_is_checked_as_the_app(urls: Urls) -> None:
    forbidden = Query[Any](text("DELETE FROM users"))
    assert [finding.query for finding in check(urls.owner, [("forbidden", forbidden)])] == ["forbidden"]
