"""Clients remember every answer while fault upon fault befalls server, worker, PostgreSQL, disk and network.

``python -m tests.chaos.checker --kills 200`` prints the table; a short form runs with the tests.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.chaos import disk, proof
from tests.chaos.clients import Crowd
from tests.chaos.faults import FAULTS, Scene
from tests.chaos.site import READY_SECONDS, Site, site

CLIENTS = 4


@dataclass
class Tally:
    """Of one fault. ``refused``: answers with 503; ``retried``: writes acknowledged only by a later attempt.

    ``lost``: acknowledged and not there; ``doubled``: there more than once.
    """

    times: int = 0
    acknowledged: int = 0
    retried: int = 0
    refused: int = 0
    lost: int = 0
    doubled: int = 0


@dataclass
class Outcome:
    faults: dict[str, Tally]
    kinds: dict[str, int]
    """What was acknowledged, by what it is."""
    refusals: dict[str, int]
    """The problems' codes."""
    unexpected: list[str] = field(default_factory=list)
    letters_missing: int = 0
    """About bookings that are there."""
    worker_deaths: int = 0

    @property
    def total(self) -> Tally:
        names = vars(Tally())
        return Tally(**{name: sum(getattr(one, name) for one in self.faults.values()) for name in names})

    @property
    def good(self) -> bool:
        total = self.total
        return not (total.lost or total.doubled or self.unexpected or self.letters_missing)


def run(
    faults: Sequence[str] | None = None,
    *,
    kills: int = 0,
    seed: int = 1,
    told: Callable[[str], None] = lambda _: None,
) -> Outcome:
    """The faults in this order, or ``kills`` of all that can be done here; then asks what is there."""
    chance = random.Random(seed)
    with site(CLIENTS) as (found, practice):
        possible = [name for name, fault in FAULTS.items() if found.mounted or not fault.needs_mount]
        if faults is None:
            if not found.mounted:
                told(disk.NOT_PERMITTED)
            chosen = [*possible, *(chance.choice(possible) for _ in range(kills))][:kills]
        else:
            chosen = [name for name in faults if name in possible]
        crowd = Crowd(found.port, practice)
        crowd.start()
        try:
            for number, name in enumerate(chosen, 1):
                told(f"{number}/{len(chosen)} {name}")
                _strike(name, Scene(found, crowd, chance))
        finally:
            crowd.stop()
        return _outcome(chosen, found, crowd)


def _strike(name: str, scene: Scene) -> None:
    scene.crowd.wait_for_writes(READY_SECONDS)
    scene.pause()
    scene.crowd.fault = name
    server = scene.site.server
    FAULTS[name].strike(scene)
    scene.site.wait_until_ready()
    scene.crowd.wait_for_writes(READY_SECONDS)
    assert name == "server" or scene.site.server is server


def _outcome(chosen: Sequence[str], found: Site, crowd: Crowd) -> Outcome:
    missing = proof.letters_missing(found.primary, found.home / "home" / "mail")
    there = proof.counted(found.primary, found.store / "objects")
    tallies = {name: Tally(times=chosen.count(name)) for name in ("none", *FAULTS)}
    kinds: dict[str, int] = {}
    for write in crowd.acknowledged:
        tally, count = tallies[write.fault], there[write.kind].pop(write.name, 0)
        kinds[write.kind] = kinds.get(write.kind, 0) + 1
        tally.acknowledged += 1
        tally.retried += write.attempts > 0
        tally.lost += count == 0
        tally.doubled += count > 1
    refusals: dict[str, int] = {}
    for (fault, code), count in crowd.refused.items():
        tallies[fault].refused += count
        refusals[code] = refusals.get(code, 0) + count
    # What nobody was told of may be there, but once.
    tallies["none"].doubled += sum(count > 1 for names in there.values() for count in names.values())
    return Outcome(tallies, kinds, refusals, crowd.unexpected, missing, found.worker_deaths)


def table(outcome: Outcome) -> str:
    rows = {**{name: one for name, one in outcome.faults.items() if one.acknowledged or one.times}}
    columns = list(vars(Tally()))
    lines = [f"{'fault':18}" + "".join(f"{name:>14}" for name in columns)]
    for name, one in {**rows, "all": outcome.total}.items():
        lines.append(f"{name:18}" + "".join(f"{getattr(one, column):>14}" for column in columns))
    lines.append(f"acknowledged: {outcome.kinds}")
    lines.append(f"refused with: {outcome.refusals}")
    lines.append(f"letters missing: {outcome.letters_missing}; deaths of the worker: {outcome.worker_deaths}")
    return "\n".join([*lines, *outcome.unexpected[:20]])


def _to_stderr(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200, help="faults in all")
    parser.add_argument("--fault", action="append", choices=FAULTS, help="these alone, in this order")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    found = run(arguments.fault, kills=arguments.kills, seed=arguments.seed, told=_to_stderr)
    print(table(found))
    sys.exit(0 if found.good else 1)


if __name__ == "__main__":
    main()
