"""Requests to the whole application without a socket between: what is measured is ours."""

from __future__ import annotations

import asyncio
import time
from typing import Any


async def rate(app: Any, asked: dict[str, Any], seconds: float, readers: int) -> float:
    """Answered requests a second, ``readers`` at once."""
    answered = 0
    until = time.perf_counter() + seconds

    async def reader() -> None:
        nonlocal answered
        while time.perf_counter() < until:
            await _ask(app, asked)
            answered += 1

    started = time.perf_counter()
    await asyncio.gather(*(reader() for _ in range(readers)))
    return answered / (time.perf_counter() - started)


async def _ask(app: Any, asked: dict[str, Any]) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start" and message["status"] != 200:
            raise RuntimeError(f"status {message['status']}")

    await app({**asked, "state": {}}, receive, send)


def scope(path: str, query: str, token: str) -> dict[str, Any]:
    return {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": path, "raw_path": path.encode(), "root_path": "", "query_string": query.encode(),
        "headers": [(b"host", b"testserver"), (b"authorization", f"Bearer {token}".encode())],
        "client": ("127.0.0.1", 1), "server": ("testserver", 80),
    }  # fmt: skip
