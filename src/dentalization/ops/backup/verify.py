"""Whether a backup is what was written, and can be read, without restoring it."""

from __future__ import annotations

import gzip
import subprocess
from pathlib import Path

from dentalization.ops.backup import base, chain, objects, programs
from dentalization.ops.backup import manifest as manifests
from dentalization.ops.backup.errors import BackupDamaged
from dentalization.ops.backup.manifest import Format, Manifest

_PIECE = 1024 * 1024


async def verify(folder: Path, path: Path, manifest: Manifest, *, identity: Path | None = None) -> None:
    """Every file, every object, and that the format's own program understands the dump; of an incremental
    backup every file of all that it stands on, too.

    Of an encrypted backup the objects and the dump are only compared by their checksums, unless ``identity``
    opens them. Raises BackupDamaged, KeyMissing, WrongKey.
    """
    if manifest.format is Format.BASE:
        for link in chain.links(folder, manifest):
            base.check_base(folder / link.name, link)
    else:
        manifests.check_files(path, manifest)
        if not manifest.encrypted:
            _readable(path, manifest)
    if not manifest.encrypted or identity is not None:
        for key, digest in manifest.objects.items():
            await objects.read(folder, key, digest, encrypted=manifest.encrypted, identity=identity)


def _readable(path: Path, manifest: Manifest) -> None:
    (name,) = manifest.files
    if manifest.format is Format.SQL_GZ:
        try:
            with gzip.open(path / name) as packed:
                while packed.read(_PIECE):
                    pass
        except (OSError, EOFError) as error:
            raise BackupDamaged(f"{name} cannot be unpacked; use another backup.") from error
    if manifest.format is Format.CUSTOM:
        pg_restore = programs.program("pg_restore", server_major=manifest.server_version // 10000)
        answer = subprocess.run([pg_restore, "--list", path / name], capture_output=True, check=False)
        if answer.returncode:
            raise BackupDamaged(f"{name} cannot be read by pg_restore; use another backup.")
