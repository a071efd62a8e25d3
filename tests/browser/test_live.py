"""A dentist's queue in a real browser keeps itself up to date."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser import walk
from tests.program import V1, Running

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("browser"),
]


def send_photo(running: Running, picture: bytes) -> None:
    """Until there is a diagnosis of it."""
    patient = running.sign_in(*walk.PATIENT)
    photo = running.client.post(
        f"{V1}/photos", headers=patient, files={"file": picture}, data={"photoType": "intraoral"}
    ).json()
    made = running.client.post(
        f"{V1}/diagnoses", headers={**patient, "Prefer": "wait=20"}, json={"photoId": photo["id"]}
    )
    assert made.status_code == 201, made.text


def test_the_queue_shows_a_new_case_without_reloading(
    browser: Browser, running: Running, picture: bytes
) -> None:
    page = walk.visitor(browser, running, walk.NARROW)
    walk.sign_in(page, *walk.DOCTOR)
    page.goto("/queue")
    page.evaluate("window.stayed = true")
    cards = page.locator("[aria-labelledby=waiting] .cards > li")
    before = cards.count()
    assert before < 19  # one page, so that a new one is seen
    send_photo(running, picture)
    page.get_by_text("Brought up to date.").wait_for()
    assert page.evaluate("window.stayed")
    assert cards.count() == before + 1
    assert walk.fits(page)
    # Whoever is in the list keeps the place: a link says that there is news.
    page.locator("[aria-labelledby=waiting] a").first.focus()
    send_photo(running, picture)
    page.get_by_role("link", name="There is something new: show it").wait_for()
    page.get_by_role("link", name="There is something new: show it").click()
    page.wait_for_function("window.stayed === undefined")
