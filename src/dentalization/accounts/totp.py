"""Time-based one-time passwords by RFC 6238, and how their secrets are kept."""

from __future__ import annotations

import base64
import hmac
import os
import secrets
from urllib.parse import quote, urlencode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from dentalization.signing import Signer

STEP_SECONDS = 30
DIGITS = 6
SECRET_BYTES = 20  # 160 bits, as RFC 4226 recommends and as SHA-1 gives
TOLERANCE = 1
"""Steps either side: the telephone's clock, and the time that typing takes."""
_ISSUER = "Dentalization"
_NONCE_BYTES = 12
_PURPOSE = "secrets of authenticator apps"


def new_secret() -> bytes:
    return secrets.token_bytes(SECRET_BYTES)


def code_at(secret: bytes, step: int, *, digits: int = DIGITS, algorithm: str = "sha1") -> str:
    """RFC 4226, section 5.3, with the time step as the counter."""
    mac = hmac.digest(secret, step.to_bytes(8, "big"), algorithm)
    offset = mac[-1] & 0x0F
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def step_at(seconds: float) -> int:
    """``seconds`` since 1970."""
    return int(seconds) // STEP_SECONDS


def matching_step(secret: bytes, code: str, *, seconds: float) -> int | None:
    """The time step whose code this is, at most TOLERANCE from now; None for a wrong code."""
    typed = "".join(code.split()).encode()
    now = step_at(seconds)
    found = None
    for step in range(now - TOLERANCE, now + TOLERANCE + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), typed):
            found = step
    return found


def written(secret: bytes) -> str:
    """base32, as people type it into an app."""
    return base64.b32encode(secret).decode().rstrip("=")


def uri(secret: bytes, *, email: str) -> str:
    """``otpauth://…``, which authenticator apps open."""
    label = quote(f"{_ISSUER}:{email}", safe="@")
    parameters = {"secret": written(secret), "issuer": _ISSUER, "algorithm": "SHA1"}
    return f"otpauth://totp/{label}?{urlencode(parameters)}&digits={DIGITS}&period={STEP_SECONDS}"


def sealed(signer: Signer, secret: bytes, *, user_id: str) -> str:
    """AES-256-GCM; the user's id is bound to it, so that no row's secret works in another's."""
    nonce = os.urandom(_NONCE_BYTES)
    cipher = AESGCM(signer.key(_PURPOSE))
    return base64.b64encode(nonce + cipher.encrypt(nonce, secret, user_id.encode())).decode()


def unsealed(signer: Signer, kept: str, *, user_id: str) -> bytes | None:
    """None where it was sealed under another key or for another account."""
    data = base64.b64decode(kept)
    cipher = AESGCM(signer.key(_PURPOSE))
    try:
        return cipher.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], user_id.encode())
    except InvalidTag:
        return None
