"""Every cell of the matrix is asked for real; a route that the matrix lacks fails."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from dentalization.accounts.tokens import access_token
from dentalization.api.app import create_app
from dentalization.context import Context
from dentalization.db.identity import Actor
from dentalization.events import stream
from tests.access import render
from tests.access.matrix import TABLE, Row, routes_of
from tests.access.world import WHO, World, make, remove_queued
from tests.people import People

Owner = psycopg.Connection[tuple[object, ...]]
CELLS = [
    pytest.param(row, who, id=f"{row.route}{f' ({row.about})' if row.about else ''} {who}")
    for row in TABLE
    for who in WHO
]


@pytest.fixture(autouse=True)
def short_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream of events would go on for minutes; here it ends with its first line."""
    monkeypatch.setattr(stream, "STREAM_SECONDS", 0.0)


@pytest.fixture(scope="module")
async def client(context: Context) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=create_app(context), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as made:
        yield made


@pytest.fixture
def world(people: People, owner: Owner) -> Iterator[World]:
    owner.execute("DELETE FROM rate_limits")  # everybody signs in from one address here
    made = make(people, owner)
    yield made
    remove_queued(made, owner)


def request_of(row: Row, world: World, actor: Actor, context: Context, picture: bytes) -> dict[str, Any]:
    """What httpx is to send: the actor's token as a header for the API, as a cookie for pages."""
    asked = row.ask(world)
    query = asked.pop("query", {})
    form, upload, body = asked.pop("form", None), asked.pop("upload", None), asked.pop("json", None)
    headers, cookies = {}, {"visit": "visit"}
    if actor.signed_in:
        token = access_token(context.signer, actor)
        headers["Authorization"] = f"Bearer {token}"
        cookies["access"] = token
    if row.path.startswith("/api/"):
        cookies = {}
    else:
        headers = {}
    if cookies:
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    sent: dict[str, Any] = {"headers": headers, "params": query}
    if form is not None:
        sent["data"] = {**form, "csrf": context.signer.digest("form token", f"visit {actor.session_id}")}
    if upload is not None:
        sent |= {"data": upload, "files": {"file": ("teeth.jpg", io.BytesIO(picture), "image/jpeg")}}
    if body is not None:
        sent["json"] = body
    return {"method": row.method, "url": row.path.format(**asked), **sent}


@pytest.mark.parametrize(("row", "who"), CELLS)
async def test_cell(
    row: Row, who: str, world: World, client: httpx.AsyncClient, context: Context, picture: bytes
) -> None:
    expected = row.expected[who]
    sent = request_of(row, world, world.actors[who], context, picture)
    answer = await client.request(**sent)
    shows = world.shown_in(answer.text, asked=f"{sent['url']} {sent['params']} {sent.get('json')}")
    assert f"{answer.status_code}{'+' if shows else ''}" == expected, answer.text[:600]


def test_every_route_stands_in_the_matrix(context: Context) -> None:
    """And nothing in the matrix that does not exist any more."""
    assert set(routes_of(create_app(context))) == {row.route for row in TABLE}


async def test_the_matrix_notices_a_missing_guard(
    client: httpx.AsyncClient, context: Context, people: People, owner: Owner, world: World, picture: bytes
) -> None:
    """With the policy of one table taken out, cells of that table fail."""
    row = next(row for row in TABLE if row.route == "GET /api/v1/diagnoses/{diagnosis_id}")
    before = owner.execute(
        "SELECT pg_get_expr(polqual, polrelid) FROM pg_policy "
        "WHERE polname = 'app_select_1' AND polrelid = 'ai_diagnoses'::regclass"
    ).fetchone()
    assert before
    sent = request_of(row, world, world.actors["stranger"], context, picture)
    owner.execute("ALTER POLICY app_select_1 ON ai_diagnoses USING (true)")
    try:
        opened = await client.request(**sent)
    finally:
        owner.execute(f"ALTER POLICY app_select_1 ON ai_diagnoses USING ({before[0]})")
    assert opened.status_code == 200
    assert world.shown_in(opened.text, asked=sent["url"])
    assert (await client.request(**sent)).status_code == 404


def test_the_document_is_up_to_date() -> None:
    path = Path(__file__).parents[2] / "docs/reference/access.md"
    assert path.read_text() == render.document(), "make docs"


async def test_an_unverified_doctor_gains_nothing_by_claiming_the_role(
    client: httpx.AsyncClient, context: Context, world: World, picture: bytes
) -> None:
    """A token with another's doctor id, or with none, is worth no more than the account behind it."""
    row = next(row for row in TABLE if row.route == "GET /api/v1/diagnoses/{diagnosis_id}")
    for forged in (
        replace(world.actors["unverified"], doctor_id=world.actors["care"].doctor_id),
        replace(world.actors["stranger"], doctor_id=world.actors["care"].doctor_id),
    ):
        answer = await client.request(**request_of(row, world, forged, context, picture))
        assert answer.status_code == 404
