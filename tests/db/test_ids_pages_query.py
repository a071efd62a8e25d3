from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import bindparam, select

from dentalization.accounts.tables import Role, User
from dentalization.db.ids import is_id, new_id, new_ids
from dentalization.db.keyset import BadCursor, TimeKey, cursor_of, page_of
from dentalization.db.query import Query
from dentalization.db.row import row
from dentalization.signing import Signer


@given(st.integers(0, 36**9 - 2), st.integers(1, 10**6))
def test_ids_sort_by_time(at: int, later: int) -> None:
    first = new_id(at_milliseconds=at)
    second = new_id(at_milliseconds=min(at + later, 36**9 - 1))
    assert is_id(first)
    assert first < second


def test_ids_do_not_repeat() -> None:
    assert len({new_id() for _ in range(10_000)}) == 10_000


@given(st.integers(0, 500))
def test_ids_made_together_are_ids_in_rising_order(count: int) -> None:
    made = new_ids(count)
    assert len(set(made)) == count
    assert sorted(made) == made
    assert all(is_id(one) for one in made)


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_cursor_leads_back_to_its_row(at: datetime) -> None:
    row_id = new_id()
    assert TimeKey.after(cursor_of(at, row_id)) == TimeKey(at, row_id)


@given(st.text())
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(BadCursor):
        TimeKey.after(text)


@given(st.integers(1, 5), st.integers(0, 12))
def test_pages_visit_every_row_once(limit: int, count: int) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [new_id(at_milliseconds=n) for n in range(count)]
    seen: list[str] = []
    place: str | None = None
    while True:
        begin = rows.index(TimeKey.after(place).id) + 1 if place else 0
        page = page_of(rows[begin : begin + limit + 1], limit, lambda item: (moment, item))
        seen += page.items
        place = page.next
        if place is None:
            break
    assert seen == rows


@row
class Somebody:
    id: str
    role: Role


def test_a_query_refuses_missing_and_unknown_parameters() -> None:
    query = Query(
        select(User.id, User.role).where(User.id == bindparam("user_id")).limit(bindparam("limit")),
        row=Somebody,
    )
    assert query.bind({"user_id": "c1", "limit": 2}) == ["c1", 2]
    for wrong in ({}, {"user_id": "c1"}, {"user_id": "c1", "limit": 2, "role": "ADMIN"}):
        with pytest.raises(TypeError, match="parameters missing"):
            query.bind(wrong)


def test_a_row_type_that_does_not_fit_is_refused_at_import() -> None:
    @dataclass(frozen=True)
    class Wrong:
        id: str
        surname: str

    with pytest.raises(TypeError, match="surname"):
        Query(select(User.id), row=Wrong)


@given(st.text(), st.text())
def test_a_signature_holds_for_its_purpose_and_its_key_alone(purpose: str, other: str) -> None:
    signer = Signer("k" * 32)
    token = signer.sign(purpose, {"a": 1}, seconds=60)
    claims = signer.verify(purpose, token)
    assert claims is not None
    assert claims["a"] == 1
    assert (signer.verify(other, token) is None) == (other != purpose)
    assert Signer("l" * 32).verify(purpose, token) is None
    assert signer.verify(purpose, signer.sign(purpose, {}, seconds=-1)) is None


@given(st.text(max_size=200))
def test_noise_is_no_token(noise: str) -> None:
    assert Signer("k" * 32).verify("p", noise) is None
