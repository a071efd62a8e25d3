"""What is cleared away every day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import procrastinate

from dentalization.accounts import mailing
from dentalization.accounts import service as accounts
from dentalization.audit.queries import MAKE_MONTH
from dentalization.context import Context
from dentalization.db.identity import Actor
from dentalization.db.queries import FORGET_OLD_HITS, FORGET_OLD_KEYS
from dentalization.db.transaction import Transaction
from dentalization.events.queries import FORGET_OLD_EVENTS


def register(app: procrastinate.App, context: Context) -> None:
    """Adds the daily clean-up: sessions and links that are over, old keys, windows of limits, events."""

    @app.periodic(cron="17 3 * * *")
    @app.task(name="worker.housekeeping")
    async def clean_up(timestamp: int) -> None:
        await accounts.forget_old_sessions(context.db)
        await mailing.forget_old_links(context.db)

        async def forget(transaction: Transaction) -> None:
            await transaction.run(FORGET_OLD_KEYS)
            await transaction.run(FORGET_OLD_HITS)
            await transaction.run(FORGET_OLD_EVENTS)
            # Ahead of its first row, which would otherwise have to wait for it.
            soon = datetime.fromtimestamp(timestamp, UTC).date() + timedelta(days=7)
            await transaction.all(MAKE_MONTH, month=soon)

        await context.db.transaction(Actor.worker(), forget)
