"""A picture being painted: pixels, and which tooth each of them shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.floating[Any]]
Colour = tuple[float, ...]
"""Red, green and blue, 0 to 255."""


@dataclass
class Canvas:
    """`pixels` are height x width x 3, 0 to 255; `owner` is the tooth's number at each pixel, -1 for none."""

    width: int
    height: int
    rng: np.random.Generator
    pixels: Floats = field(init=False)
    owner: NDArray[np.int32] = field(init=False)
    x: Floats = field(init=False)
    y: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.pixels = np.zeros((self.height, self.width, 3), dtype=np.float32)
        self.owner = np.full((self.height, self.width), -1, dtype=np.int32)
        self.y, self.x = (one.astype(np.float32) for one in np.mgrid[0 : self.height, 0 : self.width])

    def fill(self, mask: Floats, colour: Colour | Floats, *, tooth: int | None = None) -> None:
        """Paints `colour` where `mask`, 0 to 1, says; what is painted over belongs to `tooth`, or to none."""
        cover = mask[..., None]
        self.pixels = self.pixels * (1 - cover) + np.asarray(colour, dtype=np.float32) * cover
        self.owner[mask > 0.5] = -1 if tooth is None else tooth

    def noise(self, cells: int, strength: float) -> Floats:
        """Smooth noise about 0, height x width, with about `cells` hills across."""
        shape = max(2, round(cells * self.height / self.width)), max(2, cells)
        rough = self.rng.normal(0, strength, shape).astype(np.float32)
        smooth = Image.fromarray(rough).resize((self.width, self.height), Image.Resampling.BICUBIC)
        return np.asarray(smooth)


def soft(distance: Floats, edge: float = 1.0) -> Floats:
    """1 where `distance`, in pixels, is below 0, falling to 0 over `edge` pixels: an edge without steps."""
    return np.asarray((0.5 - distance / max(edge, 1e-3)).clip(0, 1), dtype=np.float32)


def blend(a: Floats | Colour, b: Floats | Colour, share: Floats | float) -> Floats:
    """From `a` to `b`, by `share` 0 to 1; colours, or pictures of colours."""
    part = np.asarray(share, dtype=np.float32)
    part = part[..., None] if part.ndim == 2 else part
    return np.asarray(np.asarray(a) * (1 - part) + np.asarray(b) * part, dtype=np.float32)
