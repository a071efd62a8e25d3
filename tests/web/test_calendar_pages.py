"""What the forms of appointments and working hours keep, refuse and say."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.people import People
from tests.web.visits import csrf, person, sign_in

from dentalization.appointments import wall_clock
from dentalization.appointments.errors import NoSuchTime, Slot
from dentalization.appointments.typed import pressed_slot
from dentalization.db.ids import new_id
from dentalization.edge.pages import WrongField

Owner = psycopg.Connection[tuple[Any, ...]]
HOURS = {
    "timeZone": "Asia/Jayapura",
    "slotMinutes": "20",
    "bufferMinutes": "0",
    "minimumNoticeMinutes": "0",
    "furthestDays": "90",
    "longestMinutes": "120",
}


async def doctor(browser: httpx.AsyncClient, people: People, owner: Owner) -> str:
    """Signed in; returns the id of the profile."""
    email = await person(people, "doctor")
    await sign_in(browser, email)
    found = owner.execute(
        "SELECT d.id FROM doctor_profiles d JOIN users u ON u.id = d.user_id WHERE u.email = %s", (email,)
    ).fetchone()
    assert found
    return str(found[0])


async def set_hours(browser: httpx.AsyncClient, **typed: str) -> httpx.Response:
    page = await browser.get("/calendar/hours")
    seen = re.search(r'name="seen" value="([^"]*)"', page.text)
    assert seen
    form = {"csrf": await csrf(browser, "/calendar/hours"), "seen": seen[1].replace("&#34;", '"')}
    return await browser.post("/calendar/hours", data={**form, **HOURS, **typed})


def value_of(page: str, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page)
    assert found, name
    return found[1]


async def test_hours_come_back_as_they_were_typed(
    browser: httpx.AsyncClient, people: People, owner: Owner
) -> None:
    await doctor(browser, people, owner)
    typed = {"opens-1-0": "08:00", "closes-1-0": "12:00", "opens-1-1": "13:30", "closes-1-1": "00:00"}
    assert (await set_hours(browser, **typed)).headers["location"] == "/calendar/hours?saved=true"
    page = (await browser.get("/calendar/hours")).text
    assert {name: value_of(page, name) for name in typed} == typed
    assert "<option selected>Asia/Jayapura" in page.replace("\n", "")
    assert "WIT" in (await browser.get("/calendar")).text


@pytest.mark.parametrize(
    ("typed", "at"),
    [
        ({"opens-3-0": "12:00", "closes-3-0": "08:00"}, "opens-3-0"),
        ({"opens-3-0": "12:00"}, "opens-3-0"),
        ({"opens-3-0": "noon", "closes-3-0": "13:00"}, "opens-3-0"),
        ({"slotMinutes": "3"}, "slotMinutes"),
        ({"slotMinutes": "many"}, "slotMinutes"),
        ({"timeZone": "Mars/Olympus"}, "timeZone"),
        ({"opens-2-0": "08:00", "closes-2-0": "12:00", "opens-2-1": "11:00", "closes-2-1": "13:00"}, "hours"),
    ],
)
async def test_wrong_hours_are_refused_at_their_field_and_nothing_is_saved(
    browser: httpx.AsyncClient, people: People, owner: Owner, typed: dict[str, str], at: str
) -> None:
    mine = await doctor(browser, people, owner)
    answer = await set_hours(browser, **{"opens-7-0": "09:00", "closes-7-0": "10:00", **typed})
    assert answer.status_code == 422
    assert f'href="#{at}"' in answer.text
    assert f'id="{at}"' in answer.text
    assert value_of(answer.text, "opens-7-0") == "09:00"
    assert not owner.execute("SELECT 1 FROM working_hours WHERE doctor_id = %s", (mine,)).fetchall()


async def test_hours_changed_in_another_window_are_not_overwritten(
    browser: httpx.AsyncClient, people: People, owner: Owner
) -> None:
    await doctor(browser, people, owner)
    await set_hours(browser)
    page = (await browser.get("/calendar/hours")).text
    old = {"csrf": value_of(page, "csrf"), "seen": value_of(page, "seen").replace("&#34;", '"')}
    await set_hours(browser, slotMinutes="40")
    answer = await browser.post("/calendar/hours", data={**old, **HOURS})
    assert answer.status_code == 422
    assert value_of((await browser.get("/calendar/hours")).text, "slotMinutes") == "40"


async def test_a_day_is_made_different_and_usual_again(
    browser: httpx.AsyncClient, people: People, owner: Owner
) -> None:
    await doctor(browser, people, owner)
    day = (datetime.now(UTC) + timedelta(days=20)).date()
    form = {"csrf": await csrf(browser, "/calendar/hours"), "day": day.isoformat(), "kind": "EXTRA"}
    refused = await browser.post("/calendar/exceptions", data={**form, "exceptionReason": "Congress"})
    assert refused.status_code == 422
    assert 'href="#opens"' in refused.text
    assert value_of(refused.text, "exceptionReason") == "Congress"
    full = {**form, "opens": "08:00", "closes": "10:00"}
    assert (await browser.post("/calendar/exceptions", data=full)).status_code == 303
    page = (await browser.get("/calendar/hours")).text
    assert "Extra session, 08:00–10:00" in page
    removal = re.search(r"/calendar/exceptions/\w+/removal", page)
    assert removal
    await browser.post(removal[0], data={"csrf": form["csrf"]})
    assert "Extra session, 08:00" not in (await browser.get("/calendar/hours")).text


async def test_a_dentist_moves_by_typing_a_time_of_the_own_clock(
    browser: httpx.AsyncClient, people: People, owner: Owner
) -> None:
    mine = await doctor(browser, people, owner)
    await set_hours(browser, **{f"{end}-{day}-0": at for day in range(1, 8)
                                for end, at in (("opens", "06:00"), ("closes", "20:00"))})  # fmt: skip
    day = (datetime.now(UTC) + timedelta(days=9)).date()
    made = new_id()
    owner.execute(
        "INSERT INTO appointments (id, patient_id, doctor_id, scheduled_at, duration, reason) "
        "VALUES (%s, %s, %s, %s, 30, 'Pain')",
        (made, people.patient().patient_id, mine, wall_clock.moment_of(day, "09:00", "Asia/Jayapura")),
    )
    form = {"csrf": await csrf(browser, f"/appointments/{made}"), "day": day.isoformat(), "duration": "45"}
    wrong = await browser.post(f"/appointments/{made}/move", data={**form, "time": "25:00"})
    assert wrong.status_code == 422
    assert 'href="#time"' in wrong.text
    closed = await browser.post(f"/appointments/{made}/move", data={**form, "time": "21:00"})
    assert 'href="#day"' in closed.text
    assert (
        await browser.post(f"/appointments/{made}/move", data={**form, "time": "10:30"})
    ).status_code == 303
    found = owner.execute("SELECT scheduled_at, duration FROM appointments WHERE id = %s", (made,)).fetchone()
    assert found == (wall_clock.moment_of(day, "10:30", "Asia/Jayapura"), 45)
    assert f"{day.day} " in (await browser.get(f"/calendar?view=day&day={day}")).text
    assert "10:30" in (await browser.get(f"/calendar?view=day&day={day}")).text


async def test_there_is_no_such_step(browser: httpx.AsyncClient, people: People) -> None:
    await sign_in(browser, await person(people, "patient"))
    form = {"csrf": await csrf(browser, "/appointments")}
    assert (await browser.post(f"/appointments/{new_id()}/birthday", data=form)).status_code == 404


@given(st.integers(0, 4_000_000_000), st.integers(1, 1440))
def test_a_pressed_slot_is_the_one_that_was_shown(second: int, minutes: int) -> None:
    shown = datetime.fromtimestamp(second, UTC)
    assert pressed_slot(f"{shown.isoformat()}/{minutes}") == Slot(shown, minutes)


@pytest.mark.parametrize(
    "sent", ["", "2026-11-24", "2026-11-24T03:00:00/30", "2026-11-24T03:00:00+00:00/0", "x/y"]
)
def test_a_made_up_slot_is_refused(sent: str) -> None:
    with pytest.raises(WrongField):
        pressed_slot(sent)


@given(
    st.dates(date(2020, 1, 1), date(2035, 1, 1)), st.times(), st.sampled_from(["Asia/Jakarta", "Europe/Rome"])
)
def test_a_typed_time_is_what_the_wall_shows(day: date, at: Any, zone: str) -> None:
    text = f"{at.hour:02}:{at.minute:02}"
    try:
        moment = wall_clock.moment_of(day, text, zone)
    except NoSuchTime:
        before = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
        assert before.utcoffset() != (before + timedelta(days=1)).utcoffset()  # the clocks change
        return
    assert wall_clock.hour(moment, zone, "en") == text
    assert wall_clock.day_of(moment, zone) == day


def test_the_hour_that_the_clock_leaves_out_does_not_exist() -> None:
    with pytest.raises(NoSuchTime):
        wall_clock.moment_of(date(2027, 3, 28), "02:30", "Europe/Rome")


@given(st.integers(0, 1440))
def test_minutes_of_a_day_come_back(minutes: int) -> None:
    assert wall_clock.minutes_of(wall_clock.time_of_day(minutes)) == minutes
