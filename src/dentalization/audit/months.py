"""Months of the audit log: made ahead, and given up when they need not be kept any longer."""

from __future__ import annotations

import re
from datetime import date

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from dentalization.errors import InvalidInput

SHORTEST = 12
"""Months that are always kept."""
_MONTH = re.compile(r"audit_log_(\d{4})(\d{2})")


def months(connection: psycopg.Connection[TupleRow]) -> list[date]:
    """The months that there are, the oldest first."""
    names = connection.execute(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid "
        "WHERE i.inhparent = 'audit_log'::regclass"
    )
    found = (_MONTH.fullmatch(name) for (name,) in names)
    return sorted(date(int(one[1]), int(one[2]), 1) for one in found if one)


def prune(connection: psycopg.Connection[TupleRow], *, keep_months: int, today: date) -> list[date]:
    """Drops whole months older than ``keep_months`` before this one, as the owner; returns them.

    Raises InvalidInput for less than SHORTEST months.
    """
    if keep_months < SHORTEST:
        raise InvalidInput(f"The audit log is kept for at least {SHORTEST} months.", field="keep-months")
    this = today.year * 12 + today.month - 1
    old = [one for one in months(connection) if one.year * 12 + one.month - 1 < this - keep_months]
    with connection.transaction():
        for month in old:
            connection.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(f"audit_log_{month:%Y%m}")))
            connection.execute("DELETE FROM audit_chains WHERE month = %s", (month,))
    return old
