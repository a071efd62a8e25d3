from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.vision.feedback_cases import at, boxes, reviewed

from dentalization.dentistry.boxes import Detection
from dentalization.vision.feedback.compare import (
    Comparison,
    ConditionComparison,
    Outcome,
    PairedCase,
    compare,
    paired,
)

TRUE = at("caries", 0)
WRONG = at("caries", 100)

pairs = st.builds(
    PairedCase,
    boxes.map(tuple),
    boxes.map(tuple),
    boxes.map(tuple),
    st.booleans(),
    st.sampled_from("abcdefghijklmno"),
)


def simulated(
    number: int, *, found: tuple[float, float], false: tuple[float, float], blind: bool = True
) -> list[PairedCase]:
    """One true box a picture, two pictures a patient; chances of the models to find it and to err."""
    random = np.random.default_rng(9)
    made = []
    for index in range(number):
        answers = []
        for find, err in zip(found, false, strict=True):
            answer = [TRUE] if random.random() < find else []
            answers.append((*answer, *([WRONG] if random.random() < err else [])))
        made.append(PairedCase((TRUE,), answers[0], answers[1], blind, f"patient-{index // 2}"))
    return made


def caries(found: Comparison) -> ConditionComparison:
    (one,) = found.conditions
    assert one.condition == "caries"
    return one


@pytest.mark.parametrize(
    ("found", "false", "outcome"),
    [
        ((0.5, 0.8), (0.2, 0.2), Outcome.BETTER),
        ((0.8, 0.5), (0.2, 0.2), Outcome.WORSE),
        ((0.5, 0.9), (0.05, 0.9), Outcome.TRADE_OFF),
        ((0.6, 0.6), (0.2, 0.2), Outcome.UNDECIDED),
    ],
)
def test_the_outcome_follows_the_models(
    found: tuple[float, float], false: tuple[float, float], outcome: Outcome
) -> None:
    result = caries(compare(simulated(400, found=found, false=false), first="live", second="shadow"))
    assert result.outcome is outcome
    assert (result.cases, result.groups) == (400, 200)
    assert result.sensitivity.value == pytest.approx(found[1] - found[0], abs=0.1)
    assert result.sensitivity.interval is not None
    low, high = result.sensitivity.interval.low, result.sensitivity.interval.high
    assert low < result.sensitivity.value < high


def test_what_is_hard_for_both_cancels_out() -> None:
    """The second finds all that the first finds and one in twenty more: told apart only as pairs."""
    cases = [
        PairedCase(
            (TRUE,),
            (TRUE,) if index % 2 else (),
            (TRUE,) if index % 2 or index % 20 == 0 else (),
            True,
            f"patient-{index}",
        )
        for index in range(400)
    ]
    result = caries(compare(cases, first="live", second="shadow"))
    assert result.outcome is Outcome.BETTER
    # Wilson's intervals of each on its own overlap.
    assert result.first_sensitivity.interval.high > result.second_sensitivity.interval.low


def test_few_patients_give_no_verdict_however_many_pictures() -> None:
    cases = [PairedCase((TRUE,), (), (TRUE,), True, f"patient-{index % 9}") for index in range(300)]
    found = compare(cases, first="live", second="shadow")
    assert caries(found).outcome is Outcome.TOO_FEW
    assert caries(found).sensitivity.value == 1
    assert caries(found).precision.value is None
    assert "too few patients" in found.verdict


def test_the_verdict_says_what_the_figures_say() -> None:
    found = compare(simulated(400, found=(0.5, 0.8), false=(0.2, 0.2)), first="live", second="shadow")
    first, second = found.verdict.splitlines()
    assert first == "shadow against live on 400 reviewed cases."
    assert second.startswith("caries: shadow is better; sensitivity +")
    value = caries(found).sensitivity.value
    assert value is not None
    assert f"{100 * value:+.1f} points" in second
    assert "cannot be compared" in compare([], first="live", second="shadow").verdict


def test_reviews_that_were_not_blind_are_named_in_the_verdict() -> None:
    seen = compare(simulated(40, found=(1, 1), false=(0, 0), blind=False), first="a", second="b")
    assert (seen.cases, seen.blind_cases) == (40, 0)
    assert "In 40 of these cases the dentist saw" in seen.verdict
    blind = compare(simulated(40, found=(1, 1), false=(0, 0)), first="a", second="b")
    assert "favours" not in blind.verdict


def test_a_reviewed_case_is_paired_with_what_the_shadow_said() -> None:
    shadow = [at("filling", 0)]
    found = paired(reviewed([TRUE], [WRONG], blind=True, group="g"), shadow)
    assert found == PairedCase((WRONG,), (TRUE,), tuple(shadow), True, "g")
    assert paired(reviewed([TRUE], rejected=True), shadow) is None


@settings(max_examples=30, deadline=None)
@given(st.lists(pairs, max_size=15))
def test_swapped_models_have_opposite_differences(cases: list[PairedCase]) -> None:
    swapped = [PairedCase(one.truth, one.second, one.first, one.blind, one.group) for one in cases]
    one, other = compare(cases, first="a", second="b"), compare(swapped, first="b", second="a")
    for left, right in zip(one.conditions, other.conditions, strict=True):
        assert left.first_precision == right.second_precision
        assert left.second_sensitivity == right.first_sensitivity
        for mine, yours in ((left.precision, right.precision), (left.sensitivity, right.sensitivity)):
            assert (mine.value is None) == (yours.value is None)
            if mine.value is not None and yours.value is not None:
                assert mine.value == pytest.approx(-yours.value)
            if mine.interval is not None and yours.interval is not None:
                assert mine.interval.low == pytest.approx(-yours.interval.high)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(boxes, boxes), max_size=15))
def test_a_model_does_not_differ_from_itself(cases: list[tuple[list[Detection], list[Detection]]]) -> None:
    same = [
        PairedCase(tuple(truth), tuple(said), tuple(said), True, f"p{index}")
        for index, (truth, said) in enumerate(cases)
    ]
    for one in compare(same, first="a", second="b").conditions:
        assert one.precision.value in (None, 0)
        assert one.sensitivity.value in (None, 0)
        assert one.outcome in (Outcome.UNDECIDED, Outcome.TOO_FEW)
