"""The gate before a model: what passes, what is refused, and with which words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from dentalization.vision.card import Modality
from dentalization.vision.detector import Picture
from dentalization.vision.picture import read_picture
from dentalization.vision.quality import REFUSALS, gate, quality_of, translated
from dentalization.vision.rendering.mouth import render

PHOTO = render(7, longest=512).picture
XRAY = np.repeat(PHOTO.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)


ROWS = np.arange(512)[:, None, None] // 12
PAGE = np.where((ROWS % 2 == 1) & (np.arange(400)[None, :, None] % 70 < 50), (30, 30, 90), 235).astype(
    np.uint8
)


def codes(picture: Picture, modality: Modality = Modality.INTRAORAL) -> list[str]:
    return [one.code for one in gate(quality_of(picture), modality)]


def changed(factor: float, shift: float) -> Picture:
    return (PHOTO * factor + shift).clip(0, 255).astype(np.uint8)


def blurred(sigma: float) -> Picture:
    return np.asarray(Image.fromarray(PHOTO).filter(ImageFilter.GaussianBlur(sigma)))


def test_a_good_picture_passes() -> None:
    assert codes(PHOTO) == []
    assert codes(XRAY, Modality.PANORAMIC) == []


@pytest.mark.parametrize(
    ("picture", "modality", "code"),
    [
        (blurred(6), Modality.INTRAORAL, "blurred"),
        (changed(0.05, 0), Modality.INTRAORAL, "too-dark"),
        (changed(0.05, 242), Modality.INTRAORAL, "too-bright"),
        (changed(0.02, 120), Modality.INTRAORAL, "no-picture"),
        (PHOTO[:60], Modality.INTRAORAL, "too-small"),
        (np.tile(PHOTO[:120], (1, 2, 1)), Modality.INTRAORAL, "too-narrow"),
        (XRAY, Modality.INTRAORAL, "not-a-photo"),
        (PAGE, Modality.INTRAORAL, "neither"),
        (np.repeat(PAGE[..., :1], 3, axis=2), Modality.PANORAMIC, "neither"),
        (changed(0.6, 0) * np.array([1.6, 0.6, 0.6]), Modality.BITEWING, "not-an-xray"),
    ],
)
def test_each_fault_has_its_words(picture: Picture, modality: Modality, code: str) -> None:
    assert code in codes(picture.clip(0, 255).astype(np.uint8), modality)


@given(
    width=st.integers(1, 300),
    height=st.integers(1, 300),
    seed=st.integers(0, 9),
    modality=st.sampled_from(Modality),
)
@settings(deadline=None, max_examples=60)
def test_no_picture_breaks_the_gate(width: int, height: int, seed: int, modality: Modality) -> None:
    picture = np.random.default_rng(seed).integers(0, 255, (height, width, 3)).astype(np.uint8)
    assert codes(picture, modality) == codes(picture, modality)


@pytest.mark.parametrize("size", [(1, 20_000), (20_000, 1), (1, 1)])
def test_a_picture_of_absurd_shape_is_refused(size: tuple[int, int]) -> None:
    assert "too-small" in codes(np.full((*size, 3), 128, dtype=np.uint8))


def test_every_refusal_says_what_to_do_in_both_languages() -> None:
    for one in REFUSALS:
        assert ":" in one.english
        assert ":" in one.indonesian
        assert translated(f"{one.english}", "id") == one.indonesian
        assert translated(one.english, "en") == one.english


def test_real_pictures_pass(test_data: Path) -> None:
    for folder, modality in (
        ("panoramic/valid", Modality.PANORAMIC),
        ("intraoral/images", Modality.INTRAORAL),
    ):
        paths = sorted((test_data / folder).glob("*.jpg"))[:60]
        passed = sum(not codes(read_picture(path.read_bytes()), modality) for path in paths)
        assert passed >= 0.97 * len(paths)
