"""From a data set to a model that can be served: trained, calibrated, measured, with its card filled in."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from dentalization.dentistry.boxes import Detection
from dentalization.vision.card import (
    CARD_FILE,
    Calibration,
    Modality,
    ModelCard,
    TrainingData,
    card_text,
    file_digest,
)
from dentalization.vision.coco import Sample
from dentalization.vision.evaluation.calibration import fit_all
from dentalization.vision.evaluation.operating import choose_thresholds
from dentalization.vision.evaluation.report import Report, evaluate
from dentalization.vision.model import Model
from dentalization.vision.picture import read_picture
from dentalization.vision.runtimes.local import LocalRuntime
from dentalization.vision.training.export import MODEL_FILE, export
from dentalization.vision.training.loop import train
from dentalization.vision.training.plan import Plan, Progress, draft
from dentalization.vision.training.split import Split, read_split

__all__ = ["Facts", "Plan", "Progress", "build", "calibrated_card", "opened", "read_split"]

_THREADS = 2


@dataclass(frozen=True, slots=True)
class Facts:
    """What only a person can say about a model: its name, its use, and where its pictures come from."""

    id: str
    modalities: tuple[Modality, ...]
    licence: str
    training_data: tuple[TrainingData, ...]
    intended_use: str
    limitations: str
    version: str = ""


def build(
    plan: Plan, split: Split, facts: Facts, folder: Path, report: Callable[[Progress], None]
) -> tuple[ModelCard, Report]:
    """Trains (or goes on where `folder/training` was left), exports, calibrates and measures.

    Leaves card, model and drawings in `folder`; the card is written last, so a folder with one is whole.
    """
    network = train(plan, split.training, split.held_out, folder / "training", report)
    history = json.loads((folder / "training" / "history.json").read_text())
    export(network, plan, folder / MODEL_FILE)
    digest = file_digest(folder / MODEL_FILE)
    fields = _fields(facts, split, plan, history)
    card = calibrated_card(draft(plan, sha256=digest, file=MODEL_FILE, **fields), folder, split)
    model = opened(card, folder)
    try:
        found = evaluate(model, split.test_name, split.test, split.groups)
    finally:
        model.close()
    document = {**found.to_json(), "picturesWithTwinInTraining": split.twins}
    card = card.model_copy(
        update={
            "measured": {**card.measured, split.test_name: document},
            "clear_is_clear": found.clear_is_clear,
        }
    )
    for name, drawing in found.drawings.items():
        (folder / f"{name}.svg").write_text(drawing, encoding="utf-8")
    (folder / CARD_FILE).write_text(card_text(card), encoding="utf-8")
    return card, found


def calibrated_card(raw: ModelCard, folder: Path, split: Split) -> ModelCard:
    """The card with calibration and thresholds fitted on pictures that neither taught nor measure."""
    model = opened(raw, folder)
    try:
        scored = [_scored(model, one) for one in split.held_out]
    finally:
        model.close()
    truths = [one.truths for one in split.held_out]
    source = f"{split.name}: {len(split.held_out)} pictures kept out of training"
    calibration: dict[Any, Calibration] = fit_all(truths, scored, raw.conditions, source=source)
    card = raw.model_copy(update={"calibration": calibration})
    return card.model_copy(update={"thresholds": choose_thresholds(truths, scored, card)})


def opened(card: ModelCard, folder: Path) -> Model:
    return Model(card, LocalRuntime(card, folder / card.file, threads=_THREADS))


def _scored(model: Model, sample: Sample) -> list[Detection]:
    return model.scored(read_picture(sample.path.read_bytes()))


def _fields(facts: Facts, split: Split, plan: Plan, history: list[dict[str, Any]]) -> dict[str, Any]:
    best = max(history, key=lambda one: one["map50"] * 0.5 + one["map50_95"])
    return {
        "id": facts.id,
        "version": facts.version or datetime.now(UTC).strftime("%Y.%m.%d"),
        "modalities": facts.modalities,
        "licence": facts.licence,
        "training_data": facts.training_data,
        "intended_use": facts.intended_use,
        "limitations": facts.limitations,
        "measured": {
            "training": {
                "pictures": len(split.training),
                "heldOut": len(split.held_out),
                "passes": len(history),
                "bestPass": best["epoch"],
                "seconds": round(history[-1]["seconds"]),
                "heldOutMap50": round(best["map50"], 4),
                "heldOutMap50_95": round(best["map50_95"], 4),
                "inputSize": plan.input_size,
                "crop": plan.crop,
                "seed": plan.seed,
            }
        },
    }
