"""Objects that no row names are cleared away; what is young, named or somebody else's is not."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import procrastinate
import pytest
from tests.people import People
from tests.profiles.licence_cases import PDF, add_document, numbers

from dentalization.context import Context
from dentalization.db.identity import Actor
from dentalization.db.ids import new_id
from dentalization.photos import clearing
from dentalization.photos.errors import TooManyOrphans
from dentalization.storage.local import LocalStore
from dentalization.worker.runner import job_app

Headers = Callable[[Actor], dict[str, str]]
V1 = "/api/v1"


def folder(context: Context) -> Path:
    assert isinstance(context.store, LocalStore)
    return context.store.folder


def aged(context: Context, *keys: str) -> None:
    """As if these had been put two days ago."""
    moment = (datetime.now(UTC) - timedelta(days=2)).timestamp()
    for key in keys:
        os.utime(folder(context) / key, (moment, moment))


async def put(context: Context, key: str) -> str:
    await context.store.put(key, b"x", "image/jpeg")
    return key


def yesterday() -> datetime:
    return datetime.now(UTC) - timedelta(days=1)


async def test_orphans_go_and_everything_else_stays(
    api: httpx.AsyncClient, context: Context, people: People, signed_in: Headers, picture: bytes
) -> None:
    doctor = people.doctor(verified=False)
    await api.post(f"{V1}/me/licence", json=numbers(), headers=signed_in(doctor))
    document = (await add_document(api, signed_in(doctor), PDF)).json()["id"]
    files = {"file": ("a.jpg", picture, "image/jpeg")}
    photo = await api.post(f"{V1}/photos", headers=signed_in(people.patient()), files=files)
    named = [f"licences/{document}"]
    named += [f"photos/{photo.json()['id']}/{variant}" for variant in ("original", "thumbnail")]
    others = [await put(context, key) for key in (f"elsewhere/{new_id()}", "photos/by_hand/original")]
    orphans = [await put(context, key) for key in (f"photos/{new_id()}/original", f"licences/{new_id()}")]
    young = [await put(context, key) for key in (f"photos/{new_id()}/original", f"licences/{new_id()}")]
    aged(context, *named, *others, *orphans)
    assert await clearing.clear(context.db, context.store, before=yesterday()) == len(orphans)
    left = set(await context.store.list())
    assert left >= {*named, *others, *young}
    assert not left & set(orphans)
    assert await clearing.clear(context.db, context.store, before=yesterday()) == 0
    for key in young:
        await context.store.delete(key)


async def test_a_store_that_belongs_to_another_database_is_left_alone(context: Context) -> None:
    orphans = [await put(context, f"photos/{new_id()}/original") for _ in range(3)]
    aged(context, *orphans)
    with pytest.raises(TooManyOrphans):
        await clearing.clear(context.db, context.store, before=yesterday(), few=2)
    assert set(orphans) <= set(await context.store.list())
    assert await clearing.clear(context.db, context.store, before=yesterday(), few=3) == 3


async def test_the_jobs_are_on_the_workers_list_and_run(context: Context) -> None:
    app = job_app(context)
    orphan = await put(context, f"licences/{new_id()}")
    aged(context, orphan)
    for name in ("photos.clearing", "profiles.licences"):
        task = app.tasks[name]
        assert isinstance(task, procrastinate.tasks.Task)
        await task.func(timestamp=0)
    assert not await context.store.exists(orphan)
