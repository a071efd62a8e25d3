"""Mounts the pages of every slice and says errors in words."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote, urlsplit

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from dentalization.accounts import factors_pages as factors
from dentalization.accounts import mail_pages
from dentalization.accounts import pages as accounts
from dentalization.accounts.errors import ConfirmationNeeded, SecondFactorRequired
from dentalization.appointments import booking_pages as booking
from dentalization.appointments import calendar_pages as calendar
from dentalization.appointments import feed_pages
from dentalization.appointments import recall_pages as recalls
from dentalization.appointments import schedule_pages as schedule
from dentalization.appointments import visit_pages as visits
from dentalization.appointments import waiting_pages as waiting
from dentalization.db.errors import SessionEnded
from dentalization.diagnoses import pages as diagnoses
from dentalization.edge.cookies import ACCESS_COOKIE, LANGUAGE_COOKIE, keep_session, set_cookie
from dentalization.edge.pages import (
    Form,
    SessionRenewed,
    SignInNeeded,
    field,
    language_of,
    local_path,
    maybe_visitor,
    path_of,
    redirect,
    render,
    sentence,
    sign_in_path,
)
from dentalization.edge.texts import LANGUAGES, text
from dentalization.errors import DentalizationError
from dentalization.photos import pages as photos
from dentalization.privacy import pages as privacy
from dentalization.profiles import licence_pages as licences
from dentalization.profiles import oversight_pages as oversight
from dentalization.profiles import pages as profiles
from dentalization.profiles import registration_pages as registration
from dentalization.records import pages as records
from dentalization.web import service_pages as service
from dentalization.web.assets import Assets

_HOME = {"PATIENT": "/history", "DOCTOR": "/queue", "ADMIN": "/admin/licences"}

router = APIRouter(include_in_schema=False)


def mount(app: FastAPI) -> None:
    """Adds the pages to the application."""
    for pages in (
        accounts,
        factors,
        mail_pages,
        registration,
        profiles,
        licences,
        oversight,
        photos,
        diagnoses,
        booking,
        visits,
        calendar,
        schedule,
        waiting,
        recalls,
        records,
        service,
        feed_pages,
        privacy,
    ):
        app.include_router(pages.router)
    app.include_router(router)
    app.mount("/static", Assets(directory=Path(__file__).parent / "static"))


@router.get("/")
async def start(request: Request) -> Response:
    """What this is, or the visitor's own first page."""
    actor = maybe_visitor(request)
    return redirect(_HOME[actor.role]) if actor else render(request, "start.html")


@router.post("/language")
async def choose_language(request: Request, form: Form) -> Response:
    """Remembers the language."""
    response = redirect(local_path(field(form, "next")))
    chosen = field(form, "language")
    if chosen in LANGUAGES:
        set_cookie(request, response, LANGUAGE_COOKIE, chosen, seconds=86_400 * 365)
    return response


def html_error(request: Request, error: Exception, status: int) -> Response:
    """The error as a page; who is not signed in is sent to where that can be done."""
    if isinstance(error, SignInNeeded):
        return redirect(sign_in_path(request, refreshable=error.refreshable))
    if isinstance(error, SecondFactorRequired):
        return redirect("/account/security")
    if isinstance(error, ConfirmationNeeded):
        return redirect(_confirmation_path(request))
    if isinstance(error, SessionRenewed):
        # 307, unlike 303, makes the browser repeat the POST with its body.
        again = Response(status_code=307, headers={"Location": path_of(request), "Cache-Control": "no-store"})
        kept = error.tokens
        return keep_session(request, again, kept.access_token, kept.refresh_token) if kept else again
    if isinstance(error, SessionEnded):
        response = redirect(sign_in_path(request, refreshable=False))
        set_cookie(request, response, ACCESS_COOKIE, "", seconds=0)
        return response
    if isinstance(error, DentalizationError):
        words = sentence(request, error)
    elif isinstance(error, RequestValidationError):
        words = text("error.bad-address", language_of(request))
    elif isinstance(error, HTTPException) and status in (404, 405):
        words = text("error.not-found", language_of(request))
    else:
        words = text("error.internal-error", language_of(request))
    return render(request, "error.html", status=status, words=words)


def _confirmation_path(request: Request) -> str:
    """Where a visitor shows a password or a code, and from there back to the page with the form."""
    came_from = urlsplit(request.headers.get("referer", ""))
    ours = came_from.netloc == request.url.netloc
    target = path_of(request) if request.method == "GET" else local_path(came_from.path if ours else "/")
    return f"/account/confirmation?next={quote(target)}"
