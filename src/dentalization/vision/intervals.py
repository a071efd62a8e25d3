"""How sure a figure is: Wilson's interval of a share, and bootstrap intervals by patient."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

REPLICATES = 2000
MINIMUM_GROUPS = 10
"""With fewer patients a bootstrap interval is too narrow to be shown: it knows only those few."""
_SEED = 20240601
_CELLS = 1_000_000
_USABLE = 0.9
_Z = NormalDist().inv_cdf(0.975)

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """From `low` to `high`, of 95 %."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Share:
    """`count` among `of`; `interval` is Wilson's."""

    count: int
    of: int
    interval: Interval

    @property
    def value(self) -> float | None:
        """None where there is nothing to take a share of."""
        return self.count / self.of if self.of else None


def share(count: int, of: int) -> Share:
    """A share with its 95 % interval; of nothing, the interval is 0 to 1.

    Wilson, "Probable inference, the law of succession, and statistical inference", Journal of the American
    Statistical Association 22, 1927. It takes the boxes for independent; where many stand in few mouths the
    true interval is wider.
    """
    if not 0 <= count <= of:
        raise ValueError(f"{count} of {of} is no share")
    if of == 0:
        return Share(0, 0, Interval(0.0, 1.0))
    value = count / of
    middle = (value + _Z**2 / (2 * of)) / (1 + _Z**2 / of)
    half = _Z / (1 + _Z**2 / of) * math.sqrt(value * (1 - value) / of + _Z**2 / (4 * of**2))
    # The bounds at 0 and 1 are exact in theory and off by a rounding in floats.
    low, high = max(0.0, min(middle - half, value)), min(1.0, max(middle + half, value))
    return Share(count, of, Interval(low, high))


def by_group(groups: Sequence[str], rows: Numbers) -> Numbers:
    """Sums of `rows` (one a box or case, any number of columns) over each group, groups x columns."""
    names, index = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    totals = np.zeros((len(names), rows.shape[1]))
    np.add.at(totals, index, rows)
    return totals


def bootstrap(totals: Numbers, statistic: Callable[[Numbers], Numbers]) -> Interval | None:
    """Percentile interval of a figure made of sums over patients; the same data give the same interval.

    `totals` holds the sums of each group, groups x columns. `statistic` makes figures of sums over drawn
    groups, draws x columns, and gives NaN where a draw has none. None with fewer than MINIMUM_GROUPS
    groups, and where more than a tenth of the draws have no figure.

    Groups are drawn whole with replacement: Field and Welsh, "Bootstrapping clustered data", Journal of the
    Royal Statistical Society B 69, 2007.
    """
    if len(totals) < MINIMUM_GROUPS:
        return None
    drawn = np.concatenate([statistic(weights @ totals) for weights in _draws(len(totals))])
    usable = drawn[np.isfinite(drawn)]
    if len(usable) < _USABLE * REPLICATES:
        return None
    low, high = np.percentile(usable, (2.5, 97.5))
    return Interval(float(low), float(high))


def quotient(above: Numbers, below: Numbers) -> Numbers:
    """NaN where `below` is 0."""
    result = np.full(above.shape, np.nan)
    np.divide(above, below, out=result, where=below != 0)
    return result


def _draws(groups: int) -> Iterator[Numbers]:
    """How often each group is drawn, in blocks of draws x groups that stay small in memory."""
    random = np.random.default_rng(_SEED)
    chances = np.full(groups, 1 / groups)
    block = max(1, min(REPLICATES, _CELLS // groups))
    for start in range(0, REPLICATES, block):
        yield random.multinomial(groups, chances, size=min(block, REPLICATES - start)).astype(np.float64)
