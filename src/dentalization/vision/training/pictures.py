"""The pictures of a data set as a network learns from them: decoded, trimmed, no larger than needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dentalization.dentistry.conditions import Condition
from dentalization.vision.coco import Sample
from dentalization.vision.letterbox import content_box
from dentalization.vision.picture import read_picture
from dentalization.vision.training.augment import Example

_MOST_KEPT_BYTES = 4 * 1024**3


class Pictures(Sequence[Example]):
    """Decodes on demand and keeps what fits into four gigabytes."""

    def __init__(
        self, samples: Sequence[Sample], conditions: Sequence[Condition], *, longest: int, trim: bool
    ) -> None:
        self.samples = samples
        self._classes = {condition: index for index, condition in enumerate(conditions)}
        self._longest, self._trim = longest, trim
        self._kept: dict[int, Example] = {}
        self._kept_bytes = 0

    def __len__(self) -> int:
        return len(self.samples)

    @overload
    def __getitem__(self, index: int) -> Example: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Example]: ...
    def __getitem__(self, index: int | slice) -> Example | Sequence[Example]:
        if isinstance(index, slice):
            return [self[one] for one in range(*index.indices(len(self)))]
        kept = self._kept.get(index)
        if kept is None:
            kept = self._read(self.samples[index])
            if self._kept_bytes + kept.pixels.nbytes <= _MOST_KEPT_BYTES:
                self._kept[index] = kept
                self._kept_bytes += kept.pixels.nbytes
        return kept

    def _read(self, sample: Sample) -> Example:
        picture = read_picture(sample.path.read_bytes())
        left, top, right, bottom = (
            content_box(picture) if self._trim else (0, 0, picture.shape[1], picture.shape[0])
        )
        boxes = np.array([one.corners for one in sample.truths], dtype=np.float32).reshape(-1, 4)
        boxes -= np.array([left, top, left, top], dtype=np.float32)
        pixels = picture[top:bottom, left:right]
        factor = self._longest / max(pixels.shape[:2])
        if factor < 1:
            size = max(1, round(pixels.shape[1] * factor)), max(1, round(pixels.shape[0] * factor))
            scale = np.array([size[0] / pixels.shape[1], size[1] / pixels.shape[0]] * 2, dtype=np.float32)
            boxes *= scale
            pixels = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BOX))
        classes = np.array([self._classes[one.condition] for one in sample.truths], dtype=np.int64)
        return Example(np.ascontiguousarray(pixels), boxes, classes)


def draw_chances(samples: Sequence[Sample], conditions: Sequence[Condition]) -> NDArray[np.float64]:
    """How often each picture is drawn, summing to one: those with rare conditions more often.

    Gupta et al., "LVIS", 2019: the square root of how much rarer a class is than in every other picture.
    """
    share = {
        condition: np.mean([any(t.condition == condition for t in one.truths) for one in samples])
        for condition in conditions
    }
    weights = [
        max((1.0, *(float(np.sqrt(0.5 / share[truth.condition])) for truth in one.truths))) for one in samples
    ]
    return np.asarray(weights, dtype=np.float64) / sum(weights)
