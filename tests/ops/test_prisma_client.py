"""The real Prisma Client 7 reads and writes this database under the field names of the data model."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import dict_row
from tests.conftest import Urls

from dentalization.db.ids import is_id
from dentalization.db.objects import SERVICE_ROLE
from dentalization.db.row import camel
from dentalization.ops import roles
from dentalization.ops.schema import prisma_schema

PACKAGES = ("prisma@7", "@prisma/client@7", "@prisma/adapter-pg@7", "pg@8", "tsx@4")
SCRIPT = Path(__file__).with_name("prisma_client.mts")
_VARIABLES = {
    "host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE",
}  # fmt: skip

pytestmark = [pytest.mark.prisma, pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """Installed once for each user of the machine; whole or not at all."""
    cache = Path(tempfile.gettempdir()) / f"dentalization-prisma-7-{os.getuid()}"
    if not cache.exists():
        npm = shutil.which("npm")
        if npm is None:
            _give_up("npm is missing")
        staging = Path(tempfile.mkdtemp(prefix=cache.name))
        # Without their install scripts: those download programs that only Prisma's migrations need.
        command = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund", *PACKAGES]
        answer = subprocess.run(command, cwd=staging, capture_output=True, text=True, check=False)
        if answer.returncode:
            shutil.rmtree(staging)
            _give_up(f"npm could not install Prisma Client: {answer.stderr[-500:]}")
        with contextlib.suppress(OSError):  # another run was sooner
            staging.rename(cache)
    assert cache.stat().st_uid == os.getuid(), f"somebody else's folder: {cache}"
    return cache / "node_modules"


def _give_up(reason: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(f"{reason}; install Node.js 20.19 or later to test with the real Prisma Client")


@pytest.fixture
def service_url(fresh_urls: Urls) -> Iterator[str]:
    """A login that passes the policies, as 'db url --role service --create' makes it."""
    login = f"dentalization_test_service_{secrets.token_hex(4)}"
    url = make_conninfo(fresh_urls.owner, user=login, password=secrets.token_hex(12))
    with psycopg.connect(fresh_urls.owner, autocommit=True) as connection:
        roles.ensure_login(connection, url, group=SERVICE_ROLE)
        yield url
        connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(login)))


@pytest.fixture
def answers(node_modules: Path, service_url: str, tmp_path: Path) -> dict[str, Any]:
    """What the script was answered."""
    (tmp_path / "schema.prisma").write_text(prisma_schema())
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "node_modules").symlink_to(node_modules)
    shutil.copy(SCRIPT, tmp_path)
    environment = {
        **os.environ,
        **{_VARIABLES[name]: str(value) for name, value in conninfo_to_dict(service_url).items()},
        # Generating a client needs no schema engine, but looks for one.
        "PRISMA_SCHEMA_ENGINE_BINARY": shutil.which("true") or "",
        "CHECKPOINT_DISABLE": "1",
    }  # fmt: skip
    _run(node_modules, ["prisma", "generate", "--schema", "schema.prisma"], tmp_path, environment)
    printed = _run(node_modules, ["tsx", SCRIPT.name], tmp_path, environment)
    found: dict[str, Any] = json.loads(printed)
    return found


def _run(node_modules: Path, command: list[str], folder: Path, environment: dict[str, str]) -> str:
    program, *arguments = command
    answer = subprocess.run(
        [node_modules / ".bin" / program, *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return answer.stdout


def test_prisma_client_and_sql_see_the_same(fresh_urls: Urls, answers: dict[str, Any]) -> None:
    with psycopg.connect(fresh_urls.owner, row_factory=dict_row) as owner:
        _compare_rows(owner, answers["everything"])
        _compare_queries(owner, answers)
    _check_review(answers["reviewed"])
    assert answers["left"] == {"patients": 1, "appointments": 1}, "deleting a user deletes what is theirs"


def _compare_rows(owner: psycopg.Connection[dict[str, Any]], everything: dict[str, Any]) -> None:
    """Every field of every row, but for those that the last step of the script deleted."""
    for table, seen in everything.items():
        stored = {row["id"]: _as_json(row) for row in owner.execute(f"SELECT * FROM {table}")}
        assert stored, table
        assert stored == {row["id"]: row for row in seen if row["id"] in stored}, table
        assert all(is_id(row["id"]) for row in seen), "Prisma's cuid() has the form of our own ids"


def _compare_queries(owner: psycopg.Connection[dict[str, Any]], answers: dict[str, Any]) -> None:
    queries, doctor, patient = answers["queries"], answers["doctorId"], answers["patientId"]
    user = queries["user"]
    assert user["doctorProfile"]["id"] == doctor
    assert user["doctorProfile"]["subspecialties"] == ["endodontics", 'a "quoted", one']
    assert user["patientProfile"] is None

    history = owner.execute(
        "SELECT id FROM ai_diagnoses WHERE patient_id = %s ORDER BY created_at DESC LIMIT 10", (patient,)
    )
    assert [row["id"] for row in queries["diagnoses"]] == [row["id"] for row in history]
    assert queries["diagnoses"][0]["doctor"] == {
        "firstName": "Dr. Budi", "lastName": "Santoso", "specialization": "General Dentistry",
    }  # fmt: skip

    names = sorted(row["patient"]["lastName"] for row in queries["patients"])
    assert names == ["another@example.com", "patient@example.com"]
    assert {row["patient"]["dateOfBirth"] for row in queries["patients"]} == {"1990-02-28T00:00:00.000Z"}

    # The two diagnoses of the patient who was deleted afterwards are both new and pending.
    counted = owner.execute(
        "SELECT status::text, count(*) FROM ai_diagnoses WHERE doctor_id = %s "
        "AND created_at >= now() - interval '30 days' GROUP BY status",
        (doctor,),
    )
    expected = {row["status"]: row["count"] for row in counted}
    expected["PENDING"] += 2
    assert {row["status"]: row["_count"]["id"] for row in queries["stats"]} == expected


def _check_review(reviewed: dict[str, Any]) -> None:
    before, after = reviewed["before"], reviewed["after"]
    assert (before["status"], after["status"]) == ("PENDING", "CONFIRMED")
    assert after["updatedAt"] > before["updatedAt"]
    assert after["createdAt"] == before["createdAt"]
    assert after["metadata"] == {"model": "m", "nested": {"a": [1]}}
    assert reviewed["confirmed"] == [{"id": after["id"]}]
    assert reviewed["withJson"] == 14
    assert reviewed["withSubspecialty"] == 1


def _as_json(row: dict[str, Any]) -> dict[str, Any]:
    return {camel(name): _value(value) for name, value in row.items()}


def _value(value: Any) -> Any:
    """As JSON.stringify writes it: times in UTC with three digits, dates as their midnight."""
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, dt.date):
        return f"{value.isoformat()}T00:00:00.000Z"
    return value
