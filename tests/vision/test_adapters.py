"""What tensors of each family say, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tests.vision.onnx_models import card, constant_model, one_box

from dentalization.vision.adapters import MOST_BOXES, read_outputs
from dentalization.vision.errors import OutputRefused
from dentalization.vision.suppression import suppressed


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return constant_model(tmp_path_factory.mktemp("model") / "model.onnx", one_box())


def logit(share: float) -> float:
    return float(np.log(share / (1 - share)))


def test_the_same_boxes_in_every_family(model: Path) -> None:
    """Decay of 0.9 at 8, 8 to 24, 40, and a filling of 0.6 at 32, 16 to 48, 48, on a square of 64 pixels."""
    boxes = np.array([[[8, 8, 24, 40], [32, 16, 48, 48]]], dtype=np.float32)
    middles = np.array([[[16, 24, 16, 32], [40, 32, 16, 32]]], dtype=np.float32)
    scores = np.array([[[0.9, 0.001], [0.001, 0.6]]], dtype=np.float32)
    logits = np.array([[[logit(0.9), -9], [-9, logit(0.6)]]], dtype=np.float32)
    none = np.concatenate((logits, np.full((1, 2, 1), 5.0, dtype=np.float32)), axis=2)
    answers: list[tuple[str, dict[str, Any], tuple[str, ...]]] = [
        ("boxes", {"scores": scores, "boxes": boxes}, ()),
        ("boxes", {"first": boxes, "second": scores}, ("second", "first")),
        ("boxes", {"labels": [[0, 1]], "boxes": boxes, "scores": [[0.9, 0.6]]}, ()),
        ("detr", {"logits": logits, "boxes": middles / 64}, ()),
        ("detr", {"dets": middles / 64, "labels": none}, ()),
        ("yolo", {"output0": np.concatenate((middles, scores), axis=2).transpose(0, 2, 1)}, ()),
    ]
    for adapter, outputs, names in answers:
        tensors = {name: np.asarray(one, dtype=np.float32) for name, one in outputs.items()}
        found = read_outputs(tensors, card(model, adapter=adapter, outputs=names))
        np.testing.assert_allclose(found.boxes, boxes[0], atol=1e-4)
        np.testing.assert_allclose(found.scores, [0.9, 0.6], atol=1e-4)
        assert found.classes.tolist() == [0, 1]


def test_a_class_that_is_not_used_is_left_out(model: Path) -> None:
    scores = np.array([[[0.9, 0.8]]], dtype=np.float32)
    outputs = {"scores": scores, "boxes": np.array([[[1, 1, 9, 9]]], dtype=np.float32)}
    found = read_outputs(outputs, card(model, classes=[None, "filling"]))
    assert found.classes.tolist() == [1]


@pytest.mark.parametrize(
    ("adapter", "outputs", "words"),
    [
        ("boxes", {"scores": np.zeros((1, 3, 2)), "boxes": np.zeros((1, 2, 4))}, "scores as"),
        ("boxes", {"scores": np.zeros((1, 2, 3)), "boxes": np.zeros((1, 2, 4))}, "scores as"),
        ("boxes", {"scores": np.zeros((1, 2, 2)), "boxes": np.zeros((2, 2, 4))}, "boxes as"),
        ("boxes", {"scores": np.zeros((1, 2, 2)), "boxes": np.zeros((1, 2, 5))}, "boxes as"),
        ("boxes", {"scores": np.full((1, 2, 2), np.nan), "boxes": np.zeros((1, 2, 4))}, "not finite"),
        ("boxes", {"scores": np.zeros((1, 2, 2)), "boxes": np.full((1, 2, 4), np.inf)}, "not finite"),
        ("boxes", {"scores": np.full((1, 2, 2), 3.0), "boxes": np.zeros((1, 2, 4))}, "outside 0 to 1"),
        ("boxes", {"scores": np.zeros((1, 2, 2))}, "no tensor"),
        ("boxes", {}, "no tensor"),
        (
            "boxes",
            {"labels": np.array([[7]]), "boxes": np.zeros((1, 1, 4)), "scores": np.zeros((1, 1))},
            "a class that its card",
        ),
        (
            "boxes",
            {"labels": np.array([[0.5]]), "boxes": np.zeros((1, 1, 4)), "scores": np.zeros((1, 1))},
            "a class that its card",
        ),
        (
            "boxes",
            {"labels": np.zeros((1, 2)), "boxes": np.zeros((1, 1, 4)), "scores": np.zeros((1, 1))},
            "expected [1, 1]",
        ),
        ("detr", {"logits": np.zeros((1, 2, 4)), "boxes": np.zeros((1, 2, 4))}, "scores as"),
        ("detr", {"logits": np.full((1, 2, 2), np.nan), "boxes": np.zeros((1, 2, 4))}, "not finite"),
        ("yolo", {"output0": np.zeros((1, 7, 8))}, "expected [1, 6, boxes]"),
        ("yolo", {"output0": np.full((1, 6, 8), np.nan)}, "not finite"),
        ("yolo", {"output0": np.zeros((6, 8))}, "expected [1, 6, boxes]"),
    ],
)
def test_what_cannot_be_read_is_refused(
    model: Path, adapter: str, outputs: dict[str, np.ndarray[Any, Any]], words: str
) -> None:
    with pytest.raises(OutputRefused) as caught:
        read_outputs(outputs, card(model, adapter=adapter))
    assert words in caught.value.message


def test_a_model_that_fires_everywhere_gives_at_most_a_hundred_boxes(model: Path) -> None:
    rng = np.random.default_rng(0)
    low = rng.uniform(0, 60, (1, 20_000, 2))
    boxes = np.concatenate((low, low + rng.uniform(0.5, 2, low.shape)), axis=2).astype(np.float32)
    outputs = {"scores": rng.uniform(0.1, 1, (1, 20_000, 2)).astype(np.float32), "boxes": boxes}
    found = read_outputs(outputs, card(model))
    assert len(found.scores) == MOST_BOXES
    assert (np.diff(found.scores) <= 0).all()


def overlap(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> float:
    shared = np.maximum(np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]), 0).prod()
    return float(shared / ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - shared))


@given(
    low=arrays(np.float32, (12, 2), elements=st.integers(0, 20).map(float)),
    size=arrays(np.float32, (12, 2), elements=st.integers(1, 15).map(float)),
    scores=arrays(np.float32, 12, elements=st.floats(0, 1, width=32)),
    classes=arrays(np.int64, 12, elements=st.integers(0, 1)),
)
@settings(deadline=None)
def test_of_boxes_over_one_another_the_surest_stays(
    low: np.ndarray[Any, Any],
    size: np.ndarray[Any, Any],
    scores: np.ndarray[Any, Any],
    classes: np.ndarray[Any, Any],
) -> None:
    boxes = np.concatenate((low, low + size), axis=1)
    stay = suppressed(boxes, scores, classes, most_overlap=0.5)
    for one in range(12):
        surer = [
            other
            for other in stay
            if other != one and classes[other] == classes[one] and overlap(boxes[other], boxes[one]) > 0.5
        ]
        if one in stay:
            assert not surer
        else:
            assert any(scores[other] >= scores[one] for other in surer)
