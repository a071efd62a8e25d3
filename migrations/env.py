"""Alembic's entry point; ``dentalization.ops.migrations`` passes in an open connection."""

from alembic import context

from dentalization import catalog
from dentalization.ops import schema_objects

# Waiting for a lock longer than this would make every query behind it wait too: better to fail and retry.
LOCK_TIMEOUT = "5s"


def run() -> None:
    connection = context.config.attributes["connection"]
    connection.exec_driver_sql(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=catalog.metadata,
        include_object=schema_objects.is_ours,
        process_revision_directives=schema_objects.add_object_changes,
        transaction_per_migration=True,
        compare_type=True,
        compare_server_default=True,
    )
    with context.begin_transaction():
        context.run_migrations()


run()
