"""initial schema

Revision ID: 20261123_initial_schema
Revises: 
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '20261123_initial_schema'
down_revision = None
branch_labels = None
depends_on = None
phase = "before"


def upgrade() -> None:
    op.install_job_queue()
    op.create_table('idempotency_keys',
    sa.Column('user_id', sa.Text(), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('fingerprint', sa.Text(), nullable=False),
    sa.Column('result', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('user_id', 'key', name=op.f('pk_idempotency_keys'))
    )
    op.create_table('rate_limits',
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('hits', sa.Integer(), nullable=False),
    sa.Column('window_ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_rate_limits'))
    )
    op.create_index(op.f('ix_rate_limits_window_ends_at'), 'rate_limits', ['window_ends_at'], unique=False)
    op.create_table('session_writes',
    sa.Column('session_id', sa.Text(), nullable=False),
    sa.Column('position', sa.BigInteger(), nullable=False),
    sa.Column('written_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.PrimaryKeyConstraint('session_id', name=op.f('pk_session_writes')),
    prefixes=['UNLOGGED']
    )
    op.create_table('users',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('email', sa.String(length=255), nullable=False),
    sa.Column('password', sa.String(length=255), nullable=False),
    sa.Column('role', sa.Enum('PATIENT', 'DOCTOR', 'ADMIN', name='role'), server_default=sa.text("'PATIENT'"), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("email = lower(email) AND email <> ''", name=op.f('users_email_lower_case')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_users'))
    )
    op.create_index('idx_users_email', 'users', ['email'], unique=True)
    op.create_index('idx_users_role', 'users', ['role'], unique=False)
    op.create_table('doctor_profiles',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('user_id', sa.Text(), nullable=False),
    sa.Column('first_name', sa.Text(), nullable=False),
    sa.Column('last_name', sa.Text(), nullable=False),
    sa.Column('phone', sa.String(length=20), nullable=True),
    sa.Column('license_number', sa.String(length=50), nullable=False),
    sa.Column('specialization', sa.Text(), nullable=True),
    sa.Column('subspecialties', postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('education', sa.Text(), nullable=True),
    sa.Column('years_experience', sa.Integer(), nullable=True),
    sa.Column('clinic_name', sa.Text(), nullable=True),
    sa.Column('clinic_address', sa.Text(), nullable=True),
    sa.Column('clinic_phone', sa.String(length=20), nullable=True),
    sa.Column('profile_picture', sa.Text(), nullable=True),
    sa.Column('profile_complete', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('is_verified', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("license_number <> ''", name=op.f('doctor_profiles_license_number')),
    sa.CheckConstraint('years_experience BETWEEN 0 AND 80', name=op.f('doctor_profiles_years_experience')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_doctor_profiles_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_doctor_profiles'))
    )
    op.create_index('idx_doctor_profiles_license', 'doctor_profiles', ['license_number'], unique=True)
    op.create_index('idx_doctor_profiles_user_id', 'doctor_profiles', ['user_id'], unique=True)
    op.create_index('ix_doctor_profiles_created_at', 'doctor_profiles', [sa.literal_column('created_at DESC'), sa.literal_column('id DESC')], unique=False)
    op.create_table('patient_profiles',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('user_id', sa.Text(), nullable=False),
    sa.Column('first_name', sa.Text(), nullable=False),
    sa.Column('last_name', sa.Text(), nullable=False),
    sa.Column('date_of_birth', sa.Date(), nullable=True),
    sa.Column('phone', sa.String(length=20), nullable=True),
    sa.Column('address', sa.Text(), nullable=True),
    sa.Column('emergency_contact', sa.Text(), nullable=True),
    sa.Column('allergies', sa.Text(), nullable=True),
    sa.Column('medications', sa.Text(), nullable=True),
    sa.Column('medical_history', sa.Text(), nullable=True),
    sa.Column('insurance_info', sa.Text(), nullable=True),
    sa.Column('pain_tolerance', sa.Text(), nullable=True),
    sa.Column('preferred_language', sa.Text(), nullable=True),
    sa.Column('dietary_restrictions', sa.Text(), nullable=True),
    sa.Column('smoking_status', sa.Text(), nullable=True),
    sa.Column('dental_concerns', sa.Text(), nullable=True),
    sa.Column('previous_dental_work', sa.Text(), nullable=True),
    sa.Column('last_dental_visit', sa.DateTime(timezone=True), nullable=True),
    sa.Column('profile_picture', sa.Text(), nullable=True),
    sa.Column('profile_complete', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_patient_profiles_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_patient_profiles'))
    )
    op.create_index('idx_patient_profiles_user_id', 'patient_profiles', ['user_id'], unique=True)
    op.create_table('sessions',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('user_id', sa.Text(), nullable=False),
    sa.Column('refresh_token', sa.Text(), nullable=False),
    sa.Column('device_info', sa.Text(), nullable=True),
    sa.Column('ip_address', sa.Text(), nullable=True),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_sessions_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sessions'))
    )
    op.create_index('idx_sessions_expires_at', 'sessions', ['expires_at'], unique=False)
    op.create_index('idx_sessions_refresh_token', 'sessions', ['refresh_token'], unique=True)
    op.create_index('idx_sessions_user_id', 'sessions', ['user_id'], unique=False)
    op.create_table('ai_diagnoses',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('user_id', sa.Text(), nullable=False),
    sa.Column('patient_id', sa.Text(), nullable=True),
    sa.Column('doctor_id', sa.Text(), nullable=True),
    sa.Column('photo_url', sa.Text(), nullable=False),
    sa.Column('diagnosis', sa.Text(), nullable=False),
    sa.Column('confidence', sa.Float(precision=53), nullable=False),
    sa.Column('detections', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('metadata', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('status', sa.Enum('PENDING', 'REVIEWED', 'CONFIRMED', 'REJECTED', name='diagnosis_status'), server_default=sa.text("'PENDING'"), nullable=False),
    sa.Column('notes', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("diagnosis <> ''", name=op.f('ai_diagnoses_diagnosis')),
    sa.CheckConstraint("photo_url <> ''", name=op.f('ai_diagnoses_photo_url')),
    sa.CheckConstraint('confidence BETWEEN 0 AND 1', name=op.f('ai_diagnoses_confidence')),
    sa.CheckConstraint('jsonb_typeof(detections) = \'array\' AND NOT jsonb_path_exists(detections, \'strict $[*] ? (!(@.condition.type() == "string" && @.confidence >= 0 && @.confidence <= 1 && @.location.x >= 0 && @.location.y >= 0 && @.location.width > 0 && @.location.height > 0) || (@.condition.type() == "string" && @.confidence >= 0 && @.confidence <= 1 && @.location.x >= 0 && @.location.y >= 0 && @.location.width > 0 && @.location.height > 0) is unknown)\', \'{}\', true)', name=op.f('ai_diagnoses_detections')),
    sa.ForeignKeyConstraint(['doctor_id'], ['doctor_profiles.id'], name=op.f('fk_ai_diagnoses_doctor_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['patient_id'], ['patient_profiles.id'], name=op.f('fk_ai_diagnoses_patient_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_ai_diagnoses_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ai_diagnoses'))
    )
    op.create_index('idx_ai_diagnoses_created_at', 'ai_diagnoses', [sa.literal_column('created_at DESC')], unique=False)
    op.create_index('idx_ai_diagnoses_doctor_id', 'ai_diagnoses', ['doctor_id', sa.literal_column('created_at DESC'), sa.literal_column('id DESC')], unique=False, postgresql_include=['patient_id', 'user_id', 'status'])
    op.create_index('idx_ai_diagnoses_patient_id', 'ai_diagnoses', ['patient_id', sa.literal_column('created_at DESC'), sa.literal_column('id DESC')], unique=False)
    op.create_index('idx_ai_diagnoses_status', 'ai_diagnoses', ['status'], unique=False)
    op.create_index('idx_ai_diagnoses_unclaimed', 'ai_diagnoses', ['created_at', 'id'], unique=False, postgresql_where=sa.text("status = 'PENDING' AND doctor_id IS NULL"))
    op.create_index('idx_ai_diagnoses_user_id', 'ai_diagnoses', ['user_id'], unique=False)
    op.create_table('appointments',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('patient_id', sa.Text(), nullable=False),
    sa.Column('doctor_id', sa.Text(), nullable=False),
    sa.Column('scheduled_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('duration', sa.Integer(), nullable=False),
    sa.Column('status', sa.Enum('SCHEDULED', 'CONFIRMED', 'IN_PROGRESS', 'COMPLETED', 'CANCELLED', 'NO_SHOW', name='appointment_status'), server_default=sa.text("'SCHEDULED'"), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('notes', sa.Text(), nullable=True),
    sa.Column('metadata', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint('duration > 0', name=op.f('appointments_duration')),
    sa.ForeignKeyConstraint(['doctor_id'], ['doctor_profiles.id'], name=op.f('fk_appointments_doctor_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['patient_id'], ['patient_profiles.id'], name=op.f('fk_appointments_patient_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_appointments'))
    )
    op.create_index('idx_appointments_doctor_id', 'appointments', ['doctor_id', 'scheduled_at'], unique=False)
    op.create_index('idx_appointments_patient_id', 'appointments', ['patient_id', 'scheduled_at'], unique=False)
    op.create_index('idx_appointments_scheduled_at', 'appointments', ['scheduled_at'], unique=False)
    op.create_index('idx_appointments_status', 'appointments', ['status'], unique=False)
    op.create_table('care_relationships',
    sa.Column('doctor_id', sa.Text(), nullable=False),
    sa.Column('patient_id', sa.Text(), nullable=False),
    sa.Column('diagnoses', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('appointments', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('records', sa.Integer(), server_default=sa.text('0'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['doctor_id'], ['doctor_profiles.id'], name=op.f('fk_care_relationships_doctor_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['patient_id'], ['patient_profiles.id'], name=op.f('fk_care_relationships_patient_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('doctor_id', 'patient_id', name=op.f('pk_care_relationships'))
    )
    op.create_index('ix_care_relationships_doctor_id', 'care_relationships', ['doctor_id', sa.literal_column('created_at DESC'), sa.literal_column('patient_id DESC')], unique=False)
    op.create_index('ix_care_relationships_patient_id', 'care_relationships', ['patient_id'], unique=False)
    op.create_table('dental_photos',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('patient_id', sa.Text(), nullable=False),
    sa.Column('photo_url', sa.Text(), nullable=False),
    sa.Column('photo_type', sa.Text(), nullable=False),
    sa.Column('description', sa.Text(), nullable=True),
    sa.Column('metadata', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('taken_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("photo_type <> ''", name=op.f('dental_photos_photo_type')),
    sa.CheckConstraint("photo_url <> ''", name=op.f('dental_photos_photo_url')),
    sa.ForeignKeyConstraint(['patient_id'], ['patient_profiles.id'], name=op.f('fk_dental_photos_patient_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dental_photos'))
    )
    op.create_index('idx_dental_photos_patient_id', 'dental_photos', ['patient_id', sa.literal_column('created_at DESC'), sa.literal_column('id DESC')], unique=False)
    op.create_table('medical_records',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('patient_id', sa.Text(), nullable=False),
    sa.Column('doctor_id', sa.Text(), nullable=True),
    sa.Column('record_type', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('data', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('attachments', postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('record_date', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("title <> ''", name=op.f('medical_records_title')),
    sa.ForeignKeyConstraint(['doctor_id'], ['doctor_profiles.id'], name=op.f('fk_medical_records_doctor_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['patient_id'], ['patient_profiles.id'], name=op.f('fk_medical_records_patient_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_medical_records'))
    )
    op.create_index('idx_medical_records_doctor_id', 'medical_records', ['doctor_id'], unique=False)
    op.create_index('idx_medical_records_patient_id', 'medical_records', ['patient_id', sa.literal_column('record_date DESC'), sa.literal_column('id DESC')], unique=False)
    op.create_table('spent_refresh_tokens',
    sa.Column('token', sa.Text(), nullable=False),
    sa.Column('session_id', sa.Text(), nullable=False),
    sa.Column('spent_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['session_id'], ['sessions.id'], name=op.f('fk_spent_refresh_tokens_session_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('token', name=op.f('pk_spent_refresh_tokens'))
    )
    op.create_index(op.f('ix_spent_refresh_tokens_session_id'), 'spent_refresh_tokens', ['session_id'], unique=False)
    op.create_table('analyses',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('photo_id', sa.Text(), nullable=False),
    sa.Column('patient_id', sa.Text(), nullable=False),
    sa.Column('requested_by', sa.Text(), nullable=False),
    sa.Column('status', sa.Enum('queued', 'running', 'done', 'failed', name='analysis_status'), server_default=sa.text("'queued'"), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('diagnosis_id', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("(status = 'done') = (diagnosis_id IS NOT NULL)", name=op.f('analyses_done_has_diagnosis')),
    sa.CheckConstraint("(status = 'failed') = (reason IS NOT NULL)", name=op.f('analyses_failed_has_reason')),
    sa.ForeignKeyConstraint(['diagnosis_id'], ['ai_diagnoses.id'], name=op.f('fk_analyses_diagnosis_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['patient_id'], ['patient_profiles.id'], name=op.f('fk_analyses_patient_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['photo_id'], ['dental_photos.id'], name=op.f('fk_analyses_photo_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['requested_by'], ['users.id'], name=op.f('fk_analyses_requested_by'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_analyses'))
    )
    op.create_index('ix_analyses_diagnosis_id', 'analyses', ['diagnosis_id'], unique=True)
    op.create_index('ix_analyses_patient_id', 'analyses', ['patient_id', sa.literal_column('created_at DESC')], unique=False)
    op.create_index('ix_analyses_photo_id', 'analyses', ['photo_id', sa.literal_column('created_at DESC')], unique=False)
    op.create_index(op.f('ix_analyses_requested_by'), 'analyses', ['requested_by'], unique=False)
    op.create_index('ix_analyses_unfinished', 'analyses', ['photo_id'], unique=True, postgresql_where=sa.text("status IN ('queued', 'running')"))
    op.create_table('diagnosis_reviews',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('diagnosis_id', sa.Text(), nullable=False),
    sa.Column('patient_id', sa.Text(), nullable=True),
    sa.Column('doctor_id', sa.Text(), nullable=True),
    sa.Column('reviewer_name', sa.Text(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('verb', sa.Enum('CLAIMED', 'REVIEWED', 'CONFIRMED', 'REJECTED', name='review_verb'), nullable=False),
    sa.Column('detections', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('notes', sa.Text(), nullable=True),
    sa.Column('reviewed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint('detections IS NULL OR (jsonb_typeof(detections) = \'array\' AND NOT jsonb_path_exists(detections, \'strict $[*] ? (!(@.condition.type() == "string" && @.confidence >= 0 && @.confidence <= 1 && @.location.x >= 0 && @.location.y >= 0 && @.location.width > 0 && @.location.height > 0) || (@.condition.type() == "string" && @.confidence >= 0 && @.confidence <= 1 && @.location.x >= 0 && @.location.y >= 0 && @.location.width > 0 && @.location.height > 0) is unknown)\', \'{}\', true))', name=op.f('diagnosis_reviews_detections')),
    sa.CheckConstraint('version > 0', name=op.f('diagnosis_reviews_version')),
    sa.ForeignKeyConstraint(['diagnosis_id'], ['ai_diagnoses.id'], name=op.f('fk_diagnosis_reviews_diagnosis_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['doctor_id'], ['doctor_profiles.id'], name=op.f('fk_diagnosis_reviews_doctor_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['patient_id'], ['patient_profiles.id'], name=op.f('fk_diagnosis_reviews_patient_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_diagnosis_reviews'))
    )
    op.create_index('ix_diagnosis_reviews_diagnosis_id_version', 'diagnosis_reviews', ['diagnosis_id', 'version'], unique=True)
    op.create_index('ix_diagnosis_reviews_doctor_id', 'diagnosis_reviews', ['doctor_id'], unique=False)
    op.create_index(op.f('ix_diagnosis_reviews_patient_id'), 'diagnosis_reviews', ['patient_id'], unique=False)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      NEW.updated_at := now();
      RETURN NEW;
    END $$;
    REVOKE ALL ON FUNCTION app_touch_updated_at() FROM PUBLIC;
    COMMENT ON FUNCTION app_touch_updated_at() IS 'declared 07b34d82c3bc5c23';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_identify(
      p_user text, p_role text, p_patient text, p_doctor text, p_session text
    ) RETURNS boolean LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE alive boolean := true; doctor text := ''; applied text;
    BEGIN
      IF p_session <> '' THEN
        alive := EXISTS (SELECT 1 FROM public.sessions s
          WHERE s.id = p_session AND s.user_id = p_user AND s.expires_at > now());
      END IF;
      IF alive AND p_doctor <> '' THEN
        SELECT d.id INTO doctor FROM public.doctor_profiles d
          WHERE d.id = p_doctor AND d.user_id = p_user AND d.is_verified;
      END IF;
      applied := set_config('app.user_id', CASE WHEN alive THEN p_user ELSE '' END, true)
        || set_config('app.role', CASE WHEN alive THEN p_role ELSE '' END, true)
        || set_config('app.patient_id', CASE WHEN alive THEN p_patient ELSE '' END, true)
        || set_config('app.doctor_id', coalesce(doctor, ''), true);
      RETURN alive;
    END $$;
    REVOKE ALL ON FUNCTION app_identify(text, text, text, text, text) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app_identify(text, text, text, text, text) TO dentalization_app;
    COMMENT ON FUNCTION app_identify(text, text, text, text, text) IS 'declared c854f7b8896c7088';
    """)
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
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_schema_version() RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
      RETURN (SELECT version_num FROM public.alembic_version);
    END $$;
    REVOKE ALL ON FUNCTION app_schema_version() FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app_schema_version() TO dentalization_app;
    COMMENT ON FUNCTION app_schema_version() IS 'declared cd825c6a6215ba92';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_find_account(p_email text)
    RETURNS TABLE (id text, email text, password text, role role, patient_id text, doctor_id text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
      SELECT u.id, u.email, u.password, u.role, p.id, d.id
      FROM public.users u
      LEFT JOIN public.patient_profiles p ON p.user_id = u.id
      LEFT JOIN public.doctor_profiles d ON d.user_id = u.id
      WHERE u.email = p_email
    $$;
    REVOKE ALL ON FUNCTION app_find_account(text) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app_find_account(text) TO dentalization_app;
    COMMENT ON FUNCTION app_find_account(text) IS 'declared 33e9838359f7016b';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_rotate_session(p_old text, p_new text, p_expires timestamptz, p_tolerance interval)
    RETURNS TABLE (outcome text, session_id text, id text, email text, role role,
      patient_id text, doctor_id text)
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE found_session public.sessions; spent public.spent_refresh_tokens;
    BEGIN
      UPDATE public.sessions s SET refresh_token = p_new, expires_at = p_expires
        WHERE s.refresh_token = p_old AND s.expires_at > now() RETURNING s.* INTO found_session;
      IF found_session.id IS NOT NULL THEN
        INSERT INTO public.spent_refresh_tokens (token, session_id) VALUES (p_old, found_session.id);
        RETURN QUERY SELECT 'rotated'::text, found_session.id, u.id, u.email::text, u.role, p.id, d.id
          FROM public.users u
          LEFT JOIN public.patient_profiles p ON p.user_id = u.id
          LEFT JOIN public.doctor_profiles d ON d.user_id = u.id
          WHERE u.id = found_session.user_id;
        RETURN;
      END IF;
      SELECT t.* INTO spent FROM public.spent_refresh_tokens t WHERE t.token = p_old;
      IF spent.session_id IS NULL THEN
        RETURN;
      END IF;
      IF spent.spent_at < now() - p_tolerance OR p_tolerance = interval '0' THEN
        DELETE FROM public.sessions s WHERE s.id = spent.session_id;
        RETURN QUERY SELECT 'reused'::text, spent.session_id, NULL, NULL, NULL::role, NULL, NULL;
      ELSE
        RETURN QUERY SELECT 'just rotated'::text, spent.session_id, NULL, NULL, NULL::role, NULL, NULL;
      END IF;
    END $$;
    REVOKE ALL ON FUNCTION app_rotate_session(text, text, timestamptz, interval) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app_rotate_session(text, text, timestamptz, interval) TO dentalization_app;
    COMMENT ON FUNCTION app_rotate_session(text, text, timestamptz, interval) IS 'declared 66a4618e86e3f0ab';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_count_care() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE counter text := TG_ARGV[0];
    BEGIN
      IF TG_OP = 'INSERT' THEN
        EXECUTE format('INSERT INTO public.care_relationships AS c (doctor_id, patient_id, %1$I)
          SELECT doctor_id, patient_id, count(*) FROM changed_rows
          WHERE doctor_id IS NOT NULL AND patient_id IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2
          ON CONFLICT (doctor_id, patient_id) DO UPDATE SET %1$I = c.%1$I + excluded.%1$I', counter);
      ELSE
        EXECUTE format('UPDATE public.care_relationships c SET %1$I = c.%1$I - gone.n
          FROM (SELECT doctor_id, patient_id, count(*) AS n FROM changed_rows GROUP BY 1, 2) AS gone
          WHERE c.doctor_id = gone.doctor_id AND c.patient_id = gone.patient_id', counter);
        DELETE FROM public.care_relationships c USING changed_rows g
          WHERE c.doctor_id = g.doctor_id AND c.patient_id = g.patient_id
            AND c.diagnoses <= 0 AND c.appointments <= 0 AND c.records <= 0;
      END IF;
      RETURN NULL;
    END $$;
    REVOKE ALL ON FUNCTION app_count_care() FROM PUBLIC;
    COMMENT ON FUNCTION app_count_care() IS 'declared db517f6590694782';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_move_care() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE counter text := TG_ARGV[0];
    BEGIN
      IF OLD.doctor_id IS NOT NULL AND OLD.patient_id IS NOT NULL THEN
        EXECUTE format('UPDATE public.care_relationships SET %1$I = %1$I - 1
          WHERE doctor_id = $1 AND patient_id = $2', counter) USING OLD.doctor_id, OLD.patient_id;
        DELETE FROM public.care_relationships c
          WHERE c.doctor_id = OLD.doctor_id AND c.patient_id = OLD.patient_id
            AND c.diagnoses <= 0 AND c.appointments <= 0 AND c.records <= 0;
      END IF;
      IF NEW.doctor_id IS NOT NULL AND NEW.patient_id IS NOT NULL THEN
        EXECUTE format('INSERT INTO public.care_relationships AS c (doctor_id, patient_id, %1$I)
          VALUES ($1, $2, 1)
          ON CONFLICT (doctor_id, patient_id) DO UPDATE SET %1$I = c.%1$I + 1', counter)
          USING NEW.doctor_id, NEW.patient_id;
      END IF;
      RETURN NULL;
    END $$;
    REVOKE ALL ON FUNCTION app_move_care() FROM PUBLIC;
    COMMENT ON FUNCTION app_move_care() IS 'declared d604a45ed3eef778';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_verify_doctor(p_doctor text, p_verified boolean) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
      IF current_setting('app.role', true) IS DISTINCT FROM 'ADMIN' THEN
        RETURN false;
      END IF;
      UPDATE public.doctor_profiles SET is_verified = p_verified WHERE id = p_doctor;
      RETURN FOUND;
    END $$;
    REVOKE ALL ON FUNCTION app_verify_doctor(text, boolean) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app_verify_doctor(text, boolean) TO dentalization_app;
    COMMENT ON FUNCTION app_verify_doctor(text, boolean) IS 'declared 523e0f4301c282f7';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_license_taken(p_license text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
      SELECT EXISTS (SELECT 1 FROM public.doctor_profiles WHERE license_number = p_license)
    $$;
    REVOKE ALL ON FUNCTION app_license_taken(text) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app_license_taken(text) TO dentalization_app;
    COMMENT ON FUNCTION app_license_taken(text) IS 'declared 49e94417d282240d';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_keep_diagnosis() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NEW.status <> OLD.status AND (OLD.status::text, NEW.status::text) NOT IN (('PENDING', 'CONFIRMED'), ('PENDING', 'REJECTED'), ('PENDING', 'REVIEWED'), ('REVIEWED', 'CONFIRMED'), ('REVIEWED', 'REJECTED')) THEN
        RAISE EXCEPTION 'status % cannot become %', OLD.status, NEW.status
          USING ERRCODE = 'check_violation', CONSTRAINT = 'ai_diagnoses_status_transition';
      END IF;
      IF NEW.detections <> OLD.detections THEN
        RAISE EXCEPTION 'detections of a model are never overwritten'
          USING ERRCODE = 'check_violation', CONSTRAINT = 'ai_diagnoses_model_output';
      END IF;
      RETURN NEW;
    END $$;
    REVOKE ALL ON FUNCTION app_keep_diagnosis() FROM PUBLIC;
    COMMENT ON FUNCTION app_keep_diagnosis() IS 'declared 1cf08a9c7c447481';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_photo_waits(p_photo text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
      SELECT EXISTS (SELECT 1 FROM public.analyses a JOIN public.ai_diagnoses d ON d.id = a.diagnosis_id
        WHERE a.photo_id = p_photo AND d.status = 'PENDING' AND d.doctor_id IS NULL)
    $$;
    REVOKE ALL ON FUNCTION app_photo_waits(text) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app_photo_waits(text) TO dentalization_app;
    COMMENT ON FUNCTION app_photo_waits(text) IS 'declared 8e416087bb3b1214';
    """)
    op.run_sql("""
    CREATE OR REPLACE TRIGGER users_touch BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION app_touch_updated_at();
    COMMENT ON TRIGGER users_touch ON users IS 'declared cd9bccb915115974';
    """)
    op.run_sql("""
    CREATE OR REPLACE TRIGGER sessions_touch BEFORE UPDATE ON sessions FOR EACH ROW EXECUTE FUNCTION app_touch_updated_at();
    COMMENT ON TRIGGER sessions_touch ON sessions IS 'declared b524ab5ad2848946';
    """)
    op.run_sql("""
    CREATE OR REPLACE TRIGGER doctor_profiles_touch BEFORE UPDATE ON doctor_profiles FOR EACH ROW EXECUTE FUNCTION app_touch_updated_at();
    COMMENT ON TRIGGER doctor_profiles_touch ON doctor_profiles IS 'declared da3f45315bfefbf8';
    """)
    op.run_sql("""
    CREATE OR REPLACE TRIGGER patient_profiles_touch BEFORE UPDATE ON patient_profiles FOR EACH ROW EXECUTE FUNCTION app_touch_updated_at();
    COMMENT ON TRIGGER patient_profiles_touch ON patient_profiles IS 'declared f21b8601016cb2e3';
    """)
    op.run_sql("""
    CREATE OR REPLACE TRIGGER appointments_touch BEFORE UPDATE ON appointments FOR EACH ROW EXECUTE FUNCTION app_touch_updated_at();
    COMMENT ON TRIGGER appointments_touch ON appointments IS 'declared 7a6d9f3d8080bd1c';
    """)
    op.run_sql("""
    CREATE OR REPLACE TRIGGER appointments_care_insert AFTER INSERT ON appointments REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION app_count_care('appointments');
    COMMENT ON TRIGGER appointments_care_insert ON appointments IS 'declared 2ac3108e57824591';
    """)
    op.run_sql("""
    CREATE OR REPLACE TRIGGER appointments_care_delete AFTER DELETE ON appointments REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION app_count_care('appointments');
    COMMENT ON TRIGGER appointments_care_delete ON appointments IS 'declared 3c26af3d0ecef46f';
    """)
    op.run_sql("""
    CREATE OR REPLACE TRIGGER appointments_care_update AFTER UPDATE OF doctor_id, patient_id ON appointments FOR EACH ROW WHEN ((OLD.doctor_id, OLD.patient_id) IS DISTINCT FROM (NEW.doctor_id, NEW.patient_id)) EXECUTE FUNCTION app_move_care('appointments');
    COMMENT ON TRIGGER appointments_care_update ON appointments IS 'declared 55483962cd9b052a';
    """)
    op.run_sql("""
    CREATE OR REPLACE TRIGGER ai_diagnoses_touch BEFORE UPDATE ON ai_diagnoses FOR EACH ROW EXECUTE FUNCTION app_touch_updated_at();
    COMMENT ON TRIGGER ai_diagnoses_touch ON ai_diagnoses IS 'declared 94341de2bb7354cf';
    """)
    op.run_sql("""
    CREATE OR REPLACE TRIGGER analyses_touch BEFORE UPDATE ON analyses FOR EACH ROW EXECUTE FUNCTION app_touch_updated_at();
    COMMENT ON TRIGGER analyses_touch ON analyses IS 'declared 957bc6f5aad0b2d4';
    """)
    op.run_sql("""
    CREATE OR REPLACE TRIGGER ai_diagnoses_care_insert AFTER INSERT ON ai_diagnoses REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION app_count_care('diagnoses');
    COMMENT ON TRIGGER ai_diagnoses_care_insert ON ai_diagnoses IS 'declared 22ba4b01ef768637';
    """)
    op.run_sql("""
    CREATE OR REPLACE TRIGGER ai_diagnoses_care_delete AFTER DELETE ON ai_diagnoses REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION app_count_care('diagnoses');
    COMMENT ON TRIGGER ai_diagnoses_care_delete ON ai_diagnoses IS 'declared 9f499c336da954db';
    """)
    op.run_sql("""
    CREATE OR REPLACE TRIGGER ai_diagnoses_care_update AFTER UPDATE OF doctor_id, patient_id ON ai_diagnoses FOR EACH ROW WHEN ((OLD.doctor_id, OLD.patient_id) IS DISTINCT FROM (NEW.doctor_id, NEW.patient_id)) EXECUTE FUNCTION app_move_care('diagnoses');
    COMMENT ON TRIGGER ai_diagnoses_care_update ON ai_diagnoses IS 'declared d1c4d044515ac7ee';
    """)
    op.run_sql("""
    CREATE OR REPLACE TRIGGER ai_diagnoses_keep BEFORE UPDATE OF status, detections ON ai_diagnoses FOR EACH ROW EXECUTE FUNCTION app_keep_diagnosis();
    COMMENT ON TRIGGER ai_diagnoses_keep ON ai_diagnoses IS 'declared d8f89f2f793e41ce';
    """)
    op.run_sql("""
    CREATE OR REPLACE TRIGGER dental_photos_touch BEFORE UPDATE ON dental_photos FOR EACH ROW EXECUTE FUNCTION app_touch_updated_at();
    COMMENT ON TRIGGER dental_photos_touch ON dental_photos IS 'declared df0b31202af2d191';
    """)
    op.run_sql("""
    CREATE OR REPLACE TRIGGER medical_records_touch BEFORE UPDATE ON medical_records FOR EACH ROW EXECUTE FUNCTION app_touch_updated_at();
    COMMENT ON TRIGGER medical_records_touch ON medical_records IS 'declared e27023897ce4e14e';
    """)
    op.run_sql("""
    CREATE OR REPLACE TRIGGER medical_records_care_insert AFTER INSERT ON medical_records REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION app_count_care('records');
    COMMENT ON TRIGGER medical_records_care_insert ON medical_records IS 'declared 2a47f5a77bbdd3eb';
    """)
    op.run_sql("""
    CREATE OR REPLACE TRIGGER medical_records_care_delete AFTER DELETE ON medical_records REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION app_count_care('records');
    COMMENT ON TRIGGER medical_records_care_delete ON medical_records IS 'declared faecedf03c3d2398';
    """)
    op.run_sql("""
    CREATE OR REPLACE TRIGGER medical_records_care_update AFTER UPDATE OF doctor_id, patient_id ON medical_records FOR EACH ROW WHEN ((OLD.doctor_id, OLD.patient_id) IS DISTINCT FROM (NEW.doctor_id, NEW.patient_id)) EXECUTE FUNCTION app_move_care('records');
    COMMENT ON TRIGGER medical_records_care_update ON medical_records IS 'declared f9c7b4f114121059';
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'session_writes' LOOP
        EXECUTE format('DROP POLICY %I ON session_writes', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON session_writes FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE session_writes ENABLE ROW LEVEL SECURITY;
    ALTER TABLE session_writes FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner ON session_writes TO CURRENT_USER USING (true) WITH CHECK (true);
    CREATE POLICY service ON session_writes TO dentalization_service USING (true) WITH CHECK (true);
    GRANT SELECT, INSERT, UPDATE, DELETE ON session_writes TO dentalization_service;
    GRANT SELECT ON session_writes TO dentalization_app;
    COMMENT ON POLICY owner ON session_writes IS 'declared 5f338c863314e44e';
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'rate_limits' LOOP
        EXECUTE format('DROP POLICY %I ON rate_limits', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON rate_limits FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE rate_limits ENABLE ROW LEVEL SECURITY;
    ALTER TABLE rate_limits FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner ON rate_limits TO CURRENT_USER USING (true) WITH CHECK (true);
    CREATE POLICY service ON rate_limits TO dentalization_service USING (true) WITH CHECK (true);
    CREATE POLICY app_select_1 ON rate_limits FOR SELECT TO dentalization_app USING (true);
    CREATE POLICY app_insert_2 ON rate_limits FOR INSERT TO dentalization_app WITH CHECK (true);
    CREATE POLICY app_update_3 ON rate_limits FOR UPDATE TO dentalization_app USING (true) WITH CHECK (true);
    CREATE POLICY app_delete_4 ON rate_limits FOR DELETE TO dentalization_app USING (true);
    GRANT SELECT, INSERT, UPDATE, DELETE ON rate_limits TO dentalization_service;
    GRANT SELECT, INSERT, UPDATE, DELETE ON rate_limits TO dentalization_app;
    COMMENT ON POLICY owner ON rate_limits IS 'declared fffe92de9693102c';
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'idempotency_keys' LOOP
        EXECUTE format('DROP POLICY %I ON idempotency_keys', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON idempotency_keys FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY;
    ALTER TABLE idempotency_keys FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner ON idempotency_keys TO CURRENT_USER USING (true) WITH CHECK (true);
    CREATE POLICY service ON idempotency_keys TO dentalization_service USING (true) WITH CHECK (true);
    CREATE POLICY app_select_1 ON idempotency_keys FOR SELECT TO dentalization_app USING (user_id = (SELECT nullif(current_setting('app.user_id', true), '')));
    CREATE POLICY app_insert_2 ON idempotency_keys FOR INSERT TO dentalization_app WITH CHECK (user_id = (SELECT nullif(current_setting('app.user_id', true), '')));
    CREATE POLICY app_update_3 ON idempotency_keys FOR UPDATE TO dentalization_app USING (user_id = (SELECT nullif(current_setting('app.user_id', true), ''))) WITH CHECK (user_id = (SELECT nullif(current_setting('app.user_id', true), '')));
    CREATE POLICY app_delete_4 ON idempotency_keys FOR DELETE TO dentalization_app USING ((SELECT nullif(current_setting('app.role', true), '')) = 'WORKER');
    GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_keys TO dentalization_service;
    GRANT SELECT, INSERT, UPDATE (result), DELETE ON idempotency_keys TO dentalization_app;
    COMMENT ON POLICY owner ON idempotency_keys IS 'declared fc3750076da07494';
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'users' LOOP
        EXECUTE format('DROP POLICY %I ON users', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON users FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE users ENABLE ROW LEVEL SECURITY;
    ALTER TABLE users FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner ON users TO CURRENT_USER USING (true) WITH CHECK (true);
    CREATE POLICY service ON users TO dentalization_service USING (true) WITH CHECK (true);
    CREATE POLICY app_select_1 ON users FOR SELECT TO dentalization_app USING (id = (SELECT nullif(current_setting('app.user_id', true), '')) OR (SELECT nullif(current_setting('app.role', true), '')) = 'ADMIN');
    CREATE POLICY app_insert_2 ON users FOR INSERT TO dentalization_app WITH CHECK (id = (SELECT nullif(current_setting('app.user_id', true), '')) AND role <> 'ADMIN');
    CREATE POLICY app_update_3 ON users FOR UPDATE TO dentalization_app USING (id = (SELECT nullif(current_setting('app.user_id', true), ''))) WITH CHECK (id = (SELECT nullif(current_setting('app.user_id', true), '')));
    GRANT SELECT, INSERT, UPDATE, DELETE ON users TO dentalization_service;
    GRANT SELECT, INSERT, UPDATE (email, password) ON users TO dentalization_app;
    COMMENT ON POLICY owner ON users IS 'declared e012599544b1926b';
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'sessions' LOOP
        EXECUTE format('DROP POLICY %I ON sessions', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON sessions FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE sessions ENABLE ROW LEVEL SECURITY;
    ALTER TABLE sessions FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner ON sessions TO CURRENT_USER USING (true) WITH CHECK (true);
    CREATE POLICY service ON sessions TO dentalization_service USING (true) WITH CHECK (true);
    CREATE POLICY app_select_1 ON sessions FOR SELECT TO dentalization_app USING (user_id = (SELECT nullif(current_setting('app.user_id', true), '')));
    CREATE POLICY app_insert_2 ON sessions FOR INSERT TO dentalization_app WITH CHECK (user_id = (SELECT nullif(current_setting('app.user_id', true), '')));
    CREATE POLICY app_delete_3 ON sessions FOR DELETE TO dentalization_app USING ((user_id = (SELECT nullif(current_setting('app.user_id', true), ''))) OR ((SELECT nullif(current_setting('app.role', true), '')) = 'WORKER' AND expires_at < now()));
    GRANT SELECT, INSERT, UPDATE, DELETE ON sessions TO dentalization_service;
    GRANT SELECT, INSERT, DELETE ON sessions TO dentalization_app;
    COMMENT ON POLICY owner ON sessions IS 'declared a106fb0a766ba776';
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'spent_refresh_tokens' LOOP
        EXECUTE format('DROP POLICY %I ON spent_refresh_tokens', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON spent_refresh_tokens FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE spent_refresh_tokens ENABLE ROW LEVEL SECURITY;
    ALTER TABLE spent_refresh_tokens FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner ON spent_refresh_tokens TO CURRENT_USER USING (true) WITH CHECK (true);
    CREATE POLICY service ON spent_refresh_tokens TO dentalization_service USING (true) WITH CHECK (true);
    GRANT SELECT, INSERT, UPDATE, DELETE ON spent_refresh_tokens TO dentalization_service;
    GRANT SELECT ON spent_refresh_tokens TO dentalization_app;
    COMMENT ON POLICY owner ON spent_refresh_tokens IS 'declared ffc3e19fe071a09d';
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'doctor_profiles' LOOP
        EXECUTE format('DROP POLICY %I ON doctor_profiles', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON doctor_profiles FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE doctor_profiles ENABLE ROW LEVEL SECURITY;
    ALTER TABLE doctor_profiles FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner ON doctor_profiles TO CURRENT_USER USING (true) WITH CHECK (true);
    CREATE POLICY service ON doctor_profiles TO dentalization_service USING (true) WITH CHECK (true);
    CREATE POLICY app_select_1 ON doctor_profiles FOR SELECT TO dentalization_app USING ((is_verified AND (SELECT nullif(current_setting('app.user_id', true), '')) IS NOT NULL) OR user_id = (SELECT nullif(current_setting('app.user_id', true), '')) OR (SELECT nullif(current_setting('app.role', true), '')) = 'ADMIN' OR EXISTS (SELECT 1 FROM care_relationships care WHERE care.doctor_id = doctor_profiles.id AND care.patient_id = (SELECT nullif(current_setting('app.patient_id', true), ''))));
    CREATE POLICY app_insert_2 ON doctor_profiles FOR INSERT TO dentalization_app WITH CHECK (user_id = (SELECT nullif(current_setting('app.user_id', true), '')) AND NOT is_verified);
    CREATE POLICY app_update_3 ON doctor_profiles FOR UPDATE TO dentalization_app USING (user_id = (SELECT nullif(current_setting('app.user_id', true), ''))) WITH CHECK (user_id = (SELECT nullif(current_setting('app.user_id', true), '')));
    GRANT SELECT, INSERT, UPDATE, DELETE ON doctor_profiles TO dentalization_service;
    GRANT SELECT, INSERT, UPDATE (first_name, last_name, phone, license_number, specialization, subspecialties, education, years_experience, clinic_name, clinic_address, clinic_phone, profile_picture, profile_complete) ON doctor_profiles TO dentalization_app;
    COMMENT ON POLICY owner ON doctor_profiles IS 'declared fedba3d99a52880d';
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'patient_profiles' LOOP
        EXECUTE format('DROP POLICY %I ON patient_profiles', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON patient_profiles FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE patient_profiles ENABLE ROW LEVEL SECURITY;
    ALTER TABLE patient_profiles FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner ON patient_profiles TO CURRENT_USER USING (true) WITH CHECK (true);
    CREATE POLICY service ON patient_profiles TO dentalization_service USING (true) WITH CHECK (true);
    CREATE POLICY app_select_1 ON patient_profiles FOR SELECT TO dentalization_app USING (user_id = (SELECT nullif(current_setting('app.user_id', true), '')) OR EXISTS (SELECT 1 FROM care_relationships care WHERE care.doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) AND care.patient_id = patient_profiles.id));
    CREATE POLICY app_insert_2 ON patient_profiles FOR INSERT TO dentalization_app WITH CHECK (user_id = (SELECT nullif(current_setting('app.user_id', true), '')));
    CREATE POLICY app_update_3 ON patient_profiles FOR UPDATE TO dentalization_app USING (user_id = (SELECT nullif(current_setting('app.user_id', true), ''))) WITH CHECK (user_id = (SELECT nullif(current_setting('app.user_id', true), '')));
    GRANT SELECT, INSERT, UPDATE, DELETE ON patient_profiles TO dentalization_service;
    GRANT SELECT, INSERT, UPDATE (first_name, last_name, date_of_birth, phone, address, emergency_contact, allergies, medications, medical_history, insurance_info, pain_tolerance, preferred_language, dietary_restrictions, smoking_status, dental_concerns, previous_dental_work, last_dental_visit, profile_picture, profile_complete) ON patient_profiles TO dentalization_app;
    COMMENT ON POLICY owner ON patient_profiles IS 'declared 632ea433b61b8711';
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'care_relationships' LOOP
        EXECUTE format('DROP POLICY %I ON care_relationships', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON care_relationships FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE care_relationships ENABLE ROW LEVEL SECURITY;
    ALTER TABLE care_relationships FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner ON care_relationships TO CURRENT_USER USING (true) WITH CHECK (true);
    CREATE POLICY service ON care_relationships TO dentalization_service USING (true) WITH CHECK (true);
    CREATE POLICY app_select_1 ON care_relationships FOR SELECT TO dentalization_app USING (coalesce(doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) OR patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')), false));
    GRANT SELECT, INSERT, UPDATE, DELETE ON care_relationships TO dentalization_service;
    GRANT SELECT ON care_relationships TO dentalization_app;
    COMMENT ON POLICY owner ON care_relationships IS 'declared 9abb7117117a370d';
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'appointments' LOOP
        EXECUTE format('DROP POLICY %I ON appointments', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON appointments FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE appointments ENABLE ROW LEVEL SECURITY;
    ALTER TABLE appointments FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner ON appointments TO CURRENT_USER USING (true) WITH CHECK (true);
    CREATE POLICY service ON appointments TO dentalization_service USING (true) WITH CHECK (true);
    CREATE POLICY app_select_1 ON appointments FOR SELECT TO dentalization_app USING (patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')) OR doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) OR EXISTS (SELECT 1 FROM care_relationships care WHERE care.doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) AND care.patient_id = appointments.patient_id));
    GRANT SELECT, INSERT, UPDATE, DELETE ON appointments TO dentalization_service;
    GRANT SELECT ON appointments TO dentalization_app;
    COMMENT ON POLICY owner ON appointments IS 'declared 958ce393328ca35e';
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'ai_diagnoses' LOOP
        EXECUTE format('DROP POLICY %I ON ai_diagnoses', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON ai_diagnoses FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE ai_diagnoses ENABLE ROW LEVEL SECURITY;
    ALTER TABLE ai_diagnoses FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner ON ai_diagnoses TO CURRENT_USER USING (true) WITH CHECK (true);
    CREATE POLICY service ON ai_diagnoses TO dentalization_service USING (true) WITH CHECK (true);
    CREATE POLICY app_select_1 ON ai_diagnoses FOR SELECT TO dentalization_app USING (patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')) OR doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) OR user_id = (SELECT nullif(current_setting('app.user_id', true), '')) OR (status = 'PENDING' AND doctor_id IS NULL AND (SELECT nullif(current_setting('app.doctor_id', true), '')) IS NOT NULL) OR EXISTS (SELECT 1 FROM care_relationships care WHERE care.doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) AND care.patient_id = ai_diagnoses.patient_id) OR (SELECT nullif(current_setting('app.role', true), '')) = 'WORKER');
    CREATE POLICY app_insert_2 ON ai_diagnoses FOR INSERT TO dentalization_app WITH CHECK ((SELECT nullif(current_setting('app.role', true), '')) = 'WORKER');
    CREATE POLICY app_update_3 ON ai_diagnoses FOR UPDATE TO dentalization_app USING ((status = 'PENDING' AND doctor_id IS NULL AND (SELECT nullif(current_setting('app.doctor_id', true), '')) IS NOT NULL) OR doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), ''))) WITH CHECK (doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')));
    GRANT SELECT, INSERT, UPDATE, DELETE ON ai_diagnoses TO dentalization_service;
    GRANT SELECT, INSERT, UPDATE (doctor_id, status, notes) ON ai_diagnoses TO dentalization_app;
    COMMENT ON POLICY owner ON ai_diagnoses IS 'declared 318c8be949149ce8';
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'analyses' LOOP
        EXECUTE format('DROP POLICY %I ON analyses', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON analyses FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE analyses ENABLE ROW LEVEL SECURITY;
    ALTER TABLE analyses FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner ON analyses TO CURRENT_USER USING (true) WITH CHECK (true);
    CREATE POLICY service ON analyses TO dentalization_service USING (true) WITH CHECK (true);
    CREATE POLICY app_select_1 ON analyses FOR SELECT TO dentalization_app USING (patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')) OR EXISTS (SELECT 1 FROM care_relationships care WHERE care.doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) AND care.patient_id = analyses.patient_id) OR (SELECT nullif(current_setting('app.role', true), '')) = 'WORKER');
    CREATE POLICY app_insert_2 ON analyses FOR INSERT TO dentalization_app WITH CHECK (requested_by = (SELECT nullif(current_setting('app.user_id', true), '')) AND status = 'queued' AND (patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')) OR EXISTS (SELECT 1 FROM care_relationships care WHERE care.doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) AND care.patient_id = analyses.patient_id)));
    CREATE POLICY app_update_3 ON analyses FOR UPDATE TO dentalization_app USING ((patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')) OR EXISTS (SELECT 1 FROM care_relationships care WHERE care.doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) AND care.patient_id = analyses.patient_id)) AND status = 'failed') WITH CHECK (status = 'queued');
    CREATE POLICY app_update_4 ON analyses FOR UPDATE TO dentalization_app USING ((SELECT nullif(current_setting('app.role', true), '')) = 'WORKER') WITH CHECK ((SELECT nullif(current_setting('app.role', true), '')) = 'WORKER');
    GRANT SELECT, INSERT, UPDATE, DELETE ON analyses TO dentalization_service;
    GRANT SELECT, INSERT, UPDATE (status, reason, diagnosis_id) ON analyses TO dentalization_app;
    COMMENT ON POLICY owner ON analyses IS 'declared 6785efe8f5dc47e3';
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
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'dental_photos' LOOP
        EXECUTE format('DROP POLICY %I ON dental_photos', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON dental_photos FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE dental_photos ENABLE ROW LEVEL SECURITY;
    ALTER TABLE dental_photos FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner ON dental_photos TO CURRENT_USER USING (true) WITH CHECK (true);
    CREATE POLICY service ON dental_photos TO dentalization_service USING (true) WITH CHECK (true);
    CREATE POLICY app_select_1 ON dental_photos FOR SELECT TO dentalization_app USING (patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')) OR EXISTS (SELECT 1 FROM care_relationships care WHERE care.doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) AND care.patient_id = dental_photos.patient_id) OR (SELECT nullif(current_setting('app.role', true), '')) = 'WORKER' OR ((SELECT nullif(current_setting('app.doctor_id', true), '')) IS NOT NULL AND app_photo_waits(id)));
    CREATE POLICY app_insert_2 ON dental_photos FOR INSERT TO dentalization_app WITH CHECK (patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')) OR EXISTS (SELECT 1 FROM care_relationships care WHERE care.doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) AND care.patient_id = dental_photos.patient_id));
    GRANT SELECT, INSERT, UPDATE, DELETE ON dental_photos TO dentalization_service;
    GRANT SELECT, INSERT ON dental_photos TO dentalization_app;
    COMMENT ON POLICY owner ON dental_photos IS 'declared 66dad79a1a3d02bf';
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'medical_records' LOOP
        EXECUTE format('DROP POLICY %I ON medical_records', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON medical_records FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE medical_records ENABLE ROW LEVEL SECURITY;
    ALTER TABLE medical_records FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner ON medical_records TO CURRENT_USER USING (true) WITH CHECK (true);
    CREATE POLICY service ON medical_records TO dentalization_service USING (true) WITH CHECK (true);
    CREATE POLICY app_select_1 ON medical_records FOR SELECT TO dentalization_app USING (patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')) OR EXISTS (SELECT 1 FROM care_relationships care WHERE care.doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) AND care.patient_id = medical_records.patient_id));
    CREATE POLICY app_insert_2 ON medical_records FOR INSERT TO dentalization_app WITH CHECK (doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) AND EXISTS (SELECT 1 FROM care_relationships care WHERE care.doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) AND care.patient_id = medical_records.patient_id));
    GRANT SELECT, INSERT, UPDATE, DELETE ON medical_records TO dentalization_service;
    GRANT SELECT, INSERT ON medical_records TO dentalization_app;
    COMMENT ON POLICY owner ON medical_records IS 'declared a883eb0f2bdc9f83';
    """)


def downgrade() -> None:
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'medical_records' LOOP
        EXECUTE format('DROP POLICY %I ON medical_records', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON medical_records FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE medical_records NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE medical_records DISABLE ROW LEVEL SECURITY;
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'dental_photos' LOOP
        EXECUTE format('DROP POLICY %I ON dental_photos', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON dental_photos FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE dental_photos NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE dental_photos DISABLE ROW LEVEL SECURITY;
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'diagnosis_reviews' LOOP
        EXECUTE format('DROP POLICY %I ON diagnosis_reviews', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON diagnosis_reviews FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE diagnosis_reviews NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE diagnosis_reviews DISABLE ROW LEVEL SECURITY;
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'analyses' LOOP
        EXECUTE format('DROP POLICY %I ON analyses', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON analyses FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE analyses NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE analyses DISABLE ROW LEVEL SECURITY;
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'ai_diagnoses' LOOP
        EXECUTE format('DROP POLICY %I ON ai_diagnoses', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON ai_diagnoses FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE ai_diagnoses NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE ai_diagnoses DISABLE ROW LEVEL SECURITY;
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'appointments' LOOP
        EXECUTE format('DROP POLICY %I ON appointments', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON appointments FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE appointments NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE appointments DISABLE ROW LEVEL SECURITY;
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'care_relationships' LOOP
        EXECUTE format('DROP POLICY %I ON care_relationships', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON care_relationships FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE care_relationships NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE care_relationships DISABLE ROW LEVEL SECURITY;
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'patient_profiles' LOOP
        EXECUTE format('DROP POLICY %I ON patient_profiles', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON patient_profiles FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE patient_profiles NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE patient_profiles DISABLE ROW LEVEL SECURITY;
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'doctor_profiles' LOOP
        EXECUTE format('DROP POLICY %I ON doctor_profiles', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON doctor_profiles FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE doctor_profiles NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE doctor_profiles DISABLE ROW LEVEL SECURITY;
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'spent_refresh_tokens' LOOP
        EXECUTE format('DROP POLICY %I ON spent_refresh_tokens', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON spent_refresh_tokens FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE spent_refresh_tokens NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE spent_refresh_tokens DISABLE ROW LEVEL SECURITY;
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'sessions' LOOP
        EXECUTE format('DROP POLICY %I ON sessions', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON sessions FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE sessions NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE sessions DISABLE ROW LEVEL SECURITY;
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'users' LOOP
        EXECUTE format('DROP POLICY %I ON users', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON users FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE users NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE users DISABLE ROW LEVEL SECURITY;
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'idempotency_keys' LOOP
        EXECUTE format('DROP POLICY %I ON idempotency_keys', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON idempotency_keys FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE idempotency_keys NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE idempotency_keys DISABLE ROW LEVEL SECURITY;
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'rate_limits' LOOP
        EXECUTE format('DROP POLICY %I ON rate_limits', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON rate_limits FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE rate_limits NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE rate_limits DISABLE ROW LEVEL SECURITY;
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'session_writes' LOOP
        EXECUTE format('DROP POLICY %I ON session_writes', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON session_writes FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE session_writes NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE session_writes DISABLE ROW LEVEL SECURITY;
    """)
    op.run_sql("""
    DROP TRIGGER IF EXISTS medical_records_care_update ON medical_records;
    """)
    op.run_sql("""
    DROP TRIGGER IF EXISTS medical_records_care_delete ON medical_records;
    """)
    op.run_sql("""
    DROP TRIGGER IF EXISTS medical_records_care_insert ON medical_records;
    """)
    op.run_sql("""
    DROP TRIGGER IF EXISTS medical_records_touch ON medical_records;
    """)
    op.run_sql("""
    DROP TRIGGER IF EXISTS dental_photos_touch ON dental_photos;
    """)
    op.run_sql("""
    DROP TRIGGER IF EXISTS ai_diagnoses_keep ON ai_diagnoses;
    """)
    op.run_sql("""
    DROP TRIGGER IF EXISTS ai_diagnoses_care_update ON ai_diagnoses;
    """)
    op.run_sql("""
    DROP TRIGGER IF EXISTS ai_diagnoses_care_delete ON ai_diagnoses;
    """)
    op.run_sql("""
    DROP TRIGGER IF EXISTS ai_diagnoses_care_insert ON ai_diagnoses;
    """)
    op.run_sql("""
    DROP TRIGGER IF EXISTS analyses_touch ON analyses;
    """)
    op.run_sql("""
    DROP TRIGGER IF EXISTS ai_diagnoses_touch ON ai_diagnoses;
    """)
    op.run_sql("""
    DROP TRIGGER IF EXISTS appointments_care_update ON appointments;
    """)
    op.run_sql("""
    DROP TRIGGER IF EXISTS appointments_care_delete ON appointments;
    """)
    op.run_sql("""
    DROP TRIGGER IF EXISTS appointments_care_insert ON appointments;
    """)
    op.run_sql("""
    DROP TRIGGER IF EXISTS appointments_touch ON appointments;
    """)
    op.run_sql("""
    DROP TRIGGER IF EXISTS patient_profiles_touch ON patient_profiles;
    """)
    op.run_sql("""
    DROP TRIGGER IF EXISTS doctor_profiles_touch ON doctor_profiles;
    """)
    op.run_sql("""
    DROP TRIGGER IF EXISTS sessions_touch ON sessions;
    """)
    op.run_sql("""
    DROP TRIGGER IF EXISTS users_touch ON users;
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_photo_waits(text);
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_keep_diagnosis();
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_license_taken(text);
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_verify_doctor(text, boolean);
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_move_care();
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_count_care();
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_rotate_session(text, text, timestamptz, interval);
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_find_account(text);
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_schema_version();
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_written_before(text, pg_lsn);
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_mark_write(text);
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_identify(text, text, text, text, text);
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_touch_updated_at();
    """)
    op.drop_index(op.f('ix_diagnosis_reviews_patient_id'), table_name='diagnosis_reviews')
    op.drop_index('ix_diagnosis_reviews_doctor_id', table_name='diagnosis_reviews')
    op.drop_index('ix_diagnosis_reviews_diagnosis_id_version', table_name='diagnosis_reviews')
    op.drop_table('diagnosis_reviews')
    op.drop_index('ix_analyses_unfinished', table_name='analyses', postgresql_where=sa.text("status IN ('queued', 'running')"))
    op.drop_index(op.f('ix_analyses_requested_by'), table_name='analyses')
    op.drop_index('ix_analyses_photo_id', table_name='analyses')
    op.drop_index('ix_analyses_patient_id', table_name='analyses')
    op.drop_index('ix_analyses_diagnosis_id', table_name='analyses')
    op.drop_table('analyses')
    op.drop_index(op.f('ix_spent_refresh_tokens_session_id'), table_name='spent_refresh_tokens')
    op.drop_table('spent_refresh_tokens')
    op.drop_index('idx_medical_records_patient_id', table_name='medical_records')
    op.drop_index('idx_medical_records_doctor_id', table_name='medical_records')
    op.drop_table('medical_records')
    op.drop_index('idx_dental_photos_patient_id', table_name='dental_photos')
    op.drop_table('dental_photos')
    op.drop_index('ix_care_relationships_patient_id', table_name='care_relationships')
    op.drop_index('ix_care_relationships_doctor_id', table_name='care_relationships')
    op.drop_table('care_relationships')
    op.drop_index('idx_appointments_status', table_name='appointments')
    op.drop_index('idx_appointments_scheduled_at', table_name='appointments')
    op.drop_index('idx_appointments_patient_id', table_name='appointments')
    op.drop_index('idx_appointments_doctor_id', table_name='appointments')
    op.drop_table('appointments')
    op.drop_index('idx_ai_diagnoses_user_id', table_name='ai_diagnoses')
    op.drop_index('idx_ai_diagnoses_unclaimed', table_name='ai_diagnoses', postgresql_where=sa.text("status = 'PENDING' AND doctor_id IS NULL"))
    op.drop_index('idx_ai_diagnoses_status', table_name='ai_diagnoses')
    op.drop_index('idx_ai_diagnoses_patient_id', table_name='ai_diagnoses')
    op.drop_index('idx_ai_diagnoses_doctor_id', table_name='ai_diagnoses', postgresql_include=['patient_id', 'user_id', 'status'])
    op.drop_index('idx_ai_diagnoses_created_at', table_name='ai_diagnoses')
    op.drop_table('ai_diagnoses')
    op.drop_index('idx_sessions_user_id', table_name='sessions')
    op.drop_index('idx_sessions_refresh_token', table_name='sessions')
    op.drop_index('idx_sessions_expires_at', table_name='sessions')
    op.drop_table('sessions')
    op.drop_index('idx_patient_profiles_user_id', table_name='patient_profiles')
    op.drop_table('patient_profiles')
    op.drop_index('ix_doctor_profiles_created_at', table_name='doctor_profiles')
    op.drop_index('idx_doctor_profiles_user_id', table_name='doctor_profiles')
    op.drop_index('idx_doctor_profiles_license', table_name='doctor_profiles')
    op.drop_table('doctor_profiles')
    op.drop_index('idx_users_role', table_name='users')
    op.drop_index('idx_users_email', table_name='users')
    op.drop_table('users')
    op.drop_table('session_writes')
    op.drop_index(op.f('ix_rate_limits_window_ends_at'), table_name='rate_limits')
    op.drop_table('rate_limits')
    op.drop_table('idempotency_keys')
    op.execute('DROP TYPE analysis_status')
    op.execute('DROP TYPE appointment_status')
    op.execute('DROP TYPE diagnosis_status')
    op.execute('DROP TYPE review_verb')
    op.execute('DROP TYPE role')
    op.remove_job_queue()
