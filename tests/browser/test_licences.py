"""A licence in a real browser: sent in from a telephone, verified at a desk, by keyboard and by touch."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from dentalization.db.ids import new_id
from tests.browser import walk
from tests.profiles.licence_cases import PDF, scan
from tests.program import Running

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("browser"),
]

PASSWORD = "correct horse battery"


def register(page: Page, number: str) -> None:
    email = f"{new_id()}@example.com"
    page.goto("/register")
    page.get_by_role("radio", name="Dentist").check()
    for label, value in (
        ("First name", "Budi"),
        ("Last name", "Santoso"),
        ("Licence number (dentists)", number),
        ("E-mail address", email),
        ("Password", PASSWORD),
    ):
        page.get_by_label(label).fill(value)
    page.get_by_role("main").get_by_role("button", name="Create an account").click()
    page.wait_for_url("**/sign-in*")
    walk.sign_in(page, email, PASSWORD)


def test_a_licence_from_the_telephone_to_the_decision(
    browser: Browser, running: Running, tmp_path: Path
) -> None:
    number = new_id()
    doctor = walk.visitor(browser, running, walk.NARROW)
    register(doctor, number)
    doctor.get_by_role("navigation").get_by_role("link", name="Licence", exact=True).click()
    doctor.get_by_text("Send in your licence below").wait_for()
    assert walk.fits(doctor)
    in_a_year = datetime.now(UTC).date() + timedelta(days=365)
    doctor.get_by_label("Number of the practice licence (SIP)").fill(f"SIP/{number}")
    doctor.get_by_label("Issued by").fill("Dinas Kesehatan Kota Bandung")
    doctor.get_by_label("Valid until").fill(in_a_year.isoformat())
    doctor.get_by_label("Number of the registration (STR)").fill(f"STR/{number}")
    doctor.keyboard.press("Enter")
    doctor.get_by_text("Add a scan or photo of your SIP").wait_for()
    for name, data in (("sip.pdf", PDF), ("str.png", scan())):
        (tmp_path / name).write_bytes(data)
        doctor.get_by_label("Scan or photo").set_input_files(tmp_path / name)
        doctor.get_by_role("button", name="Add this document").click()
        doctor.wait_for_load_state()
    doctor.get_by_text("An administrator will look").wait_for()
    assert walk.fits(doctor)
    admin = walk.visitor(browser, running, walk.DESK)
    walk.sign_in(admin, "admin@dentalization.com", "admin123")
    admin.get_by_role("link", name=f"SIP/{number}").click()
    with admin.expect_download() as saved:
        admin.get_by_role("link", name="Document 1").click()
    assert saved.value.path().read_bytes() == PDF
    admin.get_by_role("radio", name="Verify").check()
    assert walk.fits(admin)
    admin.get_by_role("button", name="Save the decision").click()
    admin.get_by_role("main").get_by_text("Verified").first.wait_for()
    doctor.reload()
    doctor.get_by_text("Your licence is verified").wait_for()
    doctor.goto("/queue")
    doctor.get_by_role("heading", name="Waiting for a dentist").wait_for()
    assert walk.fits(doctor)
