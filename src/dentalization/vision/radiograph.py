"""Radio-opaque restorations on x-rays: pixels far brighter than what surrounds them, near the biting line.

Rules on brightness and shape, ranked by a score of five numbers. Sizes are shares of the jaw's
width and height, and were chosen, like the figures of SCORE and PRECISION, on the training part of the
panoramic data alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from dentalization.dentistry.boxes import JSON, Box, Detection, clip
from dentalization.dentistry.conditions import Condition
from dentalization.vision.components import Floats, Mask, box_mean, components, shrink
from dentalization.vision.detector import Modality, ModelCard, Picture, file_digest
from dentalization.vision.errors import NoDetector

INPUT_SIZE = 512
OPAQUE = 245  # grey value from which a pixel may be metal, ceramic or filling
ABOVE_SURROUNDINGS = 60  # and by how much it is brighter than its surroundings
TOOTH_WIDTH, TOOTH_LENGTH = 0.065, 0.225
# Logistic regression of "overlaps an annotated box by half" on: 1, share of its box that the blob fills, its
# height (in tenths of the jaw, at most 1.5), ln of its area (in thousandths of the jaw), ln of the opaque
# share of the jaw (in hundredths). Fitted on 1,014 pictures.
SCORE = (-4.04, 4.57, 1.64, 0.42, -0.45)
PRECISION: dict[Condition, tuple[tuple[float, float], ...]] = {
    Condition.FILLING: ((0.20, 0.23), (0.25, 0.30), (0.30, 0.36), (0.35, 0.41)),
    Condition.IMPLANT: ((0.40, 0.26), (0.45, 0.30), (0.60, 0.46)),
}
"""Least score, and the share of boxes from there to the next step that were right (IoU 0.5) in training.

Boxes below the first step are right less often still, and are not reported.
"""
MEASURED: dict[str, JSON] = {
    "panoramic/valid": {
        "pictures": 128,
        "silent": 10,
        "silent_and_clear": 2,
        "filling": {
            "ap50": 0.136, "precision": 0.37, "recall": 0.27, "centre": 0.55,
            "reported": 463, "annotated": 645,
            "right_by_confidence": {"0.23": 0.21, "0.30": 0.33, "0.36": 0.35, "0.41": 0.52},
        },
        "implant": {
            "ap50": 0.083, "precision": 0.35, "recall": 0.18, "centre": 0.59,
            "reported": 111, "annotated": 219,
            "right_by_confidence": {"0.26": 0.45, "0.30": 0.30, "0.46": 0.46},
        },
    }
}  # fmt: skip
"""At IoU 0.5. The confidence of implants did not hold on pictures not trained on: what training called 0.39
to 0.50 was right in 0.30 of 76, 0.64 in 0.46 of 13. A patient reads these numbers, so the lower ones are
claimed; for implants this part of the data is no independent test of the confidence any more.
`centre` is the share of boxes whose middle lies in an annotated one of the same condition.
"""


@dataclass(frozen=True, slots=True)
class Jaw:
    """Where the exposed part of the film lies, in pixels, and the row where upper and lower teeth meet."""

    exposed: Mask
    left: float
    top: float
    width: float
    height: float
    bite: int


class RadiographDetector:
    def __init__(self) -> None:
        self.card = ModelCard(
            id="pixels-radiograph",
            version="1.0.0",
            sha256=file_digest(__file__),
            modalities=(Modality.XRAY,),
            conditions=(Condition.FILLING, Condition.IMPLANT),
            input_size=INPUT_SIZE,
            intended_use="Point a dentist to possible fillings and implants on a panoramic x-ray.",
            limitations="Rules on brightness; misses most of what is there. 'implant' also stands on"
            " root-treated teeth, as in the data it was measured on. Confidence of implants is too high on"
            " new pictures (see measured). Sees no decay. Never measured on x-rays of single teeth."
            " Data: Roboflow"
            " Universe project dental-uispo/-bhjcu, CC BY 4.0.",
            measured=MEASURED,
            clear_is_clear=2 / 10,
        )

    def detect(self, picture: Picture, *, modality: str) -> Sequence[Detection]:
        """Boxes around the whole tooth that bears the restoration; raises NoDetector unless an x-ray."""
        if modality not in self.card.modalities:
            raise NoDetector
        height, width = picture.shape[:2]
        grey = shrink(picture, INPUT_SIZE).mean(axis=2)
        across, down = width / grey.shape[1], height / grey.shape[0]
        found = []
        for condition, score, (x, y, w, h) in scored_boxes(grey):
            steps = [precision for least, precision in PRECISION[condition] if score >= least]
            box = clip(Box(x * across, y * down, w * across, h * down), width, height)
            if steps and box is not None:
                found.append(Detection(condition, max(steps), box))
        return sorted(found, key=lambda detection: -detection.confidence)


Scored = tuple[Condition, float, tuple[float, float, float, float]]


def scored_boxes(grey: Floats) -> Iterator[Scored]:
    """Candidates on a height x width grey picture: condition, score 0 to 1, and x, y, width, height."""
    jaw = _jaw(grey)
    if jaw is None:
        return
    inside = np.where(jaw.exposed, grey, 0).astype(np.float32)
    radius = max(1, round(jaw.width / 20))
    surroundings = box_mean(inside, radius) / np.maximum(
        box_mean(jaw.exposed.astype(np.float32), radius), 0.05
    )
    opaque = jaw.exposed & (grey >= OPAQUE) & (grey - surroundings >= ABOVE_SURROUNDINGS)
    share = float((grey[jaw.exposed] >= OPAQUE).mean())
    blobs = components(opaque)
    for index in range(len(blobs.area)):
        left, top = float(blobs.left[index]), float(blobs.top[index])
        width, height = float(blobs.right[index]) - left, float(blobs.bottom[index]) - top
        area = float(blobs.area[index]) / (jaw.width * jaw.height)
        middle = top + height / 2
        across = (left + width / 2 - jaw.left) / jaw.width
        if area < 1.2e-4 or width < 0.012 * jaw.width or not 0.1 < across < 0.9:
            continue
        if abs(middle - jaw.bite) > 0.2 * jaw.height:
            continue
        fills = blobs.area[index] / (width * height)
        terms = (1, fills, min(10 * height / jaw.height, 1.5), math.log(area * 1e3), math.log(share * 100))
        score = 1 / (1 + math.exp(-sum(a * b for a, b in zip(SCORE, terms, strict=True))))
        for box in _teeth(jaw, left, top, width, height):
            yield _kind(opaque, jaw, box), score, box


def _jaw(grey: Floats) -> Jaw | None:
    """None when the picture shows nothing but its frame."""
    # White that touches the edge is the frame around a masked picture, not a restoration.
    white = components(grey >= 250)
    rows, columns = grey.shape
    frame = (white.left == 0) | (white.top == 0) | (white.right == columns) | (white.bottom == rows)
    exposed: Mask = ~np.append(False, frame)[white.labels]
    ys, xs = np.nonzero(exposed & (grey > 8))
    if not len(ys):
        return None
    left, right = np.percentile(xs, (0.5, 99.5))
    top, bottom = np.percentile(ys, (0.5, 99.5))
    width, height = float(right - left) + 1, float(bottom - top) + 1
    # Between the arches there is air: the darkest row of the middle.
    first, last = int(top + 0.35 * height), int(top + 0.68 * height) + 1
    front = np.where(exposed, grey, 0)[:, int(left + 0.25 * width) : int(left + 0.75 * width) + 1]
    rowwise = np.convolve(front.mean(axis=1), np.ones(7) / 7, "same")[: len(front)]
    return Jaw(exposed, float(left), float(top), width, height, first + int(np.argmin(rowwise[first:last])))


def _teeth(
    jaw: Jaw, left: float, top: float, width: float, height: float
) -> Iterator[tuple[float, float, float, float]]:
    """The tooth, or neighbours, that a blob belongs to: from its biting edge along a tooth's length."""
    count = round(width / (TOOTH_WIDTH * jaw.width)) if width > 1.7 * TOOTH_WIDTH * jaw.width else 1
    length = max(TOOTH_LENGTH * jaw.height, height if count == 1 else 0)
    upper = top + height / 2 < jaw.bite
    y = top + height - length if upper else top
    for place in range(count):
        each = width / count
        pad = max(0.0, (0.7 * TOOTH_WIDTH * jaw.width - each) / 2)
        yield left + place * each - pad, y, each + 2 * pad, length


def _kind(opaque: Mask, jaw: Jaw, box: tuple[float, float, float, float]) -> Condition:
    """An implant when a quarter of the rows of the root's part are opaque somewhere, else a filling."""
    x, y, width, length = box
    upper = y + length / 2 < jaw.bite
    start = y if upper else y + 0.4 * length
    rows = slice(max(0, int(start)), max(0, int(start + 0.6 * length)))
    root = opaque[rows, max(0, int(x)) : max(0, math.ceil(x + width))]
    return Condition.IMPLANT if root.size and root.any(axis=1).mean() >= 0.25 else Condition.FILLING
