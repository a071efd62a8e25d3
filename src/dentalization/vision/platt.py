"""Platt's calibration: from a detector's raw score to the chance that a box is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dentalization.errors import InvalidInput
from dentalization.vision.errors import VisionError

_EDGE = 1e-6
_STEPS = 100
_SMALLEST_STEP = 1e-10
_RIDGE = 1e-12
_FLAT = 1e-8

Numbers = NDArray[np.float64]


class FitRefused(VisionError, InvalidInput):
    """These boxes do not tell how far the scores may be trusted."""

    code = "fit-refused"


@dataclass(frozen=True, slots=True)
class Platt:
    """The chance is 1 / (1 + exp(-(slope * logit(score) + intercept))); `slope` is above 0."""

    slope: float
    intercept: float


def fit_platt(scores: Sequence[float] | Numbers, right: Sequence[bool] | NDArray[np.bool_]) -> Platt:
    """Fits slope and intercept to raw scores, 0 to 1, and whether each box was right; two equal lengths.

    Raises FitRefused where the boxes are all right or all wrong, where all have the same score, and where a
    higher score does not mean right more often: no slope above 0 fits then, and a calibration must keep the
    order of boxes.

    Platt, "Probabilistic outputs for support vector machines", 1999, with its smoothed targets
    (n+1)/(n+2) and 1/(n+2), here on the logit of the score; minimised by Newton's method with backtracking
    as in Lin, Lin and Weng, "A note on Platt's probabilistic outputs for support vector machines", Machine
    Learning 68, 2007.
    """
    values, labels = np.asarray(scores, dtype=np.float64), np.asarray(right, dtype=bool)
    if values.ndim != 1 or values.shape != labels.shape:
        raise FitRefused("As many answers as scores are needed, in one row each.")
    if not np.all((values >= 0) & (values <= 1)):
        raise FitRefused("Each score must be a number from 0 to 1.")
    positive = int(labels.sum())
    negative = len(labels) - positive
    if not positive or not negative:
        raise FitRefused("Both right and wrong boxes are needed; these are all of one kind.")
    logits = logit(values)
    centre, spread = float(logits.mean()), float(logits.std())
    if spread < _FLAT:
        raise FitRefused("Boxes with different scores are needed; these all have the same.")
    targets = np.where(labels, (positive + 1) / (positive + 2), 1 / (negative + 2))
    # Newton's steps are well conditioned on scores of mean 0 and spread 1, whatever the detector gives.
    slope, intercept = _newton((logits - centre) / spread, targets)
    if slope <= _FLAT:
        raise FitRefused("Boxes with a higher score were not right more often; scores that tell are needed.")
    return Platt(slope / spread, intercept - slope * centre / spread)


def platt_chances(scores: Sequence[float] | Numbers, platt: Platt) -> Numbers:
    """What `vision.confidence.calibrated` gives, for many scores at once."""
    return sigmoid(platt.slope * logit(np.asarray(scores, dtype=np.float64)) + platt.intercept)


def logit(scores: Numbers) -> Numbers:
    """log(score / (1 - score)), with scores kept a millionth away from 0 and 1."""
    inside = np.clip(scores, _EDGE, 1 - _EDGE)
    return np.log(inside / (1 - inside))


def sigmoid(exponents: Numbers) -> Numbers:
    return np.exp(-np.logaddexp(0.0, -exponents))


def _newton(x: Numbers, targets: Numbers) -> tuple[float, float]:
    at = np.zeros(2)
    design = np.column_stack([x, np.ones(len(x))])
    loss = _loss(design @ at, targets)
    for _ in range(_STEPS):
        chances = sigmoid(design @ at)
        gradient = design.T @ (chances - targets)
        if np.abs(gradient).max() < _SMALLEST_STEP * len(x):
            break
        curvature = (design * (chances * (1 - chances))[:, None]).T @ design + _RIDGE * np.eye(2)
        direction = -np.linalg.solve(curvature, gradient)
        expected, length = float(gradient @ direction), 1.0
        while length >= _SMALLEST_STEP:
            new = at + length * direction
            new_loss = _loss(design @ new, targets)
            if new_loss < loss + 1e-4 * length * expected:
                break
            length /= 2
        else:
            break  # no step goes further down: this is the lowest point that floats can tell
        at, loss = new, new_loss
    return float(at[0]), float(at[1])


def _loss(exponents: Numbers, targets: Numbers) -> float:
    """Cross entropy, written so that no exponential overflows."""
    return float(np.sum(np.logaddexp(0.0, exponents) - targets * exponents))
