-- Generated from the tables; do not edit. Runs once, on an empty database of a cluster that has the group
-- roles dentalization_app and dentalization_service. Whoever runs it owns everything.
-- Real databases are made by the migrations, which also install the job queue; a test compares the two.

-- A function may call one that stands further down.
SET check_function_bodies = off;

CREATE TYPE analysis_status AS ENUM ('queued', 'running', 'done', 'failed');

CREATE TYPE appointment_status AS ENUM ('SCHEDULED', 'CONFIRMED', 'IN_PROGRESS', 'COMPLETED', 'CANCELLED', 'NO_SHOW');

CREATE TYPE consent_purpose AS ENUM ('TREATMENT', 'AI_ANALYSIS', 'TRAINING', 'REMINDERS', 'RESEARCH');

CREATE TYPE diagnosis_status AS ENUM ('PENDING', 'REVIEWED', 'CONFIRMED', 'REJECTED');

CREATE TYPE erasure_status AS ENUM ('requested', 'running', 'done');

CREATE TYPE mail_purpose AS ENUM ('PASSWORD_RESET', 'EMAIL_VERIFICATION', 'EMAIL_CHANGE');

CREATE TYPE review_verb AS ENUM ('CLAIMED', 'REVIEWED', 'CONFIRMED', 'REJECTED');

CREATE TYPE role AS ENUM ('PATIENT', 'DOCTOR', 'ADMIN');

CREATE TABLE audit_chains (
  chain TEXT NOT NULL,
  month DATE NOT NULL,
  rows BIGINT NOT NULL,
  hash BYTEA NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_audit_chains PRIMARY KEY (chain)
);

CREATE INDEX ix_audit_chains_month ON audit_chains (month);

CREATE TABLE audit_log (
  chain TEXT NOT NULL,
  number BIGINT NOT NULL,
  at TIMESTAMP WITH TIME ZONE NOT NULL,
  id TEXT NOT NULL,
  person TEXT NOT NULL,
  own BOOLEAN NOT NULL,
  user_id TEXT NOT NULL,
  role TEXT NOT NULL,
  session_id TEXT NOT NULL,
  address TEXT NOT NULL,
  action TEXT NOT NULL,
  kinds TEXT NOT NULL,
  why TEXT NOT NULL,
  request_id TEXT NOT NULL,
  previous BYTEA NOT NULL,
  hash BYTEA NOT NULL,
  CONSTRAINT pk_audit_log PRIMARY KEY (chain, number, at)
)
 PARTITION BY RANGE (at);

CREATE INDEX ix_audit_log_person ON audit_log (person, own, at DESC, id DESC);

CREATE INDEX ix_audit_log_user_id ON audit_log (user_id, at DESC, id DESC);

CREATE TABLE idempotency_keys (
  user_id TEXT NOT NULL,
  key TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  result JSONB,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_idempotency_keys PRIMARY KEY (user_id, key)
);

CREATE TABLE licence_events (
  id TEXT NOT NULL,
  doctor_id TEXT NOT NULL,
  submission_id TEXT,
  step TEXT NOT NULL,
  days INTEGER,
  actor_id TEXT,
  actor_role TEXT NOT NULL,
  reason TEXT,
  happened_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_licence_events PRIMARY KEY (id),
  CONSTRAINT licence_events_step CHECK (step IN ('SUBMITTED', 'DOCUMENT_ADDED', 'WITHDRAWN', 'VERIFIED', 'REJECTED', 'REVOKED', 'EXPIRED', 'NOTICE')),
  CONSTRAINT licence_events_days CHECK ((step = 'NOTICE') = (days IS NOT NULL))
);

CREATE INDEX ix_licence_events_doctor_id ON licence_events (doctor_id, happened_at DESC, id DESC);

CREATE UNIQUE INDEX ix_licence_events_notice ON licence_events (submission_id, days) WHERE step = 'NOTICE';

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

CREATE TABLE calendar_feeds (
  user_id TEXT NOT NULL,
  digest TEXT NOT NULL,
  language VARCHAR(2) NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_calendar_feeds PRIMARY KEY (user_id),
  CONSTRAINT calendar_feeds_digest CHECK (length(digest) = 64),
  CONSTRAINT fk_calendar_feeds_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX ix_calendar_feeds_digest ON calendar_feeds (digest);

CREATE TABLE consents (
  id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  purpose consent_purpose NOT NULL,
  version INTEGER NOT NULL,
  language VARCHAR(2) NOT NULL,
  granted BOOLEAN NOT NULL,
  given_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  address_digest TEXT,
  CONSTRAINT pk_consents PRIMARY KEY (id),
  CONSTRAINT consents_version CHECK (version > 0),
  CONSTRAINT fk_consents_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ix_consents_user_id ON consents (user_id, purpose, given_at DESC, id DESC);

CREATE TABLE doctor_profiles (
  id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  first_name TEXT NOT NULL,
  last_name TEXT NOT NULL,
  phone TEXT,
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
  CONSTRAINT doctor_profiles_phone CHECK (length(phone) <= 20 OR starts_with(phone, 'sealed:')),
  CONSTRAINT fk_doctor_profiles_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX idx_doctor_profiles_license ON doctor_profiles (license_number);

CREATE UNIQUE INDEX idx_doctor_profiles_user_id ON doctor_profiles (user_id);

CREATE INDEX ix_doctor_profiles_created_at ON doctor_profiles (created_at DESC, id DESC);

CREATE TABLE erasure_requests (
  id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  token TEXT NOT NULL,
  status erasure_status DEFAULT 'requested' NOT NULL,
  markers JSONB,
  objects JSONB DEFAULT '[]' NOT NULL,
  counts JSONB DEFAULT '{}' NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_erasure_requests PRIMARY KEY (id),
  CONSTRAINT fk_erasure_requests_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ix_erasure_requests_unfinished ON erasure_requests (created_at) WHERE status <> 'done';

CREATE UNIQUE INDEX ix_erasure_requests_user_id ON erasure_requests (user_id);

CREATE TABLE mail_tokens (
  id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  purpose mail_purpose NOT NULL,
  digest TEXT,
  email VARCHAR(255) NOT NULL,
  replaces VARCHAR(255),
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  used_at TIMESTAMP WITH TIME ZONE,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_mail_tokens PRIMARY KEY (id),
  CONSTRAINT mail_tokens_replaces CHECK ((purpose = 'EMAIL_CHANGE') = (replaces IS NOT NULL)),
  CONSTRAINT mail_tokens_email_lower_case CHECK (email = lower(email) AND email <> ''),
  CONSTRAINT fk_mail_tokens_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX ix_mail_tokens_digest ON mail_tokens (digest);

CREATE INDEX ix_mail_tokens_expires_at ON mail_tokens (expires_at);

CREATE INDEX ix_mail_tokens_user_id ON mail_tokens (user_id);

CREATE TABLE patient_profiles (
  id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  first_name TEXT NOT NULL,
  last_name TEXT NOT NULL,
  date_of_birth DATE,
  phone TEXT,
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
  CONSTRAINT patient_profiles_phone CHECK (length(phone) <= 20 OR starts_with(phone, 'sealed:')),
  CONSTRAINT fk_patient_profiles_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX idx_patient_profiles_user_id ON patient_profiles (user_id);

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

CREATE TABLE verified_emails (
  user_id TEXT NOT NULL,
  email VARCHAR(255) NOT NULL,
  verified_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_verified_emails PRIMARY KEY (user_id),
  CONSTRAINT fk_verified_emails_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
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
  CONSTRAINT appointments_longest CHECK (duration <= 1440),
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

CREATE TABLE doctor_schedules (
  doctor_id TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  slot_minutes INTEGER DEFAULT 30 NOT NULL,
  buffer_minutes INTEGER DEFAULT 0 NOT NULL,
  minimum_notice_minutes INTEGER DEFAULT 60 NOT NULL,
  furthest_days INTEGER DEFAULT 90 NOT NULL,
  longest_minutes INTEGER DEFAULT 120 NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_doctor_schedules PRIMARY KEY (doctor_id),
  CONSTRAINT doctor_schedules_time_zone CHECK ((timestamp '2000-01-01' AT TIME ZONE time_zone) IS NOT NULL),
  CONSTRAINT doctor_schedules_slot_minutes CHECK (slot_minutes BETWEEN 5 AND 1440),
  CONSTRAINT doctor_schedules_buffer_minutes CHECK (buffer_minutes BETWEEN 0 AND 240),
  CONSTRAINT doctor_schedules_minimum_notice_minutes CHECK (minimum_notice_minutes BETWEEN 0 AND 43200),
  CONSTRAINT doctor_schedules_furthest_days CHECK (furthest_days BETWEEN 1 AND 730),
  CONSTRAINT doctor_schedules_longest_minutes CHECK (longest_minutes BETWEEN slot_minutes AND 1440),
  CONSTRAINT fk_doctor_schedules_doctor_id FOREIGN KEY(doctor_id) REFERENCES doctor_profiles (id) ON DELETE CASCADE
);

CREATE TABLE emergency_accesses (
  id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  patient_id TEXT NOT NULL,
  reason TEXT NOT NULL,
  granted_at TIMESTAMP WITH TIME ZONE NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_emergency_accesses PRIMARY KEY (id),
  CONSTRAINT emergency_accesses_reason CHECK (length(btrim(reason)) BETWEEN 10 AND 1000),
  CONSTRAINT emergency_accesses_minutes CHECK (expires_at <= granted_at + interval '60 minutes'),
  CONSTRAINT fk_emergency_accesses_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT fk_emergency_accesses_patient_id FOREIGN KEY(patient_id) REFERENCES patient_profiles (id) ON DELETE CASCADE
);

CREATE INDEX ix_emergency_accesses_patient_id ON emergency_accesses (patient_id, user_id, expires_at);

CREATE INDEX ix_emergency_accesses_user_id ON emergency_accesses (user_id, granted_at DESC, id DESC);

CREATE TABLE erasure_reports (
  id TEXT NOT NULL,
  request_id TEXT NOT NULL,
  user_id TEXT NOT NULL,
  entries JSONB NOT NULL,
  found JSONB NOT NULL,
  digest TEXT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_erasure_reports PRIMARY KEY (id),
  CONSTRAINT fk_erasure_reports_request_id FOREIGN KEY(request_id) REFERENCES erasure_requests (id) ON DELETE CASCADE,
  CONSTRAINT fk_erasure_reports_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ix_erasure_reports_created_at ON erasure_reports (created_at DESC, id DESC);

CREATE UNIQUE INDEX ix_erasure_reports_request_id ON erasure_reports (request_id);

CREATE INDEX ix_erasure_reports_user_id ON erasure_reports (user_id);

CREATE TABLE licence_submissions (
  id TEXT NOT NULL,
  doctor_id TEXT NOT NULL,
  sip_number VARCHAR(100) NOT NULL,
  sip_issuer VARCHAR(200) NOT NULL,
  sip_expires_on DATE NOT NULL,
  str_number VARCHAR(100) NOT NULL,
  time_zone TEXT NOT NULL,
  submitted_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  status TEXT DEFAULT 'SUBMITTED' NOT NULL,
  decided_at TIMESTAMP WITH TIME ZONE,
  decided_by TEXT,
  reason TEXT,
  CONSTRAINT pk_licence_submissions PRIMARY KEY (id),
  CONSTRAINT licence_submissions_sip_number CHECK (sip_number <> ''),
  CONSTRAINT licence_submissions_sip_issuer CHECK (sip_issuer <> ''),
  CONSTRAINT licence_submissions_str_number CHECK (str_number <> ''),
  CONSTRAINT licence_submissions_status CHECK (status IN ('SUBMITTED', 'VERIFIED', 'REJECTED', 'EXPIRED', 'WITHDRAWN')),
  CONSTRAINT licence_submissions_time_zone CHECK ((timestamp '2000-01-01' AT TIME ZONE time_zone) IS NOT NULL),
  CONSTRAINT licence_submissions_decided CHECK ((status = 'SUBMITTED') = (decided_at IS NULL)),
  CONSTRAINT licence_submissions_reason CHECK (status <> 'REJECTED' OR (reason IS NOT NULL AND reason <> '')),
  CONSTRAINT fk_licence_submissions_doctor_id FOREIGN KEY(doctor_id) REFERENCES doctor_profiles (id) ON DELETE CASCADE,
  CONSTRAINT fk_licence_submissions_decided_by FOREIGN KEY(decided_by) REFERENCES users (id) ON DELETE SET NULL
);

CREATE INDEX ix_licence_submissions_decided_by ON licence_submissions (decided_by);

CREATE INDEX ix_licence_submissions_doctor_id ON licence_submissions (doctor_id, submitted_at DESC, id DESC);

CREATE UNIQUE INDEX ix_licence_submissions_open ON licence_submissions (doctor_id) WHERE status = 'SUBMITTED';

CREATE INDEX ix_licence_submissions_sip_number ON licence_submissions (sip_number);

CREATE INDEX ix_licence_submissions_status ON licence_submissions (status, submitted_at DESC, id DESC);

CREATE INDEX ix_licence_submissions_verified ON licence_submissions (doctor_id, sip_expires_on DESC) WHERE status = 'VERIFIED';

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

CREATE TABLE patient_phone_index (
  patient_id TEXT NOT NULL,
  digest TEXT NOT NULL,
  CONSTRAINT pk_patient_phone_index PRIMARY KEY (patient_id),
  CONSTRAINT fk_patient_phone_index_patient_id FOREIGN KEY(patient_id) REFERENCES patient_profiles (id) ON DELETE CASCADE
);

CREATE INDEX ix_patient_phone_index_digest ON patient_phone_index (digest);

CREATE TABLE schedule_exceptions (
  id TEXT NOT NULL,
  doctor_id TEXT NOT NULL,
  day DATE NOT NULL,
  kind TEXT NOT NULL,
  opens INTEGER,
  closes INTEGER,
  reason TEXT,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_schedule_exceptions PRIMARY KEY (id),
  CONSTRAINT schedule_exceptions_kind CHECK (kind IN ('HOLIDAY', 'LEAVE', 'EXTRA')),
  CONSTRAINT schedule_exceptions_hours CHECK ((opens IS NULL) = (closes IS NULL)),
  CONSTRAINT schedule_exceptions_session CHECK (opens IS NULL OR (opens >= 0 AND opens < closes AND closes <= 1440)),
  CONSTRAINT schedule_exceptions_extra CHECK (kind <> 'EXTRA' OR opens IS NOT NULL),
  CONSTRAINT fk_schedule_exceptions_doctor_id FOREIGN KEY(doctor_id) REFERENCES doctor_profiles (id) ON DELETE CASCADE
);

CREATE INDEX ix_schedule_exceptions_doctor_id ON schedule_exceptions (doctor_id, day, id);

CREATE TABLE spent_refresh_tokens (
  token TEXT NOT NULL,
  session_id TEXT NOT NULL,
  spent_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_spent_refresh_tokens PRIMARY KEY (token),
  CONSTRAINT fk_spent_refresh_tokens_session_id FOREIGN KEY(session_id) REFERENCES sessions (id) ON DELETE CASCADE
);

CREATE INDEX ix_spent_refresh_tokens_session_id ON spent_refresh_tokens (session_id);

CREATE TABLE working_hours (
  id TEXT NOT NULL,
  doctor_id TEXT NOT NULL,
  weekday INTEGER NOT NULL,
  opens INTEGER NOT NULL,
  closes INTEGER NOT NULL,
  CONSTRAINT pk_working_hours PRIMARY KEY (id),
  CONSTRAINT working_hours_weekday CHECK (weekday BETWEEN 1 AND 7),
  CONSTRAINT working_hours_session CHECK (opens >= 0 AND opens < closes AND closes <= 1440),
  CONSTRAINT fk_working_hours_doctor_id FOREIGN KEY(doctor_id) REFERENCES doctor_profiles (id) ON DELETE CASCADE
);

CREATE INDEX ix_working_hours_doctor_id ON working_hours (doctor_id, weekday);

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

CREATE TABLE appointment_check_ins (
  appointment_id TEXT NOT NULL,
  doctor_id TEXT NOT NULL,
  patient_id TEXT NOT NULL,
  checked_in_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_appointment_check_ins PRIMARY KEY (appointment_id),
  CONSTRAINT fk_appointment_check_ins_appointment_id FOREIGN KEY(appointment_id) REFERENCES appointments (id) ON DELETE CASCADE,
  CONSTRAINT fk_appointment_check_ins_doctor_id FOREIGN KEY(doctor_id) REFERENCES doctor_profiles (id) ON DELETE CASCADE,
  CONSTRAINT fk_appointment_check_ins_patient_id FOREIGN KEY(patient_id) REFERENCES patient_profiles (id) ON DELETE CASCADE
);

CREATE INDEX ix_appointment_check_ins_doctor_id ON appointment_check_ins (doctor_id);

CREATE INDEX ix_appointment_check_ins_patient_id ON appointment_check_ins (patient_id);

CREATE TABLE appointment_events (
  id TEXT NOT NULL,
  appointment_id TEXT NOT NULL,
  patient_id TEXT NOT NULL,
  doctor_id TEXT NOT NULL,
  step TEXT NOT NULL,
  status_before TEXT,
  status_after TEXT NOT NULL,
  scheduled_before TIMESTAMP WITH TIME ZONE,
  scheduled_after TIMESTAMP WITH TIME ZONE NOT NULL,
  duration_before INTEGER,
  duration_after INTEGER NOT NULL,
  actor_id TEXT,
  actor_role TEXT NOT NULL,
  reason TEXT,
  happened_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_appointment_events PRIMARY KEY (id),
  CONSTRAINT fk_appointment_events_appointment_id FOREIGN KEY(appointment_id) REFERENCES appointments (id) ON DELETE CASCADE,
  CONSTRAINT fk_appointment_events_patient_id FOREIGN KEY(patient_id) REFERENCES patient_profiles (id) ON DELETE CASCADE,
  CONSTRAINT fk_appointment_events_doctor_id FOREIGN KEY(doctor_id) REFERENCES doctor_profiles (id) ON DELETE CASCADE,
  CONSTRAINT fk_appointment_events_actor_id FOREIGN KEY(actor_id) REFERENCES users (id) ON DELETE SET NULL
);

CREATE INDEX ix_appointment_events_actor_id ON appointment_events (actor_id);

CREATE INDEX ix_appointment_events_appointment_id ON appointment_events (appointment_id, happened_at, id);

CREATE INDEX ix_appointment_events_doctor_id ON appointment_events (doctor_id);

CREATE INDEX ix_appointment_events_patient_id ON appointment_events (patient_id);

CREATE TABLE appointment_invitations (
  appointment_id TEXT NOT NULL,
  patient_id TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
  CONSTRAINT pk_appointment_invitations PRIMARY KEY (appointment_id),
  CONSTRAINT appointment_invitations_sequence CHECK (sequence >= 0),
  CONSTRAINT fk_appointment_invitations_appointment_id FOREIGN KEY(appointment_id) REFERENCES appointments (id) ON DELETE CASCADE,
  CONSTRAINT fk_appointment_invitations_patient_id FOREIGN KEY(patient_id) REFERENCES patient_profiles (id) ON DELETE CASCADE
);

CREATE INDEX ix_appointment_invitations_patient_id ON appointment_invitations (patient_id);

CREATE TABLE appointment_letters (
  id TEXT NOT NULL,
  appointment_id TEXT NOT NULL,
  patient_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  scheduled_at TIMESTAMP WITH TIME ZONE NOT NULL,
  duration INTEGER NOT NULL,
  due_at TIMESTAMP WITH TIME ZONE NOT NULL,
  claimed_at TIMESTAMP WITH TIME ZONE,
  settled_at TIMESTAMP WITH TIME ZONE,
  outcome TEXT,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_appointment_letters PRIMARY KEY (id),
  CONSTRAINT appointment_letters_kind CHECK (kind IN ('REQUEST', 'CANCEL', 'DAY_BEFORE', 'HOUR_BEFORE')),
  CONSTRAINT appointment_letters_settled CHECK ((settled_at IS NULL) = (outcome IS NULL)),
  CONSTRAINT fk_appointment_letters_appointment_id FOREIGN KEY(appointment_id) REFERENCES appointments (id) ON DELETE CASCADE,
  CONSTRAINT fk_appointment_letters_patient_id FOREIGN KEY(patient_id) REFERENCES patient_profiles (id) ON DELETE CASCADE
);

CREATE INDEX ix_appointment_letters_due_at ON appointment_letters (due_at) WHERE settled_at IS NULL;

CREATE INDEX ix_appointment_letters_patient_id ON appointment_letters (patient_id);

CREATE INDEX ix_appointment_letters_scheduled_at ON appointment_letters (scheduled_at);

CREATE UNIQUE INDEX uq_appointment_letters ON appointment_letters (appointment_id, sequence, kind);

CREATE TABLE appointment_overbookings (
  id TEXT NOT NULL,
  appointment_id TEXT NOT NULL,
  doctor_id TEXT NOT NULL,
  patient_id TEXT NOT NULL,
  user_id TEXT,
  reason TEXT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_appointment_overbookings PRIMARY KEY (id),
  CONSTRAINT fk_appointment_overbookings_appointment_id FOREIGN KEY(appointment_id) REFERENCES appointments (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT fk_appointment_overbookings_doctor_id FOREIGN KEY(doctor_id) REFERENCES doctor_profiles (id) ON DELETE CASCADE,
  CONSTRAINT fk_appointment_overbookings_patient_id FOREIGN KEY(patient_id) REFERENCES patient_profiles (id) ON DELETE CASCADE,
  CONSTRAINT fk_appointment_overbookings_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE SET NULL
);

CREATE INDEX ix_appointment_overbookings_appointment_id ON appointment_overbookings (appointment_id);

CREATE INDEX ix_appointment_overbookings_doctor_id ON appointment_overbookings (doctor_id);

CREATE INDEX ix_appointment_overbookings_patient_id ON appointment_overbookings (patient_id);

CREATE INDEX ix_appointment_overbookings_user_id ON appointment_overbookings (user_id);

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

CREATE TABLE licence_documents (
  id TEXT NOT NULL,
  submission_id TEXT NOT NULL,
  object_key TEXT NOT NULL,
  content_type TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
  CONSTRAINT pk_licence_documents PRIMARY KEY (id),
  CONSTRAINT licence_documents_content_type CHECK (content_type IN ('application/pdf', 'image/jpeg', 'image/png')),
  CONSTRAINT licence_documents_bytes CHECK (bytes BETWEEN 1 AND 10485760),
  CONSTRAINT licence_documents_sha256 CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  CONSTRAINT fk_licence_documents_submission_id FOREIGN KEY(submission_id) REFERENCES licence_submissions (id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX ix_licence_documents_object_key ON licence_documents (object_key);

CREATE UNIQUE INDEX ix_licence_documents_submission_id ON licence_documents (submission_id, sha256);

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

CREATE OR REPLACE FUNCTION app_append_audit(p_chain text, p_first bigint, p_previous bytea, p_rows jsonb) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE written bigint := jsonb_array_length(p_rows);
  month date := date_trunc('month', (p_rows -> 0 ->> 'at')::timestamptz AT TIME ZONE 'UTC')::date;
  ending bytea := decode(p_rows -> -1 ->> 'hash', 'hex');
BEGIN
  PERFORM public.app_make_audit_partition(month);
  IF p_first = 1 THEN
    INSERT INTO public.audit_chains (chain, month, rows, hash) VALUES (p_chain, month, written, ending);
  ELSE
    UPDATE public.audit_chains c SET rows = c.rows + written, hash = ending, updated_at = now()
      WHERE c.chain = p_chain AND c.rows = p_first - 1 AND c.hash = p_previous;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'chain % does not end at %', p_chain, p_first - 1;
    END IF;
  END IF;
  INSERT INTO public.audit_log (chain, number, at, id, person, own, user_id, role, session_id, address,
    action, kinds, why, request_id, previous, hash)
  SELECT p_chain, p_first + n - 1, given.at, given.id, given.person, given.own, given.user_id, given.role,
    given.session_id, given.address, given.action, given.kinds, given.why, given.request_id,
    coalesce(lag(decode(given.hash, 'hex')) OVER (ORDER BY n), p_previous), decode(given.hash, 'hex')
  FROM ROWS FROM (jsonb_to_recordset(p_rows) AS (id text, at timestamptz, person text, own boolean,
    user_id text, role text, session_id text, address text, action text, kinds text, why text,
    request_id text, hash text)) WITH ORDINALITY AS given(id, at, person, own, user_id, role, session_id,
    address, action, kinds, why, request_id, hash, n);
  RETURN written;
END $$;
REVOKE ALL ON FUNCTION app_append_audit(text, bigint, bytea, jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app_append_audit(text, bigint, bytea, jsonb) TO dentalization_app;
COMMENT ON FUNCTION app_append_audit(text, bigint, bytea, jsonb) IS 'declared 2dfe2503cbd18b12';

CREATE OR REPLACE FUNCTION app_ask_password_reset(p_id text, p_email text, p_expires timestamptz) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  INSERT INTO public.mail_tokens (id, user_id, purpose, email, expires_at)
  SELECT p_id, u.id, 'PASSWORD_RESET', u.email, p_expires FROM public.users u WHERE u.email = p_email
$$;
REVOKE ALL ON FUNCTION app_ask_password_reset(text, text, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app_ask_password_reset(text, text, timestamptz) TO dentalization_app;
COMMENT ON FUNCTION app_ask_password_reset(text, text, timestamptz) IS 'declared c45a6f3b63b45047';

CREATE OR REPLACE FUNCTION app_booking_terms(p_doctor text, p_patient text, p_at timestamptz, p_minutes integer, p_moving text)
RETURNS TABLE (practises boolean, allowed boolean, now timestamptz, scheduled boolean,
  minimum_notice_minutes integer, furthest_days integer, longest_minutes integer, is_open boolean,
  doctor_busy boolean, patient_busy boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
  v_end timestamptz := p_at + make_interval(mins => p_minutes);
  v_allowed boolean := p_patient = nullif(current_setting('app.patient_id', true), '')
    OR (p_doctor = nullif(current_setting('app.doctor_id', true), '')
      AND EXISTS (SELECT 1 FROM public.care_relationships care
        WHERE care.doctor_id = p_doctor AND care.patient_id = p_patient));
BEGIN
  RETURN QUERY WITH 
  calendar AS (
    SELECT s.* FROM public.doctor_schedules s WHERE s.doctor_id = p_doctor
  ),
  days AS (
    SELECT d.day::date AS day, c.time_zone,
      (d.day AT TIME ZONE c.time_zone) - interval '3 hours' AS before,
      ((d.day + interval '1 day') AT TIME ZONE c.time_zone) + interval '3 hours' AS after
    FROM calendar c, generate_series((p_at AT TIME ZONE c.time_zone)::date::timestamp,
      (v_end AT TIME ZONE c.time_zone)::date::timestamp, interval '1 day') AS d (day)
  ),
  offsets AS (
    SELECT d.*, (d.before AT TIME ZONE d.time_zone) - (d.before AT TIME ZONE 'UTC') AS old,
      (d.after AT TIME ZONE d.time_zone) - (d.after AT TIME ZONE 'UTC') AS new
    FROM days d
  ),
  turns AS (
    SELECT o.*, CASE WHEN o.old <> o.new THEN (
      SELECT min(t.at) FROM generate_series(o.before, o.after, interval '15 minutes') AS t (at)
      WHERE (t.at AT TIME ZONE o.time_zone) - (t.at AT TIME ZONE 'UTC') <> o.old) END AS turn
    FROM offsets o
  ),
  exceptions AS (
    SELECT e.day,
      range_agg(int4range(coalesce(e.opens, 0), coalesce(e.closes, 1440))) FILTER (WHERE e.kind <> 'EXTRA')
        AS closed,
      range_agg(int4range(e.opens, e.closes)) FILTER (WHERE e.kind = 'EXTRA') AS extra
    FROM public.schedule_exceptions e
    WHERE e.doctor_id = p_doctor AND e.day >= (p_at)::date - 2 AND e.day <= (v_end)::date + 2
    GROUP BY e.day
  ),
  weekdays AS (
    SELECT h.weekday, range_agg(int4range(h.opens, h.closes)) AS hours
    FROM public.working_hours h WHERE h.doctor_id = p_doctor GROUP BY h.weekday
  ),
  minutes AS (
    SELECT t.day, t.old, t.new, t.turn, unnest(coalesce(w.hours, '{}'::int4multirange)
      - coalesce(e.closed, '{}'::int4multirange) + coalesce(e.extra, '{}'::int4multirange)) AS open
    FROM turns t LEFT JOIN weekdays w ON w.weekday = extract(isodow FROM t.day)
      LEFT JOIN exceptions e ON e.day = t.day
  ),
  open_days AS (
    SELECT m.day, range_agg(part.open) AS open FROM minutes m,
      LATERAL (SELECT m.day + make_interval(mins => lower(m.open)) AS opens,
        m.day + make_interval(mins => upper(m.open)) AS closes) AS wall,
      LATERAL (VALUES
        (tstzrange((wall.opens - m.old) AT TIME ZONE 'UTC', (wall.closes - m.old) AT TIME ZONE 'UTC')
          * tstzrange(NULL, m.turn)),
        (CASE WHEN m.turn IS NOT NULL THEN
          tstzrange((wall.opens - m.new) AT TIME ZONE 'UTC', (wall.closes - m.new) AT TIME ZONE 'UTC')
            * tstzrange(m.turn, NULL) END)) AS part (open)
    WHERE NOT isempty(part.open) GROUP BY m.day
  )
  SELECT public.app_practises(d.id), coalesce(v_allowed, false), now(), c.doctor_id IS NOT NULL,
    coalesce(c.minimum_notice_minutes, 0), coalesce(c.furthest_days, 0), coalesce(c.longest_minutes, 0),
    coalesce(tstzrange(p_at, v_end) <@ (SELECT range_agg(one.open)
      FROM open_days o, LATERAL unnest(o.open) AS one (open)), false),
    EXISTS (SELECT 1 FROM public.appointments a
      WHERE a.doctor_id = p_doctor AND a.id IS DISTINCT FROM p_moving AND a.status IN ('SCHEDULED', 'CONFIRMED', 'IN_PROGRESS')
        AND a.scheduled_at > p_at - interval '2 days' AND a.scheduled_at < v_end + interval '1 day'
        AND tstzrange(a.scheduled_at - make_interval(mins => coalesce(c.buffer_minutes, 0)),
          a.scheduled_at + make_interval(mins => a.duration + coalesce(c.buffer_minutes, 0)))
          && tstzrange(p_at, v_end)),
    coalesce(v_allowed, false) AND EXISTS (SELECT 1 FROM public.appointments a
      WHERE a.patient_id = p_patient AND a.id IS DISTINCT FROM p_moving AND a.status IN ('SCHEDULED', 'CONFIRMED', 'IN_PROGRESS')
        AND a.scheduled_at > p_at - interval '1 day' AND a.scheduled_at < v_end
        AND public.appointment_span(a.scheduled_at, a.duration) && tstzrange(p_at, v_end))
  FROM public.doctor_profiles d LEFT JOIN calendar c ON c.doctor_id = d.id WHERE d.id = p_doctor;
END $$;
REVOKE ALL ON FUNCTION app_booking_terms(text, text, timestamptz, integer, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app_booking_terms(text, text, timestamptz, integer, text) TO dentalization_app;
COMMENT ON FUNCTION app_booking_terms(text, text, timestamptz, integer, text) IS 'declared 8ee9ca7fb16c8e62';

CREATE OR REPLACE FUNCTION app_calendar_feed(p_digest text) RETURNS TABLE (
  user_id text, role text, language text, own_patient_id text, own_doctor_id text, id text, patient_id text,
  scheduled_at timestamptz, duration integer, sequence integer, changed_at timestamptz, initials text,
  first_name text, last_name text, clinic_name text, clinic_address text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT f.user_id, u.role::text, f.language::text, own.id, doctor.id, a.id, a.patient_id, a.scheduled_at,
    a.duration, coalesce(i.sequence, 0), coalesce(i.changed_at, a.created_at),
    CASE WHEN doctor.id IS NOT NULL THEN concat(left(p.first_name, 1), '.', left(p.last_name, 1), '.') END,
    d.first_name::text, d.last_name::text, d.clinic_name::text, d.clinic_address::text
  FROM public.calendar_feeds f
  JOIN public.users u ON u.id = f.user_id
  LEFT JOIN public.patient_profiles own ON own.user_id = u.id
  LEFT JOIN public.doctor_profiles doctor ON doctor.user_id = u.id AND public.app_practises(doctor.id)
  LEFT JOIN LATERAL (
    SELECT b.* FROM public.appointments b
    WHERE (b.patient_id = own.id OR b.doctor_id = doctor.id)
      AND b.status IN ('SCHEDULED', 'CONFIRMED', 'IN_PROGRESS', 'COMPLETED')
      AND b.scheduled_at > now() - interval '30 days'
    ORDER BY b.scheduled_at, b.id LIMIT 1000) a ON true
  LEFT JOIN public.appointment_invitations i ON i.appointment_id = a.id
  LEFT JOIN public.patient_profiles p ON p.id = a.patient_id
  LEFT JOIN public.doctor_profiles d ON d.id = a.doctor_id
  WHERE f.digest = p_digest
  ORDER BY a.scheduled_at, a.id
$$;
REVOKE ALL ON FUNCTION app_calendar_feed(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app_calendar_feed(text) TO dentalization_app;
COMMENT ON FUNCTION app_calendar_feed(text) IS 'declared d9118d7ad9b7157a';

CREATE OR REPLACE FUNCTION app_claim_appointment_letter(p_letter text) RETURNS TABLE (
  claimed boolean, id text, appointment_id text, kind text, sequence integer, changed_at timestamptz,
  scheduled_at timestamptz, duration integer, time_zone text, email text, language text,
  first_name text, last_name text, clinic_name text, clinic_address text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE v_letter public.appointment_letters; v_claimed boolean;
BEGIN
  IF coalesce(current_setting('app.role', true), '') <> 'WORKER' THEN
    RETURN;
  END IF;
  SELECT l.* INTO v_letter FROM public.appointment_letters l
    WHERE l.id = p_letter AND l.settled_at IS NULL AND l.scheduled_at > now() FOR UPDATE;
  IF v_letter.id IS NULL THEN
    RETURN;
  END IF;
  v_claimed := coalesce(
    v_letter.claimed_at NOT BETWEEN clock_timestamp() - interval '45 seconds'
      AND clock_timestamp(), true);
  IF v_letter.kind IN ('DAY_BEFORE', 'HOUR_BEFORE') AND NOT EXISTS (
      SELECT 1 FROM public.app_consented(ARRAY[v_letter.patient_id], 'REMINDERS')) THEN
    UPDATE public.appointment_letters l SET settled_at = now(), outcome = 'NOT_WANTED'
      WHERE l.id = p_letter;
    RETURN;
  END IF;
  IF v_claimed THEN
    UPDATE public.appointment_letters l SET claimed_at = clock_timestamp() WHERE l.id = p_letter;
  END IF;
  RETURN QUERY SELECT v_claimed, v_letter.id, v_letter.appointment_id, v_letter.kind, v_letter.sequence,
      i.changed_at, v_letter.scheduled_at, v_letter.duration, s.time_zone, u.email::text,
      coalesce((SELECT c.language::text FROM public.consents c WHERE c.user_id = u.id
        ORDER BY c.given_at DESC, c.id DESC LIMIT 1), 'en'),
      d.first_name::text, d.last_name::text, d.clinic_name::text, d.clinic_address::text
    FROM public.appointments a
    JOIN public.appointment_invitations i ON i.appointment_id = a.id
    JOIN public.patient_profiles p ON p.id = a.patient_id
    JOIN public.users u ON u.id = p.user_id
    JOIN public.doctor_profiles d ON d.id = a.doctor_id
    LEFT JOIN public.doctor_schedules s ON s.doctor_id = a.doctor_id
    WHERE a.id = v_letter.appointment_id;
END $$;
REVOKE ALL ON FUNCTION app_claim_appointment_letter(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app_claim_appointment_letter(text) TO dentalization_app;
COMMENT ON FUNCTION app_claim_appointment_letter(text) IS 'declared bcb8948ffe87e9ef';

CREATE OR REPLACE FUNCTION app_confirm_email(p_digest text) RETURNS TABLE (id text, purpose public.mail_purpose, email text)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE token public.mail_tokens := public.app_use_mail_token(
  p_digest, ARRAY['EMAIL_VERIFICATION', 'EMAIL_CHANGE']::public.mail_purpose[]);
BEGIN
  IF token.id IS NULL THEN
    RETURN;
  END IF;
  IF token.purpose = 'EMAIL_CHANGE' THEN
    UPDATE public.users u SET email = token.email WHERE u.id = token.user_id;
  END IF;
  INSERT INTO public.verified_emails AS v (user_id, email) VALUES (token.user_id, token.email)
    ON CONFLICT (user_id) DO UPDATE SET email = excluded.email, verified_at = now();
  RETURN QUERY SELECT token.id, token.purpose, token.email::text;
END $$;
REVOKE ALL ON FUNCTION app_confirm_email(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app_confirm_email(text) TO dentalization_app;
COMMENT ON FUNCTION app_confirm_email(text) IS 'declared 149139c0abe8a6ca';

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

CREATE OR REPLACE FUNCTION app_count_care() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE counter text := TG_ARGV[0];
  counted text := coalesce('status <> ' || quote_literal(TG_ARGV[1]), 'true');
BEGIN
  IF TG_OP = 'INSERT' THEN
    EXECUTE format('INSERT INTO public.care_relationships AS c (doctor_id, patient_id, %1$I)
      SELECT doctor_id, patient_id, count(*) FROM changed_rows
      WHERE doctor_id IS NOT NULL AND patient_id IS NOT NULL AND %2$s GROUP BY 1, 2 ORDER BY 1, 2
      ON CONFLICT (doctor_id, patient_id) DO UPDATE SET %1$I = c.%1$I + excluded.%1$I', counter, counted);
  ELSE
    EXECUTE format('UPDATE public.care_relationships c SET %1$I = c.%1$I - gone.n
      FROM (SELECT doctor_id, patient_id, count(*) AS n FROM changed_rows WHERE %2$s GROUP BY 1, 2) AS gone
      WHERE c.doctor_id = gone.doctor_id AND c.patient_id = gone.patient_id', counter, counted);
    DELETE FROM public.care_relationships c USING changed_rows g
      WHERE c.doctor_id = g.doctor_id AND c.patient_id = g.patient_id
        AND c.diagnoses <= 0 AND c.appointments <= 0 AND c.records <= 0;
  END IF;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION app_count_care() FROM PUBLIC;
COMMENT ON FUNCTION app_count_care() IS 'declared 25aebb35b0193de0';

CREATE OR REPLACE FUNCTION app_day_begins(p_doctor text, p_day date) RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT p_day::timestamp AT TIME ZONE coalesce(
    (SELECT s.time_zone FROM public.doctor_schedules s WHERE s.doctor_id = p_doctor), 'UTC')
$$;
REVOKE ALL ON FUNCTION app_day_begins(text, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app_day_begins(text, date) TO dentalization_app;
COMMENT ON FUNCTION app_day_begins(text, date) IS 'declared 55f071eabf1b8fea';

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

CREATE OR REPLACE FUNCTION app_end_emergency(p_id text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  UPDATE public.emergency_accesses SET expires_at = now()
    WHERE id = p_id AND user_id = nullif(current_setting('app.user_id', true), '') AND expires_at > now();
  RETURN FOUND;
END $$;
REVOKE ALL ON FUNCTION app_end_emergency(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app_end_emergency(text) TO dentalization_app;
COMMENT ON FUNCTION app_end_emergency(text) IS 'declared 02f954c226f26439';

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
  DELETE FROM public.appointment_letters WHERE patient_id = v_patient;
  GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
  v_counts := v_counts || jsonb_build_object('appointment-letters', coalesce((v_counts->>'appointment-letters')::integer, 0) + v_rows);
  DELETE FROM public.appointment_invitations WHERE patient_id = v_patient;
  GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
  v_counts := v_counts || jsonb_build_object('appointment-versions', coalesce((v_counts->>'appointment-versions')::integer, 0) + v_rows);
  DELETE FROM public.calendar_feeds WHERE user_id = v_user;
  GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
  v_counts := v_counts || jsonb_build_object('calendar-feed', coalesce((v_counts->>'calendar-feed')::integer, 0) + v_rows);
  DELETE FROM public.appointment_check_ins WHERE patient_id = v_patient;
  GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
  v_counts := v_counts || jsonb_build_object('check-ins', coalesce((v_counts->>'check-ins')::integer, 0) + v_rows);
  v_rows := 0;
  IF v_first THEN
    UPDATE public.appointment_events SET reason = app_scrubbed(reason, v_markers) WHERE patient_id = v_patient;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
  END IF;
  v_counts := v_counts || jsonb_build_object('appointment-history', coalesce((v_counts->>'appointment-history')::integer, 0) + v_rows);
  v_rows := 0;
  IF v_first THEN
    UPDATE public.appointment_overbookings SET reason = app_scrubbed(reason, v_markers) WHERE patient_id = v_patient;
    GET DIAGNOSTICS v_rows = ROW_COUNT;
  END IF;
  v_counts := v_counts || jsonb_build_object('overbookings', coalesce((v_counts->>'overbookings')::integer, 0) + v_rows);
  DELETE FROM public.schedule_exceptions WHERE doctor_id = v_doctor;
  GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
  v_counts := v_counts || jsonb_build_object('days-off', coalesce((v_counts->>'days-off')::integer, 0) + v_rows);
  DELETE FROM public.working_hours WHERE doctor_id = v_doctor;
  GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
  v_counts := v_counts || jsonb_build_object('working-hours', coalesce((v_counts->>'working-hours')::integer, 0) + v_rows);
  DELETE FROM public.doctor_schedules WHERE doctor_id = v_doctor;
  GET DIAGNOSTICS v_rows = ROW_COUNT; v_deleted := v_deleted + v_rows;
  v_counts := v_counts || jsonb_build_object('calendar', coalesce((v_counts->>'calendar')::integer, 0) + v_rows);
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
COMMENT ON FUNCTION app_erase_person(text) IS 'declared df5de267001b6b41';

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
  UNION ALL SELECT 'appointment_events.reason', id, reason FROM public.appointment_events WHERE (patient_id = v_patient) AND reason IS NOT NULL
  UNION ALL SELECT 'appointment_overbookings.reason', id, reason FROM public.appointment_overbookings WHERE (patient_id = v_patient) AND reason IS NOT NULL
  UNION ALL SELECT 'medical_records.description', id, description FROM public.medical_records WHERE (patient_id = v_patient) AND description IS NOT NULL;
END $$;
REVOKE ALL ON FUNCTION app_erasure_texts(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app_erasure_texts(text) TO dentalization_app;
COMMENT ON FUNCTION app_erasure_texts(text) IS 'declared 1185f47667231b5e';

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

CREATE OR REPLACE FUNCTION app_free_slots(
  p_doctor text, p_begin timestamptz, p_end timestamptz, p_minutes integer, p_most integer
) RETURNS TABLE (scheduled_at timestamptz, duration integer)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
  IF coalesce(current_setting('app.user_id', true), '') = '' OR NOT public.app_practises(p_doctor) THEN
    RETURN;
  END IF;
  p_begin := greatest(p_begin, now());
  p_end := least(p_end, p_begin + interval '61 days');
  IF p_end <= p_begin OR p_minutes < 1 THEN
    RETURN;
  END IF;
  RETURN QUERY 
  WITH 
  calendar AS (
    SELECT s.* FROM public.doctor_schedules s WHERE s.doctor_id = p_doctor
  ),
  days AS (
    SELECT d.day::date AS day, c.time_zone,
      (d.day AT TIME ZONE c.time_zone) - interval '3 hours' AS before,
      ((d.day + interval '1 day') AT TIME ZONE c.time_zone) + interval '3 hours' AS after
    FROM calendar c, generate_series((p_begin AT TIME ZONE c.time_zone)::date::timestamp,
      (p_end AT TIME ZONE c.time_zone)::date::timestamp, interval '1 day') AS d (day)
  ),
  offsets AS (
    SELECT d.*, (d.before AT TIME ZONE d.time_zone) - (d.before AT TIME ZONE 'UTC') AS old,
      (d.after AT TIME ZONE d.time_zone) - (d.after AT TIME ZONE 'UTC') AS new
    FROM days d
  ),
  turns AS (
    SELECT o.*, CASE WHEN o.old <> o.new THEN (
      SELECT min(t.at) FROM generate_series(o.before, o.after, interval '15 minutes') AS t (at)
      WHERE (t.at AT TIME ZONE o.time_zone) - (t.at AT TIME ZONE 'UTC') <> o.old) END AS turn
    FROM offsets o
  ),
  exceptions AS (
    SELECT e.day,
      range_agg(int4range(coalesce(e.opens, 0), coalesce(e.closes, 1440))) FILTER (WHERE e.kind <> 'EXTRA')
        AS closed,
      range_agg(int4range(e.opens, e.closes)) FILTER (WHERE e.kind = 'EXTRA') AS extra
    FROM public.schedule_exceptions e
    WHERE e.doctor_id = p_doctor AND e.day >= (p_begin)::date - 2 AND e.day <= (p_end)::date + 2
    GROUP BY e.day
  ),
  weekdays AS (
    SELECT h.weekday, range_agg(int4range(h.opens, h.closes)) AS hours
    FROM public.working_hours h WHERE h.doctor_id = p_doctor GROUP BY h.weekday
  ),
  minutes AS (
    SELECT t.day, t.old, t.new, t.turn, unnest(coalesce(w.hours, '{}'::int4multirange)
      - coalesce(e.closed, '{}'::int4multirange) + coalesce(e.extra, '{}'::int4multirange)) AS open
    FROM turns t LEFT JOIN weekdays w ON w.weekday = extract(isodow FROM t.day)
      LEFT JOIN exceptions e ON e.day = t.day
  ),
  open_days AS (
    SELECT m.day, range_agg(part.open) AS open FROM minutes m,
      LATERAL (SELECT m.day + make_interval(mins => lower(m.open)) AS opens,
        m.day + make_interval(mins => upper(m.open)) AS closes) AS wall,
      LATERAL (VALUES
        (tstzrange((wall.opens - m.old) AT TIME ZONE 'UTC', (wall.closes - m.old) AT TIME ZONE 'UTC')
          * tstzrange(NULL, m.turn)),
        (CASE WHEN m.turn IS NOT NULL THEN
          tstzrange((wall.opens - m.new) AT TIME ZONE 'UTC', (wall.closes - m.new) AT TIME ZONE 'UTC')
            * tstzrange(m.turn, NULL) END)) AS part (open)
    WHERE NOT isempty(part.open) GROUP BY m.day
  ),
  busy AS MATERIALIZED (
    SELECT coalesce(range_agg(tstzrange(a.scheduled_at - make_interval(mins => c.buffer_minutes),
      a.scheduled_at + make_interval(mins => a.duration + c.buffer_minutes))),
      '{}'::tstzmultirange) AS busy
    FROM calendar c JOIN public.appointments a ON a.doctor_id = c.doctor_id
    WHERE a.doctor_id = p_doctor AND a.scheduled_at > p_begin - interval '2 days'
      AND a.scheduled_at < p_end + interval '2 days' AND a.status IN ('SCHEDULED', 'CONFIRMED', 'IN_PROGRESS')
  )
  SELECT slot.at AS scheduled_at, wanted.minutes AS duration
  FROM calendar c CROSS JOIN busy b CROSS JOIN open_days o,
    LATERAL (SELECT coalesce(p_minutes, c.slot_minutes) AS minutes) AS wanted,
    LATERAL unnest(o.open) AS session,
    LATERAL generate_series(lower(session), upper(session) - make_interval(mins => wanted.minutes),
      make_interval(mins => c.slot_minutes + c.buffer_minutes)) AS slot (at)
  WHERE slot.at >= p_begin AND slot.at < p_end
    AND slot.at > now() AND slot.at >= now() + make_interval(mins => c.minimum_notice_minutes)
    AND slot.at <= now() + make_interval(hours => 24 * c.furthest_days)
    AND NOT b.busy && tstzrange(slot.at, slot.at + make_interval(mins => wanted.minutes))
  ORDER BY 1 LIMIT p_most;
END $$;
REVOKE ALL ON FUNCTION app_free_slots(text, timestamptz, timestamptz, integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app_free_slots(text, timestamptz, timestamptz, integer, integer) TO dentalization_app;
COMMENT ON FUNCTION app_free_slots(text, timestamptz, timestamptz, integer, integer) IS 'declared c5545dcf72e0406c';

CREATE OR REPLACE FUNCTION app_guard_appointment() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  IF TG_OP = 'INSERT' AND coalesce(current_setting('app.role', true), '') <> ''
      AND NOT public.app_practises(NEW.doctor_id) THEN
    RAISE EXCEPTION 'this doctor does not practise'
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'appointments_doctor_practises';
  END IF;
  IF NOT (NEW.status IN ('SCHEDULED', 'CONFIRMED', 'IN_PROGRESS')) THEN
    RETURN NEW;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    IF OLD.status IN ('SCHEDULED', 'CONFIRMED', 'IN_PROGRESS')
        AND (OLD.doctor_id, OLD.patient_id, OLD.scheduled_at, OLD.duration, coalesce(OLD.metadata @> '{"overbooked": true}', false))
          = (NEW.doctor_id, NEW.patient_id, NEW.scheduled_at, NEW.duration, coalesce(NEW.metadata @> '{"overbooked": true}', false)) THEN
      RETURN NEW;
    END IF;
  END IF;
  PERFORM public.app_lock_calendar(NEW.doctor_id, NEW.patient_id);
  IF coalesce(NEW.metadata @> '{"overbooked": true}', false) THEN
    IF NOT EXISTS (SELECT 1 FROM public.appointment_overbookings o WHERE o.appointment_id = NEW.id
        AND o.doctor_id = NEW.doctor_id AND o.patient_id = NEW.patient_id AND o.created_at = now()) THEN
      RAISE EXCEPTION 'an overbooking has a reason of its doctor'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'appointments_overbooking_reason';
    END IF;
  ELSIF EXISTS (SELECT 1 FROM public.appointments a
      WHERE a.doctor_id = NEW.doctor_id AND a.id <> NEW.id AND a.status IN ('SCHEDULED', 'CONFIRMED', 'IN_PROGRESS') AND coalesce(a.metadata @> '{"overbooked": true}', false)
        AND a.scheduled_at > NEW.scheduled_at - interval '1 day'
        AND a.scheduled_at < NEW.scheduled_at + make_interval(mins => NEW.duration)
        AND public.appointment_span(a.scheduled_at, a.duration)
          && public.appointment_span(NEW.scheduled_at, NEW.duration)) THEN
    RAISE EXCEPTION 'an overbooked appointment has this time'
      USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'appointments_doctor_overlap';
  END IF;
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION app_guard_appointment() FROM PUBLIC;
COMMENT ON FUNCTION app_guard_appointment() IS 'declared 4c4da9db7f41a5fc';

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

CREATE OR REPLACE FUNCTION app_keep_appointment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  v_moved boolean := (OLD.scheduled_at, OLD.duration) <> (NEW.scheduled_at, NEW.duration);
  v_role text := coalesce(current_setting('app.role', true), '');
BEGIN
  IF NEW.status <> OLD.status THEN
    IF (OLD.status::text, NEW.status::text) NOT IN (('CONFIRMED', 'CANCELLED'), ('CONFIRMED', 'IN_PROGRESS'), ('CONFIRMED', 'NO_SHOW'), ('CONFIRMED', 'SCHEDULED'), ('IN_PROGRESS', 'COMPLETED'), ('SCHEDULED', 'CANCELLED'), ('SCHEDULED', 'CONFIRMED'), ('SCHEDULED', 'IN_PROGRESS'), ('SCHEDULED', 'NO_SHOW'))
        OR (NEW.status = 'SCHEDULED' AND NOT v_moved) THEN
      RAISE EXCEPTION 'status % cannot become %', OLD.status, NEW.status
        USING ERRCODE = 'check_violation', CONSTRAINT = 'appointments_status_transition';
    END IF;
    IF v_role <> '' AND (OLD.status::text, NEW.status::text, v_role) NOT IN (('CONFIRMED', 'CANCELLED', 'DOCTOR'), ('CONFIRMED', 'CANCELLED', 'PATIENT'), ('CONFIRMED', 'IN_PROGRESS', 'DOCTOR'), ('CONFIRMED', 'NO_SHOW', 'DOCTOR'), ('CONFIRMED', 'SCHEDULED', 'DOCTOR'), ('CONFIRMED', 'SCHEDULED', 'PATIENT'), ('IN_PROGRESS', 'COMPLETED', 'DOCTOR'), ('SCHEDULED', 'CANCELLED', 'DOCTOR'), ('SCHEDULED', 'CANCELLED', 'PATIENT'), ('SCHEDULED', 'CONFIRMED', 'DOCTOR'), ('SCHEDULED', 'IN_PROGRESS', 'DOCTOR'), ('SCHEDULED', 'NO_SHOW', 'DOCTOR')) THEN
      RAISE EXCEPTION 'a % does not do this', v_role
        USING ERRCODE = 'check_violation', CONSTRAINT = 'appointments_status_who';
    END IF;
  END IF;
  IF v_moved AND (OLD.status NOT IN ('SCHEDULED', 'CONFIRMED') OR NEW.status <> 'SCHEDULED') THEN
    RAISE EXCEPTION 'this appointment cannot move'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'appointments_moved';
  END IF;
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION app_keep_appointment() FROM PUBLIC;
COMMENT ON FUNCTION app_keep_appointment() IS 'declared 6f4ac59338136f22';

CREATE OR REPLACE FUNCTION app_keep_appointment_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF to_jsonb(NEW) - 'reason' - 'actor_id' <> to_jsonb(OLD) - 'reason' - 'actor_id'
      OR NEW.actor_id <> OLD.actor_id THEN
    RAISE EXCEPTION 'the history is only added to'
      USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'appointment_events_append_only';
  END IF;
  RETURN NEW;
END $$;
REVOKE ALL ON FUNCTION app_keep_appointment_event() FROM PUBLIC;
COMMENT ON FUNCTION app_keep_appointment_event() IS 'declared fd8ebc93338e4e8f';

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

CREATE OR REPLACE FUNCTION app_keep_ledger() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the ledger is only added to'
    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'licence_events_append_only';
END $$;
REVOKE ALL ON FUNCTION app_keep_ledger() FROM PUBLIC;
COMMENT ON FUNCTION app_keep_ledger() IS 'declared a43b4628af2dfec8';

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

CREATE OR REPLACE FUNCTION app_left_appointment_letters() RETURNS TABLE (id text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT l.id FROM public.appointment_letters l
  WHERE current_setting('app.role', true) = 'WORKER' AND l.settled_at IS NULL
    AND l.due_at < now() - interval '5 minutes' AND l.scheduled_at > now()
    AND NOT EXISTS (SELECT 1 FROM public.procrastinate_jobs j
      WHERE j.lock = 'appointment letter ' || l.id AND j.status IN ('todo', 'doing'))
  ORDER BY l.due_at LIMIT 1000
$$;
REVOKE ALL ON FUNCTION app_left_appointment_letters() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app_left_appointment_letters() TO dentalization_app;
COMMENT ON FUNCTION app_left_appointment_letters() IS 'declared 52dcdb5e153bb10e';

CREATE OR REPLACE FUNCTION app_license_taken(p_license text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM public.doctor_profiles WHERE license_number = p_license)
$$;
REVOKE ALL ON FUNCTION app_license_taken(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app_license_taken(text) TO dentalization_app;
COMMENT ON FUNCTION app_license_taken(text) IS 'declared 49e94417d282240d';

CREATE OR REPLACE FUNCTION app_lock_calendar(p_doctor text, p_patient text) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(5101, hashtext(p_doctor) & 511);
  IF p_patient IS NOT NULL THEN
    PERFORM pg_advisory_xact_lock(5102, hashtext(p_patient) & 511);
  END IF;
  RETURN true;
END $$;
REVOKE ALL ON FUNCTION app_lock_calendar(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app_lock_calendar(text, text) TO dentalization_app;
COMMENT ON FUNCTION app_lock_calendar(text, text) IS 'declared f81196bab2b406e9';

CREATE OR REPLACE FUNCTION app_make_audit_partition(p_month date) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE month date := date_trunc('month', p_month)::date;
  name text := 'audit_log_' || to_char(month, 'YYYYMM');
BEGIN
  IF to_regclass('public.' || name) IS NOT NULL THEN
    RETURN false;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtext('app_make_audit_partition'));
  BEGIN
    EXECUTE format('CREATE TABLE public.%I PARTITION OF public.audit_log FOR VALUES FROM (%L) TO (%L)',
      name, month::timestamp AT TIME ZONE 'UTC', (month + interval '1 month')::timestamp AT TIME ZONE 'UTC');
    EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', name);
    EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', name);
    EXECUTE format('CREATE POLICY owner ON public.%I TO CURRENT_USER USING (true) WITH CHECK (true)', name);
    EXECUTE format('REVOKE ALL ON public.%I FROM PUBLIC, dentalization_app, dentalization_service', name);
  EXCEPTION WHEN duplicate_table THEN
    RETURN false;
  END;
  RETURN true;
END $$;
REVOKE ALL ON FUNCTION app_make_audit_partition(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app_make_audit_partition(date) TO dentalization_app;
COMMENT ON FUNCTION app_make_audit_partition(date) IS 'declared 0aeca165e23a6010';

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

CREATE OR REPLACE FUNCTION app_marker_hits(p_table text, p_markers text[]) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE v_counts text; v_patterns text[]; v_found jsonb;
BEGIN
  SELECT array_agg('%' || regexp_replace(one, '([%_\\])', '\\\1', 'g') || '%') INTO v_patterns
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

CREATE OR REPLACE FUNCTION app_move_care() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE counter text := TG_ARGV[0]; uncounted text := coalesce(TG_ARGV[1], '');
BEGIN
  IF OLD.doctor_id IS NOT NULL AND OLD.patient_id IS NOT NULL
      AND coalesce(to_jsonb(OLD)->>'status', '-') <> uncounted THEN
    EXECUTE format('UPDATE public.care_relationships SET %1$I = %1$I - 1
      WHERE doctor_id = $1 AND patient_id = $2', counter) USING OLD.doctor_id, OLD.patient_id;
    DELETE FROM public.care_relationships c
      WHERE c.doctor_id = OLD.doctor_id AND c.patient_id = OLD.patient_id
        AND c.diagnoses <= 0 AND c.appointments <= 0 AND c.records <= 0;
  END IF;
  IF NEW.doctor_id IS NOT NULL AND NEW.patient_id IS NOT NULL
      AND coalesce(to_jsonb(NEW)->>'status', '-') <> uncounted THEN
    EXECUTE format('INSERT INTO public.care_relationships AS c (doctor_id, patient_id, %1$I)
      VALUES ($1, $2, 1)
      ON CONFLICT (doctor_id, patient_id) DO UPDATE SET %1$I = c.%1$I + 1', counter)
      USING NEW.doctor_id, NEW.patient_id;
  END IF;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION app_move_care() FROM PUBLIC;
COMMENT ON FUNCTION app_move_care() IS 'declared af8fd3c0f563fa41';

CREATE OR REPLACE FUNCTION app_note_appointment() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO public.appointment_events (id, appointment_id, patient_id, doctor_id, step, status_before, status_after, scheduled_before, scheduled_after, duration_before, duration_after, actor_id, actor_role)
  VALUES ('c' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 24), NEW.id, NEW.patient_id, NEW.doctor_id,
    CASE WHEN (OLD.scheduled_at, OLD.duration) <> (NEW.scheduled_at, NEW.duration)
        THEN 'RESCHEDULED'
      WHEN NEW.status = 'IN_PROGRESS' THEN 'STARTED' ELSE NEW.status::text END,
    OLD.status, NEW.status, OLD.scheduled_at, NEW.scheduled_at, OLD.duration, NEW.duration, nullif(current_setting('app.user_id', true), ''), coalesce(nullif(current_setting('app.role', true), ''), 'OWNER'));
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION app_note_appointment() FROM PUBLIC;
COMMENT ON FUNCTION app_note_appointment() IS 'declared f88d4be34c7b2f5d';

CREATE OR REPLACE FUNCTION app_note_bookings() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO public.appointment_events (id, appointment_id, patient_id, doctor_id, step, status_before, status_after, scheduled_before, scheduled_after, duration_before, duration_after, actor_id, actor_role)
  SELECT 'c' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 24), b.id, b.patient_id, b.doctor_id, 'BOOKED', NULL, b.status, NULL, b.scheduled_at,
    NULL, b.duration, nullif(current_setting('app.user_id', true), ''), coalesce(nullif(current_setting('app.role', true), ''), 'OWNER') FROM booked_rows b;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION app_note_bookings() FROM PUBLIC;
COMMENT ON FUNCTION app_note_bookings() IS 'declared 11bb52e8576f0960';

CREATE OR REPLACE FUNCTION app_note_check_in() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO public.appointment_events (id, appointment_id, patient_id, doctor_id, step, status_before, status_after, scheduled_before, scheduled_after, duration_before, duration_after, actor_id, actor_role)
  SELECT 'c' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 24), a.id, a.patient_id, a.doctor_id, 'CHECKED_IN', a.status, a.status,
    a.scheduled_at, a.scheduled_at, a.duration, a.duration, nullif(current_setting('app.user_id', true), ''), coalesce(nullif(current_setting('app.role', true), ''), 'OWNER')
  FROM public.appointments a WHERE a.id = NEW.appointment_id;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION app_note_check_in() FROM PUBLIC;
COMMENT ON FUNCTION app_note_check_in() IS 'declared 4a7f9af8479626f6';

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

CREATE OR REPLACE FUNCTION app_open_emergency(p_id text, p_patient text, p_email text, p_reason text) RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE patient text;
BEGIN
  IF nullif(current_setting('app.role', true), '') IS DISTINCT FROM 'ADMIN' THEN
    RETURN NULL;
  END IF;
  SELECT p.id INTO patient FROM public.patient_profiles p JOIN public.users u ON u.id = p.user_id
    WHERE p.id = p_patient OR u.email = p_email;
  IF patient IS NULL THEN
    RETURN NULL;
  END IF;
  INSERT INTO public.emergency_accesses (id, user_id, patient_id, reason, granted_at, expires_at)
  VALUES (p_id, current_setting('app.user_id'), patient, btrim(p_reason), now(),
    now() + interval '60 minutes');
  RETURN patient;
END $$;
REVOKE ALL ON FUNCTION app_open_emergency(text, text, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app_open_emergency(text, text, text, text) TO dentalization_app;
COMMENT ON FUNCTION app_open_emergency(text, text, text, text) IS 'declared 38beb6e203c065f2';

CREATE OR REPLACE FUNCTION app_open_mail_token(p_digest text) RETURNS TABLE (purpose public.mail_purpose, email text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT t.purpose, t.email FROM public.mail_tokens t JOIN public.users u ON u.id = t.user_id
  WHERE t.digest = p_digest AND t.used_at IS NULL AND t.expires_at > now()
    AND u.email = coalesce(t.replaces, t.email)
$$;
REVOKE ALL ON FUNCTION app_open_mail_token(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app_open_mail_token(text) TO dentalization_app;
COMMENT ON FUNCTION app_open_mail_token(text) IS 'declared b09a27456a74315b';

CREATE OR REPLACE FUNCTION app_photo_waits(p_photo text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM public.analyses a JOIN public.ai_diagnoses d ON d.id = a.diagnosis_id
    WHERE a.photo_id = p_photo AND d.status = 'PENDING' AND d.doctor_id IS NULL)
$$;
REVOKE ALL ON FUNCTION app_photo_waits(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app_photo_waits(text) TO dentalization_app;
COMMENT ON FUNCTION app_photo_waits(text) IS 'declared 8e416087bb3b1214';

CREATE OR REPLACE FUNCTION app_practises(p_doctor text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM public.doctor_profiles d WHERE d.id = p_doctor AND d.is_verified
    AND coalesce((SELECT (s.sip_expires_on + 1)::timestamp AT TIME ZONE s.time_zone > now()
      FROM public.licence_submissions s WHERE s.doctor_id = d.id AND s.status = 'VERIFIED'
      ORDER BY s.sip_expires_on DESC LIMIT 1), true))
$$;
REVOKE ALL ON FUNCTION app_practises(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app_practises(text) TO dentalization_app;
COMMENT ON FUNCTION app_practises(text) IS 'declared ccef2e001a604225';

CREATE OR REPLACE FUNCTION app_put_erased(p_request text, p_place text, p_id text, p_old text, p_new text) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE v_rows integer;
BEGIN
  IF p_place NOT IN ('ai_diagnoses.notes', 'diagnosis_reviews.notes', 'appointments.reason', 'appointments.notes', 'appointment_events.reason', 'appointment_overbookings.reason', 'medical_records.description') OR NOT EXISTS (SELECT 1 FROM public.app_erasure_texts(p_request) t
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
COMMENT ON FUNCTION app_put_erased(text, text, text, text, text) IS 'declared 10e2273d36872b5a';

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

CREATE OR REPLACE FUNCTION app_use_mail_token(p_digest text, p_purposes public.mail_purpose[]) RETURNS public.mail_tokens
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE token public.mail_tokens;
BEGIN
  PERFORM 1 FROM public.users u
    WHERE u.id = (SELECT t.user_id FROM public.mail_tokens t WHERE t.digest = p_digest) FOR UPDATE;
  UPDATE public.mail_tokens t SET used_at = now() FROM public.users u
    WHERE t.digest = p_digest AND t.purpose = ANY (p_purposes) AND t.used_at IS NULL
      AND t.expires_at > now() AND u.id = t.user_id AND u.email = coalesce(t.replaces, t.email)
    RETURNING t.* INTO token;
  UPDATE public.mail_tokens t SET used_at = now()
    WHERE t.user_id = token.user_id AND t.purpose = ANY (p_purposes) AND t.used_at IS NULL;
  RETURN token;
END $$;
REVOKE ALL ON FUNCTION app_use_mail_token(text, mail_purpose[]) FROM PUBLIC;
COMMENT ON FUNCTION app_use_mail_token(text, mail_purpose[]) IS 'declared a53ed26ebdef75b2';

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

CREATE OR REPLACE FUNCTION app_write_appointment_letters() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  v_coming boolean := NEW.status IN ('SCHEDULED', 'CONFIRMED') AND NEW.scheduled_at > now();
  v_kind text;
  v_sequence integer;
  v_letter public.appointment_letters;
BEGIN
  IF TG_OP = 'INSERT' THEN
    IF v_coming THEN
      v_kind := 'REQUEST';
    END IF;
  ELSIF (OLD.scheduled_at, OLD.duration) <> (NEW.scheduled_at, NEW.duration) THEN
    v_kind := 'REQUEST';
  ELSIF NEW.status = 'CANCELLED' AND OLD.status <> 'CANCELLED' THEN
    v_kind := 'CANCEL';
  ELSIF v_coming THEN
    RETURN NULL;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    DELETE FROM public.appointment_letters l WHERE l.appointment_id = NEW.id AND l.settled_at IS NULL;
  END IF;
  IF v_kind IS NULL THEN
    RETURN NULL;
  END IF;
  INSERT INTO public.appointment_invitations AS i (appointment_id, patient_id, sequence, changed_at)
    VALUES (NEW.id, NEW.patient_id, CASE TG_OP WHEN 'INSERT' THEN 0 ELSE 1 END, now())
    ON CONFLICT (appointment_id) DO UPDATE
      SET sequence = i.sequence + 1, changed_at = greatest(i.changed_at, now())
    RETURNING i.sequence INTO v_sequence;
  IF NEW.scheduled_at <= now() THEN
    RETURN NULL;
  END IF;
  FOR v_letter IN
    INSERT INTO public.appointment_letters
      (id, appointment_id, patient_id, kind, sequence, scheduled_at, duration, due_at)
    SELECT 'c' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 24), NEW.id, NEW.patient_id, d.kind, v_sequence, NEW.scheduled_at, NEW.duration, d.due_at
    FROM (SELECT v_kind AS kind, now() AS due_at
      UNION ALL SELECT r.kind, NEW.scheduled_at - r.ahead
        FROM (VALUES ('DAY_BEFORE', interval '86400 seconds'), ('HOUR_BEFORE', interval '3600 seconds')) AS r (kind, ahead)
        WHERE v_coming AND NEW.scheduled_at - r.ahead > now()) AS d
    RETURNING *
  LOOP
    PERFORM public.procrastinate_defer_jobs_v1(ARRAY[ROW('default', 'appointments.letter', 0,
      'appointment letter ' || v_letter.id, NULL, jsonb_build_object('letter_id', v_letter.id),
      nullif(v_letter.due_at, now()))::public.procrastinate_job_to_defer_v1]);
  END LOOP;
  RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION app_write_appointment_letters() FROM PUBLIC;
COMMENT ON FUNCTION app_write_appointment_letters() IS 'declared 6f088a9dd75a9749';

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

CREATE OR REPLACE FUNCTION appointment_span(p_at timestamptz, p_minutes integer) RETURNS tstzrange
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT tstzrange(p_at, p_at + make_interval(mins => p_minutes), '[)')
$$;
REVOKE ALL ON FUNCTION appointment_span(timestamptz, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION appointment_span(timestamptz, integer) TO dentalization_app, dentalization_service;
COMMENT ON FUNCTION appointment_span(timestamptz, integer) IS 'declared ef3472dfb58cfdb9';

CREATE EXTENSION IF NOT EXISTS btree_gist;
ALTER TABLE appointments DROP CONSTRAINT IF EXISTS appointments_doctor_overlap;
ALTER TABLE appointments ADD CONSTRAINT appointments_doctor_overlap EXCLUDE USING gist (doctor_id WITH =, appointment_span(scheduled_at, duration) WITH &&) WHERE (status IN ('SCHEDULED', 'CONFIRMED', 'IN_PROGRESS') AND NOT coalesce(metadata @> '{"overbooked": true}', false));
COMMENT ON CONSTRAINT appointments_doctor_overlap ON appointments IS 'declared b5a2d7e008353e60';

CREATE EXTENSION IF NOT EXISTS btree_gist;
ALTER TABLE appointments DROP CONSTRAINT IF EXISTS appointments_patient_overlap;
ALTER TABLE appointments ADD CONSTRAINT appointments_patient_overlap EXCLUDE USING gist (patient_id WITH =, appointment_span(scheduled_at, duration) WITH &&) WHERE (status IN ('SCHEDULED', 'CONFIRMED', 'IN_PROGRESS'));
COMMENT ON CONSTRAINT appointments_patient_overlap ON appointments IS 'declared a7301e8d9104a964';

CREATE EXTENSION IF NOT EXISTS btree_gist;
ALTER TABLE working_hours DROP CONSTRAINT IF EXISTS working_hours_overlap;
ALTER TABLE working_hours ADD CONSTRAINT working_hours_overlap EXCLUDE USING gist (doctor_id WITH =, weekday WITH =, int4range(opens, closes) WITH &&);
COMMENT ON CONSTRAINT working_hours_overlap ON working_hours IS 'declared 1a480f8f658d6911';

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

CREATE OR REPLACE TRIGGER appointment_check_ins_note AFTER INSERT ON appointment_check_ins FOR EACH ROW EXECUTE FUNCTION app_note_check_in();
COMMENT ON TRIGGER appointment_check_ins_note ON appointment_check_ins IS 'declared dde04fda6fefcd41';

CREATE OR REPLACE TRIGGER appointment_events_keep BEFORE UPDATE ON appointment_events FOR EACH ROW EXECUTE FUNCTION app_keep_appointment_event();
COMMENT ON TRIGGER appointment_events_keep ON appointment_events IS 'declared cc6b18b967a8f37c';

CREATE OR REPLACE TRIGGER appointments_care_delete AFTER DELETE ON appointments REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION app_count_care('appointments', 'CANCELLED');
COMMENT ON TRIGGER appointments_care_delete ON appointments IS 'declared 5c009482f5515b69';

CREATE OR REPLACE TRIGGER appointments_care_insert AFTER INSERT ON appointments REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION app_count_care('appointments', 'CANCELLED');
COMMENT ON TRIGGER appointments_care_insert ON appointments IS 'declared a36e40718cab68a7';

CREATE OR REPLACE TRIGGER appointments_care_update AFTER UPDATE OF doctor_id, patient_id, status ON appointments FOR EACH ROW WHEN ((OLD.doctor_id, OLD.patient_id, OLD.status = 'CANCELLED') IS DISTINCT FROM (NEW.doctor_id, NEW.patient_id, NEW.status = 'CANCELLED')) EXECUTE FUNCTION app_move_care('appointments', 'CANCELLED');
COMMENT ON TRIGGER appointments_care_update ON appointments IS 'declared fc50ff9401f5719f';

CREATE OR REPLACE TRIGGER appointments_guard BEFORE INSERT OR UPDATE ON appointments FOR EACH ROW EXECUTE FUNCTION app_guard_appointment();
COMMENT ON TRIGGER appointments_guard ON appointments IS 'declared 89b3d5f69f080510';

CREATE OR REPLACE TRIGGER appointments_keep BEFORE UPDATE OF status, scheduled_at, duration ON appointments FOR EACH ROW EXECUTE FUNCTION app_keep_appointment();
COMMENT ON TRIGGER appointments_keep ON appointments IS 'declared f1192f271a7dbbfc';

CREATE OR REPLACE TRIGGER appointments_letters AFTER INSERT OR UPDATE OF status, scheduled_at, duration ON appointments FOR EACH ROW EXECUTE FUNCTION app_write_appointment_letters();
COMMENT ON TRIGGER appointments_letters ON appointments IS 'declared cd5280f75878266d';

CREATE OR REPLACE TRIGGER appointments_note AFTER UPDATE OF status, scheduled_at, duration ON appointments FOR EACH ROW WHEN ((OLD.status, OLD.scheduled_at, OLD.duration) IS DISTINCT FROM (NEW.status, NEW.scheduled_at, NEW.duration)) EXECUTE FUNCTION app_note_appointment();
COMMENT ON TRIGGER appointments_note ON appointments IS 'declared 5868381a5e2b411f';

CREATE OR REPLACE TRIGGER appointments_note_booking AFTER INSERT ON appointments REFERENCING NEW TABLE AS booked_rows FOR EACH STATEMENT WHEN (current_setting('app.role', true) <> '') EXECUTE FUNCTION app_note_bookings();
COMMENT ON TRIGGER appointments_note_booking ON appointments IS 'declared b603ae069244dd89';

CREATE OR REPLACE TRIGGER appointments_touch BEFORE UPDATE ON appointments FOR EACH ROW EXECUTE FUNCTION app_touch_updated_at();
COMMENT ON TRIGGER appointments_touch ON appointments IS 'declared 7a6d9f3d8080bd1c';

CREATE OR REPLACE TRIGGER dental_photos_touch BEFORE UPDATE ON dental_photos FOR EACH ROW EXECUTE FUNCTION app_touch_updated_at();
COMMENT ON TRIGGER dental_photos_touch ON dental_photos IS 'declared df0b31202af2d191';

CREATE OR REPLACE TRIGGER doctor_profiles_touch BEFORE UPDATE ON doctor_profiles FOR EACH ROW EXECUTE FUNCTION app_touch_updated_at();
COMMENT ON TRIGGER doctor_profiles_touch ON doctor_profiles IS 'declared da3f45315bfefbf8';

CREATE OR REPLACE TRIGGER doctor_schedules_touch BEFORE UPDATE ON doctor_schedules FOR EACH ROW EXECUTE FUNCTION app_touch_updated_at();
COMMENT ON TRIGGER doctor_schedules_touch ON doctor_schedules IS 'declared 9aae6dc9a7941502';

CREATE OR REPLACE TRIGGER erasure_requests_touch BEFORE UPDATE ON erasure_requests FOR EACH ROW EXECUTE FUNCTION app_touch_updated_at();
COMMENT ON TRIGGER erasure_requests_touch ON erasure_requests IS 'declared 0d26c8350c25a467';

CREATE OR REPLACE TRIGGER licence_documents_take BEFORE INSERT ON licence_documents FOR EACH ROW EXECUTE FUNCTION app_take_document();
COMMENT ON TRIGGER licence_documents_take ON licence_documents IS 'declared 0ad5c4e0580b5abd';

CREATE OR REPLACE TRIGGER licence_events_keep BEFORE UPDATE OR DELETE ON licence_events FOR EACH ROW EXECUTE FUNCTION app_keep_ledger();
COMMENT ON TRIGGER licence_events_keep ON licence_events IS 'declared f1c13d7ca1216116';

CREATE OR REPLACE TRIGGER licence_events_keep_all BEFORE TRUNCATE ON licence_events FOR EACH STATEMENT EXECUTE FUNCTION app_keep_ledger();
COMMENT ON TRIGGER licence_events_keep_all ON licence_events IS 'declared 7b53b10cbee390c4';

CREATE OR REPLACE TRIGGER licence_submissions_keep BEFORE UPDATE OF status ON licence_submissions FOR EACH ROW EXECUTE FUNCTION app_keep_licence();
COMMENT ON TRIGGER licence_submissions_keep ON licence_submissions IS 'declared 6ab20248b3161536';

CREATE OR REPLACE TRIGGER licence_submissions_note AFTER INSERT OR UPDATE OF status ON licence_submissions FOR EACH ROW EXECUTE FUNCTION app_note_licence();
COMMENT ON TRIGGER licence_submissions_note ON licence_submissions IS 'declared 756f2fcc719222ef';

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
CREATE POLICY app_select_1 ON ai_diagnoses FOR SELECT TO dentalization_app USING (patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')) OR doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) OR user_id = (SELECT nullif(current_setting('app.user_id', true), '')) OR (status = 'PENDING' AND doctor_id IS NULL AND (SELECT nullif(current_setting('app.doctor_id', true), '')) IS NOT NULL) OR EXISTS (SELECT 1 FROM care_relationships care WHERE care.doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) AND care.patient_id = ai_diagnoses.patient_id) OR ((SELECT nullif(current_setting('app.role', true), '')) = 'ADMIN' AND EXISTS (SELECT 1 FROM emergency_accesses emergency WHERE emergency.patient_id = ai_diagnoses.patient_id AND emergency.user_id = (SELECT nullif(current_setting('app.user_id', true), '')) AND emergency.expires_at > now())) OR (SELECT nullif(current_setting('app.role', true), '')) = 'WORKER');
CREATE POLICY app_insert_2 ON ai_diagnoses FOR INSERT TO dentalization_app WITH CHECK ((SELECT nullif(current_setting('app.role', true), '')) = 'WORKER');
CREATE POLICY app_update_3 ON ai_diagnoses FOR UPDATE TO dentalization_app USING ((status = 'PENDING' AND doctor_id IS NULL AND (SELECT nullif(current_setting('app.doctor_id', true), '')) IS NOT NULL) OR doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), ''))) WITH CHECK (doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')));
GRANT SELECT, INSERT, UPDATE, DELETE ON ai_diagnoses TO dentalization_service;
GRANT SELECT, INSERT, UPDATE (doctor_id, status, notes) ON ai_diagnoses TO dentalization_app;
COMMENT ON POLICY owner ON ai_diagnoses IS 'declared 129dd3d277153cf7';

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
CREATE POLICY app_select_1 ON analyses FOR SELECT TO dentalization_app USING (patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')) OR EXISTS (SELECT 1 FROM care_relationships care WHERE care.doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) AND care.patient_id = analyses.patient_id) OR ((SELECT nullif(current_setting('app.role', true), '')) = 'ADMIN' AND EXISTS (SELECT 1 FROM emergency_accesses emergency WHERE emergency.patient_id = analyses.patient_id AND emergency.user_id = (SELECT nullif(current_setting('app.user_id', true), '')) AND emergency.expires_at > now())) OR (SELECT nullif(current_setting('app.role', true), '')) = 'WORKER');
CREATE POLICY app_insert_2 ON analyses FOR INSERT TO dentalization_app WITH CHECK (requested_by = (SELECT nullif(current_setting('app.user_id', true), '')) AND status = 'queued' AND (patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')) OR EXISTS (SELECT 1 FROM care_relationships care WHERE care.doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) AND care.patient_id = analyses.patient_id)));
CREATE POLICY app_update_3 ON analyses FOR UPDATE TO dentalization_app USING ((patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')) OR EXISTS (SELECT 1 FROM care_relationships care WHERE care.doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) AND care.patient_id = analyses.patient_id)) AND status = 'failed') WITH CHECK (status = 'queued');
CREATE POLICY app_update_4 ON analyses FOR UPDATE TO dentalization_app USING ((SELECT nullif(current_setting('app.role', true), '')) = 'WORKER') WITH CHECK ((SELECT nullif(current_setting('app.role', true), '')) = 'WORKER');
GRANT SELECT, INSERT, UPDATE, DELETE ON analyses TO dentalization_service;
GRANT SELECT, INSERT, UPDATE (status, reason, diagnosis_id) ON analyses TO dentalization_app;
COMMENT ON POLICY owner ON analyses IS 'declared 8d4cb5a744991897';

DO $reset$ DECLARE p record; BEGIN
  FOR p IN SELECT policyname FROM pg_policies
      WHERE schemaname = current_schema() AND tablename = 'appointment_check_ins' LOOP
    EXECUTE format('DROP POLICY %I ON appointment_check_ins', p.policyname);
  END LOOP;
END $reset$;
REVOKE ALL ON appointment_check_ins FROM PUBLIC, dentalization_app, dentalization_service;
ALTER TABLE appointment_check_ins ENABLE ROW LEVEL SECURITY;
ALTER TABLE appointment_check_ins FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON appointment_check_ins TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY service ON appointment_check_ins TO dentalization_service USING (true) WITH CHECK (true);
CREATE POLICY app_select_1 ON appointment_check_ins FOR SELECT TO dentalization_app USING (patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')) OR doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) OR EXISTS (SELECT 1 FROM care_relationships care WHERE care.doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) AND care.patient_id = appointment_check_ins.patient_id) OR ((SELECT nullif(current_setting('app.role', true), '')) = 'ADMIN' AND EXISTS (SELECT 1 FROM emergency_accesses emergency WHERE emergency.patient_id = appointment_check_ins.patient_id AND emergency.user_id = (SELECT nullif(current_setting('app.user_id', true), '')) AND emergency.expires_at > now())));
CREATE POLICY app_insert_2 ON appointment_check_ins FOR INSERT TO dentalization_app WITH CHECK ((patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')) OR doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), ''))) AND EXISTS (SELECT 1 FROM appointments a WHERE a.id = appointment_check_ins.appointment_id AND a.status IN ('SCHEDULED', 'CONFIRMED') AND a.doctor_id = appointment_check_ins.doctor_id AND a.patient_id = appointment_check_ins.patient_id));
GRANT SELECT, INSERT, UPDATE, DELETE ON appointment_check_ins TO dentalization_service;
GRANT SELECT, INSERT ON appointment_check_ins TO dentalization_app;
COMMENT ON POLICY owner ON appointment_check_ins IS 'declared 202875708c0b54c4';

DO $reset$ DECLARE p record; BEGIN
  FOR p IN SELECT policyname FROM pg_policies
      WHERE schemaname = current_schema() AND tablename = 'appointment_events' LOOP
    EXECUTE format('DROP POLICY %I ON appointment_events', p.policyname);
  END LOOP;
END $reset$;
REVOKE ALL ON appointment_events FROM PUBLIC, dentalization_app, dentalization_service;
ALTER TABLE appointment_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE appointment_events FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON appointment_events TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY service ON appointment_events TO dentalization_service USING (true) WITH CHECK (true);
CREATE POLICY app_select_1 ON appointment_events FOR SELECT TO dentalization_app USING (patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')) OR doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) OR EXISTS (SELECT 1 FROM care_relationships care WHERE care.doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) AND care.patient_id = appointment_events.patient_id) OR ((SELECT nullif(current_setting('app.role', true), '')) = 'ADMIN' AND EXISTS (SELECT 1 FROM emergency_accesses emergency WHERE emergency.patient_id = appointment_events.patient_id AND emergency.user_id = (SELECT nullif(current_setting('app.user_id', true), '')) AND emergency.expires_at > now())));
CREATE POLICY app_update_2 ON appointment_events FOR UPDATE TO dentalization_app USING (actor_id = (SELECT nullif(current_setting('app.user_id', true), '')) AND happened_at = now() AND reason IS NULL) WITH CHECK (actor_id = (SELECT nullif(current_setting('app.user_id', true), '')) AND happened_at = now());
GRANT SELECT, INSERT, UPDATE, DELETE ON appointment_events TO dentalization_service;
GRANT SELECT, UPDATE (reason) ON appointment_events TO dentalization_app;
COMMENT ON POLICY owner ON appointment_events IS 'declared be5db243a63ca335';

DO $reset$ DECLARE p record; BEGIN
  FOR p IN SELECT policyname FROM pg_policies
      WHERE schemaname = current_schema() AND tablename = 'appointment_invitations' LOOP
    EXECUTE format('DROP POLICY %I ON appointment_invitations', p.policyname);
  END LOOP;
END $reset$;
REVOKE ALL ON appointment_invitations FROM PUBLIC, dentalization_app, dentalization_service;
ALTER TABLE appointment_invitations ENABLE ROW LEVEL SECURITY;
ALTER TABLE appointment_invitations FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON appointment_invitations TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY service ON appointment_invitations TO dentalization_service USING (true) WITH CHECK (true);
CREATE POLICY app_select_1 ON appointment_invitations FOR SELECT TO dentalization_app USING (patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')));
GRANT SELECT, INSERT, UPDATE, DELETE ON appointment_invitations TO dentalization_service;
GRANT SELECT ON appointment_invitations TO dentalization_app;
COMMENT ON POLICY owner ON appointment_invitations IS 'declared 9a2d6bb2675bae77';

DO $reset$ DECLARE p record; BEGIN
  FOR p IN SELECT policyname FROM pg_policies
      WHERE schemaname = current_schema() AND tablename = 'appointment_letters' LOOP
    EXECUTE format('DROP POLICY %I ON appointment_letters', p.policyname);
  END LOOP;
END $reset$;
REVOKE ALL ON appointment_letters FROM PUBLIC, dentalization_app, dentalization_service;
ALTER TABLE appointment_letters ENABLE ROW LEVEL SECURITY;
ALTER TABLE appointment_letters FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON appointment_letters TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY service ON appointment_letters TO dentalization_service USING (true) WITH CHECK (true);
CREATE POLICY app_select_1 ON appointment_letters FOR SELECT TO dentalization_app USING ((patient_id = (SELECT nullif(current_setting('app.patient_id', true), ''))) OR (SELECT nullif(current_setting('app.role', true), '')) = 'WORKER');
CREATE POLICY app_update_2 ON appointment_letters FOR UPDATE TO dentalization_app USING ((SELECT nullif(current_setting('app.role', true), '')) = 'WORKER' AND settled_at IS NULL) WITH CHECK ((SELECT nullif(current_setting('app.role', true), '')) = 'WORKER');
CREATE POLICY app_delete_3 ON appointment_letters FOR DELETE TO dentalization_app USING ((SELECT nullif(current_setting('app.role', true), '')) = 'WORKER' AND scheduled_at < now() - interval '90 days');
GRANT SELECT, INSERT, UPDATE, DELETE ON appointment_letters TO dentalization_service;
GRANT SELECT, UPDATE (claimed_at, settled_at, outcome), DELETE ON appointment_letters TO dentalization_app;
COMMENT ON POLICY owner ON appointment_letters IS 'declared 99cde42772935114';

DO $reset$ DECLARE p record; BEGIN
  FOR p IN SELECT policyname FROM pg_policies
      WHERE schemaname = current_schema() AND tablename = 'appointment_overbookings' LOOP
    EXECUTE format('DROP POLICY %I ON appointment_overbookings', p.policyname);
  END LOOP;
END $reset$;
REVOKE ALL ON appointment_overbookings FROM PUBLIC, dentalization_app, dentalization_service;
ALTER TABLE appointment_overbookings ENABLE ROW LEVEL SECURITY;
ALTER TABLE appointment_overbookings FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON appointment_overbookings TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY service ON appointment_overbookings TO dentalization_service USING (true) WITH CHECK (true);
CREATE POLICY app_select_1 ON appointment_overbookings FOR SELECT TO dentalization_app USING (patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')) OR doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) OR EXISTS (SELECT 1 FROM care_relationships care WHERE care.doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) AND care.patient_id = appointment_overbookings.patient_id) OR ((SELECT nullif(current_setting('app.role', true), '')) = 'ADMIN' AND EXISTS (SELECT 1 FROM emergency_accesses emergency WHERE emergency.patient_id = appointment_overbookings.patient_id AND emergency.user_id = (SELECT nullif(current_setting('app.user_id', true), '')) AND emergency.expires_at > now())));
CREATE POLICY app_insert_2 ON appointment_overbookings FOR INSERT TO dentalization_app WITH CHECK (doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) AND user_id = (SELECT nullif(current_setting('app.user_id', true), '')) AND created_at = now());
GRANT SELECT, INSERT, UPDATE, DELETE ON appointment_overbookings TO dentalization_service;
GRANT SELECT, INSERT ON appointment_overbookings TO dentalization_app;
COMMENT ON POLICY owner ON appointment_overbookings IS 'declared 02ee103358f1c5a4';

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
CREATE POLICY app_select_1 ON appointments FOR SELECT TO dentalization_app USING (patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')) OR doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) OR EXISTS (SELECT 1 FROM care_relationships care WHERE care.doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) AND care.patient_id = appointments.patient_id) OR ((SELECT nullif(current_setting('app.role', true), '')) = 'ADMIN' AND EXISTS (SELECT 1 FROM emergency_accesses emergency WHERE emergency.patient_id = appointments.patient_id AND emergency.user_id = (SELECT nullif(current_setting('app.user_id', true), '')) AND emergency.expires_at > now())));
CREATE POLICY app_insert_2 ON appointments FOR INSERT TO dentalization_app WITH CHECK (status = 'SCHEDULED' AND (patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')) OR (doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) AND EXISTS (SELECT 1 FROM care_relationships care WHERE care.doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) AND care.patient_id = appointments.patient_id))));
CREATE POLICY app_update_3 ON appointments FOR UPDATE TO dentalization_app USING (patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')) OR doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), ''))) WITH CHECK (patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')) OR doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')));
GRANT SELECT, INSERT, UPDATE, DELETE ON appointments TO dentalization_service;
GRANT SELECT, INSERT, UPDATE (scheduled_at, duration, status, notes, metadata) ON appointments TO dentalization_app;
COMMENT ON POLICY owner ON appointments IS 'declared 926383d2e17a6cc5';

DO $reset$ DECLARE p record; BEGIN
  FOR p IN SELECT policyname FROM pg_policies
      WHERE schemaname = current_schema() AND tablename = 'audit_chains' LOOP
    EXECUTE format('DROP POLICY %I ON audit_chains', p.policyname);
  END LOOP;
END $reset$;
REVOKE ALL ON audit_chains FROM PUBLIC, dentalization_app, dentalization_service;
ALTER TABLE audit_chains ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_chains FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON audit_chains TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY service ON audit_chains TO dentalization_service USING (true) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON audit_chains TO dentalization_service;
GRANT SELECT ON audit_chains TO dentalization_app;
COMMENT ON POLICY owner ON audit_chains IS 'declared 8417ac159f188afd';

DO $reset$ DECLARE p record; BEGIN
  FOR p IN SELECT policyname FROM pg_policies
      WHERE schemaname = current_schema() AND tablename = 'audit_log' LOOP
    EXECUTE format('DROP POLICY %I ON audit_log', p.policyname);
  END LOOP;
END $reset$;
REVOKE ALL ON audit_log FROM PUBLIC, dentalization_app, dentalization_service;
ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_log FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON audit_log TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY service ON audit_log TO dentalization_service USING (true) WITH CHECK (true);
CREATE POLICY app_select_1 ON audit_log FOR SELECT TO dentalization_app USING (person IN ((SELECT nullif(current_setting('app.user_id', true), '')), (SELECT nullif(current_setting('app.patient_id', true), ''))) OR (SELECT nullif(current_setting('app.role', true), '')) = 'ADMIN');
GRANT SELECT, INSERT, UPDATE, DELETE ON audit_log TO dentalization_service;
GRANT SELECT ON audit_log TO dentalization_app;
COMMENT ON POLICY owner ON audit_log IS 'declared 51e71f6fe4d4632e';

DO $reset$ DECLARE p record; BEGIN
  FOR p IN SELECT policyname FROM pg_policies
      WHERE schemaname = current_schema() AND tablename = 'calendar_feeds' LOOP
    EXECUTE format('DROP POLICY %I ON calendar_feeds', p.policyname);
  END LOOP;
END $reset$;
REVOKE ALL ON calendar_feeds FROM PUBLIC, dentalization_app, dentalization_service;
ALTER TABLE calendar_feeds ENABLE ROW LEVEL SECURITY;
ALTER TABLE calendar_feeds FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON calendar_feeds TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY service ON calendar_feeds TO dentalization_service USING (true) WITH CHECK (true);
CREATE POLICY app_select_1 ON calendar_feeds FOR SELECT TO dentalization_app USING (user_id = (SELECT nullif(current_setting('app.user_id', true), '')));
CREATE POLICY app_insert_2 ON calendar_feeds FOR INSERT TO dentalization_app WITH CHECK (user_id = (SELECT nullif(current_setting('app.user_id', true), '')));
CREATE POLICY app_update_3 ON calendar_feeds FOR UPDATE TO dentalization_app USING (user_id = (SELECT nullif(current_setting('app.user_id', true), ''))) WITH CHECK (user_id = (SELECT nullif(current_setting('app.user_id', true), '')));
CREATE POLICY app_delete_4 ON calendar_feeds FOR DELETE TO dentalization_app USING (user_id = (SELECT nullif(current_setting('app.user_id', true), '')));
GRANT SELECT, INSERT, UPDATE, DELETE ON calendar_feeds TO dentalization_service;
GRANT SELECT, INSERT, UPDATE (digest, language, created_at), DELETE ON calendar_feeds TO dentalization_app;
COMMENT ON POLICY owner ON calendar_feeds IS 'declared ec4ddf9dcaf2e908';

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
CREATE POLICY app_select_1 ON dental_photos FOR SELECT TO dentalization_app USING (patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')) OR EXISTS (SELECT 1 FROM care_relationships care WHERE care.doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) AND care.patient_id = dental_photos.patient_id) OR ((SELECT nullif(current_setting('app.role', true), '')) = 'ADMIN' AND EXISTS (SELECT 1 FROM emergency_accesses emergency WHERE emergency.patient_id = dental_photos.patient_id AND emergency.user_id = (SELECT nullif(current_setting('app.user_id', true), '')) AND emergency.expires_at > now())) OR (SELECT nullif(current_setting('app.role', true), '')) = 'WORKER' OR ((SELECT nullif(current_setting('app.doctor_id', true), '')) IS NOT NULL AND app_photo_waits(id)));
CREATE POLICY app_insert_2 ON dental_photos FOR INSERT TO dentalization_app WITH CHECK (patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')) OR EXISTS (SELECT 1 FROM care_relationships care WHERE care.doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) AND care.patient_id = dental_photos.patient_id));
GRANT SELECT, INSERT, UPDATE, DELETE ON dental_photos TO dentalization_service;
GRANT SELECT, INSERT ON dental_photos TO dentalization_app;
COMMENT ON POLICY owner ON dental_photos IS 'declared f84bce9c65b26935';

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
CREATE POLICY app_select_1 ON diagnosis_reviews FOR SELECT TO dentalization_app USING (patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')) OR doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) OR EXISTS (SELECT 1 FROM care_relationships care WHERE care.doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) AND care.patient_id = diagnosis_reviews.patient_id) OR ((SELECT nullif(current_setting('app.role', true), '')) = 'ADMIN' AND EXISTS (SELECT 1 FROM emergency_accesses emergency WHERE emergency.patient_id = diagnosis_reviews.patient_id AND emergency.user_id = (SELECT nullif(current_setting('app.user_id', true), '')) AND emergency.expires_at > now())) OR (SELECT nullif(current_setting('app.role', true), '')) = 'WORKER');
CREATE POLICY app_insert_2 ON diagnosis_reviews FOR INSERT TO dentalization_app WITH CHECK (doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')));
GRANT SELECT, INSERT, UPDATE, DELETE ON diagnosis_reviews TO dentalization_service;
GRANT SELECT, INSERT ON diagnosis_reviews TO dentalization_app;
COMMENT ON POLICY owner ON diagnosis_reviews IS 'declared fd6001f97eb51dc7';

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
      WHERE schemaname = current_schema() AND tablename = 'doctor_schedules' LOOP
    EXECUTE format('DROP POLICY %I ON doctor_schedules', p.policyname);
  END LOOP;
END $reset$;
REVOKE ALL ON doctor_schedules FROM PUBLIC, dentalization_app, dentalization_service;
ALTER TABLE doctor_schedules ENABLE ROW LEVEL SECURITY;
ALTER TABLE doctor_schedules FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON doctor_schedules TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY service ON doctor_schedules TO dentalization_service USING (true) WITH CHECK (true);
CREATE POLICY app_select_1 ON doctor_schedules FOR SELECT TO dentalization_app USING (doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')));
CREATE POLICY app_insert_2 ON doctor_schedules FOR INSERT TO dentalization_app WITH CHECK (doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')));
CREATE POLICY app_update_3 ON doctor_schedules FOR UPDATE TO dentalization_app USING (doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), ''))) WITH CHECK (doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')));
GRANT SELECT, INSERT, UPDATE, DELETE ON doctor_schedules TO dentalization_service;
GRANT SELECT, INSERT, UPDATE (time_zone, slot_minutes, buffer_minutes, minimum_notice_minutes, furthest_days, longest_minutes) ON doctor_schedules TO dentalization_app;
COMMENT ON POLICY owner ON doctor_schedules IS 'declared 612b7dfeebe0154b';

DO $reset$ DECLARE p record; BEGIN
  FOR p IN SELECT policyname FROM pg_policies
      WHERE schemaname = current_schema() AND tablename = 'emergency_accesses' LOOP
    EXECUTE format('DROP POLICY %I ON emergency_accesses', p.policyname);
  END LOOP;
END $reset$;
REVOKE ALL ON emergency_accesses FROM PUBLIC, dentalization_app, dentalization_service;
ALTER TABLE emergency_accesses ENABLE ROW LEVEL SECURITY;
ALTER TABLE emergency_accesses FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON emergency_accesses TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY service ON emergency_accesses TO dentalization_service USING (true) WITH CHECK (true);
CREATE POLICY app_select_1 ON emergency_accesses FOR SELECT TO dentalization_app USING ((SELECT nullif(current_setting('app.role', true), '')) = 'ADMIN' OR patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')));
GRANT SELECT, INSERT, UPDATE, DELETE ON emergency_accesses TO dentalization_service;
GRANT SELECT ON emergency_accesses TO dentalization_app;
COMMENT ON POLICY owner ON emergency_accesses IS 'declared f217b87c845dc14e';

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

DO $reset$ DECLARE p record; BEGIN
  FOR p IN SELECT policyname FROM pg_policies
      WHERE schemaname = current_schema() AND tablename = 'mail_tokens' LOOP
    EXECUTE format('DROP POLICY %I ON mail_tokens', p.policyname);
  END LOOP;
END $reset$;
REVOKE ALL ON mail_tokens FROM PUBLIC, dentalization_app, dentalization_service;
ALTER TABLE mail_tokens ENABLE ROW LEVEL SECURITY;
ALTER TABLE mail_tokens FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON mail_tokens TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY service ON mail_tokens TO dentalization_service USING (true) WITH CHECK (true);
CREATE POLICY app_select_1 ON mail_tokens FOR SELECT TO dentalization_app USING ((user_id = (SELECT nullif(current_setting('app.user_id', true), ''))) OR (SELECT nullif(current_setting('app.role', true), '')) = 'WORKER');
CREATE POLICY app_insert_2 ON mail_tokens FOR INSERT TO dentalization_app WITH CHECK (user_id = (SELECT nullif(current_setting('app.user_id', true), '')) AND digest IS NULL AND used_at IS NULL);
CREATE POLICY app_update_3 ON mail_tokens FOR UPDATE TO dentalization_app USING ((SELECT nullif(current_setting('app.role', true), '')) = 'WORKER' AND used_at IS NULL) WITH CHECK ((SELECT nullif(current_setting('app.role', true), '')) = 'WORKER' AND used_at IS NULL);
CREATE POLICY app_delete_4 ON mail_tokens FOR DELETE TO dentalization_app USING ((SELECT nullif(current_setting('app.role', true), '')) = 'WORKER' AND expires_at < now() - interval '7 days');
GRANT SELECT, INSERT, UPDATE, DELETE ON mail_tokens TO dentalization_service;
GRANT SELECT, INSERT, UPDATE (digest, expires_at), DELETE ON mail_tokens TO dentalization_app;
COMMENT ON POLICY owner ON mail_tokens IS 'declared ef3194cb80f81b6e';

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
CREATE POLICY app_select_1 ON medical_records FOR SELECT TO dentalization_app USING (patient_id = (SELECT nullif(current_setting('app.patient_id', true), '')) OR EXISTS (SELECT 1 FROM care_relationships care WHERE care.doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) AND care.patient_id = medical_records.patient_id) OR ((SELECT nullif(current_setting('app.role', true), '')) = 'ADMIN' AND EXISTS (SELECT 1 FROM emergency_accesses emergency WHERE emergency.patient_id = medical_records.patient_id AND emergency.user_id = (SELECT nullif(current_setting('app.user_id', true), '')) AND emergency.expires_at > now())));
CREATE POLICY app_insert_2 ON medical_records FOR INSERT TO dentalization_app WITH CHECK (doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) AND EXISTS (SELECT 1 FROM care_relationships care WHERE care.doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) AND care.patient_id = medical_records.patient_id));
GRANT SELECT, INSERT, UPDATE, DELETE ON medical_records TO dentalization_service;
GRANT SELECT, INSERT ON medical_records TO dentalization_app;
COMMENT ON POLICY owner ON medical_records IS 'declared c2439d4a4b923fa3';

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
CREATE POLICY app_select_1 ON patient_profiles FOR SELECT TO dentalization_app USING (user_id = (SELECT nullif(current_setting('app.user_id', true), '')) OR EXISTS (SELECT 1 FROM care_relationships care WHERE care.doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')) AND care.patient_id = patient_profiles.id) OR ((SELECT nullif(current_setting('app.role', true), '')) = 'ADMIN' AND EXISTS (SELECT 1 FROM emergency_accesses emergency WHERE emergency.patient_id = patient_profiles.id AND emergency.user_id = (SELECT nullif(current_setting('app.user_id', true), '')) AND emergency.expires_at > now())));
CREATE POLICY app_insert_2 ON patient_profiles FOR INSERT TO dentalization_app WITH CHECK (user_id = (SELECT nullif(current_setting('app.user_id', true), '')));
CREATE POLICY app_update_3 ON patient_profiles FOR UPDATE TO dentalization_app USING (user_id = (SELECT nullif(current_setting('app.user_id', true), ''))) WITH CHECK (user_id = (SELECT nullif(current_setting('app.user_id', true), '')));
GRANT SELECT, INSERT, UPDATE, DELETE ON patient_profiles TO dentalization_service;
GRANT SELECT, INSERT, UPDATE (first_name, last_name, date_of_birth, phone, address, emergency_contact, allergies, medications, medical_history, insurance_info, pain_tolerance, preferred_language, dietary_restrictions, smoking_status, dental_concerns, previous_dental_work, last_dental_visit, profile_picture, profile_complete) ON patient_profiles TO dentalization_app;
COMMENT ON POLICY owner ON patient_profiles IS 'declared ea2bd804b84711aa';

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
      WHERE schemaname = current_schema() AND tablename = 'schedule_exceptions' LOOP
    EXECUTE format('DROP POLICY %I ON schedule_exceptions', p.policyname);
  END LOOP;
END $reset$;
REVOKE ALL ON schedule_exceptions FROM PUBLIC, dentalization_app, dentalization_service;
ALTER TABLE schedule_exceptions ENABLE ROW LEVEL SECURITY;
ALTER TABLE schedule_exceptions FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON schedule_exceptions TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY service ON schedule_exceptions TO dentalization_service USING (true) WITH CHECK (true);
CREATE POLICY app_select_1 ON schedule_exceptions FOR SELECT TO dentalization_app USING (doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')));
CREATE POLICY app_insert_2 ON schedule_exceptions FOR INSERT TO dentalization_app WITH CHECK (doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')));
CREATE POLICY app_delete_3 ON schedule_exceptions FOR DELETE TO dentalization_app USING (doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')));
GRANT SELECT, INSERT, UPDATE, DELETE ON schedule_exceptions TO dentalization_service;
GRANT SELECT, INSERT, DELETE ON schedule_exceptions TO dentalization_app;
COMMENT ON POLICY owner ON schedule_exceptions IS 'declared c3caba1338ce68ac';

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
CREATE POLICY app_select_1 ON sessions FOR SELECT TO dentalization_app USING (user_id = (SELECT nullif(current_setting('app.user_id', true), '')));
CREATE POLICY app_insert_2 ON sessions FOR INSERT TO dentalization_app WITH CHECK (user_id = (SELECT nullif(current_setting('app.user_id', true), '')));
CREATE POLICY app_delete_3 ON sessions FOR DELETE TO dentalization_app USING ((user_id = (SELECT nullif(current_setting('app.user_id', true), ''))) OR ((SELECT nullif(current_setting('app.role', true), '')) = 'WORKER' AND expires_at < now()));
GRANT SELECT, INSERT, UPDATE, DELETE ON sessions TO dentalization_service;
GRANT SELECT, INSERT, DELETE ON sessions TO dentalization_app;
COMMENT ON POLICY owner ON sessions IS 'declared a106fb0a766ba776';

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
GRANT SELECT, INSERT, UPDATE (password) ON users TO dentalization_app;
COMMENT ON POLICY owner ON users IS 'declared 2d4cf17dddba58ca';

DO $reset$ DECLARE p record; BEGIN
  FOR p IN SELECT policyname FROM pg_policies
      WHERE schemaname = current_schema() AND tablename = 'verified_emails' LOOP
    EXECUTE format('DROP POLICY %I ON verified_emails', p.policyname);
  END LOOP;
END $reset$;
REVOKE ALL ON verified_emails FROM PUBLIC, dentalization_app, dentalization_service;
ALTER TABLE verified_emails ENABLE ROW LEVEL SECURITY;
ALTER TABLE verified_emails FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON verified_emails TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY service ON verified_emails TO dentalization_service USING (true) WITH CHECK (true);
CREATE POLICY app_select_1 ON verified_emails FOR SELECT TO dentalization_app USING (user_id = (SELECT nullif(current_setting('app.user_id', true), '')));
GRANT SELECT, INSERT, UPDATE, DELETE ON verified_emails TO dentalization_service;
GRANT SELECT ON verified_emails TO dentalization_app;
COMMENT ON POLICY owner ON verified_emails IS 'declared d71d14126d0a099c';

DO $reset$ DECLARE p record; BEGIN
  FOR p IN SELECT policyname FROM pg_policies
      WHERE schemaname = current_schema() AND tablename = 'working_hours' LOOP
    EXECUTE format('DROP POLICY %I ON working_hours', p.policyname);
  END LOOP;
END $reset$;
REVOKE ALL ON working_hours FROM PUBLIC, dentalization_app, dentalization_service;
ALTER TABLE working_hours ENABLE ROW LEVEL SECURITY;
ALTER TABLE working_hours FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON working_hours TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY service ON working_hours TO dentalization_service USING (true) WITH CHECK (true);
CREATE POLICY app_select_1 ON working_hours FOR SELECT TO dentalization_app USING (doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')));
CREATE POLICY app_insert_2 ON working_hours FOR INSERT TO dentalization_app WITH CHECK (doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')));
CREATE POLICY app_delete_3 ON working_hours FOR DELETE TO dentalization_app USING (doctor_id = (SELECT nullif(current_setting('app.doctor_id', true), '')));
GRANT SELECT, INSERT, UPDATE, DELETE ON working_hours TO dentalization_service;
GRANT SELECT, INSERT, DELETE ON working_hours TO dentalization_app;
COMMENT ON POLICY owner ON working_hours IS 'declared 78e9c97ff2303165';
