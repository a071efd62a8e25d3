"""When a doctor works: settings of the calendar, hours of the week, and days that are different."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from dentalization.appointments.tables import LONGEST_MINUTES
from dentalization.db.base import Base, CreatedAt, Id, UpdatedAt, check, reference
from dentalization.db.objects import touch_updated_at
from dentalization.db.sealed import sealed

DAY_MINUTES = 1440
MOST_DAYS = 730
"""No calendar is open further ahead."""


class ExceptionKind(StrEnum):
    """HOLIDAY and LEAVE close hours of the week; an EXTRA session stands, whatever else the day is."""

    HOLIDAY = "HOLIDAY"
    LEAVE = "LEAVE"
    EXTRA = "EXTRA"


class DoctorSchedule(Base):
    """Settings of one calendar; without this row nothing can be booked."""

    __tablename__ = "doctor_schedules"
    __table_args__ = (
        # An unknown zone is refused here, so that it can never stop a statement later.
        check(
            "doctor_schedules_time_zone",
            "(timestamp '2000-01-01' AT TIME ZONE time_zone) IS NOT NULL",
            says="A calendar runs by the clock of a time zone that the database knows.",
            field="timeZone",
        ),
        check(
            "doctor_schedules_slot_minutes",
            f"slot_minutes BETWEEN 5 AND {LONGEST_MINUTES}",
            says="A slot lasts 5 minutes to a day.",
            field="slotMinutes",
        ),
        check(
            "doctor_schedules_buffer_minutes",
            "buffer_minutes BETWEEN 0 AND 240",
            says="The pause between appointments lasts 0 to 240 minutes.",
            field="bufferMinutes",
        ),
        check(
            "doctor_schedules_minimum_notice_minutes",
            "minimum_notice_minutes BETWEEN 0 AND 43200",
            says="The notice lies between 0 minutes and 30 days.",
            field="minimumNoticeMinutes",
        ),
        check(
            "doctor_schedules_furthest_days",
            f"furthest_days BETWEEN 1 AND {MOST_DAYS}",
            says=f"A calendar is open 1 to {MOST_DAYS} days ahead.",
            field="furthestDays",
        ),
        check(
            "doctor_schedules_longest_minutes",
            f"longest_minutes BETWEEN slot_minutes AND {LONGEST_MINUTES}",
            says="The longest appointment lasts a slot at least and a day at most.",
            field="longestMinutes",
        ),
    )

    doctor_id: Mapped[str] = reference("doctor_profiles.id", ondelete="CASCADE", primary_key=True)
    time_zone: Mapped[str]
    """Of the IANA database, as Asia/Jakarta."""
    slot_minutes: Mapped[int] = mapped_column(Integer, server_default=text("30"))
    buffer_minutes: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    minimum_notice_minutes: Mapped[int] = mapped_column(Integer, server_default=text("60"))
    furthest_days: Mapped[int] = mapped_column(Integer, server_default=text("90"))
    longest_minutes: Mapped[int] = mapped_column(Integer, server_default=text("120"))
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class WorkingHours(Base):
    """One session of a weekday. ``opens`` and ``closes`` count minutes on the wall clock from midnight;
    1440 is the midnight at its end, for which a time of day has no word."""

    __tablename__ = "working_hours"
    __table_args__ = (
        check("working_hours_weekday", "weekday BETWEEN 1 AND 7", says="A weekday is 1 (Monday) to 7.",
              field="weekday"),
        check("working_hours_session", f"opens >= 0 AND opens < closes AND closes <= {DAY_MINUTES}",
              says="A session opens before it closes, on the same day.", field="closes"),
        Index("ix_working_hours_doctor_id", "doctor_id", "weekday"),
    )  # fmt: skip

    id: Mapped[Id]
    doctor_id: Mapped[str] = reference("doctor_profiles.id", ondelete="CASCADE")
    weekday: Mapped[int] = mapped_column(Integer)
    opens: Mapped[int] = mapped_column(Integer)
    closes: Mapped[int] = mapped_column(Integer)


class ScheduleException(Base):
    """A day that is different: closed, closed for some hours, or with an extra session."""

    __tablename__ = "schedule_exceptions"
    __table_args__ = (
        check("schedule_exceptions_kind", "kind IN ('HOLIDAY', 'LEAVE', 'EXTRA')",
              says="An exception is HOLIDAY, LEAVE or EXTRA.", field="kind"),
        check("schedule_exceptions_hours", "(opens IS NULL) = (closes IS NULL)",
              says="An exception has both an opening and a closing time, or neither.", field="closes"),
        check("schedule_exceptions_session",
              f"opens IS NULL OR (opens >= 0 AND opens < closes AND closes <= {DAY_MINUTES})",
              says="A session opens before it closes, on the same day.", field="closes"),
        check("schedule_exceptions_extra", "kind <> 'EXTRA' OR opens IS NOT NULL",
              says="An extra session says from when to when.", field="opens"),
        Index("ix_schedule_exceptions_doctor_id", "doctor_id", "day", "id"),
    )  # fmt: skip

    id: Mapped[Id]
    doctor_id: Mapped[str] = reference("doctor_profiles.id", ondelete="CASCADE")
    day: Mapped[date]
    kind: Mapped[str]
    opens: Mapped[int | None] = mapped_column(Integer)
    closes: Mapped[int | None] = mapped_column(Integer)
    reason: Mapped[str | None] = sealed()
    created_at: Mapped[CreatedAt]


touch_updated_at("doctor_schedules")
