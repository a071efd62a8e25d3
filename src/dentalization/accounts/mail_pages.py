"""Pages for a forgotten password, and for the account's e-mail address."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Request, Response
from pydantic import EmailStr, TypeAdapter, ValidationError

from dentalization.accounts import email_addresses, mailing, password_reset
from dentalization.accounts.errors import AlreadyVerified, LinkOver, SignInFailed
from dentalization.accounts.mail_tables import MailPurpose
from dentalization.db.limits import TooManyAttempts
from dentalization.edge.acting import AtHand, address_of
from dentalization.edge.pages import (
    Form,
    Language,
    Visitor,
    WrongField,
    errors_of,
    field,
    redirect,
    render,
)
from dentalization.errors import Conflict, DentalizationError, InvalidInput

router = APIRouter(include_in_schema=False)

_LONGEST_TOKEN = 200


@router.get("/password-reset")
async def ask_reset_page(request: Request) -> Response:
    return render(request, "password_reset.html", email="", errors={})


@router.post("/password-reset")
async def ask_reset(request: Request, form: Form, at_hand: AtHand, language: Language) -> Response:
    email = field(form, "email")
    try:
        await password_reset.ask(
            at_hand.db,
            at_hand.signer,
            email=_address(email),
            language=language,
            address=address_of(request),
        )
    except (InvalidInput, TooManyAttempts) as error:
        shown = {"email": email, "errors": errors_of(request, error)}
        return render(request, "password_reset.html", status=_status(error), **shown)
    return redirect("/password-reset/sent")


@router.get("/password-reset/sent")
async def reset_sent(request: Request) -> Response:
    return render(request, "mail_said.html", title="reset-title", words="reset-sent", next="/sign-in")


@router.get("/password-reset/confirmation")
async def new_password_page(request: Request, at_hand: AtHand, token: str = "") -> Response:
    """Shows the form and uses nothing up: scanners of mail follow links too."""
    return await _new_password(request, at_hand, token[:_LONGEST_TOKEN], {})


@router.post("/password-reset/confirmation")
async def new_password(request: Request, form: Form, at_hand: AtHand, language: Language) -> Response:
    token = field(form, "token")[:_LONGEST_TOKEN]
    try:
        await password_reset.confirm(
            at_hand.db,
            at_hand.signer,
            token=token,
            password=_password(form),
            language=language,
            address=address_of(request),
        )
    except (InvalidInput, LinkOver, TooManyAttempts) as error:
        return await _new_password(request, at_hand, token, errors_of(request, error), status=_status(error))
    return redirect("/password-reset/done")


@router.get("/password-reset/done")
async def reset_done(request: Request) -> Response:
    return render(request, "mail_said.html", title="reset-title", words="reset-done", next="/sign-in")


@router.get("/email-verification")
async def verification_page(request: Request, at_hand: AtHand, token: str = "") -> Response:
    """Shows the button and uses nothing up."""
    return await _verification(request, at_hand, token[:_LONGEST_TOKEN], {})


@router.post("/email-verification")
async def verify(request: Request, form: Form, at_hand: AtHand, language: Language) -> Response:
    token = field(form, "token")[:_LONGEST_TOKEN]
    try:
        await email_addresses.confirm(
            at_hand.db, at_hand.signer, token=token, language=language, address=address_of(request)
        )
    except (Conflict, TooManyAttempts) as error:
        return await _verification(request, at_hand, token, errors_of(request, error), status=_status(error))
    return redirect("/email-verification/done")


@router.get("/email-verification/done")
async def verified(request: Request) -> Response:
    return render(request, "mail_said.html", title="verify-title", words="verify-done", next="/")


@router.post("/profile/email-verification")
async def ask_verification(
    form: Form,  # noqa: ARG001 - its token is checked
    actor: Visitor,
    at_hand: AtHand,
    language: Language,
) -> Response:
    try:
        await email_addresses.ask_verification(at_hand.db, at_hand.signer, actor=actor, language=language)
    except AlreadyVerified:
        return redirect("/profile")
    return redirect("/profile?mailed=true")


@router.get("/profile/email")
async def change_page(request: Request, actor: Visitor) -> Response:  # noqa: ARG001
    return render(request, "email_change.html", email="", errors={})


@router.post("/profile/email")
async def ask_change(
    request: Request, form: Form, actor: Visitor, at_hand: AtHand, language: Language
) -> Response:
    email = field(form, "email")
    try:
        await email_addresses.ask_change(
            at_hand.db,
            at_hand.signer,
            actor=actor,
            email=_address(email),
            password=_password(form),
            language=language,
        )
    except (InvalidInput, SignInFailed, TooManyAttempts) as error:
        errors = errors_of(request, WrongField("wrong-password", field="password"))
        if not isinstance(error, SignInFailed):
            errors = errors_of(request, error)
        return render(request, "email_change.html", status=_status(error), email=email, errors=errors)
    return redirect("/profile/email/sent")


@router.get("/profile/email/sent")
async def change_sent(request: Request, actor: Visitor) -> Response:  # noqa: ARG001
    return render(request, "mail_said.html", title="change-email", words="change-sent", next="/")


async def _new_password(
    request: Request, at_hand: AtHand, token: str, errors: Mapping[str, str], *, status: int = 200
) -> Response:
    link = await mailing.opened(at_hand.db, token=token, address=address_of(request))
    good = link is not None and link.purpose is MailPurpose.PASSWORD_RESET
    email = link.email if link is not None else ""
    shown = {"token": token, "good": good, "email": email, "errors": errors}
    return _unreferred(render(request, "new_password.html", status=status if good else 409, **shown))


async def _verification(
    request: Request, at_hand: AtHand, token: str, errors: Mapping[str, str], *, status: int = 200
) -> Response:
    link = await mailing.opened(at_hand.db, token=token, address=address_of(request))
    good = link is not None and link.purpose is not MailPurpose.PASSWORD_RESET
    email = link.email if link is not None else ""
    shown = {"token": token, "good": good, "email": email, "errors": errors}
    return _unreferred(render(request, "email_verification.html", status=status if good else 409, **shown))


def _unreferred(page: Response) -> Response:
    """The token stands in this page's address, which nobody else is to be told."""
    page.headers["Referrer-Policy"] = "no-referrer"
    return page


def _address(sent: str) -> str:
    """Raises WrongField."""
    if len(sent) > 255:
        raise WrongField("too-long", field="email")
    try:
        return str(TypeAdapter(EmailStr).validate_python(sent))
    except ValidationError:
        raise WrongField("no-email", field="email") from None


def _password(form: Form) -> str:
    """As it was typed, outer space included."""
    value = form.get("password")
    return value if isinstance(value, str) else ""


def _status(error: DentalizationError) -> int:
    if isinstance(error, TooManyAttempts):
        return 429
    return 409 if isinstance(error, Conflict) else 422
