"""Identifiers: ``c`` and 24 lower-case letters and digits, sortable by the time they were made."""

from __future__ import annotations

import re
import secrets
import time

_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_TIME_LENGTH = 9  # 36**9 milliseconds last until the year 5188
_RANDOM_LENGTH = 15  # 77 bits: a collision within one millisecond is out of the question
_COUNTED = 4
"""Last characters by which ids that are made together differ."""
_RANDOM_RANGE = 36**_RANDOM_LENGTH

ID_PATTERN = r"^c[0-9a-z]{24}$"
_VALID = re.compile(ID_PATTERN)


def new_id(*, at_milliseconds: int | None = None) -> str:
    """A fresh id. ``at_milliseconds`` since 1970 dates it, for history that is brought in later."""
    moment = time.time_ns() // 1_000_000 if at_milliseconds is None else at_milliseconds
    return "c" + _base36(moment, _TIME_LENGTH) + _base36(secrets.randbelow(_RANDOM_RANGE), _RANDOM_LENGTH)


def new_ids(count: int) -> list[str]:
    """Fresh ids in rising order for rows that are written together, cheaper than one by one; up to 10,000."""
    first = new_id()
    start = secrets.randbelow(36**_COUNTED - count + 1)
    return [first[:-_COUNTED] + _base36(start + number, _COUNTED) for number in range(count)]


def is_id(text: str) -> bool:
    return _VALID.match(text) is not None


def _base36(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 36)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
