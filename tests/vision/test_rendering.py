"""Drawn mouths: the same for the same seed, and boxes that hold what they say."""

from __future__ import annotations

import numpy as np
import pytest

from dentalization.dentistry.conditions import Condition
from dentalization.vision.rendering.canvas import Canvas
from dentalization.vision.rendering.mouth import render
from dentalization.vision.rendering.scene import Painted, visible
from dentalization.vision.rendering.teeth import Tooth, paint

SEEDS = range(12)


def tooth(number: int, x: float, y: float, **fields: object) -> Tooth:
    usual = {
        "place": 0,
        "across": 20.0,
        "along": 30.0,
        "turn": 0.0,
        "colour": (240.0, 235.0, 220.0),
        "biting": False,
        "decay": 0.0,
    }
    return Tooth(number=number, x=x, y=y, **{**usual, **fields})


@pytest.mark.parametrize("seed", [0, 5])
def test_the_same_seed_draws_the_same_picture(seed: int) -> None:
    first, second = render(seed, longest=200), render(seed, longest=200)
    assert (first.picture == second.picture).all()
    assert first.truths == second.truths
    assert (render(seed + 1, longest=200).picture.shape, 0) != ((0, 0, 0), 0)
    assert not np.array_equal(first.picture, render(seed + 1, longest=200).picture)


def test_boxes_lie_in_the_picture_and_are_no_specks() -> None:
    kinds = set()
    for seed in SEEDS:
        drawn = render(seed, longest=256)
        height, width = drawn.picture.shape[:2]
        assert max(height, width) == 256
        for one in drawn.truths:
            left, top, right, bottom = one.corners
            assert 0 <= left < right <= width
            assert 0 <= top < bottom <= height
            assert min(right - left, bottom - top) >= 5
            kinds.add(one.condition)
    assert kinds == {Condition.CARIES, Condition.SOUND_TOOTH}


def test_a_box_is_exactly_what_is_seen_of_its_tooth() -> None:
    canvas = Canvas(160, 120, np.random.default_rng(1))
    one = tooth(0, 60, 60)
    painted = Painted(one, paint(canvas, one, 0.0))
    ((seen, box),) = visible(canvas, [painted])
    rows, columns = np.nonzero((canvas.pixels > 60).any(axis=2))
    assert seen == one
    assert abs(box[0] - columns.min()) <= 1
    assert abs(box[3] - rows.max() - 1) <= 1
    # Another tooth before it takes the right half of it: the box ends there.
    other = tooth(1, 82, 60, across=22.0)
    both = [painted, Painted(other, paint(canvas, other, 0.0))]
    boxes = {seen.number: box for seen, box in visible(canvas, both)}
    assert boxes[0][2] < box[2] - 5
    assert boxes[1][0] >= boxes[0][0]


def test_a_tooth_that_is_hidden_has_no_box() -> None:
    canvas = Canvas(160, 120, np.random.default_rng(1))
    behind = tooth(0, 60, 60)
    painted = [Painted(behind, paint(canvas, behind, 0.0))]
    before = tooth(1, 64, 60, across=26.0, along=34.0)
    painted.append(Painted(before, paint(canvas, before, 0.0)))
    assert [seen.number for seen, _ in visible(canvas, painted)] == [1]


def test_decay_is_darker_than_the_tooth() -> None:
    sound, bad = (Canvas(120, 120, np.random.default_rng(3)) for _ in range(2))
    paint(sound, tooth(0, 60, 60), 0.0)
    paint(bad, tooth(0, 60, 60, decay=0.9), 0.0)
    inside = sound.owner == 0
    assert bad.pixels[inside].mean() < sound.pixels[inside].mean() - 5
    assert bad.pixels[inside].min() < 120
