"""Versions of data that are remembered

Revision ID: 20261124_data_versions
Revises: 20261123_waiting
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261124_data_versions"
down_revision = "20261123_waiting"
branch_labels = None
depends_on = None
# "before" the new code, which needs it; the old code must run on with it. Or "after" the old code is gone,
# which it would break: docs/how-to/upgrade.md.
phase = "before"


def upgrade() -> None:
    op.create_table('data_versions',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('version', sa.Text(), nullable=False),
    sa.Column('made_by', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_data_versions'))
    )
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_data_version(p_name text) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
      SELECT coalesce((SELECT v.version FROM public.data_versions v WHERE v.name = p_name), 'none')
        WHERE coalesce(current_setting('app.user_id', true), '') <> ''
    $$;
    REVOKE ALL ON FUNCTION app_data_version(text) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app_data_version(text) TO dentalization_app;
    COMMENT ON FUNCTION app_data_version(text) IS 'declared ff95fa38656f2bb9';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_new_version() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
      INSERT INTO public.data_versions AS v (name, version, made_by)
        VALUES (TG_ARGV[0], gen_random_uuid()::text, pg_current_xact_id()::text)
        ON CONFLICT (name) DO UPDATE SET version = excluded.version, made_by = excluded.made_by
        WHERE v.made_by <> excluded.made_by;
      RETURN NULL;
    END $$;
    REVOKE ALL ON FUNCTION app_new_version() FROM PUBLIC;
    COMMENT ON FUNCTION app_new_version() IS 'declared 2c6537eb00bb7f49';
    """)
    op.run_sql("""
    DROP TRIGGER IF EXISTS doctor_profiles_directory_insert ON doctor_profiles;
    CREATE CONSTRAINT TRIGGER doctor_profiles_directory_insert AFTER INSERT ON doctor_profiles DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.is_verified) EXECUTE FUNCTION app_new_version('directory');
    COMMENT ON TRIGGER doctor_profiles_directory_insert ON doctor_profiles IS 'declared f01fcdeeae67c677';
    """)
    op.run_sql("""
    DROP TRIGGER IF EXISTS doctor_profiles_directory_delete ON doctor_profiles;
    CREATE CONSTRAINT TRIGGER doctor_profiles_directory_delete AFTER DELETE ON doctor_profiles DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.is_verified) EXECUTE FUNCTION app_new_version('directory');
    COMMENT ON TRIGGER doctor_profiles_directory_delete ON doctor_profiles IS 'declared 1f848c58c967f8ea';
    """)
    op.run_sql("""
    DROP TRIGGER IF EXISTS doctor_profiles_directory_update ON doctor_profiles;
    CREATE CONSTRAINT TRIGGER doctor_profiles_directory_update AFTER UPDATE OF first_name, last_name, specialization, subspecialties, years_experience, clinic_name, clinic_address, clinic_phone, is_verified ON doctor_profiles DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((OLD.is_verified OR NEW.is_verified) AND (OLD.first_name, OLD.last_name, OLD.specialization, OLD.subspecialties, OLD.years_experience, OLD.clinic_name, OLD.clinic_address, OLD.clinic_phone, OLD.is_verified) IS DISTINCT FROM (NEW.first_name, NEW.last_name, NEW.specialization, NEW.subspecialties, NEW.years_experience, NEW.clinic_name, NEW.clinic_address, NEW.clinic_phone, NEW.is_verified)) EXECUTE FUNCTION app_new_version('directory');
    COMMENT ON TRIGGER doctor_profiles_directory_update ON doctor_profiles IS 'declared 4e62cc86297ab9d4';
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'data_versions' LOOP
        EXECUTE format('DROP POLICY %I ON data_versions', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON data_versions FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE data_versions ENABLE ROW LEVEL SECURITY;
    ALTER TABLE data_versions FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner ON data_versions TO CURRENT_USER USING (true) WITH CHECK (true);
    CREATE POLICY service ON data_versions TO dentalization_service USING (true) WITH CHECK (true);
    GRANT SELECT, INSERT, UPDATE, DELETE ON data_versions TO dentalization_service;
    GRANT SELECT ON data_versions TO dentalization_app;
    COMMENT ON POLICY owner ON data_versions IS 'declared e9328cf5c6b9c7fe';
    """)


def downgrade() -> None:
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'data_versions' LOOP
        EXECUTE format('DROP POLICY %I ON data_versions', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON data_versions FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE data_versions NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE data_versions DISABLE ROW LEVEL SECURITY;
    """)
    op.run_sql("""
    DROP TRIGGER IF EXISTS doctor_profiles_directory_update ON doctor_profiles;
    """)
    op.run_sql("""
    DROP TRIGGER IF EXISTS doctor_profiles_directory_delete ON doctor_profiles;
    """)
    op.run_sql("""
    DROP TRIGGER IF EXISTS doctor_profiles_directory_insert ON doctor_profiles;
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_new_version();
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_data_version(text);
    """)
    op.drop_table('data_versions')
