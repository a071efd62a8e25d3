"""A model on an inference server finds what the same model finds here, and is added by its card alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from tests.vision.inference_server import METADATA, InferenceServer
from tests.vision.onnx_models import SIDE, card, one_box, write_model

from dentalization.vision.card import CARD_FILE, card_text
from dentalization.vision.errors import CardRefused, DetectorFailed, ModelRefused
from dentalization.vision.model import Model
from dentalization.vision.registry import Entry, Registry, open_model

PICTURE = np.random.default_rng(2).integers(0, 255, (90, 160, 3)).astype(np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_model(tmp_path / "here", one_box((8, 16, 40, 48), (0.9, 0.3)))
    return tmp_path / "here"


@pytest.fixture
def there(server: InferenceServer, folder: Path) -> Path:
    """The same model on a server, and the folder of a card that says so."""
    session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
    outputs = [one.name for one in session.get_outputs()]
    server.compute = lambda tensor: {
        name: ("FP32", values)
        for name, values in zip(outputs, session.run(None, {"picture": tensor}), strict=True)
    }
    server.metadata = {
        **METADATA,
        "inputs": [{"name": "picture", "datatype": "FP32", "shape": [1, 3, SIDE, SIDE]}],
        "outputs": [
            {"name": "scores", "datatype": "FP32", "shape": [1, -1, 2]},
            {"name": "boxes", "datatype": "FP32", "shape": [1, -1, 4]},
        ],
    }
    remote = {"url": server.url, "model": "mouth", "failures": 2}
    described = card(folder / "model.onnx", id="remote", file="", remote=remote)
    away = folder.parent / "there"
    away.mkdir()
    (away / CARD_FILE).write_text(card_text(described))
    return away


def opened(registry: Registry, key: str) -> Model:
    return open_model(registry.entry(key), threads=1)


def test_the_same_boxes_from_here_and_from_there(tmp_path: Path, folder: Path, there: Path) -> None:
    registry = Registry(tmp_path / "models")
    registry.add(folder)
    registry.add(there)
    answers = []
    for key in ("known", "remote"):
        model = opened(registry, key)
        answers.append(model.scored(PICTURE))
        model.close()
    assert answers[0] == answers[1]
    assert len(answers[0]) == 2


def test_a_server_that_is_away_refuses_the_card(tmp_path: Path, there: Path, server: InferenceServer) -> None:
    server.metadata_status = 503
    with pytest.raises(ModelRefused, match="does not do what its card says"):
        Registry(tmp_path / "models").add(there)
    assert not list((tmp_path / "models").rglob("*"))


def test_a_server_that_fails_fails_the_picture_and_is_left_alone(
    tmp_path: Path, there: Path, server: InferenceServer
) -> None:
    registry = Registry(tmp_path / "models")
    registry.add(there)
    model = opened(registry, "remote")
    server.spoil = lambda reply: setattr(reply, "status", 500)
    for _ in range(4):
        with pytest.raises(DetectorFailed):
            model.scored(PICTURE)
    asked = len(server.inferences)
    with pytest.raises(DetectorFailed, match="several times in a row"):
        model.scored(PICTURE)
    assert len(server.inferences) == asked == 1 + 2  # once when it was added, twice until the breaker opened
    model.close()


@pytest.mark.parametrize("fields", [{"file": ""}, {"remote": {"url": "http://a", "model": "b"}}])
def test_a_card_says_either_here_or_there(folder: Path, fields: dict[str, Any]) -> None:
    with pytest.raises((CardRefused, ValueError), match="either file or remote"):
        card(folder / "model.onnx", **fields)


def test_what_leaves_is_the_tensor_and_nothing_of_the_patient(
    tmp_path: Path, there: Path, server: InferenceServer
) -> None:
    entry = Entry(Registry(tmp_path / "models").add(there).card, there, False)
    model = open_model(entry, threads=1)
    model.scored(PICTURE)
    sent = server.inferences[-1]
    assert set(sent.headers) <= {
        "host", "accept", "accept-encoding", "connection", "user-agent", "content-type", "content-length",
        "inference-header-content-length",
    }  # fmt: skip
    head = sent.body[: int(sent.headers["inference-header-content-length"])]
    assert len(sent.body) - len(head) == 4 * 3 * SIDE * SIDE
    assert str(tmp_path).encode() not in sent.body
    model.close()
