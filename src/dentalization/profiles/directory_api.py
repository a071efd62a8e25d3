"""The directory of verified dentists."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from dentalization.db.keyset import Page
from dentalization.edge.acting import Acting, AtHand
from dentalization.edge.answers import LIMIT, After, Limit, Text, answer
from dentalization.profiles import directory
from dentalization.profiles.directory_queries import ListedDoctor

router = APIRouter(tags=["profiles"])


@router.get("/doctors", response_model=Page[ListedDoctor])
async def listed_doctors(
    actor: Acting,
    at_hand: AtHand,
    specialization: Annotated[Text | None, Query(max_length=200)] = None,
    q: Annotated[
        Text | None, Query(max_length=200, description="Words of the name, the clinic or its address.")
    ] = None,
    after: After = None,
    limit: Limit = LIMIT,
) -> Response:
    """Verified dentists, by name."""
    page = await directory.doctors(
        at_hand.db, actor=actor, specialization=specialization, words=q, after=after, limit=limit
    )
    return answer(Page[ListedDoctor], page)


@router.get("/doctors/{doctor_id}", response_model=ListedDoctor)
async def listed_doctor(doctor_id: Text, actor: Acting, at_hand: AtHand) -> Response:
    """One verified dentist."""
    return answer(ListedDoctor, await directory.doctor(at_hand.db, actor=actor, doctor_id=doctor_id))
