"""What a model does at the thresholds it works with, on each picture, with intervals.

Intervals are drawn by group: pictures of one patient, or near-duplicates of one another, do not count as
independent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from dentalization.dentistry.boxes import Detection
from dentalization.dentistry.conditions import Condition
from dentalization.vision.card import ModelCard
from dentalization.vision.coco import Truth
from dentalization.vision.confidence import calibrated
from dentalization.vision.evaluation.calibration import judged
from dentalization.vision.evaluation.matching import Matched, match
from dentalization.vision.intervals import Interval, bootstrap, by_group, quotient


@dataclass(frozen=True, slots=True)
class Share:
    """A share, 0 to 1, of `of`; None where there was nothing to count.

    `interval` is of 95 %, None with too few groups to tell.
    """

    value: float | None
    interval: Interval | None
    of: int


@dataclass(frozen=True, slots=True)
class Operating:
    """At the threshold: pictures with the condition that were flagged, pictures without that were not,

    reported boxes that were right, and true boxes that were found.
    """

    sensitivity: Share
    specificity: Share
    precision: Share
    recall: Share


def choose_thresholds(
    truths: Sequence[Sequence[Truth]], found: Sequence[Sequence[Detection]], card: ModelCard
) -> dict[Condition, float]:
    """For each condition the calibrated confidence with the best F1, rounded down to hundredths.

    F1, van Rijsbergen 1979, weighs a missed box as heavily as a wrong one. `found` are raw scores.
    """
    chosen = {}
    for condition in card.conditions:
        scores, right = judged(truths, found, condition)
        total = sum(match(true, [], condition).missed for true in truths)
        order = np.argsort(-np.asarray(scores), kind="stable")
        hits = np.cumsum(np.asarray(right, dtype=np.float64)[order])
        if not len(hits) or hits[-1] == 0:
            chosen[condition] = 0.5
            continue
        f1 = 2 * hits / (np.arange(1, len(hits) + 1) + total)
        score = scores[int(order[int(np.argmax(f1))])]
        confidence = calibrated(score, card.calibration.get(condition))
        chosen[condition] = float(np.floor(confidence * 100) / 100)
    return chosen


def operating(
    truths: Sequence[Sequence[Truth]],
    reported: Sequence[Sequence[Detection]],
    condition: Condition,
    groups: Sequence[int],
) -> Operating:
    """`reported` are the boxes that the model shows; `groups` numbers what each picture belongs to."""
    matches = [match(true, boxes, condition) for true, boxes in zip(truths, reported, strict=True)]
    names = [str(one) for one in groups]

    def share(count: Callable[[Matched], tuple[float, float]]) -> Share:
        totals = by_group(names, np.array([count(one) for one in matches], dtype=np.float64).reshape(-1, 2))
        hits, of = totals.sum(axis=0)
        if of == 0:
            return Share(None, None, 0)
        found = bootstrap(totals, lambda sums: quotient(sums[:, 0], sums[:, 1]))
        return Share(float(hits / of), found, int(of))

    return Operating(
        sensitivity=share(lambda one: (float(one.truths > 0 and bool(one.scores)), float(one.truths > 0))),
        specificity=share(lambda one: (float(one.truths == 0 and not one.scores), float(one.truths == 0))),
        precision=share(lambda one: (float(sum(one.right)), float(len(one.right)))),
        recall=share(lambda one: (float(sum(one.right)), float(one.truths))),
    )
