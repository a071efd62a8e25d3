"""The mark by which a database says that it is for development: a remark in its comment.

A setting of the database would need a superuser. A comment needs the database's owner, and is neither copied
to a database made from this one as a template nor restored from a dump of one database.
"""

from __future__ import annotations

import psycopg
from psycopg import sql

from dentalization.ops.errors import NotDevelopment

_MARK = "[dentalization: development]"
_COMMENT = """SELECT d.datname, coalesce(shobj_description(d.oid, 'pg_database'), '')
FROM pg_database d WHERE d.datname = current_database()"""


def mark_development(owner_url: str) -> None:
    """Allows ``db reset`` and ``db seed``. Raises NotDevelopment unless the login owns the database."""
    with psycopg.connect(owner_url) as connection:
        name, comment = _comment(connection)
        if _MARK in comment:
            return
        try:
            connection.execute(
                sql.SQL("COMMENT ON DATABASE {} IS {}").format(
                    sql.Identifier(name), sql.Literal(f"{comment} {_MARK}".strip())
                )
            )
        except psycopg.errors.InsufficientPrivilege as error:
            raise NotDevelopment(
                f"Only the owner of the database '{name}' can mark it as one for development."
            ) from error


def is_development(owner_url: str) -> bool:
    with psycopg.connect(owner_url) as connection:
        return _MARK in _comment(connection)[1]


def refuse_unless_development(owner_url: str) -> None:
    """Raises NotDevelopment."""
    if not is_development(owner_url):
        raise NotDevelopment


def _comment(connection: psycopg.Connection[tuple[str, str]]) -> tuple[str, str]:
    found = connection.execute(_COMMENT).fetchone()
    assert found is not None
    return found
