"""Backups by the clock, for whoever has no timer of the machine's own."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime

import procrastinate
import structlog

from dentalization.context import Context
from dentalization.ops import embedded
from dentalization.settings import Settings

SUNDAY = 7

_log = structlog.get_logger(__name__)


def register(app: procrastinate.App, context: Context) -> None:
    """Adds the backup at DENTALIZATION_BACKUP_AT; a drill follows on Sundays."""
    settings = context.settings
    if not settings.backup_at:
        return

    @app.periodic(cron=settings.backup_at)
    @app.task(name="worker.backup", queueing_lock="backup")
    async def back_up(timestamp: int) -> None:
        await run("create", settings)
        if datetime.fromtimestamp(timestamp, UTC).isoweekday() == SUNDAY:
            await run("drill", settings)


async def run(what: str, settings: Settings) -> bool:
    """Runs 'dentalization backup create' or 'drill' in a process of its own, which may be the owner.

    The worker itself is not: where it was not given the owner's address, only the embedded server's home
    tells it. Whether it succeeded is in the log and on /metrics.
    """
    environment = dict(os.environ)
    if not settings.database_owner_url:
        if not embedded.is_running(settings.home):
            _log.error("backup_needs_the_owner", setting="DATABASE_OWNER_URL")
            return False
        environment.pop("DATABASE_URL", None)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "dentalization.cli.main", "backup", what, "--json"),
        env=environment,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    if process.returncode:
        _log.error("backup_failed", what=what, said=said.decode(errors="replace")[-500:])
    else:
        _log.info("backup_done", what=what)
    return process.returncode == 0
