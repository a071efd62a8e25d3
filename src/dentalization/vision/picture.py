"""From the bytes of a file to pixels, how good they are, and what kind of picture they show."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageOps

from dentalization.vision.card import Modality
from dentalization.vision.detector import Picture
from dentalization.vision.errors import UnreadablePicture
from dentalization.vision.quality import GATE

MOST_PIXELS = 50_000_000
_XRAY_TYPES = {"xray", "x-ray"}
_MODALITIES = frozenset(Modality)


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


def modality_of(photo_type: str, colour: float) -> Modality:
    """What the sender says; of an x-ray without projection, panoramic; else by `colour` (see Quality)."""
    said = photo_type.strip().lower()
    if said in _MODALITIES:
        return Modality(said)
    if said in _XRAY_TYPES or colour <= GATE.grey:
        return Modality.PANORAMIC
    return Modality.INTRAORAL
