"""Make a backup: the database in one snapshot, every object of the store, and what proves both."""

from __future__ import annotations

import gzip
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from dentalization.errors import InvalidInput
from dentalization.ops.backup import chain, objects, programs, sealing
from dentalization.ops.backup import folder as folders
from dentalization.ops.backup import manifest as manifests
from dentalization.ops.backup.errors import BackupError, BackupRunning
from dentalization.ops.backup.manifest import Format, Manifest
from dentalization.storage.port import ObjectStore

Connection = psycopg.Connection[tuple[Any, ...]]

# Also across machines that back up one database into folders of their own.
_LOCK = "SELECT pg_try_advisory_lock(hashtext('dentalization backup'))"
_TABLES = """SELECT c.oid::regclass::text FROM pg_class c
  WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND c.relnamespace = 'public'::regnamespace ORDER BY 1"""
_PASSES = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
# Extensions that the schema needs; others belong to the server, and their comments to its superuser.
_EXTENSIONS = ("btree_gist", "pg_trgm")
_SUFFIXES = {Format.SQL: "sql", Format.SQL_GZ: "sql.gz", Format.CUSTOM: "dump"}


async def create(
    *,
    owner_url: str,
    store: ObjectStore,
    folder: Path,
    format_: Format = Format.CUSTOM,
    recipient: str = "",
    incremental: bool = False,
    told: Callable[[str], None] = lambda _: None,
) -> Manifest:
    """Makes one in ``folder`` and returns what it says of itself; ``told`` hears of each step.

    With ``recipient``, a public key of age, every file is encrypted but a base backup's list of files. An
    ``incremental`` base backup has what changed since the newest base backup in ``folder``. Raises
    BackupRunning, BackupError, ProgramMissing, InvalidInput; then nothing of it is left.
    """
    if incremental and format_ is not Format.BASE:
        raise InvalidInput("Only base backups are incremental: add '--format base'.", field="incremental")
    if recipient:
        sealing.recipient_of(recipient)
    with folders.locked(folder), psycopg.connect(owner_url) as connection:
        _take_lock(connection)
        began, moment = time.monotonic(), datetime.now(UTC)
        name = folders.name_of(moment)
        parent = chain.newest(folder, connection) if incremental else None
        if (folder / name).exists():
            raise BackupRunning("A backup was made in this very second; repeat.")
        making = folder / f"{name}{folders.PARTIAL}"
        making.mkdir(mode=0o700)
        try:
            facts = _facts(connection)
            told("the database")
            if format_ is Format.BASE:
                _base(owner_url, making, connection, folder / parent.name / chain.LIST if parent else None)
            else:
                _dump(owner_url, making, connection, format_, f"backup_{moment:%Y%m%d}.{_SUFFIXES[format_]}")
            if recipient:
                told("encryption")
                open_list = making / chain.LIST
                for path in [path for path in making.rglob("*") if path.is_file() and path != open_list]:
                    sealing.seal_file(path, recipient)
            told("pictures")
            alike = (one for one in folders.backups(folder) if one.encrypted == bool(recipient))
            known = next((one.objects for one in alike), {})
            copied = await objects.copy(store, folder, known, recipient)
            made = Manifest(
                name=name,
                format=format_,
                created_at=moment,
                objects=copied,
                encrypted=bool(recipient),
                files=manifests.sums_of(making),
                seconds=round(time.monotonic() - began, 3),
                bytes=sum(path.stat().st_size for path in making.rglob("*") if path.is_file()),
                parent=parent.name if parent else None,
                **facts,
            )
            manifests.write(making, made)
            making.rename(folder / name)
        except BaseException:
            shutil.rmtree(making, ignore_errors=True)
            raise
    return made


def _take_lock(connection: Connection) -> None:
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    taken = connection.execute(_LOCK).fetchone()
    if taken != (True,):
        raise BackupRunning


def _facts(connection: Connection) -> dict[str, Any]:
    """Of the snapshot that this transaction sees, and that is dumped."""
    rows = {}
    for (table,) in connection.execute(_TABLES).fetchall():
        counted = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.SQL(table))).fetchone()
        rows[str(table)] = counted[0] if counted else 0
    found = connection.execute(
        "SELECT current_user::text, pg_current_wal_lsn()::text, "
        "(SELECT version_num FROM alembic_version LIMIT 1)"
    ).fetchone()
    if found is None:
        raise BackupError("The database has no schema yet; run 'dentalization db migrate'.")
    return {
        "owner": found[0],
        "position": found[1],
        "revision": found[2],
        "server_version": connection.info.server_version,
        "rows": rows,
    }


def _dump(owner_url: str, making: Path, connection: Connection, format_: Format, file_name: str) -> None:
    snapshot = connection.execute("SELECT pg_export_snapshot()").fetchone()
    passes = connection.execute(_PASSES).fetchone()
    assert snapshot is not None
    pg_dump = programs.program("pg_dump", server_major=connection.info.server_version // 10000)
    command: list[str | Path] = [
        pg_dump, "--no-owner", f"--snapshot={snapshot[0]}",
        *(f"--extension={name}" for name in _EXTENSIONS),
        "--format=custom" if format_ is Format.CUSTOM else "--format=plain",
    ]  # fmt: skip
    if passes != (True,):
        # The owner's policies let everything through; without this pg_dump refuses tables whose policies
        # bind their owner.
        command.append("--enable-row-security")
    path = making / file_name
    with path.open("wb") as file:
        programs.run(command, url=owner_url, says="The dump of the database", output=file)
    if format_ is Format.SQL_GZ:
        plain = path.rename(path.with_suffix(".plain"))
        with plain.open("rb") as source, gzip.open(path, "wb", compresslevel=6) as target:
            shutil.copyfileobj(source, target, 1024 * 1024)
        plain.unlink()


def _base(owner_url: str, making: Path, connection: Connection, since: Path | None) -> None:
    """The whole server's files with the log that makes them whole, as PostgreSQL itself copies them.

    ``since`` is PostgreSQL's list of the backup on which an incremental one stands.
    """
    pg_basebackup = programs.program("pg_basebackup", server_major=connection.info.server_version // 10000)
    command: list[str | Path] = [
        pg_basebackup, "--pgdata", making / "base", "--wal-method=stream", "--checkpoint=fast",
        "--manifest-checksums=SHA256", "--no-password",
    ]  # fmt: skip
    if since is None:
        programs.run(command, url=owner_url, says="The copy of the server")
        return
    command.append(f"--incremental={since}")
    try:
        programs.run(command, url=owner_url, says="The copy of what changed in the server")
    except BackupError as error:
        # Of another server or timeline, or older than wal_summary_keep_time: there it will never succeed.
        raise BackupError(f"{error.message}\nIf that stays so, {chain.MAKE_FULL}") from error
