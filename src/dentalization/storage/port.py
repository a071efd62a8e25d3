"""What the application asks of a storage, whichever it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from dentalization.storage.errors import InvalidKey

LONGEST_KEY = 512

_NAME = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}"
_KEY = re.compile(rf"{_NAME}(/{_NAME})*")


class ObjectStore(Protocol):
    """Bytes by key, such as ``photos/ck3f9x/original``. A key reads nothing, or all that was last put there.

    Every method raises InvalidKey and StorageUnavailable.
    """

    async def put(self, key: str, data: bytes, content_type: str) -> None:
        """Store durably, replacing what was there. The type is for whoever reads the storage directly."""

    async def get(self, key: str) -> bytes:
        """The bytes; raises ObjectMissing."""

    async def delete(self, key: str) -> None:
        """Remove; a key with nothing under it is no error, so that a job may be repeated."""

    async def exists(self, key: str) -> bool:
        """Whether something is stored under exactly this key."""

    async def check(self) -> None:
        """Whether it can be used; what is free on a disk of our own must do for the largest upload."""

    async def list(self, prefix: str = "") -> Sequence[str]:
        """All keys below a prefix of whole names, sorted: 'a/b' lists 'a/b/c', neither 'a/b' nor 'a/bc'."""

    async def list_older(self, before: datetime, prefix: str = "") -> Sequence[str]:
        """As ``list``, but only what was last put before a moment, by the storage's own clock."""


def checked_key(key: str) -> str:
    """The key itself, when it could not name anything outside the storage on any system."""
    if len(key) > LONGEST_KEY:
        raise InvalidKey(f"A key has at most {LONGEST_KEY} characters; this one has {len(key)}.")
    if not _KEY.fullmatch(key):
        raise InvalidKey
    return key
