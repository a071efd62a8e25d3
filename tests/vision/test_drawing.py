from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from dentalization.vision.drawing import Drawing, draw_mouth, draw_panoramic
from dentalization.vision.rendering.mouth import render

drawers = pytest.mark.parametrize("draw", [draw_mouth, draw_panoramic])


@drawers
def test_the_same_seed_draws_the_same(draw: Callable[[int], Drawing]) -> None:
    one, two, other = draw(7), draw(7), draw(8)
    assert one.picture.tobytes() == two.picture.tobytes()
    assert one.detections == two.detections
    assert one.picture.tobytes() != other.picture.tobytes()


@pytest.mark.parametrize("size", [(320, 240), (1000, 500)])
def test_boxes_of_an_x_ray_lie_on_it_and_name_their_teeth(size: tuple[int, int]) -> None:
    drawing = draw_panoramic(1, size)
    assert drawing.picture.size == size
    assert len({one.tooth for one in drawing.detections}) == len(drawing.detections) >= 4
    for one in drawing.detections:
        box = one.location
        assert 0 <= box.x < box.right <= size[0]
        assert 0 <= box.y < box.bottom <= size[1]


def test_a_mouth_boxes_its_decayed_teeth_alone() -> None:
    drawing, rendered = draw_mouth(33), render(33)
    decayed = {one.corners for one in rendered.truths if one.condition == "caries"}
    places = [one.location for one in drawing.detections]
    assert {(one.x, one.y, one.right, one.bottom) for one in places} == decayed
    assert 0 < len(decayed) < len(rendered.truths)


@drawers
def test_a_caption_says_that_it_is_drawn(draw: Callable[[int], Drawing]) -> None:
    corner = np.asarray(draw(1).picture.convert("L"))[4:30, 6:70].astype(int)
    assert corner.max() - np.median(corner) > 60
