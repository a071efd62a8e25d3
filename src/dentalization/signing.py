"""Short texts that we sign and later recognise: access tokens and photo addresses."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class Signer:
    """HMAC-SHA256 under a key of its own for each purpose, so that one can never pass for another."""

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()

    def sign(self, purpose: str, claims: dict[str, Any], *, seconds: float) -> str:
        """``payload.signature``, valid for ``seconds`` from now."""
        payload = json.dumps({**claims, "exp": time.time() + seconds}, separators=(",", ":"))
        body = _encode(payload.encode())
        return f"{body}.{_encode(self._digest(purpose, body))}"

    def verify(self, purpose: str, token: str) -> dict[str, Any] | None:
        """The claims, or None for anything that is not ours, not for this purpose, or over."""
        body, _, signature = token.partition(".")
        try:
            genuine = hmac.compare_digest(_decode(signature), self._digest(purpose, body))
            claims = json.loads(_decode(body)) if genuine else None
        except (binascii.Error, ValueError):
            return None
        if not isinstance(claims, dict) or not claims.get("exp", 0) > time.time():
            return None
        return claims

    def digest(self, purpose: str, text: str) -> str:
        """A keyed digest in hexadecimal: recognises ``text`` again without keeping it."""
        return self._digest(purpose, text).hex()

    def key(self, purpose: str) -> bytes:
        """256 bits for one purpose by HKDF-SHA256, for a cipher; none is ever that of a signature."""
        return HKDF(hashes.SHA256(), length=32, salt=None, info=f"key: {purpose}".encode()).derive(
            self._secret
        )

    def _digest(self, purpose: str, text: str) -> bytes:
        key = hmac.digest(self._secret, purpose.encode(), hashlib.sha256)
        return hmac.digest(key, text.encode(), hashlib.sha256)


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
