"""Which pictures teach, which ones stop and calibrate, and which ones measure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dentalization.vision.coco import Dataset, Sample, read_dataset
from dentalization.vision.duplicates import Hash, clusters, hashes
from dentalization.vision.errors import DatasetRefused

Whole = NDArray[np.int64]

HELD_OUT_SHARE = 0.08
TEST_SHARE = 0.15
_TRAIN = ("train.json", "annotations.json", "_annotations.coco.json", "instances.json")
_TEST = ("valid.json", "val.json", "test.json")


@dataclass(frozen=True, slots=True)
class Split:
    """`groups` are the near-duplicate clusters of `test`; `twins` of its pictures have one in training."""

    name: str
    test_name: str
    training: tuple[Sample, ...]
    held_out: tuple[Sample, ...]
    test: tuple[Sample, ...]
    groups: tuple[int, ...]
    twins: int


def read_split(source: Path, *, seed: int = 0) -> Split:
    """Reads a COCO file, or a folder with one for training and perhaps one for measuring.

    Near-duplicates, mirrored ones too, stay together: a picture that teaches has no twin that measures.
    Without a set for measuring, a seventh of the clusters is kept for that. Raises DatasetRefused.
    """
    training_file, test_file = _files(source)
    taught = read_dataset(training_file)
    groups = np.array(clusters([_hashes(one) for one in taught.samples]))
    if test_file is None:
        test, rest = _drawn(groups, TEST_SHARE, seed + 1)
        measured = [taught.samples[one] for one in test]
        name, twins = f"{taught.name} (kept back)", 0
    else:
        apart = read_dataset(test_file)
        measured, name, rest = list(apart.samples), apart.name, np.arange(len(taught.samples))
        twins = _twins(taught, measured)
    held, training = _drawn(groups, HELD_OUT_SHARE, seed, among=rest)
    test_groups = clusters([_hashes(one) for one in measured])
    return Split(
        taught.name,
        name,
        tuple(taught.samples[one] for one in training),
        tuple(taught.samples[one] for one in held),
        tuple(measured),
        tuple(test_groups),
        twins,
    )


def _files(source: Path) -> tuple[Path, Path | None]:
    if source.is_file():
        return source, None
    training = next((source / name for name in _TRAIN if (source / name).is_file()), None)
    if training is None:
        raise DatasetRefused(f"{source} holds no COCO file; expected one of {', '.join(_TRAIN)}.")
    return training, next((source / name for name in _TEST if (source / name).is_file()), None)


def _hashes(sample: Sample) -> list[Hash]:
    with Image.open(sample.path) as image:
        return list(hashes(image))


def _drawn(groups: Whole, share: float, seed: int, among: Whole | None = None) -> tuple[Whole, Whole]:
    """Indices of whole clusters that make up `share` of all, and of the others."""
    indices = np.arange(len(groups)) if among is None else among
    roots = np.unique(groups[indices])
    np.random.default_rng(seed).shuffle(roots)
    chosen: set[int] = set()
    count = 0
    for root in roots:
        if count >= share * len(indices):
            break
        chosen.add(int(root))
        count += int((groups[indices] == root).sum())
    taken = np.array([int(groups[one]) in chosen for one in indices], dtype=bool)
    return indices[taken], indices[~taken]


def _twins(taught: Dataset, measured: Sequence[Sample]) -> int:
    """How many of the measured pictures have a near-duplicate among the taught ones."""
    groups = clusters([_hashes(one) for one in (*taught.samples, *measured)])
    known = set(groups[: len(taught.samples)])
    return sum(one in known for one in groups[len(taught.samples) :])
