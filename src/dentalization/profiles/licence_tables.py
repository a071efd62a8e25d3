"""Licences that doctors hand in: the submissions, their documents, and a ledger of every step."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Index, Integer, String, func, text
from sqlalchemy.orm import Mapped, mapped_column

from dentalization.db.base import Base, CreatedAt, Id, check, reference

MOST_BYTES = 10 * 1024 * 1024
MOST_DOCUMENTS = 10
"""Of one submission."""


class LicenceStatus(StrEnum):
    SUBMITTED = "SUBMITTED"
    VERIFIED = "VERIFIED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    WITHDRAWN = "WITHDRAWN"


class LicenceStep(StrEnum):
    """What the ledger tells; REVOKED is a verification that was taken away, NOTICE a warning of its end."""

    SUBMITTED = "SUBMITTED"
    DOCUMENT_ADDED = "DOCUMENT_ADDED"
    WITHDRAWN = "WITHDRAWN"
    VERIFIED = "VERIFIED"
    REJECTED = "REJECTED"
    REVOKED = "REVOKED"
    EXPIRED = "EXPIRED"
    NOTICE = "NOTICE"


TRANSITIONS = frozenset(
    {
        (LicenceStatus.SUBMITTED, LicenceStatus.VERIFIED),
        (LicenceStatus.SUBMITTED, LicenceStatus.REJECTED),
        (LicenceStatus.SUBMITTED, LicenceStatus.WITHDRAWN),
        (LicenceStatus.VERIFIED, LicenceStatus.REJECTED),
        (LicenceStatus.VERIFIED, LicenceStatus.EXPIRED),
    }
)
CONTENT_TYPES = ("application/pdf", "image/jpeg", "image/png")


def _one_of(column: str, values: type[StrEnum] | tuple[str, ...]) -> str:
    listed = ", ".join(f"'{value}'" for value in values)
    return f"{column} IN ({listed})"


class LicenceSubmission(Base):
    """One licence as a doctor handed it in, and what became of it.

    The status is text and no enum: comparing enums is not leakproof, and the administrators' list is read
    by status from an index under a policy.
    """

    __tablename__ = "licence_submissions"
    __table_args__ = (
        check("licence_submissions_sip_number", "sip_number <> ''", says="A licence has a number.",
              field="sipNumber"),
        check("licence_submissions_sip_issuer", "sip_issuer <> ''", says="A licence says who issued it.",
              field="issuer"),
        check("licence_submissions_str_number", "str_number <> ''", says="A registration has a number.",
              field="strNumber"),
        check("licence_submissions_status", _one_of("status", LicenceStatus),
              says="This is no state of a licence."),
        # An unknown zone is refused here, so that it can never stop a statement later.
        check("licence_submissions_time_zone", "(timestamp '2000-01-01' AT TIME ZONE time_zone) IS NOT NULL",
              says="A licence ends by the clock of a time zone that the database knows."),
        check("licence_submissions_decided", "(status = 'SUBMITTED') = (decided_at IS NULL)",
              says="A submission has a time of decision when it is decided, and only then."),
        check("licence_submissions_reason", "status <> 'REJECTED' OR (reason IS NOT NULL AND reason <> '')",
              says="A rejection says why.", field="reason"),
        Index(
            "ix_licence_submissions_open",
            "doctor_id",
            unique=True,
            postgresql_where=text("status = 'SUBMITTED'"),
            info={"says": "A licence of yours waits for its decision; withdraw it to send in another."},
        ),
        # app_identify reads this at every statement of a doctor: the one that lasts longest comes first.
        Index(
            "ix_licence_submissions_verified",
            "doctor_id",
            text("sip_expires_on DESC"),
            postgresql_where=text("status = 'VERIFIED'"),
        ),
        Index("ix_licence_submissions_doctor_id", "doctor_id", text("submitted_at DESC"), text("id DESC")),
        Index("ix_licence_submissions_status", "status", text("submitted_at DESC"), text("id DESC")),
        Index("ix_licence_submissions_sip_number", "sip_number"),
        Index("ix_licence_submissions_decided_by", "decided_by"),
    )  # fmt: skip

    id: Mapped[Id]
    doctor_id: Mapped[str] = reference("doctor_profiles.id", ondelete="CASCADE")
    sip_number: Mapped[str] = mapped_column(String(100))
    sip_issuer: Mapped[str] = mapped_column(String(200))
    sip_expires_on: Mapped[date]
    """The last day on which it is valid."""
    str_number: Mapped[str] = mapped_column(String(100))
    time_zone: Mapped[str]
    """Where that day ends, as the operator's setting said last."""
    submitted_at: Mapped[CreatedAt]
    status: Mapped[str] = mapped_column(server_default=text("'SUBMITTED'"))
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = reference("users.id", ondelete="SET NULL")
    reason: Mapped[str | None]


class LicenceDocument(Base):
    """A scan of a licence or registration; its bytes are in the object store."""

    __tablename__ = "licence_documents"
    __table_args__ = (
        check("licence_documents_content_type", _one_of("content_type", CONTENT_TYPES),
              says="A document is a PDF, a JPEG or a PNG.", field="file"),
        check("licence_documents_bytes", f"bytes BETWEEN 1 AND {MOST_BYTES}",
              says="A document has at most 10 MB.", field="file"),
        check("licence_documents_sha256", "sha256 ~ '^[0-9a-f]{64}$'", says="A digest has 64 digits."),
        Index("ix_licence_documents_object_key", "object_key", unique=True),
        Index(
            "ix_licence_documents_submission_id",
            "submission_id",
            "sha256",
            unique=True,
            info={"says": "This document is already with your licence."},
        ),
    )  # fmt: skip

    id: Mapped[Id]
    submission_id: Mapped[str] = reference("licence_submissions.id", ondelete="CASCADE")
    object_key: Mapped[str]
    content_type: Mapped[str]
    bytes: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str]
    created_at: Mapped[CreatedAt]


class LicenceEvent(Base):
    """The ledger: written by the database alone, never changed, and kept when the account is gone.

    So it names doctor, submission and actor by ids without references. ``actor_id`` is NULL where nobody
    acted but the calendar.
    """

    __tablename__ = "licence_events"
    __table_args__ = (
        check("licence_events_step", _one_of("step", LicenceStep), says="This is no step of a licence."),
        check("licence_events_days", "(step = 'NOTICE') = (days IS NOT NULL)",
              says="A notice says how many days before the end it is due."),
        Index("ix_licence_events_doctor_id", "doctor_id", text("happened_at DESC"), text("id DESC")),
        # Each notice is given once, however often the job runs.
        Index(
            "ix_licence_events_notice",
            "submission_id",
            "days",
            unique=True,
            postgresql_where=text("step = 'NOTICE'"),
        ),
    )  # fmt: skip

    id: Mapped[Id]
    doctor_id: Mapped[str]
    submission_id: Mapped[str | None]
    step: Mapped[str]
    days: Mapped[int | None] = mapped_column(Integer)
    actor_id: Mapped[str | None]
    actor_role: Mapped[str]
    reason: Mapped[str | None]
    happened_at: Mapped[datetime] = mapped_column(server_default=func.now())
