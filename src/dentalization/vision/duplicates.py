"""Pictures that show nearly the same: a model measured on a twin of what it was trained on looks too good.

Difference hash: each bit tells whether a pixel of a 17 x 16 reduction is darker than its right neighbour.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

BITS = 256
MOST_DIFFERENT_BITS = 25
_SIDE = 16

Hash = NDArray[np.uint8]
"""32 bytes."""


def hashes(image: Image.Image) -> list[Hash]:
    """Of the picture as it is, mirrored, upside down, and both: training sets are full of such copies."""
    grey = image.convert("L")
    views = (
        grey,
        grey.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        grey.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        grey.transpose(Image.Transpose.ROTATE_180),
    )
    return [_difference_hash(view) for view in views]


def _difference_hash(grey: Image.Image) -> Hash:
    small = np.asarray(grey.resize((_SIDE + 1, _SIDE), Image.Resampling.BOX), dtype=np.int16)
    return np.packbits(small[:, :-1] < small[:, 1:])


def twins(pictures: Sequence[list[Hash]]) -> list[tuple[int, int]]:
    """Pairs of indices, the smaller first, of pictures that differ in at most 25 of 256 bits in some view."""
    if not pictures:
        return []
    upright = np.stack([views[0] for views in pictures])
    found = []
    for index, views in enumerate(pictures):
        later = upright[index + 1 :]
        if not len(later):
            break
        different = np.stack([np.bitwise_count(later ^ view).sum(axis=1) for view in views]).min(axis=0)
        found += [(index, index + 1 + int(one)) for one in np.flatnonzero(different <= MOST_DIFFERENT_BITS)]
    return found


def clusters(pictures: Sequence[list[Hash]]) -> list[int]:
    """For each picture the smallest index of those it is connected with by twins."""
    root = list(range(len(pictures)))

    def find(index: int) -> int:
        while root[index] != index:
            root[index] = root[root[index]]
            index = root[index]
        return index

    for a, b in twins(pictures):
        low, high = sorted((find(a), find(b)))
        root[high] = low
    return [find(index) for index in range(len(pictures))]
