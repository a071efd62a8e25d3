"""Every statement about photos."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Text, any_, bindparam, insert, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from dentalization.db.query import Query
from dentalization.db.row import columns, row
from dentalization.db.trail import About
from dentalization.photos.tables import DentalPhoto


@row
class PhotoRow:
    id: str
    patient_id: str
    photo_url: str
    photo_type: str
    description: str | None
    metadata: dict[str, Any] | None
    taken_at: datetime
    created_at: datetime
    updated_at: datetime


_photo = select(*columns(PhotoRow, DentalPhoto))

PHOTO = Query(
    _photo.where(DentalPhoto.id == bindparam("photo_id")),
    row=PhotoRow,
    about=About("photo"),
)

PHOTOS_BY_ID = Query(
    _photo.where(DentalPhoto.id == any_(bindparam("photo_ids", type_=ARRAY(Text)))),
    row=PhotoRow,
    about=About("photo"),
)


@row
class There:
    id: str


THERE = Query(
    select(DentalPhoto.id.label("id")).where(
        DentalPhoto.id == any_(bindparam("photo_ids", type_=ARRAY(Text)))
    ),
    row=There,
)

PHOTOS = Query(
    _photo.where(
        DentalPhoto.patient_id == bindparam("patient_id"),
        tuple_(DentalPhoto.created_at, DentalPhoto.id)
        < tuple_(bindparam("before_at", type_=DentalPhoto.created_at.type), bindparam("before_id")),
    )
    .order_by(DentalPhoto.created_at.desc(), DentalPhoto.id.desc())
    .limit(bindparam("limit")),
    row=PhotoRow,
    about=About("photo"),
)

ADD_PHOTO = Query[Any](
    insert(DentalPhoto).values(
        {
            "id": bindparam("id"),
            "patient_id": bindparam("patient_id"),
            "photo_url": bindparam("photo_url"),
            "photo_type": bindparam("photo_type"),
            "description": bindparam("description", type_=Text),
            "metadata": bindparam("details", type_=JSONB),
            "taken_at": bindparam("taken_at"),
        }
    ),
    about=About("photo"),
)
