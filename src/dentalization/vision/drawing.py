"""Drawn pictures for demonstrations: of no person, the same for the same seed, with known findings."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from dentalization.dentistry.boxes import Box, Detection, union
from dentalization.dentistry.conditions import Condition
from dentalization.vision.rendering.mouth import render


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


def draw_mouth(seed: int, longest: int = 512) -> Drawing:
    """A photo-like RGB picture of a mouth, `longest` pixels on its longer side; decayed teeth are boxed."""
    drawn = render(seed, longest=longest)
    decayed = [one.corners for one in drawn.truths if one.condition is Condition.CARIES]
    boxes = [Box(left, top, right - left, bottom - top) for left, top, right, bottom in decayed]
    picture = _captioned(Image.fromarray(drawn.picture))
    return Drawing(picture, [Detection(Condition.CARIES, 1.0, box) for box in boxes])


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
    """Softens edges and adds grain."""
    soft = np.asarray(picture.filter(ImageFilter.GaussianBlur(blur)), dtype=np.float32)
    grain = np.random.default_rng(seed).normal(0, 3, soft.shape[:2])
    grainy = Image.fromarray(np.clip(soft + grain, 0, 255).astype(np.uint8))
    return _captioned(grainy)


def _captioned(picture: Image.Image) -> Image.Image:
    """Writes on it that this is no person's picture."""
    ink, edge = (200, 0) if picture.mode == "L" else ((255, 255, 255), (0, 0, 0))
    font = ImageFont.load_default(max(10, picture.height // 28))
    ImageDraw.Draw(picture).text((8, 6), "drawn", fill=ink, font=font, stroke_width=1, stroke_fill=edge)
    return picture
