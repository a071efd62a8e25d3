"""The short form: each fault befalls the service once while clients write; ``make chaos`` has 200 of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos import checker, disk
from tests.chaos.faults import FAULTS

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("chaos"), pytest.mark.timeout(590)]

_FULL = [name for name, fault in FAULTS.items() if fault.needs_mount]
_OTHERS = [name for name in FAULTS if name not in _FULL]


def test_no_acknowledged_write_is_lost_and_none_is_there_twice() -> None:
    _survived(_OTHERS)


def test_a_full_disk_loses_nothing_and_is_told(tmp_path: Path) -> None:
    if not disk.mount(tmp_path / "mount", megabytes=1):
        pytest.skip(disk.NOT_PERMITTED)
    disk.unmount(tmp_path / "mount")
    found = _survived(_FULL)
    assert {"database-full", "storage-full"} <= set(found.refusals)


def _survived(faults: list[str]) -> checker.Outcome:
    found = checker.run(faults)
    assert [name for name, one in found.faults.items() if one.times] == faults
    assert set(found.kinds) == {"record", "booking", "photo"}
    assert found.total.retried > 0  # else nothing was hit
    assert found.unexpected == []
    assert (found.total.lost, found.total.doubled, found.letters_missing) == (0, 0, 0)
    return found
