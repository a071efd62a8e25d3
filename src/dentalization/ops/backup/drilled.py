"""What the last drill left behind, for whoever watches."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

FILE = "last-drill.json"


@dataclass(frozen=True)
class Drill:
    """``recovery_point_seconds``: how much would have been lost, had the database gone when the drill began;
    ``recovery_seconds``: from then until the restored database was checked and could be used. ``amcheck`` is
    what pg_amcheck found of its pages, empty where the drill did not come so far."""

    backup: str
    ran_at: datetime
    succeeded: bool
    problem: str
    recovery_point_seconds: float
    recovery_seconds: float
    restore_seconds: float
    rows: int
    amcheck: str = ""
    amcheck_detail: str = ""
    amcheck_seconds: float = 0.0

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "ran_at": self.ran_at.isoformat()}


def write(folder: Path, result: Drill) -> None:
    """In the place of the one before."""
    (folder / FILE).write_text(json.dumps(result.to_json(), indent=1))


def last_drill(folder: Path) -> Drill | None:
    """The newest result; None where there was no drill yet, or its file cannot be read."""
    try:
        found = json.loads((folder / FILE).read_text())
        return Drill(**{**found, "ran_at": datetime.fromisoformat(found["ran_at"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None
