"""The primary is gone and the replica takes its place, by the steps of docs/how-to/add-a-replica.md."""

from __future__ import annotations

import psycopg
import pytest
from tests.conftest import KEYRING
from tests.db.streaming import kill, streaming_pair, until
from tests.people import People

from dentalization import catalog
from dentalization.db.database import Database
from dentalization.db.errors import DatabaseReadOnly
from dentalization.db.pool import Pool, PoolLimits
from dentalization.db.replicas import Replicas
from dentalization.db.rules import Rules
from dentalization.ops import check
from dentalization.profiles import service as profiles

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("replica"), pytest.mark.timeout(180)]


async def test_a_promoted_replica_has_everything_and_takes_writes() -> None:
    with streaming_pair() as pair:
        with psycopg.connect(pair.primary.owner_url, autocommit=True) as owner:
            people = People(owner)
            patient = people.session(people.patient())
            pair.catch_up()
        db = await _opened(pair.replica_url)
        with pytest.raises(DatabaseReadOnly):  # not a replica any more only when it was promoted
            await profiles.change_profile(db, actor=patient, changes={"address": "Jl. Mawar 3"})
        kill(pair.primary)
        pair.on_replica("SELECT pg_promote(true, 60)")
        until(lambda: pair.on_replica("SELECT NOT pg_is_in_recovery()"))
        try:
            assert (await profiles.me(db, actor=patient)).id == patient.user_id
            changed = await profiles.change_profile(db, actor=patient, changes={"address": "Jl. Mawar 5"})
            assert changed.patient_profile
            assert changed.patient_profile.address == "Jl. Mawar 5"
        finally:
            await db.close()
        assert check.check(pair.replica.owner_url) == []


async def _opened(url: str) -> Database:
    db = Database(
        Pool(url, PoolLimits(connections=3, wait_seconds=10)),
        Replicas([], max_lag_seconds=5),
        Rules(catalog.metadata),
        KEYRING,
    )
    await db.open()
    return db
