"""Pages of the second factor: sign in with one, add and remove them, and show again who is there."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from dentalization.accounts import confirmations, factors, second_step
from dentalization.accounts.errors import (
    ChallengeOver,
    ConfirmationNeeded,
    FactorRefused,
    PasskeysUnavailable,
)
from dentalization.accounts.passkeys import Site, site_of
from dentalization.accounts.proofs import read_credential, typed_proof
from dentalization.accounts.tokens import access_token
from dentalization.context import Context
from dentalization.db.identity import Actor
from dentalization.db.limits import TooManyAttempts
from dentalization.edge.acting import AtHand, address_of, lacks_factor
from dentalization.edge.cookies import CHALLENGE_COOKIE, cookie, keep_access, keep_session, set_cookie
from dentalization.edge.pages import (
    EnrollingVisitor,
    Form,
    Visitor,
    errors_of,
    field,
    local_path,
    redirect,
    render,
)
from dentalization.errors import DentalizationError, InvalidInput, NotFound

router = APIRouter(include_in_schema=False)

SECURITY = "/account/security"


@router.get("/sign-in/factor")
async def factor_page(request: Request, at_hand: AtHand, next: str = "/") -> Response:  # noqa: A002
    try:
        return await _factor_form(request, at_hand, local_path(next))
    except ChallengeOver:
        return redirect(f"/sign-in?next={quote(local_path(next))}")


@router.post("/sign-in/factor")
async def finish_sign_in(request: Request, form: Form, at_hand: AtHand) -> Response:
    target = local_path(field(form, "next"))
    try:
        done = await second_step.finish_sign_in(
            at_hand.db,
            at_hand.signer,
            challenge=cookie(request, CHALLENGE_COOKIE),
            proof=typed_proof(field(form, "code"), field(form, "credential")),
            site=_site(at_hand),
            device=request.headers.get("user-agent"),
            address=address_of(request),
        )
    except ChallengeOver:
        return redirect(f"/sign-in?next={quote(target)}")
    except (FactorRefused, InvalidInput, TooManyAttempts) as error:
        status = 429 if isinstance(error, TooManyAttempts) else 401
        return await _factor_form(request, at_hand, target, status=status, errors=errors_of(request, error))
    response = keep_session(request, redirect(target), done.access_token, done.refresh_token)
    set_cookie(request, response, CHALLENGE_COOKIE, "", seconds=0)
    return response


@router.get("/account/confirmation")
async def confirmation_page(
    request: Request,
    actor: EnrollingVisitor,
    at_hand: AtHand,
    next: str = SECURITY,  # noqa: A002
) -> Response:
    return await _confirmation_form(request, at_hand, actor, local_path(next))


@router.post("/account/confirmation")
async def confirm(request: Request, form: Form, actor: EnrollingVisitor, at_hand: AtHand) -> Response:
    target, code = local_path(field(form, "next")), field(form, "code")
    password = form.get("password")
    try:
        await confirmations.confirm(
            at_hand.db,
            at_hand.signer,
            actor=actor,
            password=password if isinstance(password, str) and not code else None,
            code=code or None,
        )
    except (InvalidInput, TooManyAttempts) as error:
        return await _confirmation_form(request, at_hand, actor, target, error)
    return redirect(target)


@router.get(SECURITY)
async def security(
    request: Request, actor: EnrollingVisitor, at_hand: AtHand, saved: bool = False
) -> Response:
    return await _security(request, at_hand, actor, saved=saved)


@router.post("/account/password")
async def change_password(request: Request, form: Form, actor: Visitor, at_hand: AtHand) -> Response:
    current, new = form.get("currentPassword"), form.get("newPassword")
    try:
        await confirmations.change_password(
            at_hand.db,
            at_hand.signer,
            actor=actor,
            current_password=current if isinstance(current, str) else "",
            new_password=new if isinstance(new, str) else "",
        )
    except (InvalidInput, TooManyAttempts) as error:
        return await _security(request, at_hand, actor, error=error)
    return redirect(f"{SECURITY}?saved=true")


@router.post(f"{SECURITY}/totp")
async def begin_totp(form: Form, actor: EnrollingVisitor, at_hand: AtHand) -> Response:  # noqa: ARG001
    await factors.begin_totp(at_hand.db, at_hand.signer, actor=actor)
    return redirect(f"{SECURITY}/totp")


@router.get(f"{SECURITY}/totp")
async def totp_page(request: Request, actor: EnrollingVisitor, at_hand: AtHand) -> Response:
    return await _totp_form(request, at_hand, actor)


@router.post(f"{SECURITY}/totp/confirmation")
async def confirm_totp(request: Request, form: Form, actor: EnrollingVisitor, at_hand: AtHand) -> Response:
    try:
        codes = await factors.confirm_totp(at_hand.db, at_hand.signer, actor=actor, code=field(form, "code"))
    except (InvalidInput, TooManyAttempts) as error:
        return await _totp_form(request, at_hand, actor, error)
    return _codes(request, at_hand, actor, codes)


@router.post(f"{SECURITY}/totp/removal")
async def remove_totp(form: Form, actor: Visitor, at_hand: AtHand) -> Response:  # noqa: ARG001
    await factors.remove_totp(at_hand.db, actor=actor)
    return redirect(SECURITY)


@router.post(f"{SECURITY}/recovery-codes")
async def new_codes(request: Request, form: Form, actor: Visitor, at_hand: AtHand) -> Response:  # noqa: ARG001
    codes = await factors.new_recovery_codes(at_hand.db, at_hand.signer, actor=actor)
    return _codes(request, at_hand, actor, codes)


@router.post(f"{SECURITY}/passkeys/options")
async def passkey_options(
    form: Form,  # noqa: ARG001
    actor: EnrollingVisitor,
    at_hand: AtHand,
) -> Response:
    """For the script of the page; 403 sends it to the confirmation."""
    try:
        options = await factors.passkey_options(
            at_hand.db, actor=actor, site=site_of(at_hand.settings.public_url)
        )
    except ConfirmationNeeded:
        there = {"confirmation": f"/account/confirmation?next={quote(SECURITY)}"}
        return Response(json.dumps(there), 403, media_type="application/json")
    return Response(options, media_type="application/json", headers={"Cache-Control": "no-store"})


@router.post(f"{SECURITY}/passkeys")
async def add_passkey(request: Request, form: Form, actor: EnrollingVisitor, at_hand: AtHand) -> Response:
    try:
        codes = await factors.add_passkey(
            at_hand.db,
            at_hand.signer,
            actor=actor,
            site=site_of(at_hand.settings.public_url),
            name=field(form, "name")[:100] or "Passkey",
            credential=read_credential(field(form, "credential")),
        )
    except InvalidInput as error:
        return await _security(request, at_hand, actor, error=error)
    return _codes(request, at_hand, actor, codes)


@router.post(f"{SECURITY}/passkeys/{{passkey_id}}/removal")
async def remove_passkey(
    passkey_id: str,
    form: Form,  # noqa: ARG001
    actor: Visitor,
    at_hand: AtHand,
) -> Response:
    await factors.remove_passkey(at_hand.db, actor=actor, passkey_id=passkey_id)
    return redirect(SECURITY)


async def _factor_form(
    request: Request, at_hand: Context, target: str, *, status: int = 200, errors: Any = None
) -> Response:
    challenge = cookie(request, CHALLENGE_COOKIE)
    asked, site = second_step.factors_asked(at_hand.signer, challenge), _site(at_hand)
    options = None
    if "credential" in asked and site is not None:
        options = await second_step.passkey_options(
            at_hand.db, at_hand.signer, challenge=challenge, site=site, address=address_of(request)
        )
    return render(
        request,
        "second_factor.html",
        status=status,
        next=target,
        by_code="code" in asked,
        options=options,
        errors=errors or {},
    )


async def _confirmation_form(
    request: Request, at_hand: Context, actor: Actor, target: str, error: DentalizationError | None = None
) -> Response:
    found = await factors.factors(at_hand.db, actor=actor)
    return render(
        request,
        "confirmation.html",
        status=200 if error is None else 429 if isinstance(error, TooManyAttempts) else 422,
        next=target,
        by_code=found.totp_since is not None,
        errors=errors_of(request, error) if error else {},
    )


async def _security(
    request: Request,
    at_hand: Context,
    actor: Actor,
    *,
    saved: bool = False,
    error: DentalizationError | None = None,
) -> Response:
    return render(
        request,
        "security.html",
        status=200 if error is None else 429 if isinstance(error, TooManyAttempts) else 422,
        factors=await factors.factors(at_hand.db, actor=actor),
        required=lacks_factor(request, actor),
        passkeys_work=_site(at_hand) is not None,
        saved=saved,
        errors=errors_of(request, error) if error else {},
    )


async def _totp_form(
    request: Request, at_hand: Context, actor: Actor, error: DentalizationError | None = None
) -> Response:
    try:
        pending = await factors.pending_totp(at_hand.db, at_hand.signer, actor=actor)
    except NotFound:
        return redirect(SECURITY)
    return render(
        request,
        "totp.html",
        status=200 if error is None else 429 if isinstance(error, TooManyAttempts) else 422,
        groups=[pending.secret[place : place + 4] for place in range(0, len(pending.secret), 4)],
        uri=pending.uri,
        errors=errors_of(request, error) if error else {},
    )


def _codes(request: Request, at_hand: Context, actor: Actor, codes: list[str]) -> Response:
    """The codes once, and an access token that says that there is a factor now."""
    response = render(request, "recovery_codes.html", codes=codes) if codes else redirect(SECURITY)
    return keep_access(request, response, access_token(at_hand.signer, replace(actor, factor=True)))


def _site(at_hand: Context) -> Site | None:
    try:
        return site_of(at_hand.settings.public_url)
    except PasskeysUnavailable:
        return None
