from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dentalization.dentistry.boxes import Box, Detection, clip, intersection, iou, union
from dentalization.dentistry.conditions import Condition
from dentalization.dentistry.teeth import TEETH
from dentalization.errors import InvalidInput

places = st.floats(-1e4, 1e4)
lengths = st.floats(1e-3, 1e4)
boxes = st.builds(Box, places, places, lengths, lengths)
detections = st.builds(
    Detection,
    st.sampled_from([str(condition) for condition in Condition]),
    st.floats(0, 1),
    boxes,
    st.none() | st.sampled_from(sorted(TEETH)),
)
GOOD: dict[str, Any] = {
    "condition": "caries",
    "confidence": 0.5,
    "location": {"x": 1, "y": 2.5, "width": 3, "height": 4},
    "tooth": "11",
}


@given(boxes, boxes)
def test_iou_is_symmetric_and_a_share(a: Box, b: Box) -> None:
    assert iou(a, b) == iou(b, a)
    assert 0 <= iou(a, b) <= 1


@given(boxes)
def test_a_box_covers_itself(box: Box) -> None:
    assert iou(box, box) == pytest.approx(1, abs=1e-6)


@given(boxes, boxes)
def test_the_intersection_lies_in_both_and_the_union_around_both(a: Box, b: Box) -> None:
    around, shared = union(a, b), intersection(a, b)
    for box in (a, b):
        assert around.x <= box.x
        assert around.y <= box.y
        assert around.right >= box.right - 1e-6
        assert around.bottom >= box.bottom - 1e-6
        if shared:
            assert shared.x >= box.x
            assert shared.right <= box.right + 1e-6
            assert shared.y >= box.y
            assert shared.bottom <= box.bottom + 1e-6


@given(boxes, st.integers(1, 5000), st.integers(1, 5000))
def test_what_is_clipped_lies_on_the_picture(box: Box, width: int, height: int) -> None:
    inside = clip(box, width, height)
    if inside:
        assert inside.x >= 0
        assert inside.right <= width + 1e-6
        assert inside.y >= 0
        assert inside.bottom <= height + 1e-6


def test_known_values() -> None:
    a, b = Box(0, 0, 2, 2), Box(1, 1, 2, 2)
    assert iou(a, b) == pytest.approx(1 / 7)
    assert (intersection(a, b), union(a, b)) == (Box(1, 1, 1, 1), Box(0, 0, 3, 3))
    assert intersection(a, Box(2, 0, 1, 1)) is None
    assert iou(a, Box(5, 5, 1, 1)) == 0
    assert clip(Box(-5, -5, 4, 4), 10, 10) is None


@pytest.mark.parametrize("length", [1e-200, 1e200])
def test_iou_of_absurd_boxes_is_zero(length: float) -> None:
    box = Box(0, 0, length, length)
    assert iou(box, box) == 0


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"width": 0}, "location.width"),
        ({"height": -1}, "location.height"),
        ({"x": math.nan}, "location.x"),
        ({"y": math.inf}, "location.y"),
    ],
)
def test_a_box_without_size_is_refused(wrong: dict[str, float], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Box(**{"x": 0, "y": 0, "width": 1, "height": 1, **wrong})
    assert caught.value.field == field


@given(detections)
def test_json_is_inverse(detection: Detection) -> None:
    assert Detection.from_json(json.loads(json.dumps(detection.to_json()))) == detection


def test_json_has_exactly_these_fields() -> None:
    assert Detection.from_json(GOOD).to_json() == GOOD
    without = {name: value for name, value in GOOD.items() if name != "tooth"}
    assert Detection.from_json(without).to_json() == without
    assert "tooth" not in Detection.from_json({**GOOD, "tooth": None}).to_json()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ([], "detection"),
        (None, "detection"),
        ({"confidence": 0.5, "location": GOOD["location"]}, "condition"),
        ({**GOOD, "condition": "toothache"}, "condition"),
        ({**GOOD, "condition": 3}, "condition"),
        ({**GOOD, "confidence": 1.01}, "confidence"),
        ({**GOOD, "confidence": -0.1}, "confidence"),
        ({**GOOD, "confidence": math.nan}, "confidence"),
        ({**GOOD, "confidence": "0.5"}, "confidence"),
        ({**GOOD, "confidence": True}, "confidence"),
        ({**GOOD, "location": None}, "location"),
        ({**GOOD, "location": {"x": 1, "y": 1, "width": 1}}, "location.height"),
        ({**GOOD, "location": {**GOOD["location"], "depth": 1}}, "location.depth"),
        ({**GOOD, "location": {**GOOD["location"], "width": 0}}, "location.width"),
        ({**GOOD, "location": {**GOOD["location"], "x": 10**400}}, "location.x"),
        ({**GOOD, "location": {**GOOD["location"], "y": None}}, "location.y"),
        ({**GOOD, "tooth": "99"}, "tooth"),
        ({**GOOD, "tooth": 11}, "tooth"),
        ({**GOOD, "note": "x"}, "note"),
    ],
)
def test_wrong_json_is_refused_and_the_field_named(wrong: object, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        Detection.from_json(wrong)
    assert caught.value.field == field
    assert field in caught.value.message or field == "tooth"
