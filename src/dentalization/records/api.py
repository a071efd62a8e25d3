"""Medical records: write one, list them, read one."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import AwareDatetime, Field

from dentalization.db.keyset import Page
from dentalization.edge.acting import Acting, AtHand
from dentalization.edge.answers import LIMIT, After, Body, IdempotencyKey, Limit, Text, answer
from dentalization.records import service
from dentalization.records.queries import RecordRow

router = APIRouter(tags=["records"])


class RecordBody(Body):
    """``recordType`` as 'diagnosis', 'treatment' or 'prescription'; ``data`` is structured, of any kind."""

    patient_id: Annotated[Text, Field(min_length=1, max_length=40)]
    record_type: Annotated[Text, Field(min_length=1, max_length=50)]
    title: Annotated[Text, Field(min_length=1, max_length=200)]
    description: Annotated[Text, Field(min_length=1, max_length=20_000)]
    data: dict[str, Any] | None = None
    attachments: Annotated[
        list[Annotated[Text, Field(min_length=1, max_length=2000)]], Field(max_length=50)
    ] = []
    record_date: AwareDatetime | None = None


@router.post("/records", status_code=201, response_model=RecordRow)
async def write(
    body: RecordBody, actor: Acting, at_hand: AtHand, idempotency_key: IdempotencyKey = None
) -> Response:
    """For dentists: what happened with a patient in care. A record is never changed afterwards."""
    made = await service.write(
        at_hand.db,
        actor=actor,
        patient_id=body.patient_id,
        record_type=body.record_type,
        title=body.title,
        description=body.description,
        data=body.data,
        attachments=body.attachments,
        record_date=body.record_date,
        idempotency_key=idempotency_key,
    )
    return answer(RecordRow, made, status=201, headers={"Location": f"/api/v1/records/{made.id}"})


@router.get("/records", response_model=Page[RecordRow])
async def records(
    actor: Acting,
    at_hand: AtHand,
    patientId: Annotated[str | None, Query(max_length=40)] = None,  # noqa: N803 - the parameter's name
    after: After = None,
    limit: Limit = LIMIT,
) -> Response:
    """A patient's records, the newest first; without 'patientId' one's own."""
    page = await service.records(at_hand.db, actor=actor, patient_id=patientId, after=after, limit=limit)
    return answer(Page[RecordRow], page)


@router.get("/records/{record_id}", response_model=RecordRow)
async def record(record_id: Text, actor: Acting, at_hand: AtHand) -> Response:
    return answer(RecordRow, await service.record(at_hand.db, actor=actor, record_id=record_id))
