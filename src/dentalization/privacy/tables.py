"""Requests to be erased, and the reports that prove what became of them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from dentalization.db.base import Base, CreatedAt, Id, UpdatedAt, native_enum, reference
from dentalization.db.objects import touch_updated_at


class ErasureStatus(StrEnum):
    REQUESTED = "requested"
    RUNNING = "running"
    DONE = "done"


class ErasureRequest(Base):
    """One for each account. What it knows of the person is forgotten when it is done."""

    __tablename__ = "erasure_requests"
    __table_args__ = (
        Index("ix_erasure_requests_user_id", "user_id", unique=True),
        Index(
            "ix_erasure_requests_unfinished",
            "created_at",
            postgresql_where=text("status <> 'done'"),
        ),
    )

    id: Mapped[Id]
    user_id: Mapped[str] = reference("users.id", ondelete="CASCADE")
    token: Mapped[str]
    """SHA-256, in hexadecimal, of what opens the status address."""
    status: Mapped[ErasureStatus] = mapped_column(
        native_enum(ErasureStatus), server_default=text("'requested'")
    )
    markers: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """By what the person would be recognised; looked for when everything is erased, then NULL."""
    objects: Mapped[list[str]] = mapped_column(JSONB, server_default=text("'[]'"))
    """Pictures in the store whose rows are gone, but perhaps not yet their bytes."""
    counts: Mapped[dict[str, int]] = mapped_column(JSONB, server_default=text("'{}'"))
    """Rows by rule, of all passes."""
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class ErasureReport(Base):
    """What was deleted, pseudonymised and kept, and why. Never changed; ``digest`` is over the rest."""

    __tablename__ = "erasure_reports"
    __table_args__ = (
        Index("ix_erasure_reports_request_id", "request_id", unique=True),
        Index("ix_erasure_reports_user_id", "user_id"),
        Index("ix_erasure_reports_created_at", text("created_at DESC"), text("id DESC")),
    )

    id: Mapped[Id]
    request_id: Mapped[str] = reference("erasure_requests.id", ondelete="CASCADE")
    user_id: Mapped[str] = reference("users.id", ondelete="CASCADE")
    entries: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    found: Mapped[dict[str, int]] = mapped_column(JSONB)
    """'table.column' -> rows that still name the person, of all text columns of all tables."""
    digest: Mapped[str]
    created_at: Mapped[datetime]


touch_updated_at("erasure_requests")
