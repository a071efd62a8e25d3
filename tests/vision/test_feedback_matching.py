from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from tests.vision.feedback_cases import at, boxes, cases, reviewed

from dentalization.dentistry.boxes import Detection, iou
from dentalization.errors import InvalidInput
from dentalization.vision.feedback.cases import ReviewedCase
from dentalization.vision.feedback.matching import SAME_PLACE, match, match_case, overlaps_of


def test_a_box_in_the_same_place_is_confirmed_or_relabelled() -> None:
    found = match([at("caries", 0), at("filling", 50)], [at("caries", 2), at("crown", 51)])
    assert [(one.proposed.condition, one.decided.condition) for one in found.confirmed] == [
        ("caries", "caries")
    ]
    assert found.confirmed[0].overlap == pytest.approx(8 / 12)
    assert [(one.proposed.condition, one.decided.condition) for one in found.relabelled] == [
        ("filling", "crown")
    ]
    assert not found.rejected
    assert not found.missed


def test_an_overlap_of_one_half_is_still_the_same_place() -> None:
    half, less = Detection("caries", 0.5, at("caries", 0).location), at("caries", 3.5)
    exactly = Detection("caries", 0.5, replace(half.location, width=5.0))
    assert match([half], [exactly]).confirmed
    assert iou(half.location, less.location) < SAME_PLACE
    assert match([half], [less]).rejected == (half,)
    assert match([half], [less]).missed == (less,)


def test_the_closest_pair_comes_first_whatever_the_confidence() -> None:
    near, far = at("caries", 1, score=0.1), at("caries", 3, score=0.9)
    found = match([far, near], [at("caries", 0)])
    assert [one.proposed for one in found.confirmed] == [near]
    assert found.rejected == (far,)


def test_the_same_condition_goes_before_a_closer_box_of_another() -> None:
    found = match([at("caries", 0)], [at("filling", 0), at("caries", 2)])
    assert [one.decided.condition for one in found.confirmed] == ["caries"]
    assert [one.condition for one in found.missed] == ["filling"]


def test_a_case_left_as_it_was_is_confirmed_and_a_rejected_one_is_not() -> None:
    proposed = [at("caries", 0), at("caries", 0)]
    assert len(match_case(reviewed(proposed)).confirmed) == 2
    found = match_case(reviewed(proposed, [at("caries", 0)], rejected=True))
    assert len(found.rejected) == 2
    assert len(found.missed) == 1
    assert not found.confirmed


@given(boxes, boxes)
def test_overlaps_are_those_of_boxes(proposed: list[Detection], decided: list[Detection]) -> None:
    overlaps = overlaps_of(proposed, decided)
    assert overlaps.shape == (len(proposed), len(decided))
    for i, one in enumerate(proposed):
        for j, other in enumerate(decided):
            assert overlaps[i, j] == pytest.approx(iou(one.location, other.location))


def test_absurd_boxes_overlap_nothing() -> None:
    vast = at("caries", 0, size=1e200)
    assert overlaps_of([vast], [vast])[0, 0] == iou(vast.location, vast.location) == 0


@given(cases())
def test_every_box_has_one_fate(case: ReviewedCase) -> None:
    found = match_case(case)
    proposed = [one.proposed for one in (*found.confirmed, *found.relabelled)] + list(found.rejected)
    decided = [one.decided for one in (*found.confirmed, *found.relabelled)] + list(found.missed)
    assert Counter(proposed) == Counter(case.proposed)
    expected = (() if case.rejected else case.proposed) if case.decided is None else case.decided
    assert Counter(decided) == Counter(expected)
    assert all(one.overlap >= SAME_PLACE for one in (*found.confirmed, *found.relabelled))
    assert all(one.proposed.condition == one.decided.condition for one in found.confirmed)
    assert all(one.proposed.condition != one.decided.condition for one in found.relabelled)


def test_what_a_picture_shows_is_unknown_where_it_was_rejected_without_boxes() -> None:
    proposed, own = (at("caries", 0),), (at("filling", 5),)
    assert reviewed(proposed).truth == proposed
    assert reviewed(proposed, own).truth == own
    assert reviewed(proposed, own, rejected=True).truth == own
    assert reviewed(proposed, [], rejected=True).truth == ()
    assert reviewed(proposed, rejected=True).truth is None


def test_a_blind_case_needs_the_dentists_own_boxes() -> None:
    with pytest.raises(InvalidInput, match="dentist's own boxes"):
        reviewed([at("caries", 0)], None, blind=True)
    assert reviewed([at("caries", 0)], [], blind=True).truth == ()


def test_a_time_without_its_zone_is_refused() -> None:
    case = reviewed([])
    with pytest.raises(InvalidInput, match="zone"):
        replace(case, reviewed_at=case.reviewed_at.replace(tzinfo=None))
