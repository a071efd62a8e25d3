"""The models at hand: those that come with the program, and those that an operator has added.

A model is a folder with a card and the file that it names. Shipped ones lie in this package under `models/`,
added ones under `models/<id>/<version>` of DENTALIZATION_HOME. `chosen.json` there says which model looks at
a kind of picture, where that is not the one that was shipped, and which ones look on unseen (shadow).
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from dentalization.vision.card import CARD_FILE, Modality, ModelCard, card_text, read_card
from dentalization.vision.confidence import UNSET_THRESHOLD
from dentalization.vision.errors import CardRefused, ModelRefused, VisionError
from dentalization.vision.feedback.recalibrate import Recalibration, carried_threshold
from dentalization.vision.model import Model
from dentalization.vision.runtimes.breaker import Breaker
from dentalization.vision.runtimes.local import LocalRuntime, checked_bytes
from dentalization.vision.runtimes.remote import RemoteRuntime

_SHIPPED = Path(__file__).parent / "models"
_CHOSEN = "chosen.json"


@dataclass(frozen=True, slots=True)
class Entry:
    """A model on disk. `shipped` came with the program."""

    card: ModelCard
    folder: Path
    shipped: bool

    @property
    def key(self) -> str:
        return f"{self.card.id}/{self.card.version}"


@dataclass(frozen=True, slots=True)
class Chosen:
    """By modality the key of the model that looks, and the keys of those that look on unseen."""

    live: dict[Modality, str]
    shadow: tuple[str, ...]


class Registry:
    """`folder` is where added models are kept; it need not exist."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def entries(self) -> list[Entry]:
        """All models, the shipped ones first. Raises CardRefused when a card on disk is not valid."""
        shipped = [Entry(read_card(path), path.parent, True) for path in _cards(_SHIPPED, "*")]
        added = [Entry(read_card(path), path.parent, False) for path in _cards(self._folder, "*/*")]
        return shipped + added

    def entry(self, key: str) -> Entry:
        """The model with this `id/version`, or the newest with this `id`. Raises ModelRefused."""
        found = [one for one in self.entries() if key in (one.key, one.card.id)]
        if not found:
            known = ", ".join(one.key for one in self.entries())
            raise ModelRefused(f"There is no model {key}; known are {known or 'none'}.")
        return found[-1]

    def chosen(self) -> Chosen:
        """The models in use: by the operator's choice, else the enabled ones, the newest last added first."""
        live: dict[Modality, str] = {}
        for entry in self.entries():
            if entry.card.enabled and entry.shipped:
                live.update(dict.fromkeys(entry.card.modalities, entry.key))
        kept = self._kept()
        live.update({Modality(modality): key for modality, key in kept.get("live", {}).items()})
        return Chosen(live, tuple(kept.get("shadow", ())))

    def open_live(self, *, threads: int) -> tuple[Model, ...]:
        """The models that look, each once. Raises ModelRefused when the chosen one is not there."""
        keys = dict.fromkeys(self.chosen().live.values())
        return tuple(open_model(self.entry(key), threads=threads) for key in keys)

    def open_shadow(self, *, threads: int) -> tuple[Model, ...]:
        """The models that look on unseen. Raises ModelRefused when one of them is not there."""
        return tuple(open_model(self.entry(key), threads=threads) for key in self.chosen().shadow)

    def add(self, source: Path) -> Entry:
        """Takes a model in, whole or not at all: its card, or the folder that holds it, and its file.

        The model runs once on a blank picture before it is kept. Raises CardRefused, ModelRefused or
        DetectorFailed, and then nothing has changed.
        """
        card_path = source / CARD_FILE if source.is_dir() else source
        card = read_card(card_path)
        target = self._folder / card.id / card.version
        if target.exists():
            raise ModelRefused(
                f"{card.id}/{card.version} is there already; give the new one its own version."
            )
        try_out(Entry(card, card_path.parent, False))
        return self._kept_as(card, card_path.parent)

    def _kept_as(self, card: ModelCard, source: Path) -> Entry:
        """The file of `source` with this card among the added models, whole or not at all."""
        target = self._folder / card.id / card.version
        if target.exists():
            raise ModelRefused(f"{card.id}/{card.version} is there already; a new one has its own version.")
        beside = target.with_name(f".{target.name}.{os.getpid()}")
        beside.mkdir(parents=True)
        try:
            (beside / CARD_FILE).write_text(card_text(card), encoding="utf-8")
            if card.file:
                shutil.copyfile(source / card.file, beside / card.file)
                checked_bytes(card, beside / card.file)
            beside.rename(target)
        except BaseException:
            shutil.rmtree(beside, ignore_errors=True)
            raise
        return Entry(card, target, False)

    def measured(self, entry: Entry, name: str, figures: dict[str, object]) -> Entry:
        """Writes what was measured on data set `name` into the model's card."""
        card = entry.card.model_copy(update={"measured": {**entry.card.measured, name: figures}})
        beside = entry.folder / f".{CARD_FILE}.{os.getpid()}"
        beside.write_text(card_text(card), encoding="utf-8")
        beside.replace(entry.folder / CARD_FILE)
        return Entry(card, entry.folder, entry.shipped)

    def recalibrated(self, entry: Entry, proposals: Sequence[Recalibration]) -> Entry:
        """A new version of the model with the confidences that reviews call for; nothing uses it yet.

        Thresholds move along, so that the same boxes are shown. Raises ModelRefused where it is there.
        """
        calibration, thresholds = dict(entry.card.calibration), dict(entry.card.thresholds)
        for one in proposals:
            if one.reason is None and one.new is not None:
                calibration[one.condition] = one.new
                before = entry.card.thresholds.get(one.condition, UNSET_THRESHOLD)
                thresholds[one.condition] = carried_threshold(before, one.old, one.new)
        base = entry.card.version.split("+")[0]
        version = f"{base}+reviews.{datetime.now(UTC):%Y%m%d%H%M%S}"
        card = entry.card.model_copy(
            update={"version": version, "calibration": calibration, "thresholds": thresholds}
        )
        return self._kept_as(card, entry.folder)

    def use(self, key: str, *, shadow: bool) -> Entry:
        """From the next start of a worker this model looks at its kinds of picture, or looks on unseen."""
        entry = self.entry(key)
        if not entry.card.enabled and not shadow:
            raise ModelRefused(
                f"{entry.key} missed the bar that is set for it and can only look on (--shadow)."
            )
        before = self.chosen()
        live = {str(modality): one for modality, one in self._kept().get("live", {}).items()}
        others = [one for one in before.shadow if one != entry.key]
        if shadow:
            others.append(entry.key)
        else:
            live.update({str(modality): entry.key for modality in entry.card.modalities})
        self._keep({"live": live, "shadow": others})
        return entry

    def forget_shadow(self, key: str) -> None:
        """This model looks on no more."""
        kept = self._kept()
        self._keep({**kept, "shadow": [one for one in kept.get("shadow", ()) if one != self.entry(key).key]})

    def _kept(self) -> dict[str, dict[str, str]]:
        path = self._folder / _CHOSEN
        if not path.exists():
            return {}
        try:
            kept = json.loads(path.read_text())
            if not isinstance(kept, dict):
                raise TypeError
            return kept
        except (OSError, ValueError, TypeError) as error:
            raise CardRefused(
                f"{_CHOSEN} among the models cannot be read; delete it to start anew."
            ) from error

    def _keep(self, content: object) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        beside = self._folder / f".{_CHOSEN}.{os.getpid()}"
        beside.write_text(json.dumps(content, indent=2))
        beside.replace(self._folder / _CHOSEN)


def _cards(folder: Path, pattern: str) -> Sequence[Path]:
    return sorted(one for one in folder.glob(f"{pattern}/{CARD_FILE}") if not one.parent.name.startswith("."))


def open_model(entry: Entry, *, threads: int) -> Model:
    """The file is read and checked against its card, or the server asked, by the first picture."""
    card = entry.card
    if card.remote is None:
        return Model(card, LocalRuntime(card, entry.folder / card.file, threads=threads))
    there = card.remote
    runtime = RemoteRuntime(
        url=there.url,
        model_name=there.model,
        model_version=there.version or None,
        input_name=card.input.name,
        output_names=card.outputs,
        connect_seconds=there.connect_seconds,
        read_seconds=there.read_seconds,
        breaker=Breaker(failures=there.failures, cool_down_seconds=there.cool_down_seconds),
    )
    return Model(card, runtime)


def try_out(entry: Entry) -> None:
    """Runs the model once on a grey picture. Raises VisionError when it does not do what its card says."""
    model = open_model(entry, threads=1)
    try:
        model.scored(np.full((entry.card.input.height, entry.card.input.width, 3), 128, dtype=np.uint8))
    except VisionError as error:
        raise ModelRefused(f"{entry.key} does not do what its card says: {error.message}") from error
    finally:
        model.close()
