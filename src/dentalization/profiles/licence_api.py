"""A doctor's licence: sent in, documented, withdrawn; for admins the list of them and every document."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, File, Query, Response, UploadFile
from pydantic import Field

from dentalization.db.keyset import Page
from dentalization.edge.acting import Acting, AtHand
from dentalization.edge.answers import LIMIT, After, Body, IdempotencyKey, Limit, Text, answer
from dentalization.profiles import documents, licence_decisions, licence_documents, licences
from dentalization.profiles.licence_decisions import LicenceCase
from dentalization.profiles.licence_queries import DocumentRow, SubmissionForAdmin
from dentalization.profiles.licence_tables import MOST_BYTES, LicenceStatus
from dentalization.profiles.licences import OwnLicence

router = APIRouter(tags=["licences"])

Number = Annotated[Text, Field(min_length=1, max_length=100)]
_BYTES: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}}
            for kind in ("application/pdf", "image/jpeg", "image/png")
        }
    }
}


class Licence(Body):
    sip_number: Number
    issuer: Annotated[Text, Field(min_length=1, max_length=200)]
    expires_on: date
    str_number: Number


@router.post("/me/licence", status_code=201, response_model=OwnLicence)
async def submit(
    body: Licence, actor: Acting, at_hand: AtHand, idempotency_key: IdempotencyKey = None
) -> Response:
    """For doctors: sends in a licence (SIP, with issuer and last day, and STR) for its verification."""
    found = await licences.submit(
        at_hand.db,
        actor=actor,
        sip_number=body.sip_number,
        issuer=body.issuer,
        expires_on=body.expires_on,
        str_number=body.str_number,
        time_zone=at_hand.settings.time_zone,
        idempotency_key=idempotency_key,
    )
    return answer(OwnLicence, found, status=201, headers={"Location": "/api/v1/me/licence"})


@router.get("/me/licence", response_model=OwnLicence)
async def own(actor: Acting, at_hand: AtHand) -> Response:
    """For doctors: whether the licence holds, what is missing, what was sent in, and every step so far."""
    return answer(OwnLicence, await licences.own(at_hand.db, actor=actor))


@router.post("/me/licence/withdrawal", response_model=OwnLicence)
async def withdraw(actor: Acting, at_hand: AtHand) -> Response:
    """For doctors: takes back the licence that waits for its decision."""
    return answer(OwnLicence, await licences.withdraw(at_hand.db, actor=actor))


@router.post("/me/licence/documents", status_code=201, response_model=DocumentRow)
async def add_document(
    actor: Acting,
    at_hand: AtHand,
    file: Annotated[UploadFile, File(description="PDF, JPEG or PNG; at most 10 MB.")],
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """For doctors: adds a document to the licence that waits for its decision."""
    found = await licence_documents.add_document(
        at_hand.db,
        at_hand.store,
        actor=actor,
        data=await file.read(MOST_BYTES + 1),
        clean_picture=at_hand.clean_picture,
        idempotency_key=idempotency_key,
    )
    location = f"/api/v1/me/licence/documents/{found.id}"
    return answer(DocumentRow, found, status=201, headers={"Location": location})


@router.get("/me/licence/documents/{document_id}", responses=_BYTES, response_class=Response)
async def own_document(document_id: Text, actor: Acting, at_hand: AtHand) -> Response:
    """For doctors: a document of one's own."""
    found = await licence_documents.document(at_hand.db, at_hand.store, actor=actor, document_id=document_id)
    return _bytes(found, document_id)


@router.get("/admin/licences", response_model=Page[SubmissionForAdmin])
async def all_licences(
    actor: Acting,
    at_hand: AtHand,
    status: Annotated[LicenceStatus, Query()] = LicenceStatus.SUBMITTED,
    after: After = None,
    limit: Limit = LIMIT,
) -> Response:
    """For admins: licences in a state, the newest first."""
    page = await licence_decisions.in_state(at_hand.db, actor=actor, status=status, after=after, limit=limit)
    return answer(Page[SubmissionForAdmin], page)


@router.get("/admin/licences/{licence_id}", response_model=LicenceCase)
async def case(licence_id: Text, actor: Acting, at_hand: AtHand) -> Response:
    """For admins: a licence with its documents, and the ledger of its doctor."""
    return answer(LicenceCase, await licence_decisions.case(at_hand.db, actor=actor, licence_id=licence_id))


@router.get("/admin/licences/{licence_id}/documents/{document_id}", responses=_BYTES, response_class=Response)
async def document(licence_id: Text, document_id: Text, actor: Acting, at_hand: AtHand) -> Response:
    """For admins: a document's bytes; a PDF is always an attachment."""
    found = await licence_documents.document(
        at_hand.db, at_hand.store, actor=actor, document_id=document_id, licence_id=licence_id
    )
    return _bytes(found, document_id)


def _bytes(found: licence_documents.Content, document_id: str) -> Response:
    headers = documents.headers(found.content_type, document_id)
    return Response(found.data, media_type=found.content_type, headers=headers)
