"""What a backup says of itself: which files with which bytes, of which database, at which moment."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from dentalization.ops.backup.errors import BackupDamaged, NoBackup

FILE = "manifest.json"
_PIECE = 1024 * 1024


class Format(StrEnum):
    SQL = "sql"
    SQL_GZ = "sql.gz"
    CUSTOM = "custom"
    BASE = "base"


@dataclass(frozen=True)
class Manifest:
    """``files`` maps paths within the backup to SHA-256, ``objects`` keys of the object store likewise.

    ``rows`` counts every table in the very snapshot that was dumped; of a base backup, shortly before it.
    ``position`` is a place in the write-ahead log that the backup has. ``parent`` is the name of the base
    backup that an incremental one stands on.
    """

    name: str
    format: Format
    created_at: datetime
    server_version: int
    revision: str | None
    owner: str
    position: str
    rows: Mapping[str, int]
    files: Mapping[str, str]
    objects: Mapping[str, str] = field(default_factory=dict)
    encrypted: bool = False
    seconds: float = 0.0
    bytes: int = 0
    parent: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "format": self.format.value, "created_at": self.created_at.isoformat()}


def write(folder: Path, manifest: Manifest) -> None:
    """Durably, and last of all: a backup without it is none."""
    path = folder / FILE
    with path.open("w") as file:
        json.dump(manifest.to_json(), file, indent=1)
        file.flush()
        os.fsync(file.fileno())


def read(folder: Path) -> Manifest:
    """Raises NoBackup."""
    try:
        # Those written before there were incremental ones have no parent.
        found = {"parent": None, **json.loads((folder / FILE).read_text())}
        found["format"] = Format(found["format"])
        found["created_at"] = datetime.fromisoformat(found["created_at"])
        return Manifest(**{item.name: found[item.name] for item in fields(Manifest)})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise NoBackup(
            f"{folder} is no backup of ours, or an unfinished one: its {FILE} is missing or cannot be read."
        ) from error


def sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def sums_of(folder: Path) -> dict[str, str]:
    """Of every file below, but the manifest itself."""
    return {
        str(path.relative_to(folder)): sha256(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != FILE
    }


def check_files(folder: Path, manifest: Manifest) -> None:
    """Raises BackupDamaged, naming the first file that is missing or not what was written."""
    for name, digest in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise BackupDamaged(f"The file {name} of the backup {manifest.name} is missing.")
        if sha256(path) != digest:
            raise BackupDamaged(
                f"The file {name} of the backup {manifest.name} is not what was written; use another backup."
            )
