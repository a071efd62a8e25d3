"""Free slots against a model that looks at every minute of the dentist's clock, also when it changes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.appointments.conftest import V1, Practice, code, in_days
from tests.conftest import Urls
from tests.people import People

from dentalization.appointments.slots import free_slots
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id

Owner = psycopg.Connection[tuple[object, ...]]
MINUTE = timedelta(minutes=1)
CHANGING = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Africa/Cairo")
INDONESIAN = ("Asia/Jakarta", "Asia/Makassar", "Asia/Jayapura")


def changes_of(zone: str) -> list[date]:
    """The days of the next two years on which the clock of the zone changes."""
    info, day, found = ZoneInfo(zone), datetime.now(UTC).date() + timedelta(days=2), []
    for _ in range(729):
        begin = datetime(day.year, day.month, day.day, tzinfo=info)
        if begin.utcoffset() != (begin + timedelta(days=1)).utcoffset():
            found.append(day)
        day += timedelta(days=1)
    return found


def open_minutes(hours: list[Any], exceptions: list[Any], day: date) -> set[int]:
    week = {m for weekday, a, b in hours if weekday == day.isoweekday() for m in range(a, b)}
    closed = {m for one, kind, a, b in exceptions if one == day and kind != "EXTRA" for m in range(a, b)}
    extra = {m for one, kind, a, b in exceptions if one == day and kind == "EXTRA" for m in range(a, b)}
    return (week - closed) | extra


def expected(
    zone: str, hours: list[Any], exceptions: list[Any], day: date, slot: int, buffer: int
) -> Iterator[datetime]:
    """Slots of one local day: each stretch of moments at which the clock shows an open minute of that day is
    filled from its beginning."""
    info, open_ = ZoneInfo(zone), open_minutes(hours, exceptions, day)
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=18)
    moments = [moment + number * MINUTE for number in range(3 * 1440)]

    def is_open(at: datetime) -> bool:
        local = at.astimezone(info)
        return local.date() == day and local.hour * 60 + local.minute in open_

    stretch: list[datetime] = []
    for at in [*moments, None]:
        if at is not None and is_open(at):
            stretch.append(at)
            continue
        start = 0
        while start + slot <= len(stretch):
            yield stretch[start]
            start += slot + buffer
        stretch = []


def set_up(
    owner: Owner, doctor: Actor, zone: str, hours: list[Any], exceptions: list[Any], slot: int, buffer: int
) -> None:
    owner.execute("DELETE FROM doctor_schedules WHERE doctor_id = %s", (doctor.doctor_id,))
    owner.execute("DELETE FROM working_hours WHERE doctor_id = %s", (doctor.doctor_id,))
    owner.execute("DELETE FROM schedule_exceptions WHERE doctor_id = %s", (doctor.doctor_id,))
    owner.execute(
        "INSERT INTO doctor_schedules (doctor_id, time_zone, slot_minutes, buffer_minutes, "
        "minimum_notice_minutes, furthest_days, longest_minutes) VALUES (%s, %s, %s, %s, 0, 730, 1440)",
        (doctor.doctor_id, zone, slot, buffer),
    )
    for weekday, opens, closes in hours:
        owner.execute(
            "INSERT INTO working_hours (id, doctor_id, weekday, opens, closes) VALUES (%s, %s, %s, %s, %s)",
            (new_id(), doctor.doctor_id, weekday, opens, closes),
        )
    for day, kind, opens, closes in exceptions:
        owner.execute(
            "INSERT INTO schedule_exceptions (id, doctor_id, day, kind, opens, closes) "
            "VALUES (%s, %s, %s, %s, %s, %s)",
            (new_id(), doctor.doctor_id, day, kind, opens, closes),
        )


def found_on(urls: Urls, actor: Actor, doctor: Actor, day: date) -> list[datetime]:
    """What the database computes for one day of the doctor's clock, as somebody who has signed in."""
    with psycopg.connect(urls.app) as connection:
        connection.execute("SELECT app_identify(%s, %s, %s, %s, %s)", actor.identification())
        rows = connection.execute(
            "SELECT scheduled_at FROM app_free_slots(%(doctor)s, app_day_begins(%(doctor)s, %(day)s), "
            "app_day_begins(%(doctor)s, %(day)s + 1), NULL, 5000)",
            {"doctor": doctor.doctor_id, "day": day},
        ).fetchall()
    return [at.astimezone(UTC) for (at,) in rows]


sessions = st.lists(st.integers(0, 96), min_size=2, max_size=6, unique=True).map(
    lambda edges: [(15 * a, 15 * b) for a, b in zip(sorted(edges)[::2], sorted(edges)[1::2], strict=False)]
)
a_session = st.tuples(st.integers(0, 95), st.integers(1, 96)).filter(lambda s: s[0] < s[1])


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    place=st.sampled_from([(zone, day) for zone in CHANGING for day in changes_of(zone)]),
    aside=st.sampled_from([0, 0, 0, -1, 1, 7]),
    hours=sessions,
    different=st.lists(st.tuples(st.sampled_from(["HOLIDAY", "LEAVE", "EXTRA"]), a_session), max_size=2),
    slot=st.sampled_from([15, 20, 30, 45, 60]),
    buffer=st.sampled_from([0, 5, 10]),
)
def test_slots_are_what_the_clock_shows(
    urls: Urls, people: People, owner: Owner, place: tuple[str, date], aside: int, hours: list[Any],
    different: list[Any], slot: int, buffer: int,
) -> None:  # fmt: skip
    zone, day = place[0], place[1] + timedelta(days=aside)
    doctor = people.doctor()
    week = [(day.isoweekday(), opens, closes) for opens, closes in hours]
    exceptions = [(day, kind, 15 * opens, 15 * closes) for kind, (opens, closes) in different]
    set_up(owner, doctor, zone, week, exceptions, slot, buffer)
    assert found_on(urls, people.patient(), doctor, day) == list(
        expected(zone, week, exceptions, day, slot, buffer)
    )


@pytest.mark.parametrize("zone", [*CHANGING, *INDONESIAN])
def test_a_night_on_which_the_clock_changes(urls: Urls, people: People, owner: Owner, zone: str) -> None:
    """Open around the clock: every half hour that there is, and none that there is not."""
    doctor, patient = people.doctor(), people.patient()
    hours = [(weekday, 0, 1440) for weekday in range(1, 8)]
    set_up(owner, doctor, zone, hours, [], 30, 0)
    info = ZoneInfo(zone)
    for day in changes_of(zone)[:4] or [in_days(3).date()]:
        begin = datetime(day.year, day.month, day.day, tzinfo=info).astimezone(UTC)
        after = day + timedelta(days=1)
        end = datetime(after.year, after.month, after.day, tzinfo=info).astimezone(UTC)
        found = found_on(urls, patient, doctor, day)
        if zone != "Africa/Cairo":  # whose clock goes forward at midnight, which then does not exist
            assert found == [begin + 30 * number * MINUTE for number in range((end - begin) // (30 * MINUTE))]
        assert all(at.astimezone(info).date() == day for at in found)
        assert len(set(found)) == len(found)


@pytest.mark.parametrize(("zone", "utc"), [("Asia/Jakarta", 2), ("Asia/Makassar", 1), ("Asia/Jayapura", 0)])
async def test_three_clocks_of_one_country(practice: Practice, people: People, zone: str, utc: int) -> None:
    doctor = await practice.doctor(
        timeZone=zone, hours=[{"weekday": d, "opens": "09:00", "closes": "10:00"} for d in range(1, 8)]
    )
    day = in_days(3).date().isoformat()
    found = await practice.slots(people.patient(), doctor, **{"from": day, "to": day})
    assert [datetime.fromisoformat(at).astimezone(UTC).strftime("%H:%M") for at in found] == [
        f"{utc:02}:00", f"{utc:02}:30",
    ]  # fmt: skip


async def test_what_is_offered_can_be_booked_and_is_then_gone(practice: Practice, people: People) -> None:
    doctor = await practice.doctor(
        bufferMinutes=5, hours=[{"weekday": d, "opens": "09:00", "closes": "12:00"} for d in range(1, 8)]
    )
    day = in_days(3).date().isoformat()
    window = {"from": day, "to": day}
    offered = await practice.slots(people.patient(), doctor, **window)
    assert len(offered) == 5
    for at in offered[1], offered[3]:
        await practice.booked(people.patient(), doctor, datetime.fromisoformat(at))
    left = await practice.slots(people.patient(), doctor, **window)
    assert left == [offered[0], offered[2], offered[4]]
    hour = await practice.slots(people.patient(), doctor, duration="60", **window)
    assert hour == []


async def test_notice_and_furthest_day_bound_what_is_offered(practice: Practice, people: People) -> None:
    doctor = await practice.doctor(minimumNoticeMinutes=24 * 60, furthestDays=3)
    found = await practice.slots(people.patient(), doctor)
    moments = [datetime.fromisoformat(at) for at in found]
    now = datetime.now(UTC)
    assert now + timedelta(hours=23, minutes=59) <= moments[0] <= now + timedelta(hours=24, minutes=31)
    assert now + timedelta(days=3, minutes=-31) <= moments[-1] <= now + timedelta(days=3, minutes=1)


async def test_days_that_are_different(practice: Practice, people: People) -> None:
    doctor = await practice.doctor(
        hours=[{"weekday": d, "opens": "09:00", "closes": "10:00"} for d in range(1, 8)]
    )
    headers, day = practice.headers(doctor), in_days(3).date().isoformat()
    url = f"{V1}/doctors/me/schedule/exceptions"

    async def offered() -> int:
        return len(await practice.slots(people.patient(), doctor, **{"from": day, "to": day}))

    async def add(**body: str) -> dict[str, Any]:
        answer = await practice.api.post(url, headers=headers, json={"day": day, **body})
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    assert await offered() == 2
    await add(kind="EXTRA", opens="14:00", closes="15:00")
    assert await offered() == 4
    part = await add(kind="LEAVE", opens="09:00", closes="09:30", reason="Dentist of my own")
    assert await offered() == 3
    await add(kind="HOLIDAY")
    assert await offered() == 2, "an extra session stands"
    listed = (await practice.api.get(url, headers=headers)).json()["items"]
    assert [one["reason"] for one in listed if one["id"] == part["id"]] == ["Dentist of my own"]
    for one in listed:
        assert (await practice.api.delete(f"{url}/{one['id']}", headers=headers)).status_code == 204
    assert await offered() == 2
    assert (await practice.api.delete(f"{url}/{part['id']}", headers=headers)).status_code == 404
    for wrong in (
        {"kind": "EXTRA"},
        {"kind": "LEAVE", "opens": "09:00"},
        {"kind": "LEAVE", "opens": "10:00", "closes": "09:00"},
        {"kind": "LEAVE", "opens": "10:00", "closes": "24:01"},
    ):
        answer = await practice.api.post(url, headers=headers, json={"day": day, **wrong})
        assert answer.status_code == 422, wrong


async def test_a_schedule_that_cannot_be(practice: Practice, people: People) -> None:
    doctor = people.doctor()
    url, headers = f"{V1}/doctors/me/schedule", practice.headers(doctor)
    morning = {"weekday": 1, "opens": "09:00", "closes": "12:00"}
    noon = {"weekday": 1, "opens": "11:59", "closes": "13:00"}
    for body, expected_ in (
        ({"timeZone": "Asia/Atlantis"}, "unknown-time-zone"),
        ({"timeZone": "Asia/Jakarta", "hours": [morning, noon]}, "hours-overlap"),
        ({"timeZone": "Asia/Jakarta", "slotMinutes": 60, "longestMinutes": 30}, "invalid"),
        ({"timeZone": "Asia/Jakarta", "hours": [{**morning, "closes": "09:00"}]}, "invalid"),
    ):
        assert code(await practice.api.put(url, headers=headers, json=body)) == (422, expected_)
    assert (await practice.api.get(url, headers=headers)).json()["timeZone"] is None
    right = {"timeZone": "Asia/Jakarta", "hours": [morning, {**noon, "opens": "12:00"}]}
    answer = await practice.api.put(url, headers=headers, json=right)
    assert answer.status_code == 200
    assert answer.json()["hours"][1] == {"weekday": 1, "opens": "12:00", "closes": "13:00"}
    version = {"If-Match": answer.headers["etag"]}
    assert (await practice.api.put(url, headers=headers | version, json=right)).status_code == 200
    again = await practice.api.put(url, headers=headers | version, json=right)
    assert code(again) == (412, "changed-meanwhile")


async def test_a_search_has_its_limits(practice: Practice, people: People) -> None:
    doctor, patient = await practice.doctor(furthestDays=365), people.patient()
    url, headers = f"{V1}/doctors/{doctor.doctor_id}/slots", practice.headers(patient)
    day = in_days(3).date()
    for days, status in ((60, 200), (61, 422), (-1, 422)):
        query = {"from": day.isoformat(), "to": (day + timedelta(days=days)).isoformat()}
        assert (await practice.api.get(url, headers=headers, params=query)).status_code == status
    all_ = await practice.slots(
        patient, doctor, **{"from": day.isoformat(), "to": (day + timedelta(days=60)).isoformat()}
    )
    assert len(all_) == 61 * 48


async def test_changed_hours_and_a_booking_cannot_pass_each_other(
    practice: Practice, people: People, owner: Owner
) -> None:
    """Whoever comes first: no appointment is made after the hours were taken away."""
    doctor = await practice.doctor()
    patients = [people.patient() for _ in range(12)]
    closed = {"timeZone": "Asia/Jakarta", "hours": [], "minimumNoticeMinutes": 0}

    async def close() -> None:
        await asyncio.sleep(0.01)
        answer = await practice.api.put(
            f"{V1}/doctors/me/schedule", headers=practice.headers(doctor), json=closed
        )
        assert answer.status_code == 200

    await asyncio.gather(
        *(
            practice.book(patient, doctor, in_days(2 + number / 24))
            for number, patient in enumerate(patients)
        ),
        close(),
    )
    late = owner.execute(
        "SELECT count(*) FROM appointments a JOIN doctor_schedules s USING (doctor_id) "
        "WHERE a.doctor_id = %s AND a.created_at > s.updated_at",
        (doctor.doctor_id,),
    ).fetchone()
    assert late == (0,)
    assert code(await practice.book(people.patient(), doctor, in_days(5))) == (422, "outside-working-hours")


def test_the_function_runs_the_statement_that_is_checked(owner: Owner) -> None:
    """``db check`` plans FREE_SLOTS_INSIDE; this is the same text."""
    source = owner.execute("SELECT prosrc FROM pg_proc WHERE proname = 'app_free_slots'").fetchone()
    inside = free_slots(doctor="p_doctor", begin="p_begin", end="p_end", minutes="p_minutes", most="p_most")
    assert source
    assert " ".join(inside.split()) in " ".join(str(source[0]).split())
