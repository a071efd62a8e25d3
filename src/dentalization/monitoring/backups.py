"""What the last backup and the last drill left behind for monitoring."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dentalization.settings import Settings


@dataclass(frozen=True, slots=True)
class LastRun:
    """``recovery_*`` are 0 for a backup; a drill measures them."""

    ran_at: datetime
    succeeded: bool
    recovery_seconds: float
    recovery_point_seconds: float


def records(settings: Settings) -> Path:
    """The folder in which backups and drills note how they went."""
    return settings.home / "backups"


def last_backup(settings: Settings) -> LastRun | None:
    """The newest attempt; None where there was none yet, or its note cannot be read."""
    return _read(records(settings) / "last-backup.json")


def last_drill(settings: Settings) -> LastRun | None:
    """As ``last_backup``, of backups that were proven by restoring them."""
    return _read(records(settings) / "last-drill.json")


def _read(path: Path) -> LastRun | None:
    try:
        found = json.loads(path.read_text())
        ran_at = datetime.fromisoformat(found["ran_at"])
        return LastRun(
            ran_at if ran_at.tzinfo else ran_at.replace(tzinfo=UTC),
            found["succeeded"] is True,
            float(found.get("recovery_seconds", 0)),
            float(found.get("recovery_point_seconds", 0)),
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
