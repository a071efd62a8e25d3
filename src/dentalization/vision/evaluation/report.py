"""Measures a model on a data set: once, for the card, the table and the drawings alike."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from dentalization.dentistry.boxes import Detection
from dentalization.dentistry.conditions import Condition
from dentalization.vision.card import ModelCard
from dentalization.vision.coco import Sample, Truth
from dentalization.vision.confidence import calibrated, reported
from dentalization.vision.detector import Detector
from dentalization.vision.evaluation.calibration import Reliability, judged, reliability
from dentalization.vision.evaluation.froc import RATES, Froc, froc
from dentalization.vision.evaluation.operating import Operating, Share, operating
from dentalization.vision.evaluation.precision import Precisions, average_precision
from dentalization.vision.evaluation.svg import Line, chart
from dentalization.vision.picture import read_picture


@dataclass(frozen=True, slots=True)
class Report:
    """`before` and `after` are the reliability of all boxes with raw and with calibrated confidences.

    `teeth` is the average precision at an overlap of 0.5 of boxes as such, whatever condition they name: how
    well a model that boxes whole teeth finds them; None where the data set has no sound teeth.
    """

    dataset: str
    pictures: int
    groups: int
    precisions: Precisions
    teeth: float | None
    froc: dict[Condition, Froc]
    operating: dict[Condition, Operating]
    before: Reliability
    after: Reliability
    clear_is_clear: float | None
    median_milliseconds: float
    p95_milliseconds: float
    drawings: dict[str, str]

    def to_json(self) -> dict[str, Any]:
        """Plain numbers for the card, rounded to four places."""
        found: dict[str, Any] = {
            "pictures": self.pictures,
            "groups": self.groups,
            "map50": self.precisions.map50,
            "map50_95": self.precisions.map50_95,
            "classes": {
                str(one): {
                    **asdict(value),
                    "froc": dict(zip(map(str, RATES), self.froc[one].at_rates, strict=True)),
                    "operating": asdict(self.operating[one]),
                }
                for one, value in self.precisions.classes.items()
            },
            "calibration": {
                "before": {"ece": self.before.ece, "brier": self.before.brier},
                "after": {"ece": self.after.ece, "brier": self.after.brier},
            },
            "clearIsClear": self.clear_is_clear,
            "milliseconds": {"median": self.median_milliseconds, "p95": self.p95_milliseconds},
        }
        if self.teeth is not None:
            found["teethAp50"] = self.teeth
        rounded: dict[str, Any] = _rounded(found)
        return rounded


def evaluate(detector: Detector, name: str, samples: Sequence[Sample], groups: Sequence[int]) -> Report:
    """Looks at every picture. Raises DetectorFailed, UnreadablePicture."""
    card = detector.card
    truths = [one.truths for one in samples]
    scored, times = [], []
    for sample in samples[:1]:  # loads the model, which is no picture's time
        detector.scored(read_picture(sample.path.read_bytes()))
    for sample in samples:
        picture = read_picture(sample.path.read_bytes())
        started = time.perf_counter()
        scored.append(detector.scored(picture))
        times.append((time.perf_counter() - started) * 1000)
    shown = [[one.detection for one in reported(boxes, card)] for boxes in scored]
    precisions = average_precision(truths, scored, card.conditions)
    curves = {one: froc(truths, scored, one) for one in precisions.classes}
    report = Report(
        dataset=name,
        pictures=len(samples),
        groups=len(set(groups)),
        precisions=precisions,
        teeth=_teeth(truths, scored),
        froc={one: curve for one, curve in curves.items() if curve is not None},
        operating={one: operating(truths, shown, one, groups) for one in precisions.classes},
        before=_reliability(truths, scored, card, calibrate=False),
        after=_reliability(truths, scored, card, calibrate=True),
        clear_is_clear=_clear(truths, shown, card),
        median_milliseconds=float(np.median(times)) if times else 0.0,
        p95_milliseconds=float(np.percentile(times, 95)) if times else 0.0,
        drawings={},
    )
    report.drawings.update(_drawings(report, truths, scored))
    return report


def _reliability(
    truths: Sequence[Sequence[Truth]],
    scored: Sequence[Sequence[Detection]],
    card: ModelCard,
    *,
    calibrate: bool,
) -> Reliability:
    sure: list[float] = []
    hits: list[bool] = []
    for condition in card.conditions:
        scores, right = judged(truths, scored, condition)
        table = card.calibration.get(condition) if calibrate else None
        sure += [calibrated(one, table) for one in scores]
        hits += right
    return reliability(sure, hits)


def _clear(
    truths: Sequence[Sequence[Truth]], shown: Sequence[Sequence[Detection]], card: ModelCard
) -> float | None:
    """The share of pictures without any finding among those in which the model reports none."""
    sought = set(card.conditions) - {Condition.SOUND_TOOTH}
    silent = [
        not any(one.condition in sought for one in true)
        for true, boxes in zip(truths, shown, strict=True)
        if not any(one.condition in sought for one in boxes)
    ]
    return float(np.mean(silent)) if silent else None


def _teeth(truths: Sequence[Sequence[Truth]], scored: Sequence[Sequence[Detection]]) -> float | None:
    if not any(one.condition is Condition.SOUND_TOOTH for true in truths for one in true):
        return None
    tooth = Condition.SOUND_TOOTH
    any_truth = [[Truth(tooth, one.corners) for one in true] for true in truths]
    any_box = [[Detection(tooth, one.confidence, one.location) for one in boxes] for boxes in scored]
    return average_precision(any_truth, any_box, [tooth]).map50


def _drawings(
    report: Report, truths: Sequence[Sequence[Truth]], scored: Sequence[Sequence[Detection]]
) -> dict[str, str]:
    best = {str(one): f"{value.ap50:.2f}" for one, value in report.precisions.classes.items()}
    told = ", ".join(f"{name} {value}" for name, value in best.items())
    recall = [Line(str(one), _recall_curve(truths, scored, one)) for one in report.precisions.classes]
    found = [Line(str(one), curve.points) for one, curve in report.froc.items()]
    sure = [
        Line("raw scores", [(one.confidence, one.right) for one in report.before.bins]),
        Line("calibrated", [(one.confidence, one.right) for one in report.after.bins]),
    ]
    errors = f"Expected calibration error {report.before.ece:.3f} before and {report.after.ece:.3f} after."
    return {
        "precision-recall": chart(
            "Precision and recall", f"AP50: {told}", recall, across="Recall", up="Precision"
        ),
        "froc": chart(
            "Found against false alarms",
            f"Sensitivity at one false positive a picture: {_at_one(report)}",
            found,
            across="False positives a picture",
            up="True boxes found",
            most_x=8.0,
        ),
        "reliability": chart(
            "Confidence and truth", errors, sure, across="Confidence", up="Share right", diagonal=True
        ),
    }


def _at_one(report: Report) -> str:
    place = RATES.index(1.0)
    return ", ".join(f"{one} {curve.at_rates[place]:.2f}" for one, curve in report.froc.items())


def _recall_curve(
    truths: Sequence[Sequence[Truth]], scored: Sequence[Sequence[Detection]], condition: Condition
) -> list[tuple[float, float]]:
    scores, right = judged(truths, scored, condition)
    total = sum(one.condition == condition for true in truths for one in true)
    order = np.argsort(-np.asarray(scores), kind="stable")
    hits = np.cumsum(np.asarray(right, dtype=np.float64)[order]) if len(order) else np.zeros(0)
    counts = np.arange(1, len(hits) + 1)
    return [(float(h / total), float(h / n)) for h, n in zip(hits, counts, strict=True)]


def text_table(report: Report) -> str:
    """The figures for a terminal."""
    lines = [
        f"{report.dataset}: {report.pictures} pictures in {report.groups} groups",
        f"mAP50 {report.precisions.map50:.3f}   mAP50-95 {report.precisions.map50_95:.3f}"
        + ("" if report.teeth is None else f"   teeth AP50 {report.teeth:.3f}"),
        f"{'':<22}{'boxes':>6}{'AP50':>7}{'AP':>7}  sensitivity       specificity       precision  recall",
    ]
    for one, value in report.precisions.classes.items():
        at = report.operating[one]
        lines.append(
            f"{one!s:<22}{value.boxes:>6}{value.ap50:>7.3f}{value.ap50_95:>7.3f}  "
            f"{_interval(at.sensitivity)}  {_interval(at.specificity)}  "
            f"{_number(at.precision.value):<9}  {_number(at.recall.value)}"
        )
    lines.append(
        f"calibration error {report.before.ece:.3f} -> {report.after.ece:.3f}, "
        f"Brier {report.before.brier:.3f} -> {report.after.brier:.3f}"
    )
    lines.append(
        f"{report.median_milliseconds:.0f} ms a picture (median), {report.p95_milliseconds:.0f} ms (p95)"
    )
    return "\n".join(lines)


def _interval(share: Share) -> str:
    if share.value is None:
        return f"{'none':<16}"
    if share.interval is None:
        return f"{share.value:<16.2f}"
    return f"{share.value:.2f} ({share.interval.low:.2f}-{share.interval.high:.2f})"


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.2f}"


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4)
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    return value
