"""Small ONNX files with known answers, and their cards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from dentalization.vision.card import CARD_FILE, ModelCard, card_text, file_digest

SIDE = 64


def constant_model(path: Path, answers: dict[str, np.ndarray[Any, Any]], *, side: int = SIDE) -> Path:
    """A model that takes 1 x 3 x side x side and always gives `answers`, in their order."""
    picture = helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, side, side])
    nodes = [helper.make_node("ReduceSum", ["picture"], ["sum"], keepdims=0)]
    nodes += [helper.make_node("Mul", ["sum", "nothing"], ["zero"])]
    weights = [numpy_helper.from_array(np.float32(0), "nothing")]
    outputs = []
    for name, values in answers.items():
        weights.append(numpy_helper.from_array(values.astype(np.float32), f"{name}.known"))
        nodes.append(helper.make_node("Add", [f"{name}.known", "zero"], [name]))
        outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, list(values.shape)))
    graph = helper.make_graph(nodes, "known", [picture], outputs, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, str(path))
    return path


def card(model: Path, **fields: Any) -> ModelCard:
    """The card of `model`; `fields` replace the usual ones."""
    content: dict[str, Any] = {
        "id": "known",
        "version": "1",
        "sha256": file_digest(model),
        "file": model.name,
        "adapter": "boxes",
        "input": {"width": SIDE, "height": SIDE},
        "classes": ["caries", "filling"],
        "modalities": ["panoramic"],
        "licence": "CC0-1.0",
        "training_data": [],
        "measured": {},
        "intended_use": "Tests.",
        "limitations": "Says what it is told to say.",
        **fields,
    }
    return ModelCard.model_validate(content)


def write_model(folder: Path, answers: dict[str, np.ndarray[Any, Any]], **fields: Any) -> ModelCard:
    """A model with its card in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    made = card(constant_model(folder / "model.onnx", answers), **fields)
    (folder / CARD_FILE).write_text(card_text(made))
    return made


def one_box(
    corners: tuple[float, float, float, float] = (8, 8, 24, 40), scores: tuple[float, float] = (0.9, 0.1)
) -> dict[str, np.ndarray[Any, Any]]:
    return {"scores": np.array([[scores]]), "boxes": np.array([[corners]])}
