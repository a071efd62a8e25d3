"""Running PostgreSQL's programs when this process is root, which PostgreSQL refuses to be.

The server then runs as a user id of its own that no account of the machine has, so that no other process can
read its files. initdb insists on an id that has a name, and gets ``nobody`` until the folder is handed over.

The server has to enter its folders. The home folder is ours: it is opened to the server's group alone. Above
it stand folders of other people, such as a /root that only root may enter. Their modes are not ours to
change: the server gets the one capability that passes them, CAP_DAC_READ_SEARCH (measured: it needs
SECBIT_NO_SETUID_FIXUP too, because access(2), with which PostgreSQL looks for its programs, otherwise
ignores capabilities). It lets the server read any file, as root may; only a database
superuser can make it do so.
"""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from dentalization.ops.errors import ServerFolderUnusable

CAP_DAC_READ_SEARCH = 2
"""Number of the capability in linux/capability.h."""

_FIRST_ID = 54320
_ONLY_IT = "-all,+dac_read_search"
_SETPRIV = [
    "setpriv",
    "--securebits=+no_setuid_fixup",
    "--clear-groups",
    f"--inh-caps={_ONLY_IT}",
    f"--ambient-caps={_ONLY_IT}",
    f"--bounding-set={_ONLY_IT}",
]


@dataclass(frozen=True)
class ServerAccount:
    """Who the server's programs run as."""

    uid: int
    gid: int
    switch: bool
    """Whether this process is somebody else and has to change to it."""
    passes_folders: bool = False
    """Whether it needs the capability to enter folders that are closed to it."""

    def run(
        self,
        arguments: Sequence[str | Path],
        *,
        folder: Path = Path("/"),
        text: str | None = None,
        log: IO[bytes] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program in ``folder`` with ``text`` as input; its output goes to ``log`` or the answer."""
        command = [str(argument) for argument in arguments]
        if self.passes_folders:
            command = [*_SETPRIV, f"--reuid={self.uid}", f"--regid={self.gid}", *command]
        plain_switch = self.switch and not self.passes_folders
        return subprocess.run(
            command,
            cwd=folder,
            env=environment(),
            user=self.uid if plain_switch else None,
            group=self.gid if plain_switch else None,
            extra_groups=[] if plain_switch else None,
            input=text,
            stdin=subprocess.DEVNULL if text is None else None,
            stdout=log or subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            check=False,
        )

    def take(self, path: Path) -> None:
        """Make a file, or a folder with all in it, belong to this account."""
        if not self.switch:
            return
        os.chown(path, self.uid, self.gid, follow_symlinks=False)
        if path.is_dir() and not path.is_symlink():
            for child in path.iterdir():
                self.take(child)

    def with_a_name(self) -> ServerAccount:
        """The account for initdb: one that the machine knows by name, in the same group."""
        if not self.switch:
            return self
        try:
            return replace(self, uid=pwd.getpwnam("nobody").pw_uid)
        except KeyError:
            raise ServerFolderUnusable(
                "PostgreSQL cannot be set up by root here, because the machine has no account 'nobody'; "
                "start the program as an ordinary user."
            ) from None


def environment() -> dict[str, str]:
    """This process's environment without a PGPORT, PGDATA or PGSERVICE that is meant for another server."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def account_for(home: Path, data: Path, programs: Path) -> ServerAccount:
    """Who runs the server whose files are in ``data``, inside ``home``: this user, or for root another one.

    Opens ``home`` to the server's group when root owns it. Raises ServerFolderUnusable when the server could
    not enter its folders.
    """
    if os.geteuid() != 0:
        return ServerAccount(os.geteuid(), os.getegid(), switch=False)
    if data.exists():
        owner = data.stat()
        account = ServerAccount(owner.st_uid, owner.st_gid, switch=True)
        if account.uid == 0:
            raise ServerFolderUnusable(f"{data} belongs to root, as whom PostgreSQL never runs; chown it.")
    else:
        number = _unused_id()
        account = ServerAccount(number, number, switch=True)
    if not _may_enter(account, home) and home.stat().st_uid == 0:
        _open_home(home, account)
    _require_executable(programs / "postgres")
    closed = [folder for path in (data, programs / "postgres") for folder in path.parents
              if not _may_enter(account, folder)]  # fmt: skip
    if closed and not _can_pass_on_the_capability():
        raise ServerFolderUnusable(
            f"PostgreSQL cannot run as root, and other users may not enter {closed[-1]}: set "
            "DENTALIZATION_HOME to a folder that they may enter, such as /var/lib/dentalization, or run "
            f"'chmod o+x {closed[-1]}'."
        )
    return replace(account, passes_folders=bool(closed))


def _unused_id() -> int:
    users = {entry.pw_uid for entry in pwd.getpwall()}
    groups = {entry.gr_gid for entry in grp.getgrall()}
    return next(number for number in range(_FIRST_ID, 60_000) if number not in users | groups)


def _may_enter(account: ServerAccount, folder: Path) -> bool:
    status = folder.stat()
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def _open_home(home: Path, account: ServerAccount) -> None:
    mode = stat.S_IMODE(home.stat().st_mode)
    if mode & stat.S_IRWXG:
        # Its group already means something; what lies inside is closed to others by its own mode.
        home.chmod(mode | stat.S_IXOTH)
    else:
        os.chown(home, -1, account.gid)
        home.chmod(mode | stat.S_IXGRP)


def _require_executable(program: Path) -> None:
    # No capability helps here: executing needs the file's own permission.
    if not program.stat().st_mode & stat.S_IXOTH:
        raise ServerFolderUnusable(
            f"PostgreSQL cannot run as root, and other users may not execute {program}: "
            f"run 'chmod -R go+rX {program.parents[2]}'."
        )


def _can_pass_on_the_capability() -> bool:
    status = Path("/proc/self/status")
    if shutil.which("setpriv") is None or not status.exists():
        return False
    effective = next(line for line in status.read_text().splitlines() if line.startswith("CapEff:"))
    return bool(int(effective.split()[1], 16) >> CAP_DAC_READ_SEARCH & 1)
