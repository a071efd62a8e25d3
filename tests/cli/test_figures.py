"""Whichever of several server processes is asked for its metrics, it answers for all of them."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.program import free_port, serve, without_settings


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_two_processes_answer_as_one(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("figures")
    environment = {**without_settings(), "DENTALIZATION_HOME": str(folder / "home")}
    running = serve(environment, free_port(), Path(folder / "serve.log"), "--workers", "2", "--no-worker")
    try:
        for _ in range(40):  # each on a connection of its own, so that both processes get some
            with running.client.stream("GET", "/livez", headers={"Connection": "close"}) as answer:
                assert answer.status_code == 200
        counts = set()
        for _ in range(6):
            text = running.client.get("/metrics", headers={"Connection": "close"}).text
            found = re.search(
                r'dentalization_http_request_seconds_count\{method="GET",route="/livez",status="200"\} (\S+)',
                text,
            )
            assert found
            counts.add(float(found[1]))
        assert counts == {40.0}
        files = list((folder / "home" / "figures").glob("histogram_*.db"))
        assert len(files) == 2, "one process had everything, and this test shows nothing"
    finally:
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(60) == 0, running.log.read_text()[-3000:]


def test_the_command_measures_nothing_before_its_processes_do() -> None:
    """What measures looks for its folder when it is imported, and 'serve' makes that folder first."""
    code = "import sys, dentalization.cli.main; sys.exit('prometheus_client' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
