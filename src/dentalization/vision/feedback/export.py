"""Reviewed cases as a COCO data set under pseudonyms, for the next training."""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import re
import shutil
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from dentalization.dentistry.boxes import Detection
from dentalization.dentistry.conditions import Condition
from dentalization.vision.coco import Truth
from dentalization.vision.errors import DatasetRefused, UnreadablePicture
from dentalization.vision.picture import read_picture

ANNOTATIONS = "annotations.json"
PICTURES = "images"
KEY_BYTES = 32
_PSEUDONYM = re.compile(r"[0-9a-f]{64}")
# By what was stored: photos lose next to nothing at this quality, and what was stored without loss stays so.
_ENDINGS = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".png"}
_JPEG_QUALITY = 95


@dataclass(frozen=True, slots=True)
class ExportedCase:
    """A picture as it is stored, its size in pixels when upright, and what it shows by a dentist's word.

    `pseudonym` stands for the picture and `group` for its patient; both are made by `pseudonym`.
    """

    picture: bytes
    content_type: str
    width: int
    height: int
    truths: tuple[Truth, ...]
    pseudonym: str
    group: str


def pseudonym(key: bytes, kind: str, identifier: str) -> str:
    """HMAC-SHA256 (RFC 2104) of an id: 64 hexadecimal digits that tell nothing without the key.

    `kind` ("picture", "patient") keeps ids of different things apart. The same key gives the same name at
    the next export; who holds it can find out which id a name stands for, so it stays with the ids.
    Raises DatasetRefused for a key of fewer than 32 bytes: a short one can be guessed.
    """
    if len(key) < KEY_BYTES:
        raise DatasetRefused(f"The key for pseudonyms must have at least {KEY_BYTES} bytes.")
    return hmac.new(key, f"{kind}:{identifier}".encode(), hashlib.sha256).hexdigest()


def truths_of(detections: Iterable[Detection]) -> tuple[Truth, ...]:
    """A dentist's boxes as a data set has them."""
    return tuple(
        Truth(
            Condition(one.condition),
            (one.location.x, one.location.y, one.location.right, one.location.bottom),
        )
        for one in detections
    )


def write_coco(cases: Iterable[ExportedCase], folder: Path) -> Path:
    """Writes the data set into a folder that is not there yet, whole or not at all; gives its COCO file.

    `vision.coco.read_dataset` reads it back. The pictures carry pixels and nothing else: they are decoded
    and encoded anew, so EXIF, comments and colour profiles stay behind. Names are pseudonyms, pictures stand
    in the order of their names, and no date is written. `group` of each of `images` is the patient's
    pseudonym; split by it, or a model is measured on mouths that it was trained on.

    What is written INTO the pixels, as a name on the border of an x-ray, stays there: this makes data
    pseudonymous, not anonymous. Boxes are cut to the picture. One case at a time is held in memory.

    Raises DatasetRefused, and then nothing is there: no cases, a folder that exists, a name that is no
    pseudonym or occurs twice, a picture that cannot be read or has another size, a box outside it.
    """
    if folder.exists():
        raise DatasetRefused(f"{folder.name} is there already; name a folder that is not.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Beside the folder, on the same file system, so that the last step is one rename.
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        _write(cases, beside)
        beside.rename(folder)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    return folder / ANNOTATIONS


def _write(cases: Iterable[ExportedCase], folder: Path) -> None:
    (folder / PICTURES).mkdir()
    written: dict[str, _Written] = {}
    for case in cases:
        if case.pseudonym in written:
            raise DatasetRefused("A picture is there twice; each must have a pseudonym of its own.")
        written[case.pseudonym] = _picture(case, folder / PICTURES)
    if not written:
        raise DatasetRefused("There is nothing to export; at least one reviewed case is needed.")
    content = _content([written[name] for name in sorted(written)])
    (folder / ANNOTATIONS).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


@dataclass(frozen=True, slots=True)
class _Written:
    file_name: str
    width: int
    height: int
    group: str
    truths: tuple[Truth, ...]


def _picture(case: ExportedCase, folder: Path) -> _Written:
    for name in (case.pseudonym, case.group):
        if not _PSEUDONYM.fullmatch(name):
            raise DatasetRefused("A name is no pseudonym; make it of the id by pseudonym().")
    ending = _ENDINGS.get(case.content_type)
    if ending is None:
        raise DatasetRefused(f"{case.content_type!r} cannot be exported; one of {', '.join(_ENDINGS)} can.")
    # Refused boxes before the costly part.
    truths = tuple(_inside(one, case.width, case.height) for one in case.truths)
    try:
        pixels = read_picture(case.picture)
    except UnreadablePicture as error:
        raise DatasetRefused("A picture cannot be read; leave its case out or restore its file.") from error
    height, width = pixels.shape[:2]
    if (width, height) != (case.width, case.height):
        raise DatasetRefused(
            f"A picture has {width} x {height} pixels; its boxes were drawn on {case.width} x {case.height}."
        )
    path = folder / f"{case.pseudonym}{ending}"
    if ending == ".jpg":
        Image.fromarray(pixels).save(path, "JPEG", quality=_JPEG_QUALITY, subsampling=0)
    else:
        Image.fromarray(pixels).save(path, "PNG")
    return _Written(path.name, width, height, case.group, truths)


def _inside(truth: Truth, width: int, height: int) -> Truth:
    left, top, right, bottom = truth.corners
    if all(math.isfinite(one) for one in truth.corners):
        left, top, right, bottom = max(left, 0.0), max(top, 0.0), min(right, width), min(bottom, height)
        if left < right and top < bottom:
            return Truth(truth.condition, (left, top, right, bottom))
    raise DatasetRefused(f"A box of {truth.condition} does not stand on its picture of {width} x {height}.")


def _content(written: Sequence[_Written]) -> dict[str, Any]:
    used = {truth.condition for one in written for truth in one.truths}
    ids = {condition: index for index, condition in enumerate(Condition, 1) if condition in used}
    annotations: list[dict[str, Any]] = []
    for image, one in enumerate(written, 1):
        for truth in one.truths:
            left, top, right, bottom = truth.corners
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image,
                    "category_id": ids[truth.condition],
                    "bbox": [left, top, right - left, bottom - top],
                    "area": (right - left) * (bottom - top),
                    "iscrowd": 0,
                }
            )
    return {
        "images": [
            {
                "id": image,
                "file_name": one.file_name,
                "width": one.width,
                "height": one.height,
                "group": one.group,
            }
            for image, one in enumerate(written, 1)
        ],
        "categories": [{"id": index, "name": str(condition)} for condition, index in ids.items()],
        "annotations": annotations,
    }
