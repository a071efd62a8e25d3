"""Shadow findings and reviews in time

Revision ID: 20261123_shadow_findings
Revises: 20261123_replica_positions
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261123_shadow_findings"
down_revision = "20261123_replica_positions"
branch_labels = None
depends_on = None
phase = "before"


def upgrade() -> None:
    op.create_table('shadow_findings',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('diagnosis_id', sa.Text(), nullable=False),
    sa.Column('model', sa.Text(), nullable=False),
    sa.Column('version', sa.Text(), nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('detections', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('scores', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('milliseconds', sa.Float(precision=53), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint('jsonb_typeof(detections) = \'array\' AND NOT jsonb_path_exists(detections, \'strict $[*] ? (!(@.condition.type() == "string" && @.confidence >= 0 && @.confidence <= 1 && @.location.x >= 0 && @.location.y >= 0 && @.location.width > 0 && @.location.height > 0) || (@.condition.type() == "string" && @.confidence >= 0 && @.confidence <= 1 && @.location.x >= 0 && @.location.y >= 0 && @.location.width > 0 && @.location.height > 0) is unknown)\', \'{}\', true)', name=op.f('shadow_findings_detections')),
    sa.ForeignKeyConstraint(['diagnosis_id'], ['ai_diagnoses.id'], name=op.f('fk_shadow_findings_diagnosis_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_shadow_findings'))
    )
    op.create_index('ix_shadow_findings_diagnosis_id', 'shadow_findings', ['diagnosis_id', 'model', 'version'], unique=True)
    op.create_index('ix_shadow_findings_model', 'shadow_findings', ['model', 'version', 'created_at'], unique=False)
    op.create_index('ix_diagnosis_reviews_reviewed_at', 'diagnosis_reviews', ['reviewed_at', 'id'], unique=False)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'diagnosis_reviews' LOOP
        EXECUTE format('DROP POLICY %I ON diagnosis_reviews', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON diagnosis_reviews FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE diagnosis_reviews ENABLE ROW LEVEL SECURITY;
    ALTER TABLE diagnosis_reviews FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner ON diagnosis_reviews TO CURRENT_USER USING (true) WITH CHECK (true);
    CREATE POLICY service ON diagnosis_reviews TO dentalization_service USING (true) WITH CHECK (true);
    CREATE POLICY app_select_1 ON diagnosis_reviews FOR SELECT TO dentalization_app USING (patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')) OR doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) OR EXISTS (SELECT 1 FROM care_relationships care WHERE care.doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) AND care.patient_id = diagnosis_reviews.patient_id) OR (SELECT nullif(current_setting('app.role', true), '')) = 'WORKER');
    CREATE POLICY app_insert_2 ON diagnosis_reviews FOR INSERT TO dentalization_app WITH CHECK (doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')));
    GRANT SELECT, INSERT, UPDATE, DELETE ON diagnosis_reviews TO dentalization_service;
    GRANT SELECT, INSERT ON diagnosis_reviews TO dentalization_app;
    COMMENT ON POLICY owner ON diagnosis_reviews IS 'declared 94e3cd57a6ab780c';
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'shadow_findings' LOOP
        EXECUTE format('DROP POLICY %I ON shadow_findings', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON shadow_findings FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE shadow_findings ENABLE ROW LEVEL SECURITY;
    ALTER TABLE shadow_findings FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner ON shadow_findings TO CURRENT_USER USING (true) WITH CHECK (true);
    CREATE POLICY service ON shadow_findings TO dentalization_service USING (true) WITH CHECK (true);
    CREATE POLICY app_select_1 ON shadow_findings FOR SELECT TO dentalization_app USING ((SELECT nullif(current_setting('app.role', true), '')) = 'WORKER');
    CREATE POLICY app_insert_2 ON shadow_findings FOR INSERT TO dentalization_app WITH CHECK ((SELECT nullif(current_setting('app.role', true), '')) = 'WORKER');
    GRANT SELECT, INSERT, UPDATE, DELETE ON shadow_findings TO dentalization_service;
    GRANT SELECT, INSERT ON shadow_findings TO dentalization_app;
    COMMENT ON POLICY owner ON shadow_findings IS 'declared 711d8c18a2a668b2';
    """)


def downgrade() -> None:
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'shadow_findings' LOOP
        EXECUTE format('DROP POLICY %I ON shadow_findings', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON shadow_findings FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE shadow_findings NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE shadow_findings DISABLE ROW LEVEL SECURITY;
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'diagnosis_reviews' LOOP
        EXECUTE format('DROP POLICY %I ON diagnosis_reviews', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON diagnosis_reviews FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE diagnosis_reviews ENABLE ROW LEVEL SECURITY;
    ALTER TABLE diagnosis_reviews FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner ON diagnosis_reviews TO CURRENT_USER USING (true) WITH CHECK (true);
    CREATE POLICY service ON diagnosis_reviews TO dentalization_service USING (true) WITH CHECK (true);
    CREATE POLICY app_select_1 ON diagnosis_reviews FOR SELECT TO dentalization_app USING (patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')) OR doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) OR EXISTS (SELECT 1 FROM care_relationships care WHERE care.doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) AND care.patient_id = diagnosis_reviews.patient_id));
    CREATE POLICY app_insert_2 ON diagnosis_reviews FOR INSERT TO dentalization_app WITH CHECK (doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')));
    GRANT SELECT, INSERT, UPDATE, DELETE ON diagnosis_reviews TO dentalization_service;
    GRANT SELECT, INSERT ON diagnosis_reviews TO dentalization_app;
    COMMENT ON POLICY owner ON diagnosis_reviews IS 'declared 60246082c1de1c28';
    """)
    op.drop_index('ix_diagnosis_reviews_reviewed_at', table_name='diagnosis_reviews')
    op.drop_index('ix_shadow_findings_model', table_name='shadow_findings')
    op.drop_index('ix_shadow_findings_diagnosis_id', table_name='shadow_findings')
    op.drop_table('shadow_findings')
