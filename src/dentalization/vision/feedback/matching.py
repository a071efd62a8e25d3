"""Which proposed box is which decided box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dentalization.dentistry.boxes import Detection
from dentalization.vision.feedback.cases import ReviewedCase

SAME_PLACE = 0.5
"""Boxes that share at least this part of what they cover stand in the same place (COCO's and VOC's)."""


@dataclass(frozen=True, slots=True)
class Pair:
    proposed: Detection
    decided: Detection
    overlap: float


@dataclass(frozen=True, slots=True)
class Matching:
    """Every proposed box is in `confirmed`, `relabelled` or `rejected`, once.

    Every decided box is in `confirmed`, `relabelled` or `missed`, once.
    """

    confirmed: tuple[Pair, ...]
    relabelled: tuple[Pair, ...]
    rejected: tuple[Detection, ...]
    missed: tuple[Detection, ...]


def match_case(case: ReviewedCase) -> Matching:
    """What became of the boxes of a case.

    Where the diagnosis was rejected every proposed box is rejected and every decided one was missed, also
    where both stand in the same place.
    """
    if case.rejected:
        return Matching((), (), case.proposed, case.decided or ())
    if case.decided is None:
        return Matching(tuple(Pair(one, one, 1.0) for one in case.proposed), (), (), ())
    return match(case.proposed, case.decided)


def match(proposed: Sequence[Detection], decided: Sequence[Detection]) -> Matching:
    """Boxes in the same place, one to one, the closest pairs first.

    First those of the same condition (confirmed), then, among what is left, those of another (relabelled).
    Confidences play no part.
    """
    overlaps = overlaps_of(proposed, decided)
    same = np.array(
        [[one.condition == other.condition for other in decided] for one in proposed], dtype=bool
    ).reshape(overlaps.shape)
    free_proposed, free_decided = set(range(len(proposed))), set(range(len(decided)))
    found: list[tuple[Pair, ...]] = []
    for allowed in (same, ~same):
        pairs = []
        for i, j in _closest_first(np.where(allowed, overlaps, 0.0)):
            if i in free_proposed and j in free_decided:
                free_proposed.remove(i)
                free_decided.remove(j)
                pairs.append(Pair(proposed[i], decided[j], float(overlaps[i, j])))
        found.append(tuple(pairs))
    return Matching(
        found[0],
        found[1],
        tuple(proposed[i] for i in sorted(free_proposed)),
        tuple(decided[j] for j in sorted(free_decided)),
    )


def overlaps_of(proposed: Sequence[Detection], decided: Sequence[Detection]) -> NDArray[np.float64]:
    """Intersection over union of each with each, `len(proposed)` x `len(decided)`; see `boxes.iou`."""
    a, b = _corners(proposed)[:, None], _corners(decided)[None, :]
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        sides = np.maximum(np.minimum(a[..., 2:], b[..., 2:]) - np.maximum(a[..., :2], b[..., :2]), 0.0)
        shared = sides.prod(axis=-1)
        covered = _areas(proposed)[:, None] + _areas(decided)[None, :] - shared
        share = np.minimum(shared / covered, 1.0)
    # As `boxes.iou`: areas of absurd boxes leave the range of floats.
    return np.where(np.isfinite(covered) & (covered > 0), share, 0.0)


def _closest_first(overlaps: NDArray[np.float64]) -> list[tuple[int, int]]:
    rows, columns = np.nonzero(overlaps >= SAME_PLACE)
    order = np.argsort(-overlaps[rows, columns], kind="stable")
    return [(int(rows[k]), int(columns[k])) for k in order]


def _corners(boxes: Sequence[Detection]) -> NDArray[np.float64]:
    places = [one.location for one in boxes]
    return np.array([(one.x, one.y, one.right, one.bottom) for one in places], dtype=float).reshape(-1, 4)


def _areas(boxes: Sequence[Detection]) -> NDArray[np.float64]:
    return np.array([one.location.area for one in boxes], dtype=float)
