"""Figures by hand, and what must hold for all of them."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.detectors import Fixed, described

from dentalization.dentistry.boxes import Box, Detection
from dentalization.dentistry.conditions import Condition
from dentalization.vision.card import Calibration
from dentalization.vision.coco import Sample, Truth
from dentalization.vision.confidence import calibrated
from dentalization.vision.evaluation.calibration import fit, reliability
from dentalization.vision.evaluation.froc import RATES, froc
from dentalization.vision.evaluation.matching import match
from dentalization.vision.evaluation.operating import choose_thresholds, operating
from dentalization.vision.evaluation.precision import average_precision
from dentalization.vision.evaluation.report import evaluate, text_table

CARIES = Condition.CARIES


def truth(x: float, condition: Condition = CARIES) -> Truth:
    return Truth(condition, (x, 0, x + 10, 10))


def found(x: float, confidence: float, condition: Condition = CARIES) -> Detection:
    return Detection(condition, confidence, Box(x, 0, 10, 10))


def test_a_true_box_is_taken_once_by_the_surest() -> None:
    matched = match([truth(0), truth(100)], [found(1, 0.6), found(0, 0.9), found(300, 0.7)], CARIES)
    assert matched.scores == (0.9, 0.7, 0.6)
    assert matched.right == (True, False, False)
    assert (matched.missed, matched.truths) == (1, 2)


def test_a_box_with_less_than_half_overlap_is_wrong() -> None:
    # Shared 7 of 13: above a half. Shared 6 of 14: below.
    assert match([truth(0)], [found(3, 0.9)], CARIES).right == (True,)
    assert match([truth(0)], [found(4, 0.9)], CARIES).right == (False,)


boxes = st.lists(st.tuples(st.integers(0, 60), st.floats(0.01, 1)), max_size=8)


@given(st.lists(st.integers(0, 60), max_size=6), boxes)
def test_counts_add_up(truths: list[int], answers: list[tuple[int, float]]) -> None:
    true = [truth(x) for x in truths]
    matched = match(true, [found(x, sure) for x, sure in answers], CARIES)
    assert matched.truths == len(true)
    assert len(matched.right) == len(answers)
    assert list(matched.scores) == sorted(matched.scores, reverse=True)


def test_average_precision_of_perfect_and_of_no_answers() -> None:
    truths = [[truth(0), truth(50, Condition.CROWN)], [truth(20)]]
    perfect = [[found(0, 0.9), found(50, 0.8, Condition.CROWN)], [found(20, 0.7)]]
    conditions = [CARIES, Condition.CROWN, Condition.ULCER]
    best = average_precision(truths, perfect, conditions)
    assert (best.map50, best.map50_95) == (pytest.approx(1), pytest.approx(1))
    assert set(best.classes) == {CARIES, Condition.CROWN}
    assert best.classes[CARIES].boxes == 2
    none = average_precision(truths, [[], []], conditions)
    assert (none.map50, none.map50_95) == (0, 0)


def test_average_precision_by_hand() -> None:
    """Right at 0.9, wrong at 0.8, right at 0.7, of two: 51 recall points at 1, 50 at 2/3."""
    answers = [[found(0, 0.9), found(200, 0.8), found(50, 0.7)]]
    precisions = average_precision([[truth(0), truth(50)]], answers, [CARIES])
    assert precisions.map50 == pytest.approx((51 * 1 + 50 * 2 / 3) / 101)


def test_the_free_response_curve_by_hand() -> None:
    truths = [[truth(0)], [truth(0)], [], []]
    answers = [[found(0, 0.9), found(99, 0.5)], [found(0, 0.3)], [found(0, 0.7)], []]
    curve = froc(truths, answers, CARIES)
    assert curve is not None
    assert curve.points == ((0, 0), (0, 0.5), (0.25, 0.5), (0.5, 0.5), (0.5, 1.0))
    assert dict(zip(RATES, curve.at_rates, strict=True)) == {
        0.125: 0.5, 0.25: 0.5, 0.5: 1.0, 1.0: 1.0, 2.0: 1.0, 4.0: 1.0, 8.0: 1.0,
    }  # fmt: skip
    assert froc([[]], [[found(0, 0.5)]], CARIES) is None


@given(
    st.lists(st.tuples(st.lists(st.integers(0, 60), min_size=1, max_size=4), boxes), min_size=1, max_size=5)
)
@settings(deadline=None)
def test_more_false_alarms_never_find_less(pictures: list[tuple[list[int], list[tuple[int, float]]]]) -> None:
    truths = [[truth(x) for x in true] for true, _ in pictures]
    curve = froc(truths, [[found(x, sure) for x, sure in answers] for _, answers in pictures], CARIES)
    assert curve is not None
    assert all(a <= b for a, b in zip(curve.at_rates, curve.at_rates[1:], strict=False))
    assert all(0 <= y <= 1 for _, y in curve.points)


def test_shares_by_picture_by_hand() -> None:
    truths = [[truth(0)], [truth(0)], [], [], []]
    answers = [[found(0, 0.9), found(99, 0.5)], [], [found(0, 0.7)], [], []]
    at = operating(truths, answers, CARIES, groups=[1, 1, 2, 3, 4])
    assert (at.sensitivity.value, at.sensitivity.of) == (0.5, 2)
    assert at.specificity.value == pytest.approx(2 / 3)
    assert at.precision.value == pytest.approx(1 / 3)
    assert at.recall.value == 0.5
    none = operating([[]], [[]], CARIES, groups=[0])
    assert (none.sensitivity.value, none.sensitivity.interval, none.sensitivity.of) == (None, None, 0)
    assert at.sensitivity.interval is None  # four groups tell of no interval
    assert none.specificity.value == 1


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=10, max_size=40))
@settings(deadline=None, max_examples=40)
def test_intervals_lie_within_all_and_nothing(pictures: list[tuple[bool, bool]]) -> None:
    truths = [[truth(0)] if has else [] for has, _ in pictures]
    answers = [[found(0, 0.9)] if says else [] for _, says in pictures]
    groups = list(range(len(pictures)))
    at = operating(truths, answers, CARIES, groups)
    for share in (at.sensitivity, at.specificity, at.precision, at.recall):
        if share.interval is not None:
            assert 0 <= share.interval.low <= share.interval.high <= 1
    assert at == operating(truths, answers, CARIES, groups)


def test_groups_widen_the_interval() -> None:
    """Four copies of one picture say no more than the picture."""
    truths = [[truth(0)]] * 80
    answers = [[found(0, 0.9)] if number < 40 else [] for number in range(80)]
    alone = operating(truths, answers, CARIES, groups=list(range(80))).sensitivity.interval
    copies = operating(truths, answers, CARIES, groups=[number // 4 for number in range(80)]).sensitivity
    assert alone is not None
    assert copies.interval is not None
    assert copies.interval.low < alone.low < 0.5 < alone.high < copies.interval.high


def overconfident(count: int = 4000) -> tuple[list[float], list[bool]]:
    """Scores whose logits are twice what they should be."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1.2, count)
    right = rng.random(count) < 1 / (1 + np.exp(-logits))
    return list(1 / (1 + np.exp(-2 * logits))), [bool(one) for one in right]


def test_calibration_undoes_overconfidence() -> None:
    scores, right = overconfident()
    learned = fit(scores, right, source="test")
    assert learned.slope == pytest.approx(0.5, abs=0.05)
    assert learned.intercept == pytest.approx(0, abs=0.08)
    before = reliability(scores, right)
    after = reliability([calibrated(one, learned) for one in scores], right)
    assert after.ece < before.ece / 3
    assert after.brier < before.brier


def test_too_little_teaches_nothing() -> None:
    scores, right = overconfident(29)
    for few in (fit(scores, right, source="x"), fit([0.5] * 50, [True] * 50, source="x")):
        assert (few.slope, few.intercept) == (1, 0)
    assert fit([], [], source="x").samples == 0


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=30, max_size=60))
@settings(deadline=None)
def test_calibration_never_changes_the_order(pairs: list[tuple[float, bool]]) -> None:
    learned = fit([score for score, _ in pairs], [right for _, right in pairs], source="x")
    assert learned.slope > 0
    ordered = [calibrated(score, learned) for score in sorted(score for score, _ in pairs)]
    assert ordered == sorted(ordered)
    assert all(0 <= one <= 1 for one in ordered)


def test_reliability_by_hand() -> None:
    found_ = reliability([0.9, 0.9, 0.1], [True, False, False])
    assert found_.brier == pytest.approx((0.01 + 0.81 + 0.01) / 3)
    assert found_.ece == pytest.approx((2 * 0.4 + 0.1) / 3)
    assert reliability([], []).bins == ()


def test_the_threshold_with_the_best_f1_is_chosen() -> None:
    truths = [[truth(0), truth(50)], []]
    answers = [[found(0, 0.9), found(50, 0.6)], [found(0, 0.5), found(99, 0.4)]]
    card = described(calibration={CARIES: Calibration(intercept=-1.0)})
    chosen = choose_thresholds(truths, answers, card)
    assert chosen[CARIES] == np.floor(calibrated(0.6, Calibration(intercept=-1.0)) * 100) / 100
    assert chosen[Condition.FRACTURE] == 0.5


def test_a_report_is_the_same_in_words_numbers_and_drawings(tmp_path: Path) -> None:
    Image.new("RGB", (200, 100), "white").save(tmp_path / "a.png")
    samples = [
        Sample(tmp_path / "a.png", 200, 100, (truth(0), truth(50, Condition.SOUND_TOOTH))),
        Sample(tmp_path / "a.png", 200, 100, ()),
    ]
    detector = Fixed([found(0, 0.9), found(50, 0.8), found(120, 0.1)])
    report = evaluate(detector, "small", samples, [0, 1])
    document = report.to_json()
    assert document["pictures"] == 2
    assert document["classes"]["caries"]["boxes"] == 1
    assert document["teethAp50"] == round(report.teeth or 0, 4) > 0
    assert document["clearIsClear"] is None  # it is never silent
    assert f"{report.precisions.map50:.3f}" in text_table(report)
    for drawing in report.drawings.values():
        root = ET.fromstring(drawing)
        assert root.find("{http://www.w3.org/2000/svg}title") is not None
        assert root.findall(".//{http://www.w3.org/2000/svg}path")
