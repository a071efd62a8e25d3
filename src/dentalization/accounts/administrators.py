"""Administrators are made with the owner's login, on the command line, and nowhere else."""

from __future__ import annotations

import psycopg
from argon2 import PasswordHasher
from pydantic import EmailStr, TypeAdapter, ValidationError

from dentalization.accounts import passwords
from dentalization.db.ids import new_id
from dentalization.errors import Conflict, InvalidInput


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
