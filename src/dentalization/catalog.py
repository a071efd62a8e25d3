"""Every table and every declared statement of the program, in one place for migrations and checks."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType

import dentalization
from dentalization.db.base import Base
from dentalization.db.query import Query

metadata = Base.metadata


def load() -> None:
    """Imports the tables, policies and statements of every slice; afterwards ``metadata`` is whole."""
    for kind in ("tables", "access", "queries"):
        for _ in _modules(kind):
            pass


def declared_queries() -> Iterator[tuple[str, Query[object]]]:
    """Name and statement of every Query that a module of queries declares, e.g. ``diagnoses.HISTORY``."""
    load()
    for module in _modules("queries"):
        for name, value in vars(module).items():
            if isinstance(value, Query):
                yield f"{module.__name__.split('.')[1]}.{name}", value


def name() -> None:
    """Tells every declared statement its name, for logs and traces."""
    for found, query in declared_queries():
        query.name = found


def _modules(kind: str) -> Iterator[ModuleType]:
    """Modules of the slices called so, such as ``queries``, or so at their end, as ``feedback_queries``."""
    for slice_ in pkgutil.iter_modules(dentalization.__path__, "dentalization."):
        if slice_.ispkg:
            for found in pkgutil.iter_modules([f"{dentalization.__path__[0]}/{slice_.name.split('.')[1]}"]):
                if found.name.split("_")[-1] == kind:
                    yield importlib.import_module(f"{slice_.name}.{found.name}")


load()
