"""Encryption to a public key (age-encryption.org/v1): whoever makes backups cannot read them."""

from __future__ import annotations

from pathlib import Path

import pyrage
from pyrage import x25519

from dentalization.errors import InvalidInput
from dentalization.ops.backup.errors import KeyMissing, WrongKey

SUFFIX = ".age"


def recipient_of(text: str) -> x25519.Recipient:
    """The public key 'age1…'. Raises InvalidInput."""
    try:
        return x25519.Recipient.from_str(text)
    except pyrage.RecipientError:
        raise InvalidInput(
            "DENTALIZATION_BACKUP_RECIPIENT is a public key of age, as 'age1…'; "
            "'dentalization backup new-key' makes one."
        ) from None


def new_identity() -> tuple[str, str]:
    """A secret identity and its public key."""
    made = x25519.Identity.generate()
    return str(made), str(made.to_public())


def seal_file(path: Path, recipient: str) -> Path:
    """Replaces the file by its encryption beside it."""
    target = path.with_name(path.name + SUFFIX)
    pyrage.encrypt_file(str(path), str(target), [recipient_of(recipient)])
    path.unlink()
    return target


def open_file(path: Path, target: Path, identity: Path | None) -> None:
    """Raises KeyMissing, WrongKey."""
    try:
        pyrage.decrypt_file(str(path), str(target), _identities(identity))
    except pyrage.DecryptError as error:
        raise WrongKey from error


def sealed(data: bytes, recipient: str) -> bytes:
    return bytes(pyrage.encrypt(data, [recipient_of(recipient)]))


def opened(data: bytes, identity: Path | None) -> bytes:
    """Raises KeyMissing, WrongKey."""
    try:
        return bytes(pyrage.decrypt(data, _identities(identity)))
    except pyrage.DecryptError as error:
        raise WrongKey from error


def _identities(path: Path | None) -> list[x25519.Identity]:
    """All of the file: a chain of backups may have begun under an earlier recipient."""
    if path is None:
        raise KeyMissing
    try:
        lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
        found = [x25519.Identity.from_str(line) for line in lines]
        if not found:
            raise ValueError(path)
    except (OSError, ValueError, pyrage.IdentityError) as error:
        raise WrongKey(f"{path} holds no identity of age; it is a line 'AGE-SECRET-KEY-1…'.") from error
    return found
