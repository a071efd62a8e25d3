"""Data sets in the form of COCO: pictures in a folder, one JSON with images, categories and boxes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dentalization.dentistry.conditions import Condition
from dentalization.vision.errors import DatasetRefused

# What published data sets call the conditions: DENTEX, AlphaDent, Zenodo 14827784, Roboflow Universe.
_NAMES = {
    "abrasion": Condition.DISCOLORATION,
    "calculus": Condition.CALCULUS,
    "caries": Condition.CARIES,
    "cavity": Condition.CARIES,
    "crown": Condition.CROWN,
    "decay": Condition.CARIES,
    "deep caries": Condition.CARIES,
    "discoloration": Condition.DISCOLORATION,
    "filling": Condition.FILLING,
    "fracture": Condition.FRACTURE,
    "gingivitis": Condition.GINGIVITIS,
    "hypodontia": Condition.MISSING_TOOTH,
    "impacted": Condition.IMPACTED_TOOTH,
    "impacted tooth": Condition.IMPACTED_TOOTH,
    "implant": Condition.IMPLANT,
    "missing tooth": Condition.MISSING_TOOTH,
    "mouth ulcer": Condition.ULCER,
    "periapical lesion": Condition.PERIAPICAL_LESION,
    "root canal treatment": Condition.ROOT_CANAL_TREATMENT,
    "sound tooth": Condition.SOUND_TOOTH,
    "tooth": Condition.SOUND_TOOTH,
    "tooth discoloration": Condition.DISCOLORATION,
    "ulcer": Condition.ULCER,
}


@dataclass(frozen=True, slots=True)
class Truth:
    """A box as left, top, right, bottom in pixels, and the condition that stands in it."""

    condition: Condition
    corners: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Sample:
    path: Path
    width: int
    height: int
    truths: tuple[Truth, ...]


@dataclass(frozen=True, slots=True)
class Dataset:
    """`conditions` are those its categories name, in the order of their ids."""

    name: str
    samples: tuple[Sample, ...]
    conditions: tuple[Condition, ...]


def condition_named(name: str) -> Condition | None:
    """The condition that a category's name means, None for one we have no word for."""
    words = name.strip().lower().replace("_", " ").replace("-", " ")
    return _NAMES.get(words) or next((one for one in Condition if one.value.replace("_", " ") == words), None)


def read_dataset(annotations: Path, pictures: Path | None = None) -> Dataset:
    """Reads a COCO file; pictures lie in `pictures`, by default in the folder beside it of the same name.

    Raises DatasetRefused, naming the first thing that is wrong.
    """
    content = _content(annotations)
    folder = pictures or _pictures_of(annotations)
    categories = {
        one["id"]: _known(one["name"]) for one in sorted(content["categories"], key=lambda one: one["id"])
    }
    truths: dict[int, list[Truth]] = {one["id"]: [] for one in content["images"]}
    for one in content["annotations"]:
        if one["image_id"] not in truths or one["category_id"] not in categories:
            raise DatasetRefused(f"Annotation {one.get('id')} names a picture or category that is not there.")
        x, y, width, height = one["bbox"]
        if width <= 0 or height <= 0 or one.get("iscrowd"):
            continue
        truths[one["image_id"]].append(Truth(categories[one["category_id"]], (x, y, x + width, y + height)))
    samples = tuple(
        Sample(folder / one["file_name"], one["width"], one["height"], tuple(truths[one["id"]]))
        for one in content["images"]
    )
    missing = [one.path.name for one in samples if not one.path.is_file()]
    if missing:
        raise DatasetRefused(f"{len(missing)} pictures of {annotations.name} are missing: {missing[0]}.")
    used = {truth.condition for sample in samples for truth in sample.truths}
    return Dataset(
        f"{annotations.parent.name}/{annotations.stem}",
        samples,
        tuple(dict.fromkeys(one for one in categories.values() if one in used)),
    )


def _content(annotations: Path) -> dict[str, list[dict[str, Any]]]:
    try:
        content = json.loads(annotations.read_text())
    except (OSError, ValueError) as error:
        raise DatasetRefused(f"{annotations} cannot be read as JSON: {error}.") from error
    for part in ("images", "categories", "annotations"):
        if not isinstance(content, dict) or not isinstance(content.get(part), list):
            raise DatasetRefused(f"{annotations.name} is no COCO file: a list '{part}' is missing.")
    return dict(content)


def _pictures_of(annotations: Path) -> Path:
    for name in (annotations.stem, "images", "."):
        if (annotations.parent / name).is_dir():
            return annotations.parent / name
    raise AssertionError("the folder itself is there")


def _known(name: object) -> Condition:
    condition = condition_named(str(name))
    if condition is None:
        raise DatasetRefused(
            f"Category {name!r} is no condition known here; rename it to one of {', '.join(Condition)}."
        )
    return condition
