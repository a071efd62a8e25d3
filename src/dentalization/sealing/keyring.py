"""Keys of 256 bits with short ids, one of them current, and what they do to a text."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Callable, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from dentalization.sealing.errors import BadKeys, ChangedValue, UnknownKey

KEY_BYTES = 32
_NONCE_BYTES, _TAG_BYTES = 12, 16
_STEP = 60
"""Sealed bytes come in such steps: the length tells little, and base64 has no bits to spare."""
_DIGEST_BYTES = 16

_PREFIX = "sealed:"
_VERSION = "1"
_SHAPE = re.compile(r"sealed:([0-9]+):([A-Za-z0-9]{1,16}):([A-Za-z0-9_-]*)")
_ALPHABET = bytes.maketrans(b"-_+/", b"+/!!")
"""From base64url to what binascii reads, and what base64url does not have to what nobody reads."""
_KEY_ID = re.compile(r"[A-Za-z0-9]{1,16}")


class Key:
    """Raises BadKeys for an id or a length that is none."""

    def __init__(self, key_id: str, secret: bytes) -> None:
        if not _KEY_ID.fullmatch(key_id) or len(secret) != KEY_BYTES:
            raise BadKeys
        self.id = key_id
        self._secret = secret
        self.cipher = AESGCM(secret)
        self._index_keys: dict[str, bytes] = {}

    @classmethod
    def parse(cls, text: str) -> Key:
        """From ``id:base64``."""
        key_id, _, encoded = text.strip().partition(":")
        try:
            secret = base64.b64decode(encoded.replace("-", "+").replace("_", "/"), validate=True)
        except (binascii.Error, ValueError):
            raise BadKeys from None
        return cls(key_id, secret)

    @classmethod
    def new(cls) -> Key:
        """The id is chance too: one that was dropped never comes back with another key."""
        return cls(secrets.token_hex(4), secrets.token_bytes(KEY_BYTES))

    @property
    def text(self) -> str:
        return f"{self.id}:{base64.b64encode(self._secret).decode()}"

    def digest(self, value: str, place: str) -> str:
        """``id:digest``, under a key that is derived for this place alone."""
        if place not in self._index_keys:
            purpose = f"dentalization blind index {place}".encode()
            derived = HKDF(SHA256(), KEY_BYTES, salt=None, info=purpose).derive(self._secret)
            self._index_keys[place] = derived
        digest = hmac.digest(self._index_keys[place], value.encode(), hashlib.sha256)[:_DIGEST_BYTES]
        return f"{self.id}:{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


class Keyring:
    """The first key seals, each opens what it has sealed.

    ``newest`` gives the keys anew where they have changed since the last call, else None: a key that an
    operator adds is used by processes that run already.
    """

    def __init__(
        self, keys: Sequence[Key], *, newest: Callable[[], Sequence[Key] | None] | None = None
    ) -> None:
        self._newest = newest
        self._take(keys)

    @classmethod
    def parse(cls, texts: Sequence[str]) -> Keyring:
        return cls([Key.parse(text) for text in texts])

    def _take(self, keys: Sequence[Key]) -> None:
        by_id = {key.id: key for key in keys}
        if not keys or len(by_id) != len(keys):
            raise BadKeys
        self._current, self._keys = keys[0], by_id

    def _refresh(self) -> None:
        found = self._newest() if self._newest else None
        if found:
            self._take(found)

    @property
    def current(self) -> Key:
        self._refresh()
        return self._current

    @property
    def ids(self) -> list[str]:
        """The current one first."""
        self._refresh()
        return list(self._keys)

    def seal(self, text: str, place: str, owner: str) -> str:
        """``sealed:1:key id:base64url``, which opens only for this ``place`` (table.column) and row."""
        key = self.current
        nonce = os.urandom(_NONCE_BYTES)
        sealed = key.cipher.encrypt(nonce, _padded(text.encode()), _bound(key.id, place, owner))
        return f"{_PREFIX}{_VERSION}:{key.id}:{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def unseal(self, value: str, place: str, owner: str) -> str:
        """A text that was never sealed is given back as it is. Raises UnknownKey, ChangedValue."""
        if not value.startswith(_PREFIX):
            return value
        # By hand and not by the pattern: this runs for every field of every row that is read.
        parts = value.split(":")
        if len(parts) != 4 or parts[1] != _VERSION:
            return _plain_or_changed(value)
        key_id, encoded = parts[2], parts[3]
        key = self._keys.get(key_id) or self._missing(value, key_id)
        try:
            data = binascii.a2b_base64(encoded.encode("ascii").translate(_ALPHABET), strict_mode=True)
            padded = key.cipher.decrypt(
                data[:_NONCE_BYTES], data[_NONCE_BYTES:], _bound(key_id, place, owner)
            )
        except (InvalidTag, ValueError):
            raise ChangedValue from None
        return padded[: padded.rindex(b"\x80")].decode()

    def _missing(self, value: str, key_id: str) -> Key:
        if not _SHAPE.fullmatch(value):
            raise ChangedValue
        self._refresh()
        try:
            return self._keys[key_id]
        except KeyError:
            raise UnknownKey(
                f"A stored text was sealed with the key '{key_id}', which this server does not have; the "
                "operator must add it to the field keys again."
            ) from None

    def digest(self, value: str, place: str) -> str:
        """What stands in a blind index for ``value``: equal for equal values, and for nobody else a help."""
        return self.current.digest(value, place)

    def digests(self, value: str, place: str) -> list[str]:
        """Under every key, for a search while an index is being renewed."""
        self._refresh()
        return [key.digest(value, place) for key in self._keys.values()]


def key_of(value: str) -> str | None:
    """The id of the key that has sealed ``value``; None for what is not sealed."""
    found = _SHAPE.fullmatch(value)
    return found[2] if found else None


def _plain_or_changed(value: str) -> str:
    """Somebody's own words may begin with 'sealed:'; ours go on with a number and a colon."""
    if re.match(r"sealed:[0-9]+:", value):
        raise ChangedValue
    return value


def _bound(key_id: str, place: str, owner: str) -> bytes:
    return f"{_VERSION}:{key_id}:{place}:{owner}".encode()


def _padded(text: bytes) -> bytes:
    """A one bit and zeros after it (ISO/IEC 7816-4), so that the sealed whole fills its last step."""
    rest = -(len(text) + 1 + _NONCE_BYTES + _TAG_BYTES) % _STEP
    return text + b"\x80" + b"\0" * rest
