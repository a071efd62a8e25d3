"""What all of one mouth has in common, and its teeth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dentalization.vision.rendering.canvas import Canvas, Colour
from dentalization.vision.rendering.teeth import Tooth


@dataclass(frozen=True, slots=True)
class Painted:
    """A tooth, how many pixels it took, and so what share of it others cover now."""

    tooth: Tooth
    area: int


@dataclass(frozen=True, slots=True)
class Mood:
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


def mood_of(rng: np.random.Generator) -> Mood:
    bright = rng.uniform(150, 252)
    yellow = rng.uniform(0.0, 0.38) * (1.0 if bright < 215 else 0.5)
    enamel = (bright, bright * (1 - 0.3 * yellow), bright * (1 - yellow))
    red = rng.uniform(150, 235)
    gum = (red, red * rng.uniform(0.42, 0.68), red * rng.uniform(0.42, 0.68))
    tone = rng.uniform(90, 245)
    skin = (tone, tone * rng.uniform(0.68, 0.86), tone * rng.uniform(0.5, 0.8))
    lip_red = rng.uniform(130, 230)
    lip = (lip_red, lip_red * rng.uniform(0.25, 0.7), lip_red * rng.uniform(0.3, 0.7))
    return Mood(
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


def tooth_of(
    canvas: Canvas,
    mood: Mood,
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
