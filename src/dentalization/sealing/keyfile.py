"""The key ring of a service whose operator sets none: a file that only its user can read."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from dentalization.sealing.keyring import Key, Keyring


def open_keyring(path: Path) -> Keyring:
    """The ring kept in ``path``, made at first use. It notices keys that are added later. Raises BadKeys."""
    with _locked(path):
        if not path.exists():
            _write(path, [Key.new()])
    file = _File(path)
    return Keyring(file.newest() or [], newest=file.newest)


def add_key(path: Path) -> Key:
    """A new key becomes the current one; those that are there still open what they have sealed."""
    with _locked(path):
        keys = _read(path) if path.exists() else []
        made = Key.new()
        _write(path, [made, *keys])
    return made


class _File:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None

    def newest(self) -> Sequence[Key] | None:
        """None where nothing has changed, or where the file is gone: a running process keeps its keys."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        if (found.st_ino, found.st_mtime_ns) == self._seen:
            return None
        keys = _read(self._path)
        self._seen = found.st_ino, found.st_mtime_ns
        return keys


def _read(path: Path) -> list[Key]:
    return [Key.parse(line) for line in path.read_text().split()]


def _write(path: Path, keys: Sequence[Key]) -> None:
    """Whole or not at all: a reader never sees half a ring, and a crash leaves the old one."""
    made = path.with_name(f"{path.name}.{os.getpid()}")
    made.unlink(missing_ok=True)
    with os.fdopen(os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write("".join(f"{key.text}\n" for key in keys))
        file.flush()
        os.fsync(file.fileno())
    made.replace(path)


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One process at a time changes the file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(path.with_name(f"{path.name}.lock"), os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
