"""Finds every row of the audit log that was changed, is missing, or stands where it was not written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

import psycopg
from psycopg.rows import TupleRow

from dentalization.audit.chain import START, Entry, as_json, digest

_FIELDS = ", ".join(Entry._fields)
_ROWS = f"SELECT chain, number, previous, hash, {_FIELDS} FROM audit_log ORDER BY chain, number, at"
_CHAINS = "SELECT chain, rows, hash FROM audit_chains ORDER BY chain"
_AT_ONCE = 5_000


class Fault(StrEnum):
    CHANGED = "changed"
    MISSING = "missing"
    MOVED = "moved"
    """Genuine, but written at another place of the chain, or twice."""
    FORKED = "forked"
    """Genuine, but it does not follow the row that stands before it."""
    UNKNOWN = "unknown chain"
    """Rows of a chain whose end is not recorded."""


@dataclass(frozen=True, slots=True)
class Finding:
    """``number`` is the place in the chain; of a gap the first row that is missing, up to ``until``."""

    fault: Fault
    chain: str
    number: int
    until: int
    id: str = ""

    def __str__(self) -> str:
        if self.fault is Fault.MISSING and self.until > self.number:
            return f"rows {self.number} to {self.until} of chain {self.chain}: missing"
        name = f" ({self.id})" if self.id else ""
        return f"row {self.number} of chain {self.chain}{name}: {self.fault}"


@dataclass(frozen=True, slots=True)
class Link:
    """A row with its place and its hashes, as they are stored."""

    chain: str
    number: int
    previous: bytes
    hash: bytes
    entry: Entry


Ends = Mapping[str, tuple[int, bytes]]
"""Chain -> the number and the hash of its last row."""


def check(key: bytes, links: Iterable[Link], ends: Ends) -> Iterator[Finding]:
    """Walks the rows, by chain and number; says everything that is wrong."""
    chain, number, previous = "", 0, START
    seen: set[str] = set()
    for link in links:
        if link.chain != chain:
            yield from _end_of(chain, number, previous, ends)
            chain, number, previous = link.chain, 0, START
            seen.add(chain)
            if chain not in ends:
                yield Finding(Fault.UNKNOWN, chain, link.number, link.number, link.entry.id)
        if link.number > number + 1:
            yield Finding(Fault.MISSING, chain, number + 1, link.number - 1)
            previous = link.previous
        yield from _row(key, link, number, previous)
        number, previous = max(number, link.number), link.hash
    yield from _end_of(chain, number, previous, ends)
    for name, (rows, _) in ends.items():
        if name not in seen:
            yield Finding(Fault.MISSING, name, 1, rows)


def _row(key: bytes, link: Link, number: int, previous: bytes) -> Iterator[Finding]:
    place = (link.chain, link.number, link.number, link.entry.id)
    if link.number <= number:
        yield Finding(Fault.MOVED, *place)
    elif digest(key, link.chain, link.number, as_json(link.entry), link.previous) != link.hash:
        yield Finding(Fault.CHANGED, *place)
    elif link.previous != previous:
        yield Finding(Fault.FORKED, *place)


def _end_of(chain: str, number: int, last: bytes, ends: Ends) -> Iterator[Finding]:
    rows, end = ends.get(chain, (number, last))
    if rows > number:
        yield Finding(Fault.MISSING, chain, number + 1, rows)
    elif rows < number:
        yield Finding(Fault.UNKNOWN, chain, rows + 1, number)
    elif end != last:
        yield Finding(Fault.CHANGED, chain, number, number)


def ends_of(connection: psycopg.Connection[TupleRow]) -> dict[str, tuple[int, bytes]]:
    """The recorded ends of all chains, through the owner's connection."""
    return {chain: (rows, bytes(end)) for chain, rows, end in connection.execute(_CHAINS)}


def links_of(connection: psycopg.Connection[TupleRow]) -> Iterator[Link]:
    """Every row of the log, through the owner's connection, a few thousand in memory at once."""
    with connection.cursor(name="audit_verify") as cursor:
        cursor.itersize = _AT_ONCE
        cursor.execute(_ROWS)
        for chain, number, previous, hash_, *fields in cursor:
            yield Link(chain, number, bytes(previous), bytes(hash_), Entry(*fields))


def sealed(connection: psycopg.Connection[TupleRow], seal: Ends) -> Iterator[Finding]:
    """What an earlier `ends_of`, kept elsewhere, says is not as it was: also a log that was made anew."""
    for chain, (number, end) in sorted(seal.items()):
        found = connection.execute(
            "SELECT hash FROM audit_log WHERE chain = %s AND number = %s", (chain, number)
        ).fetchone()
        if found is None:
            yield Finding(Fault.MISSING, chain, number, number)
        elif bytes(found[0]) != end:
            yield Finding(Fault.CHANGED, chain, number, number)
