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


def load() -> None:
    """Imports the tables and policies of every slice; afterwards ``metadata`` is whole."""
    for slice_ in pkgutil.iter_modules(dentalization.__path__):
        if slice_.ispkg:
            for name in ("tables", "access", "queries"):
                _import_if_there(f"dentalization.{slice_.name}", name)


def declared_queries() -> Iterator[tuple[str, Query[object]]]:
    """Name and statement of every Query that a module ``queries`` declares, e.g. ``diagnoses.HISTORY``."""
    load()
    for slice_ in pkgutil.iter_modules(dentalization.__path__):
        module = _import_if_there(f"dentalization.{slice_.name}", "queries") if slice_.ispkg else None
        for name, value in vars(module).items() if module else ():
            if isinstance(value, Query):
                yield f"{slice_.name}.{name}", value


def _import_if_there(package: str, name: str) -> ModuleType | None:
    found = importlib.util.find_spec(f"{package}.{name}")
    return importlib.import_module(f"{package}.{name}") if found else None


load()
