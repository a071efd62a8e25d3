"""Turns a migrated database on a Citus coordinator into a distributed one (ADR 0019)."""

from __future__ import annotations

from dentalization.ops.shards.running import distribute, planned
from dentalization.ops.shards.steps import script

__all__ = ["distribute", "planned", "script"]
