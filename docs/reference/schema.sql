-- Generated from the tables; do not edit. Runs once, on an empty database of a cluster that has the group
-- roles dentalization_app and dentalization_service. Whoever runs it owns everything.
-- Real databases are made by the migrations, which also install the job queue; a test compares the two.

-- A function may call one that stands further down.
SET check_function_bodies = off;

CREATE TYPE analysis_status AS ENUM ('queued', 'running', 'done', 'failed');

CREATE TYPE appointment_status AS ENUM ('SCHEDULED', 'CONFIRMED', 'IN_PROGRESS', 'COMPLETED', 'CANCELLED', 'NO_SHOW');

CREATE TYPE diagnosis_status AS ENUM ('PENDING', 'REVIEWED', 'CONFIRMED', 'REJECTED');

CREATE TYPE review_verb AS ENUM ('CLAIMED', 'REVIEWED', 'CONFIRMED', 'REJECTED');

CREATE TYPE role AS ENUM ('PATIENT', 'DOCTOR', 'ADMIN');

CREATE TABLE idempotency_keys (
  user_id TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  result JSONB,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_idempotency_keys PRIMARY KEY (user_id, key)
);

CREATE TABLE rate_limits (
  key TEXT NOT NULL,
  hits INTEGER NOT NULL,
  window_ends_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_rate_limits PRIMARY KEY (key)
);

CREATE INDEX ix_rate_limits_window_ends_at ON rate_limits (window_ends_at);

CREATE UNLOGGED TABLE session_writes (
  session_id TEXT NOT NULL,
  position BIGINT NOT NULL,
  written_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_session_writes PRIMARY KEY (session_id)
);

CREATE TABLE users (
  id TEXT NOT NULL,
  email VARCHAR(255) NOT NULL,
  password VARCHAR(255) NOT NULL,
  role role DEFAULT 'PATIENT' NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_users PRIMARY KEY (id),
  CONSTRAINT users_email_lower_case CHECK (email = lower(email) AND email <> '')
);

CREATE UNIQUE INDEX idx_users_email ON users (email);

CREATE INDEX idx_users_role ON users (role);

CREATE TABLE doctor_profiles (
  id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  first_name TEXT NOT NULL,
  last_name TEXT NOT NULL,
  phone VARCHAR(20),
  license_number VARCHAR(50) NOT NULL,
  specialization TEXT,
  subspecialties TEXT[] DEFAULT '{}' NOT NULL,
  education TEXT,
  years_experience INTEGER,
  clinic_name TEXT,
  clinic_address TEXT,
  clinic_phone VARCHAR(20),
  profile_picture TEXT,
  profile_complete BOOLEAN DEFAULT false NOT NULL,
  is_verified BOOLEAN DEFAULT false NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_doctor_profiles PRIMARY KEY (id),
  CONSTRAINT doctor_profiles_years_experience CHECK (years_experience BETWEEN 0 AND 80),
  CONSTRAINT doctor_profiles_license_number CHECK (license_number <> ''),
  CONSTRAINT fk_doctor_profiles_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX idx_doctor_profiles_license ON doctor_profiles (license_number);

CREATE UNIQUE INDEX idx_doctor_profiles_user_id ON doctor_profiles (user_id);

CREATE INDEX ix_doctor_profiles_created_at ON doctor_profiles (created_at DESC, id DESC);

CREATE TABLE factor_challenges (
  id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  purpose TEXT NOT NULL,
  challenge TEXT NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_factor_challenges PRIMARY KEY (id),
  CONSTRAINT factor_challenges_purpose CHECK (purpose IN ('sign-in', 'enrolment')),
  CONSTRAINT fk_factor_challenges_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX idx_factor_challenges_expires_at ON factor_challenges (expires_at);

CREATE INDEX idx_factor_challenges_user_id ON factor_challenges (user_id);

CREATE TABLE passkeys (
  id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  name VARCHAR(100) NOT NULL,
  credential_id TEXT NOT NULL,
  public_key TEXT NOT NULL,
  sign_count BIGINT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  last_used_at TIMESTAMP WITH TIME ZONE,
  CONSTRAINT pk_passkeys PRIMARY KEY (id),
  CONSTRAINT passkeys_sign_count CHECK (sign_count >= 0),
  CONSTRAINT fk_passkeys_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX idx_passkeys_credential_id ON passkeys (credential_id);

CREATE INDEX idx_passkeys_user_id ON passkeys (user_id);

CREATE TABLE patient_profiles (
  id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  first_name TEXT NOT NULL,
  last_name TEXT NOT NULL,
  date_of_birth DATE,
  phone VARCHAR(20),
  address TEXT,
  emergency_contact TEXT,
  allergies TEXT,
  medications TEXT,
  medical_history TEXT,
  insurance_info TEXT,
  pain_tolerance TEXT,
  preferred_language TEXT,
  dietary_restrictions TEXT,
  smoking_status TEXT,
  dental_concerns TEXT,
  previous_dental_work TEXT,
  last_dental_visit TIMESTAMP WITH TIME ZONE,
  profile_picture TEXT,
  profile_complete BOOLEAN DEFAULT false NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_patient_profiles PRIMARY KEY (id),
  CONSTRAINT fk_patient_profiles_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX idx_patient_profiles_user_id ON patient_profiles (user_id);

CREATE TABLE recovery_codes (
  user_id TEXT NOT NULL,
  code TEXT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_recovery_codes PRIMARY KEY (user_id, code),
  CONSTRAINT fk_recovery_codes_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE sessions (
  id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  refresh_token TEXT NOT NULL,
  device_info TEXT,
  ip_address TEXT,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_sessions PRIMARY KEY (id),
  CONSTRAINT fk_sessions_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX idx_sessions_expires_at ON sessions (expires_at);

CREATE UNIQUE INDEX idx_sessions_refresh_token ON sessions (refresh_token);

CREATE INDEX idx_sessions_user_id ON sessions (user_id);

CREATE TABLE totp_factors (
  user_id TEXT NOT NULL,
  secret TEXT NOT NULL,
  last_step BIGINT DEFAULT 0 NOT NULL,
  confirmed_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_totp_factors PRIMARY KEY (user_id),
  CONSTRAINT fk_totp_factors_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE TABLE ai_diagnoses (
  id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  patient_id TEXT,
  doctor_id TEXT,
  photo_url TEXT NOT NULL,
  diagnosis TEXT NOT NULL,
  confidence FLOAT(53) NOT NULL,
  detections JSONB NOT NULL,
  metadata JSONB,
  status diagnosis_status DEFAULT 'PENDING' NOT NULL,
  notes TEXT,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_ai_diagnoses PRIMARY KEY (id),
  CONSTRAINT ai_diagnoses_confidence CHECK (confidence BETWEEN 0 AND 1),
  CONSTRAINT ai_diagnoses_diagnosis CHECK (diagnosis <> ''),
  CONSTRAINT ai_diagnoses_photo_url CHECK (photo_url <> ''),
  CONSTRAINT ai_diagnoses_detections CHECK (jsonb_typeof(detections) = 'array' AND NOT jsonb_path_exists(detections, 'strict $[*] ? (!(@.condition.type() == "string" && @.confidence >= 0 && @.confidence <= 1 && @.location.x >= 0 && @.location.y >= 0 && @.location.width > 0 && @.location.height > 0) || (@.condition.type() == "string" && @.confidence >= 0 && @.confidence <= 1 && @.location.x >= 0 && @.location.y >= 0 && @.location.width > 0 && @.location.height > 0) is unknown)', '{}', true)),
  CONSTRAINT fk_ai_diagnoses_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT fk_ai_diagnoses_patient_id FOREIGN KEY(patient_id) REFERENCES patient_profiles (id) ON DELETE SET NULL,
  CONSTRAINT fk_ai_diagnoses_doctor_id FOREIGN KEY(doctor_id) REFERENCES doctor_profiles (id) ON DELETE SET NULL
);

CREATE INDEX idx_ai_diagnoses_created_at ON ai_diagnoses (created_at DESC);

CREATE INDEX idx_ai_diagnoses_doctor_id ON ai_diagnoses (doctor_id, created_at DESC, id DESC) INCLUDE (patient_id, user_id, status);

CREATE INDEX idx_ai_diagnoses_patient_id ON ai_diagnoses (patient_id, created_at DESC, id DESC);

CREATE INDEX idx_ai_diagnoses_status ON ai_diagnoses (status);

CREATE INDEX idx_ai_diagnoses_unclaimed ON ai_diagnoses (created_at, id) WHERE status = 'PENDING' AND doctor_id IS NULL;

CREATE INDEX idx_ai_diagnoses_user_id ON ai_diagnoses (user_id);

CREATE TABLE appointments (
  id TEXT NOT NULL,
  patient_id TEXT NOT NULL,
  doctor_id TEXT NOT NULL,
  scheduled_at TIMESTAMP WITH TIME ZONE NOT NULL,
  duration INTEGER NOT NULL,
  status appointment_status DEFAULT 'SCHEDULED' NOT NULL,
  reason TEXT NOT NULL,
  notes TEXT,
  metadata JSONB,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_appointments PRIMARY KEY (id),
  CONSTRAINT appointments_duration CHECK (duration > 0),
  CONSTRAINT fk_appointments_patient_id FOREIGN KEY(patient_id) REFERENCES patient_profiles (id) ON DELETE CASCADE,
  CONSTRAINT fk_appointments_doctor_id FOREIGN KEY(doctor_id) REFERENCES doctor_profiles (id) ON DELETE CASCADE
);

CREATE INDEX idx_appointments_doctor_id ON appointments (doctor_id, scheduled_at);

CREATE INDEX idx_appointments_patient_id ON appointments (patient_id, scheduled_at);

CREATE INDEX idx_appointments_scheduled_at ON appointments (scheduled_at);

CREATE INDEX idx_appointments_status ON appointments (status);

CREATE TABLE care_relationships (
  doctor_id TEXT NOT NULL,
  patient_id TEXT NOT NULL,
  diagnoses INTEGER DEFAULT 0 NOT NULL,
  appointments INTEGER DEFAULT 0 NOT NULL,
  records INTEGER DEFAULT 0 NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_care_relationships PRIMARY KEY (doctor_id, patient_id),
  CONSTRAINT fk_care_relationships_doctor_id FOREIGN KEY(doctor_id) REFERENCES doctor_profiles (id) ON DELETE CASCADE,
  CONSTRAINT fk_care_relationships_patient_id FOREIGN KEY(patient_id) REFERENCES patient_profiles (id) ON DELETE CASCADE
);

CREATE INDEX ix_care_relationships_doctor_id ON care_relationships (doctor_id, created_at DESC, patient_id DESC);

CREATE INDEX ix_care_relationships_patient_id ON care_relationships (patient_id);

CREATE TABLE dental_photos (
  id TEXT NOT NULL,
  patient_id TEXT NOT NULL,
  photo_url TEXT NOT NULL,
  photo_type TEXT NOT NULL,
  description TEXT,
  metadata JSONB,
  taken_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_dental_photos PRIMARY KEY (id),
  CONSTRAINT dental_photos_photo_url CHECK (photo_url <> ''),
  CONSTRAINT dental_photos_photo_type CHECK (photo_type <> ''),
  CONSTRAINT fk_dental_photos_patient_id FOREIGN KEY(patient_id) REFERENCES patient_profiles (id) ON DELETE CASCADE
);

CREATE INDEX idx_dental_photos_patient_id ON dental_photos (patient_id, created_at DESC, id DESC);

CREATE TABLE medical_records (
  id TEXT NOT NULL,
  patient_id TEXT NOT NULL,
  doctor_id TEXT,
  record_type TEXT NOT NULL,
  title TEXT NOT NULL,
  description TEXT NOT NULL,
  data JSONB,
  attachments TEXT[] DEFAULT '{}' NOT NULL,
  record_date TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_medical_records PRIMARY KEY (id),
  CONSTRAINT medical_records_title CHECK (title <> ''),
  CONSTRAINT fk_medical_records_patient_id FOREIGN KEY(patient_id) REFERENCES patient_profiles (id) ON DELETE CASCADE,
  CONSTRAINT fk_medical_records_doctor_id FOREIGN KEY(doctor_id) REFERENCES doctor_profiles (id) ON DELETE SET NULL
);

CREATE INDEX idx_medical_records_doctor_id ON medical_records (doctor_id);

CREATE INDEX idx_medical_records_patient_id ON medical_records (patient_id, record_date DESC, id DESC);

CREATE TABLE session_confirmations (
  session_id TEXT NOT NULL,
  confirmed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_session_confirmations PRIMARY KEY (session_id),
  CONSTRAINT fk_session_confirmations_session_id FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE
);

CREATE TABLE spent_refresh_tokens (
  token TEXT NOT NULL,
  session_id TEXT NOT NULL,
  spent_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_spent_refresh_tokens PRIMARY KEY (token),
  CONSTRAINT fk_spent_refresh_tokens_session_id FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE
);

CREATE INDEX ix_spent_refresh_tokens_session_id ON spent_refresh_tokens (session_id);

CREATE TABLE analyses (
  id TEXT NOT NULL,
  photo_id TEXT NOT NULL,
  patient_id TEXT NOT NULL,
  requested_by TEXT NOT NULL,
  status analysis_status DEFAULT 'queued' NOT NULL,
  reason TEXT,
  diagnosis_id TEXT,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_analyses PRIMARY KEY (id),
  CONSTRAINT analyses_done_has_diagnosis CHECK ((status = 'done') = (diagnosis_id IS NOT NULL)),
  CONSTRAINT analyses_failed_has_reason CHECK ((status = 'failed') = (reason IS NOT NULL)),
  CONSTRAINT fk_analyses_photo_id FOREIGN KEY(photo_id) REFERENCES dental_photos (id) ON DELETE CASCADE,
  CONSTRAINT fk_analyses_patient_id FOREIGN KEY(patient_id) REFERENCES patient_profiles (id) ON DELETE CASCADE,
  CONSTRAINT fk_analyses_requested_by FOREIGN KEY(requested_by) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT fk_analyses_diagnosis_id FOREIGN KEY(diagnosis_id) REFERENCES ai_diagnoses (id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX ix_analyses_diagnosis_id ON analyses (diagnosis_id);

CREATE INDEX ix_analyses_patient_id ON analyses (patient_id, created_at DESC);

CREATE INDEX ix_analyses_photo_id ON analyses (photo_id, created_at DESC);

CREATE INDEX ix_analyses_requested_by ON analyses (requested_by);

CREATE UNIQUE INDEX ix_analyses_unfinished ON analyses (photo_id) WHERE status IN ('queued', 'running');

CREATE TABLE diagnosis_reviews (
  id TEXT NOT NULL,
  diagnosis_id TEXT NOT NULL,
  patient_id TEXT,
  doctor_id TEXT,
  reviewer_name TEXT NOT NULL,
  version INTEGER NOT NULL,
  verb review_verb NOT NULL,
  detections JSONB,
  notes TEXT,
  reviewed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_diagnosis_reviews PRIMARY KEY (id),
  CONSTRAINT diagnosis_reviews_version CHECK (version > 0),
  CONSTRAINT diagnosis_reviews_detections CHECK (detections IS NULL OR (jsonb_typeof(detections) = 'array' AND NOT jsonb_path_exists(detections, 'strict $[*] ? (!(@.condition.type() == "string" && @.confidence >= 0 && @.confidence <= 1 && @.location.x >= 0 && @.location.y >= 0 && @.location.width > 0 && @.location.height > 0) || (@.condition.type() == "string" && @.confidence >= 0 && @.confidence <= 1 && @.location.x >= 0 && @.location.y >= 0 && @.location.width > 0 && @.location.height > 0) is unknown)', '{}', true))),
  CONSTRAINT fk_diagnosis_reviews_diagnosis_id FOREIGN KEY(diagnosis_id) REFERENCES ai_diagnoses (id) ON DELETE CASCADE,
  CONSTRAINT fk_diagnosis_reviews_patient_id FOREIGN KEY(patient_id) REFERENCES patient_profiles (id) ON DELETE SET NULL,
  CONSTRAINT fk_diagnosis_reviews_doctor_id FOREIGN KEY(doctor_id) REFERENCES doctor_profiles (id) ON DELETE SET NULL
);

CREATE UNIQUE INDEX ix_diagnosis_reviews_diagnosis_id_version ON diagnosis_reviews (diagnosis_id, version);

CREATE INDEX ix_diagnosis_reviews_doctor_id ON diagnosis_reviews (doctor_id);

CREATE INDEX ix_diagnosis_reviews_patient_id ON diagnosis_reviews (patient_id);

CREATE INDEX ix_diagnosis_reviews_reviewed_at ON diagnosis_reviews (reviewed_at, id);

CREATE TABLE shadow_findings (
  id TEXT NOT NULL,
  diagnosis_id TEXT NOT NULL,
  model TEXT NOT NULL,
  version TEXT NOT NULL,
  digest TEXT NOT NULL,
  detections JSONB NOT NULL,
  scores JSONB NOT NULL,
  milliseconds FLOAT(53) NOT NULL,
  reason TEXT,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_shadow_findings PRIMARY KEY (id),
  CONSTRAINT shadow_findings_detections CHECK (jsonb_typeof(detections) = 'array' AND NOT jsonb_path_exists(detections, 'strict $[*] ? (!(@.condition.type() == "string" && @.confidence >= 0 && @.confidence <= 1 && @.location.x >= 0 && @.location.y >= 0 && @.location.width > 0 && @.location.height > 0) || (@.condition.type() == "string" && @.confidence >= 0 && @.confidence <= 1 && @.location.x >= 0 && @.location.y >= 0 && @.location.width > 0 && @.location.height > 0) is unknown)', '{}', true)),
  CONSTRAINT fk_shadow_findings_diagnosis_id FOREIGN KEY(diagnosis_id) REFERENCES ai_diagnoses (id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX ix_shadow_findings_diagnosis_id ON shadow_findings (diagnosis_id, model, version);

CREATE INDEX ix_shadow_findings_model ON shadow_findings (model, version, created_at);

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

CREATE OR REPLACE FUNCTION app_license_taken(p_license text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM public.doctor_profiles WHERE license_number = p_license)
$$;
REVOKE ALL ON FUNCTION app_license_taken(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app_license_taken(text) TO dentalization_app;
COMMENT ON FUNCTION app_license_taken(text) IS 'declared 49e94417d282240d';

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

CREATE OR REPLACE FUNCTION app_photo_waits(p_photo text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM public.analyses a JOIN public.ai_diagnoses d ON d.id = a.diagnosis_id
    WHERE a.photo_id = p_photo AND d.status = 'PENDING' AND d.doctor_id IS NULL)
$$;
REVOKE ALL ON FUNCTION app_photo_waits(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app_photo_waits(text) TO dentalization_app;
COMMENT ON FUNCTION app_photo_waits(text) IS 'declared 8e416087bb3b1214';

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

CREATE OR REPLACE FUNCTION app_schema_version() RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN (SELECT version_num FROM public.alembic_version);
END $$;
REVOKE ALL ON FUNCTION app_schema_version() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app_schema_version() TO dentalization_app;
COMMENT ON FUNCTION app_schema_version() IS 'declared cd825c6a6215ba92';

CREATE OR REPLACE FUNCTION app_touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at := now();
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION app_touch_updated_at() FROM PUBLIC;
COMMENT ON FUNCTION app_touch_updated_at() IS 'declared 07b34d82c3bc5c23';

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

CREATE OR REPLACE TRIGGER ai_diagnoses_care_delete AFTER DELETE ON ai_diagnoses REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION app_count_care('diagnoses');
COMMENT ON TRIGGER ai_diagnoses_care_delete ON ai_diagnoses IS 'declared 9f499c336da954db';

CREATE OR REPLACE TRIGGER ai_diagnoses_care_insert AFTER INSERT ON ai_diagnoses REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION app_count_care('diagnoses');
COMMENT ON TRIGGER ai_diagnoses_care_insert ON ai_diagnoses IS 'declared 22ba4b01ef768637';

CREATE OR REPLACE TRIGGER ai_diagnoses_care_update AFTER UPDATE OF doctor_id, patient_id ON ai_diagnoses FOR EACH ROW WHEN ((OLD.doctor_id, OLD.patient_id) IS DISTINCT FROM (NEW.doctor_id, NEW.patient_id)) EXECUTE FUNCTION app_move_care('diagnoses');
COMMENT ON TRIGGER ai_diagnoses_care_update ON ai_diagnoses IS 'declared d1c4d044515ac7ee';

CREATE OR REPLACE TRIGGER ai_diagnoses_keep BEFORE UPDATE OF status, detections ON ai_diagnoses FOR EACH ROW EXECUTE FUNCTION app_keep_diagnosis();
COMMENT ON TRIGGER ai_diagnoses_keep ON ai_diagnoses IS 'declared d8f89f2f793e41ce';

CREATE OR REPLACE TRIGGER ai_diagnoses_touch BEFORE UPDATE ON ai_diagnoses FOR EACH ROW EXECUTE FUNCTION app_touch_updated_at();
COMMENT ON TRIGGER ai_diagnoses_touch ON ai_diagnoses IS 'declared 94341de2bb7354cf';

CREATE OR REPLACE TRIGGER analyses_touch BEFORE UPDATE ON analyses FOR EACH ROW EXECUTE FUNCTION app_touch_updated_at();
COMMENT ON TRIGGER analyses_touch ON analyses IS 'declared 957bc6f5aad0b2d4';

CREATE OR REPLACE TRIGGER appointments_care_delete AFTER DELETE ON appointments REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION app_count_care('appointments');
COMMENT ON TRIGGER appointments_care_delete ON appointments IS 'declared 3c26af3d0ecef46f';

CREATE OR REPLACE TRIGGER appointments_care_insert AFTER INSERT ON appointments REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION app_count_care('appointments');
COMMENT ON TRIGGER appointments_care_insert ON appointments IS 'declared 2ac3108e57824591';

CREATE OR REPLACE TRIGGER appointments_care_update AFTER UPDATE OF doctor_id, patient_id ON appointments FOR EACH ROW WHEN ((OLD.doctor_id, OLD.patient_id) IS DISTINCT FROM (NEW.doctor_id, NEW.patient_id)) EXECUTE FUNCTION app_move_care('appointments');
COMMENT ON TRIGGER appointments_care_update ON appointments IS 'declared 55483962cd9b052a';

CREATE OR REPLACE TRIGGER appointments_touch BEFORE UPDATE ON appointments FOR EACH ROW EXECUTE FUNCTION app_touch_updated_at();
COMMENT ON TRIGGER appointments_touch ON appointments IS 'declared 7a6d9f3d8080bd1c';

CREATE OR REPLACE TRIGGER dental_photos_touch BEFORE UPDATE ON dental_photos FOR EACH ROW EXECUTE FUNCTION app_touch_updated_at();
COMMENT ON TRIGGER dental_photos_touch ON dental_photos IS 'declared df0b31202af2d191';

CREATE OR REPLACE TRIGGER doctor_profiles_touch BEFORE UPDATE ON doctor_profiles FOR EACH ROW EXECUTE FUNCTION app_touch_updated_at();
COMMENT ON TRIGGER doctor_profiles_touch ON doctor_profiles IS 'declared da3f45315bfefbf8';

CREATE OR REPLACE TRIGGER medical_records_care_delete AFTER DELETE ON medical_records REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION app_count_care('records');
COMMENT ON TRIGGER medical_records_care_delete ON medical_records IS 'declared faecedf03c3d2398';

CREATE OR REPLACE TRIGGER medical_records_care_insert AFTER INSERT ON medical_records REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION app_count_care('records');
COMMENT ON TRIGGER medical_records_care_insert ON medical_records IS 'declared 2a47f5a77bbdd3eb';

CREATE OR REPLACE TRIGGER medical_records_care_update AFTER UPDATE OF doctor_id, patient_id ON medical_records FOR EACH ROW WHEN ((OLD.doctor_id, OLD.patient_id) IS DISTINCT FROM (NEW.doctor_id, NEW.patient_id)) EXECUTE FUNCTION app_move_care('records');
COMMENT ON TRIGGER medical_records_care_update ON medical_records IS 'declared f9c7b4f114121059';

CREATE OR REPLACE TRIGGER medical_records_touch BEFORE UPDATE ON medical_records FOR EACH ROW EXECUTE FUNCTION app_touch_updated_at();
COMMENT ON TRIGGER medical_records_touch ON medical_records IS 'declared e27023897ce4e14e';

CREATE OR REPLACE TRIGGER patient_profiles_touch BEFORE UPDATE ON patient_profiles FOR EACH ROW EXECUTE FUNCTION app_touch_updated_at();
COMMENT ON TRIGGER patient_profiles_touch ON patient_profiles IS 'declared f21b8601016cb2e3';

CREATE OR REPLACE TRIGGER sessions_touch BEFORE UPDATE ON sessions FOR EACH ROW EXECUTE FUNCTION app_touch_updated_at();
COMMENT ON TRIGGER sessions_touch ON sessions IS 'declared b524ab5ad2848946';

CREATE OR REPLACE TRIGGER users_touch BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION app_touch_updated_at();
COMMENT ON TRIGGER users_touch ON users IS 'declared cd9bccb915115974';

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
