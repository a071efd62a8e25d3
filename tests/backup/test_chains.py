"""Whatever is let go, what a kept backup stands on stays."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dentalization.ops.backup import chain
from dentalization.ops.backup import folder as folders
from dentalization.ops.backup import manifest as manifests
from dentalization.ops.backup.errors import BackupDamaged
from dentalization.ops.backup.manifest import Format, Manifest
from dentalization.ops.backup.retention import Keep, kept, with_parents

START = datetime(2026, 1, 1, tzinfo=UTC)


def listed(folder: Path, hours: int, parent: str | None) -> Manifest:
    """A base backup of which there is a manifest alone."""
    moment = START + timedelta(hours=hours)
    found = Manifest(folders.name_of(moment), Format.BASE, moment, 180000, "x", "o", "0/0", {}, {})
    found = replace(found, parent=parent)
    (folder / found.name).mkdir()
    manifests.write(folder / found.name, found)
    return found


chains = st.lists(st.tuples(st.integers(1, 60), st.booleans()), min_size=1, max_size=40)
"""Hours since the one before, and whether it stands on that; some have dumps between them."""


@given(chains, st.data(), st.integers(0, 5), st.integers(0, 4), st.integers(0, 4))
def test_no_kept_backup_loses_what_it_stands_on(
    gaps: list[tuple[int, bool]], data: st.DataObject, daily: int, weekly: int, monthly: int
) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder, hours = Path(scratch), 0
        every: list[Manifest] = []
        for gap, incremental in gaps:
            hours += gap
            # Mostly the one before, but any earlier will do, as where the folder was put together by hand.
            parent = data.draw(st.sampled_from(every)).name if incremental and every else None
            every.append(listed(folder, hours, parent))
        keep = Keep(daily, weekly, monthly)
        wanted = {
            one.name for one in every if one.created_at in kept([one.created_at for one in every], keep)
        }
        stay = with_parents(wanted, {one.name: one.parent for one in every})
        gone = let_go(folder, keep)
        left = folders.backups(folder)
        assert {one.name for one in left} == stay == {one.name for one in every} - set(gone)
        for one in left:
            assert {link.name for link in chain.links(folder, one)} <= stay
        # And nothing else: each is wanted, or a wanted one stands on it.
        needed = {link.name for one in left if one.name in wanted for link in chain.links(folder, one)}
        assert stay == needed
        assert let_go(folder, keep) == []


def let_go(folder: Path, keep: Keep) -> list[str]:
    return asyncio.run(folders.let_go(folder, keep))


def test_a_chain_in_a_circle_comes_to_an_end(tmp_path: Path) -> None:
    first, second = (listed(tmp_path, number, None) for number in (0, 1))
    for one, other in ((first, second), (second, first)):
        manifests.write(tmp_path / one.name, replace(one, parent=other.name))
    with pytest.raises(BackupDamaged, match="not older"):
        chain.links(tmp_path, folders.find(tmp_path, second.name)[1])
