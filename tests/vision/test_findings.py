from __future__ import annotations

import io
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest
from PIL import Image, ImageFilter

from dentalization.dentistry.boxes import Box, Detection
from dentalization.dentistry.conditions import Condition
from dentalization.errors import InvalidInput
from dentalization.vision.detector import Modality, ModelCard
from dentalization.vision.drawing import draw_mouth, draw_panoramic
from dentalization.vision.errors import DetectorFailed, InvalidFindings, NoDetector, UnreadablePicture
from dentalization.vision.findings import analyse
from dentalization.vision.picture import modality_of, quality_of, read_picture
from dentalization.vision.pixels import pixel_detectors

CARD = ModelCard(
    id="fixed",
    version="1",
    sha256="0" * 64,
    modalities=tuple(Modality),
    conditions=(Condition.CARIES, Condition.FRACTURE, Condition.CALCULUS, Condition.SOUND_TOOTH),
    input_size=8,
    intended_use="tests",
    limitations="says what it is told to say",
    measured={},
    clear_is_clear=0.7,
)
HERE = Box(10, 10, 20, 20)


@dataclass(frozen=True)
class Fixed:
    """A detector that always gives the same answer."""

    answer: Sequence[Detection]
    card: ModelCard = CARD

    def detect(self, *_picture: object, **_modality: object) -> Sequence[Detection]:
        return self.answer


@dataclass(frozen=True)
class Broken:
    error: Exception
    card: ModelCard = CARD

    def detect(self, *_picture: object, **_modality: object) -> Sequence[Detection]:
        raise self.error


def png(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


MOUTH = png(draw_mouth(1).picture)
XRAY = png(draw_panoramic(1).picture)


def diagnose(*detections: Detection) -> str:
    return analyse(MOUTH, photo_type="intraoral", detectors=[Fixed(detections)]).diagnosis


def test_a_drawn_mouth_is_analysed() -> None:
    analysis = analyse(MOUTH, photo_type="intraoral", detectors=pixel_detectors())
    expected = "Possible tooth decay (3 places) and tartar (2 places); a dentist must confirm."
    assert analysis.diagnosis == expected
    assert analysis.confidence == max(one.confidence for one in analysis.detections)
    card = pixel_detectors()[1].card
    metadata = dict(analysis.metadata)
    assert isinstance(metadata.pop("milliseconds"), float)
    quality = metadata.pop("quality")
    assert isinstance(quality, dict)
    assert set(quality) == {"laplacianVariance", "meanExposure", "clippedHighlights"}
    assert metadata.pop("couldNotSee") == [
        "gingivitis", "missing_tooth", "discoloration", "ulcer", "impacted_tooth", "periapical_lesion",
        "fracture",
    ]  # fmt: skip
    assert metadata == {
        "model": card.id, "version": card.version, "digest": card.sha256, "inputSize": 512,
        "modality": "intraoral", "photoType": "intraoral",
    }  # fmt: skip
    json.dumps(analysis.metadata, allow_nan=False)


def test_an_x_ray_is_known_by_its_pixels() -> None:
    analysis = analyse(XRAY, photo_type="intraoral", detectors=pixel_detectors())
    assert analysis.metadata["modality"] == "xray"
    assert analysis.metadata["photoType"] == "intraoral"
    assert {one.condition for one in analysis.detections} == {"filling", "implant"}


@pytest.mark.parametrize(
    ("photo_type", "expected"),
    [("intraoral", "intraoral"), (" Extraoral", "extraoral"), ("panoramic", "other"), ("smile", "other")],
)
def test_a_colourful_picture_is_never_an_x_ray(photo_type: str, expected: str) -> None:
    assert modality_of(photo_type, read_picture(MOUTH)) == expected


@pytest.mark.parametrize(
    ("photo_type", "expected"), [("xray", "xray"), ("X-ray", "xray"), ("intraoral", "intraoral")]
)
def test_a_tinted_x_ray_is_one_when_the_sender_says_so(photo_type: str, expected: str) -> None:
    grey = np.asarray(draw_panoramic(1).picture, dtype=np.float32)[..., None]
    tinted = (grey * np.array([0.5, 0.8, 1.0])).astype(np.uint8)
    assert modality_of(photo_type, tinted) == expected


def test_the_most_urgent_comes_first() -> None:
    decay, fracture = Detection("caries", 0.3, HERE), Detection("fracture", 0.2, HERE)
    tartar = Detection("calculus", 0.9, HERE)
    assert diagnose(tartar, decay, decay, fracture) == (
        "Possible broken tooth, tooth decay (2 places) and tartar; a dentist must confirm."
    )


@pytest.mark.parametrize("answer", [[], [Detection("sound_tooth", 0.9, HERE)]])
def test_finding_nothing_is_said_honestly(answer: list[Detection]) -> None:
    analysis = analyse(MOUTH, photo_type="intraoral", detectors=[Fixed(answer)])
    assert analysis.diagnosis == (
        "No sign of tooth decay, broken tooth or tartar found, which does not rule it out;"
        " a dentist must confirm."
    )
    assert analysis.confidence == 0.7
    unmeasured = Fixed(answer, replace(CARD, clear_is_clear=None))
    assert analyse(MOUTH, photo_type="intraoral", detectors=[unmeasured]).confidence == 0


def test_a_blurred_picture_is_called_so() -> None:
    blurred = png(draw_mouth(1).picture.filter(ImageFilter.GaussianBlur(9)))
    assert "blurred" in analyse(blurred, photo_type="intraoral", detectors=[Fixed([])]).diagnosis


def test_the_first_detector_for_the_kind_of_picture_looks() -> None:
    for_xrays = Fixed([], replace(CARD, id="xray-only", modalities=(Modality.XRAY,)))
    analysis = analyse(MOUTH, photo_type="intraoral", detectors=[for_xrays, Fixed([]), *pixel_detectors()])
    assert analysis.metadata["model"] == "fixed"


def test_no_detector_for_this_kind_of_picture() -> None:
    with pytest.raises(NoDetector):
        analyse(XRAY, photo_type="xray", detectors=pixel_detectors()[1:])


@pytest.mark.parametrize("data", [b"", b"no picture", MOUTH[:2000], png(draw_mouth(1).picture, "BMP")])
def test_an_unreadable_picture(data: bytes) -> None:
    with pytest.raises(UnreadablePicture) as caught:
        analyse(data, photo_type="intraoral", detectors=pixel_detectors())
    assert isinstance(caught.value, InvalidInput)
    assert caught.value.field == "file"
    assert "JPEG" in caught.value.message


def test_a_picture_too_large_is_not_decoded() -> None:
    with pytest.raises(UnreadablePicture):
        read_picture(png(Image.new("1", (50_001, 1_000))))


@pytest.mark.parametrize("error", [ValueError("x"), MemoryError(), ZeroDivisionError()])
def test_a_failing_detector_makes_no_findings(error: Exception) -> None:
    with pytest.raises(DetectorFailed) as caught:
        analyse(MOUTH, photo_type="intraoral", detectors=[Broken(error)])
    assert caught.value.__cause__ is error


def hollow(confidence: float) -> Detection:
    """A finding that went round its own validation."""
    detection = Detection("caries", 0.5, HERE)
    object.__setattr__(detection, "confidence", confidence)
    return detection


@pytest.mark.parametrize(
    "wrong",
    [
        hollow(math.nan),
        hollow(1.5),
        Detection("filling", 0.5, HERE),
        Detection("caries", 0.5, Box(5000, 5000, 10, 10)),
    ],
)
def test_invalid_findings_are_refused_whole(wrong: Detection) -> None:
    good = Detection("caries", 0.5, HERE)
    with pytest.raises(InvalidFindings):
        analyse(MOUTH, photo_type="intraoral", detectors=[Fixed([good, wrong])])


def test_findings_are_cut_to_the_picture() -> None:
    over_the_edge = Detection("caries", 0.5, Box(-5, 700, 20, 40))
    analysis = analyse(MOUTH, photo_type="intraoral", detectors=[Fixed([over_the_edge])])
    assert analysis.detections[0].location == Box(0, 700, 15, 20)


def test_deep_x_rays_are_stretched_and_not_cut_off() -> None:
    deep = np.linspace(1000, 5000, 64 * 64).reshape(64, 64).astype(np.uint16)
    grey = read_picture(png(Image.fromarray(deep)))
    assert (grey.min(), grey.max()) == (0, 255)
    assert 120 < np.median(grey) < 135


def test_what_is_transparent_becomes_black() -> None:
    assert read_picture(png(Image.new("RGBA", (4, 4), (255, 255, 255, 0)))).max() == 0


def test_a_picture_on_its_side_is_turned_upright() -> None:
    image = Image.new("RGB", (40, 20))
    exif = image.getexif()
    exif[0x0112] = 6
    assert read_picture(png(image, "JPEG", exif=exif)).shape == (40, 20, 3)


def test_quality_tells_sharp_from_blurred_and_dark_from_clipped() -> None:
    sharp = draw_mouth(1).picture
    assert quality_of(np.asarray(sharp)).sharpness > 10
    assert quality_of(np.asarray(sharp.filter(ImageFilter.GaussianBlur(9)))).sharpness < 3.4
    white, black = (quality_of(np.full((9, 9, 3), level, dtype=np.uint8)) for level in (255, 0))
    assert (white.exposure, white.clipped, black.exposure, black.clipped) == (1, 1, 0, 0)
