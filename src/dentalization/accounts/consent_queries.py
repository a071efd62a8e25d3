"""Every statement about consents."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Text, bindparam, column, func, insert, select
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on

from dentalization.accounts.consent_tables import Consent, ConsentPurpose
from dentalization.db.query import Query
from dentalization.db.row import columns, row


@row
class GivenConsent:
    """The newest act of one purpose."""

    purpose: ConsentPurpose
    version: int
    language: str
    granted: bool
    given_at: datetime


@row
class ConsentingPatient:
    patient_id: str | None


NEWEST_CONSENTS = Query(
    select(*columns(GivenConsent, Consent))
    .where(Consent.user_id == bindparam("user_id"))
    .ext(distinct_on(Consent.purpose))
    .order_by(Consent.purpose, Consent.given_at.desc(), Consent.id.desc()),
    row=GivenConsent,
)
ADD_CONSENT = Query[Any](
    insert(Consent).values(
        id=bindparam("id"),
        user_id=bindparam("user_id"),
        purpose=bindparam("purpose"),
        version=bindparam("version"),
        language=bindparam("language"),
        granted=bindparam("granted"),
        address_digest=bindparam("address_digest", type_=Text),
    )
)
CONSENTED = Query(
    select(
        func.app_consented(
            bindparam("patient_ids", type_=ARRAY(Text)), bindparam("purpose", type_=Text)
        ).table_valued(column("patient_id", Text))
    ),
    row=ConsentingPatient,
)
