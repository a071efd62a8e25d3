"""``dentalization``: exit code 0 done, 1 the thing failed, 2 wrong usage."""

from __future__ import annotations

import sys
from typing import Annotated

import psycopg
import typer

import dentalization
from dentalization.cli import audit, backup, database, privacy, server, users, vision
from dentalization.cli.output import err
from dentalization.errors import DentalizationError
from dentalization.ops import migrations

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Patients photograph their teeth, an AI proposes findings, licensed dentists decide.",
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"dentalization {dentalization.__version__}, schema {migrations.newest_revision()}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Say the version and its schema."),
    ] = False,
) -> None:
    """Options that stand before every command."""


app.command()(server.serve)
app.command()(server.worker)
app.add_typer(database.app, name="db")
app.add_typer(backup.app, name="backup")
app.add_typer(audit.app, name="audit")
app.add_typer(users.app, name="users")
app.add_typer(vision.app, name="vision")
app.add_typer(privacy.app, name="privacy")


def main() -> None:
    """Errors of ours become one sentence; anything else keeps its traceback for a bug report."""
    try:
        app()
    except DentalizationError as error:
        err(error.message)
        sys.exit(1)
    except psycopg.OperationalError as error:
        err(f"The database does not answer: {str(error).strip()}")
        sys.exit(1)


if __name__ == "__main__":
    main()
