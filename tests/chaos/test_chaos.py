"""The short form: each process is killed once while clients write; ``make chaos`` kills 200 times."""

from __future__ import annotations

import pytest

from tests.chaos import checker


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_no_acknowledged_write_is_lost_and_none_is_there_twice() -> None:
    found = checker.run(kills=3)
    assert dict(found.kills) == dict.fromkeys(checker.TARGETS, 1)
    assert found.acknowledged >= 12
    assert found.retried > 0  # else nothing was hit
    assert (found.lost, found.doubled) == (0, 0)
