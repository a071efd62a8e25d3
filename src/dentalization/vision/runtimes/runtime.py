"""What computes a network."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Runtime(Protocol):
    """`tensor` is 1 x 3 x height x width, as the card's input wants it."""

    def run(self, tensor: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """The model's tensors by name. Raises DetectorFailed."""
        ...

    def close(self) -> None: ...
