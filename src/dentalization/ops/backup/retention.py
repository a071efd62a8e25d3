"""Which backups are kept: the newest of so many days, weeks and months."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Keep:
    """How many days, weeks and months have a backup kept, each counted back from the newest backup."""

    daily: int = 7
    weekly: int = 4
    monthly: int = 12


def kept(made: Sequence[datetime], keep: Keep) -> set[datetime]:
    """Of these moments (UTC) those whose backups stay: the newest always, and the newest of each day, ISO
    week and month that has one, of the last so many that have."""
    newest_first = sorted(made, reverse=True)
    found = set(newest_first[:1])
    periods: tuple[tuple[int, Callable[[datetime], Any]], ...] = (
        (keep.daily, lambda moment: moment.date()),
        (keep.weekly, lambda moment: tuple(moment.isocalendar())[:2]),
        (keep.monthly, lambda moment: (moment.year, moment.month)),
    )
    for most, period_of in periods:
        seen: set[Any] = set()
        for moment in newest_first:
            if len(seen) == most:
                break
            if period_of(moment) not in seen:
                seen.add(period_of(moment))
                found.add(moment)
    return found


def with_parents(names: Iterable[str], parents: Mapping[str, str | None]) -> set[str]:
    """These and every backup that one of them stands on, near or far; ``parents`` has each one's next."""
    found: set[str] = set()
    for name in names:
        one: str | None = name
        while one is not None and one not in found:
            found.add(one)
            one = parents.get(one)
    return found
