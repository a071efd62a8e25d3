"""How far dentists agree with a model, per condition and model version."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from dentalization.dentistry.boxes import Detection
from dentalization.dentistry.conditions import Condition
from dentalization.vision.feedback.cases import ReviewedCase
from dentalization.vision.feedback.matching import Matching, match_case
from dentalization.vision.intervals import Interval, Share, bootstrap, by_group, quotient, share


@dataclass(frozen=True, slots=True)
class Overlap:
    """Intersection over union of `boxes` confirmed boxes with what the dentist drew instead.

    It lies between 0.5 and 1 by construction: a box moved farther counts as rejected and missed.
    `interval` is that of the mean, drawn by patient; None with fewer than ten of them.
    """

    boxes: int
    groups: int
    mean: float
    interval: Interval | None
    lower_quartile: float
    median: float
    upper_quartile: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """One condition, one version of a model, reviews of one kind.

    `cases` of the `reviewed` cases have the condition, proposed or decided. Of the `proposed` boxes some
    were `confirmed` (decided in the same place, same condition), some `relabelled` (same place, another
    condition), the others `rejected`. Of the `decided` boxes some were confirmed, some `mislabelled` (the
    model said another condition there), the others `missed` by the model. `precision` is confirmed of
    proposed, `sensitivity` confirmed of decided, both against the dentist. `agreeing` is the share of
    `cases` in which every box of the condition was confirmed and none was lacking. `corrected` tells of
    confirmed boxes that the dentist drew differently; None where there are none.

    Figures of reviews that were not `blind` are biased towards the model: who sees its boxes tends to let
    them stand and to look less for what it did not see. Only blind reviews estimate how good it is;
    the others say how it is worked with. The two are never added up here.

    A diagnosis rejected without boxes of the dentist's own lowers precision and leaves sensitivity as it
    is: what the picture shows instead was never said.
    """

    model: str
    version: str
    blind: bool
    condition: Condition
    reviewed: int
    cases: int
    proposed: int
    confirmed: int
    relabelled: int
    rejected: int
    decided: int
    mislabelled: int
    missed: int
    precision: Share
    sensitivity: Share
    agreeing: Share
    corrected: Overlap | None


@dataclass(frozen=True, slots=True)
class CaseAgreement:
    """`agreeing` is the share of cases in which every box was confirmed, none lacked and none was rejected.

    As with Agreement, figures of reviews that were not `blind` are biased towards the model.
    """

    model: str
    version: str
    blind: bool
    agreeing: Share


def agreements(cases: Iterable[ReviewedCase]) -> tuple[Agreement, ...]:
    """Per model, version, blindness and condition, in that order; conditions that occur in the cases."""
    return tuple(
        _agreement(key, condition, reviewed)
        for key, reviewed in _kinds(cases)
        for condition in Condition
        if any(_occurs(condition, one) for _, one in reviewed)
    )


def case_agreements(cases: Iterable[ReviewedCase]) -> tuple[CaseAgreement, ...]:
    """Per model, version and blindness, in that order, over all conditions."""
    return tuple(
        CaseAgreement(*key, share(sum(_undisputed(case, one) for case, one in reviewed), len(reviewed)))
        for key, reviewed in _kinds(cases)
    )


_Kind = tuple[str, str, bool]
_Reviewed = Sequence[tuple[ReviewedCase, Matching]]


def _kinds(cases: Iterable[ReviewedCase]) -> list[tuple[_Kind, _Reviewed]]:
    kinds: dict[_Kind, list[tuple[ReviewedCase, Matching]]] = defaultdict(list)
    for case in cases:
        kinds[case.model, case.version, case.blind].append((case, match_case(case)))
    return sorted(kinds.items(), key=lambda item: item[0])


def _agreement(kind: _Kind, condition: Condition, reviewed: _Reviewed) -> Agreement:
    with_it = [(case, one) for case, one in reviewed if _occurs(condition, one)]
    found = [one for _, one in with_it]
    confirmed = sum(pair.proposed.condition == condition for one in found for pair in one.confirmed)
    relabelled = sum(pair.proposed.condition == condition for one in found for pair in one.relabelled)
    mislabelled = sum(pair.decided.condition == condition for one in found for pair in one.relabelled)
    rejected = sum(_of(condition, one.rejected) for one in found)
    missed = sum(_of(condition, one.missed) for one in found)
    proposed, decided = confirmed + relabelled + rejected, confirmed + mislabelled + missed
    return Agreement(
        *kind,
        condition=condition,
        reviewed=len(reviewed),
        cases=len(with_it),
        proposed=proposed,
        confirmed=confirmed,
        relabelled=relabelled,
        rejected=rejected,
        decided=decided,
        mislabelled=mislabelled,
        missed=missed,
        precision=share(confirmed, proposed),
        sensitivity=share(confirmed, decided),
        agreeing=share(sum(not _disputed(condition, one) for one in found), len(found)),
        corrected=_corrected(condition, with_it),
    )


def _of(condition: Condition, boxes: Sequence[Detection]) -> int:
    return sum(one.condition == condition for one in boxes)


def _occurs(condition: Condition, found: Matching) -> bool:
    return _disputed(condition, found) or any(
        pair.proposed.condition == condition for pair in found.confirmed
    )


def _disputed(condition: Condition, found: Matching) -> bool:
    return bool(_of(condition, found.rejected) or _of(condition, found.missed)) or any(
        condition in (pair.proposed.condition, pair.decided.condition) for pair in found.relabelled
    )


def _undisputed(case: ReviewedCase, found: Matching) -> bool:
    return not (case.rejected or found.relabelled or found.rejected or found.missed)


def _corrected(condition: Condition, reviewed: _Reviewed) -> Overlap | None:
    pairs = [
        (case.group, pair.overlap)
        for case, one in reviewed
        for pair in one.confirmed
        if pair.proposed.condition == condition and pair.proposed.location != pair.decided.location
    ]
    if not pairs:
        return None
    overlaps = np.array([overlap for _, overlap in pairs])
    groups = [group for group, _ in pairs]
    totals = by_group(groups, np.column_stack([overlaps, np.ones(len(pairs))]))
    lower, median, upper = (float(one) for one in np.percentile(overlaps, (25, 50, 75)))
    return Overlap(
        boxes=len(pairs),
        groups=len(totals),
        mean=float(overlaps.mean()),
        interval=bootstrap(totals, lambda sums: quotient(sums[:, 0], sums[:, 1])),
        lower_quartile=lower,
        median=median,
        upper_quartile=upper,
    )
