"""Seals again, under the current key, what is sealed under another one or not at all.

Batch by batch, each its own transaction, so that it can be stopped and begun again at any time; a text that
somebody changes meanwhile is left to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from dentalization import catalog
from dentalization.db.sealed import OWNER, sealed_columns
from dentalization.profiles.errors import InvalidPhone
from dentalization.profiles.phone_tables import PHONE
from dentalization.profiles.phones import e164
from dentalization.sealing.errors import ChangedValue, UnknownKey
from dentalization.sealing.keyring import Keyring, key_of

BATCH = 500
# Trusted from the owner of the tables alone: what is only sealed anew keeps its version.
_QUIETLY = "SELECT set_config('app.resealing', 'on', true)"

_Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Resealed:
    """``by_key`` counts all sealed values by the id of their key, and those that are not sealed under ''."""

    rows: int
    by_key: Mapping[str, int]


def reseal(owner_url: str, keyring: Keyring, *, progress: Callable[[int, int], None]) -> Resealed:
    """Brings every sealed column under the current key, telling (done, total) rows.

    Safe while servers run; what they write meanwhile under an older key is found by the next run. Raises
    UnknownKey and ChangedValue for a text that does not open: what was done before stays done.
    """
    rows = 0
    with psycopg.connect(owner_url, autocommit=True) as connection:
        current = keyring.current.id
        total = sum(_waiting(connection, table, columns, current) for table, columns in _tables())
        progress(0, total)
        for table, columns in _tables():
            for done in _table(connection, keyring, table, columns, current):
                rows += done
                progress(min(rows, total), total)
        return Resealed(rows, usage(connection))


def usage(connection: _Connection) -> dict[str, int]:
    """How many values each key has sealed; '' stands for those that are not sealed."""
    found: dict[str, int] = {}
    for table, columns in _tables():
        for column in columns:
            statement = sql.SQL(
                "SELECT CASE WHEN {column} LIKE 'sealed:1:%' THEN split_part({column}, ':', 3) ELSE '' END, "
                "count(*) FROM {table} WHERE {column} IS NOT NULL GROUP BY 1"
            ).format(column=sql.Identifier(column), table=sql.Identifier(table))
            for key, count in connection.execute(statement).fetchall():
                found[key] = found.get(key, 0) + count
    return dict(sorted(found.items()))


def _tables() -> list[tuple[str, tuple[str, ...]]]:
    return list(sealed_columns(catalog.metadata).items())


def _needs_it(columns: Sequence[str]) -> sql.Composed:
    """The condition that any of the columns is not under the current key."""
    return sql.SQL(" OR ").join(
        sql.SQL("({column} IS NOT NULL AND NOT starts_with({column}, %(mark)s))").format(
            column=sql.Identifier(column)
        )
        for column in columns
    )


def _mark(current: str) -> str:
    return f"sealed:1:{current}:"


def _waiting(connection: _Connection, table: str, columns: Sequence[str], current: str) -> int:
    statement = sql.SQL("SELECT count(*) FROM {} WHERE {}").format(sql.Identifier(table), _needs_it(columns))
    found = connection.execute(statement, {"mark": _mark(current)}).fetchone()
    return int(found[0]) if found else 0


def _table(
    connection: _Connection, keyring: Keyring, table: str, columns: Sequence[str], current: str
) -> Iterator[int]:
    """Rows done, batch by batch along the key; what a concurrent write has taken is looked at once more."""
    page = sql.SQL(
        "SELECT {owner}, {columns} FROM {table} WHERE {owner} > %(after)s AND ({needs}) "
        "ORDER BY {owner} LIMIT %(batch)s"
    ).format(
        owner=sql.Identifier(OWNER),
        columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
        table=sql.Identifier(table),
        needs=_needs_it(columns),
    )
    change = _change(table, columns)
    missed = True
    while missed:
        missed, after = False, ""
        while rows := connection.execute(
            page, {"after": after, "mark": _mark(current), "batch": BATCH}
        ).fetchall():
            done = _batch(connection, keyring, table, columns, change, rows)
            missed = missed or done < len(rows)
            after = rows[-1][0]
            yield done


def _change(table: str, columns: Sequence[str]) -> sql.Composed:
    """One statement a batch; a row is changed only where every column still holds what was read."""
    names = [sql.Identifier(name) for name in columns]
    new = [sql.Identifier(f"new_{name}") for name in columns]
    old = [sql.Identifier(f"old_{name}") for name in columns]
    return sql.SQL(
        "UPDATE {table} AS t SET {changes} FROM unnest({arrays}) AS n ({owner}, {read}) "
        "WHERE t.{owner} = n.{owner} AND {unchanged} RETURNING t.{owner}"
    ).format(
        table=sql.Identifier(table),
        owner=sql.Identifier(OWNER),
        changes=sql.SQL(", ").join(
            sql.SQL("{} = n.{}").format(name, value) for name, value in zip(names, new, strict=True)
        ),
        arrays=sql.SQL(", ").join([sql.SQL("%s::text[]")] * (1 + 2 * len(columns))),
        read=sql.SQL(", ").join([*old, *new]),
        unchanged=sql.SQL(" AND ").join(
            sql.SQL("t.{} IS NOT DISTINCT FROM n.{}").format(name, value)
            for name, value in zip(names, old, strict=True)
        ),
    )


def _batch(
    connection: _Connection,
    keyring: Keyring,
    table: str,
    columns: Sequence[str],
    change: sql.Composed,
    rows: Sequence[tuple[Any, ...]],
) -> int:
    """The number of rows that were changed; the others somebody else has changed meanwhile."""
    opened = {row[0]: _opened(keyring, table, columns, row) for row in rows}
    sealed = [_sealed(keyring, table, columns, row, opened[row[0]]) for row in rows]
    arrays = [*map(list, zip(*rows, strict=True)), *map(list, zip(*sealed, strict=True))]
    with connection.transaction():
        connection.execute(_QUIETLY)
        changed = [str(owner) for (owner,) in connection.execute(change, arrays).fetchall()]
        if table == "patient_profiles":
            phone = columns.index("phone")
            _index_phones(connection, keyring, {owner: opened[owner][phone] for owner in changed})
    return len(changed)


def _opened(keyring: Keyring, table: str, columns: Sequence[str], row: tuple[Any, ...]) -> list[str | None]:
    owner, *values = row
    try:
        return [
            None if value is None else keyring.unseal(value, f"{table}.{column}", owner)
            for column, value in zip(columns, values, strict=True)
        ]
    except (UnknownKey, ChangedValue) as error:
        raise type(error)(f"{table}, row {owner}: {error.message}") from None


def _sealed(
    keyring: Keyring, table: str, columns: Sequence[str], row: tuple[Any, ...], opened: Sequence[str | None]
) -> list[str | None]:
    """What is under the current key already stays as it is."""
    owner, *values = row
    current = keyring.current.id
    return [
        value
        if value is None or text is None or key_of(value) == current
        else keyring.seal(text, f"{table}.{column}", owner)
        for column, value, text in zip(columns, values, opened, strict=True)
    ]


def _index_phones(connection: _Connection, keyring: Keyring, phones: Mapping[str, str | None]) -> None:
    """In the transaction that has locked the profiles. What is no number of any country is not found by."""
    digests = {owner: keyring.digest(number, PHONE) for owner, number in _numbers(phones)}
    without = [owner for owner in phones if owner not in digests]
    connection.execute("DELETE FROM patient_phone_index WHERE patient_id = ANY(%s)", (without,))
    connection.execute(
        "INSERT INTO patient_phone_index (patient_id, digest) SELECT * FROM unnest(%s::text[], %s::text[]) "
        "ON CONFLICT (patient_id) DO UPDATE SET digest = excluded.digest",
        (list(digests), list(digests.values())),
    )


def _numbers(phones: Mapping[str, str | None]) -> Iterator[tuple[str, str]]:
    for owner, phone in phones.items():
        if phone:
            with suppress(InvalidPhone):
                yield owner, e164(phone, field="phone")
