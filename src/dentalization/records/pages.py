"""Pages to read medical records, and for the dentist to write one, as after an appointment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request, Response

from dentalization.appointments import service as appointments
from dentalization.appointments.spoken_times import spoken_times
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
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
from dentalization.records import service
from dentalization.records.errors import RecordsByDentists

router = APIRouter(include_in_schema=False)

KINDS = ("treatment", "diagnosis", "prescription", "note")
_MOST = {"recordType": 50, "title": 200, "description": 20_000}


@router.get("/records")
async def records(
    request: Request, actor: Visitor, at_hand: AtHand, patient: Text = "", after: str | None = None
) -> Response:
    """One's own, or those of a patient in care."""
    page = await service.records(
        at_hand.db, actor=actor, patient_id=patient or None, after=after, limit=DEFAULT_LIMIT
    )
    return render(request, "records.html", page=page, patient=patient, **spoken_times(request))


@router.get("/records/new")
async def record_form(
    request: Request, actor: Visitor, at_hand: AtHand, patient: Text = "", appointment: Text = ""
) -> Response:
    """For a patient in care; with ``appointment`` it begins with what that was about."""
    typed = {"patientId": patient, "appointmentId": "", "recordType": KINDS[0], "title": "",
             "description": "", "key": new_id()}  # fmt: skip
    if appointment:
        found = await appointments.appointment(at_hand.db, actor=actor, appointment_id=appointment)
        typed |= {"patientId": found.patient_id, "appointmentId": found.id, "title": found.reason[:200]}
        typed["description"] = found.notes or ""
    return _form(request, actor, typed)


@router.post("/records")
async def write(request: Request, form: Form, actor: Visitor, at_hand: AtHand) -> Response:
    names = ("patientId", "appointmentId", "recordType", "title", "description", "key")
    typed = {name: field(form, name) for name in names}
    when: datetime | None = None
    data: dict[str, Any] | None = None
    try:
        for name, most in _MOST.items():
            if not short(typed[name], most, name):
                raise WrongField("empty", field=name)
        if typed["appointmentId"]:
            found = await appointments.appointment(
                at_hand.db, actor=actor, appointment_id=typed["appointmentId"]
            )
            when, data = found.scheduled_at, {"appointmentId": found.id}
        made = await service.write(
            at_hand.db,
            actor=actor,
            patient_id=typed["patientId"],
            record_type=typed["recordType"],
            title=typed["title"],
            description=typed["description"],
            data=data,
            record_date=when,
            idempotency_key=typed["key"][:100] or None,
        )
    except (InvalidInput, Conflict) as error:
        return _form(request, actor, typed, errors=errors_of(request, error))
    return redirect(f"/records/{made.id}")


@router.get("/records/{record_id}")
async def record(request: Request, record_id: Text, actor: Visitor, at_hand: AtHand) -> Response:
    found = await service.record(at_hand.db, actor=actor, record_id=record_id)
    return render(request, "record.html", record=found, **spoken_times(request))


def _form(
    request: Request,
    actor: Actor,
    typed: Mapping[str, str],
    *,
    errors: Mapping[str, str] | None = None,
) -> Response:
    if not actor.doctor_id:
        raise RecordsByDentists
    return render(
        request, "new_record.html", status=422 if errors else 200, typed=typed, kinds=KINDS, most=_MOST,
        errors={name if name in _MOST else "": words for name, words in (errors or {}).items()},
    )  # fmt: skip
