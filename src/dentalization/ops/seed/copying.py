"""Many rows at once: columns made as whole arrays, then written by COPY in its text format."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import psycopg
from numpy.typing import NDArray
from psycopg import sql

from dentalization import catalog
from dentalization.db.sealed import OWNER, sealed_columns
from dentalization.ops.seed.plan import Numbers
from dentalization.sealing.keyring import Keyring

NULL = r"\N"

_ESCAPED = re.compile(r"\\([\\tnr])")
_MEANT = {"\\": "\\", "t": "\t", "n": "\n", "r": "\r"}
"""The inverse of ``text``."""
_DIGITS = np.frombuffer(b"0123456789abcdefghijklmnopqrstuvwxyz", dtype=np.uint8)
_ID_LENGTH, _TIME_LENGTH = 25, 9


def ids(chance: np.random.Generator, at: Numbers) -> list[str]:
    """One id for each time, in the format of ``db.ids.new_id``, with the generator's chance."""
    letters = np.empty((len(at), _ID_LENGTH), dtype=np.uint8)
    letters[:, 0] = ord("c")
    rest = at
    for place in range(_TIME_LENGTH, 0, -1):
        rest, digit = np.divmod(rest, len(_DIGITS))
        letters[:, place] = _DIGITS[digit]
    shape = (len(at), _ID_LENGTH - 1 - _TIME_LENGTH)
    letters[:, 1 + _TIME_LENGTH :] = _DIGITS[chance.integers(0, len(_DIGITS), shape, dtype=np.uint8)]
    return [str(word) for word in letters.view(f"S{_ID_LENGTH}")[:, 0].astype(f"U{_ID_LENGTH}").tolist()]


def times(at: Numbers) -> list[str]:
    """Timestamps for a connection whose time zone is UTC."""
    return list(np.datetime_as_string(at.astype("datetime64[ms]")).tolist())


def text(value: str | None) -> str:
    """A value as COPY reads it; nothing and the empty text are NULL."""
    if not value:
        return NULL
    return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def texts(pool: Iterable[str | None]) -> NDArray[Any]:
    """A pool of values, to be indexed by an array."""
    return np.array([text(value) for value in pool], dtype=object)


def pick(chance: np.random.Generator, pool: Sequence[str], count: int) -> list[str]:
    return list(texts(pool)[chance.integers(0, len(pool), count)].tolist())


def copy(
    connection: psycopg.Connection[tuple[object, ...]],
    table: str,
    columns: str,
    lines: Sequence[str],
    keyring: Keyring | None = None,
) -> None:
    """``columns`` are names separated by spaces; each of ``lines`` ends in a line feed.

    Sealed columns are sealed with ``keyring``, or stay in plain text without one.
    """
    if not lines:
        return
    if keyring is not None:
        lines = sealed_lines(table, columns.split(), lines, keyring)
    names = sql.SQL(", ").join(map(sql.Identifier, columns.split()))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)
    with connection.cursor() as cursor, cursor.copy(statement) as stream:
        stream.write("".join(lines))


def sealed_lines(table: str, columns: Sequence[str], lines: Sequence[str], keyring: Keyring) -> Sequence[str]:
    """``lines`` for COPY with the texts of sealed columns sealed."""
    sealed = [columns.index(name) for name in _sealed_columns().get(table, ()) if name in columns]
    if not sealed:
        return lines
    owner, made = columns.index(OWNER), []
    for line in lines:
        values = line[:-1].split("\t")
        for place in sealed:
            if values[place] != NULL:
                plain = _ESCAPED.sub(lambda found: _MEANT[found[1]], values[place])
                values[place] = keyring.seal(plain, f"{table}.{columns[place]}", values[owner])
        made.append("\t".join(values) + "\n")
    return made


@functools.cache
def _sealed_columns() -> dict[str, tuple[str, ...]]:
    return sealed_columns(catalog.metadata)
