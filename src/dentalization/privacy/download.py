"""The archive on its way to a client, for the API and the page alike."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from fastapi import Response
from fastapi.responses import StreamingResponse

from dentalization.context import Context
from dentalization.db.identity import Actor
from dentalization.privacy import export


async def download(at_hand: Context, actor: Actor) -> Response:
    """The archive as an answer. Its first piece is read before that begins, while errors can be told."""
    pieces = export.archive(at_hand.db, at_hand.store, actor=actor)
    first = await anext(pieces)

    async def whole() -> AsyncIterator[bytes]:
        yield first
        async for piece in pieces:
            yield piece

    headers: dict[str, Any] = {
        "Content-Disposition": 'attachment; filename="dentalization.zip"',
        "Cache-Control": "no-store",
    }
    return StreamingResponse(whole(), media_type="application/zip", headers=headers)
