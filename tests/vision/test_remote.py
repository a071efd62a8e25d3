"""A network computed elsewhere: what leaves, what comes back, and which servers are not asked at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from numpy.testing import assert_array_equal
from tests.vision.inference_server import InferenceServer, Received, Refused, Reply, read_request
from tests.vision.remote_cases import FAILURES, TENSOR, Open, wire

from dentalization.errors import InvalidInput
from dentalization.vision.errors import RemoteAnswerInvalid, RemoteUnavailable
from dentalization.vision.runtimes.breaker import Breaker, State


@pytest.mark.parametrize(("binary", "nested"), [(True, False), (False, False), (False, True)])
def test_the_tensors_come_back(server: InferenceServer, remote: Open, binary: bool, nested: bool) -> None:
    server.speaks_binary, server.nested = binary, nested
    found = remote().run(TENSOR)
    assert list(found) == ["scores", "labels"]
    assert {values.dtype for values in found.values()} == {np.dtype(np.float32)}
    assert_array_equal(found["scores"], TENSOR[:, :, 0, :2])
    assert_array_equal(found["labels"], [[4, 6]])


def test_a_tensor_that_is_a_view_is_sent_row_by_row(remote: Open) -> None:
    turned = TENSOR.transpose(0, 1, 3, 2)
    assert_array_equal(remote().run(turned)["scores"], turned[:, :, 0, :2])


def test_only_what_is_asked_for_in_the_order_asked(server: InferenceServer, remote: Open) -> None:
    assert list(remote(output_names=("labels",)).run(TENSOR)) == ["labels"]
    assert list(remote(output_names=("labels", "scores")).run(TENSOR)) == ["labels", "scores"]
    assert list(remote(output_names=(), input_name="").run(TENSOR)) == ["scores", "labels"]


def test_versions_are_part_of_the_address(server: InferenceServer, remote: Open) -> None:
    remote(model_version="1", url=f"{server.url}/").run(TENSOR)
    assert [one.path for one in server.received] == [
        "/v2/models/mouth/versions/1",
        "/v2/models/mouth/versions/1/infer",
    ]


def test_one_connection_and_one_description_for_many_pictures(server: InferenceServer, remote: Open) -> None:
    runtime = remote()
    for _ in range(3):
        runtime.run(TENSOR)
    assert (server.connections, len(server.received)) == (1, 4)


def test_nothing_leaves_but_the_tensor_and_a_random_id(
    server: InferenceServer, remote: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("default login nurse password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server.health.headers["Set-Cookie"] = "patient=17; Path=/"
    server.spoil = lambda reply: reply.headers.update({"Set-Cookie": "session=1; Path=/"})
    runtime = remote()
    runtime.ready()
    runtime.run(TENSOR)
    runtime.run(TENSOR)

    always = {
        "host": server.url.removeprefix("http://"),
        "user-agent": "dentalization",
        "accept": "*/*",
        "accept-encoding": "identity",
        "connection": "keep-alive",
    }
    ids = set()
    for one in server.received:
        if one.method == "GET":
            assert (one.headers, one.body) == (always, b"")
            assert one.path in ("/v2/health/ready", "/v2/models/mouth")
            continue
        length = int(one.headers["inference-header-content-length"])
        said = json.loads(one.body[:length])
        ids.add(said["id"])
        assert one.path == "/v2/models/mouth/infer"
        assert one.headers == always | {
            "content-type": "application/octet-stream",
            "content-length": str(len(one.body)),
            "inference-header-content-length": str(length),
        }
        assert one.body[length:] == TENSOR.tobytes()
        size = {"binary_data_size": TENSOR.nbytes}
        assert said == {
            "id": said["id"],
            "inputs": [{"name": "picture", "shape": [1, 3, 4, 6], "datatype": "FP32", "parameters": size}],
            "outputs": [{"name": name, "parameters": {"binary_data": True}} for name in ("scores", "labels")],
        }
    assert len(ids) == 2
    assert all(len(one) == 32 and int(one, 16) >= 0 for one in ids)


def test_a_model_changed_under_its_name_is_described_anew(server: InferenceServer, remote: Open) -> None:
    runtime = remote()
    runtime.run(TENSOR)
    server.metadata["inputs"][0]["shape"] = [1, 3, 8, 8]
    server.spoil = wire(status=400, body=b"")
    with pytest.raises(RemoteAnswerInvalid, match="refuses"):
        runtime.run(TENSOR)
    with pytest.raises(RemoteAnswerInvalid, match=r"takes \[1, 3, 8, 8\] as picture.*says \[1, 3, 4, 6\]"):
        runtime.run(TENSOR)
    assert len(server.inferences) == 2


def changed(part: str, **fields: Any) -> Callable[[dict[str, Any]], None]:
    return lambda metadata: metadata[part][0].update(fields)


DISAGREEING: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "model": (lambda metadata: metadata.update(name="hand"), "another model than mouth"),
    "input's name": (changed("inputs", name="image"), "takes image; it must take picture"),
    "input's datatype": (changed("inputs", datatype="UINT8"), r"takes UINT8 \[-1, 3, -1, -1\]"),
    "input's sides": (changed("inputs", shape=[3, -1, -1]), r"must take FP32 \[1, 3, height, width\]"),
    "input's order": (changed("inputs", shape=[1, 64, 64, 3]), r"must take FP32 \[1, 3, height, width\]"),
    "input's depth": (changed("inputs", shape=[1, 3, 1, 64, 64]), r"must take FP32 \[1, 3, height, width\]"),
    "batch": (changed("inputs", shape=[8, 3, 64, 64]), r"must take FP32 \[1, 3, height, width\]"),
    "no input": (lambda metadata: metadata.update(inputs=[]), "takes nothing"),
    "two inputs": (lambda metadata: metadata["inputs"].append(metadata["outputs"][0]), "picture, scores; it"),
    "output's name": (changed("outputs", name="boxes"), "gives boxes, labels; it must give scores"),
    "output's datatype": (changed("outputs", datatype="BYTES"), "gives scores as BYTES"),
    "form": (lambda metadata: metadata.pop("outputs"), "outputs: Field required"),
}


@pytest.mark.parametrize("case", DISAGREEING)
def test_metadata_that_disagree(server: InferenceServer, remote: Open, case: str) -> None:
    change, sentence = DISAGREEING[case]
    change(server.metadata)
    for asked in (lambda runtime: runtime.ready(), lambda runtime: runtime.run(TENSOR)):
        with pytest.raises(RemoteAnswerInvalid, match=sentence):
            asked(remote())
    assert not server.inferences


def test_a_model_that_gives_nothing(server: InferenceServer, remote: Open) -> None:
    server.metadata["outputs"] = []
    with pytest.raises(RemoteAnswerInvalid, match="gives nothing"):
        remote(output_names=()).ready()


@pytest.mark.parametrize(
    "health",
    [
        Reply({}, status=400),
        Reply({}, status=503),
        Reply({"live": False}),
        Reply({"ready": False, "name": "mouth"}),
    ],
)
def test_a_server_that_is_not_ready(
    server: InferenceServer, remote: Open, breaker: Breaker, health: Reply
) -> None:
    server.health = health
    for _ in range(FAILURES + 1):
        with pytest.raises(RemoteUnavailable):
            remote().ready()
    server.health, server.metadata_status = Reply({}, body=b""), 500
    for _ in range(FAILURES + 1):
        with pytest.raises(RemoteUnavailable):
            remote().ready()
    assert breaker.state == State.CLOSED


@pytest.mark.parametrize("body", [b"", b"OK", b'{"live": true}', b'{"ready": true}'])
def test_ways_of_saying_ready(server: InferenceServer, remote: Open, body: bytes) -> None:
    server.health = Reply({}, body=body)
    remote().ready()
    assert [one.path for one in server.received] == ["/v2/health/ready", "/v2/models/mouth"]


def test_many_pictures_at_once_keep_apart(remote: Open) -> None:
    runtime = remote()
    tensors = [np.full((1, 3, 4, 4), value, dtype=np.float32) for value in range(40)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(runtime.run, tensors))
    assert [float(one["scores"][0, 0, 0]) for one in found] == list(range(40))


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"url": "ftp://server"}, "url"),
        ({"url": "server:8000"}, "url"),
        ({"url": "http://"}, "url"),
        ({"url": "http://nurse:secret@server"}, "url"),
        ({"url": "http://server/?patient=17"}, "url"),
        ({"url": "http://server:port"}, "url"),
        ({"model_name": ""}, "model_name"),
        ({"model_name": ".."}, "model_name"),
        ({"model_version": "."}, "model_version"),
    ],
)
def test_addresses_that_are_none(remote: Open, fields: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        remote(**fields)
    assert refused.value.field == field
    assert "secret" not in refused.value.message


def test_a_name_stays_one_part_of_the_path(server: InferenceServer, remote: Open) -> None:
    with pytest.raises(RemoteAnswerInvalid, match="no such model"):
        remote(model_name="../health?x#y").run(TENSOR)
    assert [one.path for one in server.received] == ["/v2/models/..%2Fhealth%3Fx%23y"]


@pytest.mark.parametrize(
    "change",
    [
        lambda said: said.update(patient="17"),
        lambda said: said.update(id=17),
        lambda said: said["inputs"][0].update(datatype="FP64"),
        lambda said: said["inputs"][0].update(shape=[1, 3, 6, 6]),
        lambda said: said["inputs"][0].update(parameters={"binary_data_size": 1}),
        lambda said: said["inputs"][0].update(data=[]),
        lambda said: said["outputs"][0].update(name="boxes"),
        lambda said: said.update(outputs=[]),
    ],
)
def test_the_server_of_these_tests_is_strict(
    server: InferenceServer, remote: Open, change: Callable[[dict[str, Any]], None]
) -> None:
    remote().run(TENSOR)
    (sent,) = server.inferences
    length = int(sent.headers["inference-header-content-length"])
    content = json.loads(sent.body[:length])
    change(content)
    head = json.dumps(content).encode()
    spoiled = sent.headers | {"inference-header-content-length": str(len(head))}
    with pytest.raises(Refused):
        read_request(Received(sent.method, sent.path, spoiled, head + sent.body[length:]))
    answer = httpx.post(f"{server.url}{sent.path}", content=sent.body, headers={"Content-Type": "text/plain"})
    assert (answer.status_code, answer.json()) == (400, {"error": "wrong: content type"})
