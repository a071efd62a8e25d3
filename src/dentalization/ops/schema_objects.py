"""Teaches Alembic the objects of ``db.objects``: it compares their digests and writes their SQL."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import procrastinate.schema
from alembic.autogenerate import renderers
from alembic.autogenerate.api import AutogenContext
from alembic.operations import MigrateOperation, MigrationScript, Operations
from sqlalchemy import Connection, text

from dentalization.db.objects import SqlObject, declared

_NOT_OURS = re.compile(r"procrastinate_|audit_log_\d+")
"""The job queue's, and the months of the audit log, which its function makes."""

_REMOVE_JOB_QUEUE = """DO $$ DECLARE item record; BEGIN
  FOR item IN SELECT oid::regclass AS name FROM pg_class WHERE relkind = 'r'
      AND relnamespace = current_schema()::regnamespace AND relname LIKE 'procrastinate\\_%' LOOP
    EXECUTE format('DROP TABLE %s CASCADE', item.name);
  END LOOP;
  FOR item IN SELECT oid::regprocedure AS name FROM pg_proc
      WHERE pronamespace = current_schema()::regnamespace AND proname LIKE 'procrastinate\\_%' LOOP
    EXECUTE format('DROP FUNCTION %s CASCADE', item.name);
  END LOOP;
  FOR item IN SELECT oid::regtype AS name FROM pg_type WHERE typtype IN ('e', 'c')
      AND typnamespace = current_schema()::regnamespace AND typname LIKE 'procrastinate\\_%' LOOP
    EXECUTE format('DROP TYPE %s CASCADE', item.name);
  END LOOP;
END $$;"""

# Every comment that says 'declared <digest>' on something of ours, with its name; of a function the name that
# PostgreSQL gives it, which spells out the types.
_LIVE = text("""
SELECT 'function ' || p.oid::regprocedure, d.description
FROM pg_proc p JOIN pg_description d ON d.objoid = p.oid AND d.classoid = 'pg_proc'::regclass
WHERE p.pronamespace = current_schema()::regnamespace AND d.description LIKE 'declared %'
UNION ALL
SELECT 'trigger ' || t.tgname || ' on ' || t.tgrelid::regclass, d.description
FROM pg_trigger t JOIN pg_description d ON d.objoid = t.oid AND d.classoid = 'pg_trigger'::regclass
WHERE d.description LIKE 'declared %'
UNION ALL
SELECT 'constraint ' || k.conname || ' on ' || k.conrelid::regclass, d.description
FROM pg_constraint k JOIN pg_description d ON d.objoid = k.oid AND d.classoid = 'pg_constraint'::regclass
WHERE d.description LIKE 'declared %'
UNION ALL
SELECT 'index ' || i.oid::regclass, d.description
FROM pg_class i JOIN pg_description d ON d.objoid = i.oid AND d.classoid = 'pg_class'::regclass
WHERE i.relkind = 'i' AND i.relnamespace = current_schema()::regnamespace AND d.description LIKE 'declared %'
UNION ALL
SELECT 'access ' || p.polrelid::regclass, d.description
FROM pg_policy p JOIN pg_description d ON d.objoid = p.oid AND d.classoid = 'pg_policy'::regclass
WHERE d.description LIKE 'declared %'
""")


_FULL_NAME = text("SELECT CAST(to_regprocedure(:name) AS text)")


@Operations.register_operation("run_sql")
class RunSql(MigrateOperation):
    """``op.run_sql(script)``: SQL as it stands, with no placeholders in it."""

    def __init__(self, script: str) -> None:
        self.script = script

    @classmethod
    def run_sql(cls, operations: Operations, script: str) -> None:
        operations.invoke(cls(script))


@Operations.implementation_for(RunSql)
def _run_sql(operations: Operations, operation: RunSql) -> None:
    if operations.migration_context.as_sql:  # written out to be looked at, without a database
        operations.migration_context.impl.static_output(operation.script)
        return
    run_script(operations.get_bind(), operation.script)


@renderers.dispatch_for(RunSql)
def _render(_: AutogenContext, operation: RunSql) -> str:
    script = operation.script.replace("\\", "\\\\")
    return f'op.run_sql("""\n{script}\n""")'


@Operations.register_operation("install_job_queue")
class InstallJobQueue(MigrateOperation):
    """``op.install_job_queue()``: the tables and functions of Procrastinate, as its package has them."""

    @classmethod
    def install_job_queue(cls, operations: Operations) -> None:
        operations.invoke(cls())


@Operations.register_operation("remove_job_queue")
class RemoveJobQueue(MigrateOperation):
    """``op.remove_job_queue()``: the opposite."""

    @classmethod
    def remove_job_queue(cls, operations: Operations) -> None:
        operations.invoke(cls())


@Operations.implementation_for(RemoveJobQueue)
def _remove_job_queue(operations: Operations, _: RemoveJobQueue) -> None:
    run_script(operations.get_bind(), _REMOVE_JOB_QUEUE)


@Operations.implementation_for(InstallJobQueue)
def _install_job_queue(operations: Operations, _: InstallJobQueue) -> None:
    run_script(operations.get_bind(), procrastinate.schema.SchemaManager.get_schema())


def run_script(connection: Connection, script: str) -> None:
    """By the driver itself: neither ``:name`` nor ``%`` in the script means anything."""
    driver = connection.connection.driver_connection
    assert driver is not None
    driver.execute(script.encode())


def is_ours(item: Any, name: str | None, kind: str, *_: Any) -> bool:
    """Leaves out what the job queue brings along, what is made as time goes on, indexes of `db.objects`."""
    if kind == "index" and any(one.kind == "index" and one.name == name for one in declared()):
        return False
    table = item.table.name if kind in ("index", "unique_constraint", "foreign_key_constraint") else name
    return not _NOT_OURS.match(table or "")


def add_object_changes(context: Any, _: Any, directives: list[MigrationScript]) -> None:
    """Appends to an autogenerated migration what has changed about functions, triggers and access."""
    live = live_digests(context.connection)
    changed = [item for item in declared() if live.get(key(item)) != f"declared {item.digest}"]
    script = directives[0]
    assert script.upgrade_ops is not None
    assert script.downgrade_ops is not None
    for item in changed:
        script.upgrade_ops.ops.append(RunSql(item.create))
    script.downgrade_ops.ops[:0] = [RunSql(item.undo) for item in _undone(changed, live)]


def _undone(changed: Iterable[SqlObject], live: dict[str, str]) -> list[SqlObject]:
    """New objects are dropped on the way down; the old text of a replaced one only its writer knows."""
    return [item for item in reversed(list(changed)) if key(item) not in live]


def live_digests(connection: Connection) -> dict[str, str]:
    """Key of each declared object that is there -> its comment."""
    live = {row[0]: row[1] for row in connection.execute(_LIVE)}
    for item in declared():
        if item.kind == "function":
            full_name = connection.scalar(_FULL_NAME, {"name": item.name})
            if f"function {full_name}" in live:
                live[key(item)] = live[f"function {full_name}"]
    return live


def key(item: SqlObject) -> str:
    return f"{item.kind} {item.name}"
