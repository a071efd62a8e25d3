"""Find dentists by name, clinic and specialization

Revision ID: 20261123_directory
Revises: 20261123_appointment_letters
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261123_directory"
down_revision = "20261123_appointment_letters"
branch_labels = None
depends_on = None
phase = "before"


def upgrade() -> None:
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_time_zone(p_doctor text) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
      SELECT s.time_zone FROM public.doctor_schedules s WHERE s.doctor_id = p_doctor
    $$;
    REVOKE ALL ON FUNCTION app_time_zone(text) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app_time_zone(text) TO dentalization_app;
    COMMENT ON FUNCTION app_time_zone(text) IS 'declared a4b4415f5a6729a7';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_doctor_directory(
      p_specialization text, p_patterns text[], p_after_name text, p_after_id text, p_most integer
    ) RETURNS TABLE (id text, first_name text, last_name text, specialization text, subspecialties text[],
      years_experience integer, clinic_name text, clinic_address text, clinic_phone text, sort_name text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
    #variable_conflict use_column
    BEGIN
      IF coalesce(current_setting('app.user_id', true), '') = '' THEN
        RETURN;
      END IF;
      RETURN QUERY SELECT d.id, d.first_name, d.last_name, d.specialization, d.subspecialties, d.years_experience,
          d.clinic_name, d.clinic_address, d.clinic_phone::text, lower(d.first_name || ' ' || d.last_name)
        FROM public.doctor_profiles d
        WHERE d.is_verified
          AND (p_specialization IS NULL OR lower(d.specialization) = lower(p_specialization))
          AND (p_patterns[1] IS NULL OR lower(d.first_name || ' ' || d.last_name || ' ' || coalesce(d.clinic_name, '') || ' ' || coalesce(d.clinic_address, '')) LIKE p_patterns[1]) AND (p_patterns[2] IS NULL OR lower(d.first_name || ' ' || d.last_name || ' ' || coalesce(d.clinic_name, '') || ' ' || coalesce(d.clinic_address, '')) LIKE p_patterns[2]) AND (p_patterns[3] IS NULL OR lower(d.first_name || ' ' || d.last_name || ' ' || coalesce(d.clinic_name, '') || ' ' || coalesce(d.clinic_address, '')) LIKE p_patterns[3]) AND (p_patterns[4] IS NULL OR lower(d.first_name || ' ' || d.last_name || ' ' || coalesce(d.clinic_name, '') || ' ' || coalesce(d.clinic_address, '')) LIKE p_patterns[4])
          AND (lower(d.first_name || ' ' || d.last_name), d.id) > (p_after_name, p_after_id)
        ORDER BY lower(d.first_name || ' ' || d.last_name), d.id LIMIT p_most;
    END $$;
    REVOKE ALL ON FUNCTION app_doctor_directory(text, text[], text, text, integer) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app_doctor_directory(text, text[], text, text, integer) TO dentalization_app;
    COMMENT ON FUNCTION app_doctor_directory(text, text[], text, text, integer) IS 'declared ca5082433aecbba6';
    """)
    op.run_sql("""
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    DROP INDEX IF EXISTS ix_doctor_profiles_directory;
    CREATE INDEX ix_doctor_profiles_directory ON doctor_profiles ((lower(first_name || ' ' || last_name)), id) WHERE is_verified;
    COMMENT ON INDEX ix_doctor_profiles_directory IS 'declared 35444c98aac2374e';
    """)
    op.run_sql("""
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    DROP INDEX IF EXISTS ix_doctor_profiles_specialization;
    CREATE INDEX ix_doctor_profiles_specialization ON doctor_profiles (lower(specialization), (lower(first_name || ' ' || last_name)), id) WHERE is_verified;
    COMMENT ON INDEX ix_doctor_profiles_specialization IS 'declared f79ccf541a0788ef';
    """)
    op.run_sql("""
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    DROP INDEX IF EXISTS ix_doctor_profiles_search;
    CREATE INDEX ix_doctor_profiles_search ON doctor_profiles USING gin ((lower(first_name || ' ' || last_name || ' ' || coalesce(clinic_name, '') || ' ' || coalesce(clinic_address, ''))) gin_trgm_ops) WITH (fastupdate = off) WHERE is_verified;
    COMMENT ON INDEX ix_doctor_profiles_search IS 'declared a98fe5614d383f54';
    """)


def downgrade() -> None:
    op.run_sql("""
    DROP INDEX IF EXISTS ix_doctor_profiles_search;
    """)
    op.run_sql("""
    DROP INDEX IF EXISTS ix_doctor_profiles_specialization;
    """)
    op.run_sql("""
    DROP INDEX IF EXISTS ix_doctor_profiles_directory;
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_doctor_directory(text, text[], text, text, integer);
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_time_zone(text);
    """)
