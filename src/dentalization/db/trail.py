"""Whose data a request has touched: collected where statements run, so that no route can forget to tell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class About:
    """Which data of whom a statement shows or writes.

    ``whose`` is the field of its rows, or else the parameter, that holds the person's id: of a patient the
    profile's, of others the account's. ``kind`` is a word of `KINDS`.
    """

    kind: str
    whose: str = "patient_id"


KINDS = (
    "account",
    "profile",
    "photo",
    "analysis",
    "diagnosis",
    "appointment",
    "record",
    "licence",
    "emergency",
    "consent",
    "export",
    "erasure",
)


@dataclass(slots=True)
class Trail:
    """Person's id -> kinds of data, in the order in which they were met."""

    touched: dict[str, set[str]] = field(default_factory=dict)

    def note_rows(self, about: About, rows: Iterable[Any]) -> None:
        for row in rows:
            self._note(about.kind, getattr(row, about.whose))

    def note_parameters(self, about: About, params: Mapping[str, Any]) -> None:
        self._note(about.kind, params.get(about.whose))

    def _note(self, kind: str, person: str | None) -> None:
        if person:
            self.touched.setdefault(person, set()).add(kind)
