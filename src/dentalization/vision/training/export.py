"""A trained network as the file that is served."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from dentalization.vision.training.network import Network
from dentalization.vision.training.plan import Plan

MODEL_FILE = "model.onnx"
_OPSET = 17
_SMALL = 64


def export(network: Network, plan: Plan, path: Path, *, half: bool = True) -> None:
    """Writes `network` for squares of the plan's size; with `half` its weights are kept in 16 bits.

    They are computed in 32 bits all the same: the file is half as large, and nothing is slower.
    """
    network.eval()
    square = torch.zeros(1, 3, plan.input_size, plan.input_size)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # shapes are constants here, as the tracer warns
        torch.onnx.export(
            network.float(),
            (square,),
            str(path),
            input_names=["pictures"],
            output_names=["scores", "boxes"],
            opset_version=_OPSET,
            dynamo=False,
        )
    if half:
        onnx.save(halved(onnx.load(str(path))), str(path))


def halved(model: Any) -> Any:
    """The ONNX model with its large weights in 16 bits, each followed by a cast back to 32."""
    graph = model.graph
    casts, kept = [], []
    for weights in graph.initializer:
        values = numpy_helper.to_array(weights)
        if weights.data_type != TensorProto.FLOAT or values.size < _SMALL:
            kept.append(weights)
            continue
        name = f"{weights.name}.half"
        kept.append(numpy_helper.from_array(values.astype(np.float16), name))
        casts.append(helper.make_node("Cast", [name], [weights.name], to=TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(kept)
    graph.node.extend(nodes)
    return model
