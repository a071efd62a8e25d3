"""The page from which photos are sent."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from dentalization.edge.pages import Visitor, render
from dentalization.photos.service import PhotoType

router = APIRouter(include_in_schema=False)


@router.get("/photos/new")
async def new_photo(request: Request, actor: Visitor) -> Response:  # noqa: ARG001 - it asks who visits
    return render(request, "new_photo.html", kinds=list(PhotoType), errors={}, values={})
