"""The dentist's page of who is to be seen again, and when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from fastapi import APIRouter, Request, Response

from dentalization.appointments import recalls, schedules, wall_clock
from dentalization.appointments.recall_tables import MOST_MONTHS
from dentalization.appointments.spoken_times import spoken_times
from dentalization.appointments.typed import LONGEST_REASON
from dentalization.context import Context
from dentalization.db.identity import Actor
from dentalization.db.keyset import DEFAULT_LIMIT
from dentalization.edge.acting import AtHand
from dentalization.edge.answers import Text
from dentalization.edge.pages import (
    Form,
    Visitor,
    WrongField,
    errors_of,
    field,
    redirect,
    render,
    short,
)
from dentalization.errors import Conflict, InvalidInput
from dentalization.profiles import service as profiles

router = APIRouter(include_in_schema=False)


@router.get("/calendar/recalls")
async def due(
    request: Request, actor: Visitor, at_hand: AtHand, patient: Text = "", after: str | None = None
) -> Response:
    """Open recalls, the most urgent first, and a form for another."""
    typed = {"patientId": patient, "months": "6", "note": ""}
    return await _page(request, at_hand, actor, typed, after=after)


@router.post("/calendar/recalls")
async def recall(request: Request, form: Form, actor: Visitor, at_hand: AtHand) -> Response:
    typed = {name: field(form, name) for name in ("patientId", "months", "note")}
    try:
        if not typed["patientId"]:
            raise WrongField("empty", field="patientId")
        await recalls.recall(
            at_hand.db,
            actor=actor,
            patient_id=typed["patientId"],
            months=_months(typed["months"]),
            note=short(typed["note"], LONGEST_REASON, "note") or None,
            usual_zone=at_hand.settings.time_zone,
        )
    except (InvalidInput, Conflict) as error:
        return await _page(request, at_hand, actor, typed, errors=errors_of(request, error))
    return redirect("/calendar/recalls")


def _months(sent: str) -> int:
    if not (sent.isascii() and sent.isdecimal() and len(sent) < 5):
        raise WrongField("no-number", field="months")
    return int(sent)


@router.post("/calendar/recalls/{recall_id}/withdrawal")
async def withdraw(
    recall_id: Text,
    form: Form,  # noqa: ARG001 - its token is checked
    actor: Visitor,
    at_hand: AtHand,
) -> Response:
    await recalls.withdraw(at_hand.db, actor=actor, recall_id=recall_id)
    return redirect("/calendar/recalls")


async def _page(
    request: Request,
    at_hand: Context,
    actor: Actor,
    typed: Mapping[str, str],
    *,
    after: str | None = None,
    errors: Mapping[str, str] | None = None,
) -> Response:
    page = await recalls.due(at_hand.db, actor=actor, after=after, limit=DEFAULT_LIMIT)
    zone = await schedules.time_zone(at_hand.db, actor=actor, doctor_id=actor.doctor_id)
    return render(
        request,
        "recalls.html",
        status=422 if errors else 200,
        page=page,
        today=wall_clock.day_of(datetime.now(UTC), zone or at_hand.settings.time_zone),
        patients=await profiles.patients_to_choose(at_hand.db, actor=actor, chosen=typed["patientId"]),
        typed=typed,
        errors=errors or {},
        most_months=MOST_MONTHS,
        longest_note=LONGEST_REASON,
        **spoken_times(request),
    )
