"""Traces: the request, its statements by name, its job, the model. Off until ``opened`` is told where to.

What is sent holds names of ours and figures: no parameter, no path, no query, no message of an error. The
library is imported only where traces are on (``dentalization[trace]``).
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol

from dentalization.errors import InvalidInput

JOB_ARGUMENT = "traceparent"
"""Under this name a job carries the trace of the request that asked for it."""

Facts = dict[str, str | int]


class Tracer(Protocol):
    """Where spans go."""

    def span(self, name: str, *, kind: str, parent: str, facts: Facts) -> AbstractContextManager[Span]: ...

    def here(self) -> str:
        """The ``traceparent`` of W3C of the span that this is in; '' outside of all."""

    def close(self) -> None: ...


class Span(Protocol):
    """What is found out while it lasts."""

    def rename(self, name: str) -> None: ...

    def note(self, facts: Facts) -> None: ...


_tracers: list[Tracer] = []


class _Nothing:
    def rename(self, name: str) -> None: ...

    def note(self, facts: Facts) -> None: ...


_NOTHING: AbstractContextManager[Span] = nullcontext(_Nothing())


def span(
    name: str, *, kind: str = "internal", parent: str = "", facts: Facts | None = None
) -> AbstractContextManager[Span]:
    """A span around a block. ``kind`` is internal, server, client or consumer; ``parent`` a traceparent."""
    if not _tracers:
        return _NOTHING
    return _tracers[-1].span(name, kind=kind, parent=parent, facts=facts or {})


def here() -> str:
    """What another process needs to go on with this trace; '' where there is none."""
    return _tracers[-1].here() if _tracers else ""


@contextmanager
def opened(endpoint: str) -> Iterator[None]:
    """Spans of this process go to ``endpoint`` while it lasts, and nowhere where that is ''.

    Raises InvalidInput where the library is not installed.
    """
    if not endpoint:
        yield
        return
    try:
        library = importlib.import_module("dentalization.monitoring.opentelemetry")
    except ImportError as error:
        raise InvalidInput(
            "OTEL_EXPORTER_OTLP_ENDPOINT needs the library: pip install 'dentalization[trace]'."
        ) from error
    tracer: Tracer = library.open_tracer(endpoint)
    _tracers.append(tracer)
    try:
        yield
    finally:
        _tracers.remove(tracer)
        tracer.close()
