"""A small server of the Open Inference Protocol v2 with binary tensors, strict, and able to misbehave.

Its one model, `mouth`, takes FP32 [-1, 3, -1, -1] as `picture` and gives what can be foretold: `scores`, the
first two values of each colour's first row, as FP32 [1, 3, 2]; `labels`, height and width, as INT64 [1, 2].
"""

from __future__ import annotations

import json
import math
import re
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
from numpy.typing import NDArray

MODEL = "mouth"
WIRE = {
    "FP16": "<f2",
    "FP32": "<f4",
    "FP64": "<f8",
    "INT32": "<i4",
    "INT64": "<i8",
    "UINT8": "u1",
    "BOOL": "?",
}
METADATA: dict[str, Any] = {
    "name": MODEL,
    "versions": ["1", "2"],
    "platform": "onnxruntime_onnx",
    "inputs": [{"name": "picture", "datatype": "FP32", "shape": [-1, 3, -1, -1]}],
    "outputs": [
        {"name": "scores", "datatype": "FP32", "shape": [-1, 3, 2]},
        {"name": "labels", "datatype": "INT64", "shape": [-1, 2]},
    ],
}


Tensors = dict[str, tuple[str, NDArray[Any]]]


def computed(tensor: NDArray[np.float32]) -> Tensors:
    """Datatype and values of the model's tensors."""
    size = np.array([tensor.shape[2:]], dtype=np.int64)
    return {"scores": ("FP32", tensor[:, :, 0, :2]), "labels": ("INT64", size)}


@dataclass(frozen=True)
class Received:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Reply:
    """What is about to be answered. `body` replaces JSON and values; `withheld` bytes are never sent;
    with `drip` seconds pass after each byte."""

    said: dict[str, Any]
    values: list[bytes] = field(default_factory=list)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    withheld: int = 0
    drip: float = 0.0

    def wire(self) -> bytes:
        if self.body is not None:
            return self.body
        head = json.dumps(self.said).encode()
        if self.values:
            self.headers.setdefault("Inference-Header-Content-Length", str(len(head)))
        return head + b"".join(self.values)


def unspoiled(reply: Reply) -> None:
    """Leaves it as it is."""


class Refused(Exception):
    """The request does not follow the protocol."""


@dataclass
class InferenceServer:
    """`spoil` changes replies of /infer before they leave; `gate` holds them back until it is set."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    metadata: dict[str, Any] = field(default_factory=lambda: json.loads(json.dumps(METADATA)))
    metadata_status: int = 200
    health: Reply = field(default_factory=lambda: Reply({}, body=b""))
    speaks_binary: bool = True
    nested: bool = False
    compute: Callable[[NDArray[np.float32]], Tensors] = computed
    spoil: Callable[[Reply], None] = unspoiled
    gate: threading.Event = field(default_factory=threading.Event)

    @property
    def inferences(self) -> list[Received]:
        return [one for one in self.received if one.path.endswith("/infer")]

    def answer(self, request: Received) -> Reply:
        match = re.fullmatch(r"/v2/models/([^/]+)(?:/versions/([^/]+))?(/infer)?", request.path)
        try:
            if (request.method, request.path) == ("GET", "/v2/health/ready"):
                return self.health
            if match is None or match[1] != MODEL or match[2] not in (None, "1", "2"):
                raise Refused("no such model")
            if request.method != ("POST" if match[3] else "GET"):
                raise Refused("not this method")
            if not match[3]:
                return Reply(self.metadata, status=self.metadata_status)
            reply = self._inferred(request, match[2] or "2")
        except Refused as refused:
            return Reply({"error": str(refused)}, status=400)
        self.gate.wait()
        self.spoil(reply)
        return reply

    def _inferred(self, request: Received, version: str) -> Reply:
        said, tensor = read_request(request, [one["name"] for one in self.metadata["outputs"]])
        tensors = self.compute(tensor)
        reply = Reply({"model_name": MODEL, "model_version": version, "id": said["id"], "outputs": []})
        for wanted in said["outputs"]:
            datatype, values = tensors[wanted["name"]]
            binary = self.speaks_binary and wanted["parameters"]["binary_data"]
            encode(reply, wanted["name"], datatype, values, binary=binary, nested=self.nested)
        return reply


def encode(
    reply: Reply, name: str, datatype: str, values: NDArray[Any], *, binary: bool, nested: bool
) -> None:
    """Adds a tensor to the reply."""
    output: dict[str, Any] = {"name": name, "datatype": datatype, "shape": list(values.shape)}
    if binary:
        content = values.astype(WIRE[datatype]).tobytes()
        output["parameters"] = {"binary_data_size": len(content)}
        reply.values.append(content)
    else:
        output["data"] = (values if nested else values.ravel()).tolist()
    reply.said["outputs"].append(output)


def read_request(
    request: Received, names: Collection[str] = ("scores", "labels")
) -> tuple[dict[str, Any], NDArray[np.float32]]:
    """Raises Refused for whatever the protocol does not say or a byte does not fit."""
    length = request.headers.get("inference-header-content-length", "")
    _must(request.headers.get("content-type") == "application/octet-stream", "content type")
    _must(length.isdecimal() and int(length) <= len(request.body), "length of the JSON object")
    try:
        said = json.loads(request.body[: int(length)])
    except ValueError:
        raise Refused("JSON") from None
    values = request.body[int(length) :]
    _must(isinstance(said, dict) and set(said) == {"id", "inputs", "outputs"}, "fields of the request")
    _must(isinstance(said["id"], str) and bool(said["id"]), "id")
    _must(isinstance(said["inputs"], list) and len(said["inputs"]) == 1, "number of inputs")
    (given,) = said["inputs"]
    _must(set(given) == {"name", "shape", "datatype", "parameters"}, "fields of the input")
    _must((given["name"], given["datatype"]) == ("picture", "FP32"), "name or datatype of the input")
    shape = given["shape"]
    _must(len(shape) == 4 and all(type(side) is int and side > 0 for side in shape), "sides of the input")
    _must(shape[:2] == [1, 3], "shape of the input")
    _must(given["parameters"] == {"binary_data_size": len(values)}, "binary_data_size")
    _must(len(values) == 4 * math.prod(shape), "bytes of the input")
    _must(bool(said["outputs"]), "number of outputs")
    for wanted in said["outputs"]:
        _must(set(wanted) == {"name", "parameters"} and wanted["name"] in names, "output")
        _must(wanted["parameters"] in ({"binary_data": True}, {"binary_data": False}), "binary_data")
    return said, np.frombuffer(values, dtype="<f4").reshape(shape)


def _must(holds: bool, what: str) -> None:
    if not holds:
        raise Refused(f"wrong: {what}")


@contextmanager
def serving() -> Iterator[InferenceServer]:
    """A server in threads of this process, on a port of its own."""
    server = InferenceServer()
    server.gate.set()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            super().setup()
            server.connections += 1

        def do_GET(self) -> None:
            self._serve()

        def do_POST(self) -> None:
            self._serve()

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Received(self.command, self.path, headers, body)
            server.received.append(request)
            try:
                self._send(server.answer(request))
            except OSError:  # the client has given up
                self.close_connection = True

        def _send(self, reply: Reply) -> None:
            content = reply.wire()
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            kept = content[: len(content) - reply.withheld]
            for start in range(0, len(kept), 1 if reply.drip else max(len(kept), 1)):
                self.wfile.write(kept[start : start + 1] if reply.drip else kept)
                time.sleep(reply.drip)
            self.close_connection = self.close_connection or bool(reply.withheld)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listener.daemon_threads, listener.block_on_close = True, False
    server.url = f"http://127.0.0.1:{listener.server_address[1]}"
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.gate.set()
        listener.shutdown()
        listener.server_close()
        thread.join()
