"""Cookies of the pages: none that a script can read, behind TLS none that another host could have set."""

from __future__ import annotations

from fastapi import Request, Response

from dentalization.accounts.tokens import ACCESS_LIFETIME, REFRESH_LIFETIME
from dentalization.edge.acting import context_of

ACCESS_COOKIE = "access"
REFRESH_COOKIE = "refresh"
VISIT_COOKIE = "visit"
LANGUAGE_COOKIE = "language"
CHALLENGE_COOKIE = "challenge"


def cookie(request: Request, name: str) -> str:
    return request.cookies.get(_cookie_name(request, name), "")


def set_cookie(request: Request, response: Response, name: str, value: str, *, seconds: int) -> None:
    response.set_cookie(
        _cookie_name(request, name),
        value,
        max_age=seconds,
        path="/",
        secure=context_of(request).settings.secure_cookies,
        httponly=True,
        samesite="lax",
    )


def keep_access(request: Request, response: Response, access: str) -> Response:
    """A new access token of the same session."""
    set_cookie(request, response, ACCESS_COOKIE, access, seconds=int(ACCESS_LIFETIME.total_seconds()))
    return response


def keep_session(request: Request, response: Response, access: str, refresh: str) -> Response:
    """Puts both tokens into cookies that no script can read."""
    keep_access(request, response, access)
    set_cookie(request, response, REFRESH_COOKIE, refresh, seconds=int(REFRESH_LIFETIME.total_seconds()))
    return response


def drop_session(request: Request, response: Response) -> Response:
    for name in (ACCESS_COOKIE, REFRESH_COOKIE, VISIT_COOKIE, CHALLENGE_COOKIE):
        set_cookie(request, response, name, "", seconds=0)
    return response


def _cookie_name(request: Request, name: str) -> str:
    """Behind TLS with the prefix by which browsers refuse such a cookie from anywhere else."""
    return f"__Host-{name}" if context_of(request).settings.secure_cookies else name
