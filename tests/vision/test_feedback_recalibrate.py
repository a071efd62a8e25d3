from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.vision.feedback_cases import at, reviewed

from dentalization.dentistry.conditions import Condition
from dentalization.errors import InvalidInput
from dentalization.vision.card import Calibration
from dentalization.vision.confidence import calibrated
from dentalization.vision.feedback.cases import ReviewedCase
from dentalization.vision.feedback.recalibrate import (
    MINIMUM_BOXES,
    MINIMUM_HELD_OUT,
    Recalibration,
    carried_threshold,
    recalibrate,
)

curves = st.builds(Calibration, slope=st.floats(0.2, 5), intercept=st.floats(-3, 3))


def stream(
    number: int, truth: Calibration, *, seed: int = 1, start: int = 0, at_once: int = 1
) -> list[ReviewedCase]:
    """One box a case, confirmed as often as `truth` says of its score; `at_once` share a moment."""
    random = np.random.default_rng(seed)
    made = []
    for index in range(number):
        score = float(random.uniform(0.05, 0.95))
        box = at("caries", 0, score=score)
        right = random.random() < calibrated(score, truth)
        case = reviewed([box], None if right else [], number=start + index // at_once, group=f"p{index}")
        made.append(replace(case, diagnosis_id=f"case-{start + index}"))
    return made


def only(found: tuple[Recalibration, ...]) -> Recalibration:
    (one,) = found
    return one


TOO_SURE = Calibration(slope=1.0, intercept=-2.0)


def test_a_model_that_is_too_sure_gets_a_better_curve() -> None:
    found = only(recalibrate(stream(1000, TOO_SURE), {}))
    assert found.adoptable
    assert found.new is not None
    assert found.new.slope == pytest.approx(1.0, abs=0.3)
    assert found.new.intercept == pytest.approx(-2.0, abs=0.4)
    assert (found.fitted, found.held_out, found.blind) == (700, 300, 0)
    assert found.new.samples == 700
    assert "2024-01-01" in found.new.source
    assert found.brier_before is not None
    assert found.brier_after is not None
    assert found.brier_after < found.brier_before
    assert found.difference is not None
    assert found.difference.high < 0


def test_the_curve_in_use_is_what_the_new_one_must_beat() -> None:
    cases = stream(1000, TOO_SURE)
    against_none, against_right = (
        only(recalibrate(cases, current)) for current in ({}, {Condition.CARIES: TOO_SURE})
    )
    assert against_right.old == TOO_SURE
    assert against_right.brier_before is not None
    assert against_none.brier_before is not None
    assert against_right.brier_before < against_none.brier_before


def test_the_later_reviews_judge_and_can_speak_against_it() -> None:
    """The model was too sure at first and is right of late: what was fitted on the past does harm now."""
    cases = stream(700, TOO_SURE) + stream(300, Calibration(), seed=2, start=700)
    found = only(recalibrate(cases, {}))
    assert not found.adoptable
    assert found.new is not None
    assert found.reason is not None
    assert "must lower it" in found.reason
    assert found.brier_after is not None
    assert found.brier_before is not None
    assert found.brier_after > found.brier_before


def test_the_order_in_which_cases_are_given_does_not_matter() -> None:
    cases = stream(400, TOO_SURE)
    shuffled = [cases[index] for index in np.random.default_rng(5).permutation(len(cases))]
    assert recalibrate(shuffled, {}) == recalibrate(cases, {})


def test_too_few_boxes_are_said_to_be_too_few() -> None:
    found = only(recalibrate(stream(MINIMUM_BOXES - 1, TOO_SURE), {}))
    assert (found.new, found.adoptable) == (None, False)
    assert found.reason == "199 boxes have been reviewed; at least 200 are needed."
    assert only(recalibrate(stream(MINIMUM_BOXES, TOO_SURE), {})).new is not None


def test_what_was_reviewed_at_one_moment_is_not_torn_apart() -> None:
    at_once = only(recalibrate(stream(300, TOO_SURE, at_once=300), {}))
    assert (at_once.fitted, at_once.held_out, at_once.new) == (300, 0, None)
    assert at_once.reason is not None
    assert str(MINIMUM_HELD_OUT) in at_once.reason
    batches = only(recalibrate(stream(300, TOO_SURE, at_once=50), {}))
    assert (batches.fitted, batches.held_out) == (250, 50)


def test_scores_that_do_not_tell_give_no_curve() -> None:
    upside_down = [
        reviewed([at("caries", 0, score=score)], [] if score > 0.5 else None, number=number)
        for number, score in enumerate(np.random.default_rng(6).uniform(0.1, 0.9, 300).tolist())
    ]
    found = only(recalibrate(upside_down, {}))
    assert found.new is None
    assert found.reason is not None
    assert "not right more often" in found.reason
    all_right = only(
        recalibrate([reviewed([at("caries", 0, score=0.5)], number=number) for number in range(300)], {})
    )
    assert all_right.reason is not None
    assert "one kind" in all_right.reason


def test_relabelled_and_rejected_boxes_count_as_wrong() -> None:
    box = at("caries", 0)
    cases = [
        reviewed([box], number=1),
        reviewed([box], [at("filling", 0)], number=2),
        reviewed([box], rejected=True, number=3),
        reviewed([box], [box], blind=True, number=4),
    ]
    found = only(recalibrate(cases, {}))
    assert found.fitted + found.held_out == 4
    assert found.fitted_confirmed + found.held_out_confirmed == 2
    assert found.blind == 1


def test_each_condition_has_its_own_curve() -> None:
    boxes = [at("filling", 0), at("caries", 50)]
    found = recalibrate([reviewed(boxes, number=number) for number in range(3)], {})
    assert [one.condition for one in found] == ["caries", "filling"]
    assert [one.fitted + one.held_out for one in found] == [3, 3]


def test_versions_are_not_mixed() -> None:
    cases = [reviewed([], number=1), reviewed([], number=2, version="2")]
    with pytest.raises(InvalidInput, match="one version of one model"):
        recalibrate(cases, {})
    assert recalibrate([], {}) == ()


@given(curves, st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_recalibration_keeps_the_order(curve: Calibration, scores: list[float]) -> None:
    shown = [calibrated(score, curve) for score in sorted(scores)]
    assert shown == sorted(shown)


@given(st.none() | curves, curves, st.floats(0.01, 0.99), st.floats(0.001, 0.999))
def test_a_carried_threshold_shows_the_same_boxes(
    old: Calibration | None, new: Calibration, threshold: float, score: float
) -> None:
    carried = carried_threshold(threshold, old, new)
    before, after = calibrated(score, old) - threshold, calibrated(score, new) - carried
    assert 0 <= carried <= 1
    if abs(before) > 1e-6 and abs(after) > 1e-9:
        assert (before > 0) == (after > 0)


def test_a_threshold_at_an_end_stays_there() -> None:
    assert carried_threshold(0, None, TOO_SURE) == 0
    assert carried_threshold(1, None, TOO_SURE) == 1
