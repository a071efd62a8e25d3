"""How good a picture is, before a model looks at it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from dentalization.vision.card import Modality
from dentalization.vision.components import shrink
from dentalization.vision.detector import Picture

QUALITY_SIDE = 512


@dataclass(frozen=True, slots=True)
class Quality:
    """`sharpness` is the variance of the Laplacian of grey 0 to 255 at a long side of 512 pixels.

    `exposure` is the mean grey value and `clipped` the share of pixels with a channel at 254 or more, 0 to 1.
    """

    sharpness: float
    exposure: float
    clipped: float


def quality_of(picture: Picture) -> Quality:
    image = Image.fromarray(picture).convert("L")
    factor = QUALITY_SIDE / max(image.size)
    size = max(1, round(image.width * factor)), max(1, round(image.height * factor))
    grey = np.asarray(image.resize(size, Image.Resampling.BILINEAR), dtype=np.float32)
    wide = np.pad(grey, 1, mode="edge")
    laplacian = wide[:-2, 1:-1] + wide[2:, 1:-1] + wide[1:-1, :-2] + wide[1:-1, 2:] - 4 * grey
    brightest = shrink(picture, QUALITY_SIDE).max(axis=2)
    return Quality(float(laplacian.var()), float(grey.mean()) / 255, float((brightest >= 254).mean()))


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a picture is not looked at, and what to do, in English and Indonesian."""

    code: str
    english: str
    indonesian: str


def gate(picture: Picture, declared: Modality | None) -> list[Refusal]:
    """Why no model should look at this picture; empty for one that is good enough."""
    return []
