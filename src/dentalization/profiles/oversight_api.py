"""Who has looked: a person's own access log, an administrator's audit, and emergency access."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import EmailStr, Field

from dentalization.db.keyset import Page
from dentalization.edge.acting import Acting, AtHand
from dentalization.edge.answers import LIMIT, After, Body, Limit, Text, answer
from dentalization.profiles import access_log, emergency
from dentalization.profiles.access_log_queries import AccessRow, AuditedAccess
from dentalization.profiles.emergency_queries import EmergencyRow
from dentalization.profiles.emergency_tables import SHORTEST_REASON

router = APIRouter(tags=["oversight"])


class EmergencyRequest(Body):
    patient_id: Annotated[Text, Field(min_length=1, max_length=40)] | None = None
    email: EmailStr | None = None
    reason: Annotated[Text, Field(min_length=SHORTEST_REASON, max_length=1000)]


@router.get("/me/access-log", response_model=Page[AccessRow])
async def my_access_log(
    actor: Acting,
    at_hand: AtHand,
    own: Annotated[bool, Query(description="Your own accesses instead of those by others.")] = False,
    after: After = None,
    limit: Limit = LIMIT,
) -> Response:
    """Who has seen or changed your data, when and why, the newest first."""
    page = await access_log.accesses(at_hand.db, actor=actor, own=own, after=after, limit=limit)
    return answer(Page[AccessRow], page)


@router.get("/admin/audit", response_model=Page[AuditedAccess])
async def audit(
    actor: Acting,
    at_hand: AtHand,
    person: Annotated[str | None, Query(max_length=40, description="Whose data.")] = None,
    userId: Annotated[str | None, Query(max_length=40, description="Who looked.")] = None,  # noqa: N803
    after: After = None,
    limit: Limit = LIMIT,
) -> Response:
    """For admins: accesses to one person's data, or by one account."""
    page = await access_log.audited(
        at_hand.db, actor=actor, person=person, user_id=userId, after=after, limit=limit
    )
    return answer(Page[AuditedAccess], page)


@router.post("/admin/emergency-access", status_code=201, response_model=EmergencyRow)
async def open_access(body: EmergencyRequest, actor: Acting, at_hand: AtHand) -> Response:
    """For admins: sees one patient's data for an hour. The patient reads the reason."""
    made = await emergency.open_access(
        at_hand.db, actor=actor, reason=body.reason, patient_id=body.patient_id, email=body.email
    )
    return answer(EmergencyRow, made, status=201)


@router.get("/admin/emergency-access", response_model=Page[EmergencyRow])
async def accesses(actor: Acting, at_hand: AtHand, after: After = None, limit: Limit = LIMIT) -> Response:
    """For admins: the own emergency accesses, the newest first."""
    page = await emergency.accesses(at_hand.db, actor=actor, after=after, limit=limit)
    return answer(Page[EmergencyRow], page)


@router.delete("/admin/emergency-access/{access_id}", status_code=204)
async def end_access(access_id: str, actor: Acting, at_hand: AtHand) -> Response:
    """For admins: ends an emergency access before its hour is over."""
    await emergency.end_access(at_hand.db, actor=actor, access_id=access_id)
    return Response(status_code=204)
