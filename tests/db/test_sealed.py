"""A statement in which sealed columns could go wrong is refused when it is declared."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Text, bindparam, func, insert, null, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from tests.conftest import KEYRING

from dentalization import catalog
from dentalization.db.query import Query
from dentalization.db.row import row
from dentalization.profiles.tables import PatientProfile


@row
class Allergic:
    id: str
    allergies: str | None


@row
class Nameless:
    allergies: str | None


TABLE = PatientProfile.__table__
BY_ID = TABLE.c.id == bindparam("patient_id")
READ = select(TABLE.c.id, TABLE.c.allergies)
_added = pg_insert(TABLE).values(id=bindparam("patient_id"), allergies=bindparam("allergies"))

REFUSED = {
    "no id beside it": (select(TABLE.c.allergies), Nameless),
    "another column called id beside it": (
        select(TABLE.c.user_id.label("id"), TABLE.c.allergies), Allergic,
    ),
    "no field for the id": (READ, Nameless),
    "an expression of it": (select(TABLE.c.id, func.lower(TABLE.c.allergies).label("allergies")), Allergic),
    "a comparison": (READ.where(TABLE.c.allergies == bindparam("allergy")), Allergic),
    "a comparison in a subquery": (
        READ.where(TABLE.c.id.in_(select(TABLE.c.id).where(TABLE.c.allergies.like("a%")))), Allergic,
    ),
    "an order": (READ.order_by(TABLE.c.allergies), Allergic),
    "a write of all rows": (update(TABLE).values(allergies=bindparam("allergies")), None),
    "a write of rows by something else": (
        update(TABLE).where(TABLE.c.user_id == bindparam("x")).values(allergies=bindparam("allergies")), None,
    ),
    "an expression written": (update(TABLE).where(BY_ID).values(allergies=func.upper("a")), None),
    "a new row whose id is no parameter": (
        insert(TABLE).values(id=func.gen_id(), allergies=bindparam("allergies")), None,
    ),
    "values of an unknown kind": (insert(TABLE), None),
    "a row that may be there": (
        _added.on_conflict_do_update(index_elements=["id"], set_={"allergies": _added.excluded.allergies}),
        None,
    ),
}  # fmt: skip


@pytest.mark.parametrize("reason", REFUSED)
def test_a_statement_that_could_go_wrong_is_refused(reason: str) -> None:
    statement, kind = REFUSED[reason]
    with pytest.raises(TypeError, match="sealed"):
        Query[Any](statement, row=kind)


def test_whether_there_is_a_text_may_be_asked_and_it_may_be_taken_away() -> None:
    Query(READ.where(TABLE.c.allergies.is_not(None)), row=Allergic)
    Query[Any](update(TABLE).where(BY_ID).values(allergies=null()))
    Query[Any](update(TABLE).where(BY_ID).values(first_name=bindparam("name")))
    assert Query[Any](_added.on_conflict_do_nothing()).seals


def test_a_text_is_sealed_on_its_way_in_for_its_row() -> None:
    query = Query[Any](
        update(TABLE).where(BY_ID).values(allergies=bindparam("a", type_=Text), first_name=bindparam("n"))
    )
    params = {"patient_id": "c1", "a": "penicillin", "n": "Siti"}
    bound = dict(zip(query.order, query.bind(params, KEYRING), strict=True))
    assert KEYRING.unseal(bound["a"], "patient_profiles.allergies", "c1") == "penicillin"
    assert "penicillin" not in bound["a"]
    assert (bound["n"], bound["patient_id"]) == ("Siti", "c1")
    assert dict(zip(query.order, query.bind(params | {"a": None}, KEYRING), strict=True))["a"] is None
    with pytest.raises(TypeError, match="key ring"):
        query.bind(params)


def test_statements_without_sealed_columns_pay_nothing() -> None:
    queries = dict(catalog.declared_queries())
    assert not queries["diagnoses.STATISTICS"].opens
    assert not queries["profiles.DOCTORS_PATIENTS"].opens
    assert queries["diagnoses.HISTORY"].opens
