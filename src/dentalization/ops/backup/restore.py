"""Bring a backup back: always into a new place, checked there, and only then, if wanted, in the old one's."""

from __future__ import annotations

import gzip
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from dentalization.db.objects import APP_ROLE, SERVICE_ROLE
from dentalization.errors import InvalidInput
from dentalization.ops.backup import manifest as manifests
from dentalization.ops.backup import programs, sealing
from dentalization.ops.backup.errors import BackupDamaged, BackupError, TargetNotEmpty
from dentalization.ops.backup.manifest import Format, Manifest
from dentalization.ops.migrations import require_utf8
from dentalization.ops.roles import ensure_groups

Connection = psycopg.Connection[tuple[Any, ...]]

_END = b"-- PostgreSQL database dump complete"
"""What pg_dump writes last, but for what ends its restricted mode."""
_LAST_BYTES = 4096


@dataclass(frozen=True)
class Restored:
    """``replaced`` is what the database that stood there before is called now."""

    database: str
    rows: int
    replaced: str | None = None


def restore_dump(
    path: Path,
    manifest: Manifest,
    *,
    target_url: str,
    admin_url: str | None,
    replace: bool = False,
    identity: Path | None = None,
) -> Restored:
    """Restores a dump as the owner of ``target_url``.

    With ``admin_url``, a login that may make databases, into a new database beside that of the target, which
    with ``replace`` takes its name once all is checked, and the old one keeps another. Without it the target
    itself must be empty. Raises TargetNotEmpty, NotUtf8, BackupDamaged, KeyMissing, WrongKey, BackupError;
    then the target is as it was.
    """
    if manifest.format is Format.BASE:
        raise InvalidInput("A base backup is restored into a new home: --home FOLDER.", field="home")
    manifests.check_files(path, manifest)
    name = str(conninfo_to_dict(target_url)["dbname"])
    if admin_url is None:
        if replace:
            raise InvalidInput("--replace needs a login that may make databases.", field="replace")
        _require_empty(target_url)
        rows = _fill(path, manifest, target_url, identity)
        return Restored(name, rows)
    fresh = f"{name}_restored_{datetime.now(UTC):%Y%m%d%H%M%S}"
    owner = str(conninfo_to_dict(target_url)["user"])
    # From another database: nobody renames the one they are connected to.
    with psycopg.connect(make_conninfo(admin_url, dbname="postgres"), autocommit=True) as admin:
        admin.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8' TEMPLATE template0").format(
                sql.Identifier(fresh), sql.Identifier(owner)
            )
        )
        try:
            rows = _fill(path, manifest, make_conninfo(target_url, dbname=fresh), identity)
            if not replace:
                return Restored(fresh, rows)
            old = _swap(admin, name, fresh)
        except BaseException:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(fresh)))
            raise
    return Restored(name, rows, old)


def _require_empty(url: str) -> None:
    with psycopg.connect(url) as connection:
        require_utf8(connection)
        found = connection.execute(
            "SELECT 1 FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' LIMIT 1"
        ).fetchone()
    if found:
        raise TargetNotEmpty


def _fill(path: Path, manifest: Manifest, url: str, identity: Path | None) -> int:
    """In one transaction, and compared with the manifest; returns the number of rows."""
    with psycopg.connect(url, autocommit=True) as connection:
        ensure_groups(connection)
        _make_owner_known(connection, manifest.owner)
        major = connection.info.server_version // 10000
    with _plain(path, manifest, identity) as file:
        if manifest.format is Format.CUSTOM:
            command: list[str | Path] = [
                programs.program("pg_restore", server_major=major), "--no-owner", "--single-transaction",
                "--exit-on-error", "--dbname", str(conninfo_to_dict(url)["dbname"]),
            ]  # fmt: skip
        else:
            command = [
                programs.program("psql", server_major=major), "--no-psqlrc", "--quiet",
                "--single-transaction", "--set=ON_ERROR_STOP=1",
            ]  # fmt: skip
        programs.run(command, url=url, says="The restore", source=file)
    return check_rows(url, manifest)


def _make_owner_known(connection: Connection, owner: str) -> None:
    """The policies of the dump name the role that owned it; here whoever restores is a member of that."""
    me = connection.execute("SELECT current_user::text").fetchone()
    if me == (owner,):
        return
    if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (owner,)).fetchone():
        connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(owner)))
    connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(sql.Identifier(owner)))


@contextmanager
def _plain(path: Path, manifest: Manifest, identity: Path | None) -> Iterator[IO[bytes]]:
    """The dump as its program reads it: opened, unpacked. Raises BackupDamaged, KeyMissing, WrongKey."""
    (name,) = manifest.files
    with tempfile.TemporaryDirectory(prefix="dentalization-restore-") as scratch:
        source = path / name
        if manifest.encrypted:
            source = Path(scratch) / name.removesuffix(sealing.SUFFIX)
            sealing.open_file(path / name, source, identity)
        if manifest.format is Format.SQL_GZ:
            unpacked = Path(scratch) / "plain.sql"
            try:
                with gzip.open(source, "rb") as packed, unpacked.open("wb") as file:
                    shutil.copyfileobj(packed, file, 1024 * 1024)
            except (OSError, EOFError) as error:
                raise BackupDamaged(f"{name} cannot be unpacked; use another backup.") from error
            source = unpacked
        if manifest.format is not Format.CUSTOM:
            _require_end(source)
        with source.open("rb") as file:
            yield file


def _require_end(dump: Path) -> None:
    """Cut between two statements, a dump would be restored without error, and without its policies."""
    with dump.open("rb") as file:
        file.seek(max(0, dump.stat().st_size - _LAST_BYTES))
        if _END not in file.read():
            raise BackupDamaged(f"{dump.name} breaks off before its end; use another backup.")


def check_rows(url: str, manifest: Manifest) -> int:
    """Counts every table and compares; returns the sum. Raises BackupDamaged."""
    with psycopg.connect(url) as connection:
        total = 0
        for table, expected in manifest.rows.items():
            counted = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.SQL(table))).fetchone()
            found = counted[0] if counted else 0
            if found != expected:
                raise BackupDamaged(
                    f"The table {table} has {found} rows after the restore; the backup had {expected}."
                )
            total += found
        revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    if revision != (manifest.revision,):
        raise BackupDamaged(f"The restored database is not at the migration {manifest.revision}.")
    return total


def _swap(admin: Connection, name: str, fresh: str) -> str:
    """Both renames in one transaction; whoever is connected to either is sent away."""
    old = f"{name}_before_{datetime.now(UTC):%Y%m%d%H%M%S}"
    for database in (name, fresh):
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = %s AND pid <> pg_backend_pid()",
            (database,),
        )
    try:
        with admin.transaction():
            for before, after in ((name, old), (fresh, name)):
                admin.execute(
                    sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                        sql.Identifier(before), sql.Identifier(after)
                    )
                )
    except psycopg.errors.ObjectInUse as error:
        raise BackupError(
            f"Somebody is still connected to {name}: stop server and worker, and repeat. The database stays "
            "as it was."
        ) from error
    with admin.transaction():
        for group in (APP_ROLE, SERVICE_ROLE):
            admin.execute(
                sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(
                    sql.Identifier(name), sql.Identifier(group)
                )
            )
    return old
