"""Password hashes: argon2id for ours, bcrypt for those that came from the original system."""

from __future__ import annotations

import asyncio
import functools
from concurrent.futures import ThreadPoolExecutor

import bcrypt
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from dentalization.accounts.errors import WeakPassword

MIN_LENGTH = 8  # as the spec's userSchema
MAX_LENGTH = 128
_BCRYPT_BYTES = 72  # bcrypt looks at no more, and its library refuses more

# The defaults of argon2-cffi: RFC 9106, second recommended option (64 MiB, 3 passes, 4 lanes).
_hasher = PasswordHasher()
# 64 MiB for each hash at work: this bounds what a storm of sign-ins can take.
_pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="passwords")


@functools.cache
def _nobodys() -> tuple[str, str]:
    """Hashes that no password has. Made at the first sign-in: a command that knows none does not wait."""
    return (
        _hasher.hash("nobody has this password"),
        bcrypt.hashpw(b"nobody has this password", bcrypt.gensalt(10)).decode(),
    )


def check_strength(password: str, *, email: str, field: str = "password") -> None:
    """Raises WeakPassword."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH or password.lower() == email.lower():
        raise WeakPassword(field=field)


async def hashed(password: str) -> str:
    return await asyncio.get_running_loop().run_in_executor(_pool, _hasher.hash, password)


async def matches(password: str, stored: str | None) -> bool:
    """Whether ``password`` belongs to the hash; ``stored`` is None where there is no account.

    Every call does one argon2 and one bcrypt verification, so that its time tells neither whether there
    is an account nor which system it came from.
    """
    return await asyncio.get_running_loop().run_in_executor(_pool, _matches, password, stored)


def needs_rehash(stored: str) -> bool:
    return _is_bcrypt(stored) or _hasher.check_needs_rehash(stored)


def _matches(password: str, stored: str | None) -> bool:
    no_argon2, no_bcrypt = _nobodys()
    old = stored is not None and _is_bcrypt(stored)
    by_argon2 = _argon2(password, stored if stored and not old else no_argon2)
    by_bcrypt = _bcrypt(password, stored if stored and old else no_bcrypt)
    return stored is not None and (by_bcrypt if old else by_argon2)


def _argon2(password: str, stored: str) -> bool:
    try:
        return _hasher.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


def _bcrypt(password: str, stored: str) -> bool:
    try:
        return bcrypt.checkpw(password.encode()[:_BCRYPT_BYTES], stored.encode())
    except ValueError:
        return False


def _is_bcrypt(stored: str) -> bool:
    return stored.startswith(("$2a$", "$2b$", "$2y$"))
