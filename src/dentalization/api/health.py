"""/livez, /readyz and /metrics, outside /api/v1."""

from __future__ import annotations

import asyncio
import json

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, Gauge, generate_latest

from dentalization.db.identity import Actor
from dentalization.db.queries import READY
from dentalization.edge.acting import context_of
from dentalization.errors import DentalizationError

router = APIRouter(include_in_schema=False)

POOL = Gauge("dentalization_pool", "psycopg_pool's own figures of this process", ["figure"])
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
    newest = request.app.state.newest_migration
    if found is None or found.version != newest:
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
    """For Prometheus."""
    for figure, value in context_of(request).db.primary.measurements().items():
        POOL.labels(figure).set(value)
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
