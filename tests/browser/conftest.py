"""The real program, and a browser."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser import walk
from tests.program import Running, demo_program


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    if not walk.CHROMIUM.exists():
        if os.environ.get("CI"):
            pytest.fail("chromium is missing")
        pytest.skip(f"{walk.CHROMIUM} is missing; install Debian's package 'chromium'")
    with demo_program(tmp_path_factory.mktemp("browser")) as found:
        yield found


# Of a module, not of the run: while it is open its event loop is in the way of all asynchronous tests.
@pytest.fixture(scope="module")
def browser(running: Running) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=walk.CHROMIUM, args=walk.FLAGS)
        yield launched
        launched.close()
