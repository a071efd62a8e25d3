"""What a detector is, and the card that says what it may be trusted with."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dentalization.dentistry.boxes import JSON, Detection
from dentalization.dentistry.conditions import Condition

Picture = NDArray[np.uint8]
"""Height x width x 3, red green blue, 0 to 255, upright."""


class Modality(StrEnum):
    """An x-ray, a photo inside the mouth, a photo from outside, or a photo of unknown kind."""

    XRAY = "xray"
    INTRAORAL = "intraoral"
    EXTRAORAL = "extraoral"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ModelCard:
    """`sha256` is the digest of the file the detector is made of; `input_size` its longest side in pixels.

    `measured` names a data set for each group of figures. `clear_is_clear` is the measured share of pictures
    without any of the conditions among those where the detector found none; None when that is not known.
    """

    id: str
    version: str
    sha256: str
    modalities: tuple[Modality, ...]
    conditions: tuple[Condition, ...]
    input_size: int
    intended_use: str
    limitations: str
    measured: dict[str, JSON]
    clear_is_clear: float | None


class Detector(Protocol):
    @property
    def card(self) -> ModelCard: ...

    def detect(self, picture: Picture, *, modality: str) -> Sequence[Detection]:
        """Findings in pixels of `picture`; may raise anything when it cannot do its work."""
        ...


def file_digest(path: str) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()
