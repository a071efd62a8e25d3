"""Statements of the directory of doctors."""

from __future__ import annotations

from sqlalchemy import Integer, Text, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from dentalization.db.query import Query
from dentalization.db.row import columns, from_function, row
from dentalization.profiles.tables import DoctorProfile


@row
class ListedDoctor:
    """What a verified doctor shows to everybody who has signed in."""

    id: str
    first_name: str
    last_name: str
    specialization: str | None
    subspecialties: tuple[str, ...]
    years_experience: int | None
    clinic_name: str | None
    clinic_address: str | None
    clinic_phone: str | None


@row
class FoundDoctor(ListedDoctor):
    sort_name: str
    """The name by which the directory is in order."""


_listed = from_function(
    func.app_doctor_directory(
        bindparam("specialization", type_=Text),
        bindparam("patterns", type_=ARRAY(Text)),
        bindparam("after_name", type_=Text),
        bindparam("after_id", type_=Text),
        bindparam("most", type_=Integer),
    ),
    FoundDoctor,
    subspecialties=ARRAY(Text),
    years_experience=Integer,
)
DOCTORS = Query(_listed, row=FoundDoctor)
# To look for words costs the database several milliseconds, to read a page of the list no more than to ask
# whether it has changed: only what was searched is remembered (ADR 0020).
SEARCHED = Query(_listed, row=FoundDoctor, remembered="directory")
DOCTOR = Query(
    select(*columns(ListedDoctor, DoctorProfile)).where(
        DoctorProfile.id == bindparam("doctor_id"), DoctorProfile.is_verified
    ),
    row=ListedDoctor,
)
