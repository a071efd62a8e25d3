from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.vision.feedback_cases import at

from dentalization.errors import InvalidInput
from dentalization.vision.feedback.drift import (
    ALERT,
    MINIMUM_CURRENT,
    MINIMUM_REFERENCE,
    WATCH,
    Drift,
    Level,
    Measure,
    Seen,
    drift,
    drifts,
    stability_index,
    worst,
)

samples = st.lists(st.floats(-1e6, 1e6) | st.integers(0, 3).map(float), min_size=1, max_size=80)
RANDOM = np.random.default_rng(7)


def seen(number: int, *, score: float = 0.0, sharpness: float = 0.0, seed: int = 1) -> list[Seen]:
    random = np.random.default_rng(seed)
    return [
        Seen(
            tuple(
                at("caries", 0, score=float(np.clip(random.normal(0.5 + score, 0.1), 0, 1)))
                for _ in range(int(random.integers(0, 4)))
            ),
            sharpness=float(random.lognormal(4 + sharpness, 0.5)),
            exposure=float(random.normal(0.5, 0.1)),
            clipped=0.0 if random.random() < 0.8 else float(random.random()),
        )
        for _ in range(number)
    ]


def by_name(found: tuple[Drift, ...]) -> dict[tuple[str, str | None], Drift]:
    return {(one.measure, one.condition): one for one in found}


@given(samples, samples)
def test_the_index_is_at_least_0(reference: list[float], current: list[float]) -> None:
    assert 0 <= stability_index(reference, current) < math.inf


@given(samples)
def test_the_index_of_a_sample_with_itself_is_0(sample: list[float]) -> None:
    assert stability_index(sample, list(reversed(sample))) == 0


@given(samples, samples)
def test_only_the_order_of_figures_matters(reference: list[float], current: list[float]) -> None:
    ranks = {value: rank for rank, value in enumerate(sorted({*reference, *current}))}
    ranked = stability_index([ranks[one] for one in reference], [ranks[one] for one in current])
    assert ranked == pytest.approx(stability_index(reference, current))


def test_the_index_is_that_of_its_formula() -> None:
    """Tens of the reference in ten bins; the current sample fills the first five, twice as much."""
    found = stability_index(range(1000), [value % 500 for value in range(1000)])
    reference, full, empty = 100.5 / 1005, 200.5 / 1005, 0.5 / 1005
    expected = 5 * (full - reference) * math.log(full / reference)
    expected += 5 * (empty - reference) * math.log(empty / reference)
    assert found == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize("other", [2.0, 4.0])
def test_a_constant_that_moves_is_seen_on_both_sides(other: float) -> None:
    assert stability_index([3.0] * 500, [other] * 500) > ALERT
    assert stability_index([3.0] * 500, [3.0] * 300) < WATCH


def test_samples_without_figures_are_refused() -> None:
    for bad in ([], [math.nan], [math.inf]):
        with pytest.raises(InvalidInput, match="finite"):
            stability_index([1.0, 2.0], bad)
        with pytest.raises(InvalidInput, match="finite"):
            stability_index(bad, [1.0, 2.0])


def test_small_samples_have_no_level() -> None:
    numbers = RANDOM.random(MINIMUM_REFERENCE).tolist()
    assert drift(Measure.SCORE, numbers[1:], numbers).level is Level.TOO_FEW
    assert drift(Measure.SCORE, numbers, numbers[: MINIMUM_CURRENT - 1]).index is None
    assert drift(Measure.SCORE, numbers, numbers[:MINIMUM_CURRENT]).index is not None


@pytest.mark.parametrize(("shift", "level"), [(0.0, Level.STEADY), (0.42, Level.WATCH), (1.0, Level.ALERT)])
def test_the_level_follows_the_shift(shift: float, level: Level) -> None:
    """Of two normals a shift of d has an index of about d squared."""
    reference, current = RANDOM.normal(0, 1, 20_000), RANDOM.normal(shift, 1, 20_000)
    found = drift(Measure.SCORE, reference.tolist(), current.tolist())
    assert found.level is level
    assert found.index == pytest.approx(shift**2, rel=0.15, abs=0.01)


def test_unchanged_samples_of_the_smallest_size_are_rarely_called_changed() -> None:
    random = np.random.default_rng(8)
    found = [
        drift(
            Measure.SCORE, random.random(MINIMUM_REFERENCE).tolist(), random.random(MINIMUM_CURRENT).tolist()
        )
        for _ in range(400)
    ]
    assert sum(one.level is not Level.STEADY for one in found) <= 0.06 * len(found)
    assert all(one.level is not Level.ALERT for one in found)


def test_only_what_has_changed_is_named() -> None:
    found = by_name(drifts(seen(1500), seen(1500, score=0.15, seed=2)))
    assert found["score", "caries"].level is Level.ALERT
    assert {name for name, one in found.items() if one.level is not Level.STEADY} == {("score", "caries")}
    assert set(found) == {
        ("sharpness", None),
        ("exposure", None),
        ("clipped", None),
        ("boxes", None),
        ("boxes", "caries"),
        ("score", "caries"),
    }
    blurred = by_name(drifts(seen(1500), seen(1500, sharpness=-1, seed=2)))
    assert {name for name, one in blurred.items() if one.level is Level.ALERT} == {("sharpness", None)}


def test_a_condition_that_is_no_longer_found_raises_an_alert_by_its_boxes() -> None:
    without = [Seen((), one.sharpness, one.exposure, one.clipped) for one in seen(800, seed=2)]
    found = by_name(drifts(seen(800), without))
    assert found["boxes", "caries"].level is Level.ALERT
    assert (found["score", "caries"].level, found["score", "caries"].current) == (Level.TOO_FEW, 0)


def test_the_worst_level_counts() -> None:
    def of(level: Level) -> Drift:
        return Drift(Measure.BOXES, None, 1, 1, None, level)

    assert worst([]) is Level.TOO_FEW
    assert worst([of(Level.STEADY), of(Level.TOO_FEW)]) is Level.STEADY
    assert worst([of(Level.WATCH), of(Level.ALERT), of(Level.STEADY)]) is Level.ALERT
