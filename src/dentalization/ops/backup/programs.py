"""PostgreSQL's own programs, run as a client whose password stands in no command line."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

import psycopg
from psycopg.conninfo import conninfo_to_dict

from dentalization.ops.backup.errors import BackupError, ProgramMissing
from dentalization.ops.cluster import PROGRAMS
from dentalization.ops.unprivileged import environment

_VARIABLES = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD",
              "dbname": "PGDATABASE", "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT"}  # fmt: skip
_SAID = 12


def program(name: str, *, server_major: int) -> Path:
    """One that is not older than the server: of its own version, ours, or in PATH. Raises ProgramMissing."""
    candidates = [PROGRAMS / name, *(Path(found) for found in (shutil.which(name),) if found)]
    same = Path(f"/usr/lib/postgresql/{server_major}/bin") / name
    for candidate in (same, *candidates):
        if candidate.exists() and major_of(candidate) >= server_major:
            return candidate
    raise ProgramMissing(
        f"No '{name}' of PostgreSQL {server_major} or newer is installed; install the client programs of the "
        "server's version, and put them into PATH."
    )


def major_of(path: Path) -> int:
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout
    return int(re.findall(r"\d+", said)[0])


def server_major(url: str) -> int:
    with psycopg.connect(url) as connection:
        return connection.info.server_version // 10000


def login(url: str) -> Mapping[str, str]:
    """The environment by which libpq's programs reach ``url``: a command line can be read by others."""
    parts = conninfo_to_dict(url)
    return {variable: str(parts[name]) for name, variable in _VARIABLES.items() if parts.get(name)}


def run(
    command: Sequence[str | Path],
    *,
    url: str,
    says: str,
    output: IO[bytes] | None = None,
    source: IO[bytes] | None = None,
) -> None:
    """Runs to its end. Raises BackupError with what the program said; ``says`` is what was tried."""
    found = answer(command, url=url, output=output or subprocess.DEVNULL, source=source)
    if found.returncode:
        raise BackupError(f"{says} did not succeed: {last_words(found)}")


def answer(
    command: Sequence[str | Path],
    *,
    url: str,
    output: IO[bytes] | int = subprocess.PIPE,
    source: IO[bytes] | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """Runs to its end, whatever that is."""
    return subprocess.run(
        [str(part) for part in command],
        env={**environment(), **login(url), "PGOPTIONS": "-c statement_timeout=0"},
        stdin=source or subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.PIPE,
        check=False,
    )


def last_words(found: subprocess.CompletedProcess[bytes]) -> str:
    last = "\n".join(found.stderr.decode(errors="replace").strip().splitlines()[-_SAID:])
    return f"{Path(found.args[0]).name} said\n{last}"
