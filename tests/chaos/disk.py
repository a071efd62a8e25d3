"""A small filesystem of its own that can become full."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

NOT_PERMITTED = "A full disk needs a mount of its own, which is not permitted here."
_LEAST = 4096


def mount(folder: Path, *, megabytes: int) -> bool:
    """Mounts an empty filesystem in memory over ``folder``, made here; False where that is not permitted."""
    folder.mkdir(mode=0o755)
    options = f"size={megabytes}m,mode=0755"
    with suppress(FileNotFoundError):
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=False, capture_output=True
        )
        return done.returncode == 0
    return False


def unmount(folder: Path) -> None:
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def full(folder: Path) -> Iterator[None]:
    """No byte is free in the filesystem of ``folder``; what others free there is taken, too."""
    over = threading.Event()
    ballast = folder / "ballast"
    taking = threading.Thread(target=_take_all, args=(ballast, over))
    _take(ballast)
    taking.start()
    try:
        yield
    finally:
        over.set()
        taking.join()
        ballast.unlink()


def _take_all(ballast: Path, over: threading.Event) -> None:
    while not over.wait(0.01):
        _take(ballast)


def _take(ballast: Path) -> None:
    with ballast.open("ab") as file:
        size = os.statvfs(ballast).f_bavail * os.statvfs(ballast).f_frsize
        while size >= _LEAST:
            try:
                os.posix_fallocate(file.fileno(), os.fstat(file.fileno()).st_size, size)
            except OSError:
                size //= 2  # somebody was quicker
