"""Loading a great many rows: indexes, foreign keys and care relationships are made once, at the end.

All of it is one transaction, so whatever happens, the tables never lose an index, a key or a trigger. Row by
row, a million diagnoses took twice the processor time: half of it for keys and indexes, a tenth for counting.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg

_KEYS = """SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid)
FROM pg_constraint WHERE contype = 'f' AND conrelid = ANY(%s::regclass[]) ORDER BY 1, 2"""
# Primary keys stay: foreign keys of other tables need them, and ids that rise with time go in quickly.
_INDEXES = """SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid)
FROM pg_index i WHERE indrelid = ANY(%s::regclass[])
  AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid) ORDER BY 1"""

_COUNTED = ("ai_diagnoses", "appointments", "medical_records")
# What the triggers would have counted. A pair that was there before has gained nothing: whoever was brought
# in is new.
_COUNT = """
INSERT INTO care_relationships (doctor_id, patient_id, diagnoses, appointments, records, created_at)
SELECT doctor_id, patient_id, count(*) FILTER (WHERE kind = 1), count(*) FILTER (WHERE kind = 2),
  count(*) FILTER (WHERE kind = 3), min(created_at)
FROM (
  SELECT doctor_id, patient_id, created_at, 1 AS kind FROM ai_diagnoses
  UNION ALL SELECT doctor_id, patient_id, created_at, 2 FROM appointments WHERE status <> 'CANCELLED'
  UNION ALL SELECT doctor_id, patient_id, created_at, 3 FROM medical_records
) AS joins
WHERE doctor_id IS NOT NULL AND patient_id IS NOT NULL
GROUP BY doctor_id, patient_id
ON CONFLICT DO NOTHING
"""


@contextmanager
def loading(connection: psycopg.Connection[Any], tables: Sequence[str]) -> Iterator[None]:
    """One transaction in which ``tables`` have neither foreign keys nor indexes but their primary keys.

    Nothing counts care relationships meanwhile; those of new people are made at its end.
    Raises psycopg.errors.ForeignKeyViolation or UniqueViolation at its end, and then nothing has happened.
    Others who want these tables wait.
    """
    with connection.transaction():
        keys = connection.execute(_KEYS, (list(tables),)).fetchall()
        indexes = connection.execute(_INDEXES, (list(tables),)).fetchall()
        for table, name, _ in keys:
            _run(connection, f"ALTER TABLE {table} DROP CONSTRAINT {name}")
        for name, _ in indexes:
            _run(connection, f"DROP INDEX {name}")
        for table in _COUNTED:
            _run(connection, f"ALTER TABLE {table} DISABLE TRIGGER {table}_care_insert")
        yield
        for table in _COUNTED:
            _run(connection, f"ALTER TABLE {table} ENABLE TRIGGER {table}_care_insert")
        connection.execute("SET LOCAL maintenance_work_mem = '256MB'")
        connection.execute("SET LOCAL work_mem = '64MB'")
        connection.execute(_COUNT)
        for _, definition in indexes:
            _run(connection, definition)
        for table, name, definition in keys:
            _run(connection, f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")


def _run(connection: psycopg.Connection[Any], statement: str) -> None:
    """Runs what was put together from names and definitions that the catalog itself has quoted."""
    connection.execute(statement.encode())
