"""The generated pages of the documentation."""

from __future__ import annotations

from pathlib import Path

from dentalization.ops.schema.mermaid import mermaid_diagram
from dentalization.ops.schema.prisma import prisma_schema
from dentalization.ops.schema.sql import ddl

_PAGE = """# The tables

Generated from the tables; do not edit. Beside it lie the same as [SQL](schema.sql) and as a
[schema for Prisma Client](schema.prisma).

```mermaid
{diagram}```
"""


def pages() -> dict[str, str]:
    """File name -> what it must contain."""
    return {
        "schema.md": _PAGE.format(diagram=mermaid_diagram()),
        "schema.prisma": prisma_schema(),
        "schema.sql": ddl(),
    }


def write_reference(folder: Path) -> None:
    """Writes every page into ``folder``, which is made where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8")
