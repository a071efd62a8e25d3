"""From the bytes of a file to pixels, how good they are, and what kind of picture they show."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps

from dentalization.vision.components import shrink
from dentalization.vision.detector import Modality, Picture
from dentalization.vision.errors import UnreadablePicture

QUALITY_SIDE = 512
MOST_PIXELS = 50_000_000
_XRAY_TYPES = {"xray", "x-ray", "panoramic"}
# 95th percentile of (brightest - darkest channel): up to GREY the picture has no colour, from COLOURFUL on
# it cannot be an x-ray, also not one photographed from a tinted screen.
GREY, COLOURFUL = 24, 80


@dataclass(frozen=True, slots=True)
class Quality:
    """`sharpness` is the variance of the Laplacian of grey 0 to 255 at a long side of 512 pixels.

    `exposure` is the mean grey value and `clipped` the share of pixels with a channel at 254 or more, 0 to 1.
    """

    sharpness: float
    exposure: float
    clipped: float


def read_picture(picture_bytes: bytes) -> Picture:
    """Upright RGB pixels; what is transparent becomes black. Raises UnreadablePicture."""
    try:
        with Image.open(io.BytesIO(picture_bytes), formats=("JPEG", "PNG", "WEBP")) as image:
            if image.width * image.height > MOST_PIXELS:
                raise UnreadablePicture
            upright = ImageOps.exif_transpose(image)
            if upright.mode.startswith(("I", "F")):
                upright = _eight_bits(upright)
            if upright.has_transparency_data:
                upright = Image.alpha_composite(
                    Image.new("RGBA", upright.size, (0, 0, 0, 255)), upright.convert("RGBA")
                )
            return np.asarray(upright.convert("RGB"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise UnreadablePicture from error


def _eight_bits(image: Image.Image) -> Image.Image:
    """Deep x-rays, of 12 or 16 bits, stretched over 0 to 255: Pillow itself would cut them off at 255."""
    deep = np.asarray(image, dtype=np.float64)
    low, high = float(deep.min()), float(deep.max())
    return Image.fromarray(((deep - low) * (255 / max(high - low, 1.0))).round().astype(np.uint8))


def quality_of(picture: Picture) -> Quality:
    image = Image.fromarray(picture).convert("L")
    factor = QUALITY_SIDE / max(image.size)
    size = max(1, round(image.width * factor)), max(1, round(image.height * factor))
    grey = np.asarray(image.resize(size, Image.Resampling.BILINEAR), dtype=np.float32)
    wide = np.pad(grey, 1, mode="edge")
    laplacian = wide[:-2, 1:-1] + wide[2:, 1:-1] + wide[1:-1, :-2] + wide[1:-1, 2:] - 4 * grey
    brightest = shrink(picture, QUALITY_SIDE).max(axis=2)
    return Quality(float(laplacian.var()), float(grey.mean()) / 255, float((brightest >= 254).mean()))


def modality_of(photo_type: str, picture: Picture) -> Modality:
    """What the sender says, unless the pixels contradict: no colour is an x-ray, strong colour is none."""
    rgb = shrink(picture, QUALITY_SIDE)
    colour = float(np.percentile(rgb.max(axis=2) - rgb.min(axis=2), 95))
    said = photo_type.strip().lower()
    if colour <= GREY or (said in _XRAY_TYPES and colour < COLOURFUL):
        return Modality.XRAY
    return Modality(said) if said in (Modality.INTRAORAL, Modality.EXTRAORAL) else Modality.OTHER
