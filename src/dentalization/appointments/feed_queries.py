"""Every statement about calendar feeds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, Integer, Text, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from dentalization.appointments.feed_tables import CalendarFeed
from dentalization.db.query import Query
from dentalization.db.row import columns, from_function, row
from dentalization.db.trail import About


@row
class OwnFeed:
    created_at: datetime


@row
class FeedRow:
    """The account of an address, and one appointment of its; ``id`` is None where there is none.

    ``initials`` are the patient's, for dentists alone.
    """

    user_id: str
    role: str
    language: str
    own_patient_id: str | None
    own_doctor_id: str | None
    id: str | None
    patient_id: str | None
    scheduled_at: datetime
    duration: int
    sequence: int
    changed_at: datetime
    initials: str | None
    first_name: str
    last_name: str
    clinic_name: str | None
    clinic_address: str | None


_MOMENT = DateTime(timezone=True)
_TYPES: dict[str, Any] = {
    "scheduled_at": _MOMENT,
    "changed_at": _MOMENT,
    "duration": Integer,
    "sequence": Integer,
}
OPEN_FEED = Query(
    from_function(func.app_calendar_feed(bindparam("digest", type_=Text)), FeedRow, **_TYPES),
    row=FeedRow,
    about=About("appointment"),
)
OWN_FEED = Query(
    select(*columns(OwnFeed, CalendarFeed)).where(CalendarFeed.user_id == bindparam("user_id")), row=OwnFeed
)
_new = insert(CalendarFeed).values(
    user_id=bindparam("user_id"), digest=bindparam("new_digest"), language=bindparam("language")
)
MAKE_FEED = Query[Any](
    _new.on_conflict_do_update(
        index_elements=[CalendarFeed.user_id],
        set_={
            "digest": _new.excluded.digest,
            "language": _new.excluded.language,
            "created_at": func.now(),
        },
    )
)
REVOKE_FEED = Query[Any](delete(CalendarFeed).where(CalendarFeed.user_id == bindparam("user_id")))
