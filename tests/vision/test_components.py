from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dentalization.vision.components import Floats, Mask, box_mean, components, shrink

shapes = st.tuples(st.integers(1, 12), st.integers(1, 12))


def flood(mask: Mask) -> list[set[tuple[int, int]]]:
    """The slow way: one pixel at a time."""
    left, answer = set(zip(*(axis.tolist() for axis in np.nonzero(mask)), strict=True)), []
    while left:
        group, todo = set(), [left.pop()]
        while todo:
            y, x = todo.pop()
            group.add((y, x))
            near = {(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)} & left
            left -= near
            todo += near
        answer.append(group)
    return answer


@given(arrays.arrays(np.bool_, shapes))
def test_components_are_those_of_a_flood_fill(mask: Mask) -> None:
    fast, slow = components(mask), flood(mask)
    assert np.array_equal(fast.labels > 0, mask)
    assert len(fast.area) == len(slow)
    for group in slow:
        y, x = next(iter(group))
        index = int(fast.labels[y, x]) - 1
        ys, xs = [y for y, _ in group], [x for _, x in group]
        assert {int(fast.labels[place]) for place in group} == {index + 1}
        assert fast.area[index] == len(group)
        assert (fast.left[index], fast.right[index]) == (min(xs), max(xs) + 1)
        assert (fast.top[index], fast.bottom[index]) == (min(ys), max(ys) + 1)


def test_mean_over_components() -> None:
    mask = np.array([[1, 1, 0, 1]], dtype=bool)
    assert components(mask).mean(np.array([[1, 3, 9, 5]], dtype=np.float32)).tolist() == [2, 5]


@given(arrays.arrays(np.float32, shapes, elements=st.floats(0, 255, width=32)), st.integers(1, 4))
def test_box_mean_is_the_mean_of_the_square(values: Floats, radius: int) -> None:
    wide = np.pad(values, radius, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(wide, (2 * radius + 1, 2 * radius + 1))
    assert np.allclose(box_mean(values, radius), windows.mean(axis=(2, 3)), atol=0.01)


@given(st.integers(1, 900), st.integers(1, 900))
def test_shrunk_pictures_fit_and_keep_their_colour(height: int, width: int) -> None:
    small = shrink(np.full((height, width, 3), 77, dtype=np.uint8), 512)
    assert max(small.shape[:2]) == min(512, max(height, width))
    assert (small == 77).all()
