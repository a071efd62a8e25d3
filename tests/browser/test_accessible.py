"""Every page under WCAG 2.2 AA as far as a machine can tell, at 320 px, in both languages and schemes."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import walk
from tests.browser.walk import DOCTOR, NARROW, PATIENT, fits
from tests.program import Running

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("browser"),
]


@pytest.fixture(scope="module")
def axe() -> str:
    """axe-core, the accessibility checker, from its npm package."""
    cache = Path(tempfile.gettempdir()) / f"dentalization-axe-{os.getuid()}"
    script = cache / "node_modules" / "axe-core" / "axe.min.js"
    if not script.exists():
        if shutil.which("npm") is None:
            if os.environ.get("CI"):
                pytest.fail("npm is missing")
            pytest.skip("npm is missing, which fetches the accessibility checker")
        cache.mkdir(exist_ok=True)
        subprocess.run(
            ["npm", "install", "--silent", "--no-audit", "--no-fund", "axe-core@4"], cwd=cache, check=True
        )
    return script.read_text()


RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


@pytest.mark.parametrize("language", ["en", "id"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible(
    browser: Browser, running: Running, axe: str, language: str, scheme: str, picture: Path
) -> None:
    """WCAG 2.2 AA as far as a machine can tell, at 320 px, without sideways scrolling."""
    wrong: list[str] = []

    def look(page: Page, path: str) -> None:
        page.goto(path)
        page.evaluate(axe)
        found = page.evaluate(
            "async rules => (await axe.run({runOnly: rules})).violations"
            ".map(found => found.id + ': ' + found.nodes[0].html)",
            RULES,
        )
        wrong.extend(f"{path}: {violation}" for violation in found)
        if not fits(page):
            wrong.append(f"{path}: scrolls sideways")

    def person(email: str = "", password: str = "") -> Page:
        context = browser.new_context(
            base_url=f"http://127.0.0.1:{running.port}",
            viewport=NARROW,
            color_scheme=scheme,
            bypass_csp=True,  # only so that the checker's own script may run
        )
        page = context.new_page()
        if email:
            walk.sign_in(page, email, password)
        context.add_cookies(
            [{"name": "language", "value": language, "url": f"http://127.0.0.1:{running.port}"}]
        )
        return page

    for path in ("/", "/sign-in", "/register", "/no-such-page"):
        look(person(), path)
    patient = person(*PATIENT)
    diagnosis = patient.request.get("/history").text().split('href="/diagnoses/')[1].split('"')[0]
    dentist = first_link(patient, "/doctors", "/doctors/")
    for path in (
        *("/history", "/photos", "/photos/new", "/profile", "/sessions", "/account/privacy"),
        *("/doctors", dentist, f"{dentist}/booking?at=2030-01-31T03:00:00Z&minutes=30"),
        f"{dentist}/waiting",
        *("/appointments", "/appointments?past=true"),
        first_link(patient, "/appointments?past=true", "/appointments/"),
    ):
        look(patient, path)
    look(patient, f"/diagnoses/{diagnosis}")
    doctor = person(*DOCTOR)
    waiting = doctor.request.get("/queue").text().split('href="/diagnoses/')[-1].split('"')[0]
    for path in (
        *("/queue", "/patients", "/profile", "/licence", "/account/privacy"),
        *("/calendar", "/calendar?view=day", "/calendar/booking", "/calendar/hours"),
        *("/calendar/waiting", "/calendar/recalls"),
        f"/diagnoses/{waiting}",
    ):
        look(doctor, path)
    doctor.get_by_role("main").locator("form button").first.click()  # claimed: now with the editor
    look(doctor, f"/diagnoses/{waiting}")
    admin = person("admin@dentalization.com", "admin123")
    for path in ("/admin/service", "/admin/licences", "/admin/doctors", "/admin/doctors?verified=true"):
        look(admin, path)
    assert not wrong, "\n".join(wrong)


def first_link(page: Page, path: str, beginning: str) -> str:
    """The first address on the page that leads below ``beginning``."""
    ours = page.request.get(path).text().split(f'href="{beginning}')[1]
    return beginning + ours.split('"')[0]
