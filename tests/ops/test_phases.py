"""Migrations of a service that must not stop: when each is applied, and that none locks a table in use."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.script import Script
from tests.conftest import Urls
from tests.ops import squawk
from tests.program import COMMAND, without_settings

from dentalization.ops import migrations
from dentalization.ops.migrations import Fitting, Phase

MIGRATION = '''"""A test's."""

from alembic import op

revision = "{revision}"
down_revision = "{before}"
branch_labels = None
depends_on = None
phase = "{phase}"


def upgrade() -> None:
    op.run_sql("""{statement}""")


def downgrade() -> None:
    pass
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the migrations, which may be added to."""
    copy = tmp_path / "migrations"
    shutil.copytree(migrations._folder(), copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(migrations, "_folder", lambda: copy)
    return copy


def add(folder: Path, revision: str, phase: str, statement: str = "SELECT 1") -> Script:
    text = MIGRATION.format(
        revision=revision, before=migrations.newest_revision(), phase=phase, statement=statement
    )
    (folder / "versions" / f"{revision}.py").write_text(text)
    return list(migrations.scripts())[-1]


def test_every_migration_says_when_it_is_applied(folder: Path) -> None:
    for script in migrations.scripts():
        assert migrations.phase_of(script) in Phase, script.revision
    with pytest.raises(ValueError, match="soon"):
        migrations.phase_of(add(folder, "test_soon", "soon"))


def test_a_new_migration_says_it_too(fresh_urls: Urls, folder: Path) -> None:
    assert 'phase = "before"' in migrations.new(fresh_urls.owner, "Nothing to do").read_text()


def test_what_breaks_the_old_code_waits_until_that_is_gone(fresh_urls: Urls, folder: Path) -> None:
    newest = migrations.newest_revision()
    add(folder, "test_1", "before")
    add(folder, "test_2", "after")
    add(folder, "test_3", "before")
    found = migrations.status(fresh_urls.owner)
    assert [(one.revision, one.phase.value) for one in found.waiting] == [
        ("test_1", "before"), ("test_2", "after"), ("test_3", "before")
    ]  # fmt: skip
    assert found.current == newest
    for _ in range(2):
        found = migrations.migrate(fresh_urls.owner, only=Phase.BEFORE)
        assert found.current == "test_1"
    assert [one.revision for one in found.waiting] == ["test_2", "test_3"]
    assert migrations.migrate(fresh_urls.owner).waiting == ()


def test_a_program_serves_on_the_schemas_that_suit_it(folder: Path) -> None:
    known = [script.revision for script in migrations.scripts()]
    add(folder, "test_1", "before")
    add(folder, "test_2", "after")
    found = migrations.fitting()
    assert found.fits("test_1"), "what comes after the code need not be there yet"
    assert found.fits("test_2")
    assert not found.fits(known[-1]), "what it needs is missing"
    assert not found.fits(None)
    assert found.fits("of a newer program"), "whose migrations so far are such as come before its code"
    assert Fitting(frozenset(), frozenset()).fits(None) is False


def test_the_command_shows_what_waits(fresh_urls: Urls) -> None:
    migrations.downgrade(fresh_urls.owner, "-1")

    def run(*words: str) -> tuple[int, dict[str, object]]:
        answer = subprocess.run(
            [*COMMAND, "db", *words, "--json"],
            env={**without_settings(), "DATABASE_OWNER_URL": fresh_urls.owner},
            capture_output=True,
            text=True,
            check=False,
        )
        return answer.returncode, json.loads(answer.stdout)

    code, document = run("status")
    assert code == 1
    last = list(migrations.scripts())[-1]
    assert document["waiting"] == [{"revision": last.revision, "phase": str(migrations.phase_of(last))}]
    assert run("migrate", "--before-code")[0] == 0


PROGRAM = shutil.which("squawk", path=str(Path(sys.executable).parent)) or shutil.which("squawk")
needs_squawk = pytest.mark.skipif(PROGRAM is None, reason="squawk is missing")


@needs_squawk
@pytest.mark.parametrize(
    ("statement", "refused"),
    [
        ("CREATE INDEX photos_test ON photos (created_at);", True),
        ("ALTER TABLE photos ADD COLUMN test text NOT NULL;", True),
        ("ALTER TABLE photos ALTER COLUMN photo_url TYPE varchar(9);", True),
        ("ALTER TABLE photos ADD CONSTRAINT test CHECK (photo_url <> '');", True),
        ("ALTER TABLE photos ADD CONSTRAINT test CHECK (photo_url <> '') NOT VALID;", False),
        ("ALTER TABLE photos ADD COLUMN test text;", False),
        (
            "CREATE TABLE test (id text PRIMARY KEY, at date); CREATE INDEX test_at ON test (at);",
            False,
        ),
    ],
)
def test_what_locks_a_table_in_use_is_refused(folder: Path, statement: str, refused: bool) -> None:
    script = add(folder, "test_1", "before", statement)
    assert [one.revision for one in squawk.fresh()][-1] == script.revision
    assert PROGRAM is not None
    assert bool(squawk.look(PROGRAM, [script])) is refused


@needs_squawk
def test_our_own_migrations_lock_nothing() -> None:
    assert squawk.main() == 0
    mail = next(one for one in migrations.scripts() if one.revision == "20261123_mail")
    assert "CREATE TABLE mail_tokens" in squawk.sql_of(mail)
