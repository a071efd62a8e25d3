"""Found lesions against false alarms: the free-response ROC.

Bunch et al., "A Free-Response Approach to the Measurement and Characterization of Radiographic-Observer
Performance", 1978; read off at 1/8 to 8 false positives a picture, as LUNA16 (Setio et al., 2017) does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dentalization.dentistry.boxes import Detection
from dentalization.dentistry.conditions import Condition
from dentalization.vision.coco import Truth
from dentalization.vision.evaluation.calibration import judged
from dentalization.vision.evaluation.matching import match

RATES = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)


@dataclass(frozen=True, slots=True)
class Froc:
    """Points (false positives a picture, share of true boxes found), threshold falling; then at RATES."""

    points: tuple[tuple[float, float], ...]
    at_rates: tuple[float, ...]


def froc(
    truths: Sequence[Sequence[Truth]], found: Sequence[Sequence[Detection]], condition: Condition
) -> Froc | None:
    """None where no picture has the condition."""
    total = sum(match(true, [], condition).missed for true in truths)
    if total == 0:
        return None
    scores, right = judged(truths, found, condition)
    order = np.argsort(-np.asarray(scores), kind="stable")
    hit = np.asarray(right, dtype=bool)[order] if len(order) else np.zeros(0, dtype=bool)
    wrong = np.cumsum(~hit) / len(truths)
    sensitivity = np.cumsum(hit) / total
    points = [(0.0, 0.0), *((float(x), float(y)) for x, y in zip(wrong, sensitivity, strict=True))]
    at_rates = tuple(max((y for x, y in points if x <= rate), default=0.0) for rate in RATES)
    return Froc(tuple(points), at_rates)
