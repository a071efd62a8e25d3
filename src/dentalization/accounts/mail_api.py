"""A forgotten password, and the account's e-mail address."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import EmailStr, Field

from dentalization.accounts import email_addresses, password_reset
from dentalization.accounts.letters import LIFETIME
from dentalization.accounts.mail_tables import MailPurpose
from dentalization.db.row import row
from dentalization.edge.acting import Acting, Address, AtHand
from dentalization.edge.answers import Body, Text, answer
from dentalization.edge.pages import Language

router = APIRouter(tags=["accounts"])

Email = Annotated[EmailStr, Field(max_length=255)]
LinkToken = Annotated[Text, Field(min_length=1, max_length=200)]


class ForgottenPassword(Body):
    email: Email


class NewPassword(Body):
    token: LinkToken
    password: Annotated[Text, Field(min_length=8, max_length=128)]


class Link(Body):
    token: LinkToken


class NewEmail(Body):
    email: Email
    password: Annotated[Text, Field(min_length=1, max_length=128)]


@row
class LinkSent:
    """``expires_in`` seconds from when the letter is sent."""

    email: str
    expires_in: int


@row
class Verified:
    email: str


@router.post("/auth/password-reset", status_code=202, response_model=LinkSent)
async def ask_reset(
    body: ForgottenPassword, at_hand: AtHand, address: Address, language: Language
) -> Response:
    """Sends a link to choose a new password. The answer is the same where there is no such account."""
    await password_reset.ask(at_hand.db, at_hand.signer, email=body.email, language=language, address=address)
    return _sent(body.email.lower(), MailPurpose.PASSWORD_RESET)


@router.post("/auth/password-reset/confirmation", status_code=204)
async def confirm_reset(body: NewPassword, at_hand: AtHand, address: Address, language: Language) -> Response:
    """Sets the password by the token of such a link, once, and ends every session of the account."""
    await password_reset.confirm(
        at_hand.db,
        at_hand.signer,
        token=body.token,
        password=body.password,
        language=language,
        address=address,
    )
    return Response(status_code=204)


@router.post("/me/email/verification", status_code=202, response_model=LinkSent)
async def ask_verification(actor: Acting, at_hand: AtHand, language: Language) -> Response:
    """Sends a link by which the account's address is verified."""
    email = await email_addresses.ask_verification(at_hand.db, at_hand.signer, actor=actor, language=language)
    return _sent(email, MailPurpose.EMAIL_VERIFICATION)


@router.post("/me/email", status_code=202, response_model=LinkSent)
async def ask_change(body: NewEmail, actor: Acting, at_hand: AtHand, language: Language) -> Response:
    """Sends a link to the new address, which takes the old one's place once the link is used."""
    await email_addresses.ask_change(
        at_hand.db,
        at_hand.signer,
        actor=actor,
        email=body.email,
        password=body.password,
        language=language,
    )
    return _sent(body.email.lower(), MailPurpose.EMAIL_CHANGE)


@router.post("/auth/email-verification", response_model=Verified)
async def verify(body: Link, at_hand: AtHand, address: Address, language: Language) -> Response:
    """Verifies an address by the token of a link, once; that of a change also puts it in place."""
    email = await email_addresses.confirm(
        at_hand.db, at_hand.signer, token=body.token, language=language, address=address
    )
    return answer(Verified, Verified(email))


def _sent(email: str, purpose: MailPurpose) -> Response:
    seconds = int(LIFETIME[purpose].total_seconds())
    return answer(LinkSent, LinkSent(email, seconds), status=202)
