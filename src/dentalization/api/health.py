"""/livez, /readyz and /metrics, outside /api/v1."""

from __future__ import annotations

import asyncio
import json

from fastapi import APIRouter, Request, Response

from dentalization.db.identity import Actor
from dentalization.db.queries import READY
from dentalization.edge.acting import context_of
from dentalization.errors import DentalizationError
from dentalization.monitoring import exposition
from dentalization.ops.migrations import Fitting

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
    schemas: Fitting = request.app.state.schemas
    if found is None or not schemas.fits(found.version):
        return "The database has another schema than this program; run 'dentalization db migrate'."
    return None


async def _storage(request: Request) -> str | None:
    try:
        async with asyncio.timeout(_SECONDS):
            await context_of(request).store.exists("ready")
    except (DentalizationError, TimeoutError) as error:
        return str(error) or "The photo storage does not answer in time."
    return None


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    """For Prometheus; to whoever asks, unless DENTALIZATION_METRICS_TOKEN is set."""
    context = context_of(request)
    if not exposition.may_read(context.settings.metrics_token, request.headers.get("authorization", "")):
        return Response(
            "Send the token of DENTALIZATION_METRICS_TOKEN as 'Authorization: Bearer …'.\n",
            401,
            headers={"WWW-Authenticate": "Bearer"},
            media_type="text/plain",
        )
    return Response(await exposition.exposition(context), media_type=exposition.CONTENT_TYPE)
