"""Around every request: a request id, one log line, measurements, and a limit to the body."""

from __future__ import annotations

import asyncio
import re
import time
import uuid
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import structlog
from fastapi import Request, Response

from dentalization.api.problems import of_error, problem
from dentalization.errors import DentalizationError, InvalidInput, TookTooLong
from dentalization.metrics import BODIES_REFUSED, IN_FLIGHT, REQUEST_SECONDS, told
from dentalization.photos.errors import TooLarge
from dentalization.profiles.errors import DocumentTooLarge

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_BODY = 1024 * 1024
MAX_UPLOAD = 11 * 1024 * 1024  # a photo of 10 MB and what multipart puts around it
_UPLOADS: dict[str, type[DentalizationError]] = {
    "/api/v1/photos": TooLarge,
    "/photos": TooLarge,
    "/api/v1/me/licence/documents": DocumentTooLarge,
    "/licence/documents": DocumentTooLarge,
}
"""Where a file may come, and what is said of one that is too large."""
_SAFE_ID = re.compile(r"^[A-Za-z0-9._-]{8,64}$")

_API = "/api/v1"
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

_log = structlog.get_logger("dentalization.http")


class BodyTooLarge(Exception):
    """Raised inside ``receive``, where the application is already reading."""


class Guard:
    """A plain ASGI middleware: it copies no request and buffers no answer."""

    def __init__(
        self, app: Application, *, apology: Callable[[Request, Exception], Response], seconds: float
    ) -> None:
        self._app = app
        self._apology = apology
        self._seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started, status = time.perf_counter(), 500
        deadline = asyncio.timeout(self._seconds)

        async def observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
                if not deadline.expired():  # what has begun may take its time, as an archive does
                    deadline.reschedule(None)
            await send(message)

        IN_FLIGHT.inc()
        try:
            async with deadline:
                if "\x00" in scope["path"] or b"%00" in scope["query_string"]:
                    wrong = InvalidInput(
                        "An address holds no NUL character."
                    )  # nor does a text of PostgreSQL
                    await self._apology(Request(scope), wrong)(scope, receive, observed)
                else:
                    await self._limited(scope, receive, observed)
        except TimeoutError:
            await self._apology(Request(scope), TookTooLong())(scope, receive, observed)
        finally:
            IN_FLIGHT.dec()
            _observe(scope, status, time.perf_counter() - started)

    async def _limited(self, scope: Scope, receive: Receive, send: Send) -> None:
        limit = MAX_UPLOAD if scope["path"] in _UPLOADS else MAX_BODY
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if not announced.isdigit() or int(announced) > limit:
            await _refuse(scope, receive, send)
            return
        received, begun = 0, False

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:  # a chunked body that announced nothing
                raise BodyTooLarge
            return message

        async def noticed(message: Message) -> None:
            nonlocal begun
            if received > limit and not begun:
                return  # the framework's own words about a body that broke off; ours follow
            begun = True
            await send(message)

        try:
            await self._app(scope, counted, noticed)
        except BodyTooLarge:
            pass
        except Exception as error:
            # Here and not in the server, whose traceback could quote what a patient has sent.
            _log.error("bug", error=type(error).__name__, places=_places(error))
            if not begun:
                await self._apology(Request(scope), error)(scope, receive, send)
            return
        if received > limit and not begun:
            await _refuse(scope, receive, send)


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    BODIES_REFUSED.inc()
    if scope["path"] in _UPLOADS:
        answer = of_error(_UPLOADS[scope["path"]]())
    else:
        told("body-too-large")
        answer = problem(413, "body-too-large", f"A request has at most {MAX_BODY} bytes; this one has more.")
    await answer(scope, receive, send)


def _places(error: BaseException) -> list[str]:
    """Where it went wrong: file and line of the last frames, without any values."""
    frames = []
    trace = error.__traceback__
    while trace is not None:
        frames.append(f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}")
        trace = trace.tb_next
    return frames[-6:]


def _request_id(scope: Scope) -> str:
    """The client's own, if it is harmless in a log, or a new one."""
    sent = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
    return sent if _SAFE_ID.match(sent) else uuid.uuid4().hex


def route_of(scope: Scope) -> str:
    """The pattern of the route that has answered, never the path: an id in a path is somebody's."""
    route = str(getattr(scope.get("route"), "path", "none"))
    # The framework knows an included route without its prefix, as pages have theirs.
    if scope["path"].startswith(_API) and route.startswith("/") and not route.startswith(_API):
        return _API + route
    return route


def method_of(scope: Scope) -> str:
    """A client may invent methods; each would be a series of measurements of its own for ever."""
    return scope["method"] if scope["method"] in _METHODS else "other"


def _observe(scope: Scope, status: int, seconds: float) -> None:
    method, route = method_of(scope), route_of(scope)
    REQUEST_SECONDS.labels(method, route, f"{status // 100}xx").observe(seconds)
    _log.info("request", method=method, route=route, status=status, milliseconds=round(seconds * 1000, 1))
