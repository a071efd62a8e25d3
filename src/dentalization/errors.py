"""The root of the error tree.

Each slice derives its own small tree from here; the docstring of a class is the message that people read.
Only the edge (api/, web/, cli/) knows which status or exit code an error becomes.
"""

from __future__ import annotations

import inspect


class DentalizationError(Exception):
    """Something went wrong."""

    code: str = "error"
    """Machine-readable name, stable across releases."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or inspect.getdoc(type(self)))

    @property
    def message(self) -> str:
        return str(self.args[0])


class InvalidInput(DentalizationError):
    """What was sent is not valid."""

    code = "invalid"

    def __init__(self, message: str | None = None, *, field: str | None = None) -> None:
        super().__init__(message)
        self.field = field


class NotFound(DentalizationError):
    """There is nothing here, or nothing that you may see."""

    code = "not-found"


class NotAllowed(DentalizationError):
    """You are not allowed to do this."""

    code = "not-allowed"


class Conflict(DentalizationError):
    """This cannot be done in the present state."""

    code = "conflict"


class TookTooLong(DentalizationError):
    """This request took too long and was ended; try again, on a faster connection or with less."""

    code = "took-too-long"
    retry_after_seconds: int = 5


class Unavailable(DentalizationError):
    """The service cannot do this at the moment; try again shortly."""

    code = "unavailable"
    retry_after_seconds: int = 2
