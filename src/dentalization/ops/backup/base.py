"""Bring a base backup back as a server of its own, to its end or to a point in time."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import psycopg

from dentalization.errors import InvalidInput
from dentalization.ops import embedded
from dentalization.ops.backup import chain, programs, sealing
from dentalization.ops.backup import manifest as manifests
from dentalization.ops.backup.errors import BackupDamaged, BackupError, TargetNotEmpty
from dentalization.ops.backup.manifest import Format, Manifest
from dentalization.ops.cluster import PROGRAMS
from dentalization.ops.embedded import EmbeddedServer
from dentalization.ops.unprivileged import account_for, environment

WAL = "wal"
"""Folder of the archived write-ahead log, beside the backups."""
_RECOVERY_SECONDS = 3600
_SCRATCH = "postgres.links"
_EMPTY = (
    "pg_commit_ts", "pg_dynshmem", "pg_notify", "pg_replslot", "pg_serial", "pg_snapshots", "pg_stat",
    "pg_stat_tmp", "pg_subtrans", "pg_tblspc", "pg_twophase", "pg_logical/mappings", "pg_logical/snapshots",
    "pg_wal/archive_status",
)  # fmt: skip
"""Folders that initdb makes, and without which no server starts, though nothing be in them."""


def restore_base(
    path: Path,
    manifest: Manifest,
    *,
    home: Path,
    passwords: Path,
    to: datetime | None = None,
    wal: Path | None = None,
    identity: Path | None = None,
    fast: bool = False,
) -> EmbeddedServer:
    """A running server in the new folder ``home``, as it was at the end of the backup, or at ``to``.

    ``passwords`` is the file 'postgres.passwords' of the server that was backed up, ``wal`` the archived log
    (`archive`), which a point in time needs. An incremental backup is put together with all that it stands
    on, in the same folder; nothing is unpacked before each of them was checked. Raises InvalidInput,
    TargetNotEmpty, BackupDamaged, KeyMissing, WrongKey, BackupError, EmbeddedServerError.
    """
    if manifest.format is not Format.BASE:
        raise InvalidInput("Only a base backup becomes a server; restore a dump into a database.")
    if to is not None and (wal is None or not wal.is_dir()):
        raise InvalidInput("A point in time needs the archived log; 'dentalization backup archive' keeps it.")
    if to is not None and to < manifest.created_at:
        raise InvalidInput("This backup was made after that moment; use an older one.", field="to")
    if home.exists() and any(home.iterdir()):
        raise TargetNotEmpty(f"{home} is not empty; name a new folder.")
    links = chain.links(path.parent, manifest)
    for link in links:
        manifests.check_files(path.parent / link.name, link)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    data = home / "postgres"
    try:
        if len(links) == 1:
            _unpack(path / "base", data, manifest, identity)
        else:
            _combine(path.parent, links, home, identity, fast=fast)
        _verify(data)
        _set_recovery(data, to, wal)
        (home / "postgres.passwords").write_bytes(passwords.read_bytes())
        (home / "postgres.passwords").chmod(0o600)
        _hand_over(home, data)
        server = embedded.start(home, fast=fast)
    except BaseException:
        shutil.rmtree(home, ignore_errors=True)
        raise
    _wait_until_recovered(server)
    return server


def _unpack(source: Path, data: Path, manifest: Manifest, identity: Path | None) -> None:
    data.mkdir(mode=0o700)
    for path in sorted(source.rglob("*")):
        target = data / path.relative_to(source)
        if path.is_dir():
            target.mkdir(mode=0o700, exist_ok=True)
        elif manifest.encrypted and path.name != chain.LIST.name:
            opened = target.with_name(target.name.removesuffix(sealing.SUFFIX))
            sealing.open_file(path, opened, identity)
        else:
            shutil.copyfile(path, target)


def _combine(
    folder: Path, links: Sequence[Manifest], home: Path, identity: Path | None, *, fast: bool
) -> None:
    """By PostgreSQL's own program, which reads links that are not encrypted where they are."""
    scratch = home / _SCRATCH
    scratch.mkdir(mode=0o700)
    parts = []
    for link in links:
        part = folder / link.name / "base"
        if link.encrypted:
            _unpack(part, scratch / link.name, link, identity)
            part = scratch / link.name
        parts.append(part)
    programs.run(
        [PROGRAMS / "pg_combinebackup", "--manifest-checksums=SHA256", *(["--no-sync"] if fast else []),
         "--output", home / "postgres", *parts],
        url="", says=f"Putting {links[-1].name} together with what it stands on",
    )  # fmt: skip
    shutil.rmtree(scratch)


def make_empty_folders(base: Path) -> None:
    """For a base backup that was where there are only files."""
    for name in _EMPTY:
        (base / name).mkdir(mode=0o700, parents=True, exist_ok=True)


def _verify(data: Path) -> None:
    """By PostgreSQL's own manifest, which knows every file and the log that they need."""
    programs.run(
        [PROGRAMS / "pg_verifybackup", "--quiet", "--no-parse-wal", data],
        url="", says="The check of the copied files",
    )  # fmt: skip


def _set_recovery(data: Path, to: datetime | None, wal: Path | None) -> None:
    if to is None or wal is None:
        return
    kept = data / "archived_wal"
    kept.mkdir(mode=0o700)
    for segment in wal.iterdir():
        shutil.copyfile(segment, kept / segment.name.removesuffix(".partial"))
    (data / "recovery.signal").touch(mode=0o600)
    with (data / "postgresql.auto.conf").open("a") as file:
        file.write(
            "restore_command = 'cp archived_wal/%f %p'\n"
            f"recovery_target_time = '{to.isoformat()}'\n"
            "recovery_target_action = 'promote'\n"
        )


def _hand_over(home: Path, data: Path) -> None:
    """For root: the data belong to the account that the server runs as, as those of a new server would."""
    if os.geteuid() != 0:
        return
    account = account_for(home, home / "nowhere", PROGRAMS)
    account.take(data)


def _wait_until_recovered(server: EmbeddedServer) -> None:
    deadline = time.monotonic() + _RECOVERY_SECONDS
    while True:
        try:
            with psycopg.connect(server.superuser_url) as connection:
                if connection.execute("SELECT pg_is_in_recovery()").fetchone() == (False,):
                    return
        except psycopg.OperationalError as error:
            raise BackupError(
                f"The restored server ended while it replayed its log; {server.home / 'postgres.log'} says "
                "why: mostly the archived log ends before that moment."
            ) from error
        if time.monotonic() > deadline:
            raise BackupError("The restored server is still replaying its log; look into postgres.log.")
        time.sleep(0.1)


def archive_command(owner_url: str, folder: Path, *, slot: str) -> tuple[list[str | Path], Mapping[str, str]]:
    """The program that follows the server's log into ``folder``, with its environment.

    A slot keeps the server from throwing away what has not been fetched; so it must not be left unused.
    """
    major = programs.server_major(owner_url)
    wal = folder / WAL
    wal.mkdir(mode=0o700, parents=True, exist_ok=True)
    command: list[str | Path] = [
        programs.program("pg_receivewal", server_major=major), "--directory", wal, "--slot", slot,
        "--synchronous", "--no-password",
    ]  # fmt: skip
    return command, {**environment(), **programs.login(owner_url)}


def make_slot(owner_url: str, slot: str) -> None:
    """The slot of the archive, unless it is there. Raises InvalidInput for a name that is none."""
    if not slot.replace("_", "a").isalnum() or slot != slot.lower():
        raise InvalidInput("A slot's name is made of small letters, digits and '_'.", field="slot")
    with psycopg.connect(owner_url, autocommit=True) as connection:
        known = connection.execute(
            "SELECT 1 FROM pg_replication_slots WHERE slot_name = %s", (slot,)
        ).fetchone()
        if not known:
            connection.execute("SELECT pg_create_physical_replication_slot(%s, true)", (slot,))


def check_base(path: Path, manifest: Manifest) -> None:
    """Checksums of ours, and of PostgreSQL where nothing is encrypted. Raises BackupDamaged.

    Of this one backup: what an incremental one stands on is checked by itself.
    """
    manifests.check_files(path, manifest)
    if not manifest.encrypted:
        try:
            _verify(path / "base")
        except BackupError as error:
            raise BackupDamaged(f"Of {manifest.name}: {error.message}") from error
