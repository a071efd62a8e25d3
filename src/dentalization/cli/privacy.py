"""``dentalization privacy …``"""

from __future__ import annotations

from typing import Annotated

import typer

from dentalization.cli.local import used_place
from dentalization.cli.output import Json, say
from dentalization.privacy import verification

app = typer.Typer(no_args_is_help=True, help="Proof of erasures.")


@app.callback()
def _group() -> None:
    """Proof of erasures."""


@app.command()
def verify(
    report_id: str,
    marker: Annotated[
        list[str] | None,
        typer.Option(help="A text that must be nowhere any more, as an e-mail address; may be repeated."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Counts again what a report of an erasure says; exit code 1 where something does not hold."""
    with used_place() as place:
        problems = verification.verify(place.owner_url, report_id=report_id, markers=marker or [])
    words = "\n".join(problems) or "The report holds: nothing is left that it says is gone."
    say(words, {"report": report_id, "problems": problems}, as_json=as_json)
    raise typer.Exit(1 if problems else 0)
