"""Two models on the same reviewed cases: which of them dentists would agree with more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from dentalization.dentistry.boxes import Detection
from dentalization.dentistry.conditions import Condition
from dentalization.vision.feedback.cases import ReviewedCase
from dentalization.vision.feedback.matching import match
from dentalization.vision.intervals import (
    MINIMUM_GROUPS,
    Interval,
    Numbers,
    Share,
    bootstrap,
    by_group,
    quotient,
    share,
)


@dataclass(frozen=True, slots=True)
class PairedCase:
    """One picture: what it shows by the dentist's word, and what each model reports of it.

    Both models' boxes are those from their own thresholds on. `blind` as in ReviewedCase.
    """

    truth: tuple[Detection, ...]
    first: tuple[Detection, ...]
    second: tuple[Detection, ...]
    blind: bool
    group: str


class Outcome(StrEnum):
    """Of the second model against the first. A trade-off gains in one of the two figures what it loses in
    the other; undecided means that neither interval keeps clear of 0, which is no proof of equality."""

    TOO_FEW = "too_few"
    UNDECIDED = "undecided"
    BETTER = "better"
    WORSE = "worse"
    TRADE_OFF = "trade_off"


@dataclass(frozen=True, slots=True)
class Difference:
    """Second less first, as shares; None where one of them, or its interval, cannot be had."""

    value: float | None
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class ConditionComparison:
    """`cases` and `groups` (patients) have the condition, by the dentist or by either model."""

    condition: Condition
    cases: int
    groups: int
    first_precision: Share
    second_precision: Share
    precision: Difference
    first_sensitivity: Share
    second_sensitivity: Share
    sensitivity: Difference
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Comparison:
    first: str
    second: str
    cases: int
    blind_cases: int
    conditions: tuple[ConditionComparison, ...]
    verdict: str


def paired(case: ReviewedCase, second: Sequence[Detection]) -> PairedCase | None:
    """A reviewed case with what another model said, unseen, of the same picture.

    None where the diagnosis was rejected and nothing was drawn: what the other model should have found
    there was never said. Such cases all count against the first model, so leaving them out flatters it.
    """
    if case.truth is None:
        return None
    return PairedCase(case.truth, case.proposed, tuple(second), case.blind, case.group)


def compare(cases: Iterable[PairedCase], *, first: str, second: str) -> Comparison:
    """Precision and sensitivity of both models against the dentist, and their differences.

    Intervals draw the same patients for both models (a paired bootstrap): what is hard for both cancels
    out. They hold for each figure on its own; among many conditions one in twenty keeps clear of 0 by
    chance. In cases that were not blind the dentist saw one model's boxes, mostly the first's, and boxes
    left as they were are that model's own: such cases favour it.

    `first` and `second` are the models' names in the verdict.
    """
    given = list(cases)
    rows = [(one.group, _counts(one)) for one in given]
    conditions = tuple(
        _condition(condition, [(group, counts[condition]) for group, counts in rows if condition in counts])
        for condition in Condition
        if any(condition in counts for _, counts in rows)
    )
    blind = sum(one.blind for one in given)
    verdict = _verdict(first, second, conditions, len(given), blind)
    return Comparison(first, second, len(given), blind, conditions, verdict)


# Columns: of the first model confirmed and proposed boxes, of the second the same, and the dentist's boxes.
_Counts = tuple[int, int, int, int, int]


def _counts(case: PairedCase) -> dict[Condition, _Counts]:
    right = [
        [pair.proposed.condition for pair in match(boxes, case.truth).confirmed]
        for boxes in (case.first, case.second)
    ]
    said = [[one.condition for one in boxes] for boxes in (case.first, case.second, case.truth)]
    return {
        Condition(one): (
            right[0].count(one),
            said[0].count(one),
            right[1].count(one),
            said[1].count(one),
            said[2].count(one),
        )
        for one in {one for names in said for one in names}
    }


def _condition(condition: Condition, rows: Sequence[tuple[str, _Counts]]) -> ConditionComparison:
    totals = by_group([group for group, _ in rows], np.array([counts for _, counts in rows], dtype=float))
    right_first, said_first, right_second, said_second, true = (int(one) for one in totals.sum(axis=0))
    precision = _difference(totals, lambda s: quotient(s[:, 2], s[:, 3]) - quotient(s[:, 0], s[:, 1]))
    sensitivity = _difference(totals, lambda s: quotient(s[:, 2] - s[:, 0], s[:, 4]))
    return ConditionComparison(
        condition=condition,
        cases=len(rows),
        groups=len(totals),
        first_precision=share(right_first, said_first),
        second_precision=share(right_second, said_second),
        precision=precision,
        first_sensitivity=share(right_first, true),
        second_sensitivity=share(right_second, true),
        sensitivity=sensitivity,
        outcome=_outcome(precision.interval, sensitivity.interval),
    )


def _difference(totals: Numbers, statistic: Callable[[Numbers], Numbers]) -> Difference:
    value = float(statistic(totals.sum(axis=0, keepdims=True))[0])
    return Difference(value if np.isfinite(value) else None, bootstrap(totals, statistic))


def _outcome(*intervals: Interval | None) -> Outcome:
    known = [one for one in intervals if one is not None]
    if not known:
        return Outcome.TOO_FEW
    gains, loses = any(one.low > 0 for one in known), any(one.high < 0 for one in known)
    if gains and loses:
        return Outcome.TRADE_OFF
    return Outcome.BETTER if gains else Outcome.WORSE if loses else Outcome.UNDECIDED


_WORDS = {
    Outcome.BETTER: "{second} is better",
    Outcome.WORSE: "{second} is worse",
    Outcome.TRADE_OFF: "{second} gains in one figure and loses in the other",
    Outcome.UNDECIDED: "no difference can be told",
    Outcome.TOO_FEW: f"too few patients to tell (intervals need {MINIMUM_GROUPS})",
}


def _verdict(
    first: str, second: str, conditions: Sequence[ConditionComparison], cases: int, blind: int
) -> str:
    if not cases:
        return f"{second} cannot be compared with {first}: there are no cases."
    lines = [f"{second} against {first} on {cases} reviewed cases."]
    for one in conditions:
        word = _WORDS[one.outcome].format(second=second)
        figures = f"sensitivity {_points(one.sensitivity)}, precision {_points(one.precision)}"
        lines.append(f"{one.condition}: {word}; {figures}.")
    if blind < cases:
        lines.append(
            f"In {cases - blind} of these cases the dentist saw one model's boxes while deciding, which "
            "favours that model; only blind reviews compare without this bias."
        )
    return "\n".join(lines)


def _points(difference: Difference) -> str:
    if difference.value is None:
        return "not known"
    text = f"{100 * difference.value:+.1f} points"
    if difference.interval is None:
        return f"{text} (no interval)"
    low, high = 100 * difference.interval.low, 100 * difference.interval.high
    return f"{text} (95 % interval {low:+.1f} to {high:+.1f})"
