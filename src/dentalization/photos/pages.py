"""The page from which photos are sent, and the list of those that were."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from fastapi import APIRouter, Request, Response

from dentalization.db.keyset import DEFAULT_LIMIT
from dentalization.edge.acting import AtHand
from dentalization.edge.pages import Visitor, language_of, render
from dentalization.photos import service
from dentalization.photos.pictures import MAX_BYTES
from dentalization.photos.service import PhotoType, Variant
from dentalization.vision.card import Modality
from dentalization.vision.quality import GATE, REFUSALS, translated

router = APIRouter(include_in_schema=False)


@router.get("/photos/new")
async def new_photo(request: Request, actor: Visitor) -> Response:  # noqa: ARG001 - it asks who visits
    return new_photo_page(request)


def new_photo_page(
    request: Request,
    *,
    status: int = 200,
    errors: Mapping[str, str] | None = None,
    values: Mapping[str, str] | None = None,
) -> Response:
    """The form, with what was typed and what is wrong with it."""
    language = language_of(request)
    gate = {
        "limits": asdict(GATE),
        "xrays": ["xray", *(one for one in Modality if one.xray)],
        "photos": [one for one in Modality if not one.xray],
        "words": {one.code: translated(one.english, language) for one in REFUSALS},
    }
    return render(
        request,
        "new_photo.html",
        status=status,
        kinds=list(PhotoType),
        errors=errors or {},
        values=values or {},
        most_bytes=MAX_BYTES,
        gate=gate,
    )


@router.get("/photos")
async def photos(
    request: Request, actor: Visitor, at_hand: AtHand, patient: str = "", after: str | None = None
) -> Response:
    """One's own photos, or those of a patient in care."""
    whose = patient or actor.patient_id
    page = await service.photos(at_hand.db, actor=actor, patient_id=whose, after=after, limit=DEFAULT_LIMIT)
    signer = at_hand.signer
    entries = [
        (
            photo,
            service.signed_path(signer, photo, Variant.THUMBNAIL),
            service.signed_path(signer, photo, Variant.ORIGINAL),
        )
        for photo in page.items
    ]
    return render(
        request,
        "photos.html",
        entries=entries,
        next=page.next,
        own=whose == actor.patient_id,
        patient=patient,
        kinds=frozenset(PhotoType),
    )
