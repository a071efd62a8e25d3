"""``dentalization users …``"""

from __future__ import annotations

from typing import Annotated

import typer

from dentalization.accounts.administrators import create_admin, reset_factors
from dentalization.cli.local import used_place
from dentalization.cli.output import Json, say

app = typer.Typer(no_args_is_help=True, help="Accounts.")


@app.callback()
def _group() -> None:
    """Accounts."""


@app.command("create-admin")
def create(
    email: str,
    password: Annotated[
        str,
        typer.Option(
            prompt=True, confirmation_prompt=True, hide_input=True, envvar="DENTALIZATION_ADMIN_PASSWORD"
        ),
    ],
    as_json: Json = False,
) -> None:
    """Makes an administrator; there is no other way to become one."""
    with used_place() as place:
        made = create_admin(place.owner_url, email=email, password=password)
    say(f"{made} is an administrator now.", {"email": made}, as_json=as_json)


@app.command("reset-factors")
def reset(email: str, as_json: Json = False) -> None:
    """Removes every second factor of an account whose owner has lost them, and signs it out everywhere.

    Make sure first that it is the owner who asks.
    """
    with used_place() as place:
        done = reset_factors(place.owner_url, email=email)
    say(f"{done} signs in with the password alone now.", {"email": done}, as_json=as_json)
