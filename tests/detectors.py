"""Detectors that say what they are told to say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dentalization.dentistry.boxes import Detection
from dentalization.vision.card import Modality, ModelCard


def described(**fields: object) -> ModelCard:
    """The card of such a detector, for every kind of picture; `fields` replace the usual ones."""
    content = {
        "id": "fixed",
        "version": "1",
        "sha256": "0" * 64,
        "file": "fixed.onnx",
        "adapter": "boxes",
        "input": {"width": 64, "height": 64},
        "classes": ("caries", "fracture", "calculus", "sound_tooth"),
        "modalities": tuple(Modality),
        "licence": "CC0-1.0",
        "training_data": (),
        "measured": {},
        "intended_use": "Tests.",
        "limitations": "Says what it is told to say.",
        **fields,
    }
    return ModelCard.model_validate(content)


CARD = described()


@dataclass(frozen=True)
class Fixed:
    """Always gives the same answer."""

    answer: Sequence[Detection]
    card: ModelCard = CARD

    def scored(self, _picture: object) -> list[Detection]:
        return list(self.answer)


@dataclass(frozen=True)
class Broken:
    """Always fails."""

    error: Exception
    card: ModelCard = CARD

    def scored(self, _picture: object) -> list[Detection]:
        raise self.error
