"""One span around every request; the application has this only where traces are on."""

from __future__ import annotations

from dentalization import tracing
from dentalization.api.guard import Application, Message, Receive, Scope, Send, method_of, route_of


class Traced:
    """A plain ASGI middleware. It goes on with the trace that the caller names in 'traceparent'."""

    def __init__(self, app: Application) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method = method_of(scope)
        parent = dict(scope["headers"]).get(b"traceparent", b"").decode("latin-1")
        with tracing.span(method, kind="server", parent=parent) as span:

            async def noticed(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.note({"http.response.status_code": message["status"]})
                await send(message)

            await self._app(scope, receive, noticed)
            # Known only now; never the path, in which an id is somebody's.
            span.rename(f"{method} {route_of(scope)}")
