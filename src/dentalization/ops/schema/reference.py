"""The generated pages of the documentation."""

from __future__ import annotations

from pathlib import Path

from dentalization import settings
from dentalization.appointments import policy as appointments
from dentalization.diagnoses.policy import TRANSITIONS
from dentalization.ops.schema.mermaid import mermaid_diagram
from dentalization.ops.schema.prisma import prisma_schema
from dentalization.ops.schema.sql import ddl

_PAGE = """# The tables

Generated from the tables; do not edit. Beside it lie the same as [SQL](schema.sql) and as a
[schema for Prisma Client](schema.prisma).

```mermaid
{diagram}```
"""


_SETTINGS = """# Settings

All come from the environment. Generated; do not edit.

"""

_STATES = """# States of a diagnosis

Generated from the table of transitions that the policy and the trigger in the database share.

```mermaid
stateDiagram-v2
    [*] --> PENDING
{transitions}
```
"""

_APPOINTMENTS = """# Appointments

Generated from the table that the policy, the triggers in the database and this page share; do not edit.

```mermaid
{diagram}
```

| | from | to | who | when |
|---|---|---|---|---|
{table}

A check-in changes no status: who has come stands in a table of its own. A rescheduled appointment is
SCHEDULED again, also one that was confirmed. SCHEDULED, CONFIRMED and IN_PROGRESS take up the time of dentist
and patient; two of them never overlap, unless the dentist overbooks with a reason.
"""


def _transitions() -> str:
    return "\n".join(f"    {before} --> {after}" for before, after in sorted(TRANSITIONS))


def pages() -> dict[str, str]:
    """File name -> what it must contain."""
    return {
        "appointments.md": _APPOINTMENTS.format(diagram=appointments.diagram(), table=appointments.table()),
        "schema.md": _PAGE.format(diagram=mermaid_diagram()),
        "schema.prisma": prisma_schema(),
        "schema.sql": ddl(),
        "settings.md": _SETTINGS + settings.reference(),
        "states.md": _STATES.format(transitions=_transitions()),
    }


def write_reference(folder: Path) -> None:
    """Writes every page into ``folder``, which is made where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")
