"""A passkey in a real browser, with Chromium's own virtual authenticator."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import walk
from tests.browser.walk import NARROW, PATIENT, fits
from tests.program import Running, free_port, serve, without_settings

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300), pytest.mark.xdist_group("browser")]


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """The program under a name: browsers bind no passkey to a number."""
    if not walk.CHROMIUM.exists():
        pytest.skip(f"{walk.CHROMIUM} is missing; install Debian's package 'chromium'")
    folder, port = tmp_path_factory.mktemp("passkeys"), free_port()
    environment = {
        **without_settings(),
        "DENTALIZATION_HOME": str(folder / "home"),
        "DENTALIZATION_PUBLIC_URL": f"http://localhost:{port}",
    }
    found = serve(environment, port, Path(folder / "serve.log"))
    yield found
    found.process.send_signal(signal.SIGTERM)
    assert found.process.wait(60) == 0


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=walk.CHROMIUM, args=walk.FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser, named: Running) -> Page:
    context = browser.new_context(base_url=f"http://localhost:{named.port}", viewport=NARROW)
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"an error in the page: {error}"))
    authenticator = context.new_cdp_session(page)
    authenticator.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    authenticator.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return page


def test_add_a_passkey_and_sign_in_with_it(page: Page) -> None:
    walk.sign_in(page, *PATIENT)
    page.goto("/account/security")
    assert fits(page)
    page.get_by_label("Name of the passkey").fill("Telephone")
    page.get_by_role("button", name="Add a passkey").click()
    page.locator("[data-codes] li").first.wait_for()
    assert page.locator("[data-codes] li").count() == 10
    assert fits(page)
    page.get_by_role("link", name="I have kept them").click()
    page.get_by_text("Telephone", exact=True).wait_for()
    assert fits(page)

    page.get_by_role("button", name="Sign out", exact=True).click()
    page.wait_for_url(lambda address: address.endswith("/"))
    page.goto("/sign-in")
    page.get_by_label("E-mail address").fill(PATIENT[0])
    page.get_by_label("Password").fill(PATIENT[1])
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Second step").wait_for()
    assert fits(page)
    button = page.get_by_role("button", name="Use a passkey")
    button.focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/history")

    page.goto("/account/security")
    assert page.get_by_text("last used").is_visible()
    page.get_by_role("button", name="Remove", exact=True).click()
    page.get_by_text("Telephone", exact=True).wait_for(state="detached")
