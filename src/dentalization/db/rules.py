"""Turns a refusal by a named constraint into the sentence that stands beside the constraint."""

from __future__ import annotations

import re

import psycopg
from sqlalchemy import MetaData

from dentalization.db.base import sentences
from dentalization.db.errors import RuleBroken
from dentalization.errors import DentalizationError, InvalidInput


class Rules:
    """Built once from the tables' metadata."""

    def __init__(self, metadata: MetaData) -> None:
        self._sentences = sentences(metadata)

    def explain(self, error: psycopg.errors.IntegrityError) -> DentalizationError:
        """A value that no state would allow is InvalidInput; one that the present state forbids, RuleBroken.

        The driver's own text is never passed on: it quotes the row.
        """
        constraint = self._declared(error.diag.constraint_name or "")
        sentence, field = self._sentences.get(constraint, (None, None))
        if isinstance(error, psycopg.errors.CheckViolation) and field is not None:
            return InvalidInput(sentence, field=field)
        return RuleBroken(sentence, constraint=constraint)

    def _declared(self, constraint: str) -> str:
        """A shard puts its number behind the name of each of its constraints and indexes."""
        return constraint if constraint in self._sentences else _SHARD.sub("", constraint)


_SHARD = re.compile(r"_\d{6,}$")
