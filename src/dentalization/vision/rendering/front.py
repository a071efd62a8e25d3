"""Mouths from the front: lips or cheeks, gums, the dark between, and two rows of teeth."""

from __future__ import annotations

import numpy as np

from dentalization.vision.rendering import teeth
from dentalization.vision.rendering.canvas import Canvas, Floats, blend, soft
from dentalization.vision.rendering.mood import Mood, Painted, tooth_of
from dentalization.vision.rendering.teeth import LOWER, UPPER


def front(canvas: Canvas, mood: Mood, *, retracted: bool) -> list[Painted]:
    """Teeth from the front: a smile between lips, or cheeks held apart."""
    rng = canvas.rng
    size = min(canvas.width, 1.4 * canvas.height)
    half = size * (rng.uniform(0.34, 0.8) if retracted else rng.uniform(0.2, 0.62))
    unit = half / rng.uniform(26, 33)  # pixels a millimetre at the front
    middle_x = canvas.width * rng.uniform(0.36, 0.64)
    middle_y = canvas.height * rng.uniform(0.36, 0.6)
    cos, sin = np.cos(mood.tilt), np.sin(mood.tilt)
    dx, dy = canvas.x - middle_x, canvas.y - middle_y
    across, down = (dx * cos + dy * sin) / unit, (-dx * sin + dy * cos) / unit  # millimetres
    bow = rng.uniform(-0.002, 0.012)
    gap = rng.uniform(0.5, 14) if rng.random() < 0.45 else rng.uniform(-2.5, 0.5)
    _around(canvas, mood, across, down, retracted=retracted)
    cover = _opening(canvas, across, down, gap, retracted=retracted)
    _inside(canvas, mood, across, down, cover, bow, gap)
    turned = rng.uniform(-0.5, 0.5) if rng.random() < 0.4 else 0.0
    rows = [(False, LOWER), (True, UPPER)]
    if rng.random() < 0.12:
        rows = [rows[int(rng.integers(2))]]
    painted: list[Painted] = []
    for upper, sizes in rows:
        for place, x, y, a, b in _row(rng, sizes, upper=upper, bow=bow, gap=gap, turned=turned):
            where = (
                middle_x + unit * (x * cos - y * sin),
                middle_y + unit * (x * sin + y * cos),
                unit * a,
                unit * b,
                mood.tilt + (0.0 if upper else np.pi) + bow * x * rng.uniform(0.5, 2.0),
            )
            tooth = tooth_of(canvas, mood, len(painted), place, where, biting=False)
            if tooth is not None:
                painted.append(Painted(tooth, teeth.paint(canvas, tooth, mood.light, cover)))
    return painted


def _row(
    rng: np.random.Generator,
    sizes: tuple[tuple[float, float], ...],
    *,
    upper: bool,
    bow: float,
    gap: float,
    turned: float,
) -> list[tuple[int, float, float, float, float]]:
    """Place, x, y, half width and half length in millimetres: widths shrink as the arch bends away."""
    found = []
    bend = rng.uniform(0.016, 0.028)
    long = rng.uniform(0.85, 1.15)
    tight = rng.uniform(0.9, 1.0)
    for side in (-1, 1):
        x, arc = 0.0, 0.0
        for place, (width, length) in enumerate(sizes):
            angle = (arc + width / 2) * bend + side * turned
            seen = width * max(0.16, float(np.cos(min(abs(angle), 1.45)))) * tight
            middle = x + seen / 2
            y = bow * middle**2 * (-1 if rng.random() < 0.9 else 1)
            half = length * long * (1 - 0.1 * min(1, abs(angle))) / 2
            edge = gap / 2 if not upper else -gap / 2
            found.append((place, side * middle, y + (edge - half if upper else edge + half), seen / 2, half))
            x, arc = x + seen, arc + width
    # From the back to the front: front teeth cover those behind them.
    return sorted(found, key=lambda one: -abs(one[1]))


def _around(canvas: Canvas, mood: Mood, across: Floats, down: Floats, *, retracted: bool) -> None:
    rng = canvas.rng
    base = mood.gum if retracted and rng.random() < 0.75 else mood.skin
    canvas.fill(np.ones_like(across), base)
    canvas.pixels *= 1 + canvas.noise(4, 0.08)[..., None] + canvas.noise(24, 0.03)[..., None]
    if not retracted:
        half_x, half_y = rng.uniform(28, 40), rng.uniform(12, 22)
        ring = (np.abs(across / half_x) ** 2.2 + np.abs((down - rng.uniform(-2, 4)) / half_y) ** 2.0) ** 0.5
        lips = soft((ring - 1) * 20, 3)
        shade = 1 + 0.25 * np.cos(down / half_y * 4 + rng.uniform(0, 6)) + canvas.noise(40, 0.05)
        canvas.fill(
            lips, blend(np.zeros_like(canvas.pixels), mood.lip, np.ones_like(across)) * shade[..., None]
        )
    elif rng.random() < 0.4:  # a finger, a glove, a mirror or a cloth at the rim
        far = np.hypot(across - rng.choice([-1, 1]) * rng.uniform(35, 50), down - rng.uniform(-30, 30))
        tone = rng.uniform(90, 245)
        canvas.fill(
            soft((far - rng.uniform(8, 18)) * 6, 4),
            (tone, tone * rng.uniform(0.7, 1), tone * rng.uniform(0.6, 1.1)),
        )


def _opening(canvas: Canvas, across: Floats, down: Floats, gap: float, *, retracted: bool) -> Floats:
    """Where lips cover what is behind them, 0 to 1."""
    rng = canvas.rng
    if retracted:
        return np.zeros_like(across)
    half_x = rng.uniform(22, 33)
    rise, fall = rng.uniform(4, 12) + max(gap, 0) / 2, rng.uniform(4, 12) + max(gap, 0) / 2
    smile = rng.uniform(-0.004, 0.010) * across**2
    edge = np.sqrt((1 - (across / half_x) ** 2).clip(0, 1))
    inside = np.minimum(down + smile + rise * edge**0.6, fall * edge**0.8 - smile - down)
    inside = np.minimum(inside, half_x - np.abs(across) - 0.5)
    return (1 - soft(-inside * 6, 3)) * 1.0


def _inside(
    canvas: Canvas, mood: Mood, across: Floats, down: Floats, cover: Floats, bow: float, gap: float
) -> None:
    """The dark of the mouth, the tongue, and gums with their bays around the necks of the teeth."""
    rng = canvas.rng
    shown = 1 - cover
    dark = rng.uniform(5, 60)
    level = down + bow * across**2
    hollow = soft((np.abs(level) - rng.uniform(1, 7) - max(gap, 0) / 2) * 4, 6) * shown
    canvas.fill(hollow, (dark, dark * rng.uniform(0.2, 0.6), dark * rng.uniform(0.2, 0.6)))
    if gap > 4 and rng.random() < 0.6:
        tongue = soft((np.hypot(across / rng.uniform(10, 20), (down - rng.uniform(3, 9)) / 5) - 1) * 30, 10)
        canvas.fill(tongue * shown, tuple(one * rng.uniform(0.7, 0.95) for one in mood.gum))
    reach = rng.uniform(8.5, 11.5)
    for upper in (True, False):
        side = -1 if upper else 1
        bays = 0.8 * np.cos(across * rng.uniform(0.7, 0.95) + rng.uniform(0, 6))
        neck = side * level - (gap / 2 + reach - 3.2) + bays
        shade = 1 + canvas.noise(14, 0.07) - 0.1 * soft(neck * 3 - 4, 6)
        gum = np.asarray(mood.gum, dtype=np.float32) * shade[..., None]
        if rng.random() < 0.25:  # inflamed along the margin
            gum = blend(gum, (190.0, 40.0, 50.0), soft((neck - 1.2) * 4, 4) * rng.uniform(0.3, 0.8))
        canvas.fill(soft(-neck * 5, 2) * shown, gum)
