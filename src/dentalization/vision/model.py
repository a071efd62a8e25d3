"""A model: a card, a runtime, and the way from a picture to findings in the picture's own pixels."""

from __future__ import annotations

from dentalization.dentistry.boxes import Box, Detection, clip
from dentalization.vision.adapters import Scored, read_outputs
from dentalization.vision.card import ModelCard
from dentalization.vision.detector import Picture
from dentalization.vision.letterbox import Placing, letterbox, stretched
from dentalization.vision.runtimes.runtime import Runtime
from dentalization.vision.runtimes.tensor import tensor_of


class Model:
    """A detector made of a network. `picture` is height x width x 3, RGB, 0 to 255, upright."""

    def __init__(self, card: ModelCard, runtime: Runtime) -> None:
        self.card = card
        self._runtime = runtime

    def scored(self, picture: Picture) -> list[Detection]:
        """Every box the model gives, with its raw score, surest first: what evaluation and training need.

        Raises DetectorFailed.
        """
        square, placing = self._placed(picture)
        found = read_outputs(self._runtime.run(tensor_of(square, self.card.input)), self.card)
        return _detections(found, placing, self.card, picture)

    def close(self) -> None:
        self._runtime.close()

    def _placed(self, picture: Picture) -> tuple[Picture, Placing]:
        wanted = self.card.input
        if wanted.stretch:
            return stretched(picture, wanted.width, wanted.height)
        return letterbox(picture, wanted.width, wanted.height, fill=wanted.fill, trim=wanted.trim)


def _detections(found: Scored, placing: Placing, card: ModelCard, picture: Picture) -> list[Detection]:
    height, width = picture.shape[:2]
    answer = []
    corners = placing.back(found.boxes)
    for (left, top, right, bottom), score, index in zip(corners, found.scores, found.classes, strict=True):
        condition = card.classes[int(index)]
        if condition is None or not right > left or not bottom > top:
            continue
        inside = clip(Box(float(left), float(top), float(right - left), float(bottom - top)), width, height)
        if inside is not None:
            answer.append(Detection(condition, float(score), inside))
    return answer
