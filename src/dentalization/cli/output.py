"""How commands speak: words for people, or one JSON document with ``--json``."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of words.")]

_out = Console(highlight=False, soft_wrap=True)
_err = Console(stderr=True, highlight=False, soft_wrap=True)


def say(words: str, document: Any, *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(document, ensure_ascii=False, default=str))
    else:
        _out.print(words, markup=False)


def err(words: str) -> None:
    _err.print(words, markup=False)


def progress() -> Progress:
    """A bar on standard error, so that what is piped away stays clean."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=_err,
        transient=True,
    )
