"""Debian's PgBouncer in transaction mode before the databases of the tests, with the settings of deploy/."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

PROGRAM = "/usr/sbin/pgbouncer"
_SETTINGS = Path(__file__).parents[1] / "deploy" / "pgbouncer" / "pgbouncer.ini"


@dataclass
class Pooler:
    process: subprocess.Popen[bytes]
    folder: Path
    port: int

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(30)
        shutil.rmtree(self.folder, ignore_errors=True)


def start(owner_url: str, login: str, password: str) -> Pooler:
    """Before every database of the server, for one login; what is not a place or a port is as in deploy/."""
    parts = conninfo_to_dict(owner_url)
    folder = Path(tempfile.mkdtemp(prefix="dzp"))
    folder.chmod(0o755)
    port = free_port()
    (folder / "users.txt").write_text(f'"{login}" "{password}"\n')
    # Debian's 1.18 knows no prepared statements yet.
    kept = re.sub(
        r"(?m)^(listen_addr|listen_port|auth_file|dentalization|max_prepared_statements) *=.*$",
        "",
        _SETTINGS.read_text(),
    )
    kept = kept.replace("[databases]", f"[databases]\n* = host=127.0.0.1 port={parts.get('port') or 5432}")
    (folder / "pgbouncer.ini").write_text(
        f"{kept}\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nauth_file = {folder}/users.txt\n"
        f"unix_socket_dir =\nserver_idle_timeout = 5\n"
    )
    as_nobody = ["-u", "nobody"] if os.geteuid() == 0 else []
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [PROGRAM, "-q", *as_nobody, str(folder / "pgbouncer.ini")], stdout=log, stderr=log
        )
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return Pooler(process, folder, port)
        time.sleep(0.05)
    process.kill()
    raise AssertionError((folder / "log").read_text())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
