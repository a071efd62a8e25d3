"""``dentalization vision``: the models at hand, and what they find."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from dentalization.cli import feedback, training
from dentalization.cli.output import Json, err, say
from dentalization.dentistry.conditions import Condition
from dentalization.settings import from_environment
from dentalization.vision.card import Modality
from dentalization.vision.errors import VisionError
from dentalization.vision.findings import analyse
from dentalization.vision.model import Model
from dentalization.vision.registry import Entry, Registry, open_model

app = typer.Typer(no_args_is_help=True, help="Models: what is at hand, how good they are, what they find.")

app.command()(training.train)
app.command()(training.evaluate)
app.command("feedback")(feedback.agreement)
app.command()(feedback.recalibrate)
app.command()(feedback.drift)
app.command()(feedback.export)
app.command("compare")(feedback.comparison)

Key = Annotated[str, typer.Argument(help="ID or ID/VERSION of a model.")]


def registry() -> Registry:
    return Registry(from_environment().home / "models")


@contextlib.contextmanager
def models_in_use(only: str = "") -> Iterator[list[Model]]:
    """The models that look, or the one that is named; closed afterwards."""
    at_hand = registry()
    threads = from_environment().model_threads
    opened = (
        [open_model(at_hand.entry(only), threads=threads)] if only else at_hand.open_live(threads=threads)
    )
    try:
        yield list(opened)
    finally:
        for model in opened:
            model.close()


@app.command()
def models(as_json: Json = False) -> None:
    """Lists the models, what they see, on which pictures, and which are in use."""
    at_hand = registry()
    chosen = at_hand.chosen()
    documents = [_document(entry, chosen.live, chosen.shadow) for entry in at_hand.entries()]
    lines = [
        f"{one['model']}  {one['use']}\n  looks at {', '.join(one['modalities'])}"
        f"\n  can see {', '.join(one['conditions'])}\n  {one['intendedUse']}"
        for one in documents
    ]
    say("\n".join(lines) or "No models.", documents, as_json=as_json)


def _document(entry: Entry, live: dict[Modality, str], shadow: tuple[str, ...]) -> dict[str, Any]:
    card = entry.card
    used = [str(modality) for modality, key in live.items() if key == entry.key]
    use = f"in use for {', '.join(used)}" if used else "not in use"
    if entry.key in shadow:
        use += ", looks on unseen"
    if not card.enabled:
        use += ", missed the bar set for it"
    return {
        "model": entry.key,
        "use": use,
        "live": used,
        "shadow": entry.key in shadow,
        "shipped": entry.shipped,
        "modalities": [str(one) for one in card.modalities],
        "conditions": [str(one) for one in card.conditions],
        "cannotSee": [str(one) for one in Condition if one not in card.conditions],
        "intendedUse": card.intended_use,
        "card": card.model_dump(mode="json"),
    }


@app.command()
def add(
    file: Annotated[Path, typer.Argument(help="A model's card, or the folder with card and model.")],
    as_json: Json = False,
) -> None:
    """Takes a model in, after it has been tried; nothing changes until it is chosen by 'use'."""
    entry = registry().add(file)
    words = (
        f"Added {entry.key}. 'dentalization vision use {entry.key}' lets it look, --shadow lets it look on."
    )
    say(words, {"model": entry.key, "folder": str(entry.folder)}, as_json=as_json)


@app.command()
def use(
    model: Key,
    shadow: Annotated[
        bool, typer.Option("--shadow", help="It looks on unseen, beside the one in use.")
    ] = False,
    stop: Annotated[bool, typer.Option("--stop", help="It looks on no more.")] = False,
    as_json: Json = False,
) -> None:
    """Lets a model look at its kinds of picture, from the next start of server and worker."""
    at_hand = registry()
    if stop:
        at_hand.forget_shadow(model)
        entry, words = at_hand.entry(model), "looks on no more"
    else:
        entry = at_hand.use(model, shadow=shadow)
        words = "looks on unseen" if shadow else f"looks at {', '.join(entry.card.modalities)}"
    say(
        f"{entry.key} {words}; restart server and worker.",
        {"model": entry.key, "use": words},
        as_json=as_json,
    )


@app.command()
def analyze(
    images: Annotated[list[Path], typer.Argument(help="Pictures: JPEG, PNG or WebP.")],
    modality: Annotated[
        Modality | None, typer.Option(help="How they were made; else by their colours.")
    ] = None,
    model: Annotated[str, typer.Option(help="This model, also one that is not in use.")] = "",
    as_json: Json = False,
) -> None:
    """What the AI would say about pictures; exit code 1 when one of them could not be analysed."""
    documents: list[dict[str, Any]] = []
    failed = False
    with models_in_use(model) as at_hand:
        for image in images:
            document = _analysed(image, modality, at_hand)
            failed |= "error" in document
            documents.append(document)
            if not as_json:
                say(f"{image}\n  {document.get('diagnosis') or document['error']}", None, as_json=False)
                for one in document["detections"]:
                    place = ", ".join(f"{name} {value:.0f}" for name, value in one["location"].items())
                    say(f"  {one['condition']} {one['confidence']:.0%} ({place})", None, as_json=False)
    if as_json:
        say("", documents, as_json=True)
    if failed:
        err("Some pictures could not be analysed.")
        raise typer.Exit(1)


def _analysed(image: Path, modality: Modality | None, models: list[Model]) -> dict[str, Any]:
    try:
        found = analyse(image.read_bytes(), photo_type=str(modality or "other"), detectors=models)
    except OSError as error:
        return _failed(image, modality, f"The file cannot be read: {error.strerror}.")
    except VisionError as error:
        return _failed(image, modality, error.message)
    return {
        "file": str(image),
        "modality": found.metadata["modality"],
        "diagnosis": found.diagnosis,
        "confidence": found.confidence,
        "detections": [one.to_json() for one in found.detections],
        "metadata": found.metadata,
    }


def _failed(image: Path, modality: Modality | None, why: str) -> dict[str, Any]:
    kind = str(modality) if modality else None
    return {
        "file": str(image),
        "modality": kind,
        "diagnosis": None,
        "confidence": None,
        "detections": [],
        "metadata": {},
        "error": why,
    }
