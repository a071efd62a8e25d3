"""Find a verified dentist by name, clinic, place and specialization."""

from __future__ import annotations

import re

from dentalization.db.database import Database
from dentalization.db.identity import Actor
from dentalization.db.keyset import NameKey, Page, page_of
from dentalization.errors import NotFound
from dentalization.profiles import directory_queries
from dentalization.profiles.directory_access import MOST_WORDS
from dentalization.profiles.directory_queries import FoundDoctor, ListedDoctor

_SPECIAL = re.compile(r"([\\%_])")


async def doctors(
    db: Database,
    *,
    actor: Actor,
    specialization: str | None = None,
    words: str | None = None,
    after: str | None = None,
    limit: int,
) -> Page[FoundDoctor]:
    """Verified dentists by name; those whose name, clinic or its address hold each of the first four words.

    ``specialization`` is compared whole; neither cares for capitals. Raises BadCursor.
    """
    place = NameKey.after(after)
    patterns = [_holding(word) for word in (words or "").lower().split()[:MOST_WORDS]]
    rows = await db.read(
        actor,
        directory_queries.SEARCHED if patterns else directory_queries.DOCTORS,
        specialization=(specialization or "").strip() or None,
        patterns=patterns,
        after_name=place.name,
        after_id=place.id,
        most=limit + 1,
    )
    return page_of(rows, limit, lambda row: (row.sort_name, row.id))


def _holding(word: str) -> str:
    """The LIKE pattern of texts in which the word stands; what is special there stands for itself."""
    return f"%{_SPECIAL.sub(lambda found: chr(92) + found[0], word)}%"


async def doctor(db: Database, *, actor: Actor, doctor_id: str) -> ListedDoctor:
    """Raises NotFound for everybody who is no verified dentist."""
    found = await db.read_one(actor, directory_queries.DOCTOR, doctor_id=doctor_id)
    if found is None:
        raise NotFound("There is no such dentist.")
    return found
