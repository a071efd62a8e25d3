"""/metrics of a worker that runs without a server beside it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from dentalization.context import Context
from dentalization.errors import InvalidInput
from dentalization.monitoring import exposition

_SECONDS = 10.0


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Silent(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Whoever asks every few seconds fills no log."""


@contextmanager
def answered(context: Context, *, host: str, port: int) -> Iterator[None]:
    """Answers at ``port`` while it lasts; called in the loop that has opened ``context``.

    Raises InvalidInput where the port is taken.
    """
    loop = asyncio.get_running_loop()

    def figures(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/metrics":
            return _answer(start, "404 Not Found", b"Only /metrics is here.\n")
        token = context.settings.metrics_token
        if not exposition.may_read(token, environ.get("HTTP_AUTHORIZATION", "")):
            return _answer(start, "401 Unauthorized", b"Send the token of DENTALIZATION_METRICS_TOKEN.\n")
        body = asyncio.run_coroutine_threadsafe(exposition.exposition(context), loop).result(_SECONDS)
        return _answer(start, "200 OK", body, exposition.CONTENT_TYPE)

    try:
        server = make_server(host, port, figures, _Server, _Silent)
    except OSError as error:
        raise InvalidInput(f"Port {port} of {host} cannot be had ({error.strerror}).") from error
    thread = threading.Thread(target=server.serve_forever, name="figures", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def _answer(start: Callable[..., Any], status: str, body: bytes, kind: str = "text/plain") -> Iterable[bytes]:
    start(status, [("Content-Type", kind), ("Content-Length", str(len(body)))])
    return [body]
