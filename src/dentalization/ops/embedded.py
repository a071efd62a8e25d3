"""The embedded PostgreSQL 18: a real server in the home folder, closed to everybody else on the machine.

In the home folder: ``postgres`` (the data), ``postgres.socket``, ``postgres.passwords``, ``postgres.log`` and
``postgres.lock``. Every login needs its SCRAM password, by socket too. The server outlives this process.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shlex
import socket
import stat
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import IO
from urllib.parse import quote

from dentalization.ops.cluster import (
    DATABASE,
    FAST,
    OWNER,
    PROGRAMS,
    SETTINGS,
    SUPERUSER,
    initialise,
    read_passwords,
    require_same_version,
    write_settings,
)
from dentalization.ops.errors import (
    ServerFolderUnusable,
    ServerNotStarted,
    ServerNotStopped,
    ServerRunsOtherwise,
)
from dentalization.ops.unprivileged import ServerAccount, account_for, environment

START_SECONDS = 300
"""How long a start may take; after a crash it replays what was not yet in the data files."""

_DEFAULT_PORT = 5432
_LONGEST_SOCKET = 100
"""Bytes that every platform allows for the path of a socket."""
_LARGEST_LOG = 20 * 1024 * 1024
_STILL_DYING = ("pre-existing shared memory block", 'lock file "postmaster.pid" already exists')
"""What a start says shortly after a kill -9, until the server and its last children are gone."""
_DYING_SECONDS = 30


@dataclass(frozen=True)
class EmbeddedServer:
    """A running embedded server."""

    home: Path
    account: ServerAccount
    socket_folder: Path
    port: int
    """Part of the socket's name; also the TCP port when ``tcp``."""
    tcp: bool
    """Whether it also answers on 127.0.0.1."""
    passwords: Mapping[str, str] = field(repr=False)

    @property
    def data(self) -> Path:
        return self.home / "postgres"

    @property
    def superuser_url(self) -> str:
        return self.url(SUPERUSER, self.passwords[SUPERUSER], DATABASE)

    @property
    def owner_url(self) -> str:
        """Login of the schema's owner, who may also make logins, read past row-level policies and back up."""
        return self.url(OWNER, self.passwords[OWNER], DATABASE)

    def url(self, user: str, password: str, dbname: str) -> str:
        """The address for libpq and psycopg, by the socket."""
        login = f"{quote(user, safe='')}:{quote(password, safe='')}"
        folder = quote(str(self.socket_folder), safe="")
        return f"postgresql://{login}@/{quote(dbname, safe='')}?host={folder}&port={self.port}"

    def stop(self) -> None:
        """Stop the server, rolling back what is under way. Does nothing when it does not run."""
        with _locked(self.home):
            if _running(self.data) is None:
                return
            answer = self.account.run(
                [PROGRAMS / "pg_ctl", "stop", "-D", ".", "-m", "fast", "-w", "-t", "60"], folder=self.data
            )
            if answer.returncode:
                raise ServerNotStopped(f"The embedded PostgreSQL did not stop: {answer.stdout.strip()}")
            if self.socket_folder.parent != self.home:
                self.socket_folder.rmdir()


def start(
    home: Path,
    *,
    port: int | None = None,
    settings: Mapping[str, str] = MappingProxyType({}),
    fast: bool = False,
) -> EmbeddedServer:
    """Start the server of a home folder, making it first when there is none; attach when it already runs.

    It answers on a socket, and on 127.0.0.1 only when a ``port`` is asked for. ``settings`` go before
    SETTINGS, and an operator's ALTER SYSTEM before both; they count when the server is started, not when it
    is attached to. ``fast`` gives up safety against power loss, for tests. Raises EmbeddedServerError.
    """
    home = home.resolve()
    with _locked(home):
        account = account_for(home, home / "postgres", PROGRAMS)
        if not (home / "postgres").exists():
            initialise(home, account, sync=not fast)
        require_same_version(home / "postgres")
        passwords = read_passwords(home)
        running = _wait_for_answer(home / "postgres")
        if running is None:
            write_settings(home / "postgres", account, {**SETTINGS, **(FAST if fast else {}), **settings})
            running = _launch(home, account, port)
    if port is not None and (not running.tcp or running.port != port):
        raise ServerRunsOtherwise(
            f"The embedded PostgreSQL of {home} already runs "
            f"{f'on port {running.port}' if running.tcp else 'without a TCP port'}; "
            f"stop it before you ask for port {port}."
        )
    return EmbeddedServer(home, account, running.socket_folder, running.port, running.tcp, passwords)


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    """Hold the lock of a home folder, made 0700 when missing: one process at a time starts or stops."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(home / "postgres.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ServerFolderUnusable(
            f"The folder {home} cannot be written ({error.strerror}); "
            "set DENTALIZATION_HOME to one you may write."
        ) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


@dataclass(frozen=True)
class _Running:
    socket_folder: Path
    port: int
    tcp: bool


def _wait_for_answer(data: Path) -> _Running | None:
    """The server that runs, once it answers, or None. It may still be starting, or just be stopping."""
    deadline = time.monotonic() + START_SECONDS
    while running := _running(data):
        if _answers(running):
            return running
        if time.monotonic() > deadline:
            raise ServerNotStarted(
                f"The embedded PostgreSQL runs, but does not answer after {START_SECONDS} s."
            )
        time.sleep(0.05)
    return None


def _running(data: Path) -> _Running | None:
    """Whether the server runs. A listening socket is proof, where a process id may be another process's."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        running = _Running(Path(lines[4]), int(lines[3]), tcp=bool(lines[5]))
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(5)
            client.connect(str(running.socket_folder / f".s.PGSQL.{running.port}"))
    except (FileNotFoundError, ConnectionRefusedError, IndexError, ValueError):
        return None
    except BlockingIOError:
        pass  # Its queue of new connections is full: it listens.
    return running


def _answers(running: _Running) -> bool:
    address = ("-h", running.socket_folder, "-p", str(running.port))
    command: list[str | Path] = [PROGRAMS / "pg_isready", "-q", *address]
    return subprocess.run(command, env=environment(), check=False).returncode == 0


def _launch(home: Path, account: ServerAccount, port: int | None) -> _Running:
    """Start the server's process and wait until it answers."""
    data = home / "postgres"
    started = _Running(_socket_folder(home, account), port or _DEFAULT_PORT, tcp=port is not None)
    quoted = str(started.socket_folder).replace('"', '""')
    options = [
        *("-c", f'unix_socket_directories="{quoted}"'),
        *("-c", "unix_socket_permissions=0777"),
        *("-c", f"listen_addresses={'127.0.0.1' if started.tcp else ''}"),
        *("-c", f"port={started.port}"),
    ]
    # '.', because pg_ctl hands the folder to a shell in double quotes, where a '$' means something.
    command = (PROGRAMS / "pg_ctl", "start", "-D", ".", "-s", "-w", "-t", str(START_SECONDS))
    deadline = time.monotonic() + _DYING_SECONDS
    while True:
        _reap(data)
        with _open_log(home) as log:
            began = log.tell()
            answer = account.run([*command, "-o", shlex.join(options)], folder=data, log=log)
        if answer.returncode == 0:
            return started
        said = (home / "postgres.log").read_bytes()[began:].decode(errors="replace")
        if not any(remark in said for remark in _STILL_DYING) or time.monotonic() > deadline:
            last = "\n".join(said.strip().splitlines()[-12:])
            raise ServerNotStarted(f"The embedded PostgreSQL of {home} did not start:\n{last}")
        time.sleep(0.2)


def _socket_folder(home: Path, account: ServerAccount) -> Path:
    """A folder that only the server's user enters: in the home, or in /tmp when no client could name that.

    The path of a socket has to be short, and to libpq a comma separates one host from the next.
    """
    folder = home / "postgres.socket"
    if len(os.fsencode(folder / f".s.PGSQL.{_DEFAULT_PORT}x")) > _LONGEST_SOCKET or "," in str(folder):
        folder = Path("/", "tmp") / f"dentalization-{hashlib.sha256(os.fsencode(home)).hexdigest()[:16]}"
    try:
        folder.mkdir(mode=0o700)
        account.take(folder)
    except FileExistsError:
        status = folder.lstat()
        # In /tmp anybody could have made it first, to answer in the server's place.
        if (status.st_uid, stat.S_IFMT(status.st_mode)) != (account.uid, stat.S_IFDIR):
            raise ServerFolderUnusable(f"{folder} belongs to somebody else; remove it.") from None
        folder.chmod(0o700)
    return folder


def _open_log(home: Path) -> IO[bytes]:
    path = home / "postgres.log"
    if path.exists() and path.stat().st_size > _LARGEST_LOG:
        path.rename(path.with_suffix(".log.1"))
    log = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")
    log.seek(0, os.SEEK_END)
    return log


def _reap(data: Path) -> None:
    """Let a killed server go if it became a child of this process, as it does for process 1 of a container.

    PostgreSQL takes the remains of a process for a living one and would refuse to start.
    """
    with suppress(FileNotFoundError, IndexError, ValueError, ChildProcessError):
        os.waitpid(int((data / "postmaster.pid").read_text().splitlines()[0]), os.WNOHANG)


def is_running(home: Path) -> bool:
    """Whether a server is at work for this home."""
    return _running(home / "postgres") is not None
