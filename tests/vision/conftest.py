"""An inference server, and runtimes that ask it; see inference_server.py."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from tests.vision.inference_server import InferenceServer, serving
from tests.vision.remote_cases import FAILURES, Clock, Open

from dentalization.vision.runtimes.breaker import Breaker
from dentalization.vision.runtimes.remote import RemoteRuntime


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker(failures=FAILURES, cool_down_seconds=30, clock=clock)


@pytest.fixture
def server() -> Iterator[InferenceServer]:
    with serving() as server:
        yield server


@pytest.fixture
def remote(server: InferenceServer, breaker: Breaker) -> Iterator[Open]:
    made: list[RemoteRuntime] = []

    def open_(**fields: Any) -> RemoteRuntime:
        usual: dict[str, Any] = {
            "url": server.url,
            "model_name": "mouth",
            "model_version": None,
            "input_name": "picture",
            "output_names": ("scores", "labels"),
            "connect_seconds": 30.0,
            "read_seconds": 30.0,
            "breaker": breaker,
        }
        made.append(RemoteRuntime(**(usual | fields)))
        return made[-1]

    yield open_
    for runtime in made:
        runtime.close()
