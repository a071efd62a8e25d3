"""Variations of a picture, so that a network learns what teeth look like and not these pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]
_LEAST_VISIBLE = 0.4
"""A box of which less is left after cutting is taken out: nobody could tell what it was."""


@dataclass(frozen=True, slots=True)
class Example:
    """RGB pixels, N x 4 corners in them, N class indices."""

    pixels: Pixels
    boxes: Floats
    classes: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Variation:
    """How much is varied. `crop` is the side of the square that is cut out, in pixels of the input."""

    crop: int
    input_size: int
    smallest: float = 0.8
    largest: float = 1.3
    tilt_degrees: float = 6.0
    mirrored: float = 0.5
    upside_down: float = 0.0
    mosaic: float = 0.25
    pasted: float = 0.3


def vary(
    examples: Sequence[Example], index: int, variation: Variation, rng: np.random.Generator, *, gentle: bool
) -> Example:
    """One varied square from example `index`, or it and three others; `gentle` near the end of training."""
    if not gentle and rng.random() < variation.mosaic:
        others = [index, *rng.integers(len(examples), size=3).tolist()]
        varied = _mosaic([_square(examples[one], variation, rng) for one in others], rng)
    else:
        example = examples[index]
        if not gentle and rng.random() < variation.pasted:
            example = _paste(example, examples[int(rng.integers(len(examples)))], rng)
        varied = _square(example, variation, rng)
    return Example(_recoloured(varied.pixels, rng), varied.boxes, varied.classes)


def _square(example: Example, variation: Variation, rng: np.random.Generator) -> Example:
    """Scaled, tilted, mirrored and cut to a square, with the boxes that are still to be seen."""
    height, width = example.pixels.shape[:2]
    scale = variation.input_size / max(height, width) * rng.uniform(variation.smallest, variation.largest)
    mirror = -1 if rng.random() < variation.mirrored else 1
    turn = -1 if rng.random() < variation.upside_down else 1
    angle = np.deg2rad(rng.normal(0, variation.tilt_degrees / 2))
    cos, sin = np.cos(angle), np.sin(angle)
    stretch = rng.uniform(0.92, 1.08)
    forward = np.array([[cos * mirror * stretch, -sin * turn], [sin * mirror * stretch, cos * turn]]) * scale
    spare = np.maximum(np.array([width, height]) * scale - variation.crop, 0) / 2 + 0.06 * variation.crop
    centre = np.array([width, height]) / 2 + rng.uniform(-spare, spare) / scale
    backward = np.linalg.inv(forward)
    offset = centre - backward @ np.array([variation.crop / 2, variation.crop / 2])
    data = (*backward[0], offset[0], *backward[1], offset[1])
    size = (variation.crop, variation.crop)
    image = Image.fromarray(example.pixels).transform(
        size, Image.Transform.AFFINE, data, Image.Resampling.BILINEAR, fillcolor=_border(example.pixels)
    )
    boxes = _moved(example.boxes, forward, centre, variation.crop)
    return _visible(np.asarray(image), boxes, example.classes, variation.crop)


def _border(pixels: Pixels) -> tuple[int, int, int]:
    red, green, blue = pixels[[0, 0, -1, -1], [0, -1, 0, -1]].mean(axis=0)
    return int(red), int(green), int(blue)


def _moved(boxes: Floats, forward: NDArray[np.float64], centre: NDArray[np.float64], crop: int) -> Floats:
    """Hulls of ellipses, not of corners: what stands in a box seldom reaches its corners."""
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    half = (boxes[:, 2:] - boxes[:, :2]) / 2
    moved = (middle - centre) @ forward.T + crop / 2
    reach = np.sqrt((half**2) @ (forward.T**2))
    return np.concatenate((moved - reach, moved + reach), axis=1).astype(np.float32)


def _visible(pixels: Pixels, boxes: Floats, classes: NDArray[np.int64], side: int) -> Example:
    cut = boxes.clip(0, side)
    whole = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    left = (cut[:, 2:] - cut[:, :2]).prod(axis=1)
    keep = left > _LEAST_VISIBLE * np.maximum(whole, 1e-6)
    return Example(pixels, cut[keep], classes[keep])


def _mosaic(parts: Sequence[Example], rng: np.random.Generator) -> Example:
    """Four pictures meet in a point near the middle."""
    side = parts[0].pixels.shape[0]
    x, y = (int(side * rng.uniform(0.3, 0.7)) for _ in range(2))
    pixels = np.empty_like(parts[0].pixels)
    boxes, classes = [], []
    windows = ((0, 0, x, y), (x, 0, side, y), (0, y, x, side), (x, y, side, side))
    for part, (left, top, right, bottom) in zip(parts, windows, strict=True):
        pixels[top:bottom, left:right] = part.pixels[top:bottom, left:right]
        window = np.array([left, top, right, bottom], dtype=np.float32)
        cut = np.concatenate(
            (np.maximum(part.boxes[:, :2], window[:2]), np.minimum(part.boxes[:, 2:], window[2:])), axis=1
        )
        size = np.maximum(cut[:, 2:] - cut[:, :2], 0)
        whole = (part.boxes[:, 2:] - part.boxes[:, :2]).prod(axis=1)
        keep = size.prod(axis=1) > _LEAST_VISIBLE * np.maximum(whole, 1e-6)
        boxes.append(cut[keep])
        classes.append(part.classes[keep])
    return Example(pixels, np.concatenate(boxes), np.concatenate(classes))


def _paste(example: Example, other: Example, rng: np.random.Generator) -> Example:
    """One object of another picture, at the same place in this one, where nothing is marked."""
    if not len(other.boxes) or other.pixels.shape != example.pixels.shape:
        return example
    pick = rng.integers(len(other.boxes))
    left, top, right, bottom = other.boxes[pick].round().astype(int)
    low = np.maximum(example.boxes[:, :2], [left, top])
    high = np.minimum(example.boxes[:, 2:], [right, bottom])
    covered = np.maximum(high - low, 0).prod(axis=1)
    if right - left < 4 or bottom - top < 4 or (covered > 0.2 * (right - left) * (bottom - top)).any():
        return example
    window = (slice(max(top, 0), bottom), slice(max(left, 0), right))
    pixels = example.pixels.copy()
    patch = other.pixels[window].astype(np.float32)
    fade = _fade(*patch.shape[:2])[..., None]
    pixels[window] = (fade * patch + (1 - fade) * pixels[window]).astype(np.uint8)
    return Example(
        pixels,
        np.concatenate((example.boxes, other.boxes[pick : pick + 1])),
        np.append(example.classes, other.classes[pick]),
    )


def _fade(height: int, width: int) -> Floats:
    """1 inside, falling to 0 over a tenth of the way to each edge, so that no cut gives the paste away."""

    def ramp(length: int) -> Floats:
        place = (np.arange(length, dtype=np.float32) + 0.5) / length
        return (np.minimum(place, 1 - place) * 10).clip(0, 1)

    return ramp(height)[:, None] * ramp(width)[None, :]


def _recoloured(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Other exposure, contrast, white balance and noise."""
    values = np.arange(256, dtype=np.float32) / 255
    gamma, gain = np.exp(rng.normal(0, 0.2)), rng.uniform(0.8, 1.2)
    shift = rng.uniform(-0.08, 0.08)
    balance = rng.normal(1, 0.03, size=3)
    tables = [((values**gamma - 0.5) * gain + 0.5 + shift) * one for one in balance]
    tables = [(table.clip(0, 1) * 255).astype(np.uint8) for table in tables]
    recoloured = np.stack([table[pixels[..., channel]] for channel, table in enumerate(tables)], axis=-1)
    if rng.random() < 0.3:
        noise = rng.normal(0, rng.uniform(1, 6), size=(*pixels.shape[:2], 1)).astype(np.float32)
        recoloured = (recoloured + noise).clip(0, 255).astype(np.uint8)
    return recoloured
