"""A tensor, a clock that stands still, and ways to spoil what an inference server answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from tests.vision.inference_server import Reply

from dentalization.vision.runtimes.remote import RemoteRuntime

TENSOR = np.random.default_rng(7).normal(size=(1, 3, 4, 6)).astype(np.float32)
FAILURES = 3
"""So many in a row open the breaker of these tests."""
Open = Callable[..., RemoteRuntime]


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def said(**fields: Any) -> Callable[[Reply], None]:
    return lambda reply: reply.said.update(fields)


def output(**fields: Any) -> Callable[[Reply], None]:
    return lambda reply: reply.said["outputs"][0].update(fields)


def wire(**fields: Any) -> Callable[[Reply], None]:
    def spoil(reply: Reply) -> None:
        for name, value in fields.items():
            setattr(reply, name, value)

    return spoil


def headers(**fields: str) -> Callable[[Reply], None]:
    return lambda reply: reply.headers.update({k.replace("_", "-"): v for k, v in fields.items()})
