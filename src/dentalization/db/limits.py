"""Rate limits that hold over several server processes, because they are kept in PostgreSQL."""

from __future__ import annotations

import ipaddress
import math
from dataclasses import dataclass
from datetime import timedelta

from dentalization.db.database import Database
from dentalization.db.identity import Actor
from dentalization.db.queries import COUNT_HIT, FORGET_HIT
from dentalization.db.transaction import Transaction
from dentalization.errors import DentalizationError
from dentalization.metrics import LIMITED


class TooManyAttempts(DentalizationError):
    """Too many attempts; wait a little before the next one."""

    code = "too-many-attempts"
    what = "attempts"

    def __init__(self, seconds: float) -> None:
        self.retry_after_seconds = max(1, math.ceil(seconds))
        minutes = math.ceil(self.retry_after_seconds / 60)
        super().__init__(f"Too many {self.what}; try again in {minutes} minute{'s' * (minutes > 1)}.")


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``hits`` of ``key`` (a digest) in a window."""

    key: str
    hits: int


def network_of(address: str) -> str:
    """An IPv4 address, or the /64 of an IPv6 address: one customer has at least so many of these."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found.ipv4_mapped or found if isinstance(found, ipaddress.IPv6Address) else found)


async def count(db: Database, limits: list[Limit], *, window: timedelta) -> None:
    """Counts one hit for each, before the thing itself is done, so that parallel attempts count too.

    Raises TooManyAttempts where a limit is passed.
    """

    async def work(transaction: Transaction) -> list[float]:
        allowed = {limit.key: limit.hits for limit in limits}
        hits = await transaction.all(COUNT_HIT, keys=list(allowed), window=window)
        return [hit.seconds_left for hit in hits if hit.hits > allowed[hit.key]]

    waits = await db.transaction(Actor.nobody(), work)
    if waits:
        LIMITED.labels("attempts").inc()
        raise TooManyAttempts(max(waits))


async def forgive(transaction: Transaction, limits: list[Limit]) -> None:
    """Takes the hit back: the attempt turned out to be a good one."""
    await transaction.run(FORGET_HIT, keys=[limit.key for limit in limits])
