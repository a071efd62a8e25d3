"""``python -m tests.ops.squawk``: refuses migrations that lock a table which people are using.

Every migration after BASELINE is written out as SQL, without a database, and given to squawk. Those up to it
were made before the first release: no service ran on them that they could have stopped.
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import Script

from dentalization.ops import migrations, schema_objects

BASELINE = "20261123_waiting"

# What squawk cannot know: each migration is one transaction, with a lock_timeout (migrations/env.py), and our
# style of columns is another than the one that it proposes.
EXCLUDED = (
    "require-timeout-settings",
    "prefer-robust-stmts",
    "prefer-bigint-over-int",
    "prefer-text-field",
    "prefer-identity",
    "ban-drop-table",  # in a migration of the phase 'after' nothing uses it any more
)


def main() -> int:
    program = shutil.which("squawk", path=f"{Path(sys.executable).parent}") or shutil.which("squawk")
    if program is None:
        print("squawk is missing; install the tools of requirements.txt.", file=sys.stderr)
        return 2
    return look(program, list(fresh()))


def fresh() -> Iterator[Script]:
    """Migrations after BASELINE, in their order."""
    found = list(migrations.scripts())
    names = [script.revision for script in found]
    yield from found[names.index(BASELINE) + 1 :]


def look(program: str, scripts: list[Script]) -> int:
    """squawk's exit code; 0 where there is nothing to look at."""
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for script in scripts:
            files.append(Path(folder, f"{script.revision}.sql"))
            files[-1].write_text(sql_of(script))
        if not files:
            return 0
        command = [program, "--assume-in-transaction", "--exclude", ",".join(EXCLUDED), *map(str, files)]
        return subprocess.run(command, check=False).returncode


def sql_of(script: Script) -> str:
    """What its ``upgrade`` sends, without a database."""
    written = io.StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": written}
    )
    schema_objects.__name__  # noqa: B018 - registers the operations of our own
    with Operations.context(context):
        script.module.upgrade()
    return written.getvalue()


if __name__ == "__main__":
    sys.exit(main())
