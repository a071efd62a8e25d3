"""The card of a model: what it is, what it takes and gives, what taught it, and how far to trust it."""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from dentalization.dentistry.conditions import Condition
from dentalization.vision.errors import CardRefused

CARD_FILE = "card.json"


class Modality(StrEnum):
    """How a picture was made: photos inside the mouth and of the face, and three projections of x-ray."""

    INTRAORAL = "intraoral"
    EXTRAORAL = "extraoral"
    PANORAMIC = "panoramic"
    BITEWING = "bitewing"
    PERIAPICAL = "periapical"

    @property
    def xray(self) -> bool:
        return self in (Modality.PANORAMIC, Modality.BITEWING, Modality.PERIAPICAL)


class Adapter(StrEnum):
    """How a model's tensors are to be read; see `dentalization.vision.adapters`."""

    DETR = "detr"
    YOLO = "yolo"
    BOXES = "boxes"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


Share = Annotated[float, Field(ge=0, le=1)]
Triple = tuple[float, float, float]


class ModelInput(_Part):
    """The square that the model takes, in pixels, and the numbers it wants: (value - mean) / scale, RGB.

    `fill` is the grey value around a picture that is not of this shape. With `trim` a border of one colour
    is cut off before the picture is fitted in. With `stretch` the picture is not fitted but stretched, as
    some DETR exports were trained; boxes are mapped back along each axis on its own.
    """

    width: Annotated[int, Field(ge=32, le=4096)]
    height: Annotated[int, Field(ge=32, le=4096)]
    mean: Triple = (0.0, 0.0, 0.0)
    scale: Triple = (255.0, 255.0, 255.0)
    fill: Annotated[int, Field(ge=0, le=255)] = 114
    trim: bool = False
    stretch: bool = False
    name: str = ""


class Calibration(_Part):
    """Platt's: the confidence is 1 / (1 + exp(-(slope * logit(score) + intercept))).

    `source` names the pictures or reviews it was fitted on, and `samples` how many boxes.
    """

    slope: Annotated[float, Field(gt=0)] = 1.0
    intercept: float = 0.0
    source: str = ""
    samples: Annotated[int, Field(ge=0)] = 0


class Remote(_Part):
    """An inference server that speaks the Open Inference Protocol v2; `url` is what stands before /v2.

    `version` empty is the server's own choice. After `failures` calls in a row without an answer the server
    is left alone for `cool_down_seconds`.
    """

    url: Annotated[str, Field(pattern=r"^https?://")]
    model: Annotated[str, Field(min_length=1)]
    version: str = ""
    connect_seconds: Annotated[float, Field(gt=0, le=60)] = 2.0
    read_seconds: Annotated[float, Field(gt=0, le=120)] = 20.0
    failures: Annotated[int, Field(ge=1)] = 5
    cool_down_seconds: Annotated[float, Field(gt=0)] = 30.0


class TrainingData(_Part):
    name: str
    licence: str
    origin: str
    pictures: Annotated[int, Field(ge=0)]


class ModelCard(_Part):
    """`classes` are the conditions of the model's outputs in their order; null for one that is not used.

    `thresholds` and `calibration` are per condition: a box is reported from this confidence on, after
    calibration. `overlap` is the most that two boxes of a class may overlap. `outputs` names the model's
    tensors where they are not in the adapter's order. `clear_is_clear` is the measured share of pictures
    without any of the conditions among those where the model found none; null where it was not measured.
    A model is computed here from `file`, whose digest `sha256` is checked, or by a `remote` server; of that
    one's file the digest is what its operator says. `enabled` is false for a model that is shown but not
    used, because it missed the bar set for it.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{0,63}$")]
    version: Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z.+-]{0,63}$")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    file: Annotated[str, Field(pattern=r"^([A-Za-z0-9_][A-Za-z0-9_.-]*)?$")] = ""
    remote: Remote | None = None
    adapter: Adapter
    input: ModelInput
    classes: tuple[Condition | None, ...]
    modalities: Annotated[tuple[Modality, ...], Field(min_length=1)]
    thresholds: dict[Condition, Share] = {}
    calibration: dict[Condition, Calibration] = {}
    overlap: Share = 0.6
    outputs: tuple[str, ...] = ()
    licence: str
    training_data: tuple[TrainingData, ...]
    measured: dict[str, Any]
    intended_use: Annotated[str, Field(min_length=1)]
    limitations: Annotated[str, Field(min_length=1)]
    clear_is_clear: Share | None = None
    enabled: bool = True

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """What the model can see."""
        return tuple(dict.fromkeys(one for one in self.classes if one is not None))

    @property
    def input_size(self) -> int:
        """Longest side of what the model takes, in pixels."""
        return max(self.input.width, self.input.height)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if bool(self.file) == (self.remote is not None):
            raise ValueError("either file or remote says where the model is")
        if not self.conditions:
            raise ValueError("classes names no condition")
        for part in ("thresholds", "calibration"):
            for condition in getattr(self, part):
                if condition not in self.conditions:
                    raise ValueError(f"{part} names {condition}, which is not among the classes")
        if any(scale == 0 for scale in self.input.scale):
            raise ValueError("input.scale must not be 0")
        return self


def parse_card(text: str) -> ModelCard:
    """Raises CardRefused, saying which field is wrong."""
    try:
        return ModelCard.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(one) for one in first["loc"]) or "card"
        raise CardRefused(f"The model card is not valid: {place}: {first['msg']}.") from error


def read_card(path: Path) -> ModelCard:
    """Raises CardRefused for a file that cannot be read or is not a valid card."""
    try:
        return parse_card(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise CardRefused(f"The model card {path.name} cannot be read.") from error


def card_text(card: ModelCard) -> str:
    """The inverse of `parse_card`, for people to read."""
    return json.dumps(card.model_dump(mode="json"), indent=2, ensure_ascii=False) + "\n"


def file_digest(path: Path | str) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
