"""Clients that remember every answer, while everything that they rely on fails under them.

``python -m tests.chaos.checker --kills 200`` prints the table; a short form runs with the tests.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos import counting
from tests.chaos.clients import WRITTEN, Client
from tests.chaos.faults import FAULTS, KILLS, possible
from tests.chaos.site import Site, site

_READY_SECONDS = 90


@dataclass
class Outcome:
    """``lost``: answered with 201 and not there; ``doubled``: there more than once."""

    faults: Counter[str] = field(default_factory=Counter)
    acknowledged: Counter[str] = field(default_factory=Counter)
    retried: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """Answers with status 503, by their code."""
    letters: int = 0
    """Sent, one for each appointment."""
    given_up: int = 0
    """Analyses whose workers were killed so often that they say FAILED."""
    lost: int = 0
    doubled: int = 0
    left_out: list[str] = field(default_factory=list)
    """Faults that this machine does not allow."""

    @property
    def kills(self) -> int:
        return sum(self.faults[name] for name in KILLS)


def run(faults: Iterable[str], *, clients: int = 4, seed: int = 1) -> Outcome:
    """One fault after the other, each after every client was answered; then the database is asked."""
    chance, outcome = random.Random(seed), Outcome()
    with site() as found:
        writers = [
            Client(found.port, found.email, found.patient, found.doctor, number=number, clients=clients)
            for number in range(clients)
        ]
        found.refused = lambda: sum(writer.refused.total() for writer in writers)
        for writer in writers:
            writer.start()
        try:
            for name in faults:
                if name not in possible(found):
                    outcome.left_out.append(name)
                    continue
                _wait_for_writes(writers)
                time.sleep(chance.uniform(0, 0.3))
                FAULTS[name](found, chance)
                found.wait_until_ready()
                outcome.faults[name] += 1
            _wait_for_writes(writers)
        finally:
            for writer in writers:
                writer.stopping.set()
            for writer in writers:
                writer.join()
        _count(found, writers, outcome)
    return outcome


def _count(found: Site, writers: Sequence[Client], outcome: Outcome) -> None:
    assert not [text for writer in writers for text in writer.unexpected]
    outcome.retried = sum(writer.retried for writer in writers)
    outcome.refused = sum((writer.refused for writer in writers), Counter())
    acknowledged = {
        what: [found_id for writer in writers for found_id in writer.acknowledged[what]] for what in WRITTEN
    }
    outcome.acknowledged.update({what: len(ids) for what, ids in acknowledged.items()})
    asked = counting.ask(found, acknowledged)
    outcome.letters, outcome.given_up = asked.letters, asked.given_up
    outcome.lost, outcome.doubled = len(asked.lost), len(asked.doubled)
    for text in (*asked.lost, *asked.doubled):
        print(text, file=sys.stderr)


def _wait_for_writes(writers: Sequence[Client]) -> None:
    """Until each has been answered again: a fault that hits nobody shows nothing."""
    before = [writer.answered for writer in writers]
    deadline = time.monotonic() + _READY_SECONDS
    while any(writer.answered <= count for writer, count in zip(writers, before, strict=True)):
        assert time.monotonic() < deadline, "nothing is written any more"
        assert not any(writer.unexpected for writer in writers), [writer.unexpected for writer in writers]
        time.sleep(0.02)


def mixed(kills: int, seed: int) -> list[str]:
    """So many kills, and half as many of everything else; what needs the small disk comes before the first
    failover, after which the data are elsewhere."""
    chance = random.Random(seed)
    others = [name for name in FAULTS if name not in (*KILLS, "failover", "disk full")]
    rare = max(1, kills // 20)
    early = [*(chance.choice(KILLS) for _ in range(kills // 2)), *["disk full"] * rare]
    late = [*(chance.choice(KILLS) for _ in range(kills - kills // 2)), *["failover"] * rare]
    for part in (early, late):
        part += [chance.choice(others) for _ in range(kills // 4)]
        chance.shuffle(part)
    return early + late


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    found = run(mixed(arguments.kills, arguments.seed), seed=arguments.seed)
    for name, times in found.faults.most_common():
        print(f"{name:24} {times:5}")
    for what, count in found.acknowledged.items():
        print(f"{what + ' acknowledged':24} {count:5}")
    print(f"{'letters sent':24} {found.letters:5}\n{'analyses given up':24} {found.given_up:5}")
    print(
        f"{'by a retry alone':24} {found.retried:5}\n"
        f"{'answered 503':24} {found.refused.total():5} {dict(found.refused)}"
    )
    print(f"{'lost':24} {found.lost:5}\n{'doubled':24} {found.doubled:5}")
    if found.left_out:
        print(f"not possible here: {', '.join(sorted(set(found.left_out)))}")
    if arguments.json:
        arguments.json.write_text(json.dumps(vars(found)))
    sys.exit(1 if found.lost or found.doubled else 0)


if __name__ == "__main__":
    main()
