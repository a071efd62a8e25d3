from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

import dentalization
from dentalization.ops.cluster import DATABASE, OWNER, SUPERUSER
from dentalization.ops.embedded import EmbeddedServer, start
from dentalization.ops.errors import (
    EmbeddedServerError,
    ServerFolderUnusable,
    ServerNotStarted,
    ServerRunsOtherwise,
    ServerVersionDiffers,
)
from dentalization.ops.unprivileged import account_for

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as somebody else")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    started = start(tmp_path_factory.mktemp("embedded") / "home", fast=True)
    yield started
    started.stop()


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder near the root, as pytest's own are too deep for a socket."""
    folder = Path(tempfile.mkdtemp(prefix="dz"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose server was made and stopped: copying it is quicker than making another."""
    home = tmp_path_factory.mktemp("made") / "home"
    start(home, fast=True).stop()
    return home


@pytest.fixture
def own(short: Path, made: Path) -> Iterator[EmbeddedServer]:
    """A server that the test may harm, in a home that shells and configuration files find hard to quote."""
    home = short / 'it\'s a "$HOME" 100%'
    subprocess.run(["cp", "-a", made, home], check=True)
    started = start(home, fast=True)
    yield started
    started.stop()


def ask(url: str, statement: str) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(statement.encode()).fetchone()
        assert row is not None
        return row[0]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_owner_and_superuser_may_sign_in(server: EmbeddedServer) -> None:
    assert ask(server.owner_url, "SELECT current_user") == OWNER
    assert ask(server.superuser_url, "SELECT current_user") == SUPERUSER
    assert ask(server.superuser_url, "SELECT current_setting('server_version_num')::int / 10000") == 18


def test_owner_is_not_superuser_but_makes_logins_and_tables(server: EmbeddedServer) -> None:
    assert ask(server.owner_url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    with psycopg.connect(server.owner_url) as connection:
        connection.execute("CREATE ROLE app LOGIN PASSWORD 'app password'")
        connection.execute("CREATE TABLE tooth (number int); GRANT SELECT ON tooth TO app")
        connection.execute("CREATE EXTENSION btree_gist; CREATE EXTENSION pg_trgm")
    assert ask(server.url("app", "app password", DATABASE), "SELECT count(*) FROM tooth") == 0


@pytest.mark.parametrize("password", ["wrong", ""])
def test_login_without_the_right_password_is_refused(server: EmbeddedServer, password: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(server.url(SUPERUSER, password, DATABASE))


def test_every_way_in_asks_for_scram(server: EmbeddedServer) -> None:
    methods = "SELECT array_agg(DISTINCT auth_method) FROM pg_hba_file_rules"
    assert ask(server.superuser_url, methods) == ["scram-sha-256"]
    stored = f"SELECT rolpassword FROM pg_authid WHERE rolname = '{OWNER}'"
    assert str(ask(server.superuser_url, stored)).startswith("SCRAM-SHA-256$")


def test_variables_for_another_server_do_no_harm(
    own: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.stop()
    for name, value in (("PGPORT", "none"), ("PGDATA", "/nowhere"), ("PGSERVICE", "none")):
        monkeypatch.setenv(name, value)
    assert start(own.home, fast=True) == own == start(own.home, fast=True)


def test_url_keeps_strange_characters(server: EmbeddedServer) -> None:
    password = "a/b:c@d?e&f%20 ü"
    with psycopg.connect(server.superuser_url, autocommit=True) as connection:
        connection.execute("CREATE ROLE \"o'neil@x\" LOGIN PASSWORD 'a/b:c@d?e&f%20 ü'")
    assert ask(server.url("o'neil@x", password, DATABASE), "SELECT current_user") == "o'neil@x"


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("data_checksums", "on"),
        ("server_encoding", "UTF8"),
        ("shared_preload_libraries", "pg_stat_statements"),
        ("password_encryption", "scram-sha-256"),
        ("max_connections", "200"),
        ("TimeZone", "UTC"),
        ("log_min_duration_statement", "500ms"),
        ("log_parameter_max_length", "0"),
        ("log_parameter_max_length_on_error", "0"),
        ("listen_addresses", ""),
        ("fsync", "off"),
    ],
)
def test_setting(server: EmbeddedServer, setting: str, value: str) -> None:
    assert ask(server.superuser_url, f"SELECT current_setting('{setting}')") == value


def test_collation_does_not_depend_on_the_operating_system(server: EmbeddedServer) -> None:
    collation = f"SELECT datlocprovider::text || datlocale FROM pg_database WHERE datname = '{DATABASE}'"
    assert ask(server.superuser_url, collation) == "bC.UTF-8"


def test_log_holds_no_values_of_rows(server: EmbeddedServer) -> None:
    secret = secrets.token_hex(8)
    with psycopg.connect(server.owner_url) as connection:
        connection.execute("CREATE TABLE finding (note text CHECK (note = ''), PRIMARY KEY (note))")
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute("INSERT INTO finding VALUES (%s)", [secret])
    log = (server.home / "postgres.log").read_text()
    assert "violates check constraint" in log
    assert secret not in log


def test_other_users_of_the_machine_can_read_nothing(server: EmbeddedServer) -> None:
    for name in ("postgres", "postgres.socket"):
        assert mode(server.home / name) == 0o700
    for name in ("postgres.passwords", "postgres.log", "postgres.lock", "postgres/dentalization.conf"):
        assert mode(server.home / name) == 0o600
    assert mode(server.home) & 0o007 == 0
    assert not list(server.home.glob("postgres.new*"))


def test_passwords_do_not_show_in_repr(server: EmbeddedServer) -> None:
    assert not any(password in repr(server) for password in server.passwords.values())


def test_second_start_attaches(server: EmbeddedServer) -> None:
    running_since = "SELECT pg_postmaster_start_time()"
    before = ask(server.superuser_url, running_since)
    again = start(server.home, fast=True)
    assert again == server
    assert ask(again.superuser_url, running_since) == before


def test_asking_a_running_server_for_a_port_says_to_stop_it(server: EmbeddedServer) -> None:
    with pytest.raises(ServerRunsOtherwise, match="without a TCP port; stop it"):
        start(server.home, port=6543)


def test_many_starts_at_once_make_one_server(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as threads:
        started = list(threads.map(lambda _: start(tmp_path, fast=True), range(4)))
    try:
        assert all(server == started[0] for server in started)
    finally:
        started[0].stop()


def test_stop_and_start_keep_the_data_and_the_passwords(own: EmbeddedServer) -> None:
    with psycopg.connect(own.owner_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 36 AS tooth")
    own.stop()
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(own.owner_url)
    own.stop()
    assert start(own.home, fast=True) == own
    assert ask(own.owner_url, "SELECT tooth FROM kept") == 36


def test_port_is_local_only_and_settings_are_taken(own: EmbeddedServer) -> None:
    own.stop()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    value = "it's a \\ name"
    server = start(own.home, port=port, settings={"application_name": value, "work_mem": "5MB"}, fast=True)
    address = f"host=127.0.0.1 port={port} dbname={DATABASE} user={OWNER} password={server.passwords[OWNER]}"
    assert ask(address, "SELECT current_setting('listen_addresses')") == "127.0.0.1"
    assert ask(server.owner_url, "SELECT current_setting('work_mem')") == "5MB"
    assert ask(server.owner_url, "SELECT reset_val FROM pg_settings WHERE name = 'application_name'") == value
    with pytest.raises(ServerRunsOtherwise, match=f"on port {port}"):
        start(own.home, port=port + 1)


def test_setting_that_postgresql_refuses_is_shown_with_its_complaint(own: EmbeddedServer) -> None:
    own.stop()
    with pytest.raises(ServerNotStarted, match="no_such_setting"):
        start(own.home, settings={"no_such_setting": "1"})
    start(own.home, fast=True)


def test_operator_s_alter_system_survives_a_restart(own: EmbeddedServer) -> None:
    with psycopg.connect(own.superuser_url, autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET max_connections = 20")
    own.stop()
    start(own.home, fast=True)
    assert ask(own.owner_url, "SELECT current_setting('max_connections')") == "20"


def server_process(server: EmbeddedServer) -> int:
    return int((server.data / "postmaster.pid").read_text().splitlines()[0])


def test_killed_server_recovers_what_was_committed(own: EmbeddedServer) -> None:
    with psycopg.connect(own.owner_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 36 AS tooth")
    os.kill(server_process(own), signal.SIGKILL)
    assert start(own.home, fast=True) == own
    assert ask(own.owner_url, "SELECT tooth FROM kept") == 36
    assert "was not properly shut down" in (own.home / "postgres.log").read_text()


def test_a_full_disk_costs_no_settings(own: EmbeddedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """They keep what people have out of the log."""
    own.stop()
    before = (own.data / "dentalization.conf").read_text()

    def no_room(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as full:
        full.setattr(os, "fsync", no_room)
        with pytest.raises(ServerFolderUnusable, match="No space left"):
            start(own.home, fast=True)
    assert (own.data / "dentalization.conf").read_text() == before
    assert not (own.data / "dentalization.conf.new").exists()
    start(own.home, fast=True)


def test_start_waits_for_the_last_child_of_a_killed_server(own: EmbeddedServer) -> None:
    with psycopg.connect(own.superuser_url) as connection:
        child = connection.info.backend_pid
        os.kill(child, signal.SIGSTOP)
        os.kill(server_process(own), signal.SIGKILL)
        before = (own.home / "postgres.log").stat().st_size

        def resume_once_refused() -> None:
            while b"shared memory block" not in (own.home / "postgres.log").read_bytes()[before:]:
                time.sleep(0.02)
            os.kill(child, signal.SIGCONT)

        resumer = threading.Thread(target=resume_once_refused, daemon=True)
        resumer.start()
        assert start(own.home, fast=True) == own
        resumer.join()


def test_remains_of_a_killed_server_that_nobody_else_collects(own: EmbeddedServer) -> None:
    """As in a container, where this process is number 1 and inherits the server."""
    script = """
        import ctypes, os, signal, sys
        from pathlib import Path
        from dentalization.ops.embedded import start
        PR_SET_CHILD_SUBREAPER = 36
        assert ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
        home = Path(sys.argv[1])
        server = start(home, fast=True)
        process = int((server.data / "postmaster.pid").read_text().splitlines()[0])
        os.kill(process, signal.SIGKILL)
        os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)
        start(home, fast=True)
    """
    own.stop()
    answer = run_python(script, own.home)
    assert answer.returncode == 0, answer.stderr
    assert ask(own.owner_url, "SELECT 1") == 1


def run_python(script: str, home: Path, *prefix: str) -> subprocess.CompletedProcess[str]:
    source = Path(dentalization.__file__).parents[1]
    return subprocess.run(
        [*prefix, sys.executable, "-c", textwrap.dedent(script), str(home)],
        env={**os.environ, "PYTHONPATH": str(source)}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_process_id_of_another_process_is_not_taken_for_the_server(own: EmbeddedServer) -> None:
    pid_file = own.data / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    own.stop()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
    own.account.take(pid_file)
    assert start(own.home, fast=True) == own


def test_half_made_cluster_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "postgres.new").mkdir()
    (tmp_path / "postgres.new" / "PG_VERSION").write_text("18\n")
    (tmp_path / "postgres.new.password").write_text("left behind")
    server = start(tmp_path, fast=True)
    try:
        assert ask(server.owner_url, "SELECT 1") == 1
    finally:
        server.stop()


def test_home_too_deep_for_a_socket(tmp_path: Path) -> None:
    home = tmp_path / ("deep" * 30)
    server = start(home, fast=True)
    try:
        assert ask(server.owner_url, "SELECT 1") == 1
        assert server.socket_folder.parent == Path("/tmp")
        assert mode(server.socket_folder) == 0o700
        assert start(home, fast=True) == server
    finally:
        server.stop()
    server.socket_folder.symlink_to(tmp_path)
    try:
        with pytest.raises(ServerFolderUnusable, match="somebody else"):
            start(home, fast=True)
    finally:
        server.socket_folder.unlink()


def test_home_with_a_comma_which_separates_hosts_in_an_address(short: Path) -> None:
    server = start(short / "Jakarta, Indonesia", fast=True)
    try:
        assert ask(server.owner_url, "SELECT 1") == 1
    finally:
        server.stop()


def test_large_log_is_set_aside(own: EmbeddedServer) -> None:
    own.stop()
    with (own.home / "postgres.log").open("ab") as log:
        log.truncate(21 * 1024 * 1024)
    start(own.home, fast=True)
    assert (own.home / "postgres.log").stat().st_size < 100_000
    assert (own.home / "postgres.log.1").stat().st_size == 21 * 1024 * 1024


def test_data_of_another_version_is_refused(own: EmbeddedServer) -> None:
    own.stop()
    (own.data / "PG_VERSION").write_text("15\n")
    with pytest.raises(
        ServerVersionDiffers, match=re.escape("made by PostgreSQL 15, and this program brings")
    ):
        start(own.home)


def test_folder_without_a_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    if os.geteuid() == 0:
        os.chown(tmp_path / "postgres", 54320, 54320)
    with pytest.raises(ServerFolderUnusable, match="not a PostgreSQL data folder"):
        start(tmp_path)


def test_lost_passwords_are_reported(own: EmbeddedServer) -> None:
    own.stop()
    kept = (own.home / "postgres.passwords").rename(own.home / "kept")
    with pytest.raises(ServerFolderUnusable, match=re.escape("postgres.passwords")):
        start(own.home)
    kept.rename(own.home / "postgres.passwords")


def test_home_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ServerFolderUnusable, match="DENTALIZATION_HOME"):
        start(tmp_path / "file" / "home")


def test_every_error_is_of_one_tree() -> None:
    assert issubclass(ServerFolderUnusable, EmbeddedServerError)


@as_root
def test_root_runs_the_server_as_a_user_without_a_name_or_capabilities(short: Path) -> None:
    short.chmod(0o755)
    server = start(short / "home", fast=True)
    try:
        status = Path(f"/proc/{server_process(server)}/status").read_text()
        assert re.search(r"^CapEff:\s*0+$", status, re.MULTILINE)
        assert f"Uid:\t{server.account.uid}" in status
        assert server.account.uid not in (0, 65534)
        assert server.data.stat().st_uid == server.account.uid
        assert mode(server.home) == 0o710
    finally:
        server.stop()


@as_root
def test_home_behind_a_closed_folder_costs_one_capability(own: EmbeddedServer) -> None:
    own.home.parent.chmod(0o700)
    own.stop()
    server = start(own.home, fast=True)
    status = Path(f"/proc/{server_process(server)}/status").read_text()
    assert re.search(r"^CapEff:\s*0*4$", status, re.MULTILINE)
    assert mode(own.home.parent) == 0o700


@as_root
def test_closed_folder_without_that_capability_is_named_with_the_remedy(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    tmp_path.chmod(0o755)
    script = """
        import sys
        from pathlib import Path
        from dentalization.ops.embedded import start
        start(Path(sys.argv[1]))
    """
    answer = run_python(script, closed / "home", "setpriv", "--bounding-set=-dac_read_search")
    assert answer.returncode == 1
    assert "may not enter" in answer.stderr
    assert "chmod o+x" in answer.stderr


@as_root
def test_programs_that_others_may_not_execute_are_named_with_the_remedy(tmp_path: Path) -> None:
    programs = tmp_path / "pginstall" / "bin"
    programs.mkdir(parents=True)
    (programs / "postgres").touch(mode=0o700)
    with pytest.raises(ServerFolderUnusable, match=r"may not execute .*chmod -R go"):
        account_for(tmp_path, tmp_path / "postgres", programs)


@as_root
def test_group_of_a_shared_home_is_kept(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    group = tmp_path.stat().st_gid
    server = start(tmp_path, fast=True)
    server.stop()
    assert (tmp_path.stat().st_gid, mode(tmp_path)) == (group, 0o751)


@as_root
def test_data_of_root_is_refused(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    with pytest.raises(ServerFolderUnusable, match="belongs to root"):
        start(tmp_path)
