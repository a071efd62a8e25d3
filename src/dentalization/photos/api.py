"""Photos: upload, list, and content by signed addresses."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, File, Form, Query, Request, Response, UploadFile
from pydantic import AwareDatetime

from dentalization.context import Context
from dentalization.db.keyset import Page
from dentalization.edge.acting import Acting, AtHand, bearer, bearer_scheme
from dentalization.edge.answers import LIMIT, After, IdempotencyKey, Limit, Text, answer
from dentalization.photos import service
from dentalization.photos.pictures import MAX_BYTES
from dentalization.photos.queries import PhotoRow
from dentalization.photos.service import PhotoType, Variant

router = APIRouter(tags=["photos"])


@router.post("/photos", status_code=201, response_model=PhotoRow)
async def upload(
    actor: Acting,
    at_hand: AtHand,
    file: Annotated[UploadFile, File(description="JPEG, PNG, WebP or HEIC; at most 10 MB, 50 megapixels.")],
    photoType: Annotated[PhotoType, Form()] = PhotoType.INTRAORAL,  # noqa: N803 - the field's name
    description: Annotated[Text | None, Form(max_length=2000)] = None,
    takenAt: Annotated[AwareDatetime | None, Form()] = None,  # noqa: N803
    patientId: Annotated[Text | None, Form(max_length=40)] = None,  # noqa: N803
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Stores a picture upright and without its metadata. 'patientId' only for doctors."""
    row = await service.upload(
        at_hand.db,
        at_hand.store,
        actor=actor,
        data=await file.read(MAX_BYTES + 1),
        photo_type=photoType,
        public_url=at_hand.settings.public_url,
        description=description or None,
        taken_at=takenAt,
        patient_id=patientId or None,
        idempotency_key=idempotency_key,
    )
    location = f"/api/v1/photos/{row.id}"
    return answer(PhotoRow, _addressed(at_hand, row), status=201, headers={"Location": location})


@router.get("/photos", response_model=Page[PhotoRow])
async def photos(
    actor: Acting,
    at_hand: AtHand,
    patientId: Annotated[str | None, Query(max_length=40)] = None,  # noqa: N803
    after: After = None,
    limit: Limit = LIMIT,
) -> Response:
    """A patient's photos, the newest first; without 'patientId' one's own."""
    page = await service.photos(at_hand.db, actor=actor, patient_id=patientId, after=after, limit=limit)
    items = [_addressed(at_hand, row) for row in page.items]
    return answer(Page[PhotoRow], Page(items, page.next))


@router.get("/photos/{photo_id}", response_model=PhotoRow)
async def photo(photo_id: str, actor: Acting, at_hand: AtHand) -> Response:
    """One photo; 'photoUrl' is an address that works for five minutes without a token."""
    row = await service.photo(at_hand.db, actor=actor, photo_id=photo_id)
    return answer(PhotoRow, _addressed(at_hand, row))


@router.get(
    "/photos/{photo_id}/content",
    responses={200: {"content": {"image/*": {"schema": {"type": "string", "format": "binary"}}}}},
    response_class=Response,
)
async def content(
    request: Request,
    photo_id: str,
    at_hand: AtHand,
    signature: Annotated[str | None, Query(max_length=1000)] = None,
    size: Variant = Variant.ORIGINAL,
) -> Response:
    """The picture, for the holder of a signed address or, with an access token, for who may see the photo."""
    if signature is not None:
        found = await service.signed_content(
            at_hand.store, at_hand.signer, photo_id=photo_id, signature=signature
        )
    else:
        actor = bearer(request, await bearer_scheme(request))
        found = await service.content(at_hand.db, at_hand.store, actor=actor, photo_id=photo_id, variant=size)
    headers = {
        "Cache-Control": f"private, max-age={service.ADDRESS_SECONDS}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    return Response(found.data, media_type=found.content_type, headers=headers)


def _addressed(at_hand: Context, row: PhotoRow) -> PhotoRow:
    """With a signed address that a browser can show, in place of the stored one."""
    path = service.signed_path(at_hand.signer, row, Variant.ORIGINAL)
    return replace(row, photo_url=at_hand.settings.public_url + path)
