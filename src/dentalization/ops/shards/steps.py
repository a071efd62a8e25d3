"""One statement on the way to a distributed database."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Step:
    sql: str
    """Without a semicolon at its end; empty where there is only something to say."""
    says: str = ""


def script(steps: list[Step]) -> str:
    """As a file that psql runs."""
    return "\n".join(_lines(step) for step in steps)


def _lines(step: Step) -> str:
    said = "".join(f"-- {line}\n" for line in step.says.splitlines())
    return f"{said}{step.sql};" if step.sql else said.rstrip("\n")
