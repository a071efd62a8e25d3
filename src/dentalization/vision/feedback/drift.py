"""Whether what comes in still looks like what came in before: population stability of scores and pictures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from dentalization.dentistry.boxes import Detection
from dentalization.dentistry.conditions import Condition
from dentalization.errors import InvalidInput

WATCH, ALERT = 0.1, 0.25
"""Below 0.1 little has changed, from 0.1 to 0.25 something, above 0.25 so much that somebody must act: the
rule of thumb that Yurdakul and Naranjo report and examine in "Statistical properties of the population
stability index", Journal of Risk Model Validation 14, 2020. It is no test; hence the sizes below."""
MINIMUM_REFERENCE, MINIMUM_CURRENT = 500, 300
"""Without any change the index is about (1/reference + 1/current) times chi-squared with one degree of
freedom less than there are bins (Yurdakul, "Statistical properties of population stability index", Western
Michigan University, 2018). At these sizes 95 % of unchanged samples stay below 16.92 * (1/500 + 1/300) =
0.090, so below WATCH. Scores of one picture, and pictures of one mouth, are alike: with few mouths the index
is larger than that."""
_BINS = 10
_SMOOTHING = 0.5


class Level(StrEnum):
    """How much has changed; `too_few` where the samples are too small to say."""

    TOO_FEW = "too_few"
    STEADY = "steady"
    WATCH = "watch"
    ALERT = "alert"


class Measure(StrEnum):
    """What is compared: raw scores of the boxes of a condition, boxes a picture, and the quality of pictures.

    Sharpness, exposure and clipped are those of `vision.quality.Quality`.
    """

    SCORE = "score"
    BOXES = "boxes"
    SHARPNESS = "sharpness"
    EXPOSURE = "exposure"
    CLIPPED = "clipped"


@dataclass(frozen=True, slots=True)
class Seen:
    """A picture that the model has looked at, and its boxes with raw scores as confidence."""

    detections: tuple[Detection, ...]
    sharpness: float
    exposure: float
    clipped: float


@dataclass(frozen=True, slots=True)
class Drift:
    """`condition` is None for figures of whole pictures; `index` is None where there were too few.

    `reference` and `current` are the sizes of the two samples: boxes for scores, pictures for the rest.
    """

    measure: Measure
    condition: Condition | None
    reference: int
    current: int
    index: float | None
    level: Level


def drifts(reference: Iterable[Seen], current: Iterable[Seen]) -> tuple[Drift, ...]:
    """Every measure of pictures, then, for each condition that occurs, its boxes a picture and its scores.

    Raises InvalidInput for a figure that is not finite.
    """
    before, now = list(reference), list(current)
    found = [
        drift(Measure.SHARPNESS, [one.sharpness for one in before], [one.sharpness for one in now]),
        drift(Measure.EXPOSURE, [one.exposure for one in before], [one.exposure for one in now]),
        drift(Measure.CLIPPED, [one.clipped for one in before], [one.clipped for one in now]),
        drift(Measure.BOXES, [len(one.detections) for one in before], [len(one.detections) for one in now]),
    ]
    occurring = {one.condition for seen in (*before, *now) for one in seen.detections}
    for condition in Condition:
        if condition in occurring:
            old, new = _scores(before, condition), _scores(now, condition)
            boxes = [len(one) for one in old], [len(one) for one in new]
            found.append(drift(Measure.BOXES, *boxes, condition=condition))
            scores = list(chain.from_iterable(old)), list(chain.from_iterable(new))
            found.append(drift(Measure.SCORE, *scores, condition=condition))
    return tuple(found)


def drift(
    measure: Measure,
    reference: Sequence[float],
    current: Sequence[float],
    *,
    condition: Condition | None = None,
) -> Drift:
    """One measure with its level. Raises InvalidInput for a figure that is not finite."""
    sizes = len(reference), len(current)
    if sizes[0] < MINIMUM_REFERENCE or sizes[1] < MINIMUM_CURRENT:
        return Drift(measure, condition, *sizes, None, Level.TOO_FEW)
    index = stability_index(reference, current)
    level = Level.ALERT if index > ALERT else Level.WATCH if index >= WATCH else Level.STEADY
    return Drift(measure, condition, *sizes, index, level)


def worst(found: Iterable[Drift]) -> Level:
    """The highest level among them; `too_few` where none says more."""
    order = list(Level)
    return max((one.level for one in found), key=order.index, default=Level.TOO_FEW)


def stability_index(reference: Sequence[float], current: Sequence[float]) -> float:
    """Population stability index: sum over bins of (c - r) * ln(c / r), with r and c the shares in a bin.

    At least 0, and 0 for two samples that fall alike. The bins are the reference's ten quantiles; each
    count is half a case larger than it is, so that an empty bin stays finite. A value that fills more than
    a bin (no clipped pixels, no boxes) gets a bin of its own. Raises InvalidInput for empty samples and for
    figures that are not finite.
    """
    before, now = _finite(reference), _finite(current)
    edges = _edges(before)
    shares = [_shares(values, edges) for values in (before, now)]
    return float(np.sum((shares[1] - shares[0]) * np.log(shares[1] / shares[0])))


def _scores(seen: Sequence[Seen], condition: Condition) -> list[list[float]]:
    return [[box.confidence for box in one.detections if box.condition == condition] for one in seen]


def _finite(values: Sequence[float]) -> NDArray[np.float64]:
    numbers = np.asarray(values, dtype=np.float64)
    if not len(numbers) or not np.isfinite(numbers).all():
        raise InvalidInput("Samples to compare must have figures, and all of them finite.", field="sample")
    return numbers


def _edges(reference: NDArray[np.float64]) -> NDArray[np.float64]:
    """Upper ends, included, of all bins but the last."""
    # Quantiles that are values of the sample: between two values every edge separates the same.
    inner = np.quantile(reference, np.arange(1, _BINS) / _BINS, method="lower")
    values, times = np.unique(inner, return_counts=True)
    # What is asked here is only which side of the repeated value a figure lies on.
    below = np.nextafter(values[times > 1], -np.inf)
    return np.unique(np.concatenate([values, below]))


def _shares(values: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    counts = np.bincount(np.searchsorted(edges, values, side="left"), minlength=len(edges) + 1)
    smoothed = counts.astype(np.float64) + _SMOOTHING
    return smoothed / float(smoothed.sum())
