"""Training goes on where it was stopped, and every step of the recipes works."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnx
import pytest

from dentalization.vision.card import CARD_FILE, read_card
from dentalization.vision.letterbox import letterbox
from dentalization.vision.picture import read_picture
from dentalization.vision.registry import Entry, open_model

if os.environ.get("CI"):
    import torch
else:
    torch = pytest.importorskip("torch", reason="torch is not installed: make training")

from dentalization.dentistry.conditions import Condition
from dentalization.vision.training.drawn import drawn_samples
from dentalization.vision.training.export import export
from dentalization.vision.training.loop import train
from dentalization.vision.training.losses import (
    assign,
    detection_loss,
    generalized_iou,
    pairwise_iou,
)
from dentalization.vision.training.network import Network, anchor_points
from dentalization.vision.training.plan import Plan, Progress

CONDITIONS = (Condition.CARIES, Condition.SOUND_TOOTH)
SMALL = Plan(
    conditions=CONDITIONS, input_size=160, crop=128, width=16, batch=4, epochs=2, pretrained=False, seed=3
)


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    drawn_samples(folder, 16)
    return folder


def test_a_stopped_training_goes_on_and_ends_where_an_unbroken_one_does(drawn: Path, tmp_path: Path) -> None:
    samples = drawn_samples(drawn, 16)
    seen: list[Progress] = []
    whole = train(SMALL, samples[4:], samples[:4], tmp_path / "whole", seen.append)

    class Stopped(Exception):
        pass

    def stop(_: Progress) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        train(SMALL, samples[4:], samples[:4], tmp_path / "broken", stop)
    again: list[Progress] = []
    resumed = train(SMALL, samples[4:], samples[:4], tmp_path / "broken", again.append)
    assert [one.epoch for one in seen] == [1, 2]
    assert [one.epoch for one in again] == [2]
    assert again[0].loss == pytest.approx(seen[1].loss, rel=1e-4)
    for mine, theirs in zip(whole.state_dict().values(), resumed.state_dict().values(), strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-3, atol=1e-4)
    # A third run finds nothing left to do.
    train(SMALL, samples[4:], samples[:4], tmp_path / "broken", stop)


def test_a_network_learns_what_it_is_shown(drawn: Path) -> None:
    """One picture, again and again: it must come to know it by heart."""
    torch.manual_seed(0)
    (sample,) = [one for one in drawn_samples(drawn, 16) if len(one.truths) > 8][:1]
    square, placing = letterbox(read_picture(sample.path.read_bytes()), 320, 320, fill=114)
    corners = placing.onto(np.array([one.corners for one in sample.truths], dtype=np.float32))
    kinds = torch.tensor([CONDITIONS.index(one.condition) for one in sample.truths])
    batch = torch.from_numpy(square.transpose(2, 0, 1)[None].copy()).float()
    network = Network(2, width=32).train()
    network.backbone.load_imagenet()
    optimizer = torch.optim.AdamW(network.parameters(), lr=3e-3)
    for _ in range(80):
        loss = detection_loss(network, batch, [torch.from_numpy(corners)], [kinds])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        scores, boxes = network(batch)
    best = pairwise_iou(torch.from_numpy(corners), boxes[0][scores[0].amax(1) > 0.3])
    assert len(best[0])
    assert (best.amax(1) > 0.5).float().mean() > 0.5


def test_training_stops_when_it_gains_nothing(drawn: Path, tmp_path: Path) -> None:
    samples = drawn_samples(drawn, 16)
    seen: list[Progress] = []
    plan = Plan(
        conditions=CONDITIONS,
        input_size=160,
        crop=128,
        width=16,
        batch=4,
        epochs=50,
        patience=2,
        head_rate=0.0,
        backbone_rate=0.0,
        pretrained=False,
    )
    train(plan, samples[8:], samples[:4], tmp_path, seen.append)
    assert len(seen) == 3


@pytest.mark.parametrize("half", [False, True])
def test_the_exported_file_computes_what_the_network_does(tmp_path: Path, half: bool) -> None:
    torch.manual_seed(0)
    network = Network(2, width=16).eval()
    export(network, SMALL, tmp_path / "model.onnx", half=half)
    import onnxruntime

    picture = torch.rand(1, 3, 160, 160) * 255
    session = onnxruntime.InferenceSession(str(tmp_path / "model.onnx"), providers=["CPUExecutionProvider"])
    scores, boxes = session.run(None, {"pictures": picture.numpy()})
    with torch.no_grad():
        wanted = network(picture)
    tolerance = 5e-2 if half else 1e-4  # an untrained network is touchier than a trained one
    assert np.abs(scores - wanted[0].numpy()).max() <= tolerance
    assert np.abs(boxes - wanted[1].numpy()).max() <= (0.5 if half else 1e-2)
    kinds = {one.data_type for one in onnx.load(str(tmp_path / "model.onnx")).graph.initializer}
    assert (onnx.TensorProto.FLOAT16 in kinds) is half


def test_every_anchor_point_is_the_middle_of_its_cell() -> None:
    points, strides = anchor_points(64, 96)
    assert len(points) == 8 * 12 + 4 * 6 + 2 * 3
    assert points[0].tolist() == [4, 4]
    assert points[12].tolist() == [4, 12]
    assert strides[-1].item() == 32


def test_a_box_is_answered_by_points_inside_it() -> None:
    points, _ = anchor_points(64, 64)
    boxes = torch.tensor([[0.0, 0.0, 30.0, 30.0], [34.0, 34.0, 62.0, 62.0]])
    predicted = torch.cat((points - 14, points + 14), 1)
    scores = torch.full((len(points), 2), 0.5)
    found = assign(scores, predicted, points, boxes, torch.tensor([0, 1]))
    assert set(found.target.tolist()) == {0, 1}
    for point, target in zip(points[found.chosen], found.target, strict=True):
        left, top, right, bottom = boxes[target].tolist()
        assert left < point[0] < right
        assert top < point[1] < bottom
    assert ((found.weight > 0) & (found.weight <= 1)).all()


def test_overlaps_by_hand() -> None:
    a = torch.tensor([[0.0, 0.0, 10.0, 10.0]])
    b = torch.tensor([[5.0, 0.0, 15.0, 10.0], [20.0, 0.0, 30.0, 10.0]])
    assert pairwise_iou(a, b)[0].tolist() == pytest.approx([1 / 3, 0])
    assert generalized_iou(a.expand(2, 4), b).tolist() == pytest.approx([1 / 3, -1 / 3])


def run(*arguments: str) -> str:
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "dentalization.vision.training.recipes", *arguments],
        env=environment,
        capture_output=True,
        check=False,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.timeout(300)
def test_the_short_recipe_of_the_x_ray_model(test_data: Path, tmp_path: Path) -> None:
    run("panoramic", str(test_data / "panoramic"), str(tmp_path), "--short")
    card = read_card(tmp_path / CARD_FILE)
    figures = card.measured["panoramic/valid"]
    assert figures["pictures"] == 8
    assert set(figures) >= {"map50", "map50_95", "classes", "calibration", "milliseconds"}
    assert {path.suffix for path in tmp_path.iterdir()} >= {".onnx", ".svg", ".json"}
    model = open_model(Entry(card, tmp_path, False), threads=1)
    picture = sorted((test_data / "panoramic" / "valid").glob("*.jpg"))[0]
    try:
        assert isinstance(model.scored(read_picture(picture.read_bytes())), list)
    finally:
        model.close()


@pytest.mark.timeout(300)
def test_the_short_recipe_of_the_photo_model_is_switched_off(test_data: Path, tmp_path: Path) -> None:
    """Three dozen drawings teach too little: it misses the bar on real photos, and its card says so."""
    small = tmp_path / "real"
    (small / "images").mkdir(parents=True)
    content = json.loads((test_data / "intraoral" / "annotations.json").read_text())
    content["images"] = content["images"][:6]
    kept = {one["id"] for one in content["images"]}
    content["annotations"] = [one for one in content["annotations"] if one["image_id"] in kept]
    (small / "annotations.json").write_text(json.dumps(content))
    for one in content["images"]:
        (small / "images" / one["file_name"]).symlink_to(
            test_data / "intraoral" / "images" / one["file_name"]
        )
    said = run("photo", str(tmp_path / "model"), "--measure", str(small), "--short")
    card = read_card(tmp_path / "model" / CARD_FILE)
    assert not card.enabled
    assert "switched off" in said
    assert card.measured["intraoral photos"]["reached"] is False
    assert [one.name for one in card.training_data] == ["ImageNet-1k", "drawn mouths"]
