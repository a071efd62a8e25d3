"""Proves a report of an erasure by counting again, with the owner's login: nothing is hidden from it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.rows import dict_row

from dentalization.errors import NotFound
from dentalization.privacy.erasing import digest_of
from dentalization.privacy.policy import RULES, Action, Rule

_PERSON = """SELECT u.id AS v_user, p.id AS v_patient, d.id AS v_doctor FROM users u
    LEFT JOIN patient_profiles p ON p.user_id = u.id LEFT JOIN doctor_profiles d ON d.user_id = u.id
    WHERE u.id = %s"""
_TABLES = """SELECT relname::text AS name FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1"""


def verify(owner_url: str, *, report_id: str, markers: Sequence[str] = ()) -> list[str]:
    """What does not hold, in sentences; nothing where the report is right.

    ``markers`` are texts that must be nowhere, as an e-mail address that the operator knows of: the report
    itself remembers none. Raises NotFound.
    """
    with psycopg.connect(owner_url, row_factory=dict_row) as connection:
        report = connection.execute("SELECT * FROM erasure_reports WHERE id = %s", (report_id,)).fetchone()
        if report is None:
            raise NotFound("There is no such report.")
        stated, created_at = report.pop("digest"), report.pop("created_at")
        problems = [] if digest_of(report, created_at=created_at) == stated else ["The report was changed."]
        problems += [f"When it was made, {name} still named the person." for name in report["found"]]
        person = connection.execute(_PERSON, (report["user_id"],)).fetchone()
        if person is None:
            return problems
        for rule in RULES:
            problems += _against(connection, rule, person)
        for table in connection.execute(_TABLES).fetchall():
            hits: dict[str, Any] = (
                connection.execute(
                    "SELECT app_marker_hits(%s, %s) AS found", (table["name"], list(markers))
                ).fetchone()
                or {}
            )["found"]
            problems += [f"{table['name']}.{name} names it {rows} times." for name, rows in hits.items()]
        return problems


def _against(connection: psycopg.Connection[dict[str, Any]], rule: Rule, person: dict[str, Any]) -> list[str]:
    """Rows that should be gone, or that are not as they should be. Rules are ours, and so is their SQL."""
    if rule.action is Action.KEPT:
        return []
    wrong = "true" if rule.action is Action.DELETED else f"NOT coalesce(({rule.proof}), false)"
    whose = rule.whose.replace("%", "%%")
    for name in person:
        whose = whose.replace(name, f"%({name})s::text")
    statement = f"SELECT count(*) AS rows FROM {rule.table} WHERE {whose} AND {wrong.replace('%', '%%')}"
    found = connection.execute(statement.encode(), person).fetchone()
    rows = found["rows"] if found else 0
    return [f"{rows} rows of {rule.table} ({rule.name}) should be {rule.action.value}."] if rows else []
