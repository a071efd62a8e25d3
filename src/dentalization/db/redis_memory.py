"""What several processes remember together, in Redis or Valkey; the extra ``redis`` brings the client."""

from __future__ import annotations

import time

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

_PREFIX = "dentalization:remembered:"
_SECONDS = 3600
"""What nobody has asked for since, Redis forgets; versions that are over too."""
_PATIENCE_SECONDS = 0.1
"""Longer the database would take as well."""
_REST_SECONDS = 5.0

_log = structlog.get_logger(__name__)


class RedisMemory:
    """A db.memory.Shared. One that is away or slow is left alone for a while, and costs nothing."""

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(
            url, socket_timeout=_PATIENCE_SECONDS, socket_connect_timeout=_PATIENCE_SECONDS
        )
        self._rests_until = 0.0

    async def get(self, key: str) -> bytes | None:
        if time.monotonic() < self._rests_until:
            return None
        try:
            found: bytes | None = await self._redis.get(_PREFIX + key)
        except (RedisError, OSError) as error:
            self._rest(error)
            return None
        return found

    async def put(self, key: str, value: bytes) -> None:
        if time.monotonic() < self._rests_until:
            return
        try:
            await self._redis.set(_PREFIX + key, value, ex=_SECONDS)
        except (RedisError, OSError) as error:
            self._rest(error)

    async def close(self) -> None:
        await self._redis.aclose()

    def _rest(self, error: Exception) -> None:
        self._rests_until = time.monotonic() + _REST_SECONDS
        _log.warning("redis_away", error=type(error).__name__)
