"""A mouth is painted, and what can be seen of its teeth is boxed."""

from __future__ import annotations

import numpy as np

from dentalization.vision.rendering.canvas import Canvas
from dentalization.vision.rendering.front import front
from dentalization.vision.rendering.mood import Painted, mood_of
from dentalization.vision.rendering.occlusal import occlusal
from dentalization.vision.rendering.teeth import Tooth

_LEAST_VISIBLE = 0.35
"""Of a tooth of which less is seen nobody could say what it is."""


def paint_scene(canvas: Canvas) -> list[Painted]:
    """Paints one mouth; the teeth in the order in which they were painted."""
    mood = mood_of(canvas.rng)
    kind = canvas.rng.random()
    if kind < 0.42:
        return front(canvas, mood, retracted=False)
    if kind < 0.75:
        return front(canvas, mood, retracted=True)
    return occlusal(canvas, mood)


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
