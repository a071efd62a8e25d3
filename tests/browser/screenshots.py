"""Takes the pictures of the four steps for the docs.

``python -m tests.browser.screenshots ADDRESS docs/images`` against ``dentalization serve --demo``.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from dentalization.vision.drawing import draw_panoramic
from tests.browser import walk

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1100, "height": 800}


def main(address: str, folder: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        picture = Path(scratch) / "panoramic.png"
        draw_panoramic(4).picture.save(picture)
        browser = playwright.chromium.launch(executable_path=walk.CHROMIUM, args=walk.FLAGS)
        patient = browser.new_page(base_url=address, viewport=PHONE, device_scale_factor=1.5)
        walk.sign_in(patient, "patient@example.com", "patient123")
        walk.choose_photo(patient, picture, "panoramic")
        patient.screenshot(path=folder / "1-upload.png", full_page=True)
        path = walk.upload(patient)
        patient.wait_for_load_state("networkidle")
        patient.screenshot(path=folder / "2-diagnosis.png", full_page=True)
        dentist = browser.new_page(base_url=address, viewport=DESK)
        walk.sign_in(dentist, "doctor@dentalization.com", "doctor123")
        walk.claim(dentist, path)
        walk.drag_first_box(dentist, by=(12, 8))
        dentist.screenshot(path=folder / "3-review.png", full_page=True)
        walk.decide(dentist, "Confirm", "Two sound fillings; see you in six months.")
        patient.goto("/history")
        patient.wait_for_load_state("networkidle")
        patient.screenshot(path=folder / "4-history.png")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
