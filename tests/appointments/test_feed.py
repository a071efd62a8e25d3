"""The calendar under a secret address: what it shows, to whom, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import psycopg
import pytest
from tests.appointments import rfc5545
from tests.conftest import Urls
from tests.people import People
from tests.web.visits import csrf, person, sign_in

from dentalization.accounts.tokens import digest
from dentalization.api.app import create_app
from dentalization.appointments import feed
from dentalization.context import Context
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id

Owner = psycopg.Connection[tuple[Any, ...]]
Headers = Callable[[Actor], dict[str, str]]
V1 = "/api/v1"
ADDRESS = f"{V1}/me/calendar-feed"


@pytest.fixture(autouse=True)
def fresh_limits(owner: Owner) -> None:
    """All tests come from one address."""
    owner.execute("DELETE FROM rate_limits")


def booked(owner: Owner, patient: Actor, doctor: Actor, ahead: timedelta, status: str = "SCHEDULED") -> str:
    found = new_id()
    owner.execute(
        "INSERT INTO appointments (id, patient_id, doctor_id, scheduled_at, duration, reason, status) "
        "VALUES (%s, %s, %s, %s, 30, 'Root canal', %s)",
        (found, patient.patient_id, doctor.doctor_id, datetime.now(UTC) + ahead, status),
    )
    return found


async def made(api: httpx.AsyncClient, headers: dict[str, str]) -> str:
    """The path of a new feed."""
    answer = await api.post(ADDRESS, headers=headers)
    assert answer.status_code == 201, answer.text
    return str(httpx.URL(answer.json()["url"]).path)


async def test_a_patient_sees_the_own_appointments_and_no_reason(
    api: httpx.AsyncClient, people: People, signed_in: Headers, owner: Owner
) -> None:
    patient, doctor = people.patient(), people.doctor()
    ids = {booked(owner, patient, doctor, timedelta(days=one)) for one in (-3, 2, 5)}
    booked(owner, patient, doctor, timedelta(days=-31))
    booked(owner, patient, doctor, timedelta(days=6), "CANCELLED")
    booked(owner, people.patient(), doctor, timedelta(days=7))
    path = await made(api, signed_in(patient))
    answer = await api.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert "private" in answer.headers["cache-control"]
    events = rfc5545.read(answer.content).inner
    assert {event.one("UID").value for event in events} == {f"{one}@dentalization" for one in ids}
    assert {event.one("SUMMARY").text for event in events} == {"Dentist: Budi Santoso"}
    assert "canal" not in answer.text


async def test_a_dentists_feed_has_initials_only(
    api: httpx.AsyncClient, people: People, signed_in: Headers, owner: Owner
) -> None:
    patient, doctor = people.patient(), people.doctor()
    booked(owner, patient, doctor, timedelta(days=2))
    path = await made(api, signed_in(doctor))
    answer = await api.get(path)
    [event] = rfc5545.read(answer.content).inner
    assert event.one("SUMMARY").text == "Appointment: S.R."
    for hidden in ("Siti", "Rahma", "canal", patient.patient_id, patient.user_id):
        assert hidden not in answer.text
    owner.execute("UPDATE doctor_profiles SET is_verified = false WHERE id = %s", (doctor.doctor_id,))
    assert rfc5545.read((await api.get(path)).content).inner == []


async def test_an_unchanged_calendar_is_not_sent_again(
    api: httpx.AsyncClient, people: People, signed_in: Headers, owner: Owner
) -> None:
    patient, doctor = people.patient(), people.doctor()
    appointment = booked(owner, patient, doctor, timedelta(days=2))
    path = await made(api, signed_in(patient))
    tag = (await api.get(path)).headers["etag"]
    again = await api.get(path, headers={"If-None-Match": f'"x", W/{tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    owner.execute(
        "UPDATE appointments SET scheduled_at = scheduled_at + interval '1 hour' WHERE id = %s",
        (appointment,),
    )
    moved = await api.get(path, headers={"If-None-Match": tag})
    assert moved.status_code == 200
    [event] = rfc5545.read(moved.content).inner
    assert event.one("SEQUENCE").value == "1"


async def test_an_address_is_void_once_it_is_revoked_or_replaced(
    api: httpx.AsyncClient, people: People, signed_in: Headers, owner: Owner
) -> None:
    patient = people.patient()
    headers = signed_in(patient)
    assert (await api.get(ADDRESS, headers=headers)).json() == {"createdAt": None}
    first = await made(api, headers)
    assert (await api.get(ADDRESS, headers=headers)).json()["createdAt"]
    second = await made(api, headers)
    assert (await api.get(first)).status_code == 404
    assert (await api.get(second)).status_code == 200
    stored = owner.execute("SELECT digest FROM calendar_feeds WHERE user_id = %s", (patient.user_id,))
    token = second.removeprefix("/calendar/").removesuffix(".ics")
    assert stored.fetchall() == [(digest(token),)]  # and the token itself nowhere
    for _ in range(2):
        assert (await api.delete(ADDRESS, headers=headers)).status_code == 204
    assert (await api.get(second)).status_code == 404
    assert (await api.get(second, headers={"If-None-Match": "*"})).status_code == 404


async def test_whoever_fetches_is_noted_down(
    api: httpx.AsyncClient, people: People, signed_in: Headers, owner: Owner
) -> None:
    patient, doctor = people.patient(), people.doctor()
    booked(owner, patient, doctor, timedelta(days=2))
    await api.get(await made(api, signed_in(doctor)))
    log = owner.execute(
        "SELECT user_id, role, action, kinds, why FROM audit_log WHERE person = %s", (patient.patient_id,)
    ).fetchall()
    assert log == [(doctor.user_id, "DOCTOR", "GET /calendar/{token}.ics", "appointment", "care")]


async def test_a_feed_and_wrong_addresses_are_limited_each_by_itself(
    api: httpx.AsyncClient, people: People, signed_in: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "FETCHED_PER_FEED", 2)
    monkeypatch.setattr(feed, "WRONG_PER_ADDRESS", 2)
    one, other = [await made(api, signed_in(people.patient())) for _ in range(2)]
    assert [(await api.get(one)).status_code for _ in range(3)] == [200, 200, 429]
    assert (await api.get(other)).status_code == 200
    wrong = [(await api.get(f"/calendar/{new_id()}.ics")).status_code for _ in range(3)]
    assert wrong == [404, 404, 429]
    assert (await api.get(other)).status_code == 200


async def test_nothing_is_read_without_an_address(people: People, urls: Urls) -> None:
    patient = people.patient()
    with psycopg.connect(urls.app) as connection:
        for wrong in ("", "f" * 64, patient.user_id):
            assert connection.execute("SELECT 1 FROM app_calendar_feed(%s)", (wrong,)).rowcount == 0
        assert connection.execute("SELECT 1 FROM app_calendar_feed(NULL)").rowcount == 0


async def test_the_page_shows_the_address_once(context: Context, people: People) -> None:
    transport = httpx.ASGITransport(app=create_app(context), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as browser:
        await sign_in(browser, await person(people, "patient"))
        assert 'href="/profile/calendar"' in (await browser.get("/profile")).text
        form = {"csrf": await csrf(browser, "/profile/calendar")}
        page = await browser.post("/profile/calendar", data=form)
        assert page.headers["cache-control"] == "no-store"
        address = page.text.partition('type="url" value="')[2].partition('"')[0]
        assert address.startswith("http://testserver/calendar/")
        assert (await browser.get(address)).status_code == 200
        later = await browser.get("/profile/calendar", headers={"Accept-Language": "id"})
        assert address not in later.text
        assert "Cabut alamat" in later.text
        done = await browser.post("/profile/calendar/revocation", data=form)
        assert (done.status_code, done.headers["location"]) == (303, "/profile/calendar?revoked=true")
        assert "The address is revoked." in (await browser.get(done.headers["location"])).text
        assert (await browser.get(address)).status_code == 404
