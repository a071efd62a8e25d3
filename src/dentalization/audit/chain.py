"""What binds a row of the audit log to the one before it."""

from __future__ import annotations

import functools
import hmac
from collections.abc import Iterable
from datetime import UTC, datetime
from json.encoder import encode_basestring
from typing import NamedTuple

START = bytes(32)
"""What stands before the first row of a chain."""


class Entry(NamedTuple):
    """What a row says; see `audit.tables.AuditRow`. ``at`` is in UTC."""

    id: str
    at: datetime
    person: str
    own: bool
    user_id: str
    role: str
    session_id: str
    address: str
    action: str
    kinds: str
    why: str
    request_id: str


_quoted = encode_basestring


@functools.lru_cache(maxsize=64)
def _moment(at: datetime) -> str:
    """To the microsecond, as the database keeps it; the rows of one request share it."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


@functools.lru_cache(maxsize=64)
def _who(user_id: str, role: str, session_id: str, address: str, action: str) -> str:
    """What the rows of one request have in common besides."""
    return (
        f'"user_id": {_quoted(user_id)}, "role": {_quoted(role)}, "session_id": {_quoted(session_id)}, '
        f'"address": {_quoted(address)}, "action": {_quoted(action)}'
    )


def as_json(entry: Entry) -> str:
    """The entry as a JSON object, its fields in their order, as the standard library writes it.

    By hand, because a page of twenty patients pays for it twenty times.
    """
    row_id, at, person, own, user_id, role, session_id, address, action, kinds, why, request_id = entry
    return (
        f'{{"id": {_quoted(row_id)}, "at": "{_moment(at)}", "person": {_quoted(person)}, '
        f'"own": {"true" if own else "false"}, {_who(user_id, role, session_id, address, action)}, '
        f'"kinds": {_quoted(kinds)}, "why": {_quoted(why)}, "request_id": {_quoted(request_id)}}}'
    )


def digest(key: bytes, chain: str, number: int, told: str, previous: bytes) -> bytes:
    """HMAC-SHA-256 over the place in the chain, the row before, and what the row says (`as_json`).

    Keyed, because whoever can change the rows could otherwise make the hashes anew; the key is not in the
    database.
    """
    return hmac.digest(key, f"{chain} {number} {previous.hex()} {told}".encode(), "sha256")


def linked(key: bytes, chain: str, first: int, previous: bytes, told: Iterable[str]) -> list[bytes]:
    """The hashes of rows that say ``told`` and follow row ``first`` - 1 with the hash ``previous``."""
    hashes: list[bytes] = []
    for number, one in enumerate(told, start=first):
        previous = digest(key, chain, number, one, previous)
        hashes.append(previous)
    return hashes
