"""Errors as RFC 9457 problem documents. Only here does an error become a status."""

from __future__ import annotations

import json
from typing import Any

from fastapi import FastAPI, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from dentalization.accounts.errors import (
    ChallengeOver,
    FactorRefused,
    SecondFactorNeeded,
    SignInFailed,
    TokenRefused,
)
from dentalization.api.links import add_links
from dentalization.db.errors import SessionEnded
from dentalization.db.limits import TooManyAttempts
from dentalization.errors import (
    Conflict,
    DentalizationError,
    InvalidInput,
    NotAllowed,
    NotFound,
    TookTooLong,
    Unavailable,
)
from dentalization.events.stream import TooManyStreams
from dentalization.metrics import told
from dentalization.photos.errors import NotAPicture, TooLarge
from dentalization.profiles.errors import ChangedMeanwhile, DocumentTooLarge, NotADocument


class WrongField(BaseModel):
    field: str
    message: str


class FreeSlot(BaseModel):
    scheduledAt: str  # noqa: N815 - the spec's name
    duration: int


class Problem(BaseModel):
    """RFC 9457. ``title`` is the stable code, ``detail`` a sentence for people."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[WrongField] | None = None
    challenge: str | None = None
    """With 'second-factor-needed': to be sent to auth/login/factor within five minutes."""
    factors: list[str] | None = None
    """With 'second-factor-needed': which of code, credential and recoveryCode can be sent."""
    nextSlots: list[FreeSlot] | None = None  # noqa: N815 - the member's name


DOCUMENTED: dict[int | str, dict[str, Any]] = {
    status: {
        "description": text,
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status, text in {
        400: "The request cannot be read",
        401: "No valid access token",
        403: "Not for this role",
        404: "Not there, or not yours to know of",
        409: "Not in the present state",
        412: "Changed meanwhile",
        413: "Too large",
        415: "Not a picture, or not a document",
        422: "Something is wrong with what was sent; every field is named",
        429: "Too many attempts",
        503: "Busy; try again",
    }.items()
}
"""What any route may answer besides its own, for the OpenAPI document."""


def add_schemas(app: FastAPI) -> None:
    """Puts the problem document, and links between operations, into the OpenAPI document."""
    made = app.openapi

    def with_problem() -> dict[str, Any]:
        document = made()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for model in (Problem, WrongField, FreeSlot):
            schemas[model.__name__] = model.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas[model.__name__].pop("$defs", None)
        add_links(document)
        return document

    app.openapi = with_problem  # type: ignore[method-assign]


_STATUS: dict[type[DentalizationError], int] = {
    ChallengeOver: 401,
    FactorRefused: 401,
    SecondFactorNeeded: 401,
    SessionEnded: 401,
    SignInFailed: 401,
    TokenRefused: 401,
    NotAllowed: 403,
    NotFound: 404,
    Conflict: 409,
    ChangedMeanwhile: 412,
    TooLarge: 413,
    DocumentTooLarge: 413,
    NotAPicture: 415,
    NotADocument: 415,
    InvalidInput: 422,
    TooManyAttempts: 429,
    TooManyStreams: 429,
    Unavailable: 503,
    TookTooLong: 503,
}


def status_of(error: DentalizationError) -> int:
    """By the nearest class in the tree; 500 for one that nobody has thought of."""
    return next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), 500)


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    errors: list[dict[str, str]] | None = None,
    headers: dict[str, str] | None = None,
    members: dict[str, Any] | None = None,
) -> Response:
    """``members`` are further members, of one kind of error alone."""
    document: dict[str, Any] = {
        "type": f"urn:dentalization:problem:{code}",
        "title": code,
        "status": status,
        "detail": detail,
        **(members or {}),
    }
    if errors:
        document["errors"] = errors
    body = json.dumps(document, ensure_ascii=False)
    return Response(body, status, headers=headers, media_type="application/problem+json")


def of_error(error: DentalizationError) -> Response:
    told(error.code)
    status = status_of(error)
    headers = {}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    retry_after = getattr(error, "retry_after_seconds", None)
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    field = getattr(error, "field", None)
    errors = [{"field": field, "message": error.message}] if field else None
    members = getattr(error, "members", None)
    if members:  # what it carries is for the one who asked alone
        headers["Cache-Control"] = "no-store"
    return problem(status, error.code, error.message, errors=errors, headers=headers, members=members)


def of_validation(error: RequestValidationError) -> Response:
    """Every wrong field at once. The values themselves are not repeated: they may be about health."""
    wrong = [{"field": _field(item["loc"]), "message": _sentence(item)} for item in error.errors()]
    told("invalid")
    names = ", ".join(sorted({item["field"] for item in wrong}))
    return problem(422, "invalid", f"Something is wrong with: {names}.", errors=wrong)


def of_http(error: HTTPException) -> Response:
    details = {404: "There is nothing at this address.", 405: "This address does not take this method."}
    code = {404: "not-found", 405: "method-not-allowed"}.get(error.status_code, "http-error")
    told(code)
    detail = details.get(error.status_code, str(error.detail))
    return problem(error.status_code, code, detail, headers=dict(error.headers or {}))


def of_bug() -> Response:
    told("internal-error")
    return problem(500, "internal-error", "Something went wrong on our side; nothing was half-saved.")


def _field(location: tuple[int | str, ...]) -> str:
    """``("body", "detections", 0, "confidence")`` -> ``detections.0.confidence``."""
    return ".".join(str(part) for part in location[1:]) or str(location[0])


def _sentence(item: Any) -> str:
    text = str(item["msg"]).removeprefix("Value error, ")
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
