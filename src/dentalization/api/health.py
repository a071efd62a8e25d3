"""/livez, /readyz and /metrics, outside /api/v1."""

from __future__ import annotations

import asyncio
import hmac
import json

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from dentalization import metrics as measured
from dentalization.api.figures import figures
from dentalization.db.identity import Actor
from dentalization.db.queries import READY
from dentalization.edge.acting import context_of
from dentalization.errors import DentalizationError

router = APIRouter(include_in_schema=False)

_SECONDS = 3


@router.get("/livez")
async def livez() -> Response:
    """The process answers."""
    return Response("ok", media_type="text/plain")


@router.get("/readyz")
async def readyz(request: Request) -> Response:
    """Whether requests can be served, and what is missing if not."""
    missing = {
        name: reason
        for name, reason in (
            ("database", await _database(request)),
            ("storage", await _storage(request)),
        )
        if reason
    }
    body = {"ready": not missing, "missing": missing}
    return Response(json.dumps(body), 503 if missing else 200, media_type="application/json")


async def _database(request: Request) -> str | None:
    try:
        async with asyncio.timeout(_SECONDS):
            found = await context_of(request).db.read_one(Actor.nobody(), READY)
    except (DentalizationError, TimeoutError) as error:
        return str(error) or "The database does not answer in time."
    if found is not None and found.read_only:
        return "The database takes no writes: it is a replica that has not been promoted."
    if context_of(request).db.full:
        return "The database has no room left on its disk."
    newest = request.app.state.newest_migration
    if found is None or found.version != newest:
        return "The database has another schema than this program; run 'dentalization db migrate'."
    return None


async def _storage(request: Request) -> str | None:
    try:
        async with asyncio.timeout(_SECONDS):
            await context_of(request).store.check()
    except (DentalizationError, TimeoutError) as error:
        return str(error) or "The photo storage does not answer in time."
    return None


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """For Prometheus; where a token is set, to whoever shows it."""
    at_hand = context_of(request)
    token = at_hand.settings.metrics_token
    shown = request.headers.get("authorization", "").removeprefix("Bearer ")
    if token and not hmac.compare_digest(shown.encode(), token.encode()):
        return Response("The token of /metrics is missing.", 401, media_type="text/plain")
    for figure, value in at_hand.db.primary.measurements().items():
        measured.POOL.labels(figure).set(value)
    measured.STREAMS.set(request.app.state.streams.open)
    return Response(measured.exposition(await figures(at_hand)), media_type=CONTENT_TYPE_LATEST)
