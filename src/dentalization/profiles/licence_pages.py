"""The doctor's page about the own licence, and the administrators' pages to decide about licences."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from fastapi import APIRouter, Request, Response

from dentalization.db.keyset import DEFAULT_LIMIT
from dentalization.edge.acting import AtHand
from dentalization.edge.pages import (
    Form,
    Visitor,
    WrongField,
    errors_of,
    field,
    file_of,
    redirect,
    render,
    sentence,
)
from dentalization.errors import Conflict, InvalidInput
from dentalization.profiles import documents, licence_decisions, licence_documents, licences
from dentalization.profiles.licence_decisions import LicenceCase
from dentalization.profiles.licence_queries import DocumentRow
from dentalization.profiles.licence_tables import MOST_BYTES, LicenceStatus
from dentalization.profiles.licences import OwnLicence

router = APIRouter(include_in_schema=False)

_FIELDS = {"sipNumber": 100, "issuer": 200, "expiresOn": 20, "strNumber": 100}
_LONGEST_REASON = 4000


@router.get("/licence")
async def licence_page(request: Request, actor: Visitor, at_hand: AtHand) -> Response:
    return _licence(request, await licences.own(at_hand.db, actor=actor), {}, {})


@router.post("/licence")
async def submit(request: Request, form: Form, actor: Visitor, at_hand: AtHand) -> Response:
    values = {name: field(form, name) for name in _FIELDS}
    errors = _wrong(request, values)
    if not errors:
        try:
            await licences.submit(
                at_hand.db,
                actor=actor,
                sip_number=values["sipNumber"],
                issuer=values["issuer"],
                expires_on=date.fromisoformat(values["expiresOn"]),
                str_number=values["strNumber"],
                time_zone=at_hand.settings.time_zone,
            )
            return redirect("/licence")
        except (InvalidInput, Conflict) as error:
            errors = dict(errors_of(request, error))
    found = await licences.own(at_hand.db, actor=actor)
    return _licence(request, found, values, errors, status=422)


@router.post("/licence/documents")
async def add_document(request: Request, form: Form, actor: Visitor, at_hand: AtHand) -> Response:
    try:
        await licence_documents.add_document(
            at_hand.db,
            at_hand.store,
            actor=actor,
            data=await file_of(form, "file", most=MOST_BYTES),
            clean_picture=at_hand.clean_picture,
        )
    except (InvalidInput, Conflict) as error:
        found = await licences.own(at_hand.db, actor=actor)
        return _licence(request, found, {}, {"file": sentence(request, error)}, status=422)
    return redirect("/licence")


@router.post("/licence/withdrawal")
async def withdraw(form: Form, actor: Visitor, at_hand: AtHand) -> Response:  # noqa: ARG001 - its token
    await licences.withdraw(at_hand.db, actor=actor)
    return redirect("/licence")


@router.get("/licence/documents/{document_id}")
async def own_document(document_id: str, actor: Visitor, at_hand: AtHand) -> Response:
    found = await licence_documents.document(at_hand.db, at_hand.store, actor=actor, document_id=document_id)
    return _bytes(found, document_id)


@router.get("/admin/licences")
async def all_licences(
    request: Request,
    actor: Visitor,
    at_hand: AtHand,
    status: LicenceStatus = LicenceStatus.SUBMITTED,
    after: str | None = None,
) -> Response:
    page = await licence_decisions.in_state(
        at_hand.db, actor=actor, status=status, after=after, limit=DEFAULT_LIMIT
    )
    return render(request, "licence_list.html", page=page, chosen=status, statuses=list(LicenceStatus))


@router.get("/admin/licences/{licence_id}")
async def case_page(request: Request, licence_id: str, actor: Visitor, at_hand: AtHand) -> Response:
    return _case(
        request, await licence_decisions.case(at_hand.db, actor=actor, licence_id=licence_id), "", {}
    )


@router.post("/admin/licences/{licence_id}/decision")
async def decide(request: Request, licence_id: str, form: Form, actor: Visitor, at_hand: AtHand) -> Response:
    """Decides this licence and no other: that of somebody else's page, or a newer one, is left alone."""
    found = await licence_decisions.case(at_hand.db, actor=actor, licence_id=licence_id)
    reason, decision = field(form, "reason"), field(form, "decision")
    try:
        if decision not in ("VERIFIED", "REJECTED"):
            raise WrongField("no-decision", field="decision")
        if len(reason) > _LONGEST_REASON:
            raise WrongField("too-long", field="reason")
        await licence_decisions.decide(
            at_hand.db,
            actor=actor,
            doctor_id=found.licence.doctor_id,
            verified=decision == "VERIFIED",
            reason=reason,
            time_zone=at_hand.settings.time_zone,
            submission_id=licence_id,
        )
    except (InvalidInput, Conflict) as error:
        found = await licence_decisions.case(at_hand.db, actor=actor, licence_id=licence_id)
        return _case(request, found, reason, errors_of(request, error), status=422)
    return redirect(f"/admin/licences/{licence_id}")


@router.get("/admin/licences/{licence_id}/documents/{document_id}")
async def document(licence_id: str, document_id: str, actor: Visitor, at_hand: AtHand) -> Response:
    found = await licence_documents.document(
        at_hand.db, at_hand.store, actor=actor, document_id=document_id, licence_id=licence_id
    )
    return _bytes(found, document_id)


def _wrong(request: Request, values: Mapping[str, str]) -> dict[str, str]:
    """Every field that is wrong, as far as it can be told without the database."""
    errors: dict[str, str] = {}
    for name, most in _FIELDS.items():
        try:
            if not values[name]:
                raise WrongField("empty", field=name)
            if len(values[name]) > most:
                raise WrongField("too-long", field=name)
            if name == "expiresOn":
                date.fromisoformat(values[name])
        except InvalidInput as error:
            errors.update(errors_of(request, error))
        except ValueError:
            errors.update(errors_of(request, WrongField("no-date", field=name)))
    return errors


def _licence(
    request: Request,
    found: OwnLicence,
    values: Mapping[str, str],
    errors: Mapping[str, str],
    *,
    status: int = 200,
) -> Response:
    return render(
        request,
        "licence.html",
        status=status,
        licence=found,
        waiting=found.waiting,
        documents=_by_submission(found),
        values=values,
        errors=errors,
        most_bytes=MOST_BYTES,
    )


def _by_submission(found: OwnLicence) -> dict[str, list[DocumentRow]]:
    documents_of: dict[str, list[DocumentRow]] = {one.id: [] for one in found.submissions}
    for one in found.documents:
        documents_of[one.submission_id].append(one)
    return documents_of


def _case(
    request: Request, found: LicenceCase, reason: str, errors: Mapping[str, str], *, status: int = 200
) -> Response:
    return render(request, "licence_case.html", status=status, case=found, reason=reason, errors=errors)


def _bytes(found: licence_documents.Content, document_id: str) -> Response:
    headers = documents.headers(found.content_type, document_id)
    return Response(found.data, media_type=found.content_type, headers=headers)
