"""``dentalization backup …``"""

from __future__ import annotations

import asyncio
import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from dentalization.cli.backup_words import checked, document_of, pages_of, told
from dentalization.cli.local import Place, used_place
from dentalization.cli.output import Json, err, say
from dentalization.errors import InvalidInput
from dentalization.ops.backup import amcheck, base, create, drill, objects, sealing, upload, verify
from dentalization.ops.backup import folder as folders
from dentalization.ops.backup.amcheck import Pages
from dentalization.ops.backup.manifest import Format, Manifest
from dentalization.ops.backup.restore import restore_dump
from dentalization.ops.backup.retention import Keep
from dentalization.runtime import audit_key
from dentalization.settings import Settings, from_environment
from dentalization.storage.address import open_store
from dentalization.storage.port import ObjectStore

app = typer.Typer(no_args_is_help=True, help="Backups: make, list, verify, restore, and prove by restoring.")

Name = Annotated[str | None, typer.Argument(help="As 'backup list' names it. Default: the newest.")]
Identity = Annotated[
    Path | None, typer.Option(help="File with the secret identity of age that opens encrypted backups.")
]


@app.command("create")
def create_backup(
    format_: Annotated[
        Format, typer.Option("--format", help="'base' copies the whole server.")
    ] = Format.CUSTOM,
    incremental: Annotated[
        bool,
        typer.Option("--incremental", help="With 'base': only what changed since the newest base backup."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Makes a backup of database and pictures, and lets go of those that need not be kept."""
    settings = from_environment()
    with used_place() as place:
        made = asyncio.run(
            create.create(
                owner_url=place.owner_url,
                store=_store(place.settings),
                folder=folders.folder_of(settings),
                format_=format_,
                recipient=settings.backup_recipient,
                incremental=incremental,
                told=_progress(as_json=as_json),
            )
        )
    keep = Keep(settings.backup_keep_days, settings.backup_keep_weeks, settings.backup_keep_months)
    gone, sent = asyncio.run(_after(settings, made, keep))
    words = f"{made.name}: {told(made)}." + (f" Let go: {', '.join(gone)}." if gone else "")
    words += f" Copied to {settings.backup_url}." if sent else ""
    say(words, {**document_of(made), "letGo": gone, "sent": sent}, as_json=as_json)


async def _after(settings: Settings, made: Manifest, keep: Keep) -> tuple[list[str], int]:
    """The copy elsewhere first: nothing is let go before the new one is safe."""
    folder, sent = folders.folder_of(settings), 0
    store = open_store(settings.backup_url) if settings.backup_url else None
    if store:
        sent = await upload.push(store, folder, made)
    gone = await folders.let_go(folder, keep)
    if store:
        await upload.forget(store, gone)
    return gone, sent


@app.command()
def fetch(name: Name = None, as_json: Json = False) -> None:
    """Brings a backup back from DENTALIZATION_BACKUP_URL, with what it stands on; the newest by default."""
    settings = from_environment()
    if not settings.backup_url:
        raise InvalidInput("Set DENTALIZATION_BACKUP_URL to where the copies of backups are.")
    store = open_store(settings.backup_url)
    found = asyncio.run(upload.pull(store, folders.folder_of(settings), name))
    say(f"{found.name} is here: {told(found)}.", document_of(found), as_json=as_json)


@app.command("list")
def list_backups(as_json: Json = False) -> None:
    """Names every backup, the newest first."""
    found = folders.backups(folders.folder_of(from_environment()))
    words = "\n".join(f"{one.name}  {told(one)}" for one in found) or "There is no backup yet."
    say(words, [document_of(one) for one in found], as_json=as_json)


@app.command("verify")
def verify_backup(
    name: Name = None,
    deep: Annotated[
        bool, typer.Option("--deep", help="Restore it for a while, and read every table and index of it.")
    ] = False,
    identity: Identity = None,
    as_json: Json = False,
) -> None:
    """Compares every file and picture with what was written; exit code 1 where one differs."""
    settings = from_environment()
    folder = folders.folder_of(settings)
    path, manifest = folders.find(folder, name)
    asyncio.run(verify.verify(folder, path, manifest, identity=identity))
    document = {"name": manifest.name, "whole": True}
    if not deep:
        say(f"{manifest.name} is whole.", document, as_json=as_json)
        return
    passwords = settings.home / "postgres.passwords"
    with drill.restored(path, manifest, passwords=passwords, identity=identity) as server:
        pages = amcheck.check(server.superuser_url)
    amcheck.require_whole(pages)
    say(f"{manifest.name} is whole; {checked(pages)}.", {**document, **pages_of(pages)}, as_json=as_json)


@app.command("restore")
def restore_backup(
    name: Name = None,
    into: Annotated[
        str, typer.Option(help="Address of an empty database, as its owner. Default: a new one beside ours.")
    ] = "",
    replace: Annotated[
        bool, typer.Option("--replace", help="Let the restored database take the place of ours.")
    ] = False,
    home: Annotated[
        Path | None, typer.Option(help="For a base backup: the new folder in which it becomes a server.")
    ] = None,
    to: Annotated[
        datetime | None, typer.Option(help="For a base backup: the moment (UTC) to go back to.")
    ] = None,
    passwords: Annotated[
        Path | None,
        typer.Option(help="For a base backup: the server's 'postgres.passwords'. Default: ours."),
    ] = None,
    identity: Identity = None,
    as_json: Json = False,
) -> None:
    """Brings a backup back into a new place and checks it; the live database stays, unless --replace."""
    settings = from_environment()
    folder = folders.folder_of(settings)
    path, manifest = folders.find(folder, name)
    if manifest.format is Format.BASE:
        pages = _restore_server(settings, path, manifest, home, to, passwords, identity)
        document = {"name": manifest.name, "home": str(home), "to": to, **pages_of(pages)}
        words = f"{manifest.name} is a server of {home}: set DENTALIZATION_HOME to it; {checked(pages)}."
    else:
        with used_place() as place:
            document = _restore_database(place, path, manifest, into, identity, replace=replace)
        words = (
            f"{manifest.name} is restored: {document['rows']} rows in the database {document['database']}."
        )
    put = asyncio.run(
        objects.restore(
            folder, manifest.objects, _store(settings), encrypted=manifest.encrypted, identity=identity
        )
    )
    say(f"{words} Pictures put back: {put}.", {**document, "objects": put}, as_json=as_json)
    raise typer.Exit(1 if document.get("amcheck") == amcheck.DAMAGED else 0)


def _restore_database(
    place: Place, path: Path, manifest: Manifest, into: str, identity: Path | None, *, replace: bool
) -> dict[str, Any]:
    admin = place.server.superuser_url if place.server and not into else None
    if not into and admin is None:
        raise InvalidInput("Name an empty database of yours: --into postgresql://owner:…@host/name.")
    restored = restore_dump(
        path,
        manifest,
        target_url=into or place.owner_url,
        admin_url=admin,
        replace=replace,
        identity=identity,
    )
    return {
        "name": manifest.name,
        "database": restored.database,
        "rows": restored.rows,
        "replaced": restored.replaced,
    }


def _restore_server(
    settings: Settings,
    path: Path,
    manifest: Manifest,
    home: Path | None,
    to: datetime | None,
    passwords: Path | None,
    identity: Path | None,
) -> Pages:
    """It stays where it is damaged, too: an index can be made anew, and after a loss this may be the best."""
    if home is None:
        raise InvalidInput("A base backup is restored into a new home: --home FOLDER.")
    server = base.restore_base(
        path, manifest, home=home.absolute(), identity=identity,
        passwords=passwords or settings.home / "postgres.passwords",
        to=to and (to if to.tzinfo else to.replace(tzinfo=UTC)), wal=folders.folder_of(settings) / base.WAL,
    )  # fmt: skip
    try:
        return amcheck.check(server.superuser_url)
    finally:
        server.stop()


@app.command("drill")
def drill_backup(name: Name = None, identity: Identity = None, as_json: Json = False) -> None:
    """Restores the newest backup into a server of its own, checks all, and records how long it took."""
    settings = from_environment()
    folder = folders.folder_of(settings)
    path, manifest = folders.find(folder, name)
    found = asyncio.run(
        drill.drill(
            folder, path, manifest, audit_key=audit_key(settings), identity=identity,
            passwords=settings.home / "postgres.passwords", told=_progress(as_json=as_json),
        )
    )  # fmt: skip
    words = (
        f"{found.backup} was restored in {found.restore_seconds:.1f} s and checked after "
        f"{found.recovery_seconds:.1f} s; {found.recovery_point_seconds / 60:.0f} minutes would be lost; "
        f"{checked(Pages(found.amcheck, found.amcheck_detail, seconds=found.amcheck_seconds))}."
        if found.succeeded
        else f"{found.backup} did not stand its drill: {found.problem}"
    )
    say(words, found.to_json(), as_json=as_json)
    raise typer.Exit(0 if found.succeeded else 1)


@app.command()
def archive(
    slot: Annotated[str, typer.Option(help="The replication slot that it uses.")] = "dentalization_archive",
) -> None:
    """Follows the server's write-ahead log into the backup folder until it is stopped."""
    settings = from_environment()
    with used_place() as place:
        base.make_slot(place.owner_url, slot)
        command, environment = base.archive_command(place.owner_url, folders.folder_of(settings), slot=slot)
        err(f"The log is kept in {folders.folder_of(settings) / base.WAL}; stop with Ctrl-C.")
        with subprocess.Popen([str(part) for part in command], env=dict(environment)) as follower:
            try:
                code = follower.wait()
            except KeyboardInterrupt:
                follower.terminate()
                code = 0
    raise typer.Exit(1 if code else 0)


@app.command("new-key")
def new_key(
    file: Annotated[Path, typer.Argument(help="Where the secret identity is written; keep it elsewhere.")],
    as_json: Json = False,
) -> None:
    """Makes a pair of keys: the public one encrypts backups, the secret one alone opens them."""
    identity, recipient = sealing.new_identity()
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise InvalidInput(f"{file} cannot be made ({error.strerror}); name a new file.") from error
    with os.fdopen(descriptor, "w") as out:
        out.write(f"# public key: {recipient}\n{identity}\n")
    say(f"DENTALIZATION_BACKUP_RECIPIENT={recipient}", {"recipient": recipient}, as_json=as_json)


def _store(settings: Settings) -> ObjectStore:
    return open_store(settings.storage_url or str(settings.home / "objects"))


def _progress(*, as_json: bool) -> Any:
    return (lambda _: None) if as_json else (lambda step: err(f"… {step}"))
