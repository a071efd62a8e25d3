"""What several request bodies about appointments have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from dentalization.appointments.schedule_tables import DAY_MINUTES
from dentalization.edge.answers import Text

Id = Annotated[Text, Field(min_length=1, max_length=40)]
Reason = Annotated[Text, Field(min_length=1, max_length=1000)]


def _time(text: str) -> str:
    """Raises ValueError for anything but a time of day; 24:00 is the midnight at the end of it."""
    hours, minutes = text.split(":")
    if int(minutes) > 59 or int(hours) * 60 + int(minutes) > DAY_MINUTES:
        raise ValueError("a time of day lies between 00:00 and 24:00")
    return text


Time = Annotated[str, Field(pattern=r"^[0-9]{2}:[0-9]{2}$", examples=["09:00"]), AfterValidator(_time)]
