"""A creating request with an Idempotency-Key happens once, however often it is sent."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

from dentalization.db.identity import Actor
from dentalization.db.queries import REMEMBER_KEY, REMEMBER_RESULT, REMEMBERED
from dentalization.db.transaction import Transaction
from dentalization.errors import InvalidInput


class KeyReused(InvalidInput):
    """This Idempotency-Key was used for another request; take a new one for each new request."""

    code = "idempotency-key-reused"


def fingerprint(*parts: bytes | str) -> str:
    """SHA-256 over what makes two requests the same request."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


async def once(
    transaction: Transaction,
    actor: Actor,
    *,
    key: str | None,
    request: str,
    make: Callable[[], Awaitable[dict[str, Any]]],
) -> dict[str, Any]:
    """The result of ``make``, or that of the first request with the same key.

    A request with the same key that runs at the same time waits for the first: its insert waits for the
    unique index. Raises KeyReused where ``request`` (a fingerprint) differs from the first one's.
    """
    if key is None:
        return await make()
    mine = {"user_id": actor.user_id, "key": key}
    if await transaction.run(REMEMBER_KEY, **mine, fingerprint=request):
        result = await make()
        await transaction.run(REMEMBER_RESULT, **mine, outcome=result)
        return result
    before = await transaction.one(REMEMBERED, **mine)
    if before is None or before.fingerprint != request or before.result is None:
        raise KeyReused(field="Idempotency-Key")
    return before.result
