"""Before the first byte of an answer leaves, it is noted down whose data the request has met."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from fastapi import Request, Response

from dentalization.api.guard import Application, Message, Receive, Scope, Send
from dentalization.audit.errors import AuditUnavailable
from dentalization.audit.log import entries_of
from dentalization.db.identity import Actor


class Audited:
    """A plain ASGI middleware. What cannot be noted down is not answered."""

    def __init__(self, app: Application, *, apology: Callable[[Request, Exception], Response]) -> None:
        self._app = app
        self._apology = apology

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refused: AuditUnavailable | None = None

        async def noted(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start":
                try:
                    await _note(scope)
                except AuditUnavailable as error:
                    refused = error
            if refused is None:
                await send(message)

        await self._app(scope, receive, noted)
        if refused is not None:
            await self._apology(Request(scope), refused)(scope, receive, send)


async def _note(scope: Scope) -> None:
    """Raises AuditUnavailable."""
    actor: Actor | None = scope.get("state", {}).get("actor")
    if actor is None or actor.trail is None or not actor.trail.touched:
        return
    request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))
    action = f"{scope['method']} {getattr(scope.get('route'), 'path', '')}"
    entries = entries_of(actor, actor.trail, action=action, request_id=request_id)
    await scope["app"].state.context.audit.write(entries)
