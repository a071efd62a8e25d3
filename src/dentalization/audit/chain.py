"""What binds a row of the audit log to the one before it."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

START = bytes(32)
"""What stands before the first row of a chain."""


@dataclass(frozen=True, slots=True)
class Entry:
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


def digest(key: bytes, chain: str, number: int, entry: Entry, previous: bytes) -> bytes:
    """HMAC-SHA-256 over the place in the chain, every field, and the row before.

    Keyed, because whoever can change the rows could otherwise make the hashes anew; the key is not in the
    database.
    """
    told = json.dumps([chain, number, previous.hex(), *as_json(entry).values()], ensure_ascii=False)
    return hmac.digest(key, told.encode(), hashlib.sha256)


def as_json(entry: Entry) -> dict[str, str | bool]:
    """The entry's fields in their order; the time to the microsecond, as the database keeps it."""
    fields = {name: getattr(entry, name) for name in Entry.__slots__}
    fields["at"] = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    return fields


def linked(key: bytes, chain: str, first: int, previous: bytes, entries: Sequence[Entry]) -> list[bytes]:
    """The hashes of ``entries``, which follow row ``first`` - 1 with the hash ``previous``."""
    hashes: list[bytes] = []
    for number, entry in enumerate(entries, start=first):
        previous = digest(key, chain, number, entry, previous)
        hashes.append(previous)
    return hashes
