"""Consents, export and erasure

Revision ID: 20261123_privacy
Revises: 20261123_sealed_fields
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261123_privacy"
down_revision = "20261123_sealed_fields"
branch_labels = None
depends_on = None
phase = "before"


def upgrade() -> None:
    op.create_table('consents',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('user_id', sa.Text(), nullable=False),
    sa.Column('purpose', sa.Enum('TREATMENT', 'AI_ANALYSIS', 'TRAINING', 'REMINDERS', 'RESEARCH', name='consent_purpose'), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('language', sa.String(length=2), nullable=False),
    sa.Column('granted', sa.Boolean(), nullable=False),
    sa.Column('given_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('address_digest', sa.Text(), nullable=True),
    sa.CheckConstraint('version > 0', name=op.f('consents_version')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_consents_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_consents'))
    )
    op.create_index('ix_consents_user_id', 'consents', ['user_id', 'purpose', sa.literal_column('given_at DESC'), sa.literal_column('id DESC')], unique=False)
    op.create_table('erasure_requests',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('user_id', sa.Text(), nullable=False),
    sa.Column('token', sa.Text(), nullable=False),
    sa.Column('status', sa.Enum('requested', 'running', 'done', name='erasure_status'), server_default=sa.text("'requested'"), nullable=False),
    sa.Column('markers', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('objects', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
    sa.Column('counts', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_erasure_requests_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erasure_requests'))
    )
    op.create_index('ix_erasure_requests_unfinished', 'erasure_requests', ['created_at'], unique=False, postgresql_where=sa.text("status <> 'done'"))
    op.create_index('ix_erasure_requests_user_id', 'erasure_requests', ['user_id'], unique=True)
    op.create_table('erasure_reports',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('request_id', sa.Text(), nullable=False),
    sa.Column('user_id', sa.Text(), nullable=False),
    sa.Column('entries', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('found', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('digest', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['request_id'], ['erasure_requests.id'], name=op.f('fk_erasure_reports_request_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_erasure_reports_user_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_erasure_reports'))
    )
    op.create_index('ix_erasure_reports_created_at', 'erasure_reports', [sa.literal_column('created_at DESC'), sa.literal_column('id DESC')], unique=False)
    op.create_index('ix_erasure_reports_request_id', 'erasure_reports', ['request_id'], unique=True)
    op.create_index('ix_erasure_reports_user_id', 'erasure_reports', ['user_id'], unique=False)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_consented(p_patients text[], p_purpose text) RETURNS TABLE (patient_id text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
      SELECT p.id FROM public.patient_profiles p
      WHERE p.id = ANY (p_patients)
        AND (current_setting('app.role', true) = 'WORKER'
          OR p.user_id = nullif(current_setting('app.user_id', true), '')
          OR EXISTS (SELECT 1 FROM public.care_relationships care
            WHERE care.doctor_id = nullif(current_setting('app.doctor_id', true), '')
              AND care.patient_id = p.id))
        AND (SELECT c.granted FROM public.consents c
          WHERE c.user_id = p.user_id AND c.purpose = p_purpose::consent_purpose
          ORDER BY c.given_at DESC, c.id DESC LIMIT 1)
    $$;
    REVOKE ALL ON FUNCTION app_consented(text[], text) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app_consented(text[], text) TO dentalization_app;
    COMMENT ON FUNCTION app_consented(text[], text) IS 'declared 3a108b032f81a185';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_scrubbed(p_text text, p_markers jsonb) RETURNS text
    LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
      IF p_text LIKE 'sealed:%' THEN  -- the worker's business, which alone can open it
        RETURN p_text;
      END IF;
      IF p_markers->>'pattern' <> '' THEN
        p_text := regexp_replace(p_text, p_markers->>'pattern', '[erased]', 'gi');
      END IF;
      IF p_markers->>'names' <> '' THEN
        p_text := regexp_replace(p_text, p_markers->>'names', '[erased]', 'g');
      END IF;
      RETURN p_text;
    END $$;
    REVOKE ALL ON FUNCTION app_scrubbed(text, jsonb) FROM PUBLIC;
    COMMENT ON FUNCTION app_scrubbed(text, jsonb) IS 'declared db2fda69198f7d74';
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
    COMMENT ON FUNCTION app_erase_person(text) IS 'declared 4e73df72b1d691ee';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_erasure_texts(p_request text) RETURNS TABLE (place text, id text, value text)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    #variable_conflict use_column
    DECLARE v_user text; v_patient text; v_doctor text;
    BEGIN
      SELECT r.user_id INTO v_user FROM public.erasure_requests r WHERE r.id = p_request AND r.status = 'running';
      IF v_user IS NULL OR current_setting('app.role', true) IS DISTINCT FROM 'WORKER' THEN
        RETURN;
      END IF;
      SELECT p.id INTO v_patient FROM public.patient_profiles p WHERE p.user_id = v_user;
      SELECT d.id INTO v_doctor FROM public.doctor_profiles d WHERE d.user_id = v_user;
      RETURN QUERY SELECT 'ai_diagnoses.notes', id, notes FROM public.ai_diagnoses WHERE ((patient_id = v_patient OR (patient_id IS NULL AND user_id = v_user)) AND status <> 'PENDING') AND notes IS NOT NULL
      UNION ALL SELECT 'diagnosis_reviews.notes', id, notes FROM public.diagnosis_reviews WHERE (diagnosis_id IN (SELECT id FROM public.ai_diagnoses WHERE (patient_id = v_patient OR (patient_id IS NULL AND user_id = v_user)))) AND notes IS NOT NULL
      UNION ALL SELECT 'appointments.reason', id, reason FROM public.appointments WHERE (patient_id = v_patient AND status IN ('IN_PROGRESS', 'COMPLETED')) AND reason IS NOT NULL
      UNION ALL SELECT 'appointments.notes', id, notes FROM public.appointments WHERE (patient_id = v_patient AND status IN ('IN_PROGRESS', 'COMPLETED')) AND notes IS NOT NULL
      UNION ALL SELECT 'medical_records.description', id, description FROM public.medical_records WHERE (patient_id = v_patient) AND description IS NOT NULL;
    END $$;
    REVOKE ALL ON FUNCTION app_erasure_texts(text) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app_erasure_texts(text) TO dentalization_app;
    COMMENT ON FUNCTION app_erasure_texts(text) IS 'declared 30c868f0d553b27b';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_put_erased(p_request text, p_place text, p_id text, p_old text, p_new text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE v_rows integer;
    BEGIN
      IF p_place NOT IN ('ai_diagnoses.notes', 'diagnosis_reviews.notes', 'appointments.reason', 'appointments.notes', 'medical_records.description') OR NOT EXISTS (SELECT 1 FROM public.app_erasure_texts(p_request) t
          WHERE t.place = p_place AND t.id = p_id AND t.value = p_old) THEN
        RETURN false;
      END IF;
      EXECUTE format('UPDATE public.%1$I SET %2$I = $1 WHERE id = $2 AND %2$I = $3', split_part(p_place, '.', 1),
        split_part(p_place, '.', 2)) USING p_new, p_id, p_old;
      GET DIAGNOSTICS v_rows = ROW_COUNT;
      RETURN v_rows = 1;
    END $$;
    REVOKE ALL ON FUNCTION app_put_erased(text, text, text, text, text) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app_put_erased(text, text, text, text, text) TO dentalization_app;
    COMMENT ON FUNCTION app_put_erased(text, text, text, text, text) IS 'declared 5774745a801ce4ce';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_marker_hits(p_table text, p_markers text[]) RETURNS jsonb
    LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE v_counts text; v_patterns text[]; v_found jsonb;
    BEGIN
      SELECT array_agg('%' || regexp_replace(one, '([%_\\\\])', '\\\\\\1', 'g') || '%') INTO v_patterns
        FROM unnest(p_markers) AS one WHERE one <> '';
      SELECT string_agg(format('%L, count(*) FILTER (WHERE %I::text ILIKE ANY ($1))', attname, attname), ', ')
        INTO v_counts FROM pg_attribute
        WHERE attrelid = format('public.%I', p_table)::regclass AND attnum > 0 AND NOT attisdropped
          AND atttypid IN ('text'::regtype, 'varchar'::regtype, 'json'::regtype, 'jsonb'::regtype,
            'text[]'::regtype, 'varchar[]'::regtype)
          AND NOT (p_table = 'erasure_requests' AND attname = 'markers');
      IF v_counts IS NULL OR v_patterns IS NULL THEN
        RETURN '{}'::jsonb;
      END IF;
      EXECUTE format('SELECT jsonb_build_object(%s) FROM public.%I', v_counts, p_table)
        INTO v_found USING v_patterns;
      RETURN (SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(v_found) WHERE value <> '0');
    END $$;
    REVOKE ALL ON FUNCTION app_marker_hits(text, text[]) FROM PUBLIC;
    COMMENT ON FUNCTION app_marker_hits(text, text[]) IS 'declared fcb87c68e292ef88';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_erasure_hits(p_request text, p_table text) RETURNS jsonb
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE v_markers jsonb;
    BEGIN
      IF current_setting('app.role', true) IS DISTINCT FROM 'WORKER' THEN
        RETURN NULL;
      END IF;
      SELECT markers->'markers' INTO v_markers FROM public.erasure_requests
        WHERE id = p_request AND status = 'running';
      IF v_markers IS NULL THEN
        RETURN NULL;
      END IF;
      RETURN public.app_marker_hits(p_table, ARRAY(SELECT jsonb_array_elements_text(v_markers)));
    END $$;
    REVOKE ALL ON FUNCTION app_erasure_hits(text, text) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app_erasure_hits(text, text) TO dentalization_app;
    COMMENT ON FUNCTION app_erasure_hits(text, text) IS 'declared 6ce5178ba5b57fb2';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_erasure_status(p_request text, p_token text)
    RETURNS TABLE (id text, status erasure_status, requested_at timestamptz, report_id text, entries jsonb,
      found jsonb, digest text, reported_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
      SELECT r.id, r.status, r.created_at, p.id, p.entries, p.found, p.digest, p.created_at
      FROM public.erasure_requests r LEFT JOIN public.erasure_reports p ON p.request_id = r.id
      WHERE r.id = p_request AND r.token = p_token
        AND (p.created_at IS NULL OR p.created_at > now() - interval '30 days')
    $$;
    REVOKE ALL ON FUNCTION app_erasure_status(text, text) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app_erasure_status(text, text) TO dentalization_app;
    COMMENT ON FUNCTION app_erasure_status(text, text) IS 'declared 2ed752622dabe1f8';
    """)
    op.run_sql("""
    CREATE OR REPLACE TRIGGER erasure_requests_touch BEFORE UPDATE ON erasure_requests FOR EACH ROW EXECUTE FUNCTION app_touch_updated_at();
    COMMENT ON TRIGGER erasure_requests_touch ON erasure_requests IS 'declared 0d26c8350c25a467';
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'consents' LOOP
        EXECUTE format('DROP POLICY %I ON consents', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON consents FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE consents ENABLE ROW LEVEL SECURITY;
    ALTER TABLE consents FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner ON consents TO CURRENT_USER USING (true) WITH CHECK (true);
    CREATE POLICY service ON consents TO dentalization_service USING (true) WITH CHECK (true);
    CREATE POLICY app_select_1 ON consents FOR SELECT TO dentalization_app USING (user_id = (SELECT nullif(current_setting('app.user_id', true), '')));
    CREATE POLICY app_insert_2 ON consents FOR INSERT TO dentalization_app WITH CHECK (user_id = (SELECT nullif(current_setting('app.user_id', true), '')));
    GRANT SELECT, INSERT, UPDATE, DELETE ON consents TO dentalization_service;
    GRANT SELECT, INSERT ON consents TO dentalization_app;
    COMMENT ON POLICY owner ON consents IS 'declared 87761030ccf1df66';
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'erasure_requests' LOOP
        EXECUTE format('DROP POLICY %I ON erasure_requests', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON erasure_requests FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE erasure_requests ENABLE ROW LEVEL SECURITY;
    ALTER TABLE erasure_requests FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner ON erasure_requests TO CURRENT_USER USING (true) WITH CHECK (true);
    CREATE POLICY service ON erasure_requests TO dentalization_service USING (true) WITH CHECK (true);
    CREATE POLICY app_select_1 ON erasure_requests FOR SELECT TO dentalization_app USING (user_id = (SELECT nullif(current_setting('app.user_id', true), '')) OR (SELECT nullif(current_setting('app.role', true), '')) = 'WORKER');
    CREATE POLICY app_insert_2 ON erasure_requests FOR INSERT TO dentalization_app WITH CHECK (user_id = (SELECT nullif(current_setting('app.user_id', true), '')) AND status = 'requested');
    CREATE POLICY app_update_3 ON erasure_requests FOR UPDATE TO dentalization_app USING (user_id = (SELECT nullif(current_setting('app.user_id', true), '')) AND status = 'requested') WITH CHECK (user_id = (SELECT nullif(current_setting('app.user_id', true), '')) AND status = 'requested');
    CREATE POLICY app_update_4 ON erasure_requests FOR UPDATE TO dentalization_app USING ((SELECT nullif(current_setting('app.role', true), '')) = 'WORKER') WITH CHECK ((SELECT nullif(current_setting('app.role', true), '')) = 'WORKER');
    GRANT SELECT, INSERT, UPDATE, DELETE ON erasure_requests TO dentalization_service;
    GRANT SELECT, INSERT, UPDATE (token, status, markers, objects) ON erasure_requests TO dentalization_app;
    COMMENT ON POLICY owner ON erasure_requests IS 'declared 72bb9d5ef68bf9d2';
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'erasure_reports' LOOP
        EXECUTE format('DROP POLICY %I ON erasure_reports', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON erasure_reports FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE erasure_reports ENABLE ROW LEVEL SECURITY;
    ALTER TABLE erasure_reports FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner ON erasure_reports TO CURRENT_USER USING (true) WITH CHECK (true);
    CREATE POLICY service ON erasure_reports TO dentalization_service USING (true) WITH CHECK (true);
    CREATE POLICY app_select_1 ON erasure_reports FOR SELECT TO dentalization_app USING ((SELECT nullif(current_setting('app.role', true), '')) = 'WORKER' OR (SELECT nullif(current_setting('app.role', true), '')) = 'ADMIN');
    CREATE POLICY app_insert_2 ON erasure_reports FOR INSERT TO dentalization_app WITH CHECK ((SELECT nullif(current_setting('app.role', true), '')) = 'WORKER');
    GRANT SELECT, INSERT, UPDATE, DELETE ON erasure_reports TO dentalization_service;
    GRANT SELECT, INSERT ON erasure_reports TO dentalization_app;
    COMMENT ON POLICY owner ON erasure_reports IS 'declared ecd1e355eda15d2d';
    """)


def downgrade() -> None:
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'erasure_reports' LOOP
        EXECUTE format('DROP POLICY %I ON erasure_reports', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON erasure_reports FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE erasure_reports NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE erasure_reports DISABLE ROW LEVEL SECURITY;
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'erasure_requests' LOOP
        EXECUTE format('DROP POLICY %I ON erasure_requests', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON erasure_requests FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE erasure_requests NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE erasure_requests DISABLE ROW LEVEL SECURITY;
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'consents' LOOP
        EXECUTE format('DROP POLICY %I ON consents', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON consents FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE consents NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE consents DISABLE ROW LEVEL SECURITY;
    """)
    op.run_sql("""
    DROP TRIGGER IF EXISTS erasure_requests_touch ON erasure_requests;
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_erasure_status(text, text);
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_erasure_hits(text, text);
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_marker_hits(text, text[]);
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_put_erased(text, text, text, text, text);
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_erasure_texts(text);
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_erase_person(text);
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_scrubbed(text, jsonb);
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_consented(text[], text);
    """)
    op.drop_index('ix_erasure_reports_user_id', table_name='erasure_reports')
    op.drop_index('ix_erasure_reports_request_id', table_name='erasure_reports')
    op.drop_index('ix_erasure_reports_created_at', table_name='erasure_reports')
    op.drop_table('erasure_reports')
    op.drop_index('ix_erasure_requests_user_id', table_name='erasure_requests')
    op.drop_index('ix_erasure_requests_unfinished', table_name='erasure_requests', postgresql_where=sa.text("status <> 'done'"))
    op.drop_table('erasure_requests')
    op.drop_index('ix_consents_user_id', table_name='consents')
    op.drop_table('consents')
    op.run_sql("DROP TYPE erasure_status")
    op.run_sql("DROP TYPE consent_purpose")
