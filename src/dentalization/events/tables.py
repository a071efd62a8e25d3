"""Events: that something of somebody's has changed, never what. Triggers write them, clients follow them."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import BigInteger, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from dentalization.db.base import Base, CreatedAt
from dentalization.db.listener import CHANNEL
from dentalization.db.objects import Policy, access, function, setting
from dentalization.db.tables import SAFE_PATH

QUEUE = "queue"
"""The audience of what waits for a dentist, whoever that will be: all who are verified."""
KEPT_DAYS = 7
MOST_AT_ONCE = 1000
"""Rows of one statement. What writes more is a load, and no page need hear of it row by row."""


class EventKind(StrEnum):
    DIAGNOSIS = "diagnosis"
    QUEUE = "queue"
    APPOINTMENT = "appointment"
    OFFER = "offer"


class Event(Base):
    """``transaction`` is the id of the one that wrote it: ids of a sequence say nothing about which of two
    transactions was seen first, so a client that went by them would miss the one that committed later.
    """

    __tablename__ = "events"
    __table_args__ = (
        Index("ix_events_audience", "audience", "transaction", "id"),
        Index("ix_events_created_at", "created_at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    transaction: Mapped[int] = mapped_column(
        BigInteger, server_default=text("(pg_current_xact_id()::text)::bigint")
    )
    audience: Mapped[str]
    """The id of a patient's or doctor's profile, or QUEUE."""
    kind: Mapped[str]
    """One of EventKind."""
    subject: Mapped[str]
    """The id of what has changed. Whoever may not see that gets nothing for it."""
    created_at: Mapped[CreatedAt]


# NOTIFY sends a payload once a transaction, however often it is given.
function(
    "app_tell(text, text, text)",
    f"""app_tell(p_audience text, p_kind text, p_subject text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER {SAFE_PATH} AS $$
BEGIN
  IF p_audience IS NULL THEN
    RETURN false;
  END IF;
  INSERT INTO public.events (audience, kind, subject) VALUES (p_audience, p_kind, p_subject);
  PERFORM pg_notify('{CHANNEL}', p_audience);
  RETURN true;
END $$""",
    app_may_call=False,
)

_OVER = f"{setting('role')} = 'WORKER' AND created_at < now() - interval '{KEPT_DAYS} days'"
access(
    "events",
    Policy(
        "SELECT",
        f"audience = {setting('patient_id')} OR audience = {setting('doctor_id')} "
        f"OR (audience = '{QUEUE}' AND {setting('doctor_id')} IS NOT NULL) OR ({_OVER})",
    ),
    Policy("DELETE", _OVER),
    grants="SELECT, DELETE",
)
