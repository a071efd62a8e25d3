"""A picture onto the square that a detector takes, and boxes back from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dentalization.vision.detector import Picture

_DIFFERENT = 24
"""Grey levels by which a pixel differs from the border around a picture to count as its content."""
_LEAST_SHARE = 0.01


@dataclass(frozen=True, slots=True)
class Placing:
    """Pixel (x, y) of the picture lies at ((x - left) * scale + pad_left, (y - top) * scale + pad_top)."""

    scale_x: float
    scale_y: float
    left: float
    top: float
    pad_left: float
    pad_top: float

    def onto(self, corners: NDArray[np.float32]) -> NDArray[np.float32]:
        """N x 4 corners in the picture to the square."""
        moved = (np.asarray(corners, dtype=np.float64) - self._origin) * self._scale + self._pad
        return moved.astype(np.float32)

    def back(self, corners: NDArray[np.float32]) -> NDArray[np.float32]:
        """N x 4 corners in the square to pixels of the picture; they may reach beyond its edges."""
        moved = (np.asarray(corners, dtype=np.float64) - self._pad) / self._scale + self._origin
        return moved.astype(np.float32)

    @property
    def _origin(self) -> NDArray[np.float64]:
        return np.array([self.left, self.top, self.left, self.top])

    @property
    def _pad(self) -> NDArray[np.float64]:
        return np.array([self.pad_left, self.pad_top, self.pad_left, self.pad_top])

    @property
    def _scale(self) -> NDArray[np.float64]:
        return np.array([self.scale_x, self.scale_y, self.scale_x, self.scale_y])


def letterbox(
    picture: Picture, width: int, height: int, *, fill: int, trim: bool = False, centred: bool = True
) -> tuple[Picture, Placing]:
    """The picture as large as fits, its aspect ratio kept, the rest filled with the grey value `fill`.

    With `trim` a border of one colour is cut off first. Sizes are rounded to whole pixels, at least one, so
    that the scale along x and y can differ by half a pixel; the placing knows both.
    """
    left, top, right, bottom = content_box(picture) if trim else (0, 0, picture.shape[1], picture.shape[0])
    factor = min(width / (right - left), height / (bottom - top))
    new_width = min(width, max(1, round((right - left) * factor)))
    new_height = min(height, max(1, round((bottom - top) * factor)))
    image = Image.fromarray(picture[top:bottom, left:right])
    small = image.resize((new_width, new_height), Image.Resampling.BILINEAR)
    pad_left = (width - new_width) // 2 if centred else 0
    pad_top = (height - new_height) // 2 if centred else 0
    square = np.full((height, width, 3), fill, dtype=np.uint8)
    square[pad_top : pad_top + new_height, pad_left : pad_left + new_width] = np.asarray(small)
    scales = new_width / (right - left), new_height / (bottom - top)
    return square, Placing(*scales, left, top, pad_left, pad_top)


def stretched(picture: Picture, width: int, height: int) -> tuple[Picture, Placing]:
    """The whole picture on the whole square, its aspect ratio lost: only for models trained that way."""
    small = np.asarray(Image.fromarray(picture).resize((width, height), Image.Resampling.BILINEAR))
    return small, Placing(width / picture.shape[1], height / picture.shape[0], 0.0, 0.0, 0.0, 0.0)


def content_box(picture: Picture) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of what is not a border of one colour; everything where there is none."""
    height, width = picture.shape[:2]
    corners = picture[[0, 0, -1, -1], [0, -1, 0, -1]].astype(np.int16)
    if (np.ptp(corners, axis=0) > _DIFFERENT).any():
        return 0, 0, width, height
    border = corners.mean(axis=0)
    content = (np.abs(picture.astype(np.int16) - border) > _DIFFERENT).any(axis=2)
    rows = np.flatnonzero(content.mean(axis=1) > _LEAST_SHARE)
    columns = np.flatnonzero(content.mean(axis=0) > _LEAST_SHARE)
    if len(rows) < height / 4 or len(columns) < width / 4:
        return 0, 0, width, height
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
