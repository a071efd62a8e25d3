"""How good a picture is, and of what kind: what is known before a model looks at it.

Measured with these limits: all of 280 panoramic x-rays and 277 of 278 photos of teeth pass; of the same
photos blurred by a Gaussian of sigma 3 at 512 pixels 6 pass, darkened to a tenth none, over-exposed 1; no
x-ray passes as a photo. Blurred x-rays are not told from sharp ones.
"""

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

    `exposure` is the mean grey value, `clipped` the share of pixels with a channel at 254 or more, `tones`
    the spread of grey between its 2nd and 98th percentile, all 0 to 1. `colour` is the 95th percentile of
    the difference between a pixel's brightest and darkest channel, 0 to 255.
    """

    width: int
    height: int
    sharpness: float
    exposure: float
    clipped: float
    tones: float
    colour: float


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a picture is not looked at, and what to do, in English and Indonesian."""

    code: str
    english: str
    indonesian: str


@dataclass(frozen=True, slots=True)
class Limits:
    """A photo blurred by a Gaussian of sigma 3 at 512 pixels has a sharpness below 3.4."""

    least_side: int = 100
    most_aspect: float = 4.0
    photo_sharpness: float = 3.4
    least_exposure: float = 0.08
    most_exposure: float = 0.93
    photo_clipped: float = 0.6
    least_tones: float = 0.12
    photo_colour: float = 12.0
    xray_colour: float = 80.0


GATE = Limits()

TOO_SMALL = Refusal(
    "too-small",
    "The picture is too small: send one of at least 100 pixels on each side.",
    "Gambar terlalu kecil: kirim gambar dengan setiap sisi minimal 100 piksel.",
)
TOO_NARROW = Refusal(
    "too-narrow",
    "The picture is too long and narrow: send the whole photo, not a strip of it.",
    "Gambar terlalu panjang dan sempit: kirim foto utuh, bukan potongannya.",
)
BLURRED = Refusal(
    "blurred",
    "The picture is blurred: clean the lens, hold still, tap on the teeth to focus, and take it again.",
    "Gambar buram: bersihkan lensa, jangan bergerak, ketuk pada gigi untuk fokus, lalu ambil lagi.",
)
TOO_DARK = Refusal(
    "too-dark",
    "The picture is too dark: turn on the flash or go to a window, and take it again.",
    "Gambar terlalu gelap: nyalakan lampu kilat atau dekati jendela, lalu ambil lagi.",
)
TOO_BRIGHT = Refusal(
    "too-bright",
    "The picture is too bright: turn off the flash or turn away from the light, and take it again.",
    "Gambar terlalu terang: matikan lampu kilat atau menjauh dari cahaya, lalu ambil lagi.",
)
NOT_A_PHOTO = Refusal(
    "not-a-photo",
    "This picture has no colours, as an x-ray: choose its kind of x-ray, or send a photo in colour.",
    "Gambar ini tidak berwarna, seperti foto rontgen: pilih jenis rontgennya, atau kirim foto berwarna.",
)
NOT_AN_XRAY = Refusal(
    "not-an-xray",
    "This picture is too colourful for an x-ray: choose the kind of photo, or send the x-ray itself.",
    "Gambar ini terlalu berwarna untuk rontgen: pilih jenis fotonya, atau kirim gambar rontgen aslinya.",
)
NO_PICTURE = Refusal(
    "no-picture",
    "There is hardly anything on this picture: send one on which teeth can be seen.",
    "Hampir tidak ada apa-apa pada gambar ini: kirim gambar yang memperlihatkan gigi.",
)
REFUSALS = (
    TOO_SMALL,
    TOO_NARROW,
    BLURRED,
    TOO_DARK,
    TOO_BRIGHT,
    NOT_A_PHOTO,
    NOT_AN_XRAY,
    NO_PICTURE,
)


def quality_of(picture: Picture) -> Quality:
    """Measures a picture of any size; raises nothing."""
    height, width = picture.shape[:2]
    image = Image.fromarray(picture).convert("L")
    factor = QUALITY_SIDE / max(image.size)
    size = max(1, round(image.width * factor)), max(1, round(image.height * factor))
    grey = np.asarray(image.resize(size, Image.Resampling.BILINEAR), dtype=np.float32)
    wide = np.pad(grey, 1, mode="edge")
    laplacian = wide[:-2, 1:-1] + wide[2:, 1:-1] + wide[1:-1, :-2] + wide[1:-1, 2:] - 4 * grey
    small = shrink(picture, QUALITY_SIDE)
    brightest = small.max(axis=2)
    low, high = np.percentile(grey, (2, 98))
    return Quality(
        width=width,
        height=height,
        sharpness=float(laplacian.var()),
        exposure=float(grey.mean()) / 255,
        clipped=float((brightest >= 254).mean()),
        tones=float(high - low) / 255,
        colour=float(np.percentile(brightest - small.min(axis=2), 95)),
    )


def gate(quality: Quality, modality: Modality) -> list[Refusal]:
    """Why no model should look at a picture of this quality that is said to be of this kind."""
    found = []
    if min(quality.width, quality.height) < GATE.least_side:
        found.append(TOO_SMALL)
    if max(quality.width, quality.height) > GATE.most_aspect * min(quality.width, quality.height):
        found.append(TOO_NARROW)
    if quality.tones < GATE.least_tones:
        dark, bright = quality.exposure < GATE.least_exposure, quality.exposure > GATE.most_exposure
        found.append(TOO_DARK if dark else TOO_BRIGHT if bright else NO_PICTURE)
    elif quality.exposure < GATE.least_exposure:
        found.append(TOO_DARK)
    elif quality.exposure > GATE.most_exposure:
        found.append(TOO_BRIGHT)
    if modality.xray:
        return [*found, NOT_AN_XRAY] if quality.colour >= GATE.xray_colour else found
    if not found and quality.colour < GATE.photo_colour:
        found.append(NOT_A_PHOTO)
    if not found and quality.clipped > GATE.photo_clipped:
        found.append(TOO_BRIGHT)
    if not found and quality.sharpness < GATE.photo_sharpness:
        found.append(BLURRED)
    return found


def translated(sentence: str, language: str) -> str:
    """The refusals in a reason that was kept in English, in another language; anything else as it is."""
    if language != "id":
        return sentence
    for one in REFUSALS:
        sentence = sentence.replace(one.english, one.indonesian)
    return sentence
