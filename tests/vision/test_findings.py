from __future__ import annotations

import io
import json
import math

import numpy as np
import pytest
from PIL import Image
from prometheus_client import REGISTRY
from tests.detectors import Broken, Fixed, described

from dentalization.dentistry.boxes import Box, Detection
from dentalization.errors import InvalidInput
from dentalization.vision.card import Modality
from dentalization.vision.drawing import draw_mouth, draw_panoramic
from dentalization.vision.errors import DetectorFailed, InvalidFindings, UnreadablePicture, VisionError
from dentalization.vision.findings import analyse
from dentalization.vision.picture import modality_of, read_picture
from dentalization.vision.quality import quality_of

HERE = Box(10, 10, 20, 20)


def png(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


MOUTH = png(draw_mouth(33).picture)
XRAY = png(draw_panoramic(1).picture)


def test_a_picture_is_analysed_by_the_model_for_its_kind() -> None:
    for_xrays = Fixed([], described(id="xray-only", modalities=(Modality.PANORAMIC,)))
    found = Detection("caries", 0.8, HERE)
    analysis = analyse(MOUTH, photo_type="intraoral", detectors=[for_xrays, Fixed([found])])
    assert analysis.detections == (found,)
    assert analysis.confidence == 0.8
    metadata = dict(analysis.metadata)
    assert isinstance(metadata.pop("milliseconds"), float)
    assert metadata.pop("scores") == [0.8]
    quality = metadata.pop("quality")
    assert isinstance(quality, dict)
    assert {"laplacianVariance", "meanExposure", "clippedHighlights"} <= set(quality)
    texts = metadata.pop("texts")
    assert isinstance(texts, dict)
    assert texts["en"] == analysis.diagnosis != texts["id"]
    assert metadata.pop("couldNotSee") == [
        "gingivitis", "missing_tooth", "discoloration", "ulcer", "impacted_tooth", "periapical_lesion",
    ]  # fmt: skip
    assert metadata == {
        "model": "fixed", "version": "1", "digest": "0" * 64, "inputSize": 64,
        "modality": "intraoral", "photoType": "intraoral",
    }  # fmt: skip
    json.dumps(analysis.metadata, allow_nan=False)


@pytest.mark.parametrize(
    ("photo_type", "colour", "grey"),
    [
        ("intraoral", "intraoral", "intraoral"),
        (" Extraoral", "extraoral", "extraoral"),
        ("panoramic", "panoramic", "panoramic"),
        ("bitewing", "bitewing", "bitewing"),
        ("X-ray", "panoramic", "panoramic"),
        ("other", "intraoral", "panoramic"),
        ("smile", "intraoral", "panoramic"),
    ],
)
def test_the_kind_is_what_the_sender_says_else_what_the_colours_say(
    photo_type: str, colour: str, grey: str
) -> None:
    assert modality_of(photo_type, quality_of(read_picture(MOUTH)).colour) == colour
    assert modality_of(photo_type, quality_of(read_picture(XRAY)).colour) == grey


@pytest.mark.parametrize("answer", [[], [Detection("sound_tooth", 0.9, HERE)]])
def test_finding_nothing_is_as_sure_as_was_measured(answer: list[Detection]) -> None:
    measured = Fixed(answer, described(clear_is_clear=0.7))
    assert analyse(MOUTH, photo_type="intraoral", detectors=[measured]).confidence == 0.7
    assert analyse(MOUTH, photo_type="intraoral", detectors=[Fixed(answer)]).confidence == 0


def test_without_a_model_for_this_kind_nothing_is_made_up() -> None:
    """Also when there is one for other kinds: a model never sees a picture that its card does not name."""
    for_xrays = Broken(AssertionError("it was shown a photo"), described(modalities=(Modality.PANORAMIC,)))
    analysis = analyse(MOUTH, photo_type="intraoral", detectors=[for_xrays])
    assert analysis.detections == ()
    assert analysis.confidence == 0
    assert analysis.metadata["model"] is None
    assert analysis.diagnosis == "No AI model for this kind of picture; a dentist will look."
    assert "caries" in str(analysis.metadata["couldNotSee"])


@pytest.mark.parametrize("data", [b"", b"no picture", MOUTH[:2000], png(draw_mouth(33).picture, "BMP")])
def test_an_unreadable_picture(data: bytes) -> None:
    with pytest.raises(UnreadablePicture) as caught:
        analyse(data, photo_type="intraoral", detectors=[])
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
    height = read_picture(MOUTH).shape[0]
    over_the_edge = Detection("caries", 0.5, Box(-5, height - 20, 20, 40))
    analysis = analyse(MOUTH, photo_type="intraoral", detectors=[Fixed([over_the_edge])])
    assert analysis.detections[0].location == Box(0, height - 20, 15, 20)


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


def test_a_models_time_and_its_failures_are_measured() -> None:
    names = {"model": "measured", "version": "7"}
    card = described(id="measured", version="7")
    analyse(MOUTH, photo_type="intraoral", detectors=[Fixed([], card)])
    with pytest.raises(VisionError):
        analyse(MOUTH, photo_type="intraoral", detectors=[Broken(ValueError(), card)])
    assert REGISTRY.get_sample_value("dentalization_model_seconds_count", names) == 2
    assert REGISTRY.get_sample_value("dentalization_model_failures_total", names) == 1
