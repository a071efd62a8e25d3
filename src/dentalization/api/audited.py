"""Before the first byte of an answer leaves, it is noted down whose data the request has met."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from fastapi import Request, Response

from dentalization.api.guard import Application, Message, Receive, Scope, Send
from dentalization.audit.errors import AuditUnavailable
from dentalization.audit.log import entries_of
from dentalization.db.identity import Actor
from dentalization.db.trail import Trail


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
        begun = False
        written: dict[str, set[str]] = {}

        async def noted(message: Message) -> None:
            nonlocal refused, begun
            try:
                if refused is None:
                    await _note(scope, written)  # again before each part of a stream that reads on
            except AuditUnavailable as error:
                if begun:
                    raise  # half an archive is cut off, not sent unseen
                refused = error
            if refused is None:
                begun = True
                await send(message)

        await self._app(scope, receive, noted)
        if refused is not None:
            await self._apology(Request(scope), refused)(scope, receive, send)


async def _note(scope: Scope, written: dict[str, set[str]]) -> None:
    """Writes what the trail has that is not ``written`` yet, and adds it there. Raises AuditUnavailable."""
    actor: Actor | None = scope.get("state", {}).get("actor")
    if actor is None or actor.trail is None or actor.trail.touched == written:
        return
    fresh = Trail(
        {
            person: kinds - written.get(person, set())
            for person, kinds in actor.trail.touched.items()
            if kinds != written.get(person)
        }
    )
    written.update({person: set(kinds) for person, kinds in actor.trail.touched.items()})
    request_id = str(structlog.contextvars.get_contextvars().get("request_id", ""))
    action = f"{scope['method']} {getattr(scope.get('route'), 'path', '')}"
    entries = entries_of(actor, fresh, action=action, request_id=request_id)
    await scope["app"].state.context.audit.write(entries)
