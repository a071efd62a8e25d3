"""Every table and every declared statement of the program, in one place for migrations and checks."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import dentalization
from dentalization.db.base import Base
from dentalization.db.query import Query

metadata = Base.metadata
_NAMES = ("tables", "access")
_QUERIES = ("queries", "feedback_queries")


def load() -> None:
    """Imports the tables and policies of every slice; afterwards ``metadata`` is whole."""
    for slice_ in _slices():
        for name in (*_NAMES, *_QUERIES):
            _import_if_there(slice_, name)


def declared_queries() -> Iterator[tuple[str, Query[object]]]:
    """Name and statement of every Query that a module of queries declares, e.g. ``diagnoses.HISTORY``."""
    load()
    for slice_ in _slices():
        for module in filter(None, (_import_if_there(slice_, name) for name in _QUERIES)):
            for name, value in vars(module).items():
                if isinstance(value, Query):
                    yield f"{slice_.rpartition('.')[2]}.{name}", value


def _slices() -> Iterator[str]:
    for found in pkgutil.iter_modules(dentalization.__path__):
        if found.ispkg:
            yield f"dentalization.{found.name}"


def _import_if_there(package: str, name: str) -> ModuleType | None:
    found = importlib.util.find_spec(f"{package}.{name}")
    return importlib.import_module(f"{package}.{name}") if found else None


load()
