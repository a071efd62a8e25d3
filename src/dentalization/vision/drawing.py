"""Drawn pictures for demonstrations: of no person, the same for the same seed, with known findings."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from dentalization.dentistry.boxes import Box, Detection, union
from dentalization.dentistry.conditions import Condition


@dataclass(frozen=True, slots=True)
class Drawing:
    """`detections` are the exact boxes of what was drawn, with confidence 1."""

    picture: Image.Image
    detections: list[Detection]


@dataclass(frozen=True, slots=True)
class Tooth:
    """`crown` in pixels; `upper` tells on which side of it the gum lies."""

    fdi: str
    crown: Box
    upper: bool


# Share of the arch's width that each crown takes, from the midline outwards.
_WIDTHS = (0.085, 0.068, 0.075, 0.072, 0.068, 0.095, 0.085)


def draw_mouth(seed: int, size: tuple[int, int] = (960, 720)) -> Drawing:
    """A photo-like RGB picture of an open mouth from the front, with decay spots and tartar on some teeth."""
    chance = random.Random(seed)
    picture = Image.new("RGB", size, (206, 152, 128))
    pen = ImageDraw.Draw(picture)
    _ellipse(pen, size, (0.02, 0.06, 0.98, 0.94), (186, 74, 82))
    _ellipse(pen, size, (0.06, 0.13, 0.94, 0.87), (58, 16, 20))
    teeth = list(_arches(size, reach=0.62, bite=0.5, length=0.19, gap=0.03))
    for tooth in teeth:
        gum = tooth.crown
        rise = 0.6 * gum.height
        y = gum.y - rise if tooth.upper else gum.y + 0.2 * gum.height
        around = Box(gum.x - 0.3 * gum.width, y, 1.6 * gum.width, 0.8 * gum.height + rise)
        pen.ellipse(_corners(around), fill=(214, 108, 116))
    for tooth in teeth:
        shade = chance.randint(-8, 8)
        pen.rounded_rectangle(
            _corners(tooth.crown),
            radius=0.3 * tooth.crown.width,
            fill=(234 + shade, 226 + shade, 208 + shade),
        )
    visible = [tooth for tooth in teeth if int(tooth.fdi[1]) <= 5]
    ill = chance.sample(visible, 5)
    found = [_decay(pen, tooth, chance) for tooth in ill[: chance.randint(2, 3)]]
    found += [_tartar(pen, tooth) for tooth in ill[3:]]
    return Drawing(_finish(picture, seed, blur=size[0] / 1000), found)


def draw_panoramic(seed: int, size: tuple[int, int] = (1000, 500)) -> Drawing:
    """An x-ray-like grey picture of both jaws with fillings and implants, boxed as whole teeth."""
    chance = random.Random(seed)
    width, height = size
    picture = Image.new("L", size, 26)
    pen = ImageDraw.Draw(picture)
    _ellipse(pen, size, (0.06, 0.08, 0.94, 1.0), 78)
    pen.ellipse(_corners(Box(0.16 * width, 0.44 * height, 0.68 * width, 0.12 * height)), fill=22)
    teeth = list(_arches(size, reach=0.62, bite=0.5, length=0.1, gap=0.035))
    treated = chance.sample(teeth, 6)
    found = []
    for tooth in teeth:
        root = _root(tooth)
        whole = union(tooth.crown, root)
        if tooth in treated[:2]:
            post = Box(root.x + 0.2 * root.width, root.y, 0.6 * root.width, root.height)
            pen.rectangle(_corners(post), fill=254)
            pen.rounded_rectangle(_corners(tooth.crown), radius=0.25 * tooth.crown.width, fill=254)
            found.append(Detection(Condition.IMPLANT, 1.0, whole, tooth.fdi))
            continue
        pen.ellipse(_corners(root), fill=126)
        pen.rounded_rectangle(_corners(tooth.crown), radius=0.25 * tooth.crown.width, fill=158)
        if tooth in treated:
            crown = tooth.crown
            y = crown.y + 0.45 * crown.height if tooth.upper else crown.y
            filling = Box(crown.x + 0.12 * crown.width, y, 0.76 * crown.width, 0.55 * crown.height)
            pen.rounded_rectangle(_corners(filling), radius=0.15 * crown.width, fill=254)
            found.append(Detection(Condition.FILLING, 1.0, whole, tooth.fdi))
    return Drawing(_finish(picture, seed, blur=width / 1200), found)


def _arches(
    size: tuple[int, int], *, reach: float, bite: float, length: float, gap: float
) -> Iterator[Tooth]:
    """Crowns of both arches; `reach`, `bite`, `length`, `gap` in shares of the picture."""
    width, height = size
    for quadrant in (1, 2, 3, 4):
        upper, side = quadrant < 3, -1 if quadrant in (1, 4) else 1
        start = 0.0
        for place, share in enumerate(_WIDTHS, start=1):
            wide = share * reach * width * 0.92
            tall = length * height * (1 - 0.05 * place)
            away = start + wide / 2
            # The arch bends away from the viewer: outer teeth stand nearer to the biting line's ends.
            bend = 0.05 * height * (away / (0.5 * reach * width)) ** 2
            x = width / 2 + side * away - 0.47 * wide
            edge = bite * height - bend
            y = edge - gap / 2 * height - tall if upper else edge + gap / 2 * height
            yield Tooth(f"{quadrant}{place}", Box(x, y, 0.94 * wide, tall), upper)
            start += wide


def _root(tooth: Tooth) -> Box:
    crown = tooth.crown
    length = 1.3 * crown.height
    y = crown.y - length if tooth.upper else crown.y + 0.9 * crown.height
    return Box(crown.x + 0.15 * crown.width, y, 0.7 * crown.width, length + 0.1 * crown.height)


def _decay(pen: ImageDraw.ImageDraw, tooth: Tooth, chance: random.Random) -> Detection:
    crown = tooth.crown
    across, down = chance.uniform(0.34, 0.46) * crown.width, chance.uniform(0.16, 0.22) * crown.height
    x = crown.x + chance.uniform(0.4, 0.6) * crown.width - across / 2
    y = crown.y + chance.uniform(0.4, 0.6) * crown.height - down / 2
    spot = Box(x, y, across, down)
    pen.ellipse(_corners(spot), fill=(74, 48, 30))
    return Detection(Condition.CARIES, 1.0, spot, tooth.fdi)


def _tartar(pen: ImageDraw.ImageDraw, tooth: Tooth) -> Detection:
    crown = tooth.crown
    y = crown.y + 0.06 * crown.height if tooth.upper else crown.y + 0.76 * crown.height
    band = Box(crown.x + 0.08 * crown.width, y, 0.84 * crown.width, 0.18 * crown.height)
    pen.rounded_rectangle(_corners(band), radius=0.3 * band.height, fill=(214, 190, 132))
    return Detection(Condition.CALCULUS, 1.0, band, tooth.fdi)


def _corners(box: Box) -> tuple[float, float, float, float]:
    # Pillow draws the pixel of the far corner too.
    return box.x, box.y, max(box.x, box.right - 1), max(box.y, box.bottom - 1)


def _ellipse(
    pen: ImageDraw.ImageDraw,
    size: tuple[int, int],
    shares: tuple[float, float, float, float],
    fill: int | tuple[int, int, int],
) -> None:
    width, height = size
    pen.ellipse((shares[0] * width, shares[1] * height, shares[2] * width, shares[3] * height), fill=fill)


def _finish(picture: Image.Image, seed: int, *, blur: float) -> Image.Image:
    """Softens edges, adds grain, and writes the caption that says that this is no person's picture."""
    soft = np.asarray(picture.filter(ImageFilter.GaussianBlur(blur)), dtype=np.float32)
    grain = np.random.default_rng(seed).normal(0, 3, soft.shape[:2])
    grain = grain if soft.ndim == 2 else grain[..., None]
    grainy = Image.fromarray(np.clip(soft + grain, 0, 255).astype(np.uint8))
    ink = 200 if grainy.mode == "L" else (255, 255, 255)
    font = ImageFont.load_default(max(10, picture.height // 28))
    ImageDraw.Draw(grainy).text((8, 6), "drawn", fill=ink, font=font)
    return grainy
