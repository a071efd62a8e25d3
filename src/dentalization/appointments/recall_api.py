"""Recalls: a dentist says when a patient is to be seen again, and sees who is due."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import Field

from dentalization.appointments import recalls
from dentalization.appointments.recall_queries import RecallRow
from dentalization.appointments.recall_tables import MOST_MONTHS
from dentalization.db.keyset import Page
from dentalization.edge.acting import Acting, AtHand
from dentalization.edge.answers import LIMIT, After, Body, IdempotencyKey, Limit, Text, answer

router = APIRouter(tags=["appointments"])


class RecallBody(Body):
    patient_id: Annotated[Text, Field(min_length=1, max_length=40)]
    months: Annotated[int, Field(ge=1, le=MOST_MONTHS, strict=True)]
    note: Annotated[Text, Field(max_length=1000)] | None = None


@router.post("/recalls", status_code=201, response_model=RecallRow)
async def recall(
    body: RecallBody, actor: Acting, at_hand: AtHand, idempotency_key: IdempotencyKey = None
) -> Response:
    """For dentists: a patient in care is to be seen again; booking with the dentist fulfils it."""
    made = await recalls.recall(
        at_hand.db,
        actor=actor,
        patient_id=body.patient_id,
        months=body.months,
        note=body.note,
        usual_zone=at_hand.settings.time_zone,
        idempotency_key=idempotency_key,
    )
    return answer(RecallRow, made, status=201)


@router.get("/recalls", response_model=Page[RecallRow])
async def due(
    actor: Acting,
    at_hand: AtHand,
    due: Annotated[date | None, Query(description="On this day at the latest; default: all.")] = None,
    after: After = None,
    limit: Limit = LIMIT,
) -> Response:
    """For dentists: open recalls, the most urgent first."""
    page = await recalls.due(at_hand.db, actor=actor, until=due, after=after, limit=limit)
    return answer(Page[RecallRow], page)


@router.delete("/recalls/{recall_id}", status_code=204)
async def withdraw(recall_id: Text, actor: Acting, at_hand: AtHand) -> Response:
    """For dentists: it is not needed any more."""
    await recalls.withdraw(at_hand.db, actor=actor, recall_id=recall_id)
    return Response(status_code=204)
