"""The folder of all backups: their names, the lock that lets one be made at a time, and what is let go."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from dentalization.ops.backup import manifest as manifests
from dentalization.ops.backup import objects
from dentalization.ops.backup.errors import BackupRunning, NoBackup, NoSuchBackup
from dentalization.ops.backup.manifest import Manifest
from dentalization.ops.backup.retention import Keep, kept, with_parents
from dentalization.settings import Settings

_NAME = re.compile(r"backup_\d{8}T\d{6}Z")
PARTIAL = ".partial"


def folder_of(settings: Settings) -> Path:
    """Where backups are made."""
    return settings.backup_folder if settings.backup_folder.parts else settings.home / "backups"


def name_of(moment: datetime) -> str:
    """As 'backup_20261123T093000Z'."""
    return f"backup_{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def backups(folder: Path) -> list[Manifest]:
    """Every finished backup, the newest first; what is no backup is passed over."""
    found = []
    for path in folder.iterdir() if folder.is_dir() else ():
        if _NAME.fullmatch(path.name):
            try:
                found.append(manifests.read(path))
            except NoBackup:
                continue
    return sorted(found, key=lambda one: one.created_at, reverse=True)


def find(folder: Path, name: str | None) -> tuple[Path, Manifest]:
    """The backup called so, or the newest. Raises NoSuchBackup, NoBackup."""
    if name is None:
        newest = backups(folder)[:1]
        if not newest:
            raise NoSuchBackup(f"There is no backup in {folder} yet; 'backup create' makes one.")
        name = newest[0].name
    if not _NAME.fullmatch(name) or not (folder / name).is_dir():
        raise NoSuchBackup(f"There is no backup '{name}' in {folder}; 'backup list' names them.")
    return folder / name, manifests.read(folder / name)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One at a time makes or removes backups here; what an earlier one left unfinished goes.

    Raises BackupRunning at once.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BackupRunning from None
        for left in folder.glob(f"backup_*{PARTIAL}"):
            shutil.rmtree(left)
        yield
    finally:
        os.close(descriptor)


async def let_go(folder: Path, keep: Keep) -> list[str]:
    """Removes what need not be kept, with the objects that no backup names any more; returns the names."""
    found = backups(folder)
    moments = kept([one.created_at for one in found], keep)
    stay = with_parents(
        (one.name for one in found if one.created_at in moments), {one.name: one.parent for one in found}
    )
    # The newest first: a removal that breaks off leaves none behind without the one it stands on.
    gone = [one.name for one in found if one.name not in stay]
    for name in gone:
        # The manifest first: what is left of a removal that breaks off is no backup.
        (folder / name / manifests.FILE).unlink()
        shutil.rmtree(folder / name)
    if gone:
        await objects.forget(folder, {key for one in found if one.name in stay for key in one.objects})
    return gone
