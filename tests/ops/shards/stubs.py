"""A plain database on which the plan has run; in place of Citus's functions are some that note calls."""

from __future__ import annotations

import psycopg
from psycopg.conninfo import conninfo_to_dict
from tests.conftest import Urls

from dentalization import catalog
from dentalization.ops.shards import plan, running

STUBS = """
CREATE TABLE stub_calls (number serial, name text, subject text, argument text);
CREATE FUNCTION create_reference_table(p regclass) RETURNS void LANGUAGE sql AS
  $$ INSERT INTO stub_calls (name, subject) VALUES ('reference', p::text) $$;
CREATE FUNCTION create_distributed_table(p regclass, p_column text, colocate_with text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
  -- as Citus does: every unique constraint contains the column, nothing refers, no policy has a subquery
  IF EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = p AND i.indisunique AND NOT EXISTS (
      SELECT 1 FROM pg_attribute a WHERE a.attrelid = p AND a.attname = p_column
        AND a.attnum = ANY (i.indkey::int2[]))) THEN
    RAISE EXCEPTION 'a unique index of % lacks %', p, p_column;
  END IF;
  IF EXISTS (SELECT 1 FROM pg_constraint c WHERE c.contype = 'f' AND p IN (c.conrelid, c.confrelid)) THEN
    RAISE EXCEPTION '% still has foreign keys', p;
  END IF;
  IF EXISTS (SELECT 1 FROM pg_policy o WHERE o.polrelid = p
      AND (o.polqual::text || coalesce(o.polwithcheck::text, '')) ~ 'SUBLINK') THEN
    RAISE EXCEPTION 'a policy of % has a subquery', p;
  END IF;
  INSERT INTO stub_calls (name, subject, argument) VALUES ('distributed', p::text, p_column || colocate_with);
END $$;
CREATE FUNCTION create_distributed_function(p regprocedure) RETURNS void LANGUAGE sql AS
  $$ INSERT INTO stub_calls (name, subject) VALUES ('function', p::text) $$;
"""


def distribute(urls: Urls) -> None:
    login = str(conninfo_to_dict(urls.app)["user"])
    with psycopg.connect(urls.owner, autocommit=True) as connection:
        connection.execute(STUBS)
        for _ in running.run(connection, plan.steps(catalog.metadata, logins=(login,))):
            pass
