"""One arch seen from above: palate or tongue, gums, and teeth with their grooves."""

from __future__ import annotations

import numpy as np

from dentalization.vision.rendering import teeth
from dentalization.vision.rendering.canvas import Canvas, soft
from dentalization.vision.rendering.mood import Mood, Painted, tooth_of
from dentalization.vision.rendering.teeth import LOWER, UPPER


def occlusal(canvas: Canvas, mood: Mood) -> list[Painted]:
    """One arch from above, or part of it from near by."""
    rng = canvas.rng
    sizes = UPPER if rng.random() < 0.5 else LOWER
    near = rng.random() < 0.45
    unit = min(canvas.width, canvas.height) / (rng.uniform(22, 40) if near else rng.uniform(52, 78))
    turn = mood.tilt * 1.5 + rng.choice([0.0, np.pi]) + (rng.uniform(-1.5, 1.5) if near else 0.0)
    canvas.fill(np.ones_like(canvas.x), mood.gum)
    canvas.pixels *= 1 + canvas.noise(5, 0.12)[..., None] + canvas.noise(22, 0.05)[..., None]
    wide, deep = rng.uniform(20, 25), rng.uniform(30, 40)
    spots = _arch(sizes, wide, deep)
    if near:
        focus = spots[int(rng.integers(len(spots)))]
        origin = focus[1] + rng.normal(0, 4), focus[2] + rng.normal(0, 4)
    else:
        origin = rng.normal(0, 2), deep * rng.uniform(0.4, 0.6)
    cos, sin = np.cos(turn), np.sin(turn)

    def at(x: float, y: float) -> tuple[float, float]:
        dx, dy = x - origin[0], y - origin[1]
        return canvas.width / 2 + unit * (dx * cos - dy * sin), canvas.height / 2 + unit * (
            dx * sin + dy * cos
        )

    _floor(canvas, mood, at(0, deep * 0.9), unit, wide)
    painted: list[Painted] = []
    for place, x, y, angle in spots:
        px, py = at(x, y)
        half = unit * sizes[place][0] / 2, unit * teeth.DEPTHS[place] / 2
        bare = rng.uniform(1.05, 1.3)
        ring = np.hypot((canvas.x - px) / (half[0] * bare), (canvas.y - py) / (half[1] * bare))
        canvas.fill(soft((ring - 1) * max(half), 6) * 0.5, tuple(one * 0.72 for one in mood.gum))
        tooth = tooth_of(canvas, mood, len(painted), place, (px, py, *half, turn + angle), biting=True)
        if tooth is not None:
            painted.append(Painted(tooth, teeth.paint(canvas, tooth, mood.light)))
    return painted


def _arch(
    sizes: tuple[tuple[float, float], ...], wide: float, deep: float
) -> list[tuple[int, float, float, float]]:
    """Place, x, y and turn of each tooth along a half ellipse, in millimetres; incisors at y = 0."""
    steps = np.linspace(0, np.pi / 2, 400)
    xs, ys = wide * np.sin(steps) ** 0.9, deep * (1 - np.cos(steps))
    lengths = np.concatenate(([0.0], np.cumsum(np.hypot(np.diff(xs), np.diff(ys)))))
    found, arc = [], 0.0
    for place, (width, _) in enumerate(sizes):
        x = float(np.interp(arc + width / 2, lengths, xs))
        y = float(np.interp(arc + width / 2, lengths, ys))
        ahead = float(np.interp(arc + width, lengths, xs)), float(np.interp(arc + width, lengths, ys))
        angle = float(np.arctan2(ahead[1] - y, ahead[0] - x))
        found += [(place, x, y, angle), (place, -x, y, -angle)]
        arc += width
    return found


def _floor(canvas: Canvas, mood: Mood, middle: tuple[float, float], unit: float, wide: float) -> None:
    """Palate or tongue within the arch."""
    rng = canvas.rng
    far = np.hypot(
        (canvas.x - middle[0]) / (wide * 0.75), (canvas.y - middle[1]) / (wide * rng.uniform(0.8, 1.4))
    )
    dark = rng.uniform(0.35, 1.1)
    canvas.fill(soft((far / unit - 1) * 12, 12), tuple(float(one * dark) for one in mood.gum))
