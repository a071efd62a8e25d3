"""Boxes on a picture, and findings that stand in them.

All lengths are pixels of the stored upright photo; x runs right and y runs down from the top left corner.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from dentalization.dentistry.conditions import Condition
from dentalization.dentistry.teeth import known
from dentalization.errors import InvalidInput

JSON: TypeAlias = "dict[str, JSON] | list[JSON] | str | int | float | bool | None"


@dataclass(frozen=True, slots=True)
class Box:
    """Raises InvalidInput unless all four numbers are finite and width and height above zero."""

    x: float
    y: float
    width: float
    height: float

    def __post_init__(self) -> None:
        for name in ("x", "y", "width", "height"):
            if not math.isfinite(getattr(self, name)):
                raise InvalidInput(f"location.{name} must be a finite number.", field=f"location.{name}")
        for name in ("width", "height"):
            if getattr(self, name) <= 0:
                raise InvalidInput(f"location.{name} must be above zero.", field=f"location.{name}")

    @property
    def area(self) -> float:
        return self.width * self.height

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height


def intersection(a: Box, b: Box) -> Box | None:
    """The part that both share; None when they share no area."""
    x, y = max(a.x, b.x), max(a.y, b.y)
    width, height = min(a.right, b.right) - x, min(a.bottom, b.bottom) - y
    return Box(x, y, width, height) if width > 0 and height > 0 else None


def union(a: Box, b: Box) -> Box:
    """The smallest box around both."""
    x, y = min(a.x, b.x), min(a.y, b.y)
    return Box(x, y, max(a.right, b.right) - x, max(a.bottom, b.bottom) - y)


def iou(a: Box, b: Box) -> float:
    """Shared area divided by covered area, 0 to 1."""
    shared = intersection(a, b)
    if shared is None:
        return 0.0
    covered = a.area + b.area - shared.area
    if not 0 < covered < math.inf:  # areas of absurd boxes leave the range of floats
        return 0.0
    # Rounding of x + width can make the shared part of equal boxes a little larger than either.
    return min(1.0, shared.area / covered)


def clip(box: Box, width: float, height: float) -> Box | None:
    """The part of the box on a picture of this size; None when all of it lies outside."""
    return intersection(box, Box(0.0, 0.0, width, height))


_CONDITIONS = frozenset(condition.value for condition in Condition)


@dataclass(frozen=True, slots=True)
class Detection:
    """One finding. Raises InvalidInput, naming the field, when it is not valid."""

    condition: str
    confidence: float
    location: Box
    tooth: str | None = None

    def __post_init__(self) -> None:
        if self.condition not in _CONDITIONS:
            raise InvalidInput(
                f"{self.condition!r} is no known condition; expected one of {', '.join(Condition)}.",
                field="condition",
            )
        if not 0 <= self.confidence <= 1:
            raise InvalidInput("confidence must be a number from 0 to 1.", field="confidence")
        if self.tooth is not None:
            known(self.tooth)

    def to_json(self) -> dict[str, JSON]:
        box = self.location
        value: dict[str, JSON] = {
            "condition": str(self.condition),
            "confidence": self.confidence,
            "location": {"x": box.x, "y": box.y, "width": box.width, "height": box.height},
        }
        return value if self.tooth is None else {**value, "tooth": self.tooth}

    @classmethod
    def from_json(cls, value: object) -> Detection:
        """The inverse of to_json; raises InvalidInput, naming the first wrong field."""
        fields = _fields(value, "detection", ("condition", "confidence", "location"), ("tooth",))
        where = _fields(fields["location"], "location", ("x", "y", "width", "height"), ())
        tooth = fields.get("tooth")
        return cls(
            condition=_text(fields["condition"], "condition"),
            confidence=_number(fields["confidence"], "confidence"),
            location=Box(**{name: _number(number, f"location.{name}") for name, number in where.items()}),
            tooth=None if tooth is None else _text(tooth, "tooth"),
        )


def _fields(
    value: object, field: str, required: tuple[str, ...], optional: tuple[str, ...]
) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{field} must be an object with {', '.join(required)}.", field=field)
    prefix = "" if field == "detection" else f"{field}."
    for name in required:
        if name not in value:
            raise InvalidInput(f"{prefix}{name} is missing.", field=f"{prefix}{name}")
    for name in value:
        if name not in required + optional:
            raise InvalidInput(f"{prefix}{name} is not a field of a {field}.", field=f"{prefix}{name}")
    return value


def _text(value: object, field: str) -> str:
    if not isinstance(value, str):
        raise InvalidInput(f"{field} must be text.", field=field)
    return value


def _number(value: object, field: str) -> float:
    # bool is an int to Python, not to JSON.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidInput(f"{field} must be a number.", field=field)
    try:
        return float(value)
    except OverflowError:
        raise InvalidInput(f"{field} must be a finite number.", field=field) from None
