"""Objects as files in a folder that only this user may read."""

from __future__ import annotations

import asyncio
import errno
import math
import os
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import ParamSpec, TypeVar

from dentalization.storage.errors import InvalidKey, ObjectMissing, StorageFull, StorageUnavailable
from dentalization.storage.port import checked_key

P = ParamSpec("P")
R = TypeVar("R")


class LocalStore:
    """An ObjectStore in a folder, made at the first ``put``. The content type is not kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def put(self, key: str, data: bytes, content_type: str) -> None:  # noqa: ARG002 - of the port
        await _in_thread(_write, self.folder, self.folder / checked_key(key), data)

    async def get(self, key: str) -> bytes:
        try:
            return await _in_thread((self.folder / checked_key(key)).read_bytes)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise ObjectMissing from None

    async def delete(self, key: str) -> None:
        await _in_thread(_remove, self.folder / checked_key(key))

    async def exists(self, key: str) -> bool:
        return await _in_thread((self.folder / checked_key(key)).is_file)

    async def list(self, prefix: str = "") -> Sequence[str]:
        below = self.folder / checked_key(prefix) if prefix else self.folder
        return await _in_thread(_keys, self.folder, below)

    async def list_older(self, before: datetime, prefix: str = "") -> Sequence[str]:
        keys = await self.list(prefix)
        return await _in_thread(_older, self.folder, keys, before.timestamp())


async def _in_thread(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    try:
        return await asyncio.to_thread(work, *args, **kwargs)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        raise
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise (StorageFull if full else StorageUnavailable) from error


def _write(root: Path, path: Path, data: bytes) -> None:
    """Write beside the place, then move: a crash leaves the old bytes or the new, never a part."""
    temporary = path.with_name(f".{secrets.token_hex(8)}")
    try:
        _make_folder(root, path.parent)
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(descriptor)
            temporary.replace(path)
        except OSError:
            temporary.unlink()
            raise
    except (FileExistsError, NotADirectoryError, IsADirectoryError):
        raise InvalidKey("Another object's key begins with this key, or this key with another's.") from None
    _sync(path.parent)


def _make_folder(root: Path, folder: Path) -> None:
    if folder == root:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
    elif not folder.is_dir():
        _make_folder(root, folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
        _sync(folder.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(path: Path) -> None:
    # A folder is no object: there is nothing to remove.
    if path.is_file():
        path.unlink(missing_ok=True)
        _sync(path.parent)


def _keys(root: Path, below: Path) -> Sequence[str]:
    # A name that begins with '.' is no key, but a file that is being written.
    return sorted(
        str((Path(folder) / name).relative_to(root))
        for folder, _, names in os.walk(below, onerror=_complain)
        for name in names
        if not name.startswith(".")
    )


def _older(root: Path, keys: Sequence[str], before: float) -> Sequence[str]:
    return [key for key in keys if _written_at(root / key) < before]


def _written_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # removed since it was listed
        return math.inf


def _complain(error: OSError) -> None:
    # Otherwise os.walk leaves out a folder that it cannot read, and a backup would lack it.
    if not isinstance(error, (FileNotFoundError, NotADirectoryError)):
        raise error
