"""Mouths: where lips, gums, tongue and teeth are, seen from the front or from above."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dentalization.vision.rendering import teeth
from dentalization.vision.rendering.canvas import Canvas, Colour, Floats, blend, soft
from dentalization.vision.rendering.teeth import LOWER, UPPER, Tooth

_LEAST_VISIBLE = 0.35
"""Of a tooth of which less is seen nobody could say what it is."""


@dataclass(frozen=True, slots=True)
class Painted:
    """A tooth, how many pixels it took, and so what share of it others cover now."""

    tooth: Tooth
    area: int


@dataclass(frozen=True, slots=True)
class _Mood:
    """What all of one mouth has in common."""

    enamel: Colour
    gum: Colour
    skin: Colour
    lip: Colour
    light: float
    decayed: float
    missing: float
    calculus: float
    crowding: float
    tilt: float


def paint_scene(canvas: Canvas) -> list[Painted]:
    """Paints one mouth; the teeth in the order in which they were painted."""
    mood = _mood(canvas.rng)
    kind = canvas.rng.random()
    if kind < 0.42:
        return _front(canvas, mood, retracted=False)
    if kind < 0.75:
        return _front(canvas, mood, retracted=True)
    return _occlusal(canvas, mood)


def visible(canvas: Canvas, painted: list[Painted]) -> list[tuple[Tooth, tuple[int, int, int, int]]]:
    """Each tooth that can still be seen, and the box around what is seen of it."""
    found = []
    for one in painted:
        rows, columns = np.nonzero(canvas.owner == one.tooth.number)
        if len(rows) < max(12, _LEAST_VISIBLE * one.area):
            continue
        box = int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1
        if box[2] - box[0] >= 5 and box[3] - box[1] >= 5:
            found.append((one.tooth, box))
    return found


def _mood(rng: np.random.Generator) -> _Mood:
    bright = rng.uniform(150, 252)
    yellow = rng.uniform(0.0, 0.38) * (1.0 if bright < 215 else 0.5)
    enamel = (bright, bright * (1 - 0.3 * yellow), bright * (1 - yellow))
    red = rng.uniform(150, 235)
    gum = (red, red * rng.uniform(0.42, 0.68), red * rng.uniform(0.42, 0.68))
    tone = rng.uniform(90, 245)
    skin = (tone, tone * rng.uniform(0.68, 0.86), tone * rng.uniform(0.5, 0.8))
    lip_red = rng.uniform(130, 230)
    lip = (lip_red, lip_red * rng.uniform(0.25, 0.7), lip_red * rng.uniform(0.3, 0.7))
    return _Mood(
        enamel=enamel,
        gum=gum,
        skin=skin,
        lip=lip,
        light=rng.uniform(-1, 1),
        decayed=rng.choice([0.0, 0.15, 0.45, 0.9], p=[0.28, 0.22, 0.28, 0.22]),
        missing=rng.choice([0.0, 0.08, 0.25], p=[0.6, 0.28, 0.12]),
        calculus=rng.choice([0.0, 0.4], p=[0.8, 0.2]),
        crowding=rng.choice([0.03, 0.12], p=[0.7, 0.3]),
        tilt=float(rng.normal(0, 0.12) if rng.random() < 0.8 else rng.uniform(-0.8, 0.8)),
    )


def _tooth(
    canvas: Canvas,
    mood: _Mood,
    number: int,
    place: int,
    where: tuple[float, float, float, float, float],
    *,
    biting: bool,
) -> Tooth | None:
    """A tooth of this mouth at x, y, half width, half length, turn; None where it is missing."""
    rng = canvas.rng
    if rng.random() < mood.missing:
        return None
    x, y, across, along, turn = where
    tone = rng.uniform(0.93, 1.05)
    colour = [float(np.clip(one * tone * rng.uniform(0.985, 1.015), 0, 255)) for one in mood.enamel]
    decay = float(rng.beta(1.3, 2.0)) * 0.95 + 0.05 if rng.random() < mood.decayed else 0.0
    return Tooth(
        number=number,
        place=place,
        x=x + rng.normal(0, mood.crowding) * across,
        y=y + rng.normal(0, mood.crowding) * along,
        across=across * rng.uniform(0.97, 1.12),
        along=along * rng.uniform(0.92, 1.08),
        turn=turn + rng.normal(0, 0.6 * mood.crowding),
        colour=(colour[0], colour[1], colour[2]),
        biting=biting,
        decay=decay,
        calculus=float(rng.uniform(0.3, 1)) if rng.random() < mood.calculus else 0.0,
    )


def _front(canvas: Canvas, mood: _Mood, *, retracted: bool) -> list[Painted]:
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
            tooth = _tooth(canvas, mood, len(painted), place, where, biting=False)
            if tooth is not None:
                painted.append(Painted(tooth, _under_lips(canvas, tooth, mood, cover)))
    return painted


def _under_lips(canvas: Canvas, tooth: Tooth, mood: _Mood, cover: Floats) -> int:
    """Paints a tooth, then the lips over it again; gives the area that the whole tooth would have."""
    before, owner = canvas.pixels.copy(), canvas.owner.copy()
    area = teeth.paint(canvas, tooth, mood.light)
    canvas.pixels = blend(canvas.pixels, before, cover)
    canvas.owner = np.where(cover > 0.5, owner, canvas.owner)
    return area


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


def _around(canvas: Canvas, mood: _Mood, across: Floats, down: Floats, *, retracted: bool) -> None:
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
    canvas: Canvas, mood: _Mood, across: Floats, down: Floats, cover: Floats, bow: float, gap: float
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


def _occlusal(canvas: Canvas, mood: _Mood) -> list[Painted]:
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
        tooth = _tooth(canvas, mood, len(painted), place, (px, py, *half, turn + angle), biting=True)
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


def _floor(canvas: Canvas, mood: _Mood, middle: tuple[float, float], unit: float, wide: float) -> None:
    """Palate or tongue within the arch."""
    rng = canvas.rng
    far = np.hypot(
        (canvas.x - middle[0]) / (wide * 0.75), (canvas.y - middle[1]) / (wide * rng.uniform(0.8, 1.4))
    )
    dark = rng.uniform(0.35, 1.1)
    canvas.fill(soft((far / unit - 1) * 12, 12), tuple(float(one * dark) for one in mood.gum))
