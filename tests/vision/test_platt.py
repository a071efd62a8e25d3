from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dentalization.vision.card import Calibration
from dentalization.vision.confidence import calibrated
from dentalization.vision.platt import (
    FitRefused,
    Numbers,
    Platt,
    fit_platt,
    logit,
    platt_chances,
    sigmoid,
)

judged = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=2, max_size=60)


def loss(platt: Platt, scores: Numbers, right: Numbers) -> float:
    """Cross entropy with Platt's targets, written out."""
    positive, negative = right.sum(), (1 - right).sum()
    targets = np.where(right == 1, (positive + 1) / (positive + 2), 1 / (negative + 2))
    exponents = platt.slope * logit(scores) + platt.intercept
    return float((targets * np.logaddexp(0, -exponents) + (1 - targets) * np.logaddexp(0, exponents)).sum())


@pytest.mark.parametrize(("slope", "intercept"), [(0.4, -1.0), (1.0, 0.0), (2.5, 1.5)])
def test_a_known_curve_is_found_again(slope: float, intercept: float) -> None:
    random = np.random.default_rng(3)
    scores = random.uniform(0.02, 0.98, 40_000)
    right = random.random(40_000) < sigmoid(slope * logit(scores) + intercept)
    found = fit_platt(scores, right)
    assert found.slope == pytest.approx(slope, rel=0.05)
    assert found.intercept == pytest.approx(intercept, abs=0.06)


@settings(deadline=None)
@given(judged)
def test_no_other_curve_nearby_fits_better(boxes: list[tuple[float, bool]]) -> None:
    scores, right = np.array([one for one, _ in boxes]), np.array([float(one) for _, one in boxes])
    try:
        found = fit_platt(scores, right == 1)
    except FitRefused:
        assume(False)
        raise
    best = loss(found, scores, right)
    spread = logit(scores).std()
    for turn in np.linspace(0, 2 * np.pi, 12, endpoint=False):
        for step in (1e-3, 0.1):
            other = Platt(found.slope + step * np.cos(turn) / spread, found.intercept + step * np.sin(turn))
            assert best <= loss(other, scores, right) + 1e-7


@settings(deadline=None)
@given(judged, st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_the_order_of_boxes_is_kept(boxes: list[tuple[float, bool]], others: list[float]) -> None:
    try:
        found = fit_platt([one for one, _ in boxes], [one for _, one in boxes])
    except FitRefused:
        assume(False)
        raise
    assert found.slope > 0
    chances = platt_chances(np.sort(others), found)
    assert np.all(np.diff(chances) >= 0)
    assert np.all((chances >= 0) & (chances <= 1))


@given(st.floats(0, 1), st.floats(0.01, 10), st.floats(-10, 10))
def test_chances_are_those_that_people_are_shown(score: float, slope: float, intercept: float) -> None:
    shown = calibrated(score, Calibration(slope=slope, intercept=intercept))
    assert platt_chances([score], Platt(slope, intercept))[0] == pytest.approx(shown, abs=1e-12)


def test_separated_scores_give_a_finite_curve() -> None:
    found = fit_platt([0.1, 0.2, 0.8, 0.9], [False, False, True, True])
    assert np.isfinite([found.slope, found.intercept]).all()
    # Smoothed targets: two right boxes speak for 3/4, not for certainty.
    assert platt_chances([0.85], found)[0] == pytest.approx(0.75, abs=0.03)


def test_boxes_on_which_plain_newton_runs_away_are_fitted() -> None:
    """Whole steps take the loss from 444 to 2 million here; halved ones find the lowest point."""
    logits = np.repeat([-1.25, 0.01, 0.24, 0.27, -1.25, 0.01], [2, 37, 100, 1, 799, 8926])
    right = np.repeat([True, True, True, False, False, False], [2, 37, 100, 1, 799, 8926])
    found = fit_platt(sigmoid(logits), right)
    chances, targets = sigmoid(found.slope * logits + found.intercept), np.where(right, 140 / 141, 1 / 9728)
    assert float(np.sum(chances - targets)) == pytest.approx(0, abs=1e-3)
    assert float(np.sum((chances - targets) * logits)) == pytest.approx(0, abs=1e-3)


def test_scores_at_the_ends_and_in_a_narrow_band_are_fitted() -> None:
    assert fit_platt([0.0, 0.0, 1.0, 1.0], [False, False, True, True]).slope > 0
    random = np.random.default_rng(4)
    scores = 0.5 + 1e-5 * random.random(5000)
    right = random.random(5000) < (scores - 0.5) * 1e5
    narrow = fit_platt(scores, right)
    assert platt_chances([0.5 + 0.9e-5], narrow)[0] == pytest.approx(0.9, abs=0.05)


@pytest.mark.parametrize(
    ("scores", "right", "says"),
    [
        ([0.2, 0.8], [True, True], "all of one kind"),
        ([0.2, 0.8], [False, False], "all of one kind"),
        ([], [], "all of one kind"),
        ([0.5, 0.5], [True, False], "all have the same"),
        ([0.2, 0.3, 0.7, 0.8], [True, True, False, False], "not right more often"),
        ([0.2, 0.8, 0.2, 0.8], [True, True, False, False], "not right more often"),
        ([0.2], [True, False], "As many answers"),
        ([0.2, 1.2], [True, False], "from 0 to 1"),
        ([0.2, float("nan")], [True, False], "from 0 to 1"),
    ],
)
def test_boxes_that_do_not_tell_are_refused(scores: list[float], right: list[bool], says: str) -> None:
    with pytest.raises(FitRefused, match=says):
        fit_platt(scores, right)
