"""How good a picture is, and of what kind: what is known before a model looks at it.

Measured with these limits: all of 280 panoramic x-rays and 277 of 278 photos of teeth pass; blurred by a
Gaussian of sigma 3 at 512 pixels none of either, darkened to a tenth none, over-exposed 8 and 1. No x-ray
passes as a photo; 44 photos of little colour pass as an x-ray. Of pages of text and pictures of screens none
passes as either.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dentalization.vision.card import Modality
from dentalization.vision.detector import Picture

QUALITY_SIDE = 512
_WARM, _SAME = 12, 0.2505


@dataclass(frozen=True, slots=True)
class Quality:
    """`sharpness` is the variance of the Laplacian of grey 0 to 255 at a long side of 512 pixels.

    `exposure` is the mean grey value, `clipped` the share of pixels with a channel at 254 or more, `tones`
    the spread of grey between its 2nd and 98th percentile, all 0 to 1. `colour` is the 95th percentile of
    the difference between a pixel's brightest and darkest channel, 0 to 255. `warm` is the share of pixels
    redder than blue by more than 12 of 255, `flat` the share of neighbours in a row with the same grey.
    """

    width: int
    height: int
    sharpness: float
    exposure: float
    clipped: float
    tones: float
    colour: float
    warm: float
    flat: float


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a picture is not looked at, and what to do, in English and Indonesian."""

    code: str
    english: str
    indonesian: str


@dataclass(frozen=True, slots=True)
class Limits:
    """Sharpness of real pictures blurred by a Gaussian of sigma 3 at 512 pixels: photos below 2.6, x-rays
    below 9.2; as they are, 99 of 100 photos are above 5.1 and all x-rays above 200. Mouths are warm:
    photos at least 0.35, pages and screens up to 0.04. X-rays are flat by 0.69 at most, screens by 0.70 to
    0.83."""

    least_side: int = 100
    grey: float = 24.0
    most_aspect: float = 4.0
    photo_sharpness: float = 3.4
    xray_sharpness: float = 10.0
    least_exposure: float = 0.08
    most_exposure: float = 0.93
    photo_clipped: float = 0.6
    least_tones: float = 0.12
    photo_colour: float = 12.0
    xray_colour: float = 80.0
    photo_warm: float = 0.2
    xray_flat: float = 0.75


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
NEITHER = Refusal(
    "neither",
    "This looks like neither teeth nor an x-ray of them: take a photo with the teeth filling the picture.",
    "Ini tampaknya bukan gigi dan bukan rontgen gigi: ambil foto dengan gigi memenuhi gambar.",
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
    NEITHER,
)


def quality_of(picture: Picture) -> Quality:
    """Measures a picture of any size; raises nothing. `web/static/quality.js` does the same in a browser."""
    height, width = picture.shape[:2]
    small = reduced(picture, QUALITY_SIDE)
    grey = small @ np.array([0.299, 0.587, 0.114])  # ITU-R BT.601
    wide = np.pad(grey, 1, mode="edge")
    laplacian = wide[:-2, 1:-1] + wide[2:, 1:-1] + wide[1:-1, :-2] + wide[1:-1, 2:] - 4 * grey
    # A smaller picture is measured as it is; enlarged to 512 pixels its second derivatives would shrink with
    # the square of the scale, and their variance with its fourth power.
    scale = min(1.0, max(height, width) / QUALITY_SIDE)
    brightest = small.max(axis=2)
    low, high = np.percentile(grey, (2, 98))
    steps = np.abs(np.diff(grey, axis=1))
    return Quality(
        width=width,
        height=height,
        sharpness=float(laplacian.var()) * scale**4,
        exposure=float(grey.mean()) / 255,
        clipped=float((brightest >= 254).mean()),
        tones=float(high - low) / 255,
        colour=float(np.percentile(brightest - small.min(axis=2), 95)),
        warm=float((small[..., 0] - small[..., 2] > _WARM).mean()),
        flat=float((steps < _SAME).mean()) if steps.size else 1.0,
    )


def reduced(picture: Picture, longest: int) -> NDArray[np.float64]:
    """The picture with no side above `longest`, height x width x 3, 0 to 255.

    Each pixel is the mean of a whole block: block i of n along a side of s pixels begins at floor(i * s / n).
    """
    height, width = picture.shape[:2]
    factor = min(1.0, longest / max(height, width))
    rows, columns = (max(1, int(side * factor + 0.5)) for side in (height, width))
    tops, lefts = np.arange(rows) * height // rows, np.arange(columns) * width // columns
    sums = np.add.reduceat(np.add.reduceat(picture, tops, axis=0, dtype=np.int64), lefts, axis=1)
    counts = np.diff(np.append(tops, height))[:, None] * np.diff(np.append(lefts, width))
    return np.asarray(sums / counts[..., None], dtype=np.float64)


def gate(quality: Quality, modality: Modality) -> list[Refusal]:
    """Why no model should look at a picture of this quality that is said to be of this kind."""
    shape = []
    if min(quality.width, quality.height) < GATE.least_side:
        shape.append(TOO_SMALL)
    if max(quality.width, quality.height) > GATE.most_aspect * min(quality.width, quality.height):
        shape.append(TOO_NARROW)
    return shape + _light(quality) or (_xray(quality) if modality.xray else _photo(quality))


def _light(quality: Quality) -> list[Refusal]:
    if quality.exposure < GATE.least_exposure:
        return [TOO_DARK]
    if quality.exposure > GATE.most_exposure:
        return [TOO_BRIGHT]
    return [NO_PICTURE] if quality.tones < GATE.least_tones else []


def _xray(quality: Quality) -> list[Refusal]:
    if quality.colour >= GATE.xray_colour:
        return [NOT_AN_XRAY]
    if quality.flat > GATE.xray_flat:
        return [NEITHER]
    return [BLURRED] if quality.sharpness < GATE.xray_sharpness else []


def _photo(quality: Quality) -> list[Refusal]:
    if quality.colour < GATE.photo_colour:
        return [NOT_A_PHOTO]
    if quality.warm < GATE.photo_warm:
        return [NEITHER]
    if quality.clipped > GATE.photo_clipped:
        return [TOO_BRIGHT]
    return [BLURRED] if quality.sharpness < GATE.photo_sharpness else []


def translated(sentence: str, language: str) -> str:
    """The refusals in a reason that was kept in English, in another language; anything else as it is."""
    if language != "id":
        return sentence
    for one in REFUSALS:
        sentence = sentence.replace(one.english, one.indonesian)
    return sentence
