"""Licences: submissions, documents, events

Revision ID: 20261123_licences
Revises: 20261123_privacy
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "20261123_licences"
down_revision = "20261123_privacy"
branch_labels = None
depends_on = None
phase = "before"


def upgrade() -> None:
    op.create_table('licence_events',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('doctor_id', sa.Text(), nullable=False),
    sa.Column('submission_id', sa.Text(), nullable=True),
    sa.Column('step', sa.Text(), nullable=False),
    sa.Column('days', sa.Integer(), nullable=True),
    sa.Column('actor_id', sa.Text(), nullable=True),
    sa.Column('actor_role', sa.Text(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('happened_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("(step = 'NOTICE') = (days IS NOT NULL)", name=op.f('licence_events_days')),
    sa.CheckConstraint("step IN ('SUBMITTED', 'DOCUMENT_ADDED', 'WITHDRAWN', 'VERIFIED', 'REJECTED', 'REVOKED', 'EXPIRED', 'NOTICE')", name=op.f('licence_events_step')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_licence_events'))
    )
    op.create_index('ix_licence_events_doctor_id', 'licence_events', ['doctor_id', sa.literal_column('happened_at DESC'), sa.literal_column('id DESC')], unique=False)
    op.create_index('ix_licence_events_notice', 'licence_events', ['submission_id', 'days'], unique=True, postgresql_where=sa.text("step = 'NOTICE'"))
    op.create_table('licence_submissions',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('doctor_id', sa.Text(), nullable=False),
    sa.Column('sip_number', sa.String(length=100), nullable=False),
    sa.Column('sip_issuer', sa.String(length=200), nullable=False),
    sa.Column('sip_expires_on', sa.Date(), nullable=False),
    sa.Column('str_number', sa.String(length=100), nullable=False),
    sa.Column('time_zone', sa.Text(), nullable=False),
    sa.Column('submitted_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('status', sa.Text(), server_default=sa.text("'SUBMITTED'"), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_by', sa.Text(), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.CheckConstraint("(status = 'SUBMITTED') = (decided_at IS NULL)", name=op.f('licence_submissions_decided')),
    sa.CheckConstraint("(timestamp '2000-01-01' AT TIME ZONE time_zone) IS NOT NULL", name=op.f('licence_submissions_time_zone')),
    sa.CheckConstraint("sip_issuer <> ''", name=op.f('licence_submissions_sip_issuer')),
    sa.CheckConstraint("sip_number <> ''", name=op.f('licence_submissions_sip_number')),
    sa.CheckConstraint("status <> 'REJECTED' OR (reason IS NOT NULL AND reason <> '')", name=op.f('licence_submissions_reason')),
    sa.CheckConstraint("status IN ('SUBMITTED', 'VERIFIED', 'REJECTED', 'EXPIRED', 'WITHDRAWN')", name=op.f('licence_submissions_status')),
    sa.CheckConstraint("str_number <> ''", name=op.f('licence_submissions_str_number')),
    sa.ForeignKeyConstraint(['decided_by'], ['users.id'], name=op.f('fk_licence_submissions_decided_by'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['doctor_id'], ['doctor_profiles.id'], name=op.f('fk_licence_submissions_doctor_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_licence_submissions'))
    )
    op.create_index('ix_licence_submissions_decided_by', 'licence_submissions', ['decided_by'], unique=False)
    op.create_index('ix_licence_submissions_doctor_id', 'licence_submissions', ['doctor_id', sa.literal_column('submitted_at DESC'), sa.literal_column('id DESC')], unique=False)
    op.create_index('ix_licence_submissions_open', 'licence_submissions', ['doctor_id'], unique=True, postgresql_where=sa.text("status = 'SUBMITTED'"))
    op.create_index('ix_licence_submissions_sip_number', 'licence_submissions', ['sip_number'], unique=False)
    op.create_index('ix_licence_submissions_status', 'licence_submissions', ['status', sa.literal_column('submitted_at DESC'), sa.literal_column('id DESC')], unique=False)
    op.create_index('ix_licence_submissions_verified', 'licence_submissions', ['doctor_id', sa.literal_column('sip_expires_on DESC')], unique=False, postgresql_where=sa.text("status = 'VERIFIED'"))
    op.create_table('licence_documents',
    sa.Column('id', sa.Text(), nullable=False),
    sa.Column('submission_id', sa.Text(), nullable=False),
    sa.Column('object_key', sa.Text(), nullable=False),
    sa.Column('content_type', sa.Text(), nullable=False),
    sa.Column('bytes', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint("content_type IN ('application/pdf', 'image/jpeg', 'image/png')", name=op.f('licence_documents_content_type')),
    sa.CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name=op.f('licence_documents_sha256')),
    sa.CheckConstraint('bytes BETWEEN 1 AND 10485760', name=op.f('licence_documents_bytes')),
    sa.ForeignKeyConstraint(['submission_id'], ['licence_submissions.id'], name=op.f('fk_licence_documents_submission_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_licence_documents'))
    )
    op.create_index('ix_licence_documents_object_key', 'licence_documents', ['object_key'], unique=True)
    op.create_index('ix_licence_documents_submission_id', 'licence_documents', ['submission_id', 'sha256'], unique=True)
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
          WHERE d.id = p_doctor AND d.user_id = p_user AND d.is_verified
            AND coalesce((SELECT (s.sip_expires_on + 1)::timestamp AT TIME ZONE s.time_zone > now()
              FROM public.licence_submissions s WHERE s.doctor_id = d.id AND s.status = 'VERIFIED'
              ORDER BY s.sip_expires_on DESC LIMIT 1), true);
      END IF;
      applied := set_config('app.user_id', CASE WHEN alive THEN p_user ELSE '' END, true)
        || set_config('app.role', CASE WHEN alive THEN p_role ELSE '' END, true)
        || set_config('app.patient_id', CASE WHEN alive THEN p_patient ELSE '' END, true)
        || set_config('app.doctor_id', coalesce(doctor, ''), true);
      RETURN alive;
    END $$;
    REVOKE ALL ON FUNCTION app_identify(text, text, text, text, text) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app_identify(text, text, text, text, text) TO dentalization_app;
    COMMENT ON FUNCTION app_identify(text, text, text, text, text) IS 'declared 0934dd99b16cebcf';
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
    COMMENT ON FUNCTION app_erase_person(text) IS 'declared c8d178f1e6e5b214';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_write_licence_event(p_doctor text, p_submission text, p_step text, p_reason text, p_days integer)
    RETURNS void LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
      INSERT INTO public.licence_events (id, doctor_id, submission_id, step, days, actor_id, actor_role, reason,
        happened_at)
      SELECT 'c' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 24), p_doctor, p_submission, p_step,
        p_days, CASE WHEN NOT calendar THEN nullif(current_setting('app.user_id', true), '') END,
        CASE WHEN calendar THEN 'WORKER'
          ELSE coalesce(nullif(current_setting('app.role', true), ''), 'OWNER') END,
        p_reason, clock_timestamp()
      FROM (SELECT p_step IN ('EXPIRED', 'NOTICE') AS calendar) AS who
      ON CONFLICT (submission_id, days) WHERE step = 'NOTICE' DO NOTHING
    $$;
    REVOKE ALL ON FUNCTION app_write_licence_event(text, text, text, text, integer) FROM PUBLIC;
    COMMENT ON FUNCTION app_write_licence_event(text, text, text, text, integer) IS 'declared 3a0ff576c9130a06';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_keep_licence() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF NEW.status <> OLD.status THEN
        IF (OLD.status, NEW.status) NOT IN (('SUBMITTED', 'REJECTED'), ('SUBMITTED', 'VERIFIED'), ('SUBMITTED', 'WITHDRAWN'), ('VERIFIED', 'EXPIRED'), ('VERIFIED', 'REJECTED')) THEN
          RAISE EXCEPTION 'status % cannot become %', OLD.status, NEW.status
            USING ERRCODE = 'check_violation', CONSTRAINT = 'licence_submissions_transition';
        END IF;
        NEW.decided_at := now();
      END IF;
      RETURN NEW;
    END $$;
    REVOKE ALL ON FUNCTION app_keep_licence() FROM PUBLIC;
    COMMENT ON FUNCTION app_keep_licence() IS 'declared 6140bc292ab03667';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_note_licence() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
      IF TG_OP = 'INSERT' THEN
        PERFORM public.app_write_licence_event(NEW.doctor_id, NEW.id, 'SUBMITTED', NULL, NULL);
      ELSIF NEW.status <> OLD.status THEN
        PERFORM public.app_write_licence_event(NEW.doctor_id, NEW.id,
          CASE WHEN OLD.status = 'VERIFIED' AND NEW.status = 'REJECTED' THEN 'REVOKED' ELSE NEW.status END,
          CASE WHEN NEW.status IN ('VERIFIED', 'REJECTED') THEN NEW.reason END, NULL);
      END IF;
      RETURN NULL;
    END $$;
    REVOKE ALL ON FUNCTION app_note_licence() FROM PUBLIC;
    COMMENT ON FUNCTION app_note_licence() IS 'declared b9ef7d4be47fb488';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_take_document() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE found_submission public.licence_submissions;
    BEGIN
      SELECT s.* INTO found_submission FROM public.licence_submissions s
        WHERE s.id = NEW.submission_id FOR UPDATE;
      IF found_submission.status IS DISTINCT FROM 'SUBMITTED' THEN
        RAISE EXCEPTION 'this licence is decided'
          USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'licence_documents_closed';
      END IF;
      IF (SELECT count(*) FROM public.licence_documents d
          WHERE d.submission_id = NEW.submission_id) >= 10 THEN
        RAISE EXCEPTION 'this licence has its documents'
          USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'licence_documents_full';
      END IF;
      PERFORM public.app_write_licence_event(
        found_submission.doctor_id, found_submission.id, 'DOCUMENT_ADDED', NULL, NULL);
      RETURN NEW;
    END $$;
    REVOKE ALL ON FUNCTION app_take_document() FROM PUBLIC;
    COMMENT ON FUNCTION app_take_document() IS 'declared a78859a732559b36';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_keep_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'the ledger is only added to'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'licence_events_append_only';
    END $$;
    REVOKE ALL ON FUNCTION app_keep_ledger() FROM PUBLIC;
    COMMENT ON FUNCTION app_keep_ledger() IS 'declared a43b4628af2dfec8';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_end_licences(p_doctor text) RETURNS integer
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE doctor text; changed integer; ended integer := 0;
    BEGIN
      FOR doctor IN SELECT DISTINCT s.doctor_id FROM public.licence_submissions s
          WHERE s.status = 'VERIFIED' AND ((s.sip_expires_on + 1)::timestamp AT TIME ZONE s.time_zone <= now()) AND (p_doctor IS NULL OR s.doctor_id = p_doctor)
          ORDER BY 1 LOOP
        PERFORM 1 FROM public.doctor_profiles d WHERE d.id = doctor FOR UPDATE;
        UPDATE public.licence_submissions s SET status = 'EXPIRED'
          WHERE s.doctor_id = doctor AND s.status = 'VERIFIED' AND ((s.sip_expires_on + 1)::timestamp AT TIME ZONE s.time_zone <= now());
        GET DIAGNOSTICS changed = ROW_COUNT;
        ended := ended + changed;
        IF changed > 0 THEN
          UPDATE public.doctor_profiles d SET is_verified = false WHERE d.id = doctor AND d.is_verified
            AND NOT EXISTS (SELECT 1 FROM public.licence_submissions s
              WHERE s.doctor_id = doctor AND s.status = 'VERIFIED');
        END IF;
      END LOOP;
      RETURN ended;
    END $$;
    REVOKE ALL ON FUNCTION app_end_licences(text) FROM PUBLIC;
    COMMENT ON FUNCTION app_end_licences(text) IS 'declared f1c648526d5c90e9';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_decide_licence(
      p_doctor text, p_submission text, p_verified boolean, p_reason text, p_zone text
    ) RETURNS text LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE was_verified boolean; waiting public.licence_submissions; holds boolean; known boolean;
      admin text := current_setting('app.user_id', true);
    BEGIN
      IF current_setting('app.role', true) IS DISTINCT FROM 'ADMIN' THEN
        RETURN 'not allowed';
      END IF;
      PERFORM 1 FROM public.doctor_profiles d WHERE d.id = p_doctor FOR UPDATE;
      IF NOT FOUND THEN
        RETURN 'no doctor';
      END IF;
      PERFORM public.app_end_licences(p_doctor);
      SELECT d.is_verified INTO was_verified FROM public.doctor_profiles d WHERE d.id = p_doctor;
      SELECT s.* INTO waiting FROM public.licence_submissions s
        WHERE s.doctor_id = p_doctor AND s.status = 'SUBMITTED' FOR UPDATE;
      IF p_submission <> '' AND waiting.id IS DISTINCT FROM p_submission THEN
        RETURN 'decided';
      END IF;
      IF p_reason = '' AND (NOT p_verified OR waiting.id IS NULL) THEN
        RETURN 'no reason';
      END IF;
      IF waiting.id IS NOT NULL THEN
        waiting.time_zone := p_zone;
        IF p_verified AND ((waiting.sip_expires_on + 1)::timestamp AT TIME ZONE waiting.time_zone <= now()) THEN
          RETURN 'expired';
        END IF;
        UPDATE public.licence_submissions s
          SET status = CASE WHEN p_verified THEN 'VERIFIED' ELSE 'REJECTED' END, decided_by = admin,
            reason = nullif(p_reason, ''), time_zone = p_zone
          WHERE s.id = waiting.id;
        UPDATE public.doctor_profiles d SET is_verified = EXISTS (SELECT 1 FROM public.licence_submissions s
          WHERE s.doctor_id = p_doctor AND s.status = 'VERIFIED') WHERE d.id = p_doctor;
        RETURN 'done';
      END IF;
      SELECT count(*) > 0, coalesce(bool_or(s.status = 'VERIFIED'), false) INTO known, holds
        FROM public.licence_submissions s WHERE s.doctor_id = p_doctor;
      IF (p_verified AND was_verified AND holds) OR (NOT p_verified AND NOT was_verified AND known) THEN
        RETURN 'decided';
      END IF;
      IF holds AND NOT p_verified THEN
        UPDATE public.licence_submissions s SET status = 'REJECTED', decided_by = admin, reason = p_reason
          WHERE s.doctor_id = p_doctor AND s.status = 'VERIFIED';
      ELSE
        PERFORM public.app_write_licence_event(p_doctor, NULL, CASE WHEN p_verified THEN 'VERIFIED'
          WHEN was_verified THEN 'REVOKED' ELSE 'REJECTED' END, p_reason, NULL);
      END IF;
      UPDATE public.doctor_profiles d SET is_verified = p_verified WHERE d.id = p_doctor;
      RETURN 'done';
    END $$;
    REVOKE ALL ON FUNCTION app_decide_licence(text, text, boolean, text, text) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app_decide_licence(text, text, boolean, text, text) TO dentalization_app;
    COMMENT ON FUNCTION app_decide_licence(text, text, boolean, text, text) IS 'declared b84a3b2600b21c80';
    """)
    op.run_sql("""
    CREATE OR REPLACE FUNCTION app_watch_licences(p_zone text) RETURNS integer
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE ended integer;
    BEGIN
      IF current_setting('app.role', true) IS DISTINCT FROM 'WORKER' THEN
        RETURN 0;
      END IF;
      UPDATE public.licence_submissions s SET time_zone = p_zone
        WHERE s.status IN ('SUBMITTED', 'VERIFIED') AND s.time_zone <> p_zone;
      ended := public.app_end_licences(NULL);
      PERFORM public.app_write_licence_event(one.doctor_id, one.id, 'NOTICE', NULL, one.days)
        FROM (SELECT latest.doctor_id, latest.id, CASE WHEN left_days <= 7 THEN 7 WHEN left_days <= 30 THEN 30 WHEN left_days <= 60 THEN 60 END AS days
          FROM (SELECT DISTINCT ON (s.doctor_id) s.doctor_id, s.id,
              s.sip_expires_on - (now() AT TIME ZONE p_zone)::date AS left_days
            FROM public.licence_submissions s WHERE s.status = 'VERIFIED'
            ORDER BY s.doctor_id, s.sip_expires_on DESC) AS latest) AS one
        WHERE one.days IS NOT NULL;
      RETURN ended;
    END $$;
    REVOKE ALL ON FUNCTION app_watch_licences(text) FROM PUBLIC;
    GRANT EXECUTE ON FUNCTION app_watch_licences(text) TO dentalization_app;
    COMMENT ON FUNCTION app_watch_licences(text) IS 'declared 37e63891453ace36';
    """)
    op.run_sql("""
    CREATE OR REPLACE TRIGGER licence_submissions_keep BEFORE UPDATE OF status ON licence_submissions FOR EACH ROW EXECUTE FUNCTION app_keep_licence();
    COMMENT ON TRIGGER licence_submissions_keep ON licence_submissions IS 'declared 6ab20248b3161536';
    """)
    op.run_sql("""
    CREATE OR REPLACE TRIGGER licence_submissions_note AFTER INSERT OR UPDATE OF status ON licence_submissions FOR EACH ROW EXECUTE FUNCTION app_note_licence();
    COMMENT ON TRIGGER licence_submissions_note ON licence_submissions IS 'declared 756f2fcc719222ef';
    """)
    op.run_sql("""
    CREATE OR REPLACE TRIGGER licence_documents_take BEFORE INSERT ON licence_documents FOR EACH ROW EXECUTE FUNCTION app_take_document();
    COMMENT ON TRIGGER licence_documents_take ON licence_documents IS 'declared 0ad5c4e0580b5abd';
    """)
    op.run_sql("""
    CREATE OR REPLACE TRIGGER licence_events_keep BEFORE UPDATE OR DELETE ON licence_events FOR EACH ROW EXECUTE FUNCTION app_keep_ledger();
    COMMENT ON TRIGGER licence_events_keep ON licence_events IS 'declared f1c13d7ca1216116';
    """)
    op.run_sql("""
    CREATE OR REPLACE TRIGGER licence_events_keep_all BEFORE TRUNCATE ON licence_events FOR EACH STATEMENT EXECUTE FUNCTION app_keep_ledger();
    COMMENT ON TRIGGER licence_events_keep_all ON licence_events IS 'declared 7b53b10cbee390c4';
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'licence_submissions' LOOP
        EXECUTE format('DROP POLICY %I ON licence_submissions', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON licence_submissions FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE licence_submissions ENABLE ROW LEVEL SECURITY;
    ALTER TABLE licence_submissions FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner ON licence_submissions TO CURRENT_USER USING (true) WITH CHECK (true);
    CREATE POLICY service ON licence_submissions TO dentalization_service USING (true) WITH CHECK (true);
    CREATE POLICY app_select_1 ON licence_submissions FOR SELECT TO dentalization_app USING (doctor_id = (SELECT mine.id FROM doctor_profiles mine WHERE mine.user_id = (SELECT nullif(current_setting('app.user_id', true), ''))) OR (SELECT nullif(current_setting('app.role', true), '')) = 'ADMIN');
    CREATE POLICY app_insert_2 ON licence_submissions FOR INSERT TO dentalization_app WITH CHECK (doctor_id = (SELECT mine.id FROM doctor_profiles mine WHERE mine.user_id = (SELECT nullif(current_setting('app.user_id', true), ''))) AND status = 'SUBMITTED');
    CREATE POLICY app_update_3 ON licence_submissions FOR UPDATE TO dentalization_app USING (doctor_id = (SELECT mine.id FROM doctor_profiles mine WHERE mine.user_id = (SELECT nullif(current_setting('app.user_id', true), ''))) AND status = 'SUBMITTED') WITH CHECK (doctor_id = (SELECT mine.id FROM doctor_profiles mine WHERE mine.user_id = (SELECT nullif(current_setting('app.user_id', true), ''))) AND status = 'WITHDRAWN');
    GRANT SELECT, INSERT, UPDATE, DELETE ON licence_submissions TO dentalization_service;
    GRANT SELECT, INSERT (id, doctor_id, sip_number, sip_issuer, sip_expires_on, str_number, time_zone), UPDATE (status) ON licence_submissions TO dentalization_app;
    COMMENT ON POLICY owner ON licence_submissions IS 'declared b6f8c8bd527d339a';
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'licence_documents' LOOP
        EXECUTE format('DROP POLICY %I ON licence_documents', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON licence_documents FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE licence_documents ENABLE ROW LEVEL SECURITY;
    ALTER TABLE licence_documents FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner ON licence_documents TO CURRENT_USER USING (true) WITH CHECK (true);
    CREATE POLICY service ON licence_documents TO dentalization_service USING (true) WITH CHECK (true);
    CREATE POLICY app_select_1 ON licence_documents FOR SELECT TO dentalization_app USING ((SELECT nullif(current_setting('app.role', true), '')) = 'WORKER' OR (SELECT true FROM licence_submissions s WHERE s.id = licence_documents.submission_id));
    CREATE POLICY app_insert_2 ON licence_documents FOR INSERT TO dentalization_app WITH CHECK (EXISTS (SELECT 1 FROM licence_submissions s WHERE s.id = licence_documents.submission_id AND s.doctor_id = (SELECT mine.id FROM doctor_profiles mine WHERE mine.user_id = (SELECT nullif(current_setting('app.user_id', true), '')))));
    GRANT SELECT, INSERT, UPDATE, DELETE ON licence_documents TO dentalization_service;
    GRANT SELECT, INSERT (id, submission_id, object_key, content_type, bytes, sha256) ON licence_documents TO dentalization_app;
    COMMENT ON POLICY owner ON licence_documents IS 'declared 9ed694d2d9be27e7';
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'licence_events' LOOP
        EXECUTE format('DROP POLICY %I ON licence_events', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON licence_events FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE licence_events ENABLE ROW LEVEL SECURITY;
    ALTER TABLE licence_events FORCE ROW LEVEL SECURITY;
    CREATE POLICY owner ON licence_events TO CURRENT_USER USING (true) WITH CHECK (true);
    CREATE POLICY service ON licence_events TO dentalization_service USING (true) WITH CHECK (true);
    CREATE POLICY app_select_1 ON licence_events FOR SELECT TO dentalization_app USING (doctor_id = (SELECT mine.id FROM doctor_profiles mine WHERE mine.user_id = (SELECT nullif(current_setting('app.user_id', true), ''))) OR (SELECT nullif(current_setting('app.role', true), '')) = 'ADMIN');
    GRANT SELECT, INSERT, UPDATE, DELETE ON licence_events TO dentalization_service;
    GRANT SELECT ON licence_events TO dentalization_app;
    COMMENT ON POLICY owner ON licence_events IS 'declared f927358c0396ea7d';
    """)
    op.run_sql("DROP FUNCTION IF EXISTS app_verify_doctor(text, boolean)")


def downgrade() -> None:
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
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'licence_events' LOOP
        EXECUTE format('DROP POLICY %I ON licence_events', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON licence_events FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE licence_events NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE licence_events DISABLE ROW LEVEL SECURITY;
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'licence_documents' LOOP
        EXECUTE format('DROP POLICY %I ON licence_documents', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON licence_documents FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE licence_documents NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE licence_documents DISABLE ROW LEVEL SECURITY;
    """)
    op.run_sql("""
    DO $reset$ DECLARE p record; BEGIN
      FOR p IN SELECT policyname FROM pg_policies
          WHERE schemaname = current_schema() AND tablename = 'licence_submissions' LOOP
        EXECUTE format('DROP POLICY %I ON licence_submissions', p.policyname);
      END LOOP;
    END $reset$;
    REVOKE ALL ON licence_submissions FROM PUBLIC, dentalization_app, dentalization_service;
    ALTER TABLE licence_submissions NO FORCE ROW LEVEL SECURITY;
    ALTER TABLE licence_submissions DISABLE ROW LEVEL SECURITY;
    """)
    op.run_sql("""
    DROP TRIGGER IF EXISTS licence_events_keep_all ON licence_events;
    """)
    op.run_sql("""
    DROP TRIGGER IF EXISTS licence_events_keep ON licence_events;
    """)
    op.run_sql("""
    DROP TRIGGER IF EXISTS licence_documents_take ON licence_documents;
    """)
    op.run_sql("""
    DROP TRIGGER IF EXISTS licence_submissions_note ON licence_submissions;
    """)
    op.run_sql("""
    DROP TRIGGER IF EXISTS licence_submissions_keep ON licence_submissions;
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_watch_licences(text);
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_decide_licence(text, text, boolean, text, text);
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_end_licences(text);
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_keep_ledger();
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_take_document();
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_note_licence();
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_keep_licence();
    """)
    op.run_sql("""
    DROP FUNCTION IF EXISTS app_write_licence_event(text, text, text, text, integer);
    """)
    op.drop_index('ix_licence_documents_submission_id', table_name='licence_documents')
    op.drop_index('ix_licence_documents_object_key', table_name='licence_documents')
    op.drop_table('licence_documents')
    op.drop_index('ix_licence_submissions_verified', table_name='licence_submissions', postgresql_where=sa.text("status = 'VERIFIED'"))
    op.drop_index('ix_licence_submissions_status', table_name='licence_submissions')
    op.drop_index('ix_licence_submissions_sip_number', table_name='licence_submissions')
    op.drop_index('ix_licence_submissions_open', table_name='licence_submissions', postgresql_where=sa.text("status = 'SUBMITTED'"))
    op.drop_index('ix_licence_submissions_doctor_id', table_name='licence_submissions')
    op.drop_index('ix_licence_submissions_decided_by', table_name='licence_submissions')
    op.drop_table('licence_submissions')
    op.drop_index('ix_licence_events_notice', table_name='licence_events', postgresql_where=sa.text("step = 'NOTICE'"))
    op.drop_index('ix_licence_events_doctor_id', table_name='licence_events')
    op.drop_table('licence_events')
