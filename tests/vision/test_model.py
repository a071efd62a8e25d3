"""A model in a process of its own: what it finds on a picture, and what becomes of one that misbehaves."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from tests.vision.onnx_models import SIDE, card, constant_model, one_box, write_model

from dentalization.vision.card import CARD_FILE, Calibration, ModelCard, card_text
from dentalization.vision.confidence import calibrated, reported
from dentalization.vision.errors import CardRefused, DetectorFailed, ModelRefused, OutputRefused
from dentalization.vision.model import Model
from dentalization.vision.registry import Registry
from dentalization.vision.runtimes import local
from dentalization.vision.runtimes.local import LocalRuntime

BLACK = np.zeros((1, 3, SIDE, SIDE), dtype=np.float32)
GREY = np.full((128, 256, 3), 90, dtype=np.uint8)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Any]:
    """Makes a model of answers and card fields, and closes it afterwards."""
    made: list[Model] = []

    def open_(answers: dict[str, np.ndarray[Any, Any]], **fields: Any) -> Model:
        path = constant_model(tmp_path / f"{len(made)}.onnx", answers)
        described = card(path, **fields)
        made.append(Model(described, LocalRuntime(described, path, threads=1)))
        return made[-1]

    yield open_
    for model in made:
        model.close()


def test_a_box_comes_back_in_pixels_of_the_picture(opened: Any) -> None:
    # 256 x 128 on a square of 64 lies at rows 16 to 48, at a quarter of its size.
    (found,) = opened(one_box((8, 20, 24, 40), (0.9, 0.001))).scored(GREY)
    place = found.location
    assert (place.x, place.y, place.width, place.height) == (32, 16, 64, 80)
    assert found.condition == "caries"
    assert found.confidence == pytest.approx(0.9, abs=1e-6)


def test_boxes_are_cut_to_the_picture_and_those_beside_it_left_out(opened: Any) -> None:
    boxes = np.array([[[-10, 10, 20, 30], [5, 1, 20, 12]]])
    scores = np.array([[[0.9, 0.0], [0.8, 0.0]]])
    (found,) = opened({"scores": scores, "boxes": boxes}).scored(GREY)
    assert (found.location.x, found.location.y) == (0, 0)


def test_thresholds_hold_for_calibrated_confidences(opened: Any) -> None:
    half = {"caries": {"slope": 1.0, "intercept": -2.0, "source": "test", "samples": 100}}
    answers = one_box(scores=(0.8, 0.3))

    def found(**fields: Any) -> list[tuple[str, float, float]]:
        model = opened(answers, **fields)
        shown = reported(model.scored(GREY), model.card)
        return [(one.detection.condition, one.detection.confidence, round(one.score, 4)) for one in shown]

    assert found(thresholds={"filling": 0.29}) == [("caries", 0.8, 0.8), ("filling", 0.3, 0.3)]
    assert found(calibration=half, thresholds={"caries": 0.36, "filling": 0.31}) == []
    assert found(calibration=half, thresholds={"caries": 0.35, "filling": 0.31}) == [("caries", 0.3512, 0.8)]


def test_calibration_is_a_logistic_of_the_logit() -> None:
    assert calibrated(0.7, None) == 0.7
    assert calibrated(0.7, Calibration()) == pytest.approx(0.7)
    assert calibrated(0.5, Calibration(slope=2, intercept=1)) == pytest.approx(1 / (1 + np.exp(-1)))
    assert 0 <= calibrated(0.0, Calibration(slope=50)) < calibrated(1.0, Calibration(slope=50)) <= 1


@pytest.mark.parametrize("size", [(1, 20_000), (20_000, 1), (1, 1)])
def test_a_picture_of_absurd_shape_is_looked_at_without_harm(opened: Any, size: tuple[int, int]) -> None:
    assert opened(one_box()).scored(np.zeros((*size, 3), dtype=np.uint8)) is not None


def test_nan_scores_are_refused_through_the_process(opened: Any) -> None:
    model = opened({"scores": np.full((1, 1, 2), np.nan), "boxes": np.zeros((1, 1, 4))})
    with pytest.raises(OutputRefused, match="not finite"):
        model.scored(GREY)


def test_a_file_that_its_card_does_not_describe_is_refused(tmp_path: Path) -> None:
    path = constant_model(tmp_path / "model.onnx", one_box())
    described = card(path)
    path.write_bytes(path.read_bytes() + b"\0")
    with pytest.raises(ModelRefused, match="digest differs"):
        LocalRuntime(described, path, threads=1).run(BLACK)
    path.unlink()
    with pytest.raises(ModelRefused, match="missing"):
        LocalRuntime(described, path, threads=1).run(BLACK)


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes(b"no model")
    runtime = LocalRuntime(card(path), path, threads=1)
    with pytest.raises(ModelRefused, match="cannot load"):
        runtime.run(BLACK)
    runtime.close()


def test_a_card_with_another_input_size_is_refused(tmp_path: Path) -> None:
    path = constant_model(tmp_path / "model.onnx", one_box())
    runtime = LocalRuntime(card(path, input={"width": 96, "height": 96}), path, threads=1)
    with pytest.raises(ModelRefused, match="does not take the input"):
        runtime.run(np.zeros((1, 3, 96, 96), dtype=np.float32))
    runtime.close()


def test_a_killed_process_fails_one_picture_and_is_started_again(opened: Any) -> None:
    model = opened(one_box())
    assert model.scored(GREY)
    (process,) = model._runtime._pool._processes
    os.kill(process, signal.SIGKILL)
    with pytest.raises(DetectorFailed):
        _until_it_fails(model)
    assert model.scored(GREY)


def _until_it_fails(model: Model) -> None:
    """The kill may take a moment to be noticed."""
    while True:
        model.scored(GREY)


def greedy(path: Path) -> ModelCard:
    """A model that wants four gigabytes for one picture."""
    picture = helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, SIDE, SIDE])
    shape = helper.make_node(
        "Constant", [], ["shape"], value=helper.make_tensor("s", TensorProto.INT64, [1], [2**30])
    )
    nodes = [
        shape,
        helper.make_node("ReduceSum", ["picture"], ["sum"], keepdims=0),
        helper.make_node("Expand", ["sum", "shape"], ["huge"]),
        helper.make_node("ReduceSum", ["huge"], ["scores"], keepdims=0),
    ]
    outputs = [helper.make_tensor_value_info("scores", TensorProto.FLOAT, [])]
    graph = helper.make_graph(nodes, "greedy", [picture], outputs)
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=9), str(path))
    return card(path)


def test_a_model_that_wants_too_much_memory_fails_alone(tmp_path: Path) -> None:
    path = tmp_path / "greedy.onnx"
    runtime = LocalRuntime(greedy(path), path, threads=1, data_bytes=1024**3)
    with pytest.raises((ModelRefused, DetectorFailed)):
        runtime.run(BLACK)
    runtime.close()
    allowed = LocalRuntime(card(path), path, threads=1, data_bytes=8 * 1024**3)
    assert allowed.run(BLACK)["scores"] == 0
    allowed.close()


def test_a_model_that_never_answers_is_killed(opened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    model = opened(one_box())
    model.scored(GREY)
    (process,) = model._runtime._pool._processes
    os.kill(process, signal.SIGSTOP)
    monkeypatch.setattr(local, "SECONDS", 0.3)
    with pytest.raises(DetectorFailed):
        model.scored(GREY)
    monkeypatch.setattr(local, "SECONDS", 30.0)
    assert model.scored(GREY)


def test_pictures_of_many_threads_are_not_mixed_up(opened: Any) -> None:
    model = opened(one_box((0, 0, 64, 64), (0.9, 0.0)))
    pictures = [np.zeros((64, width, 3), dtype=np.uint8) for width in range(64, 128, 4)]
    with ThreadPoolExecutor(8) as threads:
        widths = [found[0].location.width for found in threads.map(model.scored, pictures)]
    assert widths == [one.shape[1] for one in pictures]


# --- the models at hand -------------------------------------------------------------------------------------


def test_a_model_is_added_chosen_and_found_again(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "models")
    write_model(tmp_path / "new", one_box(), id="newer", modalities=["bitewing"])
    added = registry.add(tmp_path / "new")
    assert added.key == "newer/1"
    assert "newer/1" not in registry.chosen().live.values()
    registry.use("newer", shadow=False)
    assert Registry(tmp_path / "models").chosen().live["bitewing"] == "newer/1"
    registry.use("newer", shadow=True)
    assert registry.chosen().shadow == ("newer/1",)
    registry.forget_shadow("newer")
    assert registry.chosen().shadow == ()
    with pytest.raises(ModelRefused, match="there already"):
        registry.add(tmp_path / "new")
    with pytest.raises(ModelRefused, match="There is no model other"):
        registry.use("other", shadow=False)


def test_a_model_that_missed_its_bar_can_only_look_on(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "models")
    write_model(tmp_path / "weak", one_box(), id="weak", enabled=False)
    registry.add(tmp_path / "weak" / CARD_FILE)
    with pytest.raises(ModelRefused, match="missed the bar"):
        registry.use("weak", shadow=False)
    registry.use("weak", shadow=True)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"sha256": "0" * 64}, ModelRefused),
        ({"classes": ["caries", "filling", "crown"]}, ModelRefused),
        ({"input": {"width": 96, "height": 96}}, ModelRefused),
        ({"adapter": "yolo"}, ModelRefused),
        ({"file": "other.onnx"}, ModelRefused),
        ({"adapter": "ssd"}, CardRefused),
    ],
)
def test_a_refused_model_leaves_nothing_behind(
    tmp_path: Path, fields: dict[str, Any], error: type[Exception]
) -> None:
    folder = tmp_path / "new"
    made = write_model(folder, one_box())
    text = card_text(made)
    document = made.model_dump(mode="json") | fields
    (folder / CARD_FILE).write_text(json.dumps(document))
    with pytest.raises(error):
        Registry(tmp_path / "models").add(folder)
    assert not list((tmp_path / "models").rglob("*"))
    (folder / CARD_FILE).write_text(text)
    assert Registry(tmp_path / "models").add(folder).card == made
