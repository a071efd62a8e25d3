"""Sealed fields

Revision ID: 20261123_sealed_fields
Revises: 20261123_audit
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261123_sealed_fields"
down_revision = "20261123_audit"
branch_labels = None
depends_on = None
phase = "before"


def upgrade() -> None:
    op.create_table('patient_phone_index',
    sa.Column('patient_id', sa.Text(), nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['patient_id'], ['patient_profiles.id'], name=op.f('fk_patient_phone_index_patient_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('patient_id', name=op.f('pk_patient_phone_index'))
    )
    op.create_index('ix_patient_phone_index_digest', 'patient_phone_index', ['digest'], unique=False)
    op.alter_column('doctor_profiles', 'phone',
               existing_type=sa.VARCHAR(length=20),
               type_=sa.Text(),
               existing_nullable=True)
    op.alter_column('patient_profiles', 'phone',
               existing_type=sa.VARCHAR(length=20),
               type_=sa.Text(),
               existing_nullable=True)
    for table in ("doctor_profiles", "patient_profiles"):
        op.create_check_constraint(
            op.f(f"{table}_phone"), table, "length(phone) <= 20 OR starts_with(phone, 'sealed:')"
        )
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF current_setting('app.resealing', true) = 'on' AND pg_has_role(
          (SELECT relowner FROM pg_catalog.pg_class WHERE oid = TG_RELID), 'USAGE') THEN
        RETURN NEW;
      END IF;
      NEW.updated_at := now();
      RETURN NEW;
    END $$;
    REVOKE ALL ON FUNCTION app_touch_updated_at() FROM PUBLIC;
    COMMENT ON FUNCTION app_touch_updated_at() IS 'declared d1b71fcbaa221059';
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'patient_phone_index' LOOP
        EXECUTE format('DROP POLICY %I ON patient_phone_index', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON patient_phone_index FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE patient_phone_index ENABLE ROW LEVEL SECURITY;
    ALTER TABLE patient_phone_index FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner ON patient_phone_index TO CURRENT_USER USING (true) WITH CHECK (true);
    CREATE POLICY service ON patient_phone_index TO dentalization_service USING (true) WITH CHECK (true);
    CREATE POLICY app_select_1 ON patient_phone_index FOR SELECT TO dentalization_app USING (patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')) OR EXISTS (SELECT 1 FROM care_relationships care WHERE care.doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) AND care.patient_id = patient_phone_index.patient_id));
    CREATE POLICY app_insert_2 ON patient_phone_index FOR INSERT TO dentalization_app WITH CHECK (patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')));
    CREATE POLICY app_update_3 ON patient_phone_index FOR UPDATE TO dentalization_app USING (patient_id = (SELECT nullif(current_setting('app.patient_id', true), ''))) WITH CHECK (patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')));
    CREATE POLICY app_delete_4 ON patient_phone_index FOR DELETE TO dentalization_app USING (patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')));
    GRANT SELECT, INSERT, UPDATE, DELETE ON patient_phone_index TO dentalization_service;
    GRANT SELECT, INSERT, UPDATE (digest), DELETE ON patient_phone_index TO dentalization_app;
    COMMENT ON POLICY owner ON patient_phone_index IS 'declared e44322b71b4c390d';
    """)


def downgrade() -> None:
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'patient_phone_index' LOOP
        EXECUTE format('DROP POLICY %I ON patient_phone_index', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON patient_phone_index FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE patient_phone_index NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE patient_phone_index DISABLE ROW LEVEL SECURITY;
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      NEW.updated_at := now();
      RETURN NEW;
    END $$;
    REVOKE ALL ON FUNCTION app_touch_updated_at() FROM PUBLIC;
    COMMENT ON FUNCTION app_touch_updated_at() IS 'declared 07b34d82c3bc5c23';
    """)
    for table in ("doctor_profiles", "patient_profiles"):
        op.drop_constraint(op.f(f"{table}_phone"), table)
    # Refuses where a number is sealed: what nobody could read is not cut short.
    op.alter_column('patient_profiles', 'phone',
               existing_type=sa.Text(),
               type_=sa.VARCHAR(length=20),
               existing_nullable=True)
    op.alter_column('doctor_profiles', 'phone',
               existing_type=sa.Text(),
               type_=sa.VARCHAR(length=20),
               existing_nullable=True)
    op.drop_index('ix_patient_phone_index_digest', table_name='patient_phone_index')
    op.drop_table('patient_phone_index')
