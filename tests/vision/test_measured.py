"""The figures on the detectors' cards are those that annotated pictures give; skips where these lack."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dentalization.dentistry.boxes import Box, Detection, iou
from dentalization.vision.detector import Detector, Modality, Picture
from dentalization.vision.photo import PhotoDetector
from dentalization.vision.radiograph import RadiographDetector

Truth = tuple[str, Box]
CONDITION_OF = {"cavity": "caries"}


def annotated(annotations: str, pictures: str) -> Iterator[tuple[Picture, list[Truth]]]:
    """Pictures and their annotated boxes, in the order of the file."""
    beside = Path(__file__).resolve().parents[3] / "shared" / "data"
    data = Path(os.environ.get("DENTALIZATION_TEST_DATA", beside))
    if not (data / annotations).is_file():
        pytest.skip(f"no {annotations} in {data}; set DENTALIZATION_TEST_DATA")
    coco = json.loads((data / annotations).read_text())
    names = {category["id"]: category["name"] for category in coco["categories"]}
    truths: dict[int, list[Truth]] = defaultdict(list)
    for annotation in coco["annotations"]:
        name = names[annotation["category_id"]]
        truths[annotation["image_id"]].append((CONDITION_OF.get(name, name), Box(*annotation["bbox"])))
    for image in coco["images"]:
        with Image.open(data / pictures / image["file_name"]) as picture:
            yield np.asarray(picture.convert("RGB")), truths[image["id"]]


@dataclass(frozen=True)
class Figures:
    """Of one condition, at IoU 0.5, over all boxes reported; centre: its middle lies in an annotated one."""

    ap50: float
    precision: float
    recall: float
    centre: float
    reported: int
    annotated: int


@dataclass(frozen=True)
class Report:
    """`silent` pictures had no finding, `clear` of them no truth; `steps`: share right by confidence."""

    figures: dict[str, Figures]
    silent: int
    clear: int
    steps: dict[str, dict[str, float]]


def measure(
    detector: Detector, modality: Modality, pictures: Iterator[tuple[Picture, list[Truth]]]
) -> Report:
    conditions = [str(condition) for condition in detector.card.conditions]
    scored: dict[str, list[tuple[float, bool, bool]]] = {condition: [] for condition in conditions}
    total = dict.fromkeys(conditions, 0)
    silent, clear = 0, 0
    for picture, truths in pictures:
        found = detector.detect(picture, modality=modality)
        if not found:
            silent += 1
            clear += not any(condition in conditions for condition, _ in truths)
        for condition in conditions:
            boxes = [box for name, box in truths if name == condition]
            total[condition] += len(boxes)
            scored[condition] += _matched([one for one in found if one.condition == condition], boxes)
    figures = {name: _figures(scored[name], total[name]) for name in conditions if total[name]}
    return Report(figures, silent, clear, {name: _steps(scored[name]) for name in conditions})


def _steps(scored: list[tuple[float, bool, bool]]) -> dict[str, float]:
    by_confidence: dict[str, list[bool]] = defaultdict(list)
    for confidence, right, _ in scored:
        by_confidence[f"{confidence:.2f}"].append(right)
    return {step: round(sum(rights) / len(rights), 2) for step, rights in sorted(by_confidence.items())}


def _matched(found: list[Detection], boxes: list[Box]) -> list[tuple[float, bool, bool]]:
    """Confidence, right at IoU 0.5, centre inside; each annotated box is matched once, by the surest."""
    free, answer = list(boxes), []
    for one in sorted(found, key=lambda detection: -detection.confidence):
        best = max(free, key=lambda box: iou(one.location, box), default=None)
        right = best is not None and iou(one.location, best) >= 0.5
        if best is not None and right:
            free.remove(best)
        x, y = one.location.x + one.location.width / 2, one.location.y + one.location.height / 2
        inside = any(box.x <= x <= box.right and box.y <= y <= box.bottom for box in boxes)
        answer.append((one.confidence, right, inside))
    return answer


def _figures(scored: list[tuple[float, bool, bool]], total: int) -> Figures:
    ranked = sorted(scored, key=lambda entry: -entry[0])
    right = np.cumsum([entry[1] for entry in ranked])
    precision = right / np.arange(1, len(ranked) + 1)
    # Average precision: the area under the precision envelope over recall.
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    gained = np.diff(right / total, prepend=0.0)
    hits = int(right[-1]) if ranked else 0
    return Figures(
        ap50=round(float((envelope * gained).sum()), 3),
        precision=round(hits / max(1, len(ranked)), 2),
        recall=round(hits / total, 2),
        centre=round(sum(entry[2] for entry in ranked) / max(1, len(ranked)), 2),
        reported=len(ranked),
        annotated=total,
    )


@pytest.mark.slow
def test_the_radiograph_card_tells_what_was_measured() -> None:
    pictures = annotated("panoramic/valid.json", "panoramic/valid")
    report = measure(RadiographDetector(), Modality.XRAY, pictures)
    expected = {
        name: {**asdict(value), "right_by_confidence": report.steps[name]}
        for name, value in report.figures.items()
    }
    card = RadiographDetector().card
    assert card.measured["panoramic/valid"] == {
        "pictures": 128, "silent": report.silent, "silent_and_clear": report.clear, **expected,
    }  # fmt: skip
    assert card.clear_is_clear == report.clear / report.silent


@pytest.mark.slow
def test_the_photo_card_tells_what_was_measured() -> None:
    pictures = annotated("intraoral/annotations.json", "intraoral/images")
    report = measure(PhotoDetector(), Modality.INTRAORAL, pictures)
    expected = {name: asdict(value) for name, value in report.figures.items()}
    card = PhotoDetector().card
    assert card.measured["intraoral"] == {
        "pictures": 278, "silent": report.silent, "silent_and_clear": report.clear, **expected,
    }  # fmt: skip
    assert card.clear_is_clear is None
