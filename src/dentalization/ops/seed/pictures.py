"""Drawn pictures for the photos of invented people, and what a detector would have said about each.

Every seeded photo shows one of PICTURES drawings, and its diagnosis has boxes of that drawing.
"""

from __future__ import annotations

import asyncio
import io
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property

from PIL import Image

from dentalization.dentistry.boxes import Box, Detection
from dentalization.dentistry.conditions import Condition
from dentalization.storage.port import ObjectStore
from dentalization.vision import drawing
from dentalization.vision.card import Adapter, Modality, ModelCard, ModelInput, file_digest
from dentalization.vision.detector import Picture as Pixels
from dentalization.vision.findings import analyse
from dentalization.vision.quality import QUALITY_SIDE

_MOUTHS = (23, 30, 33, 35, 41, 58, 63, 77, 91)
"""Seeds of drawn mouths with a few decayed teeth, good enough to be judged."""
XRAYS = 3
PICTURES = len(_MOUTHS) + XRAYS
ANSWERS = 4
"""Different answers of the detector for each picture."""

_XRAY_SIZE = (1000, 500)
_THUMBNAIL_SIDE = 320
_AT_ONCE = 16


@dataclass(frozen=True)
class Answer:
    """What became of one look at a picture; the texts are JSON."""

    diagnosis: str
    confidence: float
    detections: str
    metadata: str
    """Without the photo's id, which differs from row to row: ends before the closing brace."""
    corrected: str | None
    """The boxes as a dentist would have them, where the detector missed one."""


@dataclass(frozen=True)
class DrawnPicture:
    number: int
    photo_type: str
    width: int
    height: int
    original: bytes
    thumbnail: bytes
    answers: Sequence[Answer]

    @cached_property
    def details(self) -> str:
        """The photo's metadata as JSON, without ``object``; ends before the closing brace."""
        facts = {
            "contentType": "image/jpeg",
            "thumbnailType": "image/jpeg",
            "width": self.width,
            "height": self.height,
            "drawn": True,
        }
        return _compact(facts)[:-1]


def shared_prefix(number: int) -> str:
    """The key prefix of a picture that many photos show."""
    return f"drawn/{number}"


@cache
def draw_pictures() -> tuple[DrawnPicture, ...]:
    """Always the same: the photos of every seed share them in the store."""
    return tuple(_draw(number, random.Random(number)) for number in range(PICTURES))


async def store_pictures(
    store: ObjectStore, pictures: Sequence[DrawnPicture], places: Sequence[tuple[str, int]]
) -> None:
    """Puts the picture with each number under each key prefix. Raises StorageUnavailable."""
    turns = asyncio.Semaphore(_AT_ONCE)

    async def put(prefix: str, number: int) -> None:
        async with turns:
            picture = pictures[number]
            await store.put(f"{prefix}/original", picture.original, "image/jpeg")
            await store.put(f"{prefix}/thumbnail", picture.thumbnail, "image/jpeg")

    await asyncio.gather(*(put(*place) for place in places))


def _draw(number: int, chance: random.Random) -> DrawnPicture:
    xray = number >= len(_MOUTHS)
    drawn = drawing.draw_panoramic(number, _XRAY_SIZE) if xray else drawing.draw_mouth(_MOUTHS[number])
    size = drawn.picture.size
    photo_type = "panoramic" if xray else "intraoral"
    truth = [_rounded(one) for one in drawn.detections]
    measured = _jpeg(drawn.picture, QUALITY_SIDE)
    answers = [_answer(measured, size[0], photo_type, truth, chance) for _ in range(ANSWERS)]
    return DrawnPicture(
        number=number,
        photo_type=photo_type,
        width=size[0],
        height=size[1],
        original=_jpeg(drawn.picture, max(size)),
        thumbnail=_jpeg(drawn.picture, _THUMBNAIL_SIDE),
        answers=answers,
    )


def _answer(
    measured: bytes, width: int, photo_type: str, truth: Sequence[Detection], chance: random.Random
) -> Answer:
    """One of two answers misses a finding. The words and measures are made as for every other analysis."""
    misses = chance.random() < 0.5
    seen = [
        replace(one, confidence=round(chance.betavariate(8, 2.5), 3))
        for one in (truth[:-1] if misses else truth)
    ]
    found = analyse(measured, photo_type=photo_type, detectors=[_Drawer(seen, width)])
    metadata = {**found.metadata, "milliseconds": 0.0, "drawn": True}
    return Answer(
        diagnosis=found.diagnosis,
        confidence=found.confidence,
        detections=_json(seen),
        metadata=_compact(metadata)[:-1],
        corrected=_json(truth) if misses else None,
    )


class _Drawer:
    """The drawing program as a detector: it knows what it has drawn."""

    def __init__(self, seen: Sequence[Detection], width: int) -> None:
        self._seen = seen
        self._width = width

    @property
    def card(self) -> ModelCard:
        return ModelCard(
            id="demo",
            version="1",
            sha256=file_digest(drawing.__file__),
            file="drawing.py",
            adapter=Adapter.BOXES,
            input=ModelInput(width=self._width, height=self._width),
            classes=tuple(Condition),
            modalities=tuple(Modality),
            licence="Apache-2.0",
            training_data=(),
            measured={},
            intended_use="Demonstrations with drawn pictures.",
            limitations="Knows drawn pictures only.",
        )

    def scored(self, picture: Pixels) -> list[Detection]:
        scale = picture.shape[1] / self._width
        return [replace(one, location=_scaled(one.location, scale)) for one in self._seen]


def _scaled(box: Box, scale: float) -> Box:
    return Box(box.x * scale, box.y * scale, box.width * scale, box.height * scale)


def _rounded(found: Detection) -> Detection:
    box = found.location
    return replace(found, location=Box(round(box.x), round(box.y), round(box.width), round(box.height)))


def _json(found: Sequence[Detection]) -> str:
    return _compact([one.to_json() for one in found])


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def _jpeg(picture: Image.Image, longest: int) -> bytes:
    """The picture with a longest side of at most ``longest`` pixels."""
    copy, file = picture.copy(), io.BytesIO()
    copy.thumbnail((longest, longest))
    copy.save(file, "JPEG", quality=82)
    return file.getvalue()
