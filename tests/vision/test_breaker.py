"""A breaker opens after failures in a row, cools down, and lets one trial through."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from itertools import takewhile

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from dentalization.errors import InvalidInput
from dentalization.vision.errors import RemoteAnswerInvalid, RemoteUnavailable
from dentalization.vision.runtimes.breaker import Breaker, State

ENDINGS: dict[str, BaseException | None] = {
    "answered": None,
    "refused": RemoteAnswerInvalid(),
    "failed": RemoteUnavailable(),
    "interrupted": KeyboardInterrupt(),
}
# Failures weigh more, or few histories would get past the closed state.
ENDS = st.sampled_from([*ENDINGS, "failed", "failed", "failed"])


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def end(call: AbstractContextManager[None], ending: str) -> None:
    """Leaves the call as a `with` would, and sees that its exception is not swallowed."""
    error = ENDINGS[ending]
    if error is None:
        call.__exit__(None, None, None)
        return
    assert not call.__exit__(type(error), error, None)


class Calls(RuleBasedStateMachine):
    """Calls begin and end in any order while time passes.

    What is expected is told from the history alone: `endings` holds how calls ended that began in the
    present period, and a period ends where the state changes.
    """

    @initialize(failures=st.integers(1, 3), cool_down=st.sampled_from([1, 8, 64]))
    def begin(self, failures: int, cool_down: int) -> None:
        self.failures, self.cool_down, self.clock = failures, cool_down, Clock()
        self.breaker = Breaker(failures=failures, cool_down_seconds=cool_down, clock=self.clock)
        self.opened: float | None = None
        self.period, self.endings = 0, list[str]()
        self.under_way: list[tuple[AbstractContextManager[None], int]] = []
        self.trial: AbstractContextManager[None] | None = None

    @property
    def cooling(self) -> bool:
        return self.opened is not None and self.clock.now < self.opened + self.cool_down

    def changed(self, *, opened: float | None) -> None:
        self.opened, self.trial, self.endings = opened, None, []
        self.period += 1

    @rule()
    def start(self) -> None:
        call = self.breaker.attempt()
        if self.cooling or self.trial is not None:
            with pytest.raises(RemoteUnavailable, match="in a row"):
                call.__enter__()
            return
        call.__enter__()
        if self.opened is not None:
            self.trial = call
        self.under_way.append((call, self.period))

    @precondition(lambda self: self.under_way)
    @rule(place=st.integers(0, 7), ending=ENDS)
    def finish(self, place: int, ending: str) -> None:
        call, period = self.under_way.pop(place % len(self.under_way))
        end(call, ending)
        if call is self.trial:
            self.trial = None
            if ending == "failed":
                self.changed(opened=self.clock.now)
            elif ending != "interrupted":
                self.changed(opened=None)
        elif self.opened is None and period == self.period and ending != "interrupted":
            self.endings.append(ending)
            row = sum(1 for _ in takewhile(lambda one: one == "failed", reversed(self.endings)))
            if row >= self.failures:
                self.changed(opened=self.clock.now)

    @rule(ending=ENDS)
    def call(self, ending: str) -> None:
        before = len(self.under_way)
        self.start()
        if len(self.under_way) > before:
            self.finish(before, ending)

    @rule(share=st.sampled_from([0.25, 0.5, 1.0, 2.0]))
    def wait(self, share: float) -> None:
        self.clock.now += share * self.cool_down

    @invariant()
    def state_is_that_of_the_history(self) -> None:
        expected = State.CLOSED if self.opened is None else State.HALF_OPEN
        assert self.breaker.state == (State.OPEN if self.cooling else expected)


TestCalls = Calls.TestCase
TestCalls.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)


def opened(failures: int = 3) -> tuple[Breaker, Clock]:
    clock = Clock()
    breaker = Breaker(failures=failures, cool_down_seconds=10, clock=clock)
    for _ in range(failures):
        with pytest.raises(RemoteUnavailable), breaker.attempt():
            raise RemoteUnavailable
    return breaker, clock


def test_the_sentence_says_when_it_is_asked_again() -> None:
    breaker, clock = opened()
    clock.now += 2.5
    with pytest.raises(RemoteUnavailable, match="asked again in 8 s"), breaker.attempt():
        pytest.fail("it is open")


def test_a_failed_trial_opens_it_for_the_whole_cool_down() -> None:
    breaker, clock = opened()
    clock.now += 10
    with pytest.raises(RemoteUnavailable), breaker.attempt():
        raise RemoteUnavailable
    clock.now += 9
    assert breaker.state == State.OPEN
    clock.now += 1
    with breaker.attempt():
        assert breaker.state == State.HALF_OPEN
    assert breaker.state == State.CLOSED


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_call_from_before_it_opened_says_nothing(ending: str) -> None:
    clock = Clock()
    breaker = Breaker(failures=1, cool_down_seconds=10, clock=clock)
    early = [breaker.attempt() for _ in range(3)]
    for call in early:
        call.__enter__()
    end(early[0], "failed")
    clock.now += 5
    end(early[1], ending)
    assert breaker.state == State.OPEN
    clock.now += 5
    trial = breaker.attempt()
    trial.__enter__()
    end(early[2], ending)
    assert breaker.state == State.HALF_OPEN
    with pytest.raises(RemoteUnavailable, match="one request is trying it"), breaker.attempt():
        pytest.fail("there are two trials")
    end(trial, "answered")
    assert breaker.state == State.CLOSED


def test_failures_before_it_opened_do_not_count_after_it_closed() -> None:
    breaker, clock = opened(failures=2)
    clock.now += 10
    with breaker.attempt():
        pass
    with pytest.raises(RemoteUnavailable), breaker.attempt():
        raise RemoteUnavailable
    assert breaker.state == State.CLOSED


def test_one_of_many_threads_is_the_trial() -> None:
    breaker, clock = opened()
    clock.now += 10
    threads = 32
    together, over = threading.Barrier(threads), threading.Event()
    refused = threading.Semaphore(0)

    def call() -> bool:
        together.wait()
        try:
            with breaker.attempt():
                over.wait()
        except RemoteUnavailable:
            refused.release()
            return False
        return True

    with ThreadPoolExecutor(threads) as pool:
        calls = [pool.submit(call) for _ in range(threads)]
        for _ in range(threads - 1):
            assert refused.acquire(timeout=60)
        over.set()
        assert sorted(one.result() for one in calls) == [False] * (threads - 1) + [True]
    assert breaker.state == State.CLOSED


def test_no_failure_of_many_threads_is_lost() -> None:
    threads, each = 8, 500
    breaker = Breaker(failures=threads * each, cool_down_seconds=10, clock=Clock())

    def fail() -> None:
        for _ in range(each):
            with pytest.raises(RemoteUnavailable, match="cannot be reached"), breaker.attempt():
                raise RemoteUnavailable

    with ThreadPoolExecutor(threads) as pool:
        for one in [pool.submit(fail) for _ in range(threads)]:
            one.result()
    assert breaker.state == State.OPEN


@pytest.mark.parametrize(
    ("failures", "seconds", "field"),
    [(0, 1, "failures"), (1, 0, "cool_down_seconds"), (1, float("inf"), "cool_down_seconds")],
)
def test_numbers_that_make_no_breaker(failures: int, seconds: float, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        Breaker(failures=failures, cool_down_seconds=seconds)
    assert refused.value.field == field
