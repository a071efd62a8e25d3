"""``dentalization db …``"""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer

from dentalization.cli import demo, sealing
from dentalization.cli.local import used_place
from dentalization.cli.output import Json, err, progress, say
from dentalization.db.objects import SERVICE_ROLE
from dentalization.ops import check as checks
from dentalization.ops import migrations, roles, schema, shards, statements
from dentalization.ops.reset import reset as reset_database
from dentalization.ops.seed import marks
from dentalization.settings import from_environment

app = typer.Typer(no_args_is_help=True, help="The database: migrations, checks, demo data, addresses.")


app.command("new-key")(sealing.new_key)
app.command()(sealing.reseal)


class SchemaFormat(StrEnum):
    SQL = "sql"
    PRISMA = "prisma"
    MERMAID = "mermaid"


class Login(StrEnum):
    APP = "app"
    OWNER = "owner"
    SERVICE = "service"


@app.command()
def migrate(
    development: Annotated[bool, typer.Option(help="Mark this database as one for development.")] = False,
    before_code: Annotated[
        bool, typer.Option("--before-code", help="Only what comes before the new code; the old one runs on.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Brings the database to the newest schema; makes the app's login and grants where they are missing."""
    only = migrations.Phase.BEFORE if before_code else None
    with used_place() as place:
        status = migrations.migrate(place.owner_url, place.settings.database_url or None, only=only)
        if development:
            marks.mark_development(place.owner_url)
    left = f" Once the old code is gone: {', '.join(one.revision for one in status.waiting)}."
    words = f"The database is at {status.current}." + (left if status.waiting else "")
    say(words, {"current": status.current, "waiting": _waiting(status)}, as_json=as_json)


def _waiting(found: migrations.Status) -> list[dict[str, str]]:
    return [{"revision": one.revision, "phase": one.phase.value} for one in found.waiting]


@app.command()
def new(name: Annotated[str, typer.Argument(help="Its purpose, in words.")], as_json: Json = False) -> None:
    """Writes the migration from the live database to what the tables say."""
    with used_place() as place:
        path = migrations.new(place.owner_url, name)
    say(f"Wrote {path}; read it before you commit it.", {"file": str(path)}, as_json=as_json)


@app.command()
def status(as_json: Json = False) -> None:
    """Which migration the database is at; exit code 1 where newer ones wait."""
    with used_place() as place:
        found = migrations.status(place.owner_url)
    words = "up to date" if found.up_to_date else f"behind {found.newest}; run 'dentalization db migrate'"
    document = {"current": found.current, "newest": found.newest, "upToDate": found.up_to_date}
    lines = [f"The database is at {found.current or 'nothing yet'}: {words}."]
    lines += [f"{one.revision}: {one.phase} the new code" for one in found.waiting]
    say("\n".join(lines), {**document, "waiting": _waiting(found)}, as_json=as_json)
    raise typer.Exit(0 if found.up_to_date else 1)


@app.command()
def top(
    order: Annotated[statements.Order, typer.Option(help="Which come first.")] = statements.Order.TOTAL,
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 20,
    forget: Annotated[bool, typer.Option("--reset", help="Begin counting anew afterwards.")] = False,
    as_json: Json = False,
) -> None:
    """Shows which statements cost the server most time (pg_stat_statements), by the names they have here."""
    with used_place() as place:
        found = statements.top(place.owner_url, order=order, limit=limit)
        if forget:
            statements.reset(place.server.superuser_url if place.server else place.owner_url)
    say(statements.table(found), [asdict(item) for item in found], as_json=as_json)


@app.command()
def reset(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False, as_json: Json = False
) -> None:
    """Throws everything away and migrates again; only in a database marked as development."""
    with used_place() as place:
        marks.refuse_unless_development(place.owner_url)
        if not yes and not typer.confirm("Every table will be dropped, with all that is in it. Go on?"):
            raise typer.Exit(1)
        reset_database(place.owner_url)
        found = migrations.migrate(place.owner_url, place.settings.database_url or None)
    say(f"The database is empty and at {found.current}.", {"current": found.current}, as_json=as_json)


@app.command()
def check(as_json: Json = False) -> None:
    """Prepares every declared statement, compares it with its row type, and looks for large scans."""
    with used_place() as place:
        findings = checks.check(place.owner_url)
    document = [{"query": item.query, "problem": item.problem} for item in findings]
    words = "\n".join(f"{item.query}: {item.problem}" for item in findings) or "Every statement is right."
    say(words, document, as_json=as_json)
    raise typer.Exit(1 if findings else 0)


@app.command()
def seed(
    demo_people: Annotated[bool, typer.Option("--demo", help="With known passwords and people.")] = False,
    patients: Annotated[int, typer.Option(min=0, help="With --demo: how many.")] = 40,
    diagnoses: Annotated[int, typer.Option(min=0, help="With --demo: how many.")] = 200,
    number: Annotated[int, typer.Option("--seed", help="Another number makes other people.")] = 1,
    as_json: Json = False,
) -> None:
    """Makes the first accounts; with --demo also people, photos and history. Only in development."""
    with used_place() as place:
        marks.refuse_unless_development(place.owner_url)
        made = demo.accounts(place, demo=demo_people)
        if demo_people and (patients or diagnoses):
            with progress() as bar:
                demo.history(place, patients=patients, diagnoses=diagnoses, number=number, bar=bar)
    document = [{"email": item.email, "role": item.role, "created": item.created} for item in made]
    if as_json:
        for item, entry in zip(made, document, strict=True):
            entry["password"] = item.password
    say(demo.words(made), document, as_json=as_json)


@app.command()
def distribute(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print every statement, run none.")] = False,
    begin: Annotated[
        int, typer.Option("--from", min=1, help="The statement to go on with after a failure.")
    ] = 1,
    as_json: Json = False,
) -> None:
    """Turns a migrated database on a Citus coordinator into a distributed one."""
    if dry_run:
        steps = shards.planned(from_environment().database_url)
    else:
        with used_place() as place, progress() as bar:
            steps = shards.planned(place.settings.database_url)
            task = bar.add_task("Distributing", total=len(steps))
            for done in shards.distribute(place.owner_url, steps, begin=begin):
                bar.update(task, completed=done)
    document = [{"says": step.says, "sql": step.sql} for step in steps]
    words = shards.script(steps) if dry_run else "The database is distributed; set DENTALIZATION_SHARDED."
    say(words, document, as_json=as_json)


@app.command("schema")
def print_schema(
    format_: Annotated[SchemaFormat, typer.Option("--format")] = SchemaFormat.SQL, as_json: Json = False
) -> None:
    """Prints the schema: SQL, a schema.prisma for Prisma Client, or a Mermaid diagram."""
    text = {
        SchemaFormat.SQL: schema.ddl,
        SchemaFormat.PRISMA: schema.prisma_schema,
        SchemaFormat.MERMAID: schema.mermaid_diagram,
    }[format_]()
    say(text, {"format": format_.value, "schema": text}, as_json=as_json)


@app.command()
def url(
    role: Annotated[Login, typer.Option(help="Whose address.")] = Login.APP,
    create: Annotated[bool, typer.Option("--create", help="Make the service login first.")] = False,
    as_json: Json = False,
) -> None:
    """Prints a connection address for other tools. 'service' passes the row-level policies."""
    with used_place() as place:
        if role is Login.SERVICE:
            address = place.service_url()
            if create:
                roles.make_login(place.owner_url, address, group=SERVICE_ROLE)
        else:
            address = place.owner_url if role is Login.OWNER else place.settings.database_url
    if not address:
        err("DATABASE_URL is not set.")
        raise typer.Exit(2)
    say(address, {"url": address}, as_json=as_json)
