"""What is said to an inference server and what it answers, by the Open Inference Protocol v2 over HTTP.

The protocol: github.com/kserve/open-inference-protocol, specification/protocol/inference_rest.md. Tensors
travel by its binary tensor data extension, as Triton and KServe have it: docs/protocol/
extension_binary_data.md of github.com/triton-inference-server/server. No I/O.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dentalization.vision.errors import RemoteAnswerInvalid

JSON_LENGTH = "Inference-Header-Content-Length"
"""Bytes of the JSON object; the tensors follow it in the order in which it names them."""
DATATYPES = {
    "BOOL": "?",
    "UINT8": "u1",
    "UINT16": "<u2",
    "UINT32": "<u4",
    "UINT64": "<u8",
    "INT8": "i1",
    "INT16": "<i2",
    "INT32": "<i4",
    "INT64": "<i8",
    "FP16": "<f2",
    "FP32": "<f4",
    "FP64": "<f8",
}
"""The protocol's numbers as NumPy names them: little-endian, row by row, nothing in between."""
_JSON_KINDS = {"b": "b", "u": "iu", "i": "iu", "f": "fiu"}
"""Which numbers of JSON may stand for a kind of datatype: 1 is a float too, 1.5 no whole number."""

# Bounds on what a stranger's answer can make us keep, and repeat in a sentence.
_Name = Annotated[str, Field(max_length=200)]
_LONGEST_SIDE = 2**31 - 1
_SIDES, _TENSORS = Field(max_length=8), Field(max_length=64)


class _Said(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)


class Described(_Said):
    """A tensor of the metadata; a side that varies is -1."""

    name: _Name
    datatype: _Name
    shape: Annotated[tuple[Annotated[int, Field(ge=-1, le=_LONGEST_SIDE)], ...], _SIDES]

    def admits(self, shape: Sequence[int]) -> bool:
        return len(shape) == len(self.shape) and all(
            wanted in (-1, side) for wanted, side in zip(self.shape, shape, strict=True)
        )


class Metadata(_Said):
    """GET v2/models/{name}."""

    name: _Name
    inputs: Annotated[tuple[Described, ...], _TENSORS]
    outputs: Annotated[tuple[Described, ...], _TENSORS]


class Health(_Said):
    """GET v2/health/ready. The protocol says `live`, servers say `ready`, Triton says nothing but 200."""

    live: bool = True
    ready: bool = True


class _Parameters(_Said):
    binary_data_size: Annotated[int, Field(ge=0, le=_LONGEST_SIDE)] | None = None


class Output(_Said):
    """A tensor of an answer: its values follow the JSON, or stand in `data`, nested or flat."""

    name: _Name
    datatype: _Name
    shape: Annotated[tuple[Annotated[int, Field(ge=0, le=_LONGEST_SIDE)], ...], _SIDES]
    parameters: _Parameters = _Parameters()
    data: list[Any] | None = None


class Inference(_Said):
    """The answer of POST v2/models/{name}/infer, without the tensors that follow it."""

    id: str = ""
    model_name: str | None = None
    model_version: str | None = None
    outputs: Annotated[tuple[Output, ...], _TENSORS]


class Refusal(_Said):
    """What a server says with a status that is no success."""

    error: str = ""


_Kind = TypeVar("_Kind", bound=_Said)


def parsed(kind: type[_Kind], content: bytes) -> _Kind:
    """Raises RemoteAnswerInvalid, saying which field is wrong."""
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        place = ".".join(str(one) for one in first["loc"]) or "the answer"
        raise RemoteAnswerInvalid(
            f"The inference server's answer does not follow the protocol: {place}: {first['msg']}."
        ) from error


def used_of(metadata: Metadata, *, input_name: str, output_names: Sequence[str]) -> Metadata:
    """Its only input, and the outputs of these names in this order; all of them where none is named.

    Raises RemoteAnswerInvalid for a model that does not take one picture or does not give these outputs.
    """
    names = [one.name for one in metadata.inputs]
    if len(names) != 1 or input_name not in ("", names[0]):
        raise RemoteAnswerInvalid(
            f"The model on the inference server takes {_named(names)}; "
            f"it must take {input_name or 'one tensor'} and nothing else."
        )
    (wanted,) = metadata.inputs
    if wanted.datatype != "FP32" or not (wanted.admits((1, 3, *wanted.shape[2:])) and len(wanted.shape) == 4):
        raise RemoteAnswerInvalid(
            f"The model on the inference server takes {wanted.datatype} {list(wanted.shape)} as "
            f"{wanted.name}; it must take FP32 [1, 3, height, width]."
        )
    outputs = {one.name: one for one in metadata.outputs}
    used = tuple(output_names) or tuple(outputs)
    missing = [name for name in used if name not in outputs]
    if missing or not used:
        raise RemoteAnswerInvalid(
            f"The model on the inference server gives {_named(outputs)}; "
            f"it must give {_named(missing or ['a tensor'])} too."
        )
    kept = tuple(outputs[name] for name in used)
    for one in kept:
        if one.datatype not in DATATYPES:
            raise RemoteAnswerInvalid(
                f"The model on the inference server gives {one.name} as {one.datatype}; it must be numbers."
            )
    return Metadata(name=metadata.name, inputs=(wanted,), outputs=kept)


def request(
    tensor: NDArray[np.float32], *, identity: str, input_name: str, output_names: Iterable[str]
) -> tuple[bytes, bytes]:
    """The JSON object and the tensor's bytes, which together are the body; asks for binary outputs."""
    values = np.asarray(tensor, dtype="<f4").tobytes()
    said = {
        "id": identity,
        "inputs": [
            {
                "name": input_name,
                "shape": list(tensor.shape),
                "datatype": "FP32",
                "parameters": {"binary_data_size": len(values)},
            }
        ],
        "outputs": [{"name": name, "parameters": {"binary_data": True}} for name in output_names],
    }
    return json.dumps(said, separators=(",", ":")).encode(), values


def answered(body: bytes, json_length: str | None) -> tuple[Inference, dict[str, NDArray[np.float32]]]:
    """An answer and its tensors by name; `json_length` is the header, absent where all is JSON.

    Raises RemoteAnswerInvalid where lengths, shapes and datatypes do not agree to the byte.
    """
    length = _length(json_length, len(body))
    inference, values = parsed(Inference, body[:length]), body[length:]
    tensors: dict[str, NDArray[np.float32]] = {}
    for output in inference.outputs:
        if output.name in tensors:
            raise RemoteAnswerInvalid(f"The inference server gave {output.name} twice.")
        if output.datatype not in DATATYPES:
            raise RemoteAnswerInvalid(
                f"The inference server gave {output.name} as {output.datatype}; it must be numbers."
            )
        size = output.parameters.binary_data_size
        if size is None:
            found = _from_json(output)
        else:
            found, values = _from_bytes(output, values[:size]), values[size:]
        with np.errstate(over="ignore"):  # infinite then, which the caller refuses
            tensors[output.name] = _shaped(found, output).astype(np.float32)
    if values:
        raise RemoteAnswerInvalid(f"The inference server sent {len(values)} bytes that belong to no tensor.")
    return inference, tensors


def agree(inference: Inference, metadata: Metadata) -> None:
    """Raises RemoteAnswerInvalid where an answer lacks an output or gives it otherwise than described."""
    given = {one.name: one for one in inference.outputs}
    for wanted in metadata.outputs:
        one = given.get(wanted.name)
        if one is None:
            raise RemoteAnswerInvalid(f"The inference server gave {_named(given)}, but no {wanted.name}.")
        if one.datatype != wanted.datatype or not wanted.admits(one.shape):
            raise RemoteAnswerInvalid(
                f"The inference server gave {one.name} as {one.datatype} {list(one.shape)}; "
                f"its metadata says {wanted.datatype} {list(wanted.shape)}."
            )


def _length(said: str | None, most: int) -> int:
    if said is None:
        return most
    if not (said.isascii() and said.isdigit() and len(said) < 16 and int(said) <= most):
        raise RemoteAnswerInvalid(f"{JSON_LENGTH} does not fit the inference server's answer.")
    return int(said)


def _from_bytes(output: Output, values: bytes) -> NDArray[Any]:
    datatype = np.dtype(DATATYPES[output.datatype])
    expected = math.prod(output.shape) * datatype.itemsize
    if not len(values) == output.parameters.binary_data_size == expected:
        raise RemoteAnswerInvalid(
            f"The inference server sent {len(values)} bytes as {output.name}, announced "
            f"{output.parameters.binary_data_size}; {output.datatype} {list(output.shape)} is {expected}."
        )
    return np.frombuffer(values, dtype=datatype)


def _from_json(output: Output) -> NDArray[Any]:
    try:
        values = np.asarray(output.data or [])
    except (ValueError, OverflowError) as error:
        raise RemoteAnswerInvalid(
            f"The inference server gave {output.name} in rows that differ in length."
        ) from error
    flat = values.ndim == 1 or not values.size
    if values.size != math.prod(output.shape) or not (flat or values.shape == output.shape):
        raise RemoteAnswerInvalid(
            f"The inference server gave {list(values.shape)} as {output.name}; it says {list(output.shape)}."
        )
    kind = np.dtype(DATATYPES[output.datatype]).kind
    if values.size and values.dtype.kind not in _JSON_KINDS[kind]:
        raise RemoteAnswerInvalid(
            f"The inference server gave {output.name} with values that are not {output.datatype}."
        )
    return values


def _shaped(values: NDArray[Any], output: Output) -> NDArray[Any]:
    try:
        return values.reshape(output.shape)
    except ValueError as error:  # nothing in it, and sides whose product no array can count
        raise RemoteAnswerInvalid(
            f"The inference server gave {output.name} as {list(output.shape)}, which is too large."
        ) from error


def _named(names: Iterable[str]) -> str:
    return ", ".join(names) or "nothing"
