"""Second factors: sign in with one, add and remove them, and show again who is there."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Response
from pydantic import Field

from dentalization.accounts import confirmations, factors, second_step
from dentalization.accounts.factors import Factors
from dentalization.accounts.passkeys import site_of
from dentalization.accounts.proofs import Proof
from dentalization.accounts.token_answers import Tokens, tokens_of
from dentalization.db.row import row
from dentalization.edge.acting import Acting, Address, AtHand, Enrolling
from dentalization.edge.answers import Body, Text, answer

router = APIRouter(tags=["second factors"])

_NO_STORE = {"Cache-Control": "no-store"}

Code = Annotated[Text, Field(min_length=6, max_length=20, description="Six digits of the app.")]
Password = Annotated[Text, Field(min_length=1, max_length=128)]
Credential = Annotated[dict[str, Any], Field(description="What the browser made, by its toJSON().")]
ChallengeToken = Annotated[Text, Field(min_length=1, max_length=2000)]


class SecondStep(Body):
    """With one of the three others."""

    challenge: ChallengeToken
    code: Code | None = None
    recovery_code: Annotated[Text, Field(min_length=1, max_length=40)] | None = None
    credential: Credential | None = None


class AskPasskeys(Body):
    challenge: ChallengeToken


class Reauthentication(Body):
    """One of the two."""

    password: Password | None = None
    code: Code | None = None


class TotpCode(Body):
    code: Code


class NewPasskey(Body):
    name: Annotated[Text, Field(min_length=1, max_length=100)] = "Passkey"
    credential: Credential


class PasswordChange(Body):
    current_password: Password
    new_password: Annotated[Text, Field(min_length=8, max_length=128)]


@row
class Secret:
    """Shown once; ``uri`` is what authenticator apps open."""

    secret: str
    uri: str


@row
class RecoveryCodes:
    """Shown once; each signs in once."""

    recovery_codes: list[str]


@router.post("/auth/login/factor", response_model=Tokens)
async def finish_login(
    body: SecondStep, at_hand: AtHand, address: Address, user_agent: Annotated[str | None, Header()] = None
) -> Response:
    """Ends a sign-in that waited for its second factor."""
    signed_in = await second_step.finish_sign_in(
        at_hand.db,
        at_hand.signer,
        challenge=body.challenge,
        proof=Proof(code=body.code, recovery_code=body.recovery_code, credential=body.credential),
        site=site_of(at_hand.settings.public_url) if body.credential is not None else None,
        device=user_agent,
        address=address,
    )
    return tokens_of(signed_in)


@router.post("/auth/login/factor/options", response_model=dict[str, Any])
async def login_options(body: AskPasskeys, at_hand: AtHand, address: Address) -> Response:
    """What to give to navigator.credentials.get(), for a sign-in with a passkey."""
    options = await second_step.passkey_options(
        at_hand.db,
        at_hand.signer,
        challenge=body.challenge,
        site=site_of(at_hand.settings.public_url),
        address=address,
    )
    return _json(options)


@router.post("/auth/reauthentication", status_code=204)
async def reauthenticate(body: Reauthentication, actor: Enrolling, at_hand: AtHand) -> Response:
    """Shows again who is there; for ten minutes this session may do what is sensitive."""
    await confirmations.confirm(
        at_hand.db, at_hand.signer, actor=actor, password=body.password, code=body.code
    )
    return Response(status_code=204)


@router.post("/me/password", status_code=204)
async def change_password(body: PasswordChange, actor: Acting, at_hand: AtHand) -> Response:
    """Sets a new password and ends every other session of this account."""
    await confirmations.change_password(
        at_hand.db,
        at_hand.signer,
        actor=actor,
        current_password=body.current_password,
        new_password=body.new_password,
    )
    return Response(status_code=204)


@router.get("/me/factors", response_model=Factors)
async def list_factors(actor: Enrolling, at_hand: AtHand) -> Response:
    """Which second factors this account has; never a secret."""
    return answer(Factors, await factors.factors(at_hand.db, actor=actor))


@router.post("/me/factors/totp", response_model=Secret, status_code=201)
async def begin_totp(actor: Enrolling, at_hand: AtHand) -> Response:
    """A secret for an authenticator app; it counts once a first code has confirmed it."""
    made = await factors.begin_totp(at_hand.db, at_hand.signer, actor=actor)
    return answer(Secret, Secret(secret=made.secret, uri=made.uri), status=201, headers=_NO_STORE)


@router.post("/me/factors/totp/confirmation", response_model=RecoveryCodes)
async def confirm_totp(body: TotpCode, actor: Enrolling, at_hand: AtHand) -> Response:
    """Makes the app count and answers recovery codes. Refresh the access token if a factor was required."""
    return _codes(await factors.confirm_totp(at_hand.db, at_hand.signer, actor=actor, code=body.code))


@router.delete("/me/factors/totp", status_code=204)
async def remove_totp(actor: Acting, at_hand: AtHand) -> Response:
    """Removes the authenticator app; after a recent confirmation."""
    await factors.remove_totp(at_hand.db, actor=actor)
    return Response(status_code=204)


@router.post("/me/factors/recovery-codes", response_model=RecoveryCodes)
async def new_recovery_codes(actor: Acting, at_hand: AtHand) -> Response:
    """New recovery codes in place of all the old ones; after a recent confirmation."""
    return _codes(await factors.new_recovery_codes(at_hand.db, at_hand.signer, actor=actor))


@router.post("/me/factors/passkeys/options", response_model=dict[str, Any])
async def passkey_options(actor: Enrolling, at_hand: AtHand) -> Response:
    """What to give to navigator.credentials.create(); good once, for five minutes."""
    site = site_of(at_hand.settings.public_url)
    return _json(await factors.passkey_options(at_hand.db, actor=actor, site=site))


@router.post("/me/factors/passkeys", response_model=RecoveryCodes, status_code=201)
async def add_passkey(body: NewPasskey, actor: Enrolling, at_hand: AtHand) -> Response:
    """Registers a passkey; with the first factor of an account come recovery codes, later none."""
    codes = await factors.add_passkey(
        at_hand.db,
        at_hand.signer,
        actor=actor,
        site=site_of(at_hand.settings.public_url),
        name=body.name,
        credential=body.credential,
    )
    return _codes(codes, status=201)


@router.delete("/me/factors/passkeys/{passkey_id}", status_code=204)
async def remove_passkey(passkey_id: str, actor: Acting, at_hand: AtHand) -> Response:
    """Removes a passkey; after a recent confirmation."""
    await factors.remove_passkey(at_hand.db, actor=actor, passkey_id=passkey_id)
    return Response(status_code=204)


def _codes(codes: list[str], *, status: int = 200) -> Response:
    return answer(RecoveryCodes, RecoveryCodes(recovery_codes=codes), status=status, headers=_NO_STORE)


def _json(options: str) -> Response:
    return Response(options, media_type="application/json", headers=_NO_STORE)
