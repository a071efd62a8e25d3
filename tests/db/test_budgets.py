"""A budget is never overspent, by however many processes, and costs few statements."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dentalization.db import budgets
from dentalization.db.budgets import BLOCKS, Budget, Budgets, TooManyRequests, budgets_of, granted
from dentalization.db.database import Database
from dentalization.db.errors import DatabaseUnreachable
from dentalization.db.ids import new_id
from dentalization.errors import InvalidInput

Owner = psycopg.Connection[tuple[object, ...]]
USUAL = (Budget("reading", 600, 60), Budget("writing", 120, 60))


class Counting:
    """A database that counts the statements it is given."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.statements = 0

    async def read(self, *given: Any, **values: Any) -> Any:
        self.statements += 1
        return await self._db.read(*given, **values)


async def passed(spending: Budgets, budget: Budget, key: str, times: int) -> int:
    async def one() -> bool:
        try:
            await spending.spend(budget, key)
        except TooManyRequests as refused:
            return not 1 <= refused.retry_after_seconds <= budget.seconds
        return True

    return sum(await asyncio.gather(*[one() for _ in range(times)]))


@given(budget=st.integers(1, 500), blocks=st.lists(st.integers(1, 200), max_size=40))
def test_blocks_are_granted_up_to_the_budget_and_no_further(budget: int, blocks: list[int]) -> None:
    hits, sum_granted = 0, 0
    for block in blocks:
        hits += block
        sum_granted += granted(budget, hits, block)
    assert sum_granted == min(budget, sum(blocks))


@pytest.mark.parametrize("requests", [1, 7, 40, 101])
async def test_processes_spend_a_budget_to_the_last_permit_and_no_more(db: Database, requests: int) -> None:
    budget, key = Budget("reading", requests, 600), new_id()
    processes = [Budgets(db) for _ in range(3)]
    found = await asyncio.gather(*[passed(one, budget, key, 2 * requests) for one in processes])
    assert sum(found) == requests


async def test_a_budget_costs_a_statement_a_block_and_nothing_once_it_is_spent(db: Database) -> None:
    counting = Counting(db)
    spending, budget, key = Budgets(counting), Budget("reading", 80, 600), new_id()  # type: ignore[arg-type]
    assert await passed(spending, budget, key, 80) == 80
    assert counting.statements == BLOCKS
    assert await passed(spending, budget, key, 50) == 0
    assert counting.statements == BLOCKS


async def test_many_new_clients_at_once_share_a_statement(db: Database) -> None:
    """Else two hundred of them would ask for two hundred connections, and most get 503."""
    counting = Counting(db)
    spending, budget = Budgets(counting), Budget("reading", 8, 600)  # type: ignore[arg-type]
    left = [one.left for one in await asyncio.gather(*[spending.spend(budget, new_id()) for _ in range(200)])]
    assert left == [7] * 200
    assert counting.statements <= 2


async def test_what_cannot_be_counted_is_not_answered() -> None:
    class Away:
        async def read(self, *_: Any, **__: Any) -> Any:
            raise DatabaseUnreachable

    spending = Budgets(Away())  # type: ignore[arg-type]
    found = await asyncio.gather(
        *[spending.spend(Budget("reading", 8, 600), new_id()) for _ in range(5)], return_exceptions=True
    )
    assert [type(one) for one in found] == [DatabaseUnreachable] * 5


async def test_keys_do_not_share(db: Database) -> None:
    spending, budget = Budgets(db), Budget("reading", 3, 600)
    assert [await passed(spending, budget, key, 5) for key in (new_id(), new_id())] == [3, 3]


async def test_a_window_that_is_over_begins_anew_for_everybody(
    db: Database, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    budget, key = Budget("reading", 16, 600), new_id()
    first, second = Budgets(db), Budgets(db)
    assert await passed(first, budget, key, 1) == 1  # and one more of its block stays
    assert await passed(second, budget, key, 30) == 14
    owner.execute(
        "UPDATE rate_limits SET window_ends_at = now() - interval '1 second' WHERE key = %s", (key,)
    )
    monkeypatch.setattr(budgets, "monotonic", lambda: monotonic() + 601)
    # What the first had left of the window before is not spent in this one.
    assert await passed(first, budget, key, 30) + await passed(second, budget, key, 30) == 16


async def test_what_is_left_is_told(db: Database) -> None:
    spending, budget, key = Budgets(db), Budget("reading", 16, 600), new_id()
    left = [(await spending.spend(budget, key)).left for _ in range(16)]
    assert left == list(range(15, -1, -1))


async def test_few_leases_are_remembered(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budgets, "MOST_KEYS", 5)
    spending, budget, mine = Budgets(db), Budget("reading", 8, 600), new_id()
    assert await passed(spending, budget, mine, 2) == 2
    for _ in range(20):
        await spending.spend(budget, new_id())
    assert len(spending._leases) == 5
    assert await passed(spending, budget, mine, 20) <= 6  # forgotten permits are lost, never doubled


def test_the_setting_changes_the_usual_budgets() -> None:
    assert budgets_of((), USUAL) == {one.name: one for one in USUAL}
    assert budgets_of(("off",), USUAL) == {}
    assert budgets_of(("reading=5/3600",), USUAL)["reading"] == Budget("reading", 5, 3600)


@pytest.mark.parametrize(
    "text", ["reading", "reading=5", "reading=x/5", "read=5/5", "reading=0/5", "reading=5/0"]
)
def test_a_setting_that_makes_no_sense_is_named(text: str) -> None:
    with pytest.raises(InvalidInput, match=f"'{text}'"):
        budgets_of((text,), USUAL)
