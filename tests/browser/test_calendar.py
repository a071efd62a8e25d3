"""Booking by a patient and the dentist's calendar beside it, in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import walk
from tests.program import V1, Running

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("browser"),
]


def doctor_id(running: Running) -> str:
    headers = running.sign_in(*walk.DOCTOR)
    found: str = running.client.get(f"{V1}/me", headers=headers).json()["doctorProfile"]["id"]
    return found


def late_slots(page: Page, doctor: str) -> None:
    """The doctor's free times so far ahead that nothing is cut off: the week after next."""
    page.goto(f"/doctors/{doctor}")
    for _ in range(2):
        page.get_by_role("link", name="Week after").click()


def test_a_patient_books_and_the_open_calendar_of_the_dentist_shows_it(
    browser: Browser, running: Running
) -> None:
    doctor = doctor_id(running)
    patient = walk.visitor(browser, running, walk.NARROW)
    walk.sign_in(patient, *walk.PATIENT)
    late_slots(patient, doctor)
    first = patient.locator(".slots a").first
    day = patient.locator(".day h3").first.get_attribute("id")
    assert day is not None
    calendar = walk.visitor(browser, running, walk.DESK)
    walk.sign_in(calendar, *walk.DOCTOR)
    calendar.goto(f"/calendar?view=day&day={day.removeprefix('day-')}")
    calendar.evaluate("window.stayed = true")
    before = calendar.locator(".entry").count()

    first.click()
    patient.get_by_label("Reason for the visit").fill("Pain in a lower molar")
    assert walk.fits(patient)
    patient.get_by_role("button", name="Book", exact=True).click()
    patient.get_by_text("Booked. An invitation").wait_for()

    calendar.get_by_text("Brought up to date.").wait_for()
    assert calendar.evaluate("window.stayed")
    assert calendar.locator(".entry").count() == before + 1
    calendar.get_by_role("link", name=re.compile("Pain in a lower molar")).click()
    calendar.get_by_role("button", name="Confirm").click()
    expect(calendar.get_by_role("main")).to_contain_text("Confirmed")

    patient.reload()
    expect(patient.get_by_role("main")).to_contain_text("Confirmed")
    patient.get_by_role("link", name="Move").click()
    patient.locator(".slots button").last.click()
    expect(patient.get_by_role("main")).to_contain_text("moved to")
    patient.get_by_text("Cancel the appointment").first.click()
    patient.get_by_label("Why it is cancelled").fill("It got better")
    patient.get_by_role("button", name="Cancel the appointment").click()
    expect(patient.get_by_role("main")).to_contain_text("It got better")
    expect(patient.get_by_role("main")).to_contain_text("Cancelled")


def test_who_comes_second_keeps_the_typed_reason_and_is_offered_other_times(
    browser: Browser, running: Running
) -> None:
    doctor = doctor_id(running)
    page = walk.visitor(browser, running, walk.NARROW)
    walk.sign_in(page, *walk.PATIENT)
    late_slots(page, doctor)
    page.locator(".slots a").nth(2).click()
    wanted = page.locator("button[name=slot]").get_attribute("value")
    assert wanted is not None
    at, _, minutes = wanted.partition("/")
    headers = running.sign_in(*walk.DOCTOR)
    patients = running.client.get(f"{V1}/doctors/me/patients", headers=headers).json()["items"]
    me = running.client.get(f"{V1}/me", headers=running.sign_in(*walk.PATIENT)).json()["patientProfile"]["id"]
    other = next(one["id"] for one in patients if one["id"] != me)
    body = {
        "doctorId": doctor,
        "patientId": other,
        "scheduledAt": at,
        "duration": int(minutes),
        "reason": "x",
    }
    assert running.client.post(f"{V1}/appointments", headers=headers, json=body).status_code == 201

    page.get_by_label("Reason for the visit").fill("A broken filling")
    page.get_by_role("button", name="Book", exact=True).click()
    page.get_by_text("Somebody else has this time").wait_for()
    expect(page.get_by_label("Reason for the visit")).to_have_value("A broken filling")
    assert page.locator("fieldset .slots button").count() == 5
    assert walk.fits(page)
    page.locator("fieldset .slots button").first.click()
    page.get_by_text("Booked. An invitation").wait_for()
    expect(page.get_by_role("main")).to_contain_text("A broken filling")


def test_who_waits_is_offered_a_cancelled_time_and_takes_it(browser: Browser, running: Running) -> None:
    doctor = doctor_id(running)
    page = walk.visitor(browser, running, walk.NARROW)
    walk.sign_in(page, *walk.PATIENT)
    page.goto(f"/doctors/{doctor}/waiting")
    page.get_by_label("Reason for the visit").fill("A loose crown")
    page.get_by_role("button", name="Join the waiting list").click()
    page.get_by_role("heading", name="Waiting list").wait_for()
    page.evaluate("window.stayed = true")

    headers = running.sign_in(*walk.DOCTOR)
    me = running.client.get(f"{V1}/me", headers=running.sign_in(*walk.PATIENT)).json()
    booked = running.client.get(f"{V1}/appointments?limit=100", headers=headers).json()["items"]
    theirs = [
        one
        for one in booked
        if one["patientId"] != me["patientProfile"]["id"] and one["status"] in ("SCHEDULED", "CONFIRMED")
    ]
    path = f"{V1}/appointments/{theirs[-1]['id']}/cancellation"
    assert running.client.post(path, headers=headers).status_code == 200

    page.get_by_role("button", name="Take it").wait_for()
    assert page.evaluate("window.stayed")
    assert walk.fits(page)
    page.get_by_role("button", name="Take it").click()
    page.get_by_text("Booked. An invitation").wait_for()
    expect(page.get_by_role("main")).to_contain_text("A loose crown")


def test_a_dentist_sets_hours_and_overbooks_by_keyboard_alone(browser: Browser, running: Running) -> None:
    page = walk.visitor(browser, running, walk.NARROW)
    walk.sign_in(page, *walk.DOCTOR)
    page.goto("/calendar/hours")
    page.get_by_label("Minutes of a slot").focus()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    page.get_by_role("alert").get_by_text("A slot lasts 5 minutes to a day.").wait_for()
    expect(page.get_by_label("Minutes of a slot")).to_have_value("3")
    page.get_by_label("Minutes of a slot").focus()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("30")
    page.keyboard.press("Enter")
    page.get_by_text("Saved.").wait_for()

    page.goto("/calendar?view=week")
    page.get_by_role("link", name="Later").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**&day=*")
    page.get_by_role("link", name=re.compile("free")).first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/calendar/booking?at=*")
    form = page.url
    book(page, form, patient=1)
    page.wait_for_url("**/calendar?day=*")
    book(page, form, patient=2)
    page.get_by_role("alert").get_by_text("Somebody else has this time").wait_for()
    assert page.locator(".slots button").count() == 5
    book(page, form, patient=2, overbooking="An emergency")
    page.wait_for_url("**/calendar?day=*")
    expect(page.get_by_role("main")).to_contain_text("Overbooked")
    assert walk.fits(page)


def book(page: Page, form: str, *, patient: int, overbooking: str = "") -> None:
    """For the patient at this place of the list."""
    page.goto(form)
    page.get_by_label("Patient", exact=True).focus()
    for _ in range(patient):
        page.keyboard.press("ArrowDown")
    page.get_by_label("Reason for the visit").focus()
    page.keyboard.type("Check-up")
    page.get_by_label("Reason to overbook").focus()
    page.keyboard.type(overbooking)
    page.get_by_role("button", name="Book", exact=True).focus()
    page.keyboard.press("Enter")
