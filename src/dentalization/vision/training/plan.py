"""What is trained and how, and what the model that comes of it takes and gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dentalization.dentistry.conditions import Condition
from dentalization.vision.card import Adapter, Modality, ModelCard, ModelInput
from dentalization.vision.training.augment import Variation

_FILL = 114
_MOST_OVERLAP = 0.6
_UNNAMED: dict[str, Any] = {
    "id": "in-training",
    "version": "0",
    "sha256": "0" * 64,
    "file": "none",
    "modalities": tuple(Modality),
    "licence": "none",
    "training_data": (),
    "measured": {},
    "intended_use": "Training.",
    "limitations": "Unfinished.",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is trained, and for how long; `minutes` ends the schedule on a slow machine, 0 is no limit."""

    conditions: tuple[Condition, ...]
    input_size: int = 640
    crop: int = 448
    trim: bool = False
    upside_down: float = 0.0
    smallest: float = 0.8
    largest: float = 1.3
    width: int = 96
    batch: int = 8
    epochs: int = 40
    minutes: float = 0.0
    patience: int = 15
    head_rate: float = 1e-3
    backbone_rate: float = 4e-4
    decay: float = 0.02
    average: float = 0.998
    seed: int = 0
    pretrained: bool = True

    @property
    def variation(self) -> Variation:
        return Variation(
            crop=self.crop,
            input_size=self.input_size,
            upside_down=self.upside_down,
            smallest=self.smallest,
            largest=self.largest,
        )


@dataclass(frozen=True, slots=True)
class Progress:
    """After one pass; `seconds` since the start, those of earlier runs included."""

    epoch: int
    loss: float
    seconds: float
    map50: float
    map50_95: float
    ap50: dict[str, float]


def draft(plan: Plan, **facts: Any) -> ModelCard:
    """The card of a network of this plan; `facts` are the fields that a plan does not know.

    The network takes pixels as they are: it shifts and scales them itself.
    """
    taken = ModelInput(
        width=plan.input_size,
        height=plan.input_size,
        mean=(0.0, 0.0, 0.0),
        scale=(1.0, 1.0, 1.0),
        fill=_FILL,
        trim=plan.trim,
    )
    known = {"adapter": Adapter.BOXES, "input": taken, "classes": plan.conditions, "overlap": _MOST_OVERLAP}
    return ModelCard(**{**_UNNAMED, **known, **facts})
