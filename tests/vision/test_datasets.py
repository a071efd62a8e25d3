"""Data sets: read or refused, near-duplicates found, and never on both sides of a split."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dentalization.dentistry.conditions import Condition
from dentalization.vision.coco import condition_named, read_dataset
from dentalization.vision.duplicates import clusters, hashes, twins
from dentalization.vision.errors import DatasetRefused
from dentalization.vision.training.split import read_split


def scene(seed: int, size: tuple[int, int] = (80, 60)) -> Image.Image:
    rng = np.random.default_rng(seed)
    rough = Image.fromarray(rng.integers(0, 255, (8, 9, 3)).astype(np.uint8))
    return rough.resize(size, Image.Resampling.BICUBIC)


def write(folder: Path, name: str, pictures: dict[str, Image.Image], **changed: Any) -> Path:
    (folder / name).mkdir(parents=True, exist_ok=True)
    for file, image in pictures.items():
        image.save(folder / name / file)
    content = {
        "images": [
            {"id": number, "file_name": file, "width": image.width, "height": image.height}
            for number, (file, image) in enumerate(pictures.items())
        ],
        "categories": [{"id": 1, "name": "cavity"}, {"id": 2, "name": "Impacted Tooth"}],
        "annotations": [
            {"id": number, "image_id": number, "category_id": 1 + number % 2, "bbox": [5, 6, 20, 30]}
            for number in range(len(pictures))
        ],
        **changed,
    }
    path = folder / f"{name}.json"
    path.write_text(json.dumps(content))
    return path


def test_a_data_set_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, "train", {"a.png": scene(1), "b.png": scene(2)})
    found = read_dataset(path)
    assert found.conditions == (Condition.CARIES, Condition.IMPACTED_TOOTH)
    assert found.samples[1].truths[0].corners == (5, 6, 25, 36)
    assert (found.samples[0].width, found.samples[0].height) == (80, 60)


@pytest.mark.parametrize(
    ("name", "condition"),
    [
        ("Caries", Condition.CARIES),
        ("deep-caries", Condition.CARIES),
        ("periapical_lesion", Condition.PERIAPICAL_LESION),
        ("hypodontia", Condition.MISSING_TOOTH),
        ("unicorn", None),
    ],
)
def test_categories_of_published_sets_are_known(name: str, condition: Condition | None) -> None:
    assert condition_named(name) == condition


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"images": None}, "a list 'images' is missing"),
        ({"categories": [{"id": 1, "name": "unicorn"}, {"id": 2, "name": "cavity"}]}, "no condition known"),
        ({"annotations": [{"id": 1, "image_id": 9, "category_id": 1, "bbox": [0, 0, 1, 1]}]}, "not there"),
        ({"images": [{"id": 0, "file_name": "none.png", "width": 1, "height": 1}]}, "none.png"),
    ],
)
def test_a_wrong_data_set_is_refused_with_the_reason(
    tmp_path: Path, changed: dict[str, Any], words: str
) -> None:
    annotations = {} if "annotations" in changed else {"annotations": []}
    path = write(tmp_path, "train", {"a.png": scene(1)}, **{**annotations, **changed})
    with pytest.raises(DatasetRefused, match=words):
        read_dataset(path)


def test_what_is_no_json_is_refused(tmp_path: Path) -> None:
    (tmp_path / "train.json").write_text("{")
    for path in (tmp_path / "train.json", tmp_path / "none.json"):
        with pytest.raises(DatasetRefused, match="cannot be read"):
            read_dataset(path)


def test_near_duplicates_are_found_also_mirrored_and_turned() -> None:
    one = scene(1, (400, 300))
    copies = [
        one.resize((200, 150)),
        one.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        one.transpose(Image.Transpose.ROTATE_180),
        Image.eval(one, lambda value: min(255, int(value * 1.1) + 3)),
    ]
    others = [scene(seed, (400, 300)) for seed in range(2, 6)]
    marks = [hashes(image) for image in [one, *copies, *others]]
    assert [pair for pair in twins(marks) if pair[0] == 0] == [(0, 1), (0, 2), (0, 3), (0, 4)]
    assert clusters(marks) == [0, 0, 0, 0, 0, 5, 6, 7, 8]


def test_twins_never_stand_on_both_sides(tmp_path: Path) -> None:
    pictures = {}
    for seed in range(20):
        pictures[f"{seed}.png"] = scene(seed)
        pictures[f"{seed}-copy.png"] = scene(seed).transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    split = read_split(write(tmp_path, "train", pictures))
    sides = [
        {one.path.stem.split("-")[0] for one in part} for part in (split.training, split.held_out, split.test)
    ]
    assert all(sides)
    assert not sides[0] & sides[1]
    assert not sides[0] & sides[2]
    assert not sides[1] & sides[2]
    assert sum(map(len, (split.training, split.held_out, split.test))) == 40
    assert len(set(split.groups)) == len(split.test) / 2


def test_twins_of_a_given_test_set_are_reported(tmp_path: Path) -> None:
    write(tmp_path, "train", {f"{seed}.png": scene(seed) for seed in range(12)})
    write(tmp_path, "valid", {"x.png": scene(99), "y.png": scene(3).resize((160, 120))})
    split = read_split(tmp_path)
    assert (len(split.test), split.twins) == (2, 1)
    with pytest.raises(DatasetRefused, match="holds no COCO file"):
        read_split(tmp_path / "valid")
