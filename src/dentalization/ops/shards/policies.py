"""The second spelling of the policies: without subqueries, made from the same declaration."""

from __future__ import annotations

from collections.abc import Iterator

from dentalization.db.objects import (
    Policy,
    SqlObject,
    create_policy,
    declared,
    policy_name,
    spelled_for_shards,
)
from dentalization.ops.shards.steps import Step


def replaced() -> Iterator[Step]:
    """For every table: one that stays on the coordinator may still become known to Citus by a reference."""
    for item in declared():
        if item.kind == "access":
            yield from _of(item)


def _of(item: SqlObject) -> Iterator[Step]:
    for number, policy in enumerate(item.policies, start=1):
        spelled = _spelled(policy)
        if spelled != policy:
            name = policy_name(number, policy)
            yield Step(f"DROP POLICY {name} ON public.{item.name}")
            yield Step(create_policy(f"public.{item.name}", number, spelled))


def _spelled(policy: Policy) -> Policy:
    return Policy(
        policy.command,
        spelled_for_shards(policy.using) if policy.using else None,
        spelled_for_shards(policy.check) if policy.check else None,
    )
