"""Who waits for a freed time with a doctor, and to whom one is offered."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from dentalization.appointments.schedule_tables import DAY_MINUTES
from dentalization.appointments.tables import LONGEST_MINUTES
from dentalization.db.base import Base, CreatedAt, Id, check, reference
from dentalization.db.sealed import sealed

EVERY_DAY: Final = 127
"""Of seven bits: Monday is the lowest."""


class EntryStatus(StrEnum):
    """FULFILLED: the patient has booked in the wanted days, by an offer or otherwise."""

    WAITING = "WAITING"
    FULFILLED = "FULFILLED"
    LEFT = "LEFT"


class OfferStatus(StrEnum):
    """An OPEN offer is over once its time has run out, also before it is marked EXPIRED."""

    OPEN = "OPEN"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    EXPIRED = "EXPIRED"
    WITHDRAWN = "WITHDRAWN"


class WaitingEntry(Base):
    """A place in a doctor's line, in the order of joining, and which times would do."""

    __tablename__ = "waiting_entries"
    __table_args__ = (
        check("waiting_entries_minutes", f"minutes BETWEEN 1 AND {LONGEST_MINUTES}",
              says="An appointment lasts a minute at least and a day at most.", field="duration"),
        check("waiting_entries_weekdays", f"weekdays BETWEEN 1 AND {EVERY_DAY}",
              says="Choose at least one day of the week.", field="weekdays"),
        check("waiting_entries_hours",
              f"opens >= 0 AND opens + minutes <= closes AND closes <= {DAY_MINUTES}",
              says="Between the earliest and the latest hour the appointment has to fit.", field="closes"),
        check("waiting_entries_days", "earliest_on <= latest_on",
              says="The latest day does not come before the earliest.", field="latestOn"),
        check("waiting_entries_status", "status IN ('WAITING', 'FULFILLED', 'LEFT')",
              says="A place in the line waits, is fulfilled or left."),
        check("waiting_entries_closed", "(status = 'WAITING') = (closed_at IS NULL)",
              says="A place that waits no more says since when."),
        Index("uq_waiting_entries", "doctor_id", "patient_id", unique=True,
              postgresql_where=text("status = 'WAITING'"),
              info={"says": "You are in this dentist's line already.", "field": ""}),
        Index("ix_waiting_entries_line", "doctor_id", "created_at", "id",
              postgresql_where=text("status = 'WAITING'")),
        Index("ix_waiting_entries_doctor_id", "doctor_id"),
        Index("ix_waiting_entries_patient_id", "patient_id", "created_at", "id"),
    )  # fmt: skip

    id: Mapped[Id]
    patient_id: Mapped[str] = reference("patient_profiles.id", ondelete="CASCADE")
    doctor_id: Mapped[str] = reference("doctor_profiles.id", ondelete="CASCADE")
    minutes: Mapped[int] = mapped_column(Integer)
    earliest_on: Mapped[date]
    latest_on: Mapped[date]
    weekdays: Mapped[int] = mapped_column(Integer, server_default=text(str(EVERY_DAY)))
    opens: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    """Minutes after midnight by the doctor's clock, as ``closes``."""
    closes: Mapped[int] = mapped_column(Integer, server_default=text(str(DAY_MINUTES)))
    reason: Mapped[str] = sealed()
    status: Mapped[str] = mapped_column(server_default=text("'WAITING'"))
    created_at: Mapped[CreatedAt]
    closed_at: Mapped[datetime | None]


class SlotOffer(Base):
    """A freed time, held for one patient until ``expires_at``; written by triggers alone.

    ``freed_minutes`` is the whole time that was freed, for whoever comes next in the line.
    """

    __tablename__ = "slot_offers"
    __table_args__ = (
        check("slot_offers_status", "status IN ('OPEN', 'ACCEPTED', 'DECLINED', 'EXPIRED', 'WITHDRAWN')",
              says="An offer is open, accepted, declined, expired or withdrawn."),
        Index("ix_slot_offers_entry_id", "entry_id", "scheduled_at"),
        Index("ix_slot_offers_patient_id", "patient_id", "offered_at", "id"),
        Index("ix_slot_offers_doctor_id", "doctor_id"),
        Index("ix_slot_offers_held", "doctor_id", "scheduled_at", postgresql_where=text("status = 'OPEN'")),
        Index("ix_slot_offers_expires_at", "expires_at", postgresql_where=text("status = 'OPEN'")),
    )  # fmt: skip

    id: Mapped[Id]
    entry_id: Mapped[str] = reference("waiting_entries.id", ondelete="CASCADE")
    patient_id: Mapped[str] = reference("patient_profiles.id", ondelete="CASCADE")
    doctor_id: Mapped[str] = reference("doctor_profiles.id", ondelete="CASCADE")
    scheduled_at: Mapped[datetime]
    duration: Mapped[int] = mapped_column(Integer)
    freed_minutes: Mapped[int] = mapped_column(Integer)
    status: Mapped[str] = mapped_column(server_default=text("'OPEN'"))
    offered_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]
