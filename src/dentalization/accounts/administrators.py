"""What the operator does with the owner's login, on the command line and nowhere else."""

from __future__ import annotations

import psycopg
from argon2 import PasswordHasher
from pydantic import EmailStr, TypeAdapter, ValidationError

from dentalization.accounts import passwords
from dentalization.db.ids import new_id
from dentalization.errors import Conflict, InvalidInput, NotFound


def create_admin(owner_url: str, *, email: str, password: str) -> str:
    """Returns the address as it is stored. Raises InvalidInput, WeakPassword, Conflict."""
    try:
        address = str(TypeAdapter(EmailStr).validate_python(email)).lower()
    except ValidationError:
        raise InvalidInput(f"'{email}' is no e-mail address.", field="email") from None
    passwords.check_strength(password, email=address)
    with psycopg.connect(owner_url) as connection:
        added = connection.execute(
            """INSERT INTO users (id, email, password, role) VALUES (%s, %s, %s, 'ADMIN')
               ON CONFLICT (email) DO NOTHING""",
            (new_id(), address, PasswordHasher().hash(password)),
        )
        if added.rowcount == 0:
            raise Conflict(f"There is an account for {address} already.")
    return address


def reset_factors(owner_url: str, *, email: str) -> str:
    """Takes every second factor off an account and ends its sessions; its password alone signs in then.

    Returns the address as it is stored. Raises NotFound.
    """
    address = email.strip().lower()
    with psycopg.connect(owner_url) as connection:
        found = connection.execute("SELECT id FROM users WHERE email = %s", (address,)).fetchone()
        if found is None:
            raise NotFound(f"There is no account for {address}.")
        for table in ("totp_factors", "passkeys", "recovery_codes", "factor_challenges", "sessions"):
            connection.execute(f"DELETE FROM {table} WHERE user_id = %s", found)
    return address
