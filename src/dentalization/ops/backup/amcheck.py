"""Whether every table and B-tree index of a restored database can be read and agrees with the others."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg

from dentalization.ops.backup import programs
from dentalization.ops.backup.errors import BackupDamaged, BackupError, ProgramMissing

PASSED = "passed"
DAMAGED = "damaged"
NOT_RUN = "not run"

_CORRUPTION = 2
"""Exit code of pg_amcheck that found some; 1 is that it could not look."""
_RELATION = re.compile(r"(?:heap table|btree index) \"(?P<relation>.+?)\"(?:, .*)?:")
_TOLD = 5


@dataclass(frozen=True)
class Pages:
    """``result`` is PASSED, DAMAGED or NOT_RUN; ``detail`` says why, ``relations`` which are damaged."""

    result: str
    detail: str = ""
    relations: tuple[str, ...] = ()
    seconds: float = 0.0


def check(superuser_url: str) -> Pages:
    """Reads all tables and B-tree indexes of the database with pg_amcheck, when nobody else uses it.

    Whole, also: every row is looked for in each index, and each index from its parent pages downwards. The
    extension amcheck is made for it, and removed again. Raises BackupError where pg_amcheck cannot do it.
    """
    began = time.monotonic()
    try:
        pg_amcheck = programs.program("pg_amcheck", server_major=programs.server_major(superuser_url))
        with _extension(superuser_url) as there:
            if not there:
                return Pages(NOT_RUN, "This server has no extension 'amcheck'; install PostgreSQL's contrib.")
            answer = programs.answer(
                [pg_amcheck, "--no-password", "--heapallindexed", "--parent-check",
                 f"--jobs={os.cpu_count() or 1}"],
                url=superuser_url,
            )  # fmt: skip
    except ProgramMissing as error:
        return Pages(NOT_RUN, error.message)
    except psycopg.errors.InsufficientPrivilege:
        return Pages(NOT_RUN, "This login may not make the extension 'amcheck'; a superuser may.")
    seconds = round(time.monotonic() - began, 3)
    if answer.returncode == 0:
        return Pages(PASSED, seconds=seconds)
    said = answer.stdout.decode(errors="replace").strip().splitlines()
    if answer.returncode != _CORRUPTION:
        raise BackupError(f"pg_amcheck did not succeed: {programs.last_words(answer)}")
    damaged = tuple(dict.fromkeys(found["relation"] for line in said if (found := _RELATION.match(line))))
    return Pages(DAMAGED, " ".join(" ".join(said[:_TOLD]).split()), damaged, seconds)


def require_whole(pages: Pages) -> None:
    """Raises BackupDamaged, naming what is damaged."""
    if pages.result == DAMAGED:
        raise BackupDamaged(f"pg_amcheck found damage in {', '.join(pages.relations)}: {pages.detail}")


@contextmanager
def _extension(url: str) -> Iterator[bool]:
    """Whether the database has it while this is open."""
    with psycopg.connect(url, autocommit=True) as connection:
        known = connection.execute(
            "SELECT installed_version IS NOT NULL FROM pg_available_extensions WHERE name = 'amcheck'"
        ).fetchone()
        if known == (False,):
            connection.execute("CREATE EXTENSION amcheck")
        try:
            yield known is not None
        finally:
            if known == (False,):
                connection.execute("DROP EXTENSION amcheck")
