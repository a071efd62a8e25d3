"""Dark spots and yellow bands on teeth in colour photos.

Rules on colour; no weights. Their numbers were set on drawings, not on photos of people.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from dentalization.dentistry.boxes import JSON, Box, Detection, clip
from dentalization.dentistry.conditions import Condition
from dentalization.vision.components import Components, Floats, Mask, box_mean, components, shrink
from dentalization.vision.detector import Modality, ModelCard, Picture, file_digest
from dentalization.vision.errors import NoDetector

INPUT_SIZE = 512
CARIES_AT_MOST, CALCULUS_AT_MOST = 0.4, 0.3
"""Colour alone cannot tell decay from stain or shadow: no contrast makes these rules surer than this."""
MEASURED: dict[str, JSON] = {
    "intraoral": {
        "pictures": 278,
        "silent": 187,
        "silent_and_clear": 42,
        "caries": {
            "ap50": 0.0, "precision": 0.0, "recall": 0.0, "centre": 0.58, "reported": 55, "annotated": 1522,
        },
    }
}  # fmt: skip
"""Whole teeth are annotated there, but only spots are boxed here, hence nothing at IoU 0.5; centre is the
share of boxes whose middle lies in a decayed tooth, while 46 of 100 annotated teeth are decayed. Tartar is
not annotated. These figures were taken after the rules were set.
"""


class PhotoDetector:
    def __init__(self) -> None:
        self.card = ModelCard(
            id="pixels-photo",
            version="1.0.0",
            sha256=file_digest(__file__),
            modalities=(Modality.INTRAORAL, Modality.EXTRAORAL, Modality.OTHER),
            conditions=(Condition.CARIES, Condition.CALCULUS),
            input_size=INPUT_SIZE,
            intended_use="Point a dentist to dark spots and yellow bands on teeth in a colour photo.",
            limitations="Rules on colour, not calibrated: confidence is a capped contrast. Stains, shadows"
            " between teeth and dark fillings look the same to it; decay between teeth or under the surface"
            " is not seen, and of the annotated decay nearly all is missed.",
            measured=MEASURED,
            clear_is_clear=None,
        )

    def detect(self, picture: Picture, *, modality: str) -> Sequence[Detection]:
        """Boxes around spots and bands themselves, the surest first; raises NoDetector for an x-ray."""
        if modality not in self.card.modalities:
            raise NoDetector
        height, width = picture.shape[:2]
        colours = _colours(shrink(picture, INPUT_SIZE))
        rows, columns = colours.value.shape
        across, down = width / columns, height / rows
        found = []
        for condition, confidence, (left, top, right, bottom) in (*_spots(colours), *_bands(colours)):
            box = Box(left * across, top * down, (right - left) * across, (bottom - top) * down)
            inside = clip(box, width, height)
            if inside is not None:
                found.append(Detection(condition, confidence, inside))
        return sorted(found, key=lambda detection: -detection.confidence)


@dataclass(frozen=True, slots=True)
class Colours:
    """Shares 0 to 1 for each pixel, masks of teeth and of gums and lips, and how bright nearby teeth are."""

    value: Floats
    yellow: Floats
    tooth: Mask
    red: Mask
    nearby_tooth: Floats
    tooth_share: Floats


Finding = tuple[Condition, float, tuple[int, int, int, int]]


def _colours(rgb: Floats) -> Colours:
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    brightest = np.maximum(rgb.max(axis=2), 1)
    value = brightest / 255
    redness = (red - green) / brightest
    yellow = (np.minimum(red, green) - blue) / brightest
    bright = float(np.percentile(value, 95))
    # Gums and lips are pink: as much blue as green. Decay is brown.
    gum = (redness >= 0.25) & (value >= 0.3 * bright) & (green - blue < 0.15 * brightest)
    # Teeth stand close to gums and lips; white walls, gloves and shirts do not.
    reach = max(1, max(value.shape) // 10)
    near_gum = box_mean(gum.astype(np.float32), reach) >= 0.1
    tooth = (value >= 0.55 * bright) & (redness < 0.15) & (redness > -0.1) & (yellow < 0.45) & near_gum
    window = max(1, max(value.shape) // 36)
    share = box_mean(tooth.astype(np.float32), window)
    nearby = box_mean(np.where(tooth, value, 0).astype(np.float32), window) / np.maximum(share, 0.05)
    return Colours(value, yellow, tooth, gum, nearby.astype(np.float32), share)


def _spots(colours: Colours) -> Iterator[Finding]:
    """Spots at most 0.7 times as bright as the tooth that surrounds them.

    Confidence: contrast (1 - brightness of the spot / of the tooth) x share of its rim that is tooth, capped.
    """
    dark = ~colours.tooth & (colours.tooth_share >= 0.35) & (colours.value <= 0.7 * colours.nearby_tooth)
    blobs = components(dark & ~colours.red)
    ratio = blobs.mean(colours.value / np.maximum(colours.nearby_tooth, 0.05))
    for index in _sized(blobs, 2e-5, 6e-3):
        box = _corners(blobs, index)
        rim = _rim(colours.tooth, box)
        width, height = box[2] - box[0], box[3] - box[1]
        # Gaps between teeth are thin or bent, and open to gum or mouth at their ends.
        compact = max(width, height) <= 3 * min(width, height) and blobs.area[index] >= 0.5 * width * height
        if compact and rim >= 0.6:
            yield Condition.CARIES, min(CARIES_AT_MOST, (1 - float(ratio[index])) * rim), box


def _bands(colours: Colours) -> Iterator[Finding]:
    """Bands along the gum that are yellower than the middle tooth pixel of the picture.

    Confidence: twice the excess of yellow, capped.
    """
    if not colours.tooth.any():
        return
    usual = float(np.median(colours.yellow[colours.tooth]))
    reach = max(1, max(colours.value.shape) // 40)
    at_gum = box_mean(colours.red.astype(np.float32), reach) >= 0.1
    bands = components(colours.tooth & at_gum & (colours.yellow >= usual + 0.1))
    excess = bands.mean(colours.yellow) - usual
    for index in _sized(bands, 1e-4, 1e-2):
        box = _corners(bands, index)
        if box[2] - box[0] >= 1.2 * (box[3] - box[1]):
            yield Condition.CALCULUS, min(CALCULUS_AT_MOST, 2 * float(excess[index])), box


def _sized(blobs: Components, least: float, most: float) -> list[int]:
    """Indexes of components whose area is between two shares of the picture, and at least 6 pixels."""
    pixels = blobs.labels.size
    return [
        int(i) for i in np.flatnonzero((blobs.area >= max(6, least * pixels)) & (blobs.area <= most * pixels))
    ]


def _corners(blobs: Components, index: int) -> tuple[int, int, int, int]:
    return int(blobs.left[index]), int(blobs.top[index]), int(blobs.right[index]), int(blobs.bottom[index])


def _rim(tooth: Mask, box: tuple[int, int, int, int]) -> float:
    """Share of tooth in the frame of two pixels around a box; outside the picture there is no tooth."""
    left, top, right, bottom = box
    around = tooth[max(0, top - 2) : bottom + 2, max(0, left - 2) : right + 2]
    inner = tooth[top:bottom, left:right]
    frame = (right - left + 4) * (bottom - top + 4) - (right - left) * (bottom - top)
    return float(around.sum() - inner.sum()) / frame
