"""Passkeys by WebAuthn: what the browser is asked for, and whether its answer is genuine."""

from __future__ import annotations

import ipaddress
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import webauthn
from webauthn.helpers import (
    base64url_to_bytes,
    bytes_to_base64url,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from dentalization.accounts.errors import PasskeyRefused, PasskeysUnavailable

_NAME = "Dentalization"
_PORTS = {"http": 80, "https": 443}
# Besides its own errors the library lets through what its decoders say of bytes that make no sense.
_MALFORMED = (WebAuthnException, ValueError, TypeError, KeyError, AttributeError, IndexError)


@dataclass(frozen=True, slots=True)
class Site:
    """What a passkey is bound to, in WebAuthn's words: the relying party's id and its origin."""

    id: str
    origin: str


@dataclass(frozen=True, slots=True)
class NewPasskey:
    credential_id: str
    public_key: str
    sign_count: int


def site_of(public_url: str) -> Site:
    """Raises PasskeysUnavailable for an address without a name: browsers bind no passkey to a number."""
    address = urlsplit(public_url)
    host = address.hostname or ""
    if not host or _is_number(host):
        raise PasskeysUnavailable
    port = "" if address.port in (None, _PORTS.get(address.scheme)) else f":{address.port}"
    return Site(host, f"{address.scheme}://{host}{port}")


def new_challenge() -> str:
    return bytes_to_base64url(secrets.token_bytes(32))


def enrolment_options(site: Site, *, user_id: str, email: str, challenge: str, known: Sequence[str]) -> str:
    """PublicKeyCredentialCreationOptions as JSON; ``known`` credentials are not made a second time."""
    made = webauthn.generate_registration_options(
        rp_id=site.id,
        rp_name=_NAME,
        user_id=user_id.encode(),
        user_name=email,
        challenge=base64url_to_bytes(challenge),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.DISCOURAGED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=_descriptors(known),
    )
    return webauthn.options_to_json(made)


def sign_in_options(site: Site, *, challenge: str, known: Sequence[str]) -> str:
    """PublicKeyCredentialRequestOptions as JSON."""
    made = webauthn.generate_authentication_options(
        rp_id=site.id,
        challenge=base64url_to_bytes(challenge),
        allow_credentials=_descriptors(known),
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    return webauthn.options_to_json(made)


def enrolled_challenge(credential: Mapping[str, Any]) -> str:
    """The challenge that a new credential says it answers. Raises PasskeyRefused."""
    try:
        parsed = parse_registration_credential_json(json.dumps(credential))
        return bytes_to_base64url(parse_client_data_json(parsed.response.client_data_json).challenge)
    except _MALFORMED:
        raise PasskeyRefused(field="credential") from None


def enrolled(site: Site, credential: Mapping[str, Any], *, challenge: str) -> NewPasskey:
    """Verifies a new credential. Raises PasskeyRefused."""
    try:
        verified = webauthn.verify_registration_response(
            credential=json.dumps(credential),
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=site.id,
            expected_origin=site.origin,
        )
    except _MALFORMED:
        raise PasskeyRefused(field="credential") from None
    return NewPasskey(
        bytes_to_base64url(verified.credential_id),
        bytes_to_base64url(verified.credential_public_key),
        verified.sign_count,
    )


def credential_id(credential: Mapping[str, Any]) -> str:
    """Which passkey answers. Raises PasskeyRefused."""
    try:
        return bytes_to_base64url(parse_authentication_credential_json(json.dumps(credential)).raw_id)
    except _MALFORMED:
        raise PasskeyRefused(field="credential") from None


def sign_count(
    site: Site, credential: Mapping[str, Any], *, challenge: str, public_key: str, last_count: int
) -> int:
    """Verifies an answer and returns how often its authenticator has signed.

    Raises PasskeyRefused, also where that is not more than ``last_count``: then there is a copy of it.
    """
    try:
        verified = webauthn.verify_authentication_response(
            credential=json.dumps(credential),
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=site.id,
            expected_origin=site.origin,
            credential_public_key=base64url_to_bytes(public_key),
            credential_current_sign_count=last_count,
        )
    except _MALFORMED:
        raise PasskeyRefused(field="credential") from None
    return verified.new_sign_count


def _descriptors(known: Sequence[str]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(one)) for one in known]


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
