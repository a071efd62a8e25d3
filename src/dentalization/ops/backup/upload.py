"""A second copy of every backup elsewhere, by the storage port: what burns with the machine is no backup."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from dentalization.ops.backup import base, chain, sealing
from dentalization.ops.backup import folder as folders
from dentalization.ops.backup import manifest as manifests
from dentalization.ops.backup.errors import BackupDamaged, NoSuchBackup
from dentalization.ops.backup.manifest import Format, Manifest
from dentalization.ops.backup.objects import POOL
from dentalization.storage.errors import ObjectMissing
from dentalization.storage.port import ObjectStore

PIECE = 32 * 1024 * 1024
"""Files go in pieces: the port takes bytes, and a dump may be larger than the memory."""
_TYPE = "application/octet-stream"


async def push(store: ObjectStore, folder: Path, manifest: Manifest, *, piece: int = PIECE) -> int:
    """Copies a backup and its objects, the manifest last; returns how many pieces were sent.

    Objects that are there already are not sent again; what an incremental backup stands on goes before it,
    unless it is there. Raises StorageUnavailable; what was sent then is no backup, and may be sent anew.
    """
    there = await names(store) if manifest.parent else []
    before = [link for link in chain.links(folder, manifest)[:-1] if link.name not in there]
    return sum([await _push(store, folder, one, piece) for one in (*before, manifest)])


async def _push(store: ObjectStore, folder: Path, manifest: Manifest, piece: int) -> int:
    sent = 0
    suffix = sealing.SUFFIX if manifest.encrypted else ""
    for key in manifest.objects:
        if not await store.exists(f"{POOL}/{key}{suffix}"):
            await store.put(f"{POOL}/{key}{suffix}", _bytes_of(folder / POOL / f"{key}{suffix}"), _TYPE)
            sent += 1
    for name in (*manifest.files, manifests.FILE):
        with open(folder / manifest.name / name, "rb") as file:  # noqa: ASYNC230, PTH123 - of a command
            number = 0
            while (data := file.read(piece)) or number == 0:
                await store.put(f"{manifest.name}/{name}/{number:06}", data, _TYPE)
                number, sent = number + 1, sent + 1
    return sent


async def names(store: ObjectStore) -> list[str]:
    """Of every backup that is there whole, the newest first."""
    ending = f"/{manifests.FILE}/000000"
    found = (key.removesuffix(ending) for key in await store.list() if key.endswith(ending))
    return sorted(found, reverse=True)


async def pull(store: ObjectStore, folder: Path, name: str | None) -> Manifest:
    """Fetches a backup with its objects, by default the newest, and compares every file with its manifest.

    What an incremental backup stands on comes with it. Raises NoSuchBackup, BackupDamaged,
    StorageUnavailable; then nothing of it is left, but what it stands on may be.
    """
    there = await names(store)
    if not there or (name is not None and name not in there):
        raise NoSuchBackup("There is no such backup in DENTALIZATION_BACKUP_URL.")
    chosen = name or there[0]
    with folders.locked(folder):
        return await _pull(store, folder, chosen, there)


async def _pull(store: ObjectStore, folder: Path, name: str, there: Sequence[str]) -> Manifest:
    if (folder / name).exists():
        found = manifests.read(folder / name)
        await _pull_parent(store, folder, name, found.parent, there)
        return found
    making = folder / f"{name}{folders.PARTIAL}"
    try:
        await _fetch(store, making, name)
        found = manifests.read(making)
        manifests.check_files(making, found)
        if found.format is Format.BASE:
            base.make_empty_folders(making / "base")
        await _pull_parent(store, folder, name, found.parent, there)
        await _fetch_objects(store, folder, found)
        os.rename(making, folder / name)  # noqa: PTH104 - of a command
    except BaseException:
        shutil.rmtree(making, ignore_errors=True)
        raise
    return found


async def _pull_parent(
    store: ObjectStore, folder: Path, name: str, parent: str | None, there: Sequence[str]
) -> None:
    """Before the backup that stands on it has its name: then its chain is whole."""
    if parent is None:
        return
    chain.require_older(name, parent)
    if parent not in there and not (folder / parent).exists():
        raise chain.missing(name, parent)
    await _pull(store, folder, parent, there)


async def forget(store: ObjectStore, gone: Sequence[str]) -> None:
    """Removes backups there, each manifest first; objects stay, others may name them."""
    for name in gone:
        for key in sorted(await store.list(name), key=lambda key: manifests.FILE not in key):
            await store.delete(key)


async def _fetch(store: ObjectStore, making: Path, name: str) -> None:
    for key in await store.list(name):
        path = making / key.removeprefix(f"{name}/").rpartition("/")[0]
        _append(path, await store.get(key))


async def _fetch_objects(store: ObjectStore, folder: Path, manifest: Manifest) -> None:
    suffix = sealing.SUFFIX if manifest.encrypted else ""
    for key in manifest.objects:
        path = folder / POOL / f"{key}{suffix}"
        if not _is_there(path):
            try:
                _append(path, await store.get(f"{POOL}/{key}{suffix}"))
            except ObjectMissing:
                raise BackupDamaged(f"The object {key} of the backup {manifest.name} is missing.") from None


def _bytes_of(path: Path) -> bytes:
    return path.read_bytes()


def _is_there(path: Path) -> bool:
    return path.is_file()


def _append(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with path.open("ab") as file:
        file.write(data)
