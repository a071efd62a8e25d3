"""Every statement about who waits with a doctor, and about offers of freed times."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Text, bindparam, func, insert, literal_column, select, tuple_, update

from dentalization.appointments.queries import BookedPatient, Dentist
from dentalization.appointments.waiting_tables import EntryStatus, OfferStatus, SlotOffer, WaitingEntry
from dentalization.db.query import Query
from dentalization.db.row import columns, row
from dentalization.db.trail import About
from dentalization.profiles.tables import DoctorProfile, PatientProfile


@row
class EntryRow:
    """A place in a line. ``minutes`` is the length that is wanted; ``weekdays`` seven bits from Monday."""

    id: str
    patient_id: str
    doctor_id: str
    minutes: int
    earliest_on: date
    latest_on: date
    weekdays: int
    opens: int
    closes: int
    reason: str
    status: str
    created_at: datetime
    closed_at: datetime | None
    time_zone: str | None
    doctor: Dentist | None
    patient: BookedPatient | None


@row
class OfferRow:
    """A freed time, held until ``expires_at`` while it is OPEN."""

    id: str
    entry_id: str
    patient_id: str
    doctor_id: str
    scheduled_at: datetime
    duration: int
    status: str
    offered_at: datetime
    expires_at: datetime
    time_zone: str | None
    doctor: Dentist | None


@row
class HeldOffer:
    id: str
    entry_id: str
    doctor_id: str
    scheduled_at: datetime
    duration: int
    live: bool


@row
class OverOffer:
    id: str
    doctor_id: str


_zone = func.app_time_zone(WaitingEntry.doctor_id, type_=Text).label("time_zone")
_entry = (
    select(
        *columns(EntryRow, WaitingEntry, but="time_zone doctor patient"),
        _zone,
        *columns(Dentist, DoctorProfile, prefix="doctor__"),
        *columns(BookedPatient, PatientProfile, prefix="patient__"),
    )
    .select_from(WaitingEntry)
    .join(DoctorProfile, DoctorProfile.id == WaitingEntry.doctor_id, isouter=True)
    .join(PatientProfile, PatientProfile.id == WaitingEntry.patient_id, isouter=True)
)
_about = About("appointment")
# Literals, so that a generic plan may take the partial indexes.
_waits = WaitingEntry.status == literal_column(f"'{EntryStatus.WAITING}'")
ENTRY = Query(_entry.where(WaitingEntry.id == bindparam("entry_id")), row=EntryRow, about=_about)
OWN_ENTRIES = Query(
    _entry.where(WaitingEntry.patient_id == bindparam("patient_id"), _waits)
    .order_by(WaitingEntry.created_at, WaitingEntry.id),
    row=EntryRow,
    about=_about,
)  # fmt: skip
LINE = Query(
    _entry.where(
        WaitingEntry.doctor_id == bindparam("doctor_id"),
        _waits,
        tuple_(WaitingEntry.created_at, WaitingEntry.id)
        > tuple_(bindparam("after_at", type_=WaitingEntry.created_at.type), bindparam("after_id")),
    )
    .order_by(WaitingEntry.created_at, WaitingEntry.id)
    .limit(bindparam("limit")),
    row=EntryRow,
    about=_about,
)
_JOINED = ("id", "patient_id", "doctor_id", "minutes", "earliest_on", "latest_on", "weekdays", "opens",
           "closes", "reason")  # fmt: skip
JOIN_LINE = Query[Any](insert(WaitingEntry).values({name: bindparam(name) for name in _JOINED}), about=_about)
LEAVE_LINE = Query[Any](
    update(WaitingEntry)
    .where(WaitingEntry.id == bindparam("entry_id"), WaitingEntry.patient_id == bindparam("owner"), _waits)
    .values(status=EntryStatus.LEFT.value, closed_at=func.now())
)

_open = SlotOffer.status == literal_column(f"'{OfferStatus.OPEN}'")
_offer = (
    select(
        *columns(OfferRow, SlotOffer, but="time_zone doctor"),
        func.app_time_zone(SlotOffer.doctor_id, type_=Text).label("time_zone"),
        *columns(Dentist, DoctorProfile, prefix="doctor__"),
    )
    .select_from(SlotOffer)
    .join(DoctorProfile, DoctorProfile.id == SlotOffer.doctor_id, isouter=True)
)
OFFER = Query(
    _offer.where(SlotOffer.id == bindparam("offer_id"), SlotOffer.patient_id == bindparam("patient_id")),
    row=OfferRow,
    about=_about,
)
OPEN_OFFERS = Query(
    _offer.where(
        SlotOffer.patient_id == bindparam("patient_id"), _open, SlotOffer.expires_at > func.clock_timestamp()
    ).order_by(SlotOffer.offered_at, SlotOffer.id),
    row=OfferRow,
    about=_about,
)
LOCK_OFFER = Query(
    select(
        *columns(HeldOffer, SlotOffer, but="live"),
        func.coalesce(SlotOffer.expires_at > func.clock_timestamp(), False).label("live"),
    )
    .where(SlotOffer.id == bindparam("offer_id"), _open)
    .with_for_update(),
    row=HeldOffer,
)
DECLINE = Query[Any](
    update(SlotOffer)
    .where(SlotOffer.id == bindparam("offer_id"), _open)
    .values(status=OfferStatus.DECLINED.value)
)
OVER = Query(
    select(*columns(OverOffer, SlotOffer))
    .where(_open, SlotOffer.expires_at <= func.now())
    .order_by(SlotOffer.expires_at)
    .limit(1000),
    row=OverOffer,
)
EXPIRE = Query[Any](
    update(SlotOffer)
    .where(SlotOffer.id == bindparam("offer_id"), _open, SlotOffer.expires_at <= func.now())
    .values(status=OfferStatus.EXPIRED.value)
)
