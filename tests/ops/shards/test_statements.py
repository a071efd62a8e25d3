"""Every declared statement names its shard, or stands in the table of reasons."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import any_, bindparam, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import aliased
from sqlalchemy.sql import Executable
from sqlalchemy.types import Text

from dentalization import catalog
from dentalization.db.objects import declared
from dentalization.db.query import Query
from dentalization.diagnoses.tables import AiDiagnosis, DiagnosisReview
from dentalization.ops.shards.placements import distributed_tables
from dentalization.ops.shards.reasons import ALL_SHARDS, INSIDE, NEVER
from dentalization.ops.shards.statements import verdict
from dentalization.photos.tables import DentalPhoto
from dentalization.profiles.tables import DoctorProfile

CUT = distributed_tables(catalog.metadata)


def named(text: str) -> set[str]:
    return {table for table in CUT if re.search(rf"\b{table}\b", text)}


def test_every_statement_names_its_shard_or_has_a_reason() -> None:
    verdicts = {name: verdict(query) for name, query in catalog.declared_queries()}
    assert {name for name, found in verdicts.items() if not found.names_its_shard} == ALL_SHARDS.keys()
    assert {name for name, found in verdicts.items() if found.refused} == NEVER
    assert ALL_SHARDS.keys() >= NEVER


def test_no_table_is_overlooked() -> None:
    """What stands in the SQL is what was found in the expression."""
    for name, query in catalog.declared_queries():
        assert verdict(query).tables == named(query.sql), name


def test_functions_that_touch_distributed_tables_have_a_reason() -> None:
    triggers = {
        item.body.split("EXECUTE FUNCTION ")[1].rstrip(";") for item in declared() if item.kind == "trigger"
    }
    found = {
        item.name
        for item in declared()
        if item.kind == "function" and named(item.body) and item.name not in triggers
    }
    assert found == INSIDE.keys()


patient = AiDiagnosis.patient_id == bindparam("patient")
beside = DiagnosisReview.patient_id == AiDiagnosis.patient_id
other = aliased(AiDiagnosis)
add = insert(DentalPhoto).values(id=bindparam("id"), photo_url=bindparam("url"))
STATEMENTS: list[tuple[Executable, bool, str]] = [
    (select(DoctorProfile.id), True, ""),
    (select(AiDiagnosis.id).where(patient), True, ""),
    (select(AiDiagnosis.id), False, ""),
    (select(AiDiagnosis.id).where(or_(patient, AiDiagnosis.id == bindparam("id"))), False, ""),
    (select(AiDiagnosis.id).where(AiDiagnosis.patient_id > bindparam("patient")), False, ""),
    (select(AiDiagnosis.id).where(AiDiagnosis.patient_id == AiDiagnosis.user_id), False, ""),
    (
        select(AiDiagnosis.id).where(AiDiagnosis.patient_id == any_(bindparam("p", type_=ARRAY(Text)))),
        True,
        "",
    ),
    (select(AiDiagnosis.id).where(AiDiagnosis.patient_id.in_([bindparam("p")])), True, ""),
    (select(AiDiagnosis.id).join(DiagnosisReview, beside).where(patient), True, ""),
    (
        select(AiDiagnosis.id)
        .join(DiagnosisReview, DiagnosisReview.diagnosis_id == AiDiagnosis.id)
        .where(patient),
        False,
        "joins",
    ),
    (select(other.id).join(AiDiagnosis, other.id == AiDiagnosis.id).where(patient), False, "joins"),
    (select(AiDiagnosis.id).where(AiDiagnosis.id == bindparam("id")).with_for_update(), False, "locks"),
    (select(AiDiagnosis.id).where(patient).with_for_update(), True, ""),
    (update(AiDiagnosis).where(patient).values(status=bindparam("n")), True, ""),
    (update(AiDiagnosis).where(patient).values(patient_id=bindparam("n")), True, "changes"),
    (add, False, ""),
    (add.values(patient_id=bindparam("patient")).on_conflict_do_nothing(), True, ""),
    (
        add.values(patient_id=bindparam("patient")).on_conflict_do_nothing(index_elements=["id"]),
        True,
        "ON CONFLICT",
    ),
]


@pytest.mark.parametrize("case", range(len(STATEMENTS)))
def test_what_names_a_shard(case: int) -> None:
    statement, names_its_shard, refused = STATEMENTS[case]
    found = verdict(Query[Any](statement))
    assert found.names_its_shard is names_its_shard
    assert any(refused in why for why in found.refused) if refused else not found.refused
