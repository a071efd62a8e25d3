from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from dentalization.vision.drawing import Drawing, draw_mouth, draw_panoramic

drawers = pytest.mark.parametrize("draw", [draw_mouth, draw_panoramic])


@drawers
def test_the_same_seed_draws_the_same(draw: Callable[[int], Drawing]) -> None:
    one, two, other = draw(7), draw(7), draw(8)
    assert one.picture.tobytes() == two.picture.tobytes()
    assert one.detections == two.detections
    assert one.picture.tobytes() != other.picture.tobytes()


@drawers
@pytest.mark.parametrize("size", [(320, 240), (1000, 500)])
def test_boxes_lie_on_the_picture_and_differ_from_their_surroundings(
    draw: Callable[[int, tuple[int, int]], Drawing], size: tuple[int, int]
) -> None:
    drawing = draw(1, size)
    assert drawing.picture.size == size
    assert len({one.tooth for one in drawing.detections}) == len(drawing.detections) >= 4
    for one in drawing.detections:
        box = one.location
        assert 0 <= box.x < box.right <= size[0]
        assert 0 <= box.y < box.bottom <= size[1]


def test_decay_is_dark_where_its_box_says() -> None:
    drawing = draw_mouth(2)
    grey = np.asarray(drawing.picture.convert("L"))
    for one in drawing.detections:
        if one.condition == "caries":
            box = one.location
            assert grey[int(box.y + box.height / 2), int(box.x + box.width / 2)] < 100


@drawers
def test_a_caption_says_that_it_is_drawn(draw: Callable[[int], Drawing]) -> None:
    corner = np.asarray(draw(1).picture.convert("L"))[4:30, 6:70].astype(int)
    assert corner.max() - np.median(corner) > 60
