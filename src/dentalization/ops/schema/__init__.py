"""The schema in the words of others: SQL, a schema for Prisma Client, a Mermaid diagram. All generated."""

from dentalization.ops.schema.mermaid import mermaid_diagram
from dentalization.ops.schema.prisma import prisma_schema
from dentalization.ops.schema.reference import write_reference
from dentalization.ops.schema.sql import ddl

__all__ = ["ddl", "mermaid_diagram", "prisma_schema", "write_reference"]
