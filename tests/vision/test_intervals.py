from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dentalization.vision import intervals
from dentalization.vision.intervals import (
    MINIMUM_GROUPS,
    Interval,
    Numbers,
    bootstrap,
    by_group,
    quotient,
    share,
)


def mean(sums: Numbers) -> Numbers:
    return quotient(sums[:, 0], sums[:, 1])


@given(st.integers(0, 100_000), st.integers(0, 100_000))
def test_wilsons_interval_is_of_shares_and_holds_the_share(a: int, b: int) -> None:
    count, of = sorted((a, b))
    found = share(count, of)
    assert 0 <= found.interval.low <= found.interval.high <= 1
    if of:
        assert found.value is not None
        assert found.interval.low <= found.value <= found.interval.high


@given(st.integers(0, 1000), st.integers(1, 1000))
def test_wilsons_interval_is_the_same_from_the_other_side(count: int, more: int) -> None:
    one, other = share(count, count + more).interval, share(more, count + more).interval
    assert one.low == pytest.approx(1 - other.high)
    assert one.high == pytest.approx(1 - other.low)


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0000, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval_is_that_of_the_literature(count: int, of: int, low: float, high: float) -> None:
    """Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I, method 3."""
    found = share(count, of).interval
    assert (found.low, found.high) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_nothing_has_no_share() -> None:
    assert share(0, 0).value is None
    assert share(0, 0).interval == Interval(0.0, 1.0)
    with pytest.raises(ValueError, match="3 of 2"):
        share(3, 2)


def test_rows_are_added_up_by_group() -> None:
    totals = by_group(["b", "a", "b"], np.array([[1.0, 1.0], [2.0, 1.0], [4.0, 1.0]]))
    assert totals.tolist() == [[2.0, 1.0], [5.0, 2.0]]


def test_a_bootstrap_interval_is_repeatable_and_holds_the_mean() -> None:
    rows = np.column_stack([np.random.default_rng(1).random(200), np.ones(200)])
    found = bootstrap(rows, mean)
    assert found is not None
    assert found == bootstrap(rows, mean)
    assert found.low < rows[:, 0].mean() < found.high
    # The mean of 200 uniform numbers has a standard error of 0.0204.
    assert found.high - found.low == pytest.approx(2 * 1.96 * 0.0204, rel=0.15)


def test_boxes_of_one_patient_do_not_count_as_many() -> None:
    values = np.random.default_rng(2).random(20).repeat(50)
    rows = np.column_stack([values, np.ones(1000)])
    alone = bootstrap(rows, mean)
    together = bootstrap(by_group([str(i // 50) for i in range(1000)], rows), mean)
    assert alone is not None
    assert together is not None
    assert together.high - together.low > 4 * (alone.high - alone.low)


def test_few_patients_have_no_interval() -> None:
    rows = np.column_stack([np.arange(MINIMUM_GROUPS), np.ones(MINIMUM_GROUPS)])
    assert bootstrap(rows, mean) is not None
    assert bootstrap(rows[:-1], mean) is None


def test_a_figure_that_most_draws_lack_has_no_interval() -> None:
    rows = np.zeros((50, 2))
    rows[0] = 1
    assert bootstrap(rows, mean) is None


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=MINIMUM_GROUPS, max_size=40))
def test_a_bootstrap_interval_lies_within_the_values(values: list[float]) -> None:
    found = bootstrap(np.column_stack([values, np.ones(len(values))]), mean)
    assert found is not None
    assert min(values) - 1e-9 <= found.low <= found.high <= max(values) + 1e-9


def test_many_patients_are_drawn_in_blocks_to_the_same_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intervals, "_CELLS", 50 * 7)
    sizes: list[int] = []

    def counted(sums: Numbers) -> Numbers:
        sizes.append(len(sums))
        return mean(sums)

    assert bootstrap(np.column_stack([np.arange(50.0), np.ones(50)]), counted) is not None
    assert max(sizes) == 7
    assert sum(sizes) == intervals.REPLICATES
