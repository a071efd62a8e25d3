"""A circuit breaker: a server that is down is left alone for a while, and then tried by one call."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum

from dentalization.errors import InvalidInput
from dentalization.vision.errors import RemoteAnswerInvalid, RemoteUnavailable


class State(StrEnum):
    """Closed lets every call through, open none, half-open one."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


class Breaker:
    """Opens after `failures` in a row, in the order in which calls end; thread-safe.

    Open for `cool_down_seconds` of `clock`, it then is half-open: the next call is the trial, and until that
    has ended every other one is refused. The trial closes it or opens it again. The states are those of
    M. Nygard, Release It! (2007), chapter 5.2.
    """

    def __init__(
        self,
        *,
        failures: int = 5,
        cool_down_seconds: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Raises InvalidInput."""
        if failures < 1:
            raise InvalidInput("A breaker opens after 1 failure or more.", field="failures")
        if not 0 < cool_down_seconds < math.inf:
            raise InvalidInput("A breaker cools down for more than 0 seconds.", field="cool_down_seconds")
        self._failures, self._cool_down, self._clock = failures, cool_down_seconds, clock
        self._lock = threading.Lock()
        self._row = 0
        self._open_until: float | None = None
        self._trial = False
        # How a call ends says nothing once the breaker has opened since the call began.
        self._openings = 0

    @property
    def state(self) -> State:
        with self._lock:
            if self._open_until is None:
                return State.CLOSED
            return State.OPEN if self._clock() < self._open_until else State.HALF_OPEN

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """One call. RemoteUnavailable raised inside counts as a failure; RemoteAnswerInvalid comes from a
        server that is up and counts as a success, as an end without error does.

        Any other exception says nothing about the server: it frees the trial's place and changes nothing
        else. Raises RemoteUnavailable at once when the call is not let through.
        """
        openings = self._enter()
        try:
            yield
        except RemoteUnavailable:
            self._failed(openings)
            raise
        except RemoteAnswerInvalid:
            self._succeeded(openings)
            raise
        except BaseException:
            self._abandoned(openings)
            raise
        self._succeeded(openings)

    def _enter(self) -> int:
        with self._lock:
            if self._open_until is not None:
                left = self._open_until - self._clock()
                if left > 0:
                    raise RemoteUnavailable(
                        "The inference server failed several times in a row; "
                        f"it is asked again in {math.ceil(left)} s."
                    )
                if self._trial:
                    raise RemoteUnavailable(
                        "The inference server failed several times in a row; one request is trying it now."
                    )
                self._trial = True
            return self._openings

    def _succeeded(self, openings: int) -> None:
        with self._lock:
            if openings != self._openings:
                return
            self._row = 0
            self._trial, self._open_until = False, None

    def _failed(self, openings: int) -> None:
        with self._lock:
            if openings != self._openings:
                return
            self._row += 1
            # The row that opened it goes on: a trial that fails makes it longer.
            if self._row >= self._failures:
                self._trial = False
                self._open_until = self._clock() + self._cool_down
                self._openings += 1

    def _abandoned(self, openings: int) -> None:
        with self._lock:
            if openings == self._openings:
                self._trial = False
