"""Drawn mouths as a data set on disk: each is drawn once, and found there by the next run."""

from __future__ import annotations

import json
from pathlib import Path

from PIL import Image

from dentalization.dentistry.conditions import Condition
from dentalization.vision.coco import Sample, Truth
from dentalization.vision.rendering.mouth import render

_LONGEST = 512


def drawn_samples(folder: Path, count: int) -> tuple[Sample, ...]:
    """The mouths of seeds 0 to `count` - 1, drawn into `folder` where they are not there yet."""
    folder.mkdir(parents=True, exist_ok=True)
    return tuple(_sample(folder, seed) for seed in range(count))


def _sample(folder: Path, seed: int) -> Sample:
    picture, boxes = folder / f"{seed:06}.png", folder / f"{seed:06}.json"
    if not boxes.exists():
        drawn = render(seed, longest=_LONGEST)
        Image.fromarray(drawn.picture).save(picture, compress_level=1)
        found = [[str(one.condition), *one.corners] for one in drawn.truths]
        height, width = drawn.picture.shape[:2]
        boxes.write_text(json.dumps({"size": [width, height], "boxes": found}))  # last: it says all is there
    content = json.loads(boxes.read_text())
    truths = tuple(Truth(Condition(name), (a, b, c, d)) for name, a, b, c, d in content["boxes"])
    width, height = content["size"]
    return Sample(picture, width, height, truths)
