"""What every page needs: templates, language, the visitor, and forms that no other site can send."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import timedelta
from importlib.resources import files
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from fastapi import Depends, Request, Response
from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from starlette.datastructures import FormData, UploadFile

from dentalization.accounts import service as accounts
from dentalization.accounts.errors import TokenRefused
from dentalization.accounts.tokens import actor_of
from dentalization.db.identity import Actor
from dentalization.db.trail import Trail
from dentalization.dentistry.conditions import Condition
from dentalization.edge.acting import address_of, audited, context_of, with_factor
from dentalization.edge.cookies import (
    ACCESS_COOKIE,
    LANGUAGE_COOKIE,
    REFRESH_COOKIE,
    VISIT_COOKIE,
    cookie,
    set_cookie,
)
from dentalization.edge.findings import condition_name, explained, headline
from dentalization.edge.texts import LANGUAGES, TEXTS, text
from dentalization.errors import DentalizationError, InvalidInput, NotAllowed
from dentalization.vision.wording import sureness

_CSRF_FIELD = "csrf"
_TABS_TOLERANCE = timedelta(seconds=10)

_templates = Environment(
    loader=ChoiceLoader(
        [
            PackageLoader(f"dentalization.{package}")
            for package in (
                "web",
                "accounts",
                "profiles",
                "photos",
                "diagnoses",
                "appointments",
                "records",
                "privacy",
            )
        ]
    ),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class FormRefused(NotAllowed):
    """This form is too old or came from elsewhere; load the page again and repeat."""

    code = "csrf"


class WrongField(InvalidInput):
    """What a form's field holds is not valid."""

    def __init__(self, code: str, *, field: str | None = None) -> None:
        super().__init__(text(f"error.{code}", LANGUAGES[0]), field=field)
        self.code = code


class SessionRenewed(DentalizationError):
    """The session has been renewed; the browser sends the same form once more."""

    code = "session-renewed"

    def __init__(self, tokens: accounts.SignedIn | None) -> None:
        super().__init__()
        self.tokens = tokens


class SignInNeeded(DentalizationError):
    """Sign in first."""

    code = "sign-in-needed"

    def __init__(self, *, refreshable: bool) -> None:
        super().__init__()
        self.refreshable = refreshable


def visitor(request: Request) -> Actor:
    """Who the session cookie says visits. Raises SignInNeeded."""
    try:
        actor = actor_of(
            context_of(request).signer,
            cookie(request, ACCESS_COOKIE),
            address=address_of(request),
            trail=Trail(),
        )
    except TokenRefused:
        raise SignInNeeded(refreshable=bool(cookie(request, REFRESH_COOKIE))) from None
    known: Actor | None = getattr(request.state, "actor", None)
    return known if known == actor else audited(request, actor)


def maybe_visitor(request: Request) -> Actor | None:
    try:
        return visitor(request)
    except SignInNeeded:
        return None


def full_visitor(request: Request) -> Actor:
    """Raises SignInNeeded, SecondFactorRequired."""
    return with_factor(request, visitor(request))


Visitor = Annotated[Actor, Depends(full_visitor)]
EnrollingVisitor = Annotated[Actor, Depends(visitor)]
"""For the pages that must work before a required second factor is there."""


def language_of(request: Request) -> str:
    """The cookie's choice, or the first of the browser's languages that we speak."""
    chosen = cookie(request, LANGUAGE_COOKIE)
    if chosen in LANGUAGES:
        return chosen
    for part in request.headers.get("accept-language", "").split(","):
        wanted = part.split(";")[0].strip().lower()[:2]
        if wanted in LANGUAGES:
            return wanted
    return LANGUAGES[0]


Language = Annotated[str, Depends(language_of)]


def render(request: Request, template: str, *, status: int = 200, **values: Any) -> Response:
    """A page in the visitor's language. Personal pages are never kept by caches."""
    language = language_of(request)
    visit = cookie(request, VISIT_COOKIE) or secrets.token_urlsafe(16)

    def t(key: str) -> str:
        return text(key, language)

    body = _templates.get_template(template).render(
        t=t,
        language=language,
        actor=maybe_visitor(request),
        csrf=_csrf(request, visit),
        path=request.url.path,
        version=_STATIC_VERSION,
        condition_name=lambda name: condition_name(name, language),
        conditions=list(Condition),
        headline=lambda diagnosis: headline(diagnosis, language),
        when=lambda moment: moment.strftime("%Y-%m-%d %H:%M UTC"),
        sure=lambda confidence: sureness(confidence, language),
        explained=lambda detections: explained(detections, language),
        **values,
    )
    response = Response(body, status, media_type="text/html; charset=utf-8")
    response.headers["Cache-Control"] = "no-store"
    if not cookie(request, VISIT_COOKIE):
        set_cookie(request, response, VISIT_COOKIE, visit, seconds=86_400 * 30)
    return response


def redirect(path: str) -> Response:
    """See Other, within this site only."""
    return Response(status_code=303, headers={"Location": local_path(path), "Cache-Control": "no-store"})


def local_path(path: str | None) -> str:
    """The path if it leads to this site, else the start page: no address of ours sends people elsewhere."""
    if not path or not path.startswith("/") or path.startswith(("//", "/\\")) or urlsplit(path).netloc:
        return "/"
    return "/" if any(ord(character) < 33 for character in path) else path


async def form_of(request: Request) -> FormData:
    """The form that was sent.

    Raises FormRefused unless it carries the token that we gave this visitor, and SessionRenewed for a form
    that stood open longer than its access cookie lives: what was typed must not be lost for that.
    """
    form = await request.form(max_files=1, max_fields=160)
    sent = form.get(_CSRF_FIELD)
    visit = cookie(request, VISIT_COOKIE)
    if not isinstance(sent, str) or not visit:
        raise FormRefused
    if not hmac.compare_digest(sent.encode(), _csrf(request, visit).encode()):
        if maybe_visitor(request) is None and cookie(request, REFRESH_COOKIE):
            try:
                tokens = await renew(request)
            except TokenRefused:
                raise FormRefused from None
            raise SessionRenewed(tokens)
        raise FormRefused
    return form


Form = Annotated[FormData, Depends(form_of)]


def field(form: FormData, name: str) -> str:
    """A text field without outer space; '' where it is missing."""
    value = form.get(name)
    return value.replace("\x00", "").replace("\r\n", "\n").strip() if isinstance(value, str) else ""


def short(sent: str, most: int, api_name: str) -> str:
    """The text, uncut: what is too long is said, not cut off. Raises WrongField."""
    if len(sent) > most:
        raise WrongField("too-long", field=api_name)
    return sent


async def file_of(form: FormData, name: str, *, most: int) -> bytes:
    """At most ``most`` + 1 bytes of an uploaded file, so that one too many can be told."""
    value = form.get(name)
    return await value.read(most + 1) if isinstance(value, UploadFile) else b""


def sentence(request: Request, error: DentalizationError) -> str:
    """The error in the visitor's language, where we have it."""
    for key in (f"error.{error.code}.{getattr(error, 'field', '')}", f"error.{error.code}"):
        if key in TEXTS:
            return text(key, language_of(request))
    return error.message


def errors_of(request: Request, error: DentalizationError) -> Mapping[str, str]:
    """Field -> sentence, for a form that is shown again; '' is the form as a whole."""
    return {getattr(error, "field", None) or "": sentence(request, error)}


async def renew(request: Request) -> accounts.SignedIn | None:
    """New tokens for the refresh cookie; None where another tab has just fetched them.

    Raises TokenRefused.
    """
    at_hand = context_of(request)
    return await accounts.refresh(
        at_hand.db,
        at_hand.signer,
        refresh_token=cookie(request, REFRESH_COOKIE),
        address=address_of(request),
        tolerance=_TABS_TOLERANCE,
    )


def path_of(request: Request) -> str:
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


def sign_in_path(request: Request, *, refreshable: bool) -> str:
    """Where a visitor without a session goes, and from there back."""
    target = path_of(request) if request.method == "GET" else "/"
    return f"{'/session/refresh' if refreshable else '/sign-in'}?next={quote(target)}"


def _csrf(request: Request, visit: str) -> str:
    """Bound to this browser, and to its session once there is one."""
    actor = maybe_visitor(request)
    session = actor.session_id if actor else ""
    return context_of(request).signer.digest("form token", f"{visit} {session}")


def _static_version() -> str:
    """Changes with any byte of the static files, so that browsers may keep them for good."""
    digest = hashlib.sha256()
    for path in sorted(files("dentalization.web").joinpath("static").iterdir(), key=lambda path: path.name):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


_STATIC_VERSION = _static_version()
