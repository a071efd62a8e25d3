"""Incremental base backups: each stands on an earlier one, down to a full one, and needs them all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg

from dentalization.errors import InvalidInput
from dentalization.ops.backup import folder as folders
from dentalization.ops.backup.errors import BackupDamaged, NoBackup, NoSuchBackup
from dentalization.ops.backup.manifest import Format, Manifest

LIST = Path("base") / "backup_manifest"
"""PostgreSQL's own list of a base backup's files, within the backup. It stays readable in an encrypted one:
the machine that makes backups, and cannot open them, needs it for the next increment."""
_SUMMARIZES = "SELECT current_setting('server_version'), current_setting('summarize_wal', true) = 'on'"
MAKE_FULL = "make a full one: 'dentalization backup create --format base'."


def links(folder: Path, manifest: Manifest) -> list[Manifest]:
    """The full backup first, then each that stands on the one before it, ``manifest`` last.

    Raises BackupDamaged with the name of the link that is missing; of the files nothing is looked at.
    """
    found = [manifest]
    while (parent := found[0].parent) is not None:
        found.insert(0, _parent(folder, found[0].name, parent))
    return found


def _parent(folder: Path, name: str, parent: str) -> Manifest:
    require_older(name, parent)
    try:
        _, found = folders.find(folder, parent)
    except (NoSuchBackup, NoBackup) as error:
        raise missing(name, parent) from error
    if found.name != parent or found.format is not Format.BASE:
        raise BackupDamaged(f"{name} stands on {parent}, which is another backup now; use an older one.")
    return found


def require_older(name: str, parent: str) -> None:
    """Names tell the time, so a chain in which each is older comes to an end. Raises BackupDamaged."""
    if parent >= name:
        raise BackupDamaged(f"{name} names {parent}, which is not older, as what it stands on; use another.")


def missing(name: str, parent: str) -> BackupDamaged:
    return BackupDamaged(f"{name} stands on {parent}, which is missing or unfinished; use an older backup.")


def newest(folder: Path, connection: psycopg.Connection[tuple[Any, ...]]) -> Manifest:
    """The base backup, full or incremental, on which the next one stands.

    Raises InvalidInput where the server cannot make any, or there is none to stand on, BackupDamaged where
    that one lacks one of its own.
    """
    asked = connection.execute(_SUMMARIZES).fetchone()
    if asked is None or asked[1] is not True:
        version = asked[0] if asked else "unknown"
        raise InvalidInput(
            "Incremental backups need PostgreSQL 17 or newer and summarize_wal = on, which this PostgreSQL "
            f"{version} has not: as its superuser run 'ALTER SYSTEM SET summarize_wal = on' and 'SELECT "
            "pg_reload_conf()', then make a full backup first; before 17 make full ones alone.",
            field="incremental",
        )
    found = next((one for one in folders.backups(folder) if one.format is Format.BASE), None)
    if found is None:
        raise InvalidInput(f"No base backup is there to stand on; first {MAKE_FULL}", field="incremental")
    links(folder, found)
    if not (folder / found.name / LIST).is_file():
        raise InvalidInput(
            f"The list of files of {found.name} is encrypted, as it was before incremental backups; first "
            f"{MAKE_FULL}",
            field="incremental",
        )
    return found
