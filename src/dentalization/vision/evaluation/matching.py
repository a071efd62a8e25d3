"""Which found box stands for which true one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dentalization.dentistry.boxes import Box, Detection, iou
from dentalization.dentistry.conditions import Condition
from dentalization.vision.coco import Truth

OVERLAP = 0.5


@dataclass(frozen=True, slots=True)
class Matched:
    """Of one condition on one picture: scores of the found boxes, whether each is right, and boxes missed."""

    scores: tuple[float, ...]
    right: tuple[bool, ...]
    missed: int

    @property
    def truths(self) -> int:
        return self.missed + sum(self.right)


def match(
    truths: Sequence[Truth], found: Sequence[Detection], condition: Condition, *, overlap: float = OVERLAP
) -> Matched:
    """Surest first, each found box takes the true one it overlaps most, if by `overlap` or more.

    A true box is taken once; a second box on it is wrong, as COCO counts.
    """
    open_boxes = [box_of(one) for one in truths if one.condition == condition]
    count = len(open_boxes)
    mine = sorted((one for one in found if one.condition == condition), key=lambda one: -one.confidence)
    right = []
    for one in mine:
        best = max(open_boxes, key=lambda box: iou(box, one.location), default=None)
        taken = best is not None and iou(best, one.location) >= overlap
        if taken and best is not None:
            open_boxes.remove(best)
        right.append(taken)
    return Matched(tuple(one.confidence for one in mine), tuple(right), count - sum(right))


def box_of(truth: Truth) -> Box:
    left, top, right, bottom = truth.corners
    return Box(left, top, right - left, bottom - top)
