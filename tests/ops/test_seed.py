"""Seeds on real databases: what they make, that it is right, and that they refuse where they must."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from PIL import Image
from tests.conftest import TEMPLATE, Urls, drop, recreate, with_database

from dentalization.db.ids import is_id
from dentalization.dentistry.boxes import Detection
from dentalization.errors import InvalidInput
from dentalization.ops.errors import AlreadySeeded
from dentalization.ops.seed import history
from dentalization.ops.seed.accounts import seed_accounts
from dentalization.ops.seed.copying import ids
from dentalization.ops.seed.history import Counts, seed_history
from dentalization.ops.seed.pictures import draw_pictures
from dentalization.storage.local import LocalStore

UNTIL = datetime(2026, 3, 1, tzinfo=UTC)
TABLES = (
    "users", "doctor_profiles", "patient_profiles", "dental_photos", "ai_diagnoses", "analyses",
    "diagnosis_reviews", "appointments", "medical_records", "care_relationships",
)  # fmt: skip
SCHEMA = """SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) || convalidated
  FROM pg_constraint
UNION ALL SELECT tgrelid::regclass || ' ' || tgname || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal
ORDER BY 1"""


def seed(url: str, *, patients: int = 300, diagnoses: int = 2000, number: int = 1, **more: Any) -> Counts:
    arguments: dict[str, Any] = {"progress": lambda *_: None, "until": UNTIL, **more}
    return seed_history(
        url,
        patients=patients,
        diagnoses=diagnoses,
        seed=number,
        public_url="https://example.com",
        **arguments,
    )


def all_of(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


def everything(url: str) -> dict[str, list[tuple[Any, ...]]]:
    return {table: all_of(url, f'SELECT t::text COLLATE "C" FROM {table} t ORDER BY 1') for table in TABLES}


@pytest.fixture(scope="module")
def seeded(cluster_url: str, worker_id: str) -> Iterator[str]:
    """The owner's address of a database with 300 patients and 2,000 diagnoses, for tests that only read."""
    name = f"dentalization_seeded_{worker_id}"
    recreate(cluster_url, name, template=TEMPLATE)
    url = with_database(cluster_url, name)
    seed(url)
    yield url
    drop(cluster_url, name)


def nothing(url: str, query: str) -> None:
    assert all_of(url, query) == []


def test_counts(seeded: str) -> None:
    counts = all_of(
        seeded,
        """SELECT (SELECT count(*) FROM patient_profiles), (SELECT count(*) FROM ai_diagnoses),
           (SELECT count(*) FROM dental_photos), (SELECT count(*) FROM analyses WHERE status = 'done'),
           (SELECT count(*) FROM doctor_profiles)""",
    )
    assert counts == [(300, 2000, 2000, 2000, 5)]
    assert all_of(seeded, "SELECT count(*) > 150 FROM appointments") == [(True,)]
    assert all_of(seeded, "SELECT count(*) > 100 FROM medical_records") == [(True,)]


def test_care_relationships_say_what_the_tables_say(seeded: str) -> None:
    count = """(SELECT count(*) FROM {} t
        WHERE t.doctor_id = c.doctor_id AND t.patient_id = c.patient_id AND to_jsonb(t)->>'status'
          IS DISTINCT FROM 'CANCELLED')"""
    nothing(
        seeded,
        f"""SELECT * FROM care_relationships c WHERE
          (c.diagnoses, c.appointments, c.records) <> ({count.format("ai_diagnoses")},
            {count.format("appointments")}, {count.format("medical_records")})""",
    )
    for table in ("ai_diagnoses", "appointments", "medical_records"):
        nothing(
            seeded,
            f"""SELECT doctor_id, patient_id FROM {table} t WHERE doctor_id IS NOT NULL
                AND to_jsonb(t)->>'status' IS DISTINCT FROM 'CANCELLED'
                EXCEPT SELECT doctor_id, patient_id FROM care_relationships""",
        )
    nothing(
        seeded,
        """SELECT * FROM care_relationships c WHERE created_at <> (SELECT min(created_at) FROM ai_diagnoses d
             WHERE d.doctor_id = c.doctor_id AND d.patient_id = c.patient_id)""",
    )


def test_statuses_are_plausible_and_the_ledger_agrees(seeded: str) -> None:
    shares = dict(all_of(seeded, "SELECT status, count(*) / 2000.0 FROM ai_diagnoses GROUP BY 1"))
    assert 0.01 < shares["PENDING"] < 0.04
    assert shares["CONFIRMED"] > shares["REVIEWED"] > 0.1
    assert shares["REJECTED"] > 0.08
    [(waiting,)] = all_of(seeded, "SELECT count(*) FROM ai_diagnoses WHERE doctor_id IS NULL")
    assert waiting > 0
    nothing(seeded, "SELECT * FROM ai_diagnoses WHERE doctor_id IS NULL AND status <> 'PENDING'")
    nothing(
        seeded,
        """SELECT d.id, d.status, r.verb FROM ai_diagnoses d
           LEFT JOIN diagnosis_reviews r ON r.diagnosis_id = d.id
           WHERE CASE WHEN d.doctor_id IS NULL THEN r.id IS NOT NULL
             WHEN d.status = 'PENDING' THEN r.verb IS DISTINCT FROM 'CLAIMED'
             ELSE r.verb::text IS DISTINCT FROM d.status::text END
           OR r.doctor_id <> d.doctor_id OR r.patient_id <> d.patient_id
           OR r.notes IS DISTINCT FROM d.notes AND r.verb <> 'CLAIMED'
           OR r.reviewed_at NOT BETWEEN d.created_at AND d.updated_at""",
    )
    assert all_of(seeded, "SELECT bool_or(detections IS NOT NULL) FROM diagnosis_reviews") == [(True,)]
    nothing(
        seeded,
        "SELECT * FROM ai_diagnoses d JOIN doctor_profiles p ON p.id = d.doctor_id AND NOT is_verified",
    )


def test_analyses_join_photo_and_diagnosis(seeded: str) -> None:
    nothing(
        seeded,
        """SELECT d.id FROM ai_diagnoses d
           LEFT JOIN analyses a ON a.diagnosis_id = d.id AND a.requested_by = d.user_id
           LEFT JOIN dental_photos f ON f.id = a.photo_id
             AND f.patient_id = d.patient_id AND f.photo_url = d.photo_url
             AND f.photo_url = 'https://example.com/api/v1/photos/' || f.id || '/content'
             AND d.metadata->>'photoId' = f.id AND d.metadata->>'photoType' = f.photo_type
             AND (d.metadata->>'drawn')::boolean AND d.metadata->>'model' = 'demo'
           LEFT JOIN patient_profiles p ON p.id = d.patient_id AND p.user_id = d.user_id
           WHERE f.id IS NULL OR p.id IS NULL OR p.created_at > f.taken_at + interval '3 minutes'""",
    )


def test_boxes_lie_in_the_picture_that_the_photo_shows(seeded: str) -> None:
    pictures = draw_pictures()
    rows = all_of(
        seeded,
        """SELECT f.metadata, d.detections, d.confidence FROM ai_diagnoses d
           JOIN analyses a ON a.diagnosis_id = d.id JOIN dental_photos f ON f.id = a.photo_id LIMIT 300""",
    )
    for details, detections, confidence in rows:
        picture = pictures[int(details["object"].removeprefix("drawn/"))]
        assert (details["width"], details["height"]) == (picture.width, picture.height)
        known = [Detection.from_json(one) for one in detections]
        assert max(one.confidence for one in known) == confidence
        for one in known:
            assert one.location.right <= picture.width
            assert one.location.bottom <= picture.height
        said = {answer.detections for answer in picture.answers}
        assert detections in [json.loads(text) for text in said]


def test_ids_have_the_time_of_their_row(seeded: str) -> None:
    rows = all_of(seeded, "SELECT id, created_at FROM ai_diagnoses ORDER BY created_at, id")
    assert all(is_id(str(row_id)) for row_id, _ in rows)
    moments = [int(str(row_id)[1:10], 36) for row_id, _ in rows]
    assert moments == [round(at.timestamp() * 1000) for _, at in rows]


def test_ids_are_those_of_the_application() -> None:
    chance = np.random.default_rng(1)
    made = ids(chance, np.array([0, 36**9 - 1, 1_700_000_000_000]))
    assert [one[:10] for one in made] == [
        "c000000000",
        "czzzzzzzzz",
        "c" + np.base_repr(1_700_000_000_000, 36).lower().rjust(9, "0"),
    ]
    assert len(set(made)) == 3
    assert all(map(is_id, made))


@pytest.mark.parametrize("who", ["doctor_id", "patient_id"])
def test_nobody_is_in_two_places(seeded: str, who: str) -> None:
    nothing(
        seeded,
        f"""SELECT a.id FROM appointments a JOIN appointments b ON a.{who} = b.{who} AND a.id < b.id
           WHERE (a.scheduled_at, a.duration * interval '1 minute')
             OVERLAPS (b.scheduled_at, b.duration * interval '1 minute')""",
    )
    nothing(
        seeded,
        f"""SELECT status FROM appointments WHERE created_at >= scheduled_at
            OR scheduled_at < '{UNTIL}' AND status IN ('SCHEDULED', 'CONFIRMED', 'IN_PROGRESS')
            OR scheduled_at >= '{UNTIL}' AND status IN ('COMPLETED', 'NO_SHOW', 'IN_PROGRESS')""",
    )
    [(upcoming,)] = all_of(seeded, f"SELECT count(*) FROM appointments WHERE scheduled_at >= '{UNTIL}'")
    assert upcoming > 0


def test_verified_doctors_have_hours_in_which_the_visits_lie(seeded: str) -> None:
    nothing(
        seeded,
        """SELECT d.id FROM doctor_profiles d WHERE d.is_verified
             <> (SELECT count(*) = 6 FROM working_hours h WHERE h.doctor_id = d.id)""",
    )
    nothing(
        seeded,
        """SELECT a.id FROM appointments a JOIN doctor_schedules s ON s.doctor_id = a.doctor_id,
             LATERAL (SELECT a.scheduled_at AT TIME ZONE s.time_zone AS at) AS local,
             LATERAL (SELECT extract(hour FROM local.at) * 60 + extract(minute FROM local.at) AS minute) AS m
           WHERE NOT EXISTS (SELECT 1 FROM working_hours h WHERE h.doctor_id = a.doctor_id
             AND h.weekday = extract(isodow FROM local.at) AND h.opens <= m.minute
             AND m.minute + a.duration <= h.closes)""",
    )


def test_nothing_happens_later_than_the_end(seeded: str) -> None:
    for table in TABLES[1:]:
        column = "reviewed_at" if table == "diagnosis_reviews" else "created_at"
        nothing(seeded, f"SELECT 1 FROM {table} WHERE {column} >= '{UNTIL}'")


def test_nobody_can_sign_in_as_an_invented_person(seeded: str) -> None:
    assert all_of(seeded, "SELECT DISTINCT password FROM users") == [("!",)]


def test_the_same_seed_makes_the_same_rows_also_in_bulk(
    seeded: str, fresh_urls: Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed(fresh_urls.owner, number=5, patients=50, diagnoses=100)  # others, who are there before
    others, schema = everything(fresh_urls.owner), all_of(fresh_urls.owner, SCHEMA)
    monkeypatch.setattr(history, "BULK", 1000)
    seed(fresh_urls.owner)
    one_by_one, in_bulk = everything(seeded), everything(fresh_urls.owner)
    for table in TABLES:
        assert sorted(one_by_one[table] + others[table]) == in_bulk[table], table
    assert all_of(fresh_urls.owner, SCHEMA) == schema


def test_two_databases_alike(fresh_urls: Urls, cluster_url: str, worker_id: str) -> None:
    name = f"dentalization_twin_{worker_id}"
    recreate(cluster_url, name, template=TEMPLATE)
    twin = with_database(cluster_url, name)
    for url in (fresh_urls.owner, twin):
        seed(url, patients=60, diagnoses=400)
    assert everything(fresh_urls.owner) == everything(twin)
    drop(cluster_url, name)


def test_another_seed_adds_other_people_and_the_same_one_is_refused(fresh_urls: Urls) -> None:
    seed(fresh_urls.owner, patients=20, diagnoses=60)
    seed(fresh_urls.owner, patients=20, diagnoses=60, number=2)
    assert all_of(fresh_urls.owner, "SELECT count(*) FROM ai_diagnoses") == [(120,)]
    with pytest.raises(AlreadySeeded):
        seed(fresh_urls.owner, patients=30, diagnoses=10)
    assert all_of(fresh_urls.owner, "SELECT count(*) FROM ai_diagnoses") == [(120,)]


@pytest.mark.parametrize("bulk", [False, True])
def test_progress_rises_to_its_total(fresh_urls: Urls, monkeypatch: pytest.MonkeyPatch, bulk: bool) -> None:
    monkeypatch.setattr(history, "BULK", 1 if bulk else 1000)
    monkeypatch.setattr(history, "STRETCH", 25)
    seen: list[tuple[int, int]] = []
    seed(fresh_urls.owner, patients=30, diagnoses=100, progress=lambda *moved: seen.append(moved))
    assert seen[0][0] == 0
    assert seen[-1][0] == seen[-1][1]
    assert len({total for _, total in seen}) == 1
    assert seen == sorted(seen)
    assert len(seen) > 5


@pytest.mark.parametrize("bulk", [False, True])
def test_an_interruption_leaves_whole_stories(
    fresh_urls: Urls, monkeypatch: pytest.MonkeyPatch, bulk: bool
) -> None:
    monkeypatch.setattr(history, "BULK", 1 if bulk else 1000)
    monkeypatch.setattr(history, "STRETCH", 25)
    before = all_of(fresh_urls.owner, SCHEMA)

    def interrupt(done: int, total: int) -> None:
        if done > total / 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        seed(fresh_urls.owner, patients=30, diagnoses=100, progress=interrupt)
    assert all_of(fresh_urls.owner, SCHEMA) == before
    counts = "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM ai_diagnoses)"
    [(users, diagnoses)] = all_of(fresh_urls.owner, counts)
    assert (users, diagnoses) == ((0, 0) if bulk else (35, 50))
    nothing(fresh_urls.owner, "SELECT id FROM ai_diagnoses EXCEPT SELECT diagnosis_id FROM analyses")


@pytest.mark.parametrize(("patients", "diagnoses", "doctors"), [(0, 1, 3), (-1, 0, 3), (5, 5, 0), (5, -1, 3)])
def test_impossible_numbers(fresh_urls: Urls, patients: int, diagnoses: int, doctors: int) -> None:
    with pytest.raises(InvalidInput, match="at least one patient and one doctor"):
        seed(fresh_urls.owner, patients=patients, diagnoses=diagnoses, doctors=doctors)


@pytest.mark.parametrize(("patients", "diagnoses"), [(0, 0), (1, 0), (1, 1), (3, 2)])
def test_small_numbers(fresh_urls: Urls, patients: int, diagnoses: int) -> None:
    seed(fresh_urls.owner, patients=patients, diagnoses=diagnoses, doctors=1)
    assert all_of(
        fresh_urls.owner,
        "SELECT (SELECT count(*) FROM patient_profiles), (SELECT count(*) FROM ai_diagnoses)",
    ) == [(patients, diagnoses)]


def test_a_small_demo_has_a_picture_for_every_photo(fresh_urls: Urls, tmp_path: Path) -> None:
    store = LocalStore(tmp_path)
    seed(fresh_urls.owner, patients=5, diagnoses=12, store=store)
    rows = all_of(
        fresh_urls.owner,
        """SELECT f.id, f.metadata, d.detections FROM dental_photos f
           JOIN analyses a ON a.photo_id = f.id JOIN ai_diagnoses d ON d.id = a.diagnosis_id""",
    )
    pictures = draw_pictures()
    for photo_id, details, detections in rows:
        assert details["object"] == f"photos/{photo_id}"
        original = asyncio.run(store.get(f"photos/{photo_id}/original"))
        shown = next(picture for picture in pictures if picture.original == original)
        assert detections in [json.loads(answer.detections) for answer in shown.answers]
        with Image.open(io.BytesIO(original)) as picture:
            assert (picture.format, *picture.size) == ("JPEG", details["width"], details["height"])
        with Image.open(io.BytesIO(asyncio.run(store.get(f"photos/{photo_id}/thumbnail")))) as picture:
            assert (picture.format, max(picture.size)) == ("JPEG", 320)
    assert len(asyncio.run(store.list())) == 2 * len(rows) == 24


def test_a_large_demo_shares_pictures(
    fresh_urls: Urls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "OWN_PICTURES", 5)
    store = LocalStore(tmp_path)
    seed(fresh_urls.owner, patients=5, diagnoses=12, store=store)
    prefixes = all_of(fresh_urls.owner, "SELECT metadata->>'object' FROM dental_photos")
    keys = set(asyncio.run(store.list()))
    assert len(keys) == 2 * len(draw_pictures())
    assert {f"{prefix}/{variant}" for (prefix,) in prefixes for variant in ("original", "thumbnail")} <= keys


def test_demo_accounts_take_part_in_the_first_history(fresh_urls: Urls) -> None:
    seed_accounts(fresh_urls.owner, demo=True, environment={})
    seed(fresh_urls.owner, patients=20, diagnoses=100)
    count = """SELECT (SELECT count(*) FROM ai_diagnoses d JOIN users u ON u.id = d.user_id
          WHERE u.email = 'patient@example.com') >= 6,
        (SELECT count(*) FROM care_relationships c JOIN doctor_profiles d ON d.id = c.doctor_id
          WHERE d.license_number = 'DDS12345') > 3"""
    assert all_of(fresh_urls.owner, count) == [(True, True)]
    assert all_of(fresh_urls.owner, "SELECT count(*) FROM patient_profiles") == [(20,)]
    nothing(
        fresh_urls.owner,
        "SELECT 1 FROM users u JOIN ai_diagnoses d ON d.user_id = u.id WHERE u.created_at > d.created_at",
    )
    seed(fresh_urls.owner, patients=20, diagnoses=100, number=2)
    assert all_of(fresh_urls.owner, "SELECT count(*) FROM patient_profiles") == [(40,)]
