"""What a server process does at SIGTERM before the server itself does: it ends its streams of events.

The server waits for answers that have begun, and a stream would keep it for ten minutes, until it is killed
together with what others were being answered.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


def end_with_the_parent() -> None:
    """Stops this process, as SIGTERM does, once the one that started it has gone without a word.

    It would go on to answer, by settings of yesterday, beside the next one at the same port.
    """
    parent = multiprocessing.parent_process()
    if parent is None:
        return  # a test, or a server of somebody else's

    def wait() -> None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="parent watcher", daemon=True).start()


@contextmanager
def at_the_end(end: Callable[[], Any]) -> Iterator[None]:
    """``end`` is called in this loop when the process is told to stop; whoever waits for that is told too.

    A loop's own handlers are woken by the byte that every signal writes, whatever Python's handler is, so
    this one may stand beside them.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may; a server that runs elsewhere is part of a test
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def handle(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(end)
        theirs = before[signal.Signals(number)]
        if callable(theirs):
            theirs(number, frame)

    for number in before:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number, theirs in before.items():
            if signal.getsignal(number) is handle:
                signal.signal(number, theirs)
