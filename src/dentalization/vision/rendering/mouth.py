"""A drawn photo of a mouth and what is to be seen on it; the same for the same seed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dentalization.dentistry.conditions import Condition
from dentalization.vision.coco import Truth
from dentalization.vision.rendering.camera import photograph
from dentalization.vision.rendering.canvas import Canvas
from dentalization.vision.rendering.scene import paint_scene, visible

_ASPECTS = (0.62, 0.67, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class Rendered:
    """`picture` is height x width x 3, 0 to 255. `truths` box each tooth that is seen, sound or decayed."""

    picture: NDArray[np.uint8]
    truths: tuple[Truth, ...]


def render(seed: int, *, longest: int = 512) -> Rendered:
    """Draws a mouth, `longest` pixels on its longer side. A tooth's box is that of what is seen of it."""
    rng = np.random.default_rng(seed)
    canvas = Canvas(longest, round(longest * float(rng.choice(_ASPECTS))), rng)
    painted = paint_scene(canvas)
    truths = tuple(
        Truth(Condition.CARIES if tooth.decay else Condition.SOUND_TOOTH, (left, top, right, bottom))
        for tooth, (left, top, right, bottom) in visible(canvas, painted)
    )
    return Rendered(photograph(canvas), truths)
