"""The worker makes backups by the clock, without being the owner itself."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import procrastinate
import pytest
from procrastinate.testing import InMemoryConnector
from tests.backup.conftest import Installation

from dentalization.context import Context
from dentalization.errors import InvalidInput
from dentalization.ops.backup import folder
from dentalization.settings import Settings, from_environment
from dentalization.worker import backups


def registered(context: Context, at: str) -> procrastinate.App:
    app = procrastinate.App(connector=InMemoryConnector())
    backups.register(app, replace(context, settings=replace(context.settings, backup_at=at)))
    return app


def test_nothing_is_planned_unless_it_is_asked_for(context: Context) -> None:
    assert "worker.backup" not in registered(context, "").tasks
    assert "worker.backup" in registered(context, "30 2 * * *").tasks
    with pytest.raises(InvalidInput):
        from_environment({"DENTALIZATION_BACKUP_AT": "every night"})


async def test_the_worker_of_an_embedded_server_makes_one(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(database_url="set by 'serve'", home=installation.home)
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    monkeypatch.setenv("DENTALIZATION_HOME", str(installation.home))
    monkeypatch.setenv("DENTALIZATION_BACKUP_FOLDER", str(installation.folder))
    assert await backups.run("create", settings)
    assert len(folder.backups(installation.folder)) == 1
    assert os.environ["DATABASE_URL"].endswith("/nothing")


async def test_without_an_owner_it_says_so(tmp_path: Path) -> None:
    assert not await backups.run("create", Settings(home=tmp_path, database_url="postgresql://h/d"))
