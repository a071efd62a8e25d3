"""Of boxes that stand over one another the surest stays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def suppressed(
    boxes: Floats, scores: Floats, classes: NDArray[np.int64], *, most_overlap: float
) -> NDArray[np.int64]:
    """Indices of the boxes that stay, surest first.

    `boxes` are N x 4 corners (left, top, right, bottom). Within a class a box goes when it overlaps a surer
    one that stays by more than `most_overlap` (intersection over union).
    """
    order = np.argsort(-scores, kind="stable")
    stay: list[int] = []
    area = np.maximum(boxes[:, 2] - boxes[:, 0], 0) * np.maximum(boxes[:, 3] - boxes[:, 1], 0)
    while len(order):
        best, rest = order[0], order[1:]
        stay.append(int(best))
        low = np.maximum(boxes[best, :2], boxes[rest, :2])
        high = np.minimum(boxes[best, 2:], boxes[rest, 2:])
        shared = np.maximum(high - low, 0).prod(axis=1)
        overlap = shared / np.maximum(area[best] + area[rest] - shared, 1e-9)
        order = rest[(overlap <= most_overlap) | (classes[rest] != classes[best])]
    return np.asarray(stay, dtype=np.int64)
