"""From a model's raw scores to the confidences that people read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from dentalization.dentistry.boxes import Detection
from dentalization.dentistry.conditions import Condition
from dentalization.vision.card import Calibration, ModelCard

_EDGE = 1e-6
_MOST_EXPONENT = 60.0
UNSET_THRESHOLD = 0.25
"""For a condition for which the card sets none."""


@dataclass(frozen=True, slots=True)
class Found:
    """A finding with its calibrated confidence, and the model's raw score from which that was made."""

    detection: Detection
    score: float


def reported(scored: Sequence[Detection], card: ModelCard) -> list[Found]:
    """What is shown of boxes with raw scores: calibrated, from the card's thresholds on, surest first."""
    found = []
    for one in scored:
        condition = Condition(one.condition)
        confidence = calibrated(one.confidence, card.calibration.get(condition))
        if confidence >= card.thresholds.get(condition, UNSET_THRESHOLD):
            shown = Detection(condition, round(confidence, 4), one.location, one.tooth)
            found.append(Found(shown, one.confidence))
    return sorted(found, key=lambda one: -one.detection.confidence)


def calibrated(score: float, calibration: Calibration | None) -> float:
    """Platt, "Probabilistic Outputs for Support Vector Machines", 1999, on the logit of the score."""
    if calibration is None:
        return score
    inside = min(max(score, _EDGE), 1 - _EDGE)
    exponent = calibration.slope * math.log(inside / (1 - inside)) + calibration.intercept
    return 1 / (1 + math.exp(-min(max(exponent, -_MOST_EXPONENT), _MOST_EXPONENT)))
