"""How sure a model may say it is: fitted on boxes of which is known whether they were right.

Platt, "Probabilistic Outputs for Support Vector Machines", 1999, with its smoothed targets. Expected
calibration error: Naeini, Cooper and Hauskrecht, 2015. Brier, "Verification of Forecasts", 1950.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dentalization.dentistry.boxes import Detection
from dentalization.dentistry.conditions import Condition
from dentalization.vision.card import Calibration
from dentalization.vision.coco import Truth
from dentalization.vision.evaluation.matching import match

Floats = NDArray[np.float64]

LEAST_SAMPLES = 30
BINS = 15
_EDGE = 1e-6
_RIDGE = 1e-3
_STEPS = 100


@dataclass(frozen=True, slots=True)
class Bin:
    """Boxes with a confidence in one fifteenth of 0 to 1: mean confidence, share right, and how many."""

    confidence: float
    right: float
    count: int


@dataclass(frozen=True, slots=True)
class Reliability:
    """`ece` is the mean distance of confidence and share right over the bins, `brier` the mean square."""

    ece: float
    brier: float
    bins: tuple[Bin, ...]


def fit(scores: Sequence[float], right: Sequence[bool], *, source: str) -> Calibration:
    """Slope and intercept on the logit of the score, by Newton's method.

    With fewer than 30 boxes, or only right or only wrong ones, nothing can be learned: scores stay as they
    are. The slope is kept above zero, so that the order of boxes never changes.
    """
    count, hits = len(scores), int(sum(right))
    if count < LEAST_SAMPLES or hits in (0, count):
        return Calibration(source=source, samples=count)
    logits = _logit(np.asarray(scores, dtype=np.float64))
    targets = np.where(np.asarray(right), (hits + 1) / (hits + 2), 1 / (count - hits + 2))
    columns = np.stack((logits, np.ones(count)), axis=1)
    weights = np.array([1.0, 0.0])
    for _ in range(_STEPS):
        chance = _sigmoid(columns @ weights)
        # A little towards (1, 0), the identity: few samples move it little, and the step is always defined.
        slope = columns.T @ (chance - targets) + _RIDGE * (weights - [1.0, 0.0])
        curve = (columns * (chance * (1 - chance))[:, None]).T @ columns + _RIDGE * np.eye(2)
        step = np.linalg.solve(curve, slope)
        weights = weights - step
        if np.abs(step).max() < 1e-9:
            break
    if not np.isfinite(weights).all() or weights[0] <= 0:
        return Calibration(source=source, samples=count)
    return Calibration(slope=float(weights[0]), intercept=float(weights[1]), source=source, samples=count)


def fit_all(
    truths: Sequence[Sequence[Truth]],
    found: Sequence[Sequence[Detection]],
    conditions: Sequence[Condition],
    *,
    source: str,
) -> dict[Condition, Calibration]:
    """One calibration a condition, from the raw boxes found on each picture and the true ones."""
    return {one: fit(*judged(truths, found, one), source=source) for one in conditions}


def judged(
    truths: Sequence[Sequence[Truth]], found: Sequence[Sequence[Detection]], condition: Condition
) -> tuple[list[float], list[bool]]:
    """Scores of all boxes of a condition, and whether each was right."""
    matches = [match(true, boxes, condition) for true, boxes in zip(truths, found, strict=True)]
    return [s for one in matches for s in one.scores], [r for one in matches for r in one.right]


def reliability(confidences: Sequence[float], right: Sequence[bool]) -> Reliability:
    """All zero for no boxes."""
    if not confidences:
        return Reliability(0.0, 0.0, ())
    sure, hit = np.asarray(confidences, dtype=np.float64), np.asarray(right, dtype=np.float64)
    place = np.minimum((sure * BINS).astype(int), BINS - 1)
    bins = tuple(
        Bin(float(sure[place == one].mean()), float(hit[place == one].mean()), int((place == one).sum()))
        for one in np.unique(place)
    )
    ece = sum(one.count * abs(one.confidence - one.right) for one in bins) / len(sure)
    return Reliability(float(ece), float(((sure - hit) ** 2).mean()), bins)


def _logit(scores: Floats) -> Floats:
    inside = scores.clip(_EDGE, 1 - _EDGE)
    return np.asarray(np.log(inside / (1 - inside)))


def _sigmoid(values: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-values.clip(-60, 60))))
