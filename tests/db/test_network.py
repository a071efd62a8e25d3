"""A network that is silent, or takes an answer with it: nobody waits for ever, and nobody is told a lie."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import bindparam, func, select
from tests.chaos.proxy import Proxy, proxied
from tests.conftest import Urls, direct_url, open_database
from tests.people import People
from tests.profiles.licence_cases import PDF, numbers

from dentalization.context import Context
from dentalization.db.address import watched
from dentalization.db.database import Database
from dentalization.db.errors import DatabaseUnreachable, OutcomeUnknown
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.db.listener import CHANNEL, Listener
from dentalization.db.pool import PoolLimits
from dentalization.db.query import Query
from dentalization.db.row import row
from dentalization.db.transaction import Transaction
from dentalization.errors import Unavailable
from dentalization.photos import service as photos
from dentalization.photos.service import PhotoType, Variant
from dentalization.profiles import licence_documents

pytestmark = pytest.mark.timeout(120)

Owner = psycopg.Connection[tuple[object, ...]]
CONNECTIONS = 4
SILENCE = 0.5
LIMITS = PoolLimits(connections=CONNECTIONS, wait_seconds=5, silence_seconds=SILENCE)


@row
class Slept:
    slept: str | None


SLEEP = Query(select(func.pg_sleep(bindparam("seconds")).label("slept")), row=Slept)


@dataclass(frozen=True)
class Line:
    proxy: Proxy
    db: Database

    async def ask(self) -> None:
        await self.db.read(Actor.nobody(), SLEEP, seconds=0)

    async def ask_together(self) -> None:
        """So that every connection that may be is there."""
        await asyncio.gather(*(self.db.read(Actor.nobody(), SLEEP, seconds=0.2) for _ in range(CONNECTIONS)))


@asynccontextmanager
async def line(url: str) -> AsyncIterator[Line]:
    with proxied(url) as (proxy, through):
        db = await open_database(through, LIMITS)
        try:
            yield Line(proxy, db)
        finally:
            await db.close()


async def test_who_waits_in_a_black_hole_is_told_and_the_next_are_served(urls: Urls) -> None:
    """Also over connections that nobody used then: a firewall has forgotten them like the others."""
    async with line(urls.app) as found:
        await found.ask_together()
        found.proxy.swallow()
        with pytest.raises(DatabaseUnreachable):
            await found.ask()
        found.proxy.restore()
        for _ in range(2 * CONNECTIONS):
            await found.ask()


async def test_a_connection_that_was_in_use_when_all_were_given_up_is_not_kept(urls: Urls) -> None:
    async with line(urls.app) as found:
        async with found.db.primary.connection() as before:
            await found.db.primary.start_afresh()
        async with found.db.primary.connection() as after:
            assert after is not before


async def test_a_transaction_in_a_black_hole_ends(urls: Urls) -> None:
    async with line(urls.app) as found:

        async def work(transaction: Transaction) -> None:
            found.proxy.swallow()
            await transaction.one(SLEEP, seconds=0)

        with pytest.raises(DatabaseUnreachable):
            await found.db.transaction(Actor.nobody(), work)
        found.proxy.restore()
        await found.ask()


async def test_what_may_take_longer_is_waited_for_and_what_follows_is_not(urls: Urls) -> None:
    async with line(urls.app) as found:

        async def work(transaction: Transaction) -> None:
            transaction.wait_longer(60)
            await transaction.one(SLEEP, seconds=3 * SILENCE)

        await found.db.transaction(Actor.nobody(), work)
        answers = await asyncio.gather(
            *(found.db.read(Actor.nobody(), SLEEP, seconds=3 * SILENCE) for _ in range(CONNECTIONS)),
            return_exceptions=True,
        )
        assert {type(answer) for answer in answers} == {DatabaseUnreachable}


async def test_the_kernel_watches_connections_unless_the_address_says_otherwise(urls: Urls) -> None:
    async with line(urls.app) as found, found.db.primary.connection() as connection:
        with socket.socket(fileno=connection.fileno()) as seen:
            for option in (socket.TCP_USER_TIMEOUT, socket.TCP_KEEPIDLE):
                assert seen.getsockopt(socket.IPPROTO_TCP, option) in (10, 10_000)
            seen.detach()
    parts = conninfo_to_dict(watched("host=a,b port=1,2 target_session_attrs=read-write connect_timeout=1"))
    assert (parts["host"], parts["port"], parts["connect_timeout"]) == ("a,b", "1,2", "1")


async def test_a_listener_in_a_black_hole_listens_again(urls: Urls, owner: Owner) -> None:
    where = conninfo_to_dict(urls.owner)
    direct = direct_url(urls.owner, str(where["dbname"]))
    with proxied(direct) as (proxy, through):
        listener = Listener(through, quiet_seconds=SILENCE)
        name = new_id()
        try:
            with listener.waiting([name]) as woken:
                await _told(owner, name, woken)
                proxy.swallow()
                await asyncio.sleep(SILENCE)
                proxy.restore()
                woken.clear()
                await _told(owner, name, woken)
        finally:
            await listener.close()


async def _told(owner: Owner, name: str, woken: asyncio.Event) -> None:
    """Told until it hears: a notification that nobody listened to is lost, and meant to be."""
    async with asyncio.timeout(60):
        while not woken.is_set():
            owner.execute("SELECT pg_notify(%s, %s)", (CHANNEL, name))
            await asyncio.sleep(0.05)


@pytest.fixture
def patient(people: People) -> Actor:
    return people.patient()


Upload = Callable[[Database, str | None], Awaitable[str]]


@pytest.fixture
def upload(context: Context, patient: Actor, picture: bytes) -> Upload:
    async def send(db: Database, key: str | None) -> str:
        photo = await photos.upload(
            db,
            context.store,
            actor=patient,
            data=picture,
            photo_type=PhotoType.INTRAORAL,
            public_url="https://example.com",
            idempotency_key=key,
        )
        return photo.id

    return send


async def test_a_photo_whose_commit_was_not_answered_keeps_its_picture(
    urls: Urls, context: Context, patient: Actor, upload: Upload
) -> None:
    key = new_id()
    async with line(urls.app) as found:
        found.proxy.lose_answers(1)
        with pytest.raises(OutcomeUnknown):
            await upload(found.db, key)
        photo_id = await upload(found.db, key)
    page = await photos.photos(context.db, actor=patient, patient_id=None, after=None, limit=5)
    assert [photo.id for photo in page.items] == [photo_id]
    seen = await photos.content(
        context.db, context.store, actor=patient, photo_id=photo_id, variant=Variant.ORIGINAL
    )
    assert seen.data


async def test_a_photo_that_was_surely_not_saved_leaves_nothing(
    urls: Urls, context: Context, upload: Upload
) -> None:
    before = await context.store.list("photos")
    async with line(urls.app) as found:
        found.proxy.close()
        with pytest.raises(Unavailable):
            await upload(found.db, None)
    assert await context.store.list("photos") == before


async def test_a_licence_document_whose_commit_was_not_answered_keeps_its_bytes(
    urls: Urls, context: Context, api: httpx.AsyncClient, people: People, signed_in: Any
) -> None:
    doctor, key = people.doctor(verified=False), new_id()
    await api.post("/api/v1/me/licence", json=numbers(), headers=signed_in(doctor))
    ask = {"actor": doctor, "data": PDF, "clean_picture": context.clean_picture, "idempotency_key": key}
    async with line(urls.app) as found:
        found.proxy.lose_answers(1)
        with pytest.raises(OutcomeUnknown):
            await licence_documents.add_document(found.db, context.store, **ask)
        made = await licence_documents.add_document(found.db, context.store, **ask)
    seen = await licence_documents.document(context.db, context.store, actor=doctor, document_id=made.id)
    assert seen.data == PDF
