"""``dentalization audit …``: whether the log is whole, and how long it is kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import psycopg
import typer
from psycopg.rows import TupleRow
from rich.progress import Progress, TaskID

from dentalization.audit import months
from dentalization.audit.verify import Ends, Link, check, ends_of, links_of, sealed
from dentalization.cli.local import used_place
from dentalization.cli.output import Json, progress, say
from dentalization.errors import InvalidInput
from dentalization.runtime import audit_key
from dentalization.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Who saw or changed whose data.")

Owner = psycopg.Connection[TupleRow]


@app.command()
def verify(
    against: Annotated[
        Path | None, typer.Option(help="What 'audit seal' printed earlier, kept elsewhere.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Walks the whole log; names every row that was changed, moved or is missing, and then exits with 1."""
    seal = _read_seal(against) if against else {}
    with _opened() as (settings, connection):
        ends = ends_of(connection)
        total = sum(rows for rows, _ in ends.values())
        with progress() as bar:
            links = _shown(links_of(connection), bar, bar.add_task("Rows", total=total))
            found = [*check(audit_key(settings), links, ends), *sealed(connection, seal)]
    words = "\n".join(map(str, found)) or f"{total} rows in {len(ends)} chains: all as they were written."
    document = {
        "rows": total,
        "chains": len(ends),
        "findings": [
            {"fault": one.fault, "chain": one.chain, "from": one.number, "to": one.until, "id": one.id}
            for one in found
        ],
    }
    say(words, document, as_json=as_json)
    raise typer.Exit(1 if found else 0)


@app.command()
def seal(as_json: Json = False) -> None:
    """Prints where every chain ends now. Kept elsewhere, it proves later that nothing was made anew."""
    with _opened() as (_, connection):
        ends = ends_of(connection)
    document = {chain: {"rows": rows, "hash": end.hex()} for chain, (rows, end) in ends.items()}
    say(json.dumps(document, indent=1), document, as_json=as_json)


@app.command()
def prune(
    keep_months: Annotated[int, typer.Option(min=1, help="Whole months that are kept beside this one.")],
    as_json: Json = False,
) -> None:
    """Gives up the months that need not be kept any longer."""
    with _opened(reading=False) as (_, connection):
        gone = months.prune(connection, keep_months=keep_months, today=datetime.now(UTC).date())
    names = [f"{month:%Y-%m}" for month in gone]
    say(f"Given up: {', '.join(names) or 'nothing'}.", {"months": names}, as_json=as_json)


@contextmanager
def _opened(*, reading: bool = True) -> Iterator[tuple[Settings, Owner]]:
    with used_place() as place, psycopg.connect(place.owner_url, autocommit=not reading) as connection:
        if reading:  # rows and ends of one moment, while others go on writing
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
        yield place.settings, connection


def _shown(links: Iterator[Link], bar: Progress, task: TaskID) -> Iterator[Link]:
    for number, link in enumerate(links, start=1):
        if number % 1000 == 0:
            bar.advance(task, 1000)
        yield link


def _read_seal(path: Path) -> Ends:
    try:
        document = json.loads(path.read_text())
        return {chain: (int(end["rows"]), bytes.fromhex(end["hash"])) for chain, end in document.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InvalidInput(f"{path} is not what 'dentalization audit seal' has printed.") from error
