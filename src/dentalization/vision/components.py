"""Connected components of a mask, by runs of set pixels; plain numpy, no loop over pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Mask = NDArray[np.bool_]
Floats = NDArray[np.float32]
Whole = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Components:
    """`labels` is height x width: 0 where the mask is clear, else 1 to n; the others have n entries.

    Component i + 1 covers columns left[i] to right[i] and rows top[i] to bottom[i], ends exclusive.
    """

    labels: Whole
    area: Whole
    left: Whole
    top: Whole
    right: Whole
    bottom: Whole

    def mean(self, values: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Mean over each component of a height x width array."""
        sums = np.bincount(self.labels.ravel(), weights=values.ravel(), minlength=len(self.area) + 1)
        return np.asarray(sums[1:] / self.area)


def components(mask: Mask) -> Components:
    """Components whose pixels touch by a side or a corner."""
    height, width = mask.shape
    # One clear column on either side keeps a run from going on into the next row.
    stride = width + 2
    padded = np.zeros((height, stride), dtype=np.int8)
    padded[:, 1:-1] = mask
    steps = np.diff(padded.ravel(), prepend=0)
    starts, ends = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1)
    root = _roots(len(starts), *_touching(starts, ends, stride))
    _, member = np.unique(root, return_inverse=True)
    count = int(member.max()) + 1 if len(member) else 0
    rows, lengths = starts // stride, ends - starts
    labels = np.zeros(height * width, dtype=np.intp)
    labels[mask.ravel()] = np.repeat(member + 1, lengths)
    left, top = np.full(count, width), np.full(count, height)
    right, bottom = np.zeros(count, dtype=np.intp), np.zeros(count, dtype=np.intp)
    np.minimum.at(left, member, starts % stride - 1)
    np.maximum.at(right, member, ends % stride - 1)
    np.minimum.at(top, member, rows)
    np.maximum.at(bottom, member, rows + 1)
    area = np.zeros(count, dtype=np.intp)
    np.add.at(area, member, lengths)
    return Components(labels.reshape(height, width), area, left, top, right, bottom)


def _touching(starts: Whole, ends: Whole, stride: int) -> tuple[Whole, Whole]:
    """Pairs of runs (above, below) in neighbouring rows that touch by a side or a corner."""
    first = np.searchsorted(ends + stride, starts, side="left")
    last = np.searchsorted(starts + stride, ends, side="right")
    counts = np.maximum(last - first, 0)
    below = np.repeat(np.arange(len(starts)), counts)
    within = np.arange(len(below)) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.repeat(first, counts) + within, below


def _roots(count: int, above: Whole, below: Whole) -> Whole:
    """The smallest run that each run is joined with, by the pairs given."""
    root = np.arange(count)
    while True:
        a, b = root[above], root[below]
        if np.array_equal(a, b):
            return root
        smaller = np.minimum(a, b)
        np.minimum.at(root, a, smaller)
        np.minimum.at(root, b, smaller)
        while not np.array_equal(root, root[root]):
            root = root[root]


def box_mean(values: Floats, radius: int) -> Floats:
    """Mean over the (2 radius + 1) square around each pixel, edges repeated; same shape."""
    side = 2 * radius + 1
    sums = np.pad(values.astype(np.float64), radius, mode="edge")
    for axis in (0, 1):
        total = np.cumsum(np.insert(sums, 0, 0.0, axis=axis), axis=axis)
        size = sums.shape[axis] - side + 1
        ahead, behind = np.arange(side, side + size), np.arange(size)
        sums = np.take(total, ahead, axis=axis) - np.take(total, behind, axis=axis)
    return np.asarray(sums / side**2, dtype=np.float32)


def shrink(picture: NDArray[np.uint8], longest: int) -> Floats:
    """The picture as height x width x 3 floats 0 to 255, scaled down so that no side exceeds `longest`."""
    height, width = picture.shape[:2]
    factor = min(1.0, longest / max(height, width))
    size = max(1, round(width * factor)), max(1, round(height * factor))
    image = Image.fromarray(picture)
    if size != image.size:
        # reducing_gap first averages whole blocks of pixels: much faster on photos of telephones.
        image = image.resize(size, Image.Resampling.BOX, reducing_gap=2.0)
    return np.asarray(image, dtype=np.float32)
