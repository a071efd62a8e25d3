"""Average precision as COCO counts it, by pycocotools.

Lin et al., "Microsoft COCO: Common Objects in Context", 2014; its evaluation of 2017: 101 recall points,
at most 100 boxes a picture, overlaps from 0.50 to 0.95 in steps of 0.05.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from dentalization.dentistry.boxes import Detection
from dentalization.dentistry.conditions import Condition
from dentalization.vision.coco import Truth


@dataclass(frozen=True, slots=True)
class Precision:
    """At an overlap of 0.5, and the mean over overlaps 0.50 to 0.95; of `boxes` true boxes."""

    ap50: float
    ap50_95: float
    boxes: int


@dataclass(frozen=True, slots=True)
class Precisions:
    """Means over the classes that the data set has, and each of them."""

    map50: float
    map50_95: float
    classes: dict[Condition, Precision]


def average_precision(
    truths: Sequence[Sequence[Truth]], found: Sequence[Sequence[Detection]], conditions: Sequence[Condition]
) -> Precisions:
    """One entry a picture in both sequences. A condition without true boxes is left out of the means."""
    ids = {condition: index + 1 for index, condition in enumerate(conditions)}
    truth = COCO()
    truth.dataset = {
        "images": [{"id": index} for index in range(len(truths))],
        "categories": [{"id": one} for one in ids.values()],
        "annotations": [],
    }
    for image, boxes in enumerate(truths):
        for one in boxes:
            if one.condition in ids:
                left, top, right, bottom = one.corners
                _append(truth.dataset["annotations"], image, ids[one.condition], left, top, right, bottom)
    answers = [
        _answer(image, ids[Condition(one.condition)], one)
        for image, boxes in enumerate(found)
        for one in boxes
        if one.condition in ids
    ]
    with contextlib.redirect_stdout(io.StringIO()):
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(answers) if answers else COCO(), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
    precision = evaluation.eval["precision"][:, :, :, 0, -1]
    counts = {
        condition: sum(one["category_id"] == ids[condition] for one in truth.dataset["annotations"])
        for condition in conditions
    }
    classes = {
        condition: Precision(_mean(precision[0, :, index]), _mean(precision[:, :, index]), counts[condition])
        for index, condition in enumerate(conditions)
        if counts[condition]
    }
    return Precisions(
        float(np.mean([one.ap50 for one in classes.values()])) if classes else 0.0,
        float(np.mean([one.ap50_95 for one in classes.values()])) if classes else 0.0,
        classes,
    )


def _append(
    to: list[dict[str, Any]], image: int, category: int, left: float, top: float, right: float, bottom: float
) -> None:
    width, height = right - left, bottom - top
    to.append(
        {
            "id": len(to) + 1,
            "image_id": image,
            "category_id": category,
            "bbox": [left, top, width, height],
            "area": width * height,
            "iscrowd": 0,
        }
    )


def _answer(image: int, category: int, found: Detection) -> dict[str, Any]:
    box = found.location
    return {
        "image_id": image,
        "category_id": category,
        "bbox": [box.x, box.y, box.width, box.height],
        "score": found.confidence,
    }


def _mean(values: np.ndarray[Any, Any]) -> float:
    """pycocotools marks a class without answers by -1; nothing found is a precision of 0."""
    return float(np.maximum(values, 0).mean())
