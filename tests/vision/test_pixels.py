from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dentalization.dentistry.boxes import Box, Detection, iou
from dentalization.vision import photo, radiograph
from dentalization.vision.detector import Detector, Modality
from dentalization.vision.drawing import Drawing, draw_mouth, draw_panoramic
from dentalization.vision.errors import NoDetector
from dentalization.vision.photo import PhotoDetector
from dentalization.vision.pixels import pixel_detectors
from dentalization.vision.radiograph import RadiographDetector


def look(detector: Detector, drawing: Drawing) -> list[Detection]:
    return list(
        detector.detect(np.asarray(drawing.picture.convert("RGB")), modality=detector.card.modalities[0])
    )


def recall(found: list[Detection], drawn: list[Detection], least: float) -> float:
    hit = [
        any(a.condition == b.condition and iou(a.location, b.location) >= least for a in found) for b in drawn
    ]
    return sum(hit) / len(hit)


@pytest.mark.parametrize("seed", range(4))
def test_drawn_findings_are_found(seed: int) -> None:
    for detector, drawing in (
        (PhotoDetector(), draw_mouth(seed)),
        (RadiographDetector(), draw_panoramic(seed)),
    ):
        found = look(detector, drawing)
        assert recall(found, drawing.detections, 0.4) >= 0.8
        assert recall(drawing.detections, found, 0.1) >= 0.6


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 99), st.integers(300, 1700), st.sampled_from([0.7, 0.75, 0.8]))
def test_boxes_of_photos_are_in_pixels_of_the_stored_picture(seed: int, width: int, ratio: float) -> None:
    size = (width, round(width * ratio))
    found = look(PhotoDetector(), draw_mouth(seed, size))
    drawn = draw_mouth(seed, size).detections
    assert all(inside(one.location, size) for one in found)
    assert recall(found, drawn, 0.25) >= 0.5


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 99), st.integers(500, 1700))
def test_boxes_of_radiographs_are_in_pixels_of_the_stored_picture(seed: int, width: int) -> None:
    size = (width, width // 2)
    found = look(RadiographDetector(), draw_panoramic(seed, size))
    assert all(inside(one.location, size) for one in found)
    assert recall(found, draw_panoramic(seed, size).detections, 0.25) >= 0.5


def inside(box: Box, size: tuple[int, int]) -> bool:
    return box.x >= 0 and box.y >= 0 and box.right <= size[0] + 1e-6 and box.bottom <= size[1] + 1e-6


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 60), st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_any_noise_of_any_size_is_survived(height: int, width: int, seed: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)
    for detector in pixel_detectors():
        for one in detector.detect(noise, modality=detector.card.modalities[0]):
            assert inside(one.location, (width, height))


@pytest.mark.parametrize("level", [0, 128, 255])
def test_nothing_is_found_on_an_empty_picture(level: int) -> None:
    empty = np.full((300, 400, 3), level, dtype=np.uint8)
    for detector in pixel_detectors():
        assert not detector.detect(empty, modality=detector.card.modalities[0])


def test_a_white_frame_is_no_filling() -> None:
    picture = np.asarray(draw_panoramic(3).picture.convert("RGB")).copy()
    framed = np.full((600, 1100, 3), 255, dtype=np.uint8)
    framed[50:550, 50:1050] = picture
    found = RadiographDetector().detect(framed, modality=Modality.XRAY)
    drawn = draw_panoramic(3).detections
    shifted = [
        Detection(
            one.condition,
            1,
            Box(one.location.x + 50, one.location.y + 50, one.location.width, one.location.height),
        )
        for one in drawn
    ]
    assert recall(list(found), shifted, 0.4) >= 0.8
    assert len(found) <= len(drawn) + 1


def test_confidence_on_photos_stays_low() -> None:
    found = [one for seed in range(4) for one in look(PhotoDetector(), draw_mouth(seed))]
    caps = {"caries": photo.CARIES_AT_MOST, "calculus": photo.CALCULUS_AT_MOST}
    assert all(0 < one.confidence <= caps[one.condition] for one in found)


def test_confidence_on_radiographs_is_a_measured_precision_and_rises_with_the_score() -> None:
    for steps in radiograph.PRECISION.values():
        assert list(steps) == sorted(steps)
        assert [precision for _, precision in steps] == sorted(precision for _, precision in steps)
    measured = {precision for steps in radiograph.PRECISION.values() for _, precision in steps}
    assert {one.confidence for one in look(RadiographDetector(), draw_panoramic(0))} <= measured


@pytest.mark.parametrize("module", [photo, radiograph])
def test_the_digest_is_that_of_the_source(module: object) -> None:
    source = Path(str(getattr(module, "__file__", ""))).read_bytes()
    assert hashlib.sha256(source).hexdigest() in {detector.card.sha256 for detector in pixel_detectors()}


@pytest.mark.parametrize(
    ("detector", "modality"), [(PhotoDetector(), "xray"), (RadiographDetector(), "intraoral")]
)
def test_a_detector_refuses_pictures_it_is_not_made_for(detector: Detector, modality: str) -> None:
    with pytest.raises(NoDetector):
        detector.detect(np.zeros((9, 9, 3), dtype=np.uint8), modality=modality)
