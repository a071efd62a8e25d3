"""Consents, the archive of everything about oneself, and erasure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field

from dentalization.accounts import consents
from dentalization.accounts.consent_tables import ConsentPurpose
from dentalization.accounts.consents import ConsentChoice, ConsentState
from dentalization.db.keyset import Page
from dentalization.db.row import row
from dentalization.edge.acting import Acting, Address, AtHand
from dentalization.edge.answers import LIMIT, After, Body, Limit, Text, answer
from dentalization.privacy import service
from dentalization.privacy.download import download
from dentalization.privacy.queries import ErasureState, ReportRow

router = APIRouter(tags=["privacy"])

ZIP = {200: {"content": {"application/zip": {"schema": {"type": "string", "format": "binary"}}}}}


class ConsentDecision(Body):
    """``version`` is that of the text that was read, in ``language``."""

    granted: Annotated[bool, Field(strict=True)]
    version: Annotated[int, Field(ge=1, le=100_000)]
    language: Literal["en", "id"] = "en"


class Confirmation(Body):
    password: Annotated[Text, Field(min_length=1, max_length=128)]


@row
class RequestedErasure:
    """``token`` opens the address in 'Location' without signing in; it is not shown again."""

    id: str
    token: str


@row
class Entry:
    """What happened to rows of one table, and why."""

    rule: str
    table: str
    deleted: int
    pseudonymised: int
    kept: int
    why: str


@row
class Report:
    id: str
    request_id: str
    user_id: str
    entries: Sequence[Entry]
    found: dict[str, int]
    digest: str
    created_at: datetime


@router.get("/me/consents", response_model=list[ConsentState])
async def list_consents(actor: Acting, at_hand: AtHand) -> Response:
    """Every purpose with its present text, what was said to it, and whether a newer text waits."""
    return answer(list[ConsentState], await consents.states(at_hand.db, actor=actor))


@router.put("/me/consents/{purpose}", response_model=ConsentState)
async def decide(purpose: ConsentPurpose, body: ConsentDecision, actor: Acting, at_hand: AtHand) -> Response:
    """Gives or withdraws one consent; it holds from now on."""
    choice = ConsentChoice(purpose, body.version, body.granted, body.language)
    found = await consents.decide(at_hand.db, at_hand.signer, actor=actor, choice=choice)
    return answer(ConsentState, found)


@router.get("/me/export", responses=ZIP, response_class=Response)  # type: ignore[arg-type]
async def archive(actor: Acting, at_hand: AtHand) -> Response:
    """Everything about this account as a ZIP archive: JSON, and the original pictures."""
    return await download(at_hand, actor)


@router.post("/me/erasure", status_code=202, response_model=RequestedErasure)
async def erase(body: Confirmation, actor: Acting, at_hand: AtHand) -> Response:
    """Erases this account: what may go goes, what the law keeps loses its name. Signs out everywhere."""
    asked = await service.request_erasure(at_hand.db, at_hand.signer, actor=actor, password=body.password)
    headers = {"Location": f"/api/v1/erasures/{asked.id}", "Cache-Control": "no-store"}
    return answer(RequestedErasure, RequestedErasure(asked.id, asked.token), status=202, headers=headers)


@router.get("/erasures/{request_id}", response_model=ErasureState)
async def state(
    request_id: Text, token: Annotated[Text, Query(max_length=100)], at_hand: AtHand, address: Address
) -> Response:
    """How far an erasure is, and in the end its report; for whoever has the token of the request."""
    found = await service.state(at_hand.db, request_id=request_id, token=token, address=address)
    return answer(ErasureState, found, headers={"Cache-Control": "no-store"})


@router.get("/admin/erasures", response_model=Page[Report])
async def reports(actor: Acting, at_hand: AtHand, after: After = None, limit: Limit = LIMIT) -> Response:
    """For admins: reports of erasures, the newest first."""
    return answer(Page[ReportRow], await service.reports(at_hand.db, actor=actor, after=after, limit=limit))


@router.get("/admin/erasures/{report_id}", response_model=Report)
async def report(report_id: Text, actor: Acting, at_hand: AtHand) -> Response:
    """For admins: one report."""
    return answer(ReportRow, await service.report(at_hand.db, actor=actor, report_id=report_id))
