"""Mounts the pages of every slice and says errors in words."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException

from dentalization.accounts import pages as accounts
from dentalization.db.errors import SessionEnded
from dentalization.diagnoses import pages as diagnoses
from dentalization.edge.pages import (
    ACCESS_COOKIE,
    LANGUAGE_COOKIE,
    SignInNeeded,
    field,
    form_of,
    language_of,
    local_path,
    maybe_visitor,
    redirect,
    render,
    sentence,
    set_cookie,
    sign_in_path,
)
from dentalization.edge.texts import LANGUAGES, text
from dentalization.errors import DentalizationError
from dentalization.photos import pages as photos
from dentalization.profiles import pages as profiles
from dentalization.web.headers import SecurityHeaders

_HOME = {"PATIENT": "/history", "DOCTOR": "/queue", "ADMIN": "/admin/doctors"}

router = APIRouter(include_in_schema=False)


def mount(app: FastAPI, *, tls: bool) -> None:
    """Adds the pages to the application; ``tls`` where people reach it by https."""
    for pages in (accounts, profiles, photos, diagnoses):
        app.include_router(pages.router)
    app.include_router(router)
    app.add_middleware(SecurityHeaders, tls=tls)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"))


@router.get("/")
async def start(request: Request) -> Response:
    """What this is, or the visitor's own first page."""
    actor = maybe_visitor(request)
    return redirect(_HOME[actor.role]) if actor else render(request, "start.html")


@router.post("/language")
async def choose_language(request: Request) -> Response:
    """Remembers the language."""
    form = await form_of(request)
    response = redirect(local_path(field(form, "next")))
    chosen = field(form, "language")
    if chosen in LANGUAGES:
        response.set_cookie(LANGUAGE_COOKIE, chosen, max_age=86_400 * 365, samesite="lax", httponly=True)
    return response


def html_error(request: Request, error: Exception, status: int) -> Response:
    """The error as a page; who is not signed in is sent to where that can be done."""
    if isinstance(error, SignInNeeded):
        return redirect(sign_in_path(request, refreshable=error.refreshable))
    if isinstance(error, SessionEnded):
        response = redirect(sign_in_path(request, refreshable=False))
        set_cookie(request, response, ACCESS_COOKIE, "", seconds=0)
        return response
    if isinstance(error, DentalizationError):
        words = sentence(request, error)
    elif isinstance(error, HTTPException) and status == 404:
        words = text("error.not-found", language_of(request))
    else:
        words = text("error.internal-error", language_of(request))
    return render(request, "error.html", status=status, words=words)
