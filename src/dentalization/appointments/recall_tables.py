"""When a doctor wants to see a patient again, and letters that tell of offers and recalls."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from dentalization.db.base import Base, CreatedAt, Id, check, reference
from dentalization.db.sealed import sealed

MOST_MONTHS: Final = 60
NOTICE_TASK: Final = "appointments.notice"


class RecallStatus(StrEnum):
    """FULFILLED: the patient has booked with this doctor since."""

    OPEN = "OPEN"
    FULFILLED = "FULFILLED"
    WITHDRAWN = "WITHDRAWN"


class NoticeKind(StrEnum):
    OFFER = "OFFER"
    RECALL = "RECALL"


class Recall(Base):
    __tablename__ = "recalls"
    __table_args__ = (
        check("recalls_months", f"months BETWEEN 1 AND {MOST_MONTHS}",
              says=f"A recall lies 1 to {MOST_MONTHS} months ahead.", field="months"),
        check("recalls_status", "status IN ('OPEN', 'FULFILLED', 'WITHDRAWN')",
              says="A recall is open, fulfilled or withdrawn."),
        check("recalls_closed", "(status = 'OPEN') = (closed_at IS NULL)",
              says="A recall that is over says since when."),
        Index("uq_recalls", "doctor_id", "patient_id", unique=True, postgresql_where=text("status = 'OPEN'"),
              info={"says": "This patient has a recall already; withdraw it first.", "field": "patientId"}),
        Index("ix_recalls_due_on", "due_on", postgresql_where=text("status = 'OPEN'")),
        Index("ix_recalls_doctor_id", "doctor_id", "due_on", "id"),
        Index("ix_recalls_patient_id", "patient_id", "due_on", "id"),
    )  # fmt: skip

    id: Mapped[Id]
    doctor_id: Mapped[str] = reference("doctor_profiles.id", ondelete="CASCADE")
    patient_id: Mapped[str] = reference("patient_profiles.id", ondelete="CASCADE")
    months: Mapped[int] = mapped_column(Integer)
    due_on: Mapped[date]
    """So many months after the day on which it was set, by the doctor's clock."""
    note: Mapped[str | None] = sealed()
    status: Mapped[str] = mapped_column(server_default=text("'OPEN'"))
    created_at: Mapped[CreatedAt]
    closed_at: Mapped[datetime | None]


class CareNotice(Base):
    """One letter that tells a patient of an offer or a recall; written by functions, sent by the worker."""

    __tablename__ = "care_notices"
    __table_args__ = (
        check("care_notices_kind", "kind IN ('OFFER', 'RECALL')", says="A notice is of an offer or recall."),
        check("care_notices_settled", "(settled_at IS NULL) = (outcome IS NULL)",
              says="A letter that is done says how it ended."),
        Index("uq_care_notices", "about_id", "kind", unique=True),
        Index("ix_care_notices_created_at", "created_at"),
        Index("ix_care_notices_waiting", "created_at", postgresql_where=text("settled_at IS NULL")),
    )  # fmt: skip

    id: Mapped[Id]
    """Also in the Message-ID, so that a letter sent twice after a crash is the same letter."""
    patient_id: Mapped[str] = reference("patient_profiles.id", ondelete="CASCADE", index=True)
    kind: Mapped[str]
    about_id: Mapped[str]
    """Of the offer or the recall."""
    claimed_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    outcome: Mapped[str | None]
    created_at: Mapped[CreatedAt]
