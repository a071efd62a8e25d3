"""Secret addresses under which calendar programs fetch a person's appointments."""

from __future__ import annotations

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from dentalization.db.base import Base, CreatedAt, check, reference


class CalendarFeed(Base):
    """The one address of an account that is good; a new one takes the place of the old."""

    __tablename__ = "calendar_feeds"
    __table_args__ = (
        check("calendar_feeds_digest", "length(digest) = 64", says="Of an address only its SHA-256 is kept."),
        Index("ix_calendar_feeds_digest", "digest", unique=True),
    )

    user_id: Mapped[str] = reference("users.id", ondelete="CASCADE", primary_key=True)
    digest: Mapped[str]
    """SHA-256 of the token, in hexadecimal."""
    language: Mapped[str] = mapped_column(String(2))
    """Of whoever made it: calendar programs send none."""
    created_at: Mapped[CreatedAt]
