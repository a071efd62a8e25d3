"""One tooth: its outline, its light and shade, its colour, and what is wrong with it.

Crown widths and lengths in millimetres: Ash and Nelson, "Wheeler's Dental Anatomy", upper and lower averages.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dentalization.vision.rendering.canvas import Canvas, Colour, Floats, blend, soft

UPPER = ((8.5, 10.5), (6.5, 9.0), (7.5, 10.0), (7.0, 8.5), (7.0, 8.5), (10.0, 7.5), (9.0, 7.0))
LOWER = ((5.0, 9.0), (5.5, 9.5), (7.0, 11.0), (7.0, 8.5), (7.0, 8.0), (11.0, 7.5), (10.5, 7.0))
"""Width and length of the crowns from the central incisor to the second molar."""
DEPTHS = (7.0, 6.0, 8.0, 9.0, 9.0, 11.0, 11.0)
"""From lip to tongue, as seen from above."""
CANINE, FIRST_PREMOLAR, FIRST_MOLAR = 2, 3, 5


@dataclass(frozen=True, slots=True)
class Tooth:
    """`x`, `y` is the middle in pixels, `across` and `along` half its width and length, `turn` in radians.

    `along` points from the gum to the biting edge; `place` counts from the central incisor, 0. `biting` says
    that it is seen from above.
    """

    number: int
    place: int
    x: float
    y: float
    across: float
    along: float
    turn: float
    colour: Colour
    biting: bool
    decay: float
    calculus: float = 0.0


@dataclass(frozen=True, slots=True)
class _Window:
    """The part of the canvas around a tooth, with the tooth's own coordinates -1 to 1 and a pixel in them."""

    rows: slice
    columns: slice
    u: Floats
    v: Floats
    pixel: float


def paint(canvas: Canvas, tooth: Tooth, light: float, cover: Floats | None = None) -> int:
    """Paints the tooth; `light` is where light comes from, -1 left to 1 right.

    `cover`, 0 to 1, is what lies before it and stays. Gives the area of the whole tooth in pixels.
    """
    window = _window(canvas, tooth)
    if window is None:
        return 0
    mask = _outline(canvas, tooth, window)
    if mask.max() < 0.5:
        return 0
    colour = _shaded(canvas, tooth, window, light)
    if tooth.calculus:
        crust = _blob(canvas, window, (0.0, -0.85), (0.8, 0.22)) * tooth.calculus
        colour = blend(colour, (196.0, 176.0, 120.0), crust)
    if tooth.decay:
        colour, mask = _decayed(canvas, tooth, window, colour, mask)
    place = (window.rows, window.columns)
    shown = mask > 0.5
    area = int(shown.sum())
    if cover is not None:
        mask, shown = mask * (1 - cover[place]), shown & (cover[place] <= 0.5)
    canvas.pixels[place] = blend(canvas.pixels[place], colour, mask)
    canvas.owner[place] = np.where(shown, tooth.number, canvas.owner[place])
    return area


def _window(canvas: Canvas, tooth: Tooth) -> _Window | None:
    reach = 1.25 * float(np.hypot(tooth.across, tooth.along)) + 2
    left, top = max(0, int(tooth.x - reach)), max(0, int(tooth.y - reach))
    right = min(canvas.width, int(tooth.x + reach) + 1)
    bottom = min(canvas.height, int(tooth.y + reach) + 1)
    if right <= left or bottom <= top:
        return None
    rows, columns = slice(top, bottom), slice(left, right)
    dx, dy = canvas.x[rows, columns] - tooth.x, canvas.y[rows, columns] - tooth.y
    cos, sin = np.cos(tooth.turn), np.sin(tooth.turn)
    u = (dx * cos + dy * sin) / tooth.across
    v = (-dx * sin + dy * cos) / tooth.along
    return _Window(
        rows, columns, u.astype(np.float32), v.astype(np.float32), 1 / min(tooth.across, tooth.along)
    )


def _outline(canvas: Canvas, tooth: Tooth, at: _Window) -> Floats:
    """0 to 1: rounder at the gum, straighter at the edge; a tip on canines; square molars from above."""
    rng = canvas.rng
    if tooth.biting and tooth.place >= FIRST_PREMOLAR:
        bumps = 1 + 0.04 * np.cos(4 * np.arctan2(at.v, at.u) + rng.uniform(0, 6))
        power = rng.uniform(2.6, 4.0)
        radius = (np.abs(at.u) ** power + np.abs(at.v) ** power) ** (1 / power) / bumps
        return soft((radius - 1) / at.pixel, 1.5)
    taper = 0.88 + 0.12 * at.v.clip(-1, 1) * rng.uniform(0.3, 1.6)
    lean = rng.uniform(-0.06, 0.06) * at.v
    power_u, power_v = rng.uniform(2.4, 4.0), rng.uniform(3.2, 6.0)
    radius = np.abs((at.u - lean) / taper) ** power_u + np.abs(at.v) ** power_v
    mask = soft((radius ** (1 / power_u) - 1) / at.pixel, 1.5)
    if tooth.place == CANINE:
        mask = mask * soft((at.v - (1.02 - rng.uniform(0.2, 0.5) * np.abs(at.u))) / at.pixel, 1.5)
    elif tooth.place < CANINE:
        tilt = rng.uniform(-0.12, 0.12)
        mask = mask * soft((at.v - (0.97 + tilt * at.u)) / at.pixel, 1.5)
    return mask.astype(np.float32)


def _shaded(canvas: Canvas, tooth: Tooth, at: _Window, light: float) -> Floats:
    rng = canvas.rng
    across = (at.u - 0.5 * light).clip(-1.6, 1.6)
    shade = 1.04 - rng.uniform(0.10, 0.3) * np.abs(across) ** rng.uniform(1.6, 3.0)
    if tooth.biting:
        shade = shade - rng.uniform(0.0, 0.12) * at.v**2 + _fissures(canvas, tooth, at)
    else:
        shade = shade - rng.uniform(0.02, 0.22) * (0.5 - 0.5 * at.v).clip(0, 1) ** 2
    shade = shade + rng.normal(0, 0.012, shape(at)).astype(np.float32)
    colour = np.asarray(tooth.colour, dtype=np.float32) * shade[..., None]
    neck = (-at.v - rng.uniform(0.2, 0.6)).clip(0, 1) * rng.uniform(0.0, 0.8)
    colour = blend(colour, colour * np.array([1.0, 0.92, 0.78], dtype=np.float32), neck)
    if not tooth.biting and tooth.place <= CANINE:
        edge = ((at.v - 0.72) * 3.5).clip(0, 1) * rng.uniform(0.0, 0.45)
        colour = blend(colour, (168.0, 176.0, 190.0), edge)
    for _ in range(int(rng.integers(0, 3))):
        spot = (rng.uniform(-0.5, 0.5), rng.uniform(-0.6, 0.6))
        size = (rng.uniform(0.04, 0.2), rng.uniform(0.06, 0.45))
        gleam = np.exp(-(((at.u - spot[0]) / size[0]) ** 2) - ((at.v - spot[1]) / size[1]) ** 2)
        colour = blend(colour, (255.0, 255.0, 255.0), (gleam * rng.uniform(0.3, 1.0)).astype(np.float32))
    return colour.clip(0, 255)


def shape(at: _Window) -> tuple[int, int]:
    """Rows and columns of a window."""
    return at.u.shape[0], at.u.shape[1]


def _fissures(canvas: Canvas, tooth: Tooth, at: _Window) -> Floats:
    """Cusps and the grooves between them, as light and shade; the grooves of sound teeth stay light."""
    rng = canvas.rng
    if tooth.place < FIRST_PREMOLAR:
        return np.asarray(-rng.uniform(0.05, 0.25) * np.exp(-((at.v / 0.3) ** 2) - at.u**2), np.float32)
    wave = 0.18 * np.sin(3 * at.u + rng.uniform(0, 6))
    grooves = np.exp(-(((at.v - wave) / 0.12) ** 2))
    if tooth.place >= FIRST_MOLAR:
        grooves = np.maximum(grooves, np.exp(-(((at.u - rng.uniform(-0.2, 0.2)) / 0.12) ** 2)) * 0.8)
    inside = (1 - at.u**2 - at.v**2).clip(0, 1)
    cusps = 0.08 * np.cos(3.1 * at.u) * np.cos(3.1 * at.v)
    return np.asarray(cusps - rng.uniform(0.12, 0.38) * grooves * inside, np.float32)


def _blob(canvas: Canvas, at: _Window, middle: tuple[float, float], size: tuple[float, float]) -> Floats:
    """An uneven spot, 0 to 1, with a soft edge."""
    rng = canvas.rng
    angle = np.arctan2(at.v - middle[1], at.u - middle[0])
    uneven = sum(rng.normal(0, 0.16) * np.cos(k * angle + rng.uniform(0, 6)) for k in range(1, 6))
    radius = np.hypot((at.u - middle[0]) / size[0], (at.v - middle[1]) / size[1])
    return np.asarray(((1 + uneven - radius) / rng.uniform(0.15, 0.6)).clip(0, 1), np.float32)


def _decayed(
    canvas: Canvas, tooth: Tooth, at: _Window, colour: Floats, mask: Floats
) -> tuple[Floats, Floats]:
    """Brown to black spots where decay begins: grooves, contacts, the gum line; much breaks the crown."""
    rng = canvas.rng
    brown = np.array([rng.uniform(45, 150), rng.uniform(28, 95), rng.uniform(8, 50)], dtype=np.float32)
    stain = blend(colour, brown * 1.5 + 30, rng.uniform(0, 0.5) * min(1.0, tooth.decay * 1.4))
    for _ in range(1 + int(rng.integers(0, 2 + round(3 * tooth.decay)))):
        middle = _site(tooth, rng)
        size = (
            0.07 + 0.55 * tooth.decay * rng.uniform(0.3, 1.0),
            0.07 + 0.45 * tooth.decay * rng.uniform(0.3, 1),
        )
        spot = _blob(canvas, at, middle, size)
        stain = blend(stain, brown, (spot * rng.uniform(0.6, 1.0)).astype(np.float32))
        if rng.random() < 0.6:
            core = _blob(canvas, at, middle, (size[0] * 0.6, size[1] * 0.6))
            stain = blend(stain, brown * rng.uniform(0.1, 0.4), core)
    if tooth.decay > 0.7 and rng.random() < 0.6:
        gone = _blob(canvas, at, (rng.uniform(-0.9, 0.9), rng.uniform(0.5, 1.2)), (0.7, 0.6))
        mask = mask * (1 - (gone > 0.5))
    return stain, mask.astype(np.float32)


def _site(tooth: Tooth, rng: np.random.Generator) -> tuple[float, float]:
    if tooth.biting:
        return rng.normal(0, 0.35), rng.normal(0, 0.3)
    kind = rng.random()
    if kind < 0.4:  # where two teeth touch
        return rng.choice([-0.85, 0.85]), rng.uniform(-0.5, 0.8)
    if kind < 0.75:  # along the gum
        return rng.uniform(-0.6, 0.6), rng.uniform(-0.95, -0.5)
    return rng.uniform(-0.7, 0.7), rng.uniform(-0.6, 0.9)
