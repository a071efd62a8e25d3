"""Trains a network on a data set: resumable, with a moving average of its weights, stopped when done."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dentalization.vision.coco import Sample
from dentalization.vision.training.augment import vary
from dentalization.vision.training.losses import detection_loss
from dentalization.vision.training.measure import measure
from dentalization.vision.training.network import Network
from dentalization.vision.training.pictures import Pictures, draw_chances
from dentalization.vision.training.plan import Plan, Progress, draft

_GENTLE_SHARE = 0.15
"""The last part of training sees no mosaics and no pasted objects, only pictures as they are taken."""
_CHECKPOINT = "checkpoint.pt"


@dataclass
class _State:
    network: Network
    average: Network
    optimizer: torch.optim.Optimizer
    step: int = 0
    epoch: int = 0
    seconds: float = 0.0
    history: list[dict[str, Any]] = field(default_factory=list)


def train(
    plan: Plan,
    training: Sequence[Sample],
    held_out: Sequence[Sample],
    folder: Path,
    report: Callable[[Progress], None],
) -> Network:
    """The averaged network of the pass that was best on `held_out`; goes on where `folder` was left."""
    torch.manual_seed(plan.seed)
    state = _resumed(plan, folder)
    pictures = Pictures(training, plan.conditions, longest=int(plan.input_size * 1.3), trim=plan.trim)
    chances = draw_chances(training, plan.conditions)
    while not _finished(plan, state):
        started = time.monotonic()
        loss = _one_pass(plan, state, pictures, chances, started)
        state.epoch += 1
        state.seconds += time.monotonic() - started
        scores = measure(state.average, draft(plan), held_out)
        progress = Progress(
            state.epoch,
            loss,
            state.seconds,
            scores.map50,
            scores.map50_95,
            {str(one): round(value.ap50, 4) for one, value in scores.classes.items()},
        )
        state.history.append(asdict(progress))
        _save(plan, state, folder)
        report(progress)
    state.average.load_state_dict(torch.load(folder / "best.pt", weights_only=True))
    best: Network = state.average.eval()
    return best


def _finished(plan: Plan, state: _State) -> bool:
    best = max(state.history, key=_merit, default=None)
    stale = best is not None and state.epoch - best["epoch"] >= plan.patience
    return stale or _share_done(plan, state, state.seconds) >= 1.0


def _merit(entry: dict[str, Any]) -> float:
    return float(entry["map50"]) * 0.5 + float(entry["map50_95"])


def _share_done(plan: Plan, state: _State, seconds: float) -> float:
    by_time = seconds / (plan.minutes * 60) if plan.minutes else 0.0
    return max(state.epoch / plan.epochs, by_time)


def _one_pass(
    plan: Plan, state: _State, pictures: Pictures, chances: np.ndarray[Any, Any], started: float
) -> float:
    state.network.train()
    rng = np.random.default_rng((plan.seed, state.epoch))
    order = rng.choice(len(pictures), size=max(len(pictures), plan.batch), p=chances)
    losses = []
    for done, (batch, boxes, classes) in enumerate(_batches(plan, state, pictures, order, rng)):
        share = _share_done(plan, state, state.seconds + time.monotonic() - started)
        part = done * plan.batch / len(order) / plan.epochs
        _set_rates(plan, state, min(1.0, share + (part if not plan.minutes else 0.0)))
        loss = detection_loss(state.network, batch, boxes, classes)
        state.optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(state.network.parameters(), 10.0)
        state.optimizer.step()
        state.step += 1
        _follow(plan, state)
        losses.append(float(loss.detach()))
    return float(np.mean(losses))


def _batches(
    plan: Plan, state: _State, pictures: Pictures, order: np.ndarray[Any, Any], rng: np.random.Generator
) -> Iterator[tuple[Tensor, list[Tensor], list[Tensor]]]:
    gentle = _share_done(plan, state, state.seconds) > 1 - _GENTLE_SHARE
    for start in range(0, len(order) - plan.batch + 1, plan.batch):
        examples = [
            vary(pictures, int(index), plan.variation, rng, gentle=gentle)
            for index in order[start : start + plan.batch]
        ]
        stacked = np.stack([one.pixels for one in examples]).transpose(0, 3, 1, 2)
        batch = torch.from_numpy(stacked).float().contiguous(memory_format=torch.channels_last)
        yield (
            batch,
            [torch.from_numpy(one.boxes) for one in examples],
            [torch.from_numpy(one.classes) for one in examples],
        )


def _set_rates(plan: Plan, state: _State, share: float) -> None:
    """Warm-up over the first hundred steps, then half a cosine down to a fiftieth."""
    factor = min(1.0, (state.step + 1) / 100) * (0.02 + 0.98 * (1 + math.cos(math.pi * share)) / 2)
    for group, rate in zip(state.optimizer.param_groups, _rates(plan), strict=True):
        group["lr"] = rate * factor


def _rates(plan: Plan) -> tuple[float, float, float, float]:
    return plan.backbone_rate, plan.backbone_rate, plan.head_rate, plan.head_rate


@torch.no_grad()
def _follow(plan: Plan, state: _State) -> None:
    keep = min(plan.average, (1 + state.step) / (10 + state.step))
    for mine, theirs in zip(
        state.average.state_dict().values(), state.network.state_dict().values(), strict=True
    ):
        if mine.dtype.is_floating_point:
            mine.lerp_(theirs, 1 - keep)
        else:
            mine.copy_(theirs)


def _fresh(plan: Plan) -> _State:
    network, average = (
        Network(len(plan.conditions), width=plan.width).to(memory_format=torch.channels_last)
        for _ in range(2)
    )
    if plan.pretrained:
        network.backbone.load_imagenet()
    average.load_state_dict(network.state_dict())
    groups: dict[tuple[bool, bool], list[Tensor]] = {
        (head, plain): [] for head in (False, True) for plain in (False, True)
    }
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            groups[not name.startswith("backbone"), parameter.ndim == 1].append(parameter)
    optimizer = torch.optim.AdamW(
        [
            {"params": parameters, "lr": 0.0, "weight_decay": 0.0 if plain else plan.decay}
            for (_, plain), parameters in groups.items()
        ]
    )
    return _State(network, average.eval(), optimizer)


def _resumed(plan: Plan, folder: Path) -> _State:
    folder.mkdir(parents=True, exist_ok=True)
    state = _fresh(plan)
    path = folder / _CHECKPOINT
    if path.exists():
        saved = torch.load(path, weights_only=True)
        if saved["plan"] == _text(plan):
            state.network.load_state_dict(saved["network"])
            state.average.load_state_dict(saved["average"])
            state.optimizer.load_state_dict(saved["optimizer"])
            state.step, state.epoch, state.seconds = saved["step"], saved["epoch"], saved["seconds"]
            state.history = saved["history"]
    return state


def _text(plan: Plan) -> str:
    return json.dumps(asdict(plan), sort_keys=True)


def _save(plan: Plan, state: _State, folder: Path) -> None:
    if state.history[-1] is max(state.history, key=_merit):
        _write(state.average.state_dict(), folder / "best.pt")
    _write(
        {
            "plan": _text(plan),
            "network": state.network.state_dict(),
            "average": state.average.state_dict(),
            "optimizer": state.optimizer.state_dict(),
            "step": state.step,
            "epoch": state.epoch,
            "seconds": state.seconds,
            "history": state.history,
        },
        folder / _CHECKPOINT,
    )
    (folder / "history.json").write_text(json.dumps(state.history, indent=1))


def _write(content: Any, path: Path) -> None:
    """Whole or not at all: a kill while writing leaves the file before."""
    beside = path.with_suffix(".part")
    torch.save(content, beside)
    beside.replace(path)
