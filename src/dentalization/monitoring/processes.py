"""Measurements of all processes of one server, in a folder that they share.

The folder is named in PROMETHEUS_MULTIPROC_DIR, which prometheus_client reads when it is imported: ``serve``
sets it before it starts the processes that answer and the one that works. Each server has a folder of its
own, so that two in one home do not mix; who finds a folder whose server is gone removes it.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from prometheus_client import CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import REGISTRY, Collector

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"
_LOCK = "server.lock"


@contextmanager
def shared_folder(home: Path) -> Iterator[Path]:
    """A new folder for the processes started within; it is gone afterwards. Sets VARIABLE."""
    folders = home / "metrics"
    folders.mkdir(mode=0o700, parents=True, exist_ok=True)
    _remove_left(folders)
    folder = Path(tempfile.mkdtemp(prefix="server-", dir=folders))
    held = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(held, fcntl.LOCK_EX)
    os.environ[VARIABLE] = str(folder)
    try:
        yield folder
    finally:
        os.environ.pop(VARIABLE, None)
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def collector() -> Collector:
    """Of all processes that share this one's folder, or of this process where it shares none."""
    folder = os.environ.get(VARIABLE)
    if not folder:
        return REGISTRY
    forget_dead(Path(folder))
    return MultiProcessCollector(CollectorRegistry(), folder)  # type: ignore[no-untyped-call]


def forget_dead(folder: Path) -> None:
    """Removes what processes that are gone had open: nobody waits for their connections. Counts stay."""
    for file in folder.glob("gauge_live*.db"):
        number = file.stem.rsplit("_", 1)[-1]
        if number.isdecimal() and not _lives(int(number)):
            file.unlink(missing_ok=True)


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _remove_left(folders: Path) -> None:
    for folder in folders.glob("server-*"):
        # A folder that is just being made has no lock yet; then it is left to the next.
        with suppress(OSError):
            held = os.open(folder / _LOCK, os.O_RDWR)
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(held)
