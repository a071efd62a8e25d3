"""Callers of this process who want into the same calendar stand in line before they take a connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from weakref import WeakValueDictionary

_lines: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()


@asynccontextmanager
async def in_line(doctor_id: str) -> AsyncIterator[None]:
    """One at a time for each doctor.

    The database would let them wait as well, each on a connection of its own: two hundred for one slot
    would keep everybody else from theirs. Between processes it is the database that decides.
    """
    lock = _lines.setdefault(doctor_id, asyncio.Lock())
    async with lock:
        yield
