from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.vision.feedback_cases import at, cases, reviewed

from dentalization.dentistry.conditions import Condition
from dentalization.vision.feedback.agreement import Agreement, agreements, case_agreements
from dentalization.vision.feedback.cases import ReviewedCase


def one(found: tuple[Agreement, ...], condition: str) -> Agreement:
    return next(each for each in found if each.condition == condition)


def test_every_kind_of_correction_is_counted() -> None:
    found = agreements(
        [
            reviewed([at("caries", 0), at("caries", 50), at("filling", 100)], number=1),
            reviewed(
                [at("caries", 0), at("caries", 50), at("caries", 100)],
                [at("caries", 2), at("filling", 50), at("caries", 200)],
                number=2,
            ),
            reviewed([], [], number=3),
        ]
    )
    caries, filling = one(found, "caries"), one(found, "filling")
    assert (caries.proposed, caries.confirmed, caries.relabelled, caries.rejected) == (5, 3, 1, 1)
    assert (caries.decided, caries.mislabelled, caries.missed) == (4, 0, 1)
    assert (caries.precision.value, caries.sensitivity.value) == (3 / 5, 3 / 4)
    assert (filling.proposed, filling.confirmed, filling.mislabelled, filling.decided) == (1, 1, 1, 2)
    assert (caries.reviewed, caries.cases, caries.agreeing.value) == (3, 2, 1 / 2)
    assert caries.corrected is not None
    assert (caries.corrected.boxes, caries.corrected.mean) == (1, pytest.approx(8 / 12))
    assert filling.corrected is None
    assert [each.agreeing.value for each in case_agreements([reviewed([], []), reviewed([])])] == [1.0]


def test_a_rejected_case_costs_precision_and_says_nothing_of_what_was_missed() -> None:
    found = one(
        agreements(
            [reviewed([at("caries", 0)], number=1), reviewed([at("caries", 0)], rejected=True, number=2)]
        ),
        "caries",
    )
    assert found.precision.value == 1 / 2
    assert (found.sensitivity.count, found.sensitivity.of) == (1, 1)
    assert found.agreeing.value == 1 / 2


def test_a_rejected_diagnosis_of_nothing_is_no_agreement() -> None:
    assert case_agreements([reviewed([], rejected=True)])[0].agreeing.value == 0


def test_blind_reviews_and_versions_are_never_mixed() -> None:
    proposed = [at("caries", 0)]
    found = agreements(
        [
            reviewed(proposed, number=1),
            reviewed(proposed, [], blind=True, number=2),
            reviewed(proposed, [], version="2", number=3),
        ]
    )
    assert [(each.version, each.blind, each.precision.value) for each in found] == [
        ("1", False, 1.0),
        ("1", True, 0.0),
        ("2", False, 0.0),
    ]


def test_boxes_left_in_place_are_not_corrected_ones() -> None:
    found = agreements([reviewed([at("caries", 0)], [at("caries", 0), at("caries", 50)])])
    assert one(found, "caries").corrected is None


def test_the_overlap_of_corrected_boxes_has_quartiles_and_an_interval_by_patient() -> None:
    moved = [
        reviewed([at("caries", 0)], [at("caries", (number % 4) * 0.5 + 0.5)], number=number)
        for number in range(40)
    ]
    overlap = one(agreements(moved), "caries").corrected
    assert overlap is not None
    assert (overlap.boxes, overlap.groups) == (40, 40)
    assert overlap.lower_quartile < overlap.median < overlap.upper_quartile
    assert overlap.interval is not None
    assert overlap.interval.low < overlap.mean < overlap.interval.high
    few = one(agreements(moved[:9]), "caries").corrected
    assert few is not None
    assert few.interval is None


@settings(deadline=None)
@given(st.lists(cases(), max_size=12))
def test_counts_add_up(given_cases: list[ReviewedCase]) -> None:
    found = agreements(given_cases)
    for each in found:
        assert each.proposed == each.confirmed + each.relabelled + each.rejected
        assert each.decided == each.confirmed + each.mislabelled + each.missed
        assert (each.precision.count, each.precision.of) == (each.confirmed, each.proposed)
        assert (each.sensitivity.count, each.sensitivity.of) == (each.confirmed, each.decided)
        assert 0 < each.cases == each.agreeing.of <= each.reviewed
        assert each.corrected is None or (
            0.5 <= each.corrected.mean <= 1 and each.corrected.boxes <= each.confirmed
        )
        own = [
            case
            for case in given_cases
            if (case.model, case.version, case.blind) == (each.model, each.version, each.blind)
        ]
        assert each.reviewed == len(own)
        assert each.proposed == sum(box.condition == each.condition for case in own for box in case.proposed)
    assert sum(each.relabelled for each in found) == sum(each.mislabelled for each in found)
    assert sum(each.agreeing.of for each in case_agreements(given_cases)) == len(given_cases)
    assert {each.condition for each in found} <= set(Condition)
