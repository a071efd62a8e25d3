"""Prove a backup by restoring it into a server of its own, and write down how long that took."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from dentalization.audit.verify import check as check_audit
from dentalization.audit.verify import ends_of, links_of
from dentalization.ops import check as checks
from dentalization.ops import embedded
from dentalization.ops.backup import amcheck, base, verify
from dentalization.ops.backup.drilled import Drill, write
from dentalization.ops.backup.errors import BackupDamaged
from dentalization.ops.backup.manifest import Format, Manifest
from dentalization.ops.backup.restore import check_rows, restore_dump
from dentalization.ops.embedded import EmbeddedServer


async def drill(
    folder: Path,
    path: Path,
    manifest: Manifest,
    *,
    audit_key: bytes,
    passwords: Path | None = None,
    identity: Path | None = None,
    told: Callable[[str], None] = lambda _: None,
) -> Drill:
    """Restores into a server that lives for this drill alone, checks it, and records the result.

    A backup that does not stand it is a result, too, and no error. ``passwords`` as in ``restore_base``.
    """
    began, moment = time.monotonic(), datetime.now(UTC)
    result = Drill(
        manifest.name, moment, False, "", (moment - manifest.created_at).total_seconds(), 0.0, 0.0, 0
    )
    try:
        told("files")
        await verify.verify(folder, path, manifest, identity=identity)
        told("restore")
        with restored(path, manifest, passwords=passwords, identity=identity) as server:
            result = replace(result, restore_seconds=round(time.monotonic() - began, 3))
            told("checks")
            rows = _check(server.owner_url, manifest, audit_key)
            told("pages")
            pages = amcheck.check(server.superuser_url)
            result = replace(
                result, rows=rows, succeeded=pages.result != amcheck.DAMAGED, amcheck=pages.result,
                amcheck_detail=pages.detail, amcheck_seconds=pages.seconds,
            )  # fmt: skip
            amcheck.require_whole(pages)
    except Exception as error:
        result = replace(result, problem=str(error))
    result = replace(result, recovery_seconds=round(time.monotonic() - began, 3))
    write(folder, result)
    return result


@contextmanager
def restored(
    path: Path, manifest: Manifest, *, passwords: Path | None, identity: Path | None
) -> Iterator[EmbeddedServer]:
    """A server that lives in a folder of its own while this is open, with the backup in it.

    Raises what a restore raises.
    """
    scratch = Path(tempfile.mkdtemp(prefix="dzdrill"))
    os.chmod(scratch, 0o755)  # noqa: PTH101, S103 - the server may run as another user
    server: EmbeddedServer | None = None
    try:
        if manifest.format is Format.BASE:
            if passwords is None:
                raise BackupDamaged("The passwords of the server that was backed up are missing.")
            server = base.restore_base(
                path, manifest, home=scratch / "home", passwords=passwords, identity=identity, fast=True
            )
        else:
            server = embedded.start(scratch / "home", fast=True)
            restore_dump(path, manifest, target_url=server.owner_url, admin_url=None, identity=identity)
        yield server
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(scratch, ignore_errors=True)


def _check(url: str, manifest: Manifest, audit_key: bytes) -> int:
    """What a restored database must stand: its rows, its statements, its audit log. Raises BackupDamaged."""
    # Of a base backup they were counted shortly before the copy, and so cannot be compared.
    base_backup = manifest.format is Format.BASE
    rows = sum(manifest.rows.values()) if base_backup else check_rows(url, manifest)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ANALYZE")
    findings = checks.check(url)
    if findings:
        raise BackupDamaged(f"A statement does not fit the restored database: {findings[0].query}.")
    with psycopg.connect(url) as connection:
        ends = ends_of(connection)
        faults = list(check_audit(audit_key, links_of(connection), ends))
    if faults:
        raise BackupDamaged(f"The audit log is not whole: {faults[0]}.")
    return rows
