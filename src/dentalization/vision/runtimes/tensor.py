"""Pixels as the numbers that a network was trained on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from dentalization.vision.card import ModelInput


def tensor_of(square: NDArray[np.uint8], wanted: ModelInput) -> NDArray[np.float32]:
    """1 x 3 x height x width, (value - mean) / scale for each of red, green and blue."""
    mean = np.asarray(wanted.mean, dtype=np.float32)
    scale = np.asarray(wanted.scale, dtype=np.float32)
    values = (square.astype(np.float32) - mean) / scale
    return np.ascontiguousarray(values.transpose(2, 0, 1)[None])
