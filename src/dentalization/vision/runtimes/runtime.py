"""What computes a network."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Runtime(Protocol):
    """`square` is height x width x 3, RGB, 0 to 255, as the card's input wants it."""

    def run(self, square: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """The model's tensors by name. Raises DetectorFailed."""
        ...

    def close(self) -> None: ...
