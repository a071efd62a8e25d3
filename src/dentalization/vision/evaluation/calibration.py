"""How sure a model may say it is: fitted on boxes of which is known whether they were right.

Expected calibration error: Naeini, Cooper and Hauskrecht, "Obtaining Well Calibrated Probabilities", 2015.
Brier, "Verification of Forecasts Expressed in Terms of Probability", 1950.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dentalization.dentistry.boxes import Detection
from dentalization.dentistry.conditions import Condition
from dentalization.vision.card import Calibration
from dentalization.vision.coco import Truth
from dentalization.vision.evaluation.matching import match
from dentalization.vision.platt import FitRefused, fit_platt

LEAST_SAMPLES = 30
BINS = 15


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
    """Slope and intercept on the logit of the score.

    With fewer than 30 boxes, and where they do not tell how far the scores may be trusted, scores stay as
    they are.
    """
    count = len(scores)
    if count >= LEAST_SAMPLES:
        with contextlib.suppress(FitRefused):
            learned = fit_platt(scores, right)
            return Calibration(slope=learned.slope, intercept=learned.intercept, source=source, samples=count)
    return Calibration(source=source, samples=count)


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
