"""A network computed by an inference server, by the Open Inference Protocol v2 over HTTP (KServe, Triton)."""

from __future__ import annotations

import re
import secrets
import ssl
import time
from collections.abc import Mapping, Sequence
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import NamedTuple
from urllib.parse import quote

import httpx
import numpy as np
from numpy.typing import NDArray

from dentalization.errors import InvalidInput
from dentalization.vision.errors import RemoteAnswerInvalid, RemoteUnavailable
from dentalization.vision.runtimes.breaker import Breaker
from dentalization.vision.runtimes.inference_protocol import (
    JSON_LENGTH,
    Health,
    Inference,
    Metadata,
    Refusal,
    agree,
    answered,
    parsed,
    request,
    used_of,
)

ANSWER_BYTES = 32 * 1024**2
"""Most bytes of an answer that are read; 8,400 boxes of 84 numbers in JSON need half of it."""


class _Answer(NamedTuple):
    status: int
    headers: httpx.Headers
    body: bytes


class RemoteRuntime:
    """One model of one server. Thread-safe; connections are kept.

    Only the tensor leaves, and a random id for it: no cookie, no credential, no proxy of the environment.
    The model's metadata is read before the first picture, and every answer is held against it.
    """

    def __init__(
        self,
        *,
        url: str,
        model_name: str,
        model_version: str | None,
        input_name: str,
        output_names: Sequence[str],
        connect_seconds: float,
        read_seconds: float,
        breaker: Breaker,
        answer_bytes: int = ANSWER_BYTES,
    ) -> None:
        """`url` is what stands before /v2. Raises InvalidInput.

        `read_seconds` is the longest silence of the server; an answer that is still coming `connect_seconds`
        + `read_seconds` after the call began is given up. With `input_name` empty the model's only input is
        meant, with `output_names` empty all its outputs in the order of its metadata.
        """
        base = _base_of(url)
        self._model = f"{base}/v2/models/{_segment(model_name, 'model_name')}"
        if model_version is not None:
            self._model += f"/versions/{_segment(model_version, 'model_version')}"
        self._health = f"{base}/v2/health/ready"
        self._name, self._version = model_name, model_version
        self._input, self._outputs = input_name, tuple(output_names)
        self._seconds, self._most = connect_seconds + read_seconds, answer_bytes
        self._breaker = breaker
        self._metadata: Metadata | None = None
        self._client = httpx.Client(
            timeout=httpx.Timeout(read_seconds, connect=connect_seconds),
            # No waiting for a place among our own calls, which would look like a silent server.
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=4),
            # Not compressed: a few bytes must not become gigabytes.
            headers={"User-Agent": "dentalization", "Accept-Encoding": "identity"},
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            # The machine's own authorities, to which a hospital adds its own; httpx would trust certifi's.
            verify=ssl.create_default_context(),
            trust_env=False,
            follow_redirects=False,
        )

    def ready(self) -> None:
        """Asks whether the server is up and serves this model with these tensors.

        By-passes the breaker: a probe neither opens nor closes it. Raises RemoteUnavailable, or
        RemoteAnswerInvalid, which says what does not agree.
        """
        answer = self._exchange("GET", self._health)
        if answer.status != 200 or not _says_ready(answer.body):
            raise RemoteUnavailable("The inference server says that it is not ready; try again later.")
        self._metadata = self._described(self._exchange("GET", self._model))

    def run(self, tensor: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
        """The model's tensors by name, in the order of `output_names`, for one of 1 x 3 x height x width.

        Whole numbers become float32 too. Shapes are those of the metadata; that an adapter can read them and
        that numbers are finite is for the caller to check. Raises RemoteUnavailable when the server is not
        reached, too slow or failing, and at once while the breaker is open; RemoteAnswerInvalid when it
        refuses the request or when its answer does not hold together.
        """
        metadata = self._metadata
        if metadata is None:
            metadata = self._metadata = self._described(self._guarded("GET", self._model))
        try:
            return self._infer(tensor, metadata)
        except RemoteAnswerInvalid:
            # By now another model may be served under this name: described anew before the next picture.
            self._metadata = None
            raise

    def close(self) -> None:
        self._client.close()

    def _infer(self, tensor: NDArray[np.float32], metadata: Metadata) -> dict[str, NDArray[np.float32]]:
        (wanted,) = metadata.inputs
        if not wanted.admits(tensor.shape):
            raise RemoteAnswerInvalid(
                f"The model on the inference server takes {list(wanted.shape)} as {wanted.name}; "
                f"its card says {list(tensor.shape)}."
            )
        names = [one.name for one in metadata.outputs]
        identity = secrets.token_hex(16)
        head, values = request(tensor, identity=identity, input_name=wanted.name, output_names=names)
        headers = {"Content-Type": "application/octet-stream", JSON_LENGTH: str(len(head))}
        answer = _accepted(self._guarded("POST", f"{self._model}/infer", headers, head + values))
        inference, tensors = answered(answer.body, answer.headers.get(JSON_LENGTH))
        self._check(inference, identity)
        agree(inference, metadata)
        return {name: tensors[name] for name in names}

    def _check(self, inference: Inference, identity: str) -> None:
        # Somebody else's answer would be findings on the wrong picture; the protocol has the id returned.
        if inference.id != identity:
            raise RemoteAnswerInvalid("The inference server's answer does not bear the id of this request.")
        versions = (None, self._version or inference.model_version)
        if inference.model_name not in (None, self._name) or inference.model_version not in versions:
            raise RemoteAnswerInvalid(
                f"The inference server answered with another model or version than {self._name}."
            )

    def _guarded(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> _Answer:
        """The breaker counts no connection, no answer in time and 5xx; a refusal (4xx) is an answer."""
        with self._breaker.attempt():
            return self._exchange(method, url, headers, body)

    def _exchange(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> _Answer:
        """Any answer below 500, whole. Raises RemoteUnavailable, RemoteAnswerInvalid for one too long."""
        deadline = time.monotonic() + self._seconds
        try:
            with self._client.stream(method, url, headers=headers, content=body) as response:
                if response.status_code >= 500:
                    raise RemoteUnavailable(
                        f"The inference server failed with status {response.status_code}."
                    )
                return _Answer(response.status_code, response.headers, self._received(response, deadline))
        except httpx.TimeoutException as error:
            raise RemoteUnavailable("The inference server did not answer in time.") from error
        except httpx.ConnectError as error:
            raise RemoteUnavailable("The inference server cannot be reached.") from error
        except httpx.TransportError as error:
            raise RemoteUnavailable("The inference server broke off the connection.") from error

    def _received(self, response: httpx.Response, deadline: float) -> bytes:
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise RemoteAnswerInvalid(
                "The inference server compressed its answer, which it was not asked to."
            )
        received = bytearray()
        for chunk in response.iter_raw():
            received += chunk
            if len(received) > self._most:
                raise RemoteAnswerInvalid(
                    f"The inference server answered more than {self._most:,} bytes; a detector needs fewer."
                )
            if time.monotonic() > deadline:
                raise RemoteUnavailable("The inference server did not answer in time.")
        return bytes(received)

    def _described(self, answer: _Answer) -> Metadata:
        metadata = parsed(Metadata, _accepted(answer).body)
        if metadata.name != self._name:
            raise RemoteAnswerInvalid(f"The inference server describes another model than {self._name}.")
        return used_of(metadata, input_name=self._input, output_names=self._outputs)


def _base_of(url: str) -> str:
    """Without a closing slash. Raises InvalidInput for what is no plain address of a server."""
    try:
        address = httpx.URL(url)
    except (httpx.InvalidURL, TypeError) as error:
        raise InvalidInput("The inference server's address is not valid.", field="url") from error
    if address.scheme not in ("http", "https") or not address.host:
        raise InvalidInput(
            "The inference server's address begins with http:// or https:// and names a host.", field="url"
        )
    if address.userinfo or address.query or address.fragment:
        raise InvalidInput(
            "The inference server's address has no user, password, query or fragment.", field="url"
        )
    return str(address).rstrip("/")


def _segment(name: str, field: str) -> str:
    # "." and ".." would be taken as a way through the path.
    if not name or not name.strip("."):
        raise InvalidInput("The inference server's model and version are names of their own.", field=field)
    return quote(name, safe="")


def _says_ready(body: bytes) -> bool:
    """True too without a body of JSON: then the status says it."""
    try:
        health = parsed(Health, body)
    except RemoteAnswerInvalid:
        return True
    return health.live and health.ready


def _accepted(answer: _Answer) -> _Answer:
    """Raises RemoteUnavailable for "later", and RemoteAnswerInvalid for every other status but 200."""
    status = answer.status
    if status == 200:
        return answer
    if status in (408, 429):
        raise RemoteUnavailable(f"The inference server is too busy for this request (status {status}).")
    if 300 <= status < 400:
        raise RemoteAnswerInvalid(
            f"The inference server points to another address (status {status}), which is not followed; "
            "set the address that answers."
        )
    if 400 <= status < 500:
        raise RemoteAnswerInvalid(
            f"The inference server refuses this request (status {status}{_reason(answer.body)}); "
            "check the model's name, version and tensors."
        )
    raise RemoteAnswerInvalid(f"The inference server answered with status {status}; 200 is right.")


def _reason(body: bytes) -> str:
    """What the server says about it, cut to something that can be shown."""
    try:
        said = parsed(Refusal, body).error
    except RemoteAnswerInvalid:
        return ""
    plain = re.sub(r"[^\x20-\x7e]+", " ", said).strip()[:200]
    return f": {plain}" if plain else ""
