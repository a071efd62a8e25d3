"""Pictures and documents beside the dumps: each is copied once, for all backups that name it.

An object never changes under its key, so a pool keeps one copy of each; a backup's manifest says which it
needs. With a recipient the copies are encrypted as everything else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from dentalization.ops.backup import sealing
from dentalization.ops.backup.errors import BackupDamaged
from dentalization.storage.errors import ObjectMissing
from dentalization.storage.local import LocalStore
from dentalization.storage.port import ObjectStore, checked_key

POOL = "objects"


async def copy(store: ObjectStore, folder: Path, known: Mapping[str, str], recipient: str) -> dict[str, str]:
    """Copies what the pool lacks; returns the SHA-256 of each object. ``known`` are those of the last backup.

    What is deleted while the copy runs is left out: its rows went first.
    """
    pool = LocalStore(folder / POOL)
    suffix = sealing.SUFFIX if recipient else ""
    have = set(await pool.list())
    found: dict[str, str] = {}
    for key in await store.list():
        if key in known and key + suffix in have:
            found[key] = known[key]
            continue
        try:
            data = await store.get(key)
        except ObjectMissing:
            continue
        found[key] = hashlib.sha256(data).hexdigest()
        await pool.put(key + suffix, sealing.sealed(data, recipient) if recipient else data, "")
    return found


async def read(folder: Path, key: str, digest: str, *, encrypted: bool, identity: Path | None) -> bytes:
    """One object of the pool, as it was. Raises BackupDamaged, KeyMissing, WrongKey."""
    try:
        data = await LocalStore(folder / POOL).get(key + (sealing.SUFFIX if encrypted else ""))
    except ObjectMissing:
        raise BackupDamaged(f"The object {key} is missing in the backup.") from None
    if encrypted:
        data = sealing.opened(data, identity)
    if hashlib.sha256(data).hexdigest() != digest:
        raise BackupDamaged(f"The object {key} of the backup is not what was written.")
    return data


async def restore(
    folder: Path, objects: Mapping[str, str], store: ObjectStore, *, encrypted: bool, identity: Path | None
) -> int:
    """Puts back what the store lacks; returns how many. What it has stays as it is."""
    put = 0
    for key, digest in objects.items():
        if not await store.exists(key):
            data = await read(folder, key, digest, encrypted=encrypted, identity=identity)
            await store.put(key, data, "application/octet-stream")
            put += 1
    return put


async def forget(folder: Path, needed: Iterable[str]) -> int:
    """Removes from the pool what no backup names any more; returns how many."""
    pool = LocalStore(folder / POOL)
    kept = {checked_key(key) for key in needed}
    gone = [key for key in await pool.list() if key.removesuffix(sealing.SUFFIX) not in kept]
    for key in gone:
        await pool.delete(key)
    return len(gone)
