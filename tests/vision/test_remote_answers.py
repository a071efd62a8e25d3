"""What is read of an inference server's answers: nothing that does not hold together to the byte."""

from __future__ import annotations

import gzip
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from tests.vision.inference_server import InferenceServer, Reply, unspoiled
from tests.vision.remote_cases import FAILURES, TENSOR, Open, headers, output, said, wire

from dentalization.vision.errors import DetectorFailed, RemoteAnswerInvalid
from dentalization.vision.runtimes.breaker import Breaker, State


def truncated(reply: Reply) -> None:
    reply.values[-1] = reply.values[-1][:-1]


def announced(reply: Reply) -> None:
    reply.said["outputs"][-1]["parameters"] = {"binary_data_size": 17}


def overlong(reply: Reply) -> None:
    reply.values.append(b"\0")


def redirected(reply: Reply) -> None:
    reply.status, reply.headers = 307, {"Location": "/v2/models/other/infer"}


def compressed(reply: Reply) -> None:
    reply.body, reply.headers = gzip.compress(b"{}"), {"Content-Encoding": "gzip"}


INVALID = {
    "garbage": (wire(body=b"\x00{garbage"), "does not follow the protocol"),
    "nothing": (wire(body=b""), "does not follow the protocol"),
    "not an object": (wire(body=b"[]"), "does not follow the protocol"),
    "without outputs": (wire(said={}), "outputs: Field required"),
    "wrong shape": (output(shape=[1, 2, 3]), r"metadata says FP32 \[-1, 3, 2\]"),
    "shape of other size": (output(shape=[1, 3, 3]), r"FP32 \[1, 3, 3\] is 36"),
    "negative side": (output(shape=[1, 3, -2]), "outputs.0.shape.2"),
    "wrong datatype of that size": (output(datatype="INT32"), "as INT32 .* metadata says FP32"),
    "wrong datatype": (output(datatype="FP64"), "is 48"),
    "no numbers": (output(datatype="BYTES"), "as BYTES; it must be numbers"),
    "wrong name": (output(name="boxes"), "no scores"),
    "twice": (output(name="labels"), "gave labels twice"),
    "size as text": (output(parameters={"binary_data_size": "24"}), "binary_data_size"),
    "wrong size": (output(parameters={"binary_data_size": 20}), "announced 20"),
    "announced more than sent": (announced, "sent 16 bytes as labels, announced 17"),
    "truncated": (truncated, "sent 15 bytes as labels, announced 16"),
    "overlong": (overlong, "1 bytes that belong to no tensor"),
    "length of the JSON": (headers(Inference_Header_Content_Length="99999"), "does not fit"),
    "length in words": (headers(Inference_Header_Content_Length="many"), "does not fit"),
    "another request": (said(id="0" * 32), "id of this request"),
    "no id": (said(id=""), "id of this request"),
    "another model": (said(model_name="hand"), "another model"),
    "another version": (said(model_version="9"), "another model or version"),
    "redirect": (redirected, "points to another address"),
    "compressed": (compressed, "compressed"),
    "too much": (wire(body=b" " * 5001), "more than 5,000 bytes"),
    "created": (wire(status=201), "200 is right"),
    "refused": (
        wire(status=400, said={"error": "unexpected\nshape\x1b"}, values=[]),
        ": unexpected shape\\)",
    ),
    "refused at length": (wire(status=400, said={"error": "a" * 999}, values=[]), ": a{200}\\)"),
    "not there": (wire(status=404, body=b"<html>"), r"status 404\); check the model's name"),
}


@pytest.mark.parametrize("case", INVALID)
def test_answers_that_do_not_hold_together(
    server: InferenceServer, remote: Open, breaker: Breaker, case: str
) -> None:
    runtime = remote(answer_bytes=5000, model_version="2")
    runtime.ready()
    server.spoil, sentence = INVALID[case]
    for _ in range(FAILURES + 1):
        with pytest.raises(RemoteAnswerInvalid, match=sentence) as failed:
            runtime.run(TENSOR)
        assert isinstance(failed.value, DetectorFailed)
    # The server is up: this is for somebody to set right, not for waiting.
    assert breaker.state == State.CLOSED
    assert {one.path for one in server.inferences} == {"/v2/models/mouth/versions/2/infer"}
    server.spoil = unspoiled
    assert_array_equal(runtime.run(TENSOR)["labels"], [[4, 6]])


NO_DATA: dict[str, tuple[Any, str]] = {
    "too few": ([1.0], r"gave \[1\] as scores"),
    "none": (None, r"gave \[0\] as scores"),
    "uneven rows": ([[1.0, 2.0], [3.0]], "differ in length"),
    "turned": ([[[1.0] * 3] * 2], r"gave \[1, 2, 3\] as scores"),
    "text": (["1.5"] * 6, "values that are not FP32"),
    "nulls": ([None] * 6, "values that are not FP32"),
    "objects": ([{}] * 6, "values that are not FP32"),
    "truths": ([True] * 6, "values that are not FP32"),
}


@pytest.mark.parametrize("case", NO_DATA)
def test_json_that_is_not_the_tensor(server: InferenceServer, remote: Open, case: str) -> None:
    server.speaks_binary = False
    data, sentence = NO_DATA[case]
    server.spoil = output(data=data)
    with pytest.raises(RemoteAnswerInvalid, match=sentence):
        remote().run(TENSOR)


def test_numbers_that_are_none_are_left_to_the_caller(server: InferenceServer, remote: Open) -> None:
    tensor = TENSOR.copy()
    tensor[0, 0, 0, :2] = np.nan, np.inf
    assert_array_equal(remote().run(tensor)["scores"], tensor[:, :, 0, :2])
    server.speaks_binary = False
    assert_array_equal(remote().run(tensor)["scores"], tensor[:, :, 0, :2])
