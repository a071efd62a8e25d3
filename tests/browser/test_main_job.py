"""Two people in a real browser, against the real program."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from dentalization.vision.drawing import draw_panoramic
from tests.browser import walk
from tests.browser.walk import DESK, DOCTOR, NARROW, PATIENT, fits, visitor
from tests.program import Running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300), pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def picture() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "panoramic.png"
        draw_panoramic(4).picture.save(path)
        yield path


def test_photo_diagnosis_review_history(browser: Browser, running: Running, picture: Path) -> None:
    patient = visitor(browser, running, NARROW)
    walk.sign_in(patient, *PATIENT)
    walk.choose_photo(patient, picture, "panoramic")
    assert fits(patient)
    path = walk.upload(patient)
    assert fits(patient)
    assert patient.locator(".boxes.holding .box").count() >= 1
    assert patient.get_by_text("Waiting for a dentist").first.is_visible()

    dentist = visitor(browser, running, DESK)
    walk.sign_in(dentist, *DOCTOR)
    walk.claim(dentist, path)
    before = dentist.locator("[data-list] li").first.get_by_label("left").input_value()
    walk.drag_first_box(dentist, by=(30, 0))
    after = dentist.locator("[data-list] li").first.get_by_label("left").input_value()
    assert int(after) > int(before)
    walk.decide(dentist, "Confirm", "Two sound fillings.")

    patient.goto("/history")
    assert patient.get_by_text("Confirmed by a dentist").first.is_visible()
    patient.goto(path)
    assert patient.get_by_text("Two sound fillings.").is_visible()
    assert patient.get_by_text("Corrected by the dentist").first.is_visible()
    patient.get_by_label("Show the AI's own boxes").check()
    assert patient.locator(".boxes.model rect").first.is_visible()
    assert fits(patient)


def test_the_editor_works_by_keyboard_alone(browser: Browser, running: Running, picture: Path) -> None:
    patient = visitor(browser, running, DESK)
    walk.sign_in(patient, *PATIENT)
    walk.choose_photo(patient, picture, "panoramic")
    path = walk.upload(patient)
    dentist = visitor(browser, running, NARROW)
    walk.sign_in(dentist, *DOCTOR)
    walk.claim(dentist, path)
    rows = dentist.locator("[data-list] li")
    count = rows.count()

    dentist.get_by_role("button", name="Add a box").focus()
    dentist.keyboard.press("Enter")
    assert rows.count() == count + 1
    left = rows.last.get_by_label("left")
    start = int(left.input_value())
    dentist.locator("[data-viewer]").focus()
    dentist.keyboard.press("ArrowRight")
    assert int(left.input_value()) > start
    width = rows.last.get_by_label("width")
    narrow = int(width.input_value())
    dentist.keyboard.press("Shift+ArrowRight")
    assert int(width.input_value()) > narrow
    assert dentist.locator("[data-said]").inner_text().startswith(f"Box {count + 1}: ")
    dentist.keyboard.press("Delete")
    assert rows.count() == count
    dentist.get_by_role("button", name="Undo").focus()
    dentist.keyboard.press("Enter")
    assert rows.count() == count + 1
    rows.last.get_by_label("Condition").select_option("crown")
    assert fits(dentist)
    walk.decide(dentist, "Reject", "The crown was missed.")
    assert dentist.get_by_text("crown", exact=True).is_visible()


def test_a_review_outlives_the_access_cookie(browser: Browser, running: Running, picture: Path) -> None:
    patient = visitor(browser, running, DESK)
    walk.sign_in(patient, *PATIENT)
    walk.choose_photo(patient, picture, "panoramic")
    path = walk.upload(patient)
    dentist = visitor(browser, running, DESK)
    walk.sign_in(dentist, *DOCTOR)
    walk.claim(dentist, path)
    dentist.context.clear_cookies(name="access")  # as after a quarter of an hour
    walk.decide(dentist, "Confirm", "Thought about for long.")
    assert dentist.get_by_text("Thought about for long.").is_visible()


def test_a_photo_that_is_too_large_is_refused_before_it_is_sent(
    browser: Browser, running: Running, tmp_path: Path
) -> None:
    large = tmp_path / "large.jpg"
    large.write_bytes(b"\xff" * (10 * 1024 * 1024 + 1))
    page = visitor(browser, running, NARROW)
    walk.sign_in(page, *PATIENT)
    page.goto("/photos/new")
    page.get_by_label("Picture", exact=True).set_input_files(large)
    assert page.get_by_role("status").get_by_text("at most 10 MB").is_visible()
    page.get_by_role("button", name="Upload and analyse").click()
    assert page.url.endswith("/photos/new")
    assert fits(page)


def test_without_scripts_the_job_can_be_done(browser: Browser, running: Running, picture: Path) -> None:
    context = browser.new_context(base_url=f"http://127.0.0.1:{running.port}", java_script_enabled=False)
    page = context.new_page()
    walk.sign_in(page, *PATIENT)
    page.goto("/photos/new")
    page.get_by_label("Kind of picture").select_option("panoramic")
    page.get_by_label("Picture", exact=True).set_input_files(picture)
    page.get_by_role("button", name="Upload and analyse").click()
    page.wait_for_url("**/diagnoses/*", timeout=30_000)
    assert page.get_by_role("heading", name="Findings").is_visible()
