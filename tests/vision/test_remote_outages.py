"""A server that is down: the breaker opens, leaves it alone, and tries it again."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from numpy.testing import assert_array_equal
from tests.vision.inference_server import InferenceServer, Reply, unspoiled
from tests.vision.remote_cases import FAILURES, TENSOR, Clock, Open, headers, wire

from dentalization.vision.errors import RemoteUnavailable
from dentalization.vision.runtimes.breaker import Breaker, State


def hang(server: InferenceServer) -> None:
    server.gate.clear()


def spoiling(spoil: Callable[[Reply], None]) -> Callable[[InferenceServer], None]:
    return lambda server: setattr(server, "spoil", spoil)


OUTAGES = {
    "500": (spoiling(wire(status=500)), "failed with status 500"),
    "503": (spoiling(wire(status=503, body=b"<html>")), "failed with status 503"),
    "hangs": (hang, "did not answer in time"),
    "drips": (spoiling(wire(drip=0.02)), "did not answer in time"),
    "breaks off": (spoiling(wire(withheld=1)), "broke off"),
    "no HTTP": (spoiling(headers(Bad_Header="a\r\n\x00")), "broke off"),
}


@pytest.mark.parametrize("case", OUTAGES)
def test_outages_open_the_breaker(
    server: InferenceServer, remote: Open, breaker: Breaker, clock: Clock, case: str
) -> None:
    remote().run(TENSOR)
    quick = {"connect_seconds": 0.1, "read_seconds": 0.3} if case in ("hangs", "drips") else {}
    runtime = remote(**quick)
    while runtime._metadata is None:  # a slow machine may need more than the 0.3 s
        try:
            runtime.ready()
        except RemoteUnavailable:
            continue
    outage, sentence = OUTAGES[case]
    outage(server)
    before = len(server.received)
    for _ in range(FAILURES):
        with pytest.raises(RemoteUnavailable, match=sentence):
            runtime.run(TENSOR)
    assert breaker.state == State.OPEN
    for _ in range(5):
        with pytest.raises(RemoteUnavailable, match="asked again in 30 s"):
            runtime.run(TENSOR)
    assert len(server.received) == before + FAILURES  # left alone
    server.spoil = unspoiled
    server.gate.set()
    clock.now += 30
    assert_array_equal(remote().run(TENSOR)["labels"], [[4, 6]])
    assert breaker.state == State.CLOSED


def test_nobody_listens(remote: Open, breaker: Breaker) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound, but it never listens
        runtime = remote(url=f"http://127.0.0.1:{unused.getsockname()[1]}")
        for _ in range(FAILURES):
            with pytest.raises(RemoteUnavailable, match="cannot be reached"):
                runtime.run(TENSOR)
    assert breaker.state == State.OPEN


@pytest.mark.parametrize("status", [408, 429])
def test_a_busy_server_is_no_outage(
    server: InferenceServer, remote: Open, breaker: Breaker, status: int
) -> None:
    server.spoil = wire(status=status)
    for _ in range(FAILURES + 1):
        with pytest.raises(RemoteUnavailable, match="too busy"):
            remote().run(TENSOR)
    assert breaker.state == State.CLOSED


def test_one_of_many_pictures_is_the_trial(
    server: InferenceServer, remote: Open, breaker: Breaker, clock: Clock
) -> None:
    runtime = remote()
    runtime.ready()
    server.spoil = wire(status=500)
    for _ in range(FAILURES):
        with pytest.raises(RemoteUnavailable):
            runtime.run(TENSOR)
    server.spoil = unspoiled
    server.gate.clear()
    clock.now += 30
    refused = threading.Semaphore(0)

    def look() -> bool:
        try:
            return bool(runtime.run(TENSOR))
        except RemoteUnavailable:
            refused.release()
            return False

    threads = 16
    with ThreadPoolExecutor(threads) as pool:
        looks = [pool.submit(look) for _ in range(threads)]
        for _ in range(threads - 1):
            assert refused.acquire(timeout=60)
        server.gate.set()
        assert sum(one.result() for one in looks) == 1
    assert len(server.inferences) == FAILURES + 1
    assert breaker.state == State.CLOSED


def test_a_description_that_fails_counts_too(server: InferenceServer, remote: Open, breaker: Breaker) -> None:
    server.metadata_status = 500
    for _ in range(FAILURES):
        with pytest.raises(RemoteUnavailable, match="failed with status 500"):
            remote().run(TENSOR)
    assert breaker.state == State.OPEN


def test_a_probe_does_not_close_what_pictures_opened(
    server: InferenceServer, remote: Open, breaker: Breaker, clock: Clock
) -> None:
    server.spoil = wire(status=500)
    runtime = remote()
    runtime.ready()
    for _ in range(FAILURES):
        with pytest.raises(RemoteUnavailable):
            runtime.run(TENSOR)
        runtime.ready()
    assert breaker.state == State.OPEN
    clock.now += 30
    runtime.ready()
    assert breaker.state == State.HALF_OPEN
