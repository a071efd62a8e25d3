"""Every statement about medical records."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, tuple_
from sqlalchemy.dialects.postgresql import JSONB

from dentalization.db.query import Query, Settles
from dentalization.db.row import columns, row
from dentalization.db.trail import About
from dentalization.profiles.tables import DoctorProfile, PatientProfile
from dentalization.records.tables import MedicalRecord


@row
class Author:
    first_name: str
    last_name: str


@row
class Whose:
    first_name: str
    last_name: str


@row
class RecordRow:
    """A medical record as the spec has it, with its author and its patient, where one may see them."""

    id: str
    patient_id: str
    doctor_id: str | None
    record_type: str
    title: str
    description: str
    data: dict[str, Any] | None
    attachments: tuple[str, ...]
    record_date: datetime
    created_at: datetime
    updated_at: datetime
    doctor: Author | None
    patient: Whose | None


_about = About("record")
_record = (
    select(
        *columns(RecordRow, MedicalRecord, but="doctor patient"),
        *columns(Author, DoctorProfile, prefix="doctor__"),
        *columns(Whose, PatientProfile, prefix="patient__"),
    )
    .select_from(MedicalRecord)
    .join(DoctorProfile, DoctorProfile.id == MedicalRecord.doctor_id, isouter=True)
    .join(PatientProfile, PatientProfile.id == MedicalRecord.patient_id, isouter=True)
)
RECORD = Query(_record.where(MedicalRecord.id == bindparam("record_id")), row=RecordRow, about=_about)
RECORDS = Query(
    _record.where(
        MedicalRecord.patient_id == bindparam("patient_id"),
        tuple_(MedicalRecord.record_date, MedicalRecord.id)
        < tuple_(bindparam("before_at", type_=MedicalRecord.record_date.type), bindparam("before_id")),
    )
    .order_by(MedicalRecord.record_date.desc(), MedicalRecord.id.desc())
    .limit(bindparam("limit")),
    row=RecordRow,
    about=_about,
)
_WRITTEN = ("id", "patient_id", "doctor_id", "record_type", "title", "description", "record_date")
ADD_RECORD = Query[Any](
    insert(MedicalRecord).values(
        **{name: bindparam(name) for name in _WRITTEN},
        data=bindparam("details", type_=JSONB(none_as_null=True)),
        attachments=bindparam("files", type_=MedicalRecord.attachments.type),
    ),
    about=_about,
    settles=Settles("medical_records"),
)
