"""Objects in any S3, or in whatever else obstore reaches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ParamSpec, TypeVar

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore as Bucket

from dentalization.storage.errors import ObjectMissing, StorageUnavailable
from dentalization.storage.port import checked_key

P = ParamSpec("P")
R = TypeVar("R")


class S3Store:
    """An ObjectStore over a store of obstore's."""

    def __init__(self, bucket: Bucket) -> None:
        self.bucket = bucket

    async def put(self, key: str, data: bytes, content_type: str) -> None:
        attributes = {"Content-Type": content_type}
        await _in_thread(obstore.put, self.bucket, checked_key(key), data, attributes=attributes)

    async def get(self, key: str) -> bytes:
        try:
            return await _in_thread(_fetch, self.bucket, checked_key(key))
        except FileNotFoundError:
            raise ObjectMissing from None

    async def delete(self, key: str) -> None:
        try:
            await _in_thread(obstore.delete, self.bucket, checked_key(key))
        except FileNotFoundError:
            return

    async def exists(self, key: str) -> bool:
        try:
            await _in_thread(obstore.head, self.bucket, checked_key(key))
        except FileNotFoundError:
            return False
        return True

    async def check(self) -> None:
        await self.exists("ready")

    async def list(self, prefix: str = "") -> Sequence[str]:
        return await _in_thread(_keys, self.bucket, checked_key(prefix) if prefix else None, None)

    async def list_older(self, before: datetime, prefix: str = "") -> Sequence[str]:
        return await _in_thread(_keys, self.bucket, checked_key(prefix) if prefix else None, before)


async def _in_thread(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    # obstore's own coroutines abort the process when it ends soon after an answer (measured: a command that
    # met a refused connection, 10 times in 20); its blocking functions never touch Python from their threads.
    try:
        return await asyncio.to_thread(work, *args, **kwargs)
    except FileNotFoundError:
        raise
    except (BaseError, OSError) as error:
        raise StorageUnavailable from error


def _fetch(bucket: Bucket, key: str) -> bytes:
    return bytes(obstore.get(bucket, key).bytes())


def _keys(bucket: Bucket, prefix: str | None, before: datetime | None) -> Sequence[str]:
    return sorted(
        entry["path"]
        for batch in obstore.list(bucket, prefix)
        for entry in batch
        if before is None or entry["last_modified"] < before
    )
