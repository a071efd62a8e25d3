"""What a model's tensors say: one reader for each family of exports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dentalization.vision.card import Adapter, ModelCard
from dentalization.vision.errors import OutputRefused
from dentalization.vision.suppression import Floats, suppressed

Outputs = Mapping[str, NDArray[np.float32]]
"""The model's tensors by name, in the order in which it gives them."""

LEAST_SCORE = 0.005
MOST_BOXES = 100
_MOST_CANDIDATES = 3000
"""Before suppression, so that a model that fires everywhere costs no more than milliseconds."""


@dataclass(frozen=True, slots=True)
class Scored:
    """N boxes as corners (left, top, right, bottom) in pixels of the square, scores 0 to 1, class indices."""

    boxes: Floats
    scores: Floats
    classes: NDArray[np.int64]


def read_outputs(outputs: Outputs, card: ModelCard) -> Scored:
    """The boxes that stay after suppression, surest first, at most a hundred.

    Raises OutputRefused for tensors that are missing, of the wrong shape, or hold numbers that are none.
    """
    found = _READERS[card.adapter](outputs, card)
    known = np.array([one is not None for one in card.classes])
    keep = known[found.classes] & (found.scores > LEAST_SCORE)
    size = found.boxes[:, 2:] - found.boxes[:, :2]
    keep &= (size > 0).all(axis=1)
    boxes, scores, classes = found.boxes[keep], found.scores[keep], found.classes[keep]
    if len(scores) > _MOST_CANDIDATES:
        best = np.argpartition(-scores, _MOST_CANDIDATES)[:_MOST_CANDIDATES]
        boxes, scores, classes = boxes[best], scores[best], classes[best]
    stay = suppressed(boxes, scores, classes, most_overlap=card.overlap)[:MOST_BOXES]
    return Scored(boxes[stay], scores[stay], classes[stay])


def _boxes(outputs: Outputs, card: ModelCard) -> Scored:
    """`scores` 1 x N x C and `boxes` 1 x N x 4; or `labels` 1 x N, `boxes` 1 x N x 4 and `scores` 1 x N.

    Boxes are corners in pixels of the square. The second form is what RT-DETR and D-FINE give when they were
    exported with their post-processor.
    """
    if len(card.outputs or tuple(outputs)) == 3:
        labels, boxes, scores = _named(outputs, card, ("labels", "boxes", "scores"))
        boxes, count = _corners(boxes)
        scores, labels = _flat(scores, count), _flat(labels, count)
        classes = labels.astype(np.int64)
        if ((classes < 0) | (classes >= len(card.classes)) | (classes != labels)).any():
            raise OutputRefused("The model named a class that its card does not list.")
        return Scored(boxes, _shares(scores), classes)
    scores, boxes = _named(outputs, card, ("scores", "boxes"))
    boxes, count = _corners(boxes)
    return _best_of(boxes, _per_class(scores, count, card))


def _detr(outputs: Outputs, card: ModelCard) -> Scored:
    """Logits 1 x N x C and boxes 1 x N x 4 as centre and size, in shares of the square.

    RF-DETR, D-FINE, RT-DETRv2 without post-processor. Scores are sigmoids, not a softmax with a class for
    nothing: in this family each class is a yes or no of its own. A last column more than the card's classes,
    which DETR keeps for 'nothing', is left out.
    """
    logits, places = _named(outputs, card, ("logits", "boxes"))
    if places.ndim != 3 or places.shape[2] != 4:
        logits, places = places, logits
    boxes, count = _corners(places)
    if logits.ndim == 3 and logits.shape[2] == len(card.classes) + 1:
        logits = logits[:, :, :-1]
    _finite(logits)
    scores = _per_class(1 / (1 + np.exp(-logits.clip(-60, 60))), count, card)
    size = np.array([card.input.width, card.input.height], dtype=np.float32)
    middle, half = boxes[:, :2] * size, boxes[:, 2:] * size / 2
    return _best_of(np.concatenate((middle - half, middle + half), axis=1), scores)


def _yolo(outputs: Outputs, card: ModelCard) -> Scored:
    """One tensor 1 x (4 + C) x N: centre and size in pixels of the square, then a score for each class.

    The form of YOLO v8 and 11 exports without built-in suppression.
    """
    (answer,) = _named(outputs, card, ("output0",))
    rows = 4 + len(card.classes)
    if answer.ndim != 3 or answer.shape[0] != 1 or answer.shape[1] != rows:
        raise OutputRefused(f"The model gave {list(answer.shape)}; expected [1, {rows}, boxes].")
    _finite(answer)
    columns = answer[0].T
    middle, half = columns[:, :2], columns[:, 2:4] / 2
    boxes = np.concatenate((middle - half, middle + half), axis=1)
    return _best_of(boxes, _shares(columns[:, 4:]))


_READERS: dict[Adapter, Callable[[Outputs, ModelCard], Scored]] = {
    Adapter.BOXES: _boxes,
    Adapter.DETR: _detr,
    Adapter.YOLO: _yolo,
}


def _named(outputs: Outputs, card: ModelCard, order: tuple[str, ...]) -> list[NDArray[np.float32]]:
    """The tensors in the adapter's order: by the card's names, else by the adapter's, else as they come."""
    names = card.outputs or (order if set(order) <= set(outputs) else tuple(outputs))
    missing = [name for name in names if name not in outputs]
    if missing or len(names) < len(order):
        wanted = ", ".join(missing or order)
        raise OutputRefused(f"The model gives no tensor {wanted}; it gives {', '.join(outputs) or 'none'}.")
    return [np.asarray(outputs[name], dtype=np.float32) for name in names[: len(order)]]


def _corners(boxes: NDArray[np.float32]) -> tuple[Floats, int]:
    if boxes.ndim != 3 or boxes.shape[0] != 1 or boxes.shape[2] != 4:
        raise OutputRefused(f"The model gave boxes as {list(boxes.shape)}; expected [1, boxes, 4].")
    _finite(boxes)
    return boxes[0], boxes.shape[1]


def _flat(values: NDArray[np.float32], count: int) -> Floats:
    if values.shape != (1, count):
        raise OutputRefused(f"The model gave {list(values.shape)}; expected [1, {count}].")
    _finite(values)
    flat: Floats = values[0]
    return flat


def _per_class(scores: NDArray[np.float32], count: int, card: ModelCard) -> Floats:
    expected = (1, count, len(card.classes))
    if scores.shape != expected:
        raise OutputRefused(f"The model gave scores as {list(scores.shape)}; expected {list(expected)}.")
    _finite(scores)
    return _shares(scores[0])


def _best_of(boxes: Floats, scores: Floats) -> Scored:
    """Every class of a box that scores at all: one place can be two things, such as a crown on an implant."""
    rows, classes = np.nonzero(scores > LEAST_SCORE)
    return Scored(boxes[rows], scores[rows, classes], classes.astype(np.int64))


def _finite(values: NDArray[np.float32]) -> None:
    if not np.isfinite(values).all():
        raise OutputRefused("The model gave numbers that are not finite.")


def _shares(scores: Floats) -> Floats:
    """Scores as they are; a thousandth beyond 0 or 1 is rounding, more is a model that gives no scores."""
    if len(scores) and (scores.min() < -1e-3 or scores.max() > 1 + 1e-3):
        raise OutputRefused("The model gave scores outside 0 to 1.")
    return scores.clip(0, 1)
