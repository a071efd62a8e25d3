"""What looks at a picture."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dentalization.dentistry.boxes import Detection
from dentalization.vision.card import ModelCard

Picture = NDArray[np.uint8]
"""Height x width x 3, red green blue, 0 to 255, upright."""


class Detector(Protocol):
    @property
    def card(self) -> ModelCard: ...

    def scored(self, picture: Picture) -> list[Detection]:
        """Every box with its raw score as confidence, in pixels of `picture`, surest first.

        Raises DetectorFailed.
        """
        ...
