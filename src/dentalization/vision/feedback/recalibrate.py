"""New calibrations from reviews: proposed with the figures that speak for or against them, never switched."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from dentalization.dentistry.conditions import Condition
from dentalization.errors import InvalidInput
from dentalization.vision.card import Calibration
from dentalization.vision.confidence import calibrated
from dentalization.vision.feedback.cases import ReviewedCase
from dentalization.vision.feedback.matching import match_case
from dentalization.vision.intervals import Interval, bootstrap, by_group, quotient
from dentalization.vision.platt import FitRefused, fit_platt

MINIMUM_BOXES = 200
MINIMUM_HELD_OUT = 40
FITTED_SHARE = 0.7


@dataclass(frozen=True, slots=True)
class Recalibration:
    """A proposal for one condition; `reason` says why it should not be adopted, None where it may be.

    `new` was fitted on the earliest `fitted` boxes, from reviews up to `fitted_until`, and judged on the
    `held_out` later ones. The Brier scores (mean square of confidence less outcome, lower is better) are
    those of the held-out boxes under `old` and `new`; `difference` is the interval of new less old, drawn
    by patient: one that reaches above 0 is no more than a hint. `blind` of the boxes come from blind
    reviews; the others are confirmed more readily, so confidences fitted on them are on the high side.
    """

    model: str
    version: str
    condition: Condition
    old: Calibration | None
    new: Calibration | None
    fitted: int
    fitted_confirmed: int
    fitted_until: datetime | None
    held_out: int
    held_out_confirmed: int
    blind: int
    brier_before: float | None
    brier_after: float | None
    difference: Interval | None
    reason: str | None

    @property
    def adoptable(self) -> bool:
        return self.reason is None


def recalibrate(
    cases: Iterable[ReviewedCase], current: Mapping[Condition, Calibration]
) -> tuple[Recalibration, ...]:
    """One proposal for each condition that was proposed in the cases, in the order of conditions.

    The confidences of the cases' proposed boxes must be the model's RAW scores, not what was shown.
    `current` is the card's calibration. Only boxes that were shown have been reviewed, so a new curve is
    known only from the present threshold on; and because thresholds stand on calibrated confidence, move
    them with `carried_threshold` or other boxes will be shown.

    Raises InvalidInput when the cases are of more than one model or version.
    """
    reviewed = list(cases)
    names = sorted({(one.model, one.version) for one in reviewed})
    if len(names) > 1:
        raise InvalidInput(
            f"Reviews of one version of one model are needed; these are of {len(names)}.", field="cases"
        )
    outcomes = sorted(
        (one for case in reviewed for one in _outcomes(case)), key=lambda one: (one.at, one.case)
    )
    return tuple(
        _proposal(names[0], condition, own, current.get(condition))
        for condition in Condition
        if (own := [one for one in outcomes if one.condition == condition])
    )


def carried_threshold(threshold: float, old: Calibration | None, new: Calibration) -> float:
    """The threshold under `new` that shows the same boxes as `threshold` did under `old`; 0 to 1."""
    if not 0 < threshold < 1:
        return threshold
    before = old or Calibration()
    raw = (math.log(threshold / (1 - threshold)) - before.intercept) / before.slope
    return calibrated(1 / (1 + math.exp(-max(min(raw, 60.0), -60.0))), new)


@dataclass(frozen=True, slots=True)
class _Outcome:
    condition: Condition
    score: float
    confirmed: bool
    at: datetime
    case: str
    group: str
    blind: bool


def _outcomes(case: ReviewedCase) -> list[_Outcome]:
    found = match_case(case)
    judged = [(pair.proposed, True) for pair in found.confirmed]
    judged += [(pair.proposed, False) for pair in found.relabelled]
    judged += [(one, False) for one in found.rejected]
    return [
        _Outcome(
            Condition(one.condition),
            one.confidence,
            confirmed,
            case.reviewed_at,
            case.diagnosis_id,
            case.group,
            case.blind,
        )
        for one, confirmed in judged
    ]


def _proposal(
    name: tuple[str, str], condition: Condition, outcomes: Sequence[_Outcome], old: Calibration | None
) -> Recalibration:
    boundary = _boundary(outcomes)
    early, late = outcomes[:boundary], outcomes[boundary:]
    new: Calibration | None = None
    before = after = None
    difference = None
    reason = _too_few(outcomes, late)
    if reason is None:
        try:
            new = _fitted(name, early)
        except FitRefused as refusal:
            reason = refusal.message
    if new is not None:
        errors_before, errors_after = _square_errors(late, old), _square_errors(late, new)
        before, after = float(errors_before.mean()), float(errors_after.mean())
        difference = _difference(late, errors_after - errors_before)
        if not after < before:
            reason = (
                f"On the later reviews the Brier score would be {after:.4f} instead of {before:.4f}; "
                "a new calibration must lower it."
            )
    return Recalibration(
        *name,
        condition=condition,
        old=old,
        new=new,
        fitted=len(early),
        fitted_confirmed=sum(one.confirmed for one in early),
        fitted_until=early[-1].at if early else None,
        held_out=len(late),
        held_out_confirmed=sum(one.confirmed for one in late),
        blind=sum(one.blind for one in outcomes),
        brier_before=before,
        brier_after=after,
        difference=difference,
        reason=reason,
    )


def _boundary(outcomes: Sequence[_Outcome]) -> int:
    """Where the held-out part begins; what was reviewed at the same moment stays together, as cases do."""
    boundary = min(len(outcomes), math.ceil(FITTED_SHARE * len(outcomes)))
    while 0 < boundary < len(outcomes) and outcomes[boundary].at == outcomes[boundary - 1].at:
        boundary += 1
    return boundary


def _too_few(outcomes: Sequence[_Outcome], late: Sequence[_Outcome]) -> str | None:
    if len(outcomes) < MINIMUM_BOXES:
        return f"{len(outcomes)} boxes have been reviewed; at least {MINIMUM_BOXES} are needed."
    if len(late) < MINIMUM_HELD_OUT:
        return (
            f"{len(late)} boxes were reviewed after those to fit on; at least {MINIMUM_HELD_OUT} are needed "
            "to judge by."
        )
    return None


def _fitted(name: tuple[str, str], early: Sequence[_Outcome]) -> Calibration:
    fit = fit_platt([one.score for one in early], [one.confirmed for one in early])
    first, last = f"{early[0].at:%Y-%m-%d}", f"{early[-1].at:%Y-%m-%d}"
    return Calibration(
        slope=fit.slope,
        intercept=fit.intercept,
        source=f"dentists' reviews of {'/'.join(name)} from {first} to {last}",
        samples=len(early),
    )


def _square_errors(outcomes: Sequence[_Outcome], calibration: Calibration | None) -> NDArray[np.float64]:
    """Brier, "Verification of forecasts expressed in terms of probability", 1950."""
    return np.array([(calibrated(one.score, calibration) - one.confirmed) ** 2 for one in outcomes])


def _difference(outcomes: Sequence[_Outcome], differences: NDArray[np.float64]) -> Interval | None:
    rows = np.column_stack([differences, np.ones(len(differences))])
    totals = by_group([one.group for one in outcomes], rows)
    return bootstrap(totals, lambda sums: quotient(sums[:, 0], sums[:, 1]))
