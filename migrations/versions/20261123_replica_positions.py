"""How far replicas are, after a crash too

Revision ID: 20261123_replica_positions
Revises: 20261123_initial_schema
"""

from __future__ import annotations

from alembic import op

revision = "20261123_replica_positions"
down_revision = "20261123_initial_schema"
branch_labels = None
depends_on = None
phase = "before"


def upgrade() -> None:
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_mark_write(p_session text) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
      INSERT INTO public.session_writes (session_id, position)
      VALUES (p_session, (pg_current_wal_insert_lsn() - '0/0')::bigint)
      ON CONFLICT (session_id) DO UPDATE
        SET position = greatest(session_writes.position, excluded.position), written_at = now()
    $$;
    REVOKE ALL ON FUNCTION app_mark_write(text) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app_mark_write(text) TO dentalization_app;
    COMMENT ON FUNCTION app_mark_write(text) IS 'declared db9cf7a2c88714b7';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_written_before(p_session text, p_replayed pg_lsn) RETURNS boolean
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
      INSERT INTO public.session_writes (session_id, position)
      VALUES ('', (pg_current_wal_insert_lsn() - '0/0')::bigint)
      ON CONFLICT DO NOTHING;
      SELECT NOT EXISTS (SELECT 1 FROM public.session_writes
        WHERE session_id IN (p_session, '') AND position > (p_replayed - '0/0')::bigint);
    $$;
    REVOKE ALL ON FUNCTION app_written_before(text, pg_lsn) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app_written_before(text, pg_lsn) TO dentalization_app;
    COMMENT ON FUNCTION app_written_before(text, pg_lsn) IS 'declared d60d1c8da3b4e6e6';
    """)


def downgrade() -> None:
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_mark_write(p_session text) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
      INSERT INTO public.session_writes (session_id, position)
      VALUES (p_session, (pg_current_wal_insert_lsn() - '0/0')::bigint)
      ON CONFLICT (session_id) DO UPDATE SET position = excluded.position, written_at = now()
    $$;
    REVOKE ALL ON FUNCTION app_mark_write(text) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app_mark_write(text) TO dentalization_app;
    COMMENT ON FUNCTION app_mark_write(text) IS 'declared dee3d65cb69008f5';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_written_before(p_session text, p_replayed pg_lsn) RETURNS boolean
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
      SELECT NOT EXISTS (SELECT 1 FROM public.session_writes
        WHERE session_id = p_session AND position > (p_replayed - '0/0')::bigint)
    $$;
    REVOKE ALL ON FUNCTION app_written_before(text, pg_lsn) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app_written_before(text, pg_lsn) TO dentalization_app;
    COMMENT ON FUNCTION app_written_before(text, pg_lsn) IS 'declared ad59566e2c0226c9';
    """)
