"""A declared statement with the type of its rows, compiled once when its module is imported."""

from __future__ import annotations

import functools
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from typing import Any, Generic, TypeVar

from sqlalchemy import Dialect
from sqlalchemy.dialects.postgresql import psycopg as psycopg_dialect
from sqlalchemy.sql import Executable
from sqlalchemy.sql.elements import ClauseElement

from dentalization.db.sealed import (
    OWNER,
    SealedField,
    open_rows,
    openings,
    refuse_comparisons,
    seal_values,
    sealed_fields,
    sealed_parameters,
)
from dentalization.db.trail import About
from dentalization.sealing.keyring import Keyring

Row = TypeVar("Row")

# PostgreSQL's own placeholders, so that nothing is rewritten at every statement.
_DIALECT: Dialect = psycopg_dialect.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]

NESTED = "__"
"""``doctor__first_name`` in a statement fills the field ``first_name`` of the nested row ``doctor``."""


@dataclass(frozen=True, slots=True)
class Settles:
    """The row whose id is ``parameter``."""

    table: str
    parameter: str = "id"


class Query(Generic[Row]):
    """One SQL statement and the frozen dataclass that each of its rows becomes.

    Columns are matched to fields by name; a nested dataclass takes the columns with its name as a prefix
    and is None when the first of them is NULL, as after an outer join. ``row=None`` declares a statement
    that returns nothing. ``scans`` states why a full scan is right, for ``db check``. ``about`` says whose
    data it shows or writes, for the audit. Sealed columns (``db.sealed``) are sealed on their way in and
    opened on their way out. ``settles`` says which row of a distributed table it changes, for what triggers
    do elsewhere otherwise (ADR 0019). ``remembered`` names the data whose version says whether an answer that
    was read before still holds (`db.version_tables`); everybody who may ask at all must be answered alike.
    """

    def __init__(
        self,
        statement: Executable,
        *,
        row: type[Row] | None = None,
        scans: str = "",
        about: About | None = None,
        settles: Settles | None = None,
        remembered: str = "",
    ) -> None:
        if not isinstance(statement, ClauseElement):
            raise TypeError(f"{statement!r} is no SQLAlchemy statement")
        compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
        self.statement = statement
        self.name = ""
        """As ``catalog.declared_queries`` has it, such as ``diagnoses.HISTORY``, after ``catalog.name``."""
        self.row = row
        self.scans = scans
        self.about = about
        self.settles = settles
        self.remembered = remembered
        self.sql: str = str(compiled)
        self.order: tuple[str, ...] = tuple(getattr(compiled, "positiontup", None) or ())
        self._defaults: dict[str, Any] = dict(compiled.params)
        self._required = frozenset(name for name, value in self._defaults.items() if value is None)
        self._binders: dict[str, Callable[[Any], Any]] = {
            name: binder for name, binder in getattr(compiled, "_bind_processors", {}).items() if binder
        }
        results = [(entry.keyname, entry.objects) for entry in getattr(compiled, "_result_columns", ())]
        self.columns: tuple[str, ...] = tuple(name for name, _ in results)
        self.decode: Callable[[Sequence[Any]], Row] | None = row and decoder(row, self.columns)
        refuse_comparisons(statement)
        self.seals = sealed_parameters(statement)
        self.opens = sealed_fields(results, NESTED)
        if remembered and (about or self.seals or self.opens or not row or not _plain(row)):
            raise TypeError("what is about a person, sealed or more than plain values is not remembered")
        self._openings = openings((field, _setter_in(row, field)) for field in self.opens if row)

    def bind(self, params: Mapping[str, Any], keyring: Keyring | None = None) -> list[Any]:
        """Values in the order of $1, $2; a missing or unknown parameter is an error, never a NULL.

        What belongs into a sealed column is sealed with ``keyring``.
        """
        if params.keys() != self._required:
            unknown = params.keys() - self._defaults.keys()
            missing = self._required - params.keys()
            if unknown or missing:
                raise TypeError(f"parameters missing: {sorted(missing)}, unknown: {sorted(unknown)}")
        values = {**self._defaults, **params}
        if self.seals:
            values = seal_values(values, self.seals, keyring)
        for name, binder in self._binders.items():
            values[name] = binder(values[name])
        return [values[name] for name in self.order]

    def opened(self, rows: list[Row], keyring: Keyring) -> list[Row]:
        """``rows`` as they were decoded, with their sealed texts opened. Raises UnknownKey, ChangedValue."""
        if self._openings:
            open_rows(rows, self._openings, keyring)
        return rows

    @property
    def parameters(self) -> dict[str, Any]:
        """Every bind parameter with its default (None where the caller must give it)."""
        return dict(self._defaults)


def _plain(row: type) -> bool:
    """Whether all of it goes through JSON and comes back as it was."""
    kinds = (unwrap_optional(kind)[1] for kind in field_types(row).values())
    return all(kind in (str, int, bool, tuple[str, ...]) for kind in kinds)


def decoder(row: type[Row], columns: Sequence[str]) -> Callable[[Sequence[Any]], Row]:
    """A function from a row of driver values to ``row``, generated once from field names alone.

    It fills the slots directly: the constructor of a frozen dataclass goes through object.__setattr__, which
    costs twice as much, and on long lists more than the statement.
    """
    names: dict[str, Any] = {"new": object.__new__}
    source: list[str] = []
    made = _maker(row, columns, "", names, source)
    exec("\n".join(source), names)  # noqa: S102
    return typing.cast("Callable[[Sequence[Any]], Row]", names[made])


def _maker(row: type, columns: Sequence[str], prefix: str, names: dict[str, Any], source: list[str]) -> str:
    """Appends the function that makes one ``row`` from the columns with ``prefix``; returns its name."""
    made = f"make_{prefix}{row.__name__}"
    names[row.__name__] = row
    lines = [f"def {made}(v):", f"    made = new({row.__name__})"]
    for name, kind in field_types(row).items():
        optional, inner = unwrap_optional(kind)
        if is_dataclass(inner):
            nested = f"{prefix}{name}{NESTED}"
            first = next((i for i, column in enumerate(columns) if column.startswith(nested)), None)
            if first is None:
                raise TypeError(f"no column begins with {nested!r}")
            value = f"{_maker(typing.cast('type', inner), columns, nested, names, source)}(v)"
            value = f"None if v[{first}] is None else {value}" if optional else value
        elif prefix + name in columns:
            value = _conversion(f"v[{columns.index(prefix + name)}]", inner, optional, names)
        else:
            raise TypeError(f"{row.__name__}.{name}: the statement has no column {prefix + name!r}")
        setter = f"set_{prefix}{name}"
        names[setter] = _setter(row, name)
        lines.append(f"    {setter}(made, {value})")
    source += [*lines, "    return made"]
    return made


def _setter(row: type, name: str) -> Callable[[Any, Any], None]:
    """Sets one field of a fresh row, also of a frozen one."""
    slot = vars(row).get(name)
    if isinstance(slot, types.MemberDescriptorType):
        return slot.__set__

    def set_field(made: Any, value: Any) -> None:
        object.__setattr__(made, name, value)

    return set_field


def _setter_in(row: type, field: SealedField) -> Callable[[Any, Any], None]:
    """Sets a field of a fresh row, or of one that is nested in it."""
    for step in field.path:
        row = unwrap_optional(field_types(row)[step])[1]
    if OWNER not in field_types(row):
        raise TypeError(f"{field.place} is sealed: {row.__name__} needs the field {OWNER!r}")
    return _setter(row, field.name)


def _conversion(value: str, kind: Any, optional: bool, names: dict[str, Any]) -> str:
    if isinstance(kind, type) and issubclass(kind, Enum):
        members = f"members_{len(names)}"
        names[members] = {member.value: member for member in kind}
        built = f"{members}[{value}]"
    elif typing.get_origin(kind) is tuple:
        built = f"tuple({value})"
    else:
        return value
    return f"(None if {value} is None else {built})" if optional else built


@functools.cache
def field_types(row: type) -> dict[str, Any]:
    """The dataclass's fields in order, with resolved annotations."""
    hints = typing.get_type_hints(row)
    return {field.name: hints[field.name] for field in fields(row)}


def unwrap_optional(kind: Any) -> tuple[bool, Any]:
    """``X | None`` -> (True, X); anything else -> (False, itself)."""
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        rest = [part for part in typing.get_args(kind) if part is not types.NoneType]
        if len(rest) == 1 and len(rest) < len(typing.get_args(kind)):
            return True, rest[0]
    return False, kind
