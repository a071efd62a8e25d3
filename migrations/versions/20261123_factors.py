"""Second factors

Revision ID: 20261123_factors
Revises: 20261123_mail
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261123_factors"
down_revision = "20261123_mail"
branch_labels = None
depends_on = None
phase = "before"


def upgrade() -> None:
    op.create_table('factor_challenges',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('user_id', sa.Text(), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=False),
    sa.Column('challenge', sa.Text(), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("purpose IN ('sign-in', 'enrolment')", name=op.f('factor_challenges_purpose')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_factor_challenges_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_factor_challenges'))
    )
    op.create_index('idx_factor_challenges_expires_at', 'factor_challenges', ['expires_at'], unique=False)
    op.create_index('idx_factor_challenges_user_id', 'factor_challenges', ['user_id'], unique=False)
    op.create_table('passkeys',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('user_id', sa.Text(), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('credential_id', sa.Text(), nullable=False),
    sa.Column('public_key', sa.Text(), nullable=False),
    sa.Column('sign_count', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('last_used_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('sign_count >= 0', name=op.f('passkeys_sign_count')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_passkeys_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_passkeys'))
    )
    op.create_index('idx_passkeys_credential_id', 'passkeys', ['credential_id'], unique=True)
    op.create_index('idx_passkeys_user_id', 'passkeys', ['user_id'], unique=False)
    op.create_table('recovery_codes',
    sa.Column('user_id', sa.Text(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_recovery_codes_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', 'code', name=op.f('pk_recovery_codes'))
    )
    op.create_table('totp_factors',
    sa.Column('user_id', sa.Text(), nullable=False),
    sa.Column('secret', sa.Text(), nullable=False),
    sa.Column('last_step', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_totp_factors_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', name=op.f('pk_totp_factors'))
    )
    op.create_table('session_confirmations',
    sa.Column('session_id', sa.Text(), nullable=False),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['session_id'], ['sessions.id'], name=op.f('fk_session_confirmations_session_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('session_id', name=op.f('pk_session_confirmations'))
    )
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_reset_password(p_digest text, p_password text) RETURNS text
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE token public.mail_tokens := public.app_use_mail_token(
      p_digest, ARRAY['PASSWORD_RESET']::public.mail_purpose[]);
    BEGIN
      UPDATE public.users u SET password = p_password WHERE u.id = token.user_id;
      UPDATE public.mail_tokens t SET used_at = now()
        WHERE t.user_id = token.user_id AND t.purpose = 'EMAIL_CHANGE' AND t.used_at IS NULL;
      DELETE FROM public.sessions s WHERE s.user_id = token.user_id;
      DELETE FROM public.factor_challenges c WHERE c.user_id = token.user_id;
      RETURN token.id;
    END $$;
    REVOKE ALL ON FUNCTION app_reset_password(text, text) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app_reset_password(text, text) TO dentalization_app;
    COMMENT ON FUNCTION app_reset_password(text, text) IS 'declared a06c3b9cb191359e';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_erase_person(p_request text) RETURNS integer
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE v_request public.erasure_requests; v_user text; v_patient text; v_doctor text; v_markers jsonb;
      v_first boolean; v_objects jsonb; v_counts jsonb; v_rows integer; v_deleted integer := 0;
    BEGIN
      IF current_setting('app.role', true) IS DISTINCT FROM 'WORKER' THEN
        RETURN NULL;
      END IF;
      SELECT * INTO v_request FROM public.erasure_requests WHERE id = p_request AND status <> 'done' FOR UPDATE;
      IF v_request.id IS NULL THEN
        RETURN NULL;
      END IF;
      v_user := v_request.user_id;
      v_markers := v_request.markers;
      v_counts := v_request.counts;
      v_first := v_counts = '{}'::jsonb;
      SELECT id INTO v_patient FROM public.patient_profiles WHERE user_id = v_user FOR UPDATE;
      SELECT id INTO v_doctor FROM public.doctor_profiles WHERE user_id = v_user FOR UPDATE;
      SELECT coalesce(jsonb_agg('photos/' || p.id), '[]') INTO v_objects FROM public.dental_photos p
        WHERE p.patient_id = v_patient AND coalesce(p.metadata->>'object', 'photos/' || p.id) = 'photos/' || p.id;
      DELETE FROM public.spent_refresh_tokens WHERE session_id IN (SELECT id FROM public.sessions WHERE user_id = v_user);
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('refresh-tokens', coalesce((v_counts->>'refresh-tokens')::integer, 0) + v_rows);
      DELETE FROM public.session_writes WHERE session_id IN (SELECT id FROM public.sessions WHERE user_id = v_user);
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('written', coalesce((v_counts->>'written')::integer, 0) + v_rows);
      DELETE FROM public.session_confirmations WHERE session_id IN (SELECT id FROM public.sessions WHERE user_id = v_user);
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('confirmations', coalesce((v_counts->>'confirmations')::integer, 0) + v_rows);
      DELETE FROM public.sessions WHERE user_id = v_user;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('sessions', coalesce((v_counts->>'sessions')::integer, 0) + v_rows);
      DELETE FROM public.totp_factors WHERE user_id = v_user;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('authenticator', coalesce((v_counts->>'authenticator')::integer, 0) + v_rows);
      DELETE FROM public.recovery_codes WHERE user_id = v_user;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('recovery-codes', coalesce((v_counts->>'recovery-codes')::integer, 0) + v_rows);
      DELETE FROM public.passkeys WHERE user_id = v_user;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('passkeys', coalesce((v_counts->>'passkeys')::integer, 0) + v_rows);
      DELETE FROM public.factor_challenges WHERE user_id = v_user;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('sign-ins-begun', coalesce((v_counts->>'sign-ins-begun')::integer, 0) + v_rows);
      DELETE FROM public.mail_tokens WHERE user_id = v_user;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('letters', coalesce((v_counts->>'letters')::integer, 0) + v_rows);
      DELETE FROM public.verified_emails WHERE user_id = v_user;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('verified-address', coalesce((v_counts->>'verified-address')::integer, 0) + v_rows);
      DELETE FROM public.idempotency_keys WHERE user_id = v_user;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('retries', coalesce((v_counts->>'retries')::integer, 0) + v_rows);
      DELETE FROM public.shadow_findings WHERE diagnosis_id IN (SELECT id FROM public.ai_diagnoses WHERE (patient_id = v_patient OR (patient_id IS NULL AND user_id = v_user)));
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('shadows', coalesce((v_counts->>'shadows')::integer, 0) + v_rows);
      DELETE FROM public.analyses WHERE patient_id = v_patient;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('analyses', coalesce((v_counts->>'analyses')::integer, 0) + v_rows);
      DELETE FROM public.diagnosis_reviews WHERE diagnosis_id IN (SELECT id FROM public.ai_diagnoses WHERE (patient_id = v_patient OR (patient_id IS NULL AND user_id = v_user)) AND status = 'PENDING');
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('claims', coalesce((v_counts->>'claims')::integer, 0) + v_rows);
      DELETE FROM public.ai_diagnoses WHERE (patient_id = v_patient OR (patient_id IS NULL AND user_id = v_user)) AND status = 'PENDING';
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('undecided', coalesce((v_counts->>'undecided')::integer, 0) + v_rows);
      DELETE FROM public.dental_photos WHERE patient_id = v_patient;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('photos', coalesce((v_counts->>'photos')::integer, 0) + v_rows);
      DELETE FROM public.appointments WHERE patient_id = v_patient AND status NOT IN ('IN_PROGRESS', 'COMPLETED');
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('appointments-open', coalesce((v_counts->>'appointments-open')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        UPDATE public.ai_diagnoses SET photo_url = 'urn:erased', metadata = app_scrubbed((metadata - 'photoId')::text, v_markers)::jsonb, diagnosis = app_scrubbed(diagnosis, v_markers), notes = app_scrubbed(notes, v_markers) WHERE (patient_id = v_patient OR (patient_id IS NULL AND user_id = v_user)) AND status <> 'PENDING';
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      END IF;
      v_counts := v_counts || jsonb_build_object('decided', coalesce((v_counts->>'decided')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        UPDATE public.diagnosis_reviews SET notes = app_scrubbed(notes, v_markers) WHERE diagnosis_id IN (SELECT id FROM public.ai_diagnoses WHERE (patient_id = v_patient OR (patient_id IS NULL AND user_id = v_user)));
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      END IF;
      v_counts := v_counts || jsonb_build_object('reviews', coalesce((v_counts->>'reviews')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        UPDATE public.appointments SET reason = app_scrubbed(reason, v_markers), notes = app_scrubbed(notes, v_markers), metadata = app_scrubbed(metadata::text, v_markers)::jsonb WHERE patient_id = v_patient AND status IN ('IN_PROGRESS', 'COMPLETED');
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      END IF;
      v_counts := v_counts || jsonb_build_object('appointments-kept', coalesce((v_counts->>'appointments-kept')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        UPDATE public.medical_records SET title = app_scrubbed(title, v_markers), description = app_scrubbed(description, v_markers), data = app_scrubbed(data::text, v_markers)::jsonb WHERE patient_id = v_patient;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      END IF;
      v_counts := v_counts || jsonb_build_object('records', coalesce((v_counts->>'records')::integer, 0) + v_rows);
      DELETE FROM public.patient_phone_index WHERE patient_id = v_patient;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('phone-index', coalesce((v_counts->>'phone-index')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        UPDATE public.emergency_accesses SET reason = app_scrubbed(reason, v_markers) WHERE patient_id = v_patient;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      END IF;
      v_counts := v_counts || jsonb_build_object('emergencies', coalesce((v_counts->>'emergencies')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        SELECT count(*) INTO v_rows FROM public.audit_log WHERE person IN (v_user, v_patient) OR user_id = v_user;
      END IF;
      v_counts := v_counts || jsonb_build_object('accesses', coalesce((v_counts->>'accesses')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        SELECT count(*) INTO v_rows FROM public.care_relationships WHERE patient_id = v_patient;
      END IF;
      v_counts := v_counts || jsonb_build_object('care', coalesce((v_counts->>'care')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        UPDATE public.consents SET address_digest = NULL WHERE user_id = v_user;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      END IF;
      v_counts := v_counts || jsonb_build_object('consents', coalesce((v_counts->>'consents')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        UPDATE public.patient_profiles SET first_name = 'Erased', last_name = upper(left(replace(gen_random_uuid()::text, '-', ''), 8)), date_of_birth = date_trunc('year', date_of_birth)::date, profile_complete = false, phone = NULL, address = NULL, emergency_contact = NULL, allergies = NULL, medications = NULL, medical_history = NULL, insurance_info = NULL, pain_tolerance = NULL, preferred_language = NULL, dietary_restrictions = NULL, smoking_status = NULL, dental_concerns = NULL, previous_dental_work = NULL, last_dental_visit = NULL, profile_picture = NULL WHERE user_id = v_user;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      END IF;
      v_counts := v_counts || jsonb_build_object('patient', coalesce((v_counts->>'patient')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        UPDATE public.doctor_profiles SET is_verified = false, profile_complete = false, phone = NULL, education = NULL, clinic_name = NULL, clinic_address = NULL, clinic_phone = NULL, profile_picture = NULL WHERE user_id = v_user;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      END IF;
      v_counts := v_counts || jsonb_build_object('doctor', coalesce((v_counts->>'doctor')::integer, 0) + v_rows);
      DELETE FROM public.licence_documents WHERE submission_id IN (SELECT id FROM public.licence_submissions WHERE doctor_id = v_doctor);
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('licence-documents', coalesce((v_counts->>'licence-documents')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        SELECT count(*) INTO v_rows FROM public.licence_submissions WHERE doctor_id = v_doctor;
      END IF;
      v_counts := v_counts || jsonb_build_object('licences', coalesce((v_counts->>'licences')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        SELECT count(*) INTO v_rows FROM public.licence_events WHERE doctor_id = v_doctor;
      END IF;
      v_counts := v_counts || jsonb_build_object('licence-events', coalesce((v_counts->>'licence-events')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        SELECT count(*) INTO v_rows FROM public.diagnosis_reviews WHERE doctor_id = v_doctor;
      END IF;
      v_counts := v_counts || jsonb_build_object('written-reviews', coalesce((v_counts->>'written-reviews')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        UPDATE public.users SET email = 'erased-' || replace(gen_random_uuid()::text, '-', '') || '@erased.invalid', password = '!' WHERE id = v_user;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      END IF;
      v_counts := v_counts || jsonb_build_object('account', coalesce((v_counts->>'account')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        SELECT count(*) INTO v_rows FROM public.erasure_requests WHERE user_id = v_user;
      END IF;
      v_counts := v_counts || jsonb_build_object('erasure-request', coalesce((v_counts->>'erasure-request')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        SELECT count(*) INTO v_rows FROM public.erasure_reports WHERE user_id = v_user;
      END IF;
      v_counts := v_counts || jsonb_build_object('erasure-report', coalesce((v_counts->>'erasure-report')::integer, 0) + v_rows);
      UPDATE public.erasure_requests
        SET status = 'running', objects = objects || v_objects, counts = v_counts WHERE id = p_request;
      RETURN v_deleted;
    END $$;
    REVOKE ALL ON FUNCTION app_erase_person(text) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app_erase_person(text) TO dentalization_app;
    COMMENT ON FUNCTION app_erase_person(text) IS 'declared d182880b295e018f';
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
    CREATE POLICY app_select_1 ON idempotency_keys FOR SELECT TO dentalization_app USING ((user_id = (SELECT nullif(current_setting('app.user_id', true), ''))) OR (SELECT nullif(current_setting('app.role', true), '')) = 'WORKER');
    CREATE POLICY app_insert_2 ON idempotency_keys FOR INSERT TO dentalization_app WITH CHECK (user_id = (SELECT nullif(current_setting('app.user_id', true), '')));
    CREATE POLICY app_update_3 ON idempotency_keys FOR UPDATE TO dentalization_app USING (user_id = (SELECT nullif(current_setting('app.user_id', true), ''))) WITH CHECK (user_id = (SELECT nullif(current_setting('app.user_id', true), '')));
    CREATE POLICY app_delete_4 ON idempotency_keys FOR DELETE TO dentalization_app USING ((SELECT nullif(current_setting('app.role', true), '')) = 'WORKER');
    GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency_keys TO dentalization_service;
    GRANT SELECT, INSERT, UPDATE (result), DELETE ON idempotency_keys TO dentalization_app;
    COMMENT ON POLICY owner ON idempotency_keys IS 'declared 04147b960c0d1f3b';
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'totp_factors' LOOP
        EXECUTE format('DROP POLICY %I ON totp_factors', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON totp_factors FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE totp_factors ENABLE ROW LEVEL SECURITY;
    ALTER TABLE totp_factors FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner ON totp_factors TO CURRENT_USER USING (true) WITH CHECK (true);
    CREATE POLICY service ON totp_factors TO dentalization_service USING (true) WITH CHECK (true);
    CREATE POLICY app_select_1 ON totp_factors FOR SELECT TO dentalization_app USING (user_id = (SELECT nullif(current_setting('app.user_id', true), '')));
    CREATE POLICY app_insert_2 ON totp_factors FOR INSERT TO dentalization_app WITH CHECK (user_id = (SELECT nullif(current_setting('app.user_id', true), '')));
    CREATE POLICY app_update_3 ON totp_factors FOR UPDATE TO dentalization_app USING (user_id = (SELECT nullif(current_setting('app.user_id', true), ''))) WITH CHECK (user_id = (SELECT nullif(current_setting('app.user_id', true), '')));
    CREATE POLICY app_delete_4 ON totp_factors FOR DELETE TO dentalization_app USING (user_id = (SELECT nullif(current_setting('app.user_id', true), '')));
    GRANT SELECT, INSERT, UPDATE, DELETE ON totp_factors TO dentalization_service;
    GRANT SELECT, INSERT, UPDATE (secret, last_step, confirmed_at, created_at), DELETE ON totp_factors TO dentalization_app;
    COMMENT ON POLICY owner ON totp_factors IS 'declared c148e132a0cafb52';
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'recovery_codes' LOOP
        EXECUTE format('DROP POLICY %I ON recovery_codes', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON recovery_codes FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE recovery_codes ENABLE ROW LEVEL SECURITY;
    ALTER TABLE recovery_codes FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner ON recovery_codes TO CURRENT_USER USING (true) WITH CHECK (true);
    CREATE POLICY service ON recovery_codes TO dentalization_service USING (true) WITH CHECK (true);
    CREATE POLICY app_select_1 ON recovery_codes FOR SELECT TO dentalization_app USING (user_id = (SELECT nullif(current_setting('app.user_id', true), '')));
    CREATE POLICY app_insert_2 ON recovery_codes FOR INSERT TO dentalization_app WITH CHECK (user_id = (SELECT nullif(current_setting('app.user_id', true), '')));
    CREATE POLICY app_delete_3 ON recovery_codes FOR DELETE TO dentalization_app USING (user_id = (SELECT nullif(current_setting('app.user_id', true), '')));
    GRANT SELECT, INSERT, UPDATE, DELETE ON recovery_codes TO dentalization_service;
    GRANT SELECT, INSERT, DELETE ON recovery_codes TO dentalization_app;
    COMMENT ON POLICY owner ON recovery_codes IS 'declared c3b7380b13725990';
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'passkeys' LOOP
        EXECUTE format('DROP POLICY %I ON passkeys', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON passkeys FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE passkeys ENABLE ROW LEVEL SECURITY;
    ALTER TABLE passkeys FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner ON passkeys TO CURRENT_USER USING (true) WITH CHECK (true);
    CREATE POLICY service ON passkeys TO dentalization_service USING (true) WITH CHECK (true);
    CREATE POLICY app_select_1 ON passkeys FOR SELECT TO dentalization_app USING (user_id = (SELECT nullif(current_setting('app.user_id', true), '')));
    CREATE POLICY app_insert_2 ON passkeys FOR INSERT TO dentalization_app WITH CHECK (user_id = (SELECT nullif(current_setting('app.user_id', true), '')));
    CREATE POLICY app_update_3 ON passkeys FOR UPDATE TO dentalization_app USING (user_id = (SELECT nullif(current_setting('app.user_id', true), ''))) WITH CHECK (user_id = (SELECT nullif(current_setting('app.user_id', true), '')));
    CREATE POLICY app_delete_4 ON passkeys FOR DELETE TO dentalization_app USING (user_id = (SELECT nullif(current_setting('app.user_id', true), '')));
    GRANT SELECT, INSERT, UPDATE, DELETE ON passkeys TO dentalization_service;
    GRANT SELECT, INSERT, UPDATE (sign_count, last_used_at), DELETE ON passkeys TO dentalization_app;
    COMMENT ON POLICY owner ON passkeys IS 'declared 1395abfadece93d5';
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'factor_challenges' LOOP
        EXECUTE format('DROP POLICY %I ON factor_challenges', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON factor_challenges FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE factor_challenges ENABLE ROW LEVEL SECURITY;
    ALTER TABLE factor_challenges FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner ON factor_challenges TO CURRENT_USER USING (true) WITH CHECK (true);
    CREATE POLICY service ON factor_challenges TO dentalization_service USING (true) WITH CHECK (true);
    CREATE POLICY app_select_1 ON factor_challenges FOR SELECT TO dentalization_app USING ((user_id = (SELECT nullif(current_setting('app.user_id', true), ''))) OR ((SELECT nullif(current_setting('app.role', true), '')) = 'WORKER' AND expires_at < now()));
    CREATE POLICY app_insert_2 ON factor_challenges FOR INSERT TO dentalization_app WITH CHECK (user_id = (SELECT nullif(current_setting('app.user_id', true), '')));
    CREATE POLICY app_delete_3 ON factor_challenges FOR DELETE TO dentalization_app USING ((user_id = (SELECT nullif(current_setting('app.user_id', true), ''))) OR ((SELECT nullif(current_setting('app.role', true), '')) = 'WORKER' AND expires_at < now()));
    GRANT SELECT, INSERT, UPDATE, DELETE ON factor_challenges TO dentalization_service;
    GRANT SELECT, INSERT, DELETE ON factor_challenges TO dentalization_app;
    COMMENT ON POLICY owner ON factor_challenges IS 'declared e7c724bf3cb7eed8';
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'session_confirmations' LOOP
        EXECUTE format('DROP POLICY %I ON session_confirmations', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON session_confirmations FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE session_confirmations ENABLE ROW LEVEL SECURITY;
    ALTER TABLE session_confirmations FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner ON session_confirmations TO CURRENT_USER USING (true) WITH CHECK (true);
    CREATE POLICY service ON session_confirmations TO dentalization_service USING (true) WITH CHECK (true);
    CREATE POLICY app_select_1 ON session_confirmations FOR SELECT TO dentalization_app USING (EXISTS (SELECT 1 FROM sessions s WHERE s.id = session_confirmations.session_id AND s.user_id = (SELECT nullif(current_setting('app.user_id', true), ''))));
    CREATE POLICY app_insert_2 ON session_confirmations FOR INSERT TO dentalization_app WITH CHECK (EXISTS (SELECT 1 FROM sessions s WHERE s.id = session_confirmations.session_id AND s.user_id = (SELECT nullif(current_setting('app.user_id', true), ''))));
    CREATE POLICY app_update_3 ON session_confirmations FOR UPDATE TO dentalization_app USING (EXISTS (SELECT 1 FROM sessions s WHERE s.id = session_confirmations.session_id AND s.user_id = (SELECT nullif(current_setting('app.user_id', true), '')))) WITH CHECK (EXISTS (SELECT 1 FROM sessions s WHERE s.id = session_confirmations.session_id AND s.user_id = (SELECT nullif(current_setting('app.user_id', true), ''))));
    GRANT SELECT, INSERT, UPDATE, DELETE ON session_confirmations TO dentalization_service;
    GRANT SELECT, INSERT, UPDATE (confirmed_at) ON session_confirmations TO dentalization_app;
    COMMENT ON POLICY owner ON session_confirmations IS 'declared d31a0ed3c1555f8c';
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
    CREATE POLICY app_select_1 ON sessions FOR SELECT TO dentalization_app USING ((user_id = (SELECT nullif(current_setting('app.user_id', true), ''))) OR ((SELECT nullif(current_setting('app.role', true), '')) = 'WORKER' AND expires_at < now()));
    CREATE POLICY app_insert_2 ON sessions FOR INSERT TO dentalization_app WITH CHECK (user_id = (SELECT nullif(current_setting('app.user_id', true), '')));
    CREATE POLICY app_delete_3 ON sessions FOR DELETE TO dentalization_app USING ((user_id = (SELECT nullif(current_setting('app.user_id', true), ''))) OR ((SELECT nullif(current_setting('app.role', true), '')) = 'WORKER' AND expires_at < now()));
    GRANT SELECT, INSERT, UPDATE, DELETE ON sessions TO dentalization_service;
    GRANT SELECT, INSERT, DELETE ON sessions TO dentalization_app;
    COMMENT ON POLICY owner ON sessions IS 'declared a534e7f844cf8a41';
    """)


def downgrade() -> None:
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_reset_password(p_digest text, p_password text) RETURNS text
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE token public.mail_tokens := public.app_use_mail_token(
      p_digest, ARRAY['PASSWORD_RESET']::public.mail_purpose[]);
    BEGIN
      UPDATE public.users u SET password = p_password WHERE u.id = token.user_id;
      UPDATE public.mail_tokens t SET used_at = now()
        WHERE t.user_id = token.user_id AND t.purpose = 'EMAIL_CHANGE' AND t.used_at IS NULL;
      DELETE FROM public.sessions s WHERE s.user_id = token.user_id;
      RETURN token.id;
    END $$;
    REVOKE ALL ON FUNCTION app_reset_password(text, text) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app_reset_password(text, text) TO dentalization_app;
    COMMENT ON FUNCTION app_reset_password(text, text) IS 'declared 5fb07688ee7b0323';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_erase_person(p_request text) RETURNS integer
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER
    SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE v_request public.erasure_requests; v_user text; v_patient text; v_doctor text; v_markers jsonb;
      v_first boolean; v_objects jsonb; v_counts jsonb; v_rows integer; v_deleted integer := 0;
    BEGIN
      IF current_setting('app.role', true) IS DISTINCT FROM 'WORKER' THEN
        RETURN NULL;
      END IF;
      SELECT * INTO v_request FROM public.erasure_requests WHERE id = p_request AND status <> 'done' FOR UPDATE;
      IF v_request.id IS NULL THEN
        RETURN NULL;
      END IF;
      v_user := v_request.user_id;
      v_markers := v_request.markers;
      v_counts := v_request.counts;
      v_first := v_counts = '{}'::jsonb;
      SELECT id INTO v_patient FROM public.patient_profiles WHERE user_id = v_user FOR UPDATE;
      SELECT id INTO v_doctor FROM public.doctor_profiles WHERE user_id = v_user FOR UPDATE;
      SELECT coalesce(jsonb_agg('photos/' || p.id), '[]') INTO v_objects FROM public.dental_photos p
        WHERE p.patient_id = v_patient AND coalesce(p.metadata->>'object', 'photos/' || p.id) = 'photos/' || p.id;
      DELETE FROM public.spent_refresh_tokens WHERE session_id IN (SELECT id FROM public.sessions WHERE user_id = v_user);
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('refresh-tokens', coalesce((v_counts->>'refresh-tokens')::integer, 0) + v_rows);
      DELETE FROM public.session_writes WHERE session_id IN (SELECT id FROM public.sessions WHERE user_id = v_user);
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('written', coalesce((v_counts->>'written')::integer, 0) + v_rows);
      DELETE FROM public.sessions WHERE user_id = v_user;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('sessions', coalesce((v_counts->>'sessions')::integer, 0) + v_rows);
      DELETE FROM public.mail_tokens WHERE user_id = v_user;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('letters', coalesce((v_counts->>'letters')::integer, 0) + v_rows);
      DELETE FROM public.verified_emails WHERE user_id = v_user;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('verified-address', coalesce((v_counts->>'verified-address')::integer, 0) + v_rows);
      DELETE FROM public.idempotency_keys WHERE user_id = v_user;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('retries', coalesce((v_counts->>'retries')::integer, 0) + v_rows);
      DELETE FROM public.shadow_findings WHERE diagnosis_id IN (SELECT id FROM public.ai_diagnoses WHERE (patient_id = v_patient OR (patient_id IS NULL AND user_id = v_user)));
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('shadows', coalesce((v_counts->>'shadows')::integer, 0) + v_rows);
      DELETE FROM public.analyses WHERE patient_id = v_patient;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('analyses', coalesce((v_counts->>'analyses')::integer, 0) + v_rows);
      DELETE FROM public.diagnosis_reviews WHERE diagnosis_id IN (SELECT id FROM public.ai_diagnoses WHERE (patient_id = v_patient OR (patient_id IS NULL AND user_id = v_user)) AND status = 'PENDING');
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('claims', coalesce((v_counts->>'claims')::integer, 0) + v_rows);
      DELETE FROM public.ai_diagnoses WHERE (patient_id = v_patient OR (patient_id IS NULL AND user_id = v_user)) AND status = 'PENDING';
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('undecided', coalesce((v_counts->>'undecided')::integer, 0) + v_rows);
      DELETE FROM public.dental_photos WHERE patient_id = v_patient;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('photos', coalesce((v_counts->>'photos')::integer, 0) + v_rows);
      DELETE FROM public.appointments WHERE patient_id = v_patient AND status NOT IN ('IN_PROGRESS', 'COMPLETED');
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('appointments-open', coalesce((v_counts->>'appointments-open')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        UPDATE public.ai_diagnoses SET photo_url = 'urn:erased', metadata = app_scrubbed((metadata - 'photoId')::text, v_markers)::jsonb, diagnosis = app_scrubbed(diagnosis, v_markers), notes = app_scrubbed(notes, v_markers) WHERE (patient_id = v_patient OR (patient_id IS NULL AND user_id = v_user)) AND status <> 'PENDING';
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      END IF;
      v_counts := v_counts || jsonb_build_object('decided', coalesce((v_counts->>'decided')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        UPDATE public.diagnosis_reviews SET notes = app_scrubbed(notes, v_markers) WHERE diagnosis_id IN (SELECT id FROM public.ai_diagnoses WHERE (patient_id = v_patient OR (patient_id IS NULL AND user_id = v_user)));
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      END IF;
      v_counts := v_counts || jsonb_build_object('reviews', coalesce((v_counts->>'reviews')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        UPDATE public.appointments SET reason = app_scrubbed(reason, v_markers), notes = app_scrubbed(notes, v_markers), metadata = app_scrubbed(metadata::text, v_markers)::jsonb WHERE patient_id = v_patient AND status IN ('IN_PROGRESS', 'COMPLETED');
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      END IF;
      v_counts := v_counts || jsonb_build_object('appointments-kept', coalesce((v_counts->>'appointments-kept')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        UPDATE public.medical_records SET title = app_scrubbed(title, v_markers), description = app_scrubbed(description, v_markers), data = app_scrubbed(data::text, v_markers)::jsonb WHERE patient_id = v_patient;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      END IF;
      v_counts := v_counts || jsonb_build_object('records', coalesce((v_counts->>'records')::integer, 0) + v_rows);
      DELETE FROM public.patient_phone_index WHERE patient_id = v_patient;
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('phone-index', coalesce((v_counts->>'phone-index')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        UPDATE public.emergency_accesses SET reason = app_scrubbed(reason, v_markers) WHERE patient_id = v_patient;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      END IF;
      v_counts := v_counts || jsonb_build_object('emergencies', coalesce((v_counts->>'emergencies')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        SELECT count(*) INTO v_rows FROM public.audit_log WHERE person IN (v_user, v_patient) OR user_id = v_user;
      END IF;
      v_counts := v_counts || jsonb_build_object('accesses', coalesce((v_counts->>'accesses')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        SELECT count(*) INTO v_rows FROM public.care_relationships WHERE patient_id = v_patient;
      END IF;
      v_counts := v_counts || jsonb_build_object('care', coalesce((v_counts->>'care')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        UPDATE public.consents SET address_digest = NULL WHERE user_id = v_user;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      END IF;
      v_counts := v_counts || jsonb_build_object('consents', coalesce((v_counts->>'consents')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        UPDATE public.patient_profiles SET first_name = 'Erased', last_name = upper(left(replace(gen_random_uuid()::text, '-', ''), 8)), date_of_birth = date_trunc('year', date_of_birth)::date, profile_complete = false, phone = NULL, address = NULL, emergency_contact = NULL, allergies = NULL, medications = NULL, medical_history = NULL, insurance_info = NULL, pain_tolerance = NULL, preferred_language = NULL, dietary_restrictions = NULL, smoking_status = NULL, dental_concerns = NULL, previous_dental_work = NULL, last_dental_visit = NULL, profile_picture = NULL WHERE user_id = v_user;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      END IF;
      v_counts := v_counts || jsonb_build_object('patient', coalesce((v_counts->>'patient')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        UPDATE public.doctor_profiles SET is_verified = false, profile_complete = false, phone = NULL, education = NULL, clinic_name = NULL, clinic_address = NULL, clinic_phone = NULL, profile_picture = NULL WHERE user_id = v_user;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      END IF;
      v_counts := v_counts || jsonb_build_object('doctor', coalesce((v_counts->>'doctor')::integer, 0) + v_rows);
      DELETE FROM public.licence_documents WHERE submission_id IN (SELECT id FROM public.licence_submissions WHERE doctor_id = v_doctor);
      GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
      v_counts := v_counts || jsonb_build_object('licence-documents', coalesce((v_counts->>'licence-documents')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        SELECT count(*) INTO v_rows FROM public.licence_submissions WHERE doctor_id = v_doctor;
      END IF;
      v_counts := v_counts || jsonb_build_object('licences', coalesce((v_counts->>'licences')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        SELECT count(*) INTO v_rows FROM public.licence_events WHERE doctor_id = v_doctor;
      END IF;
      v_counts := v_counts || jsonb_build_object('licence-events', coalesce((v_counts->>'licence-events')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        SELECT count(*) INTO v_rows FROM public.diagnosis_reviews WHERE doctor_id = v_doctor;
      END IF;
      v_counts := v_counts || jsonb_build_object('written-reviews', coalesce((v_counts->>'written-reviews')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        UPDATE public.users SET email = 'erased-' || replace(gen_random_uuid()::text, '-', '') || '@erased.invalid', password = '!' WHERE id = v_user;
        GET DIAGNOSTICS v_rows = ROW_COUNT;
      END IF;
      v_counts := v_counts || jsonb_build_object('account', coalesce((v_counts->>'account')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        SELECT count(*) INTO v_rows FROM public.erasure_requests WHERE user_id = v_user;
      END IF;
      v_counts := v_counts || jsonb_build_object('erasure-request', coalesce((v_counts->>'erasure-request')::integer, 0) + v_rows);
      v_rows := 0;
      IF v_first THEN
        SELECT count(*) INTO v_rows FROM public.erasure_reports WHERE user_id = v_user;
      END IF;
      v_counts := v_counts || jsonb_build_object('erasure-report', coalesce((v_counts->>'erasure-report')::integer, 0) + v_rows);
      UPDATE public.erasure_requests
        SET status = 'running', objects = objects || v_objects, counts = v_counts WHERE id = p_request;
      RETURN v_deleted;
    END $$;
    REVOKE ALL ON FUNCTION app_erase_person(text) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app_erase_person(text) TO dentalization_app;
    COMMENT ON FUNCTION app_erase_person(text) IS 'declared 3800a65638ac0616';
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
          WHERE schemaname = current_schema() AND tablename = 'session_confirmations' LOOP
        EXECUTE format('DROP POLICY %I ON session_confirmations', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON session_confirmations FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE session_confirmations NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE session_confirmations DISABLE ROW LEVEL SECURITY;
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'factor_challenges' LOOP
        EXECUTE format('DROP POLICY %I ON factor_challenges', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON factor_challenges FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE factor_challenges NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE factor_challenges DISABLE ROW LEVEL SECURITY;
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'passkeys' LOOP
        EXECUTE format('DROP POLICY %I ON passkeys', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON passkeys FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE passkeys NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE passkeys DISABLE ROW LEVEL SECURITY;
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'recovery_codes' LOOP
        EXECUTE format('DROP POLICY %I ON recovery_codes', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON recovery_codes FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE recovery_codes NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE recovery_codes DISABLE ROW LEVEL SECURITY;
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'totp_factors' LOOP
        EXECUTE format('DROP POLICY %I ON totp_factors', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON totp_factors FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE totp_factors NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE totp_factors DISABLE ROW LEVEL SECURITY;
    """)
    op.drop_table('session_confirmations')
    op.drop_table('totp_factors')
    op.drop_table('recovery_codes')
    op.drop_index('idx_passkeys_user_id', table_name='passkeys')
    op.drop_index('idx_passkeys_credential_id', table_name='passkeys')
    op.drop_table('passkeys')
    op.drop_index('idx_factor_challenges_user_id', table_name='factor_challenges')
    op.drop_index('idx_factor_challenges_expires_at', table_name='factor_challenges')
    op.drop_table('factor_challenges')
