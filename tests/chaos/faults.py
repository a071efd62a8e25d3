"""The faults by name. Each is done to a site while clients write, and returns once the service is back."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import psycopg

from tests.chaos import disk
from tests.chaos.clients import Crowd
from tests.chaos.site import Site, listening
from tests.db import streaming

_PAUSE_SECONDS = 0.3
_LOST_ANSWERS = 3
_MOST_SEGMENTS = 64
"""Of WAL; a server holds fewer ready for use."""


@dataclass(frozen=True)
class Scene:
    site: Site
    crowd: Crowd
    chance: random.Random

    def pause(self, most: float = _PAUSE_SECONDS) -> None:
        time.sleep(self.chance.uniform(0, most))


@dataclass(frozen=True)
class Fault:
    strike: Callable[[Scene], None]
    needs_mount: bool = False


def _killed(what: str) -> Fault:
    """kill -9, and started again."""

    def strike(scene: Scene) -> None:
        scene.site.kill(what)
        scene.pause()
        scene.site.start(what)

    return Fault(strike)


def _reset(scene: Scene) -> None:
    """Every connection to PostgreSQL is cut, and a little later again; between, nobody gets through."""
    for proxy in scene.site.proxies:
        proxy.reset()
    scene.pause()
    for proxy in scene.site.proxies:
        proxy.close()
    scene.pause(1)
    for proxy in scene.site.proxies:
        proxy.restore()


def _black_hole(scene: Scene) -> None:
    """Nothing passes, nobody is told; what was connected then never hears anything again."""
    for proxy in scene.site.proxies:
        proxy.swallow()
    time.sleep(1)
    scene.pause(2)
    for proxy in scene.site.proxies:
        proxy.restore()


def _lost_answer(scene: Scene) -> None:
    """The server has committed; the connection is cut before anybody hears of it."""
    proxy = scene.site.proxies[scene.site.at]
    before = proxy.lost
    proxy.lose_answers(_LOST_ANSWERS)
    scene.site.wait_until(lambda: proxy.lost == before + _LOST_ANSWERS, "nobody commits")


def _full_disk(scene: Scene) -> None:
    """No room for data, while clients write: they are refused, and /readyz says why."""
    site = scene.site
    with disk.full(site.database_disk):
        site.wait_until(scene.crowd.refusals, "nobody is refused")
        site.wait_until(lambda: "database" in site.missing(), "/readyz tells nothing")
        scene.pause()
    site.start_postgres_again()


def _full_wal(scene: Scene) -> None:
    """No room for the log: PostgreSQL breaks off, and cannot even start until there is room."""
    site = scene.site
    with disk.full(site.database_disk):
        with suppress(psycopg.Error):
            for _ in range(_MOST_SEGMENTS):
                site.ask(site.primary, "SELECT pg_logical_emit_message(true, '', '')")
                site.ask(site.primary, "SELECT pg_switch_wal()")
            raise AssertionError("there was room for more log")
        site.wait_until(scene.crowd.refusals, "nobody is refused")
        site.wait_until(lambda: "database" in site.missing(), "/readyz tells nothing")
        scene.pause()
    site.start_postgres_again()


def _full_store(scene: Scene) -> None:
    """No room for pictures; the rest goes on."""
    site, crowd = scene.site, scene.crowd
    with disk.full(site.store):
        site.wait_until(lambda: crowd.refused[crowd.fault, "storage-full"], "no picture is refused")
        assert set(site.missing()) == {"storage"}


def _failover(*, by_address: bool) -> Fault:
    """The primary is killed, and its synchronous replica promoted: docs/how-to/add-a-replica.md.

    Either the address comes to lead to the new primary, or DATABASE_URL names both, and
    target_session_attrs finds the one that takes writes.
    """

    def strike(scene: Scene) -> None:
        site = scene.site
        here, there = site.proxies[site.at], site.proxies[1 - site.at]
        replica = site.make_replica()
        there.lead_to(listening(replica))
        site.ask(site.primary, "ALTER SYSTEM SET synchronous_standby_names = '*'")
        site.ask(site.primary, "SELECT pg_reload_conf()")
        sync = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'"
        site.wait_until(lambda: site.ask(site.primary, sync), "the replica does not follow")
        scene.crowd.wait_for_writes(60)
        scene.pause()
        streaming.kill(site.primary)  # and it stays off
        scene.pause()
        site.ask(replica, "SELECT pg_promote(true, 60)")
        site.primary = replica
        if by_address:
            there.lead_to(None)
            here.lead_to(listening(replica))
        else:
            here.lead_to(None)
            site.at = 1 - site.at

    return Fault(strike)


FAULTS = {
    "server": _killed("server"),
    "worker": _killed("worker"),
    "postgres": _killed("postgres"),
    "reset": Fault(_reset),
    "black-hole": Fault(_black_hole),
    "lost-answer": Fault(_lost_answer),
    "full-disk": Fault(_full_disk, needs_mount=True),
    "full-wal": Fault(_full_wal, needs_mount=True),
    "full-store": Fault(_full_store, needs_mount=True),
    "failover-address": _failover(by_address=True),
    "failover-hosts": _failover(by_address=False),
}
