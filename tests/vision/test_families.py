"""Networks of each family, exported here and read by their adapters: the same boxes as in the framework."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from tests.vision.onnx_models import card

from dentalization.dentistry.boxes import Box, Detection, iou
from dentalization.vision.card import ModelCard
from dentalization.vision.letterbox import letterbox
from dentalization.vision.model import Model
from dentalization.vision.runtimes.local import LocalRuntime
from dentalization.vision.runtimes.tensor import tensor_of

if os.environ.get("CI"):
    import torch
else:
    torch = pytest.importorskip("torch", reason="torch is not installed: make training")

SIDE = 96
CLASSES = ["caries", "filling", "crown"]
IMAGENET = {"mean": [123.675, 116.28, 103.53], "scale": [58.395, 57.12, 57.375]}


class Detr(torch.nn.Module):
    """Patches, a transformer with queries, logits and centre boxes: the outputs of RF-DETR and D-FINE."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = torch.nn.Conv2d(3, 32, 16, 16)
        self.queries = torch.nn.Parameter(torch.randn(12, 1, 32))
        self.decoder = torch.nn.TransformerDecoderLayer(32, 4, 64, dropout=0.0)
        self.logits = torch.nn.Linear(32, len(CLASSES))
        self.boxes = torch.nn.Linear(32, 4)

    def forward(self, picture: Any) -> tuple[Any, Any]:
        memory = self.patches(picture).flatten(2).permute(2, 0, 1)
        found = self.decoder(self.queries.expand(-1, picture.shape[0], -1), memory).transpose(0, 1)
        return self.boxes(found).sigmoid(), self.logits(found) * 3


class Processed(torch.nn.Module):
    """The same with a post-processor that is told the size: RT-DETRv2 and D-FINE as they are deployed."""

    def __init__(self, detr: Detr) -> None:
        super().__init__()
        self.detr = detr

    def forward(self, picture: Any, size: Any) -> tuple[Any, Any, Any]:
        boxes, logits = self.detr(picture)
        scores, flat = logits.sigmoid().flatten(1).topk(12, dim=1)
        chosen = boxes.gather(1, (flat // len(CLASSES)).unsqueeze(-1).expand(-1, -1, 4))
        middle, half = chosen[..., :2], chosen[..., 2:] / 2
        corners = torch.cat((middle - half, middle + half), -1) * size.float().repeat(1, 2).unsqueeze(1)
        return flat % len(CLASSES), corners, scores


class Yolo(torch.nn.Module):
    """A grid of cells, each with a centre, a size and class scores, in one tensor: YOLO v8 and 11."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = torch.nn.Sequential(
            torch.nn.Conv2d(3, 16, 8, 8), torch.nn.SiLU(), torch.nn.Conv2d(16, 4 + len(CLASSES), 1)
        )
        for parameter in self.parameters():  # so that cells differ as much as those of a trained network
            parameter.data *= 4

    def forward(self, picture: Any) -> Any:
        found = self.layers(picture).flatten(2)
        return torch.cat((found[:, :4].sigmoid() * SIDE, (found[:, 4:] * 4).sigmoid()), 1)


class Plain(torch.nn.Module):
    """Scores and corners."""

    def __init__(self) -> None:
        super().__init__()
        self.yolo = Yolo()

    def forward(self, picture: Any) -> tuple[Any, Any]:
        found = self.yolo(picture).transpose(1, 2)
        middle, half = found[..., :2], found[..., 2:4] / 2
        return found[..., 4:], torch.cat((middle - half, middle + half), -1)


def exported(
    network: Any, folder: Path, outputs: list[str], *, sized: bool = False, **fields: Any
) -> tuple[ModelCard, Path]:
    inputs: tuple[Any, ...] = (torch.zeros(1, 3, SIDE, SIDE),)
    names = ["images"]
    if sized:
        inputs += (torch.tensor([[SIDE, SIDE]]),)
        names += ["orig_target_sizes"]
    path = folder / "model.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network,
            inputs,
            str(path),
            input_names=names,
            output_names=outputs,
            dynamo=False,
            opset_version=17,
        )
    wanted = {"width": SIDE, "height": SIDE, **IMAGENET}
    return card(path, classes=CLASSES, input=wanted, **fields), path


def matched(found: list[Detection], corners: Any, scores: Any, kinds: Any) -> None:
    """Every box found is one of the framework's, to 1e-4 of a pixel and of a score."""
    assert found
    for one in found:
        box = one.location
        mine = np.array([box.x, box.y, box.right, box.bottom, one.confidence])
        theirs = np.concatenate((corners, scores[:, None]), axis=1)
        of_kind = np.array([CLASSES[int(kind)] == one.condition for kind in kinds])
        apart = np.abs(theirs - mine)[of_kind]
        assert ((apart[:, :4].max(axis=1) <= 1e-4 * SIDE) & (apart[:, 4] <= 1e-4)).any(), one


@pytest.fixture
def picture() -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(3)
    small = Image.fromarray(rng.integers(0, 255, (9, 12, 3)).astype(np.uint8))
    return np.asarray(small.resize((192, 144), Image.Resampling.BICUBIC))


def run(described: ModelCard, path: Path, picture: np.ndarray[Any, Any]) -> list[Detection]:
    model = Model(described, LocalRuntime(described, path, threads=1))
    try:
        return model.scored(picture)
    finally:
        model.close()


def clipped(corners: np.ndarray[Any, Any], width: int, height: int) -> np.ndarray[Any, Any]:
    return corners.clip(0, [width, height, width, height])


@pytest.mark.parametrize("family", ["detr", "processed", "yolo", "boxes"])
def test_a_family_is_read_as_its_framework_means_it(
    family: str, tmp_path: Path, picture: np.ndarray[Any, Any]
) -> None:
    torch.manual_seed(1)
    detr, yolo = Detr().eval(), Yolo().eval()
    network, outputs, adapter = {
        "detr": (detr, ["dets", "labels"], "detr"),
        "processed": (Processed(detr).eval(), ["labels", "boxes", "scores"], "boxes"),
        "yolo": (yolo, ["output0"], "yolo"),
        "boxes": (Plain().eval(), ["scores", "boxes"], "boxes"),
    }[family]
    described, path = exported(network, tmp_path, outputs, sized=family == "processed", adapter=adapter)
    found = run(described, path, picture)

    square, placing = letterbox(picture, SIDE, SIDE, fill=described.input.fill)
    tensor = torch.from_numpy(tensor_of(square, described.input))
    with torch.no_grad():
        answer = network(tensor, torch.tensor([[SIDE, SIDE]])) if family == "processed" else network(tensor)
    corners, scores, kinds = framework(family, answer)
    back = clipped(placing.back(corners.astype(np.float32)), picture.shape[1], picture.shape[0])
    matched(found, back, scores, kinds)
    surest = int(np.argmax(scores))
    left, top, right, bottom = (float(one) for one in back[surest])
    assert iou(found[0].location, Box(left, top, right - left, bottom - top)) > 0.999


def framework(family: str, answer: Any) -> tuple[Any, Any, Any]:
    """Every corner box, score and class of the framework's own answer."""
    if family == "processed":
        kinds, corners, scores = (one[0].numpy() for one in answer)
        return corners, scores, kinds
    if family == "detr":
        boxes, logits = (one[0].double().numpy() for one in answer)
        shares = 1 / (1 + np.exp(-logits))
        middle, half = boxes[:, :2], boxes[:, 2:] / 2
        corners = np.concatenate((middle - half, middle + half), axis=1) * SIDE
    elif family == "yolo":
        rows = answer[0].T.numpy()
        shares = rows[:, 4:]
        middle, half = rows[:, :2], rows[:, 2:4] / 2
        corners = np.concatenate((middle - half, middle + half), axis=1)
    else:
        shares, corners = (one[0].numpy() for one in answer)
    count = len(CLASSES)
    return np.repeat(corners, count, axis=0), shares.reshape(-1), np.tile(np.arange(count), len(corners))
