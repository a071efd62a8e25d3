"""The same numbers and the same verdict in the browser as on the server."""

from __future__ import annotations

import io
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter
from playwright.sync_api import Browser

from dentalization.vision.card import Modality
from dentalization.vision.drawing import draw_panoramic
from dentalization.vision.quality import BLURRED, gate, quality_of
from dentalization.vision.rendering.mouth import render
from tests.browser import walk
from tests.browser.walk import DESK, NARROW, PATIENT, fits, visitor
from tests.program import Running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300), pytest.mark.xdist_group("browser")]

PHOTO = Image.fromarray(render(7, longest=700).picture)
PICTURES = {
    "photo": PHOTO,
    "small": PHOTO.resize((240, 160)),
    "blurred": PHOTO.filter(ImageFilter.GaussianBlur(8)),
    "dark": Image.eval(PHOTO, lambda value: value // 20),
    "x-ray": draw_panoramic(3).picture.convert("RGB"),
    "strip": PHOTO.crop((0, 0, 700, 90)),
    "screen": Image.open(Path(__file__).parents[2] / "docs/images/1-upload.png").convert("RGB"),
    "speck": PHOTO.crop((5, 5, 6, 7)),
}
MEASURE = """async (bytes) => {
  const { pixelsOf, qualityOf, refusals } = await import("/static/quality.js");
  const image = await pixelsOf(new Blob([new Uint8Array(bytes)], { type: "image/png" }));
  const gate = JSON.parse(document.querySelector("[data-gate]").textContent);
  const quality = qualityOf(image);
  return { quality, codes: refusals(quality, "intraoral", gate), xray: refusals(quality, "bitewing", gate) };
}"""


def png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def test_browser_and_server_measure_the_same(browser: Browser, running: Running) -> None:
    page = visitor(browser, running, DESK)
    walk.sign_in(page, *PATIENT)
    page.goto("/photos/new")
    for name, image in PICTURES.items():
        there = page.evaluate(MEASURE, list(png(image)))
        here = quality_of(np.asarray(image))
        for measure, value in asdict(here).items():
            assert there["quality"][measure] == pytest.approx(value, rel=1e-6, abs=1e-9), (name, measure)
        assert there["codes"] == [one.code for one in gate(here, Modality.INTRAORAL)], name
        assert there["xray"] == [one.code for one in gate(here, Modality.BITEWING)], name


def test_a_poor_picture_is_named_before_it_is_sent(
    browser: Browser,
    running: Running,
    tmp_path: Path,
) -> None:
    PICTURES["blurred"].save(tmp_path / "blurred.png")
    page = visitor(browser, running, NARROW)
    walk.sign_in(page, *PATIENT)
    walk.choose_photo(page, tmp_path / "blurred.png", "intraoral")
    page.get_by_text(BLURRED.english).wait_for()
    assert fits(page)
    page.get_by_label("Kind of picture").select_option("other")
    page.get_by_text(BLURRED.english).wait_for()
    PICTURES["photo"].save(tmp_path / "good.png")
    walk.choose_photo(page, tmp_path / "good.png", "intraoral")
    assert not page.get_by_text(BLURRED.english).is_visible()
    # Sent all the same, it fails with the same words, and the photo is kept.
    walk.choose_photo(page, tmp_path / "blurred.png", "intraoral")
    page.get_by_role("button", name="Upload and analyse").click()
    page.get_by_role("alert").get_by_text(BLURRED.english).wait_for(timeout=30_000)
