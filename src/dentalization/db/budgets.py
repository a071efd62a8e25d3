"""Budgets of requests that hold over all server processes and cost a statement only now and then.

A process takes a block of permits from PostgreSQL and spends it from memory. The row counts what has been
taken, and of a block only what lies below the budget is a permit; so all processes together never spend more
than the budget, whatever happens between them.
"""

from __future__ import annotations

import asyncio
import math
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from time import monotonic

from dentalization.db.database import Database
from dentalization.db.identity import Actor
from dentalization.db.limits import TooManyAttempts
from dentalization.db.queries import TAKE_HITS, Hits
from dentalization.errors import InvalidInput
from dentalization.metrics import LIMITED

BLOCKS = 8
"""Of a budget: so many statements when one process spends all of it."""
_MOST_AT_ONCE = 500
MOST_KEYS = 20_000
"""Leases that a process remembers, about 10 MB; of who was longest away, the permits are lost."""


class TooManyRequests(TooManyAttempts):
    """Too many requests; wait until the seconds in 'Retry-After' are over."""

    code = "too-many-requests"
    what = "requests"


@dataclass(frozen=True, slots=True)
class Budget:
    """At most ``requests`` of one key in a window of ``seconds``, which begins with the first of them."""

    name: str
    requests: int
    seconds: int

    @property
    def block(self) -> int:
        return max(1, self.requests // BLOCKS)


@dataclass(frozen=True, slots=True)
class Spent:
    """What is left of a budget as this process knows it, and for how many seconds it must last."""

    budget: Budget
    left: int
    seconds: float


@dataclass(slots=True)
class _Lease:
    """``permits`` may be spent here; ``beyond`` more were there for any process when they were taken."""

    permits: int = 0
    beyond: int = 0
    ends: float = 0.0
    taking: asyncio.Lock = field(default_factory=asyncio.Lock)

    def usable(self, now: float) -> bool:
        return self.permits > 0 and now < self.ends

    def over(self, now: float) -> bool:
        """Whether the budget is spent until the window ends; PostgreSQL need not be asked again."""
        return self.permits == 0 and self.beyond == 0 and now < self.ends


def granted(budget: int, hits: int, block: int) -> int:
    """How many permits a block has that brought the count to ``hits``: those at or below the budget."""
    return max(0, min(block, budget - (hits - block)))


class Budgets:
    """One in each server process."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._leases: OrderedDict[str, _Lease] = OrderedDict()
        self._wanted: deque[tuple[str, Budget, asyncio.Future[Hits]]] = deque()
        self._taker: asyncio.Task[None] | None = None

    async def spend(self, budget: Budget, key: str) -> Spent:
        """Spends one permit of ``key``, a digest. Raises TooManyRequests, and what a statement raises:
        what cannot be counted is not answered."""
        lease = self._leases.setdefault(key, _Lease())
        self._leases.move_to_end(key)
        if len(self._leases) > MOST_KEYS:
            self._leases.popitem(last=False)
        if not lease.usable(monotonic()):
            async with lease.taking:  # of requests that come together one asks, the others find permits
                await self._fill(lease, budget, key)
        now = monotonic()
        if not lease.usable(now):
            LIMITED.labels(budget.name).inc()
            raise TooManyRequests(max(0.0, lease.ends - now))
        lease.permits -= 1
        return Spent(budget, lease.permits + lease.beyond, lease.ends - now)

    async def _fill(self, lease: _Lease, budget: Budget, key: str) -> None:
        now = monotonic()
        if lease.usable(now) or lease.over(now):
            return
        # The clock is read before: no permit may outlive its window in PostgreSQL.
        taken = await self._take(budget, key)
        lease.permits = granted(budget.requests, taken.hits, budget.block)
        lease.beyond = max(0, budget.requests - taken.hits)
        lease.ends = now + max(0.0, taken.seconds_left)

    async def _take(self, budget: Budget, key: str) -> Hits:
        """Those who come together share a statement: hundreds of new clients must not ask for as many
        connections, which the requests themselves need."""
        taken: asyncio.Future[Hits] = asyncio.get_running_loop().create_future()
        self._wanted.append((key, budget, taken))
        if self._taker is None or self._taker.done():
            # A task of its own: whose request is cancelled must not take the others' permits along.
            self._taker = asyncio.create_task(self._take_all())
        return await taken

    async def _take_all(self) -> None:
        while self._wanted:
            batch: dict[str, tuple[Budget, asyncio.Future[Hits]]] = {}
            for _ in range(min(len(self._wanted), _MOST_AT_ONCE)):
                key, budget, taken = self._wanted.popleft()
                if key in batch:
                    self._wanted.append((key, budget, taken))
                else:
                    batch[key] = (budget, taken)
            await self._take_batch(batch)

    async def _take_batch(self, batch: dict[str, tuple[Budget, asyncio.Future[Hits]]]) -> None:
        wanted = [budget for budget, _ in batch.values()]
        try:
            # Nobody's reads never go to a replica; one round trip, committed when its answer is here.
            rows = await self._db.read(
                Actor.nobody(),
                TAKE_HITS,
                keys=list(batch),
                hits=[budget.block for budget in wanted],
                seconds=[float(budget.seconds) for budget in wanted],
            )
        except Exception as error:
            for _, taken in batch.values():
                if not taken.done():
                    taken.set_exception(error)
            return
        for row in rows:
            _, taken = batch[row.key]
            if not taken.done():
                taken.set_result(row)


def budgets_of(settings: tuple[str, ...], usual: tuple[Budget, ...]) -> dict[str, Budget]:
    """The usual budgets, changed by texts such as 'reading=600/60'; none for 'off'. Raises InvalidInput."""
    if settings == ("off",):
        return {}
    found = {budget.name: budget for budget in usual}
    for text in settings:
        name, _, numbers = text.partition("=")
        requests, _, seconds = numbers.partition("/")
        if name not in found or not (requests.isdecimal() and seconds.isdecimal()):
            raise InvalidInput(
                f"DENTALIZATION_REQUEST_LIMITS says '{text}'; it is 'off' or pairs such as 'reading=600/60', "
                f"requests in so many seconds, of {', '.join(found)}."
            )
        budget = Budget(name, int(requests), int(seconds))
        if budget.requests < 1 or budget.seconds < 1:
            raise InvalidInput(f"DENTALIZATION_REQUEST_LIMITS says '{text}'; both numbers are at least 1.")
        found[name] = budget
    return found


def headers_of(spent: Spent) -> list[tuple[bytes, bytes]]:
    """RateLimit-Policy and RateLimit of draft-ietf-httpapi-ratelimit-headers-10."""
    budget = spent.budget
    policy = f'"{budget.name}";q={budget.requests};w={budget.seconds}'
    now = f'"{budget.name}";r={spent.left};t={math.ceil(spent.seconds)}'
    return [(b"ratelimit-policy", policy.encode()), (b"ratelimit", now.encode())]
