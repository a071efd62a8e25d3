"""What can stand in the way of a letter about an appointment."""

from __future__ import annotations

from dentalization.errors import Unavailable


class LetterClaimed(Unavailable):
    """Another worker is sending this letter, or was killed at it; it is looked at again."""

    code = "letter-claimed"
    retry_after_seconds = 5
