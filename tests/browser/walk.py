"""The main job in a real browser, step by step; used by the tests and by the pictures in the docs."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.program import Running

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
NARROW = {"width": 320, "height": 640}
DESK = {"width": 1280, "height": 900}
DOCTOR = ("doctor@dentalization.com", "doctor123")
PATIENT = ("patient@example.com", "patient123")


def visitor(browser: Browser, running: Running, size: dict[str, int]) -> Page:
    page = browser.new_context(base_url=f"http://127.0.0.1:{running.port}", viewport=size).new_page()
    page.on("pageerror", lambda error: pytest.fail(f"an error in the page: {error}"))
    page.on(
        "console", lambda said: pytest.fail(said.text) if "Content Security Policy" in said.text else None
    )
    return page


def fits(page: Page) -> bool:
    """Nothing sticks out to the right: no sideways scrolling."""
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


def sign_in(page: Page, email: str, password: str) -> None:
    page.goto("/sign-in")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda address: "/sign-in" not in address)


def choose_photo(page: Page, picture: Path, kind: str) -> None:
    page.goto("/photos/new")
    page.get_by_label("Kind of picture").select_option(kind)
    page.get_by_label("Picture", exact=True).set_input_files(picture)
    page.locator("[data-preview]").wait_for(state="visible")


def upload(page: Page) -> str:
    """Sends the chosen photo and waits for its diagnosis; returns that page's path."""
    page.get_by_role("button", name="Upload and analyse").click()
    page.wait_for_url("**/diagnoses/*", timeout=30_000)
    page.locator("[data-viewer] image").wait_for()
    return "/diagnoses/" + page.url.rsplit("/", 1)[-1]


def claim(page: Page, path: str) -> None:
    page.goto(path)
    page.get_by_role("button", name="Take this case").click()
    page.locator("[data-list] li").first.wait_for()


def drag_first_box(page: Page, *, by: tuple[int, int]) -> None:
    """Moves the first box of the editor with the pointer, by screen pixels."""
    box = page.locator(".boxes.holding .box rect").first
    box.scroll_into_view_if_needed()
    place = box.bounding_box()
    assert place is not None
    x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + by[0], y + by[1], steps=5)
    page.mouse.up()


def decide(page: Page, decision: str, notes: str) -> None:
    page.get_by_label(decision, exact=True).check()
    page.get_by_label("Notes of the dentist").fill(notes)
    page.get_by_role("button", name="Save the decision").click()
    page.get_by_role("heading", name="What happened").wait_for()
