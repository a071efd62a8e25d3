"""Tensors of every datatype through the protocol and back, and bytes that follow no protocol."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from numpy.testing import assert_array_equal
from numpy.typing import NDArray
from tests.vision.inference_server import WIRE, Reply, encode

from dentalization.vision.errors import RemoteAnswerInvalid
from dentalization.vision.runtimes.inference_protocol import answered, request

SHAPES = array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=5)
TENSORS = st.sampled_from(sorted(WIRE)).flatmap(
    lambda datatype: st.tuples(
        st.just(datatype), arrays(WIRE[datatype], SHAPES), st.booleans(), st.booleans()
    )
)


def as_float32(values: NDArray[Any]) -> NDArray[np.float32]:
    with np.errstate(all="ignore"):
        return values.astype(np.float32)


@given(st.lists(TENSORS, max_size=4))
def test_every_tensor_comes_back(tensors: list[tuple[str, NDArray[Any], bool, bool]]) -> None:
    reply = Reply({"id": "a", "outputs": []})
    for index, (datatype, values, binary, nested) in enumerate(tensors):
        encode(reply, f"tensor{index}", datatype, values, binary=binary, nested=nested)
    body = reply.wire()
    _, found = answered(body, reply.headers.get("Inference-Header-Content-Length"))
    assert list(found) == [f"tensor{index}" for index in range(len(tensors))]
    for (_, values, _, _), back in zip(tensors, found.values(), strict=True):
        assert back.dtype == np.float32
        assert_array_equal(back, as_float32(values))


@given(arrays("<f4", st.tuples(st.just(1), st.just(3), st.integers(1, 5), st.integers(1, 5))))
def test_a_request_holds_the_tensor_to_the_bit(tensor: NDArray[np.float32]) -> None:
    head, values = request(tensor, identity="a", input_name="picture", output_names=["boxes"])
    (given_,) = json.loads(head)["inputs"]
    assert given_["parameters"] == {"binary_data_size": len(values)}
    assert np.frombuffer(values, dtype="<f4").reshape(given_["shape"]).tobytes() == tensor.tobytes()


JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
OUTPUTS = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["boxes", "scores"]) | JSONS,
        "datatype": st.sampled_from([*WIRE, "BYTES"]) | JSONS,
        "shape": st.lists(st.integers(-1, 3) | st.integers(), max_size=9) | JSONS,
    },
    optional={
        "data": JSONS,
        "parameters": st.fixed_dictionaries({"binary_data_size": st.integers(-1, 40)}) | JSONS,
    },
)


@given(
    outputs=st.lists(OUTPUTS, max_size=3) | JSONS,
    behind=st.binary(max_size=40),
    length=st.none() | st.text(max_size=4) | st.integers(-2, 50).map(str),
)
def test_whatever_is_answered_is_read_or_refused(outputs: Any, behind: bytes, length: str | None) -> None:
    head = json.dumps({"id": "a", "outputs": outputs}).encode()
    for said in (length, str(len(head))):
        try:
            inference, tensors = answered(head + behind, said)
        except RemoteAnswerInvalid:
            continue
        for one in inference.outputs:
            assert tensors[one.name].shape == one.shape
            assert tensors[one.name].dtype == np.float32


@given(st.binary(max_size=100), st.none() | st.integers(0, 120).map(str))
def test_bytes_of_any_kind(body: bytes, length: str | None) -> None:
    with pytest.raises(RemoteAnswerInvalid):
        answered(body, length)


@pytest.mark.parametrize(
    "output",
    [
        {"shape": [0, 2**31 - 1, 2**31 - 1, 2**31 - 1], "data": []},
        {"shape": [2**31 - 1] * 8, "data": [1.0]},
        {"shape": [1], "parameters": {"binary_data_size": 10**3000}},
        {"shape": [1], "data": [10**400]},
        {"shape": [1] * 9, "data": [1.0]},
        {"shape": [10**3000], "data": [1.0]},
        {"name": "b" * 201, "shape": [1], "data": [1.0]},
    ],
)
def test_sizes_that_no_tensor_has(output: dict[str, Any]) -> None:
    said = {"id": "a", "outputs": [{"name": "boxes", "datatype": "FP32"} | output]}
    with pytest.raises(RemoteAnswerInvalid) as refused:
        answered(json.dumps(said).encode(), None)
    assert len(refused.value.message) < 500


def test_a_great_depth_of_json() -> None:
    head = b'{"id":"a","outputs":[{"name":"boxes","datatype":"FP32","shape":[1],"data":'
    for depth in (70, 150, 100_000):
        with pytest.raises(RemoteAnswerInvalid):
            answered(head + b"[" * depth + b"1" + b"]" * depth + b"}]}", None)


def test_a_double_beyond_float32_is_infinite_and_warns_nobody() -> None:
    reply = Reply({"id": "a", "outputs": []})
    encode(reply, "boxes", "FP64", np.array([1e300]), binary=True, nested=False)
    _, found = answered(reply.wire(), reply.headers["Inference-Header-Content-Length"])
    assert_array_equal(found["boxes"], [np.inf])
