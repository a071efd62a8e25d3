"""What may happen to a service at night. Each fault leaves the site as something that comes back by itself,
or by what an operator's restart does."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tests.chaos.site import Site

Fault = Callable[[Site, random.Random], None]
_PIECE = 1 << 20


def _killed(what: str) -> Fault:
    def fault(site: Site, chance: random.Random) -> None:
        site.kill(what)
        time.sleep(chance.uniform(0, 0.3))
        site.start(what)

    return fault


def _reset(site: Site, chance: random.Random) -> None:
    """Every connection to PostgreSQL ends at once, some in the middle of a statement."""
    site.proxy.reset()


def _away(site: Site, chance: random.Random) -> None:
    """The network swallows everything for a while; of connections from before nothing is heard again, or
    they are reset."""
    site.proxy.swallow()
    time.sleep(chance.uniform(0.5, 3))
    if chance.random() < 0.5:
        site.proxy.reset()
    site.proxy.restore()


def _lost_commit(site: Site, chance: random.Random) -> None:
    """Committed, and the answer is lost: whoever tries again must not write it twice."""
    before = site.proxy.lost
    site.proxy.lose_answers(1)
    site.wait_until(lambda: site.proxy.lost > before)


def _full_disk(site: Site, chance: random.Random) -> None:
    """Until the service notices; then there is room again, and PostgreSQL is started if it gave up."""
    assert site.disk is not None
    ballast = site.disk / "ballast"
    _fill(ballast)
    before = site.refused()
    # Reading goes on, so /readyz stays as it is.
    site.wait_until(lambda: _refills(ballast) and site.refused() > before + 20)
    time.sleep(chance.uniform(0, 1))
    ballast.unlink()
    if not site.postgres_runs():
        site.start("postgres")


def _fill(ballast: Path) -> None:
    with suppress(OSError), ballast.open("ab", buffering=0) as file:
        while True:
            file.write(b"\0" * _PIECE)
    with suppress(OSError), ballast.open("ab", buffering=0) as file:
        while file.write(b"\0" * 4096) == 4096:
            pass


def _refills(ballast: Path) -> bool:
    """What PostgreSQL has given back meanwhile is taken, too."""
    _fill(ballast)
    return True


def _failover(site: Site, chance: random.Random) -> None:
    """The primary dies for good, and the replica that has acknowledged every write takes its place."""
    replica = site.new_replica()
    time.sleep(chance.uniform(0, 0.5))
    site.kill("postgres")
    site.promote(replica)


FAULTS: dict[str, Fault] = {
    "server killed": _killed("server"),
    "worker killed": _killed("worker"),
    "PostgreSQL killed": _killed("postgres"),
    "connections reset": _reset,
    "network away": _away,
    "answer to COMMIT lost": _lost_commit,
    "disk full": _full_disk,
    "failover": _failover,
}
KILLS = ("server killed", "worker killed", "PostgreSQL killed")


def possible(site: Site) -> list[str]:
    """After a failover the data are no longer on the small disk."""
    on_disk = site.disk is not None and site.postgres.home.is_relative_to(site.disk)
    return [name for name in FAULTS if name != "disk full" or on_disk]
