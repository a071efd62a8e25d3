"""Who is found in the directory, by what, and by which plan."""

from __future__ import annotations

import secrets
from typing import Any

import httpx
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import Urls, open_database
from tests.people import People

from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.db.keyset import NameKey, cursor_of
from dentalization.profiles import directory

V1 = "/api/v1"
Owner = psycopg.Connection[tuple[Any, ...]]


def named(people: People, owner: Owner, **columns: Any) -> str:
    doctor = people.doctor(verified=columns.pop("verified", True))
    assignments = ", ".join(f"{name} = %s" for name in columns)
    owner.execute(
        f"UPDATE doctor_profiles SET {assignments} WHERE id = %s", [*columns.values(), doctor.doctor_id]
    )
    return doctor.doctor_id


@pytest.fixture
def ask(api: httpx.AsyncClient, people: People, signed_in: Any) -> Any:
    headers = signed_in(people.patient())

    async def found(**query: Any) -> dict[str, Any]:
        answer = await api.get(f"{V1}/doctors", headers=headers, params=query)
        assert answer.status_code == 200, answer.text
        page: dict[str, Any] = answer.json()
        return page

    return found


def ids(page: dict[str, Any]) -> list[str]:
    return [item["id"] for item in page["items"]]


async def test_each_word_stands_in_name_clinic_or_address(people: People, owner: Owner, ask: Any) -> None:
    mark = secrets.token_hex(4)
    doctor = named(
        people, owner, first_name=f"Ayu{mark}", clinic_name="Klinik Gigi Melati", clinic_address="Jl. Mawar 5"
    )
    hidden = named(people, owner, first_name=f"Ayu{mark}", verified=False)
    for words in (f"ayu{mark}", f"MELATI Ayu{mark}", f"mawar {mark} gigi santoso"):
        assert ids(await ask(q=words)) == [doctor], words
    assert ids(await ask(q=f"{mark} kenanga")) == []
    assert hidden not in ids(await ask(q=mark))


async def test_what_is_special_in_a_pattern_stands_for_itself(people: People, owner: Owner, ask: Any) -> None:
    mark = secrets.token_hex(4)
    plain = named(people, owner, first_name=f"{mark}abc")
    special = named(people, owner, first_name=rf"{mark}%_\c")
    assert ids(await ask(q=f"{mark}%")) == [special]
    assert ids(await ask(q=f"{mark}%_")) == [special]
    assert ids(await ask(q=f"{mark}%_\\c")) == [special]
    assert ids(await ask(q=f"{mark}a_c")) == []
    assert plain in ids(await ask(q=mark))


async def test_a_specialization_is_compared_whole(people: People, owner: Owner, ask: Any) -> None:
    mark = secrets.token_hex(4)
    doctor = named(people, owner, specialization=f"Orthodontics {mark}")
    assert ids(await ask(specialization=f"ORTHODONTICS {mark}")) == [doctor]
    assert ids(await ask(specialization="Orthodontics", q=mark)) == []


async def test_pages_follow_each_other_by_name(people: People, owner: Owner, ask: Any) -> None:
    mark = secrets.token_hex(4)
    names = ["Budi", "ayu", "Citra", "ayu", "Dewi"]
    made = [named(people, owner, first_name=f"{mark}{name}") for name in names]
    seen, after = [], {}
    while True:
        page = await ask(q=mark, limit=2, **after)
        seen += ids(page)
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    ayu = sorted([made[1], made[3]])
    assert seen == [*ayu, made[0], made[2], made[4]]
    assert "sortName" not in page["items"][0]


async def test_nobody_finds_anybody_without_signing_in(people: People, urls: Urls) -> None:
    people.doctor()
    db = await open_database(urls.app)
    try:
        assert (await directory.doctors(db, actor=Actor.nobody(), limit=5)).items == []
    finally:
        await db.close()


async def test_one_verified_dentist_and_no_other(
    api: httpx.AsyncClient, people: People, signed_in: Any
) -> None:
    headers = signed_in(people.patient())
    verified, unverified = people.doctor(), people.doctor(verified=False)
    found = await api.get(f"{V1}/doctors/{verified.doctor_id}", headers=headers)
    assert found.json()["firstName"] == "Budi"
    assert "licenseNumber" not in found.json()
    missing = await api.get(f"{V1}/doctors/{unverified.doctor_id}", headers=headers)
    assert missing.status_code == 404


@given(st.text(), st.builds(new_id))
def test_a_cursor_leads_back_to_its_place(name: str, row_id: str) -> None:
    name = name.replace("\x00", "")
    assert NameKey.after(cursor_of(name, row_id)) == NameKey(name, row_id)


async def test_a_made_up_place_is_refused(api: httpx.AsyncClient, people: People, signed_in: Any) -> None:
    headers = signed_in(people.patient())
    for after in ("x", "W10=", cursor_of("a", "no id"), cursor_of("a\x00", new_id())):
        answer = await api.get(f"{V1}/doctors", headers=headers, params={"after": after})
        assert answer.status_code == 422, after


@pytest.mark.parametrize(
    ("condition", "index"),
    [
        ("lower(first_name || ' ' || last_name) > 'm'", "ix_doctor_profiles_directory"),
        ("lower(specialization) = 'orthodontics'", "ix_doctor_profiles_specialization"),
        (
            "lower(first_name || ' ' || last_name || ' ' || coalesce(clinic_name, '') || ' ' || "
            "coalesce(clinic_address, '')) LIKE '%melati 77%'",
            "ix_doctor_profiles_search",
        ),
    ],
)
def test_no_search_reads_all_doctors(fresh_urls: Urls, condition: str, index: str) -> None:
    with psycopg.connect(fresh_urls.owner) as owner:
        owner.execute(
            "INSERT INTO users (id, email, password, role) SELECT 'u' || i, 'u' || i || '@example.com', "
            "'none', 'DOCTOR' FROM generate_series(1, 5000) AS i"
        )
        owner.execute(
            "INSERT INTO doctor_profiles (id, user_id, first_name, last_name, license_number, "
            "specialization, clinic_name, is_verified) "
            "SELECT 'd' || i, 'u' || i, 'Ayu' || i, 'Dewi', 'L' || i, 'Field ' || i % 50, 'Melati ' || i, "
            "true FROM generate_series(1, 5000) AS i"
        )
        owner.execute("ANALYZE doctor_profiles")
        plan = owner.execute(
            f"EXPLAIN SELECT id FROM doctor_profiles WHERE is_verified AND {condition} "
            "ORDER BY lower(first_name || ' ' || last_name), id LIMIT 20"
        ).fetchall()
    assert index in str(plan)
