"""A database that has grown: every table so large that scanning it would be noticed."""

from __future__ import annotations

import psycopg

DOCTORS, PATIENTS, DIAGNOSES = 12_000, 20_000, 50_000
BUSY_DOCTORS = 200
"""So many have all the patients; the others have just registered."""

# i counts up from 1; t is a moment in the past. Doctors are the users 1 to DOCTORS, patients follow.
_FILL = {
    "users": (
        DOCTORS + PATIENTS,
        "id, email, password, role, created_at",
        f"'u' || i, 'u' || i || '@example.com', 'none', "
        f"(CASE WHEN i <= {DOCTORS} THEN 'DOCTOR' ELSE 'PATIENT' END)::role, t",
    ),
    "doctor_profiles": (
        DOCTORS,
        "id, user_id, first_name, last_name, license_number, is_verified, created_at",
        f"'d' || i, 'u' || i, 'Budi', 'Santoso', 'L' || i, i <= {BUSY_DOCTORS}, t",
    ),
    "patient_profiles": (
        PATIENTS,
        "id, user_id, first_name, last_name, created_at",
        f"'p' || i, 'u' || {DOCTORS} + i, 'Siti', 'Rahma', t",
    ),
    "patient_phone_index": (PATIENTS, "patient_id, digest", "'p' || i, 'k:' || i"),
    "sessions": (
        PATIENTS,
        "id, user_id, refresh_token, expires_at, created_at",
        f"'s' || i, 'u' || {DOCTORS} + i, 'r' || i, t + interval '300 days', t",
    ),
    "spent_refresh_tokens": (PATIENTS, "token, session_id, spent_at", "'t' || i, 's' || i, t"),
    "consents": (
        PATIENTS,
        "id, user_id, purpose, version, language, granted, given_at",
        f"'c' || i, 'u' || {DOCTORS} + i, 'AI_ANALYSIS', 1, 'en', true, t",
    ),
    "erasure_requests": (
        PATIENTS,
        "id, user_id, token, status, created_at",
        f"'e' || i, 'u' || {DOCTORS} + i, repeat('0', 64), "
        "(CASE WHEN i <= 5 THEN 'requested' ELSE 'done' END)::erasure_status, t",
    ),
    "erasure_reports": (
        PATIENTS,
        "id, request_id, user_id, entries, found, digest, created_at",
        f"'o' || i, 'e' || i, 'u' || {DOCTORS} + i, '[]', '{{}}', repeat('0', 64), t",
    ),
    "mail_tokens": (
        PATIENTS,
        "id, user_id, purpose, digest, email, expires_at, created_at",
        f"'l' || i, 'u' || {DOCTORS} + i, 'EMAIL_VERIFICATION', 'g' || i, 'x@example.com', "
        "t + interval '300 days', t",
    ),
    "verified_emails": (
        PATIENTS,
        "user_id, email, verified_at",
        f"'u' || {DOCTORS} + i, 'u' || {DOCTORS} + i || '@example.com', t",
    ),
    "events": (
        PATIENTS,
        "transaction, audience, kind, subject, created_at",
        f"i, 'p' || {DOCTORS} + i, 'diagnosis', 'x', t",
    ),
    "session_confirmations": (PATIENTS, "session_id, confirmed_at", "'s' || i, t"),
    "totp_factors": (
        PATIENTS,
        "user_id, secret, confirmed_at, created_at",
        f"'u' || {DOCTORS} + i, 'x', t, t",
    ),
    "recovery_codes": (PATIENTS, "user_id, code, created_at", f"'u' || {DOCTORS} + i, 'c', t"),
    "passkeys": (
        PATIENTS,
        "id, user_id, name, credential_id, public_key, sign_count, created_at",
        f"'k' || i, 'u' || {DOCTORS} + i, 'Passkey', 'k' || i, 'x', 0, t",
    ),
    "factor_challenges": (
        PATIENTS,
        "id, user_id, purpose, challenge, expires_at, created_at",
        f"'h' || i, 'u' || {DOCTORS} + i, 'sign-in', 'x', t + interval '300 days', t",
    ),
    "dental_photos": (
        DIAGNOSES,
        "id, patient_id, photo_url, photo_type, created_at",
        f"'f' || i, 'p' || 1 + i % {PATIENTS}, 'https://example.com/' || i, 'intraoral', t",
    ),
    "ai_diagnoses": (
        DIAGNOSES,
        "id, user_id, patient_id, doctor_id, photo_url, diagnosis, confidence, detections, status, "
        "created_at",
        f"'a' || i, 'u' || {DOCTORS} + 1 + i % {PATIENTS}, 'p' || 1 + i % {PATIENTS}, "
        f"CASE WHEN i > 1000 THEN 'd' || 1 + i % {BUSY_DOCTORS} END, 'https://example.com/' || i, 'Caries', "
        "0.5, '[]', (CASE WHEN i <= 1000 THEN 'PENDING' WHEN i % 9 = 0 THEN 'REJECTED' ELSE 'CONFIRMED' END)"
        "::diagnosis_status, t",
    ),
    "analyses": (
        DIAGNOSES,
        "id, photo_id, patient_id, requested_by, status, diagnosis_id, created_at",
        f"'n' || i, 'f' || i, 'p' || 1 + i % {PATIENTS}, 'u' || {DOCTORS} + 1 + i % {PATIENTS}, 'done', "
        "'a' || i, t",
    ),
    "diagnosis_reviews": (
        PATIENTS,
        "id, diagnosis_id, patient_id, doctor_id, reviewer_name, version, verb, reviewed_at",
        f"'v' || i, 'a' || i, 'p' || 1 + i % {PATIENTS}, 'd' || 1 + i % {BUSY_DOCTORS}, 'Budi Santoso', 1, "
        "'CONFIRMED', t",
    ),
    "shadow_findings": (
        PATIENTS,
        "id, diagnosis_id, model, version, digest, detections, scores, milliseconds, created_at",
        "'w' || i, 'a' || i, 'next', (i % 4)::text, repeat('0', 64), '[]', '[]', 30, t",
    ),
    "appointments": (
        PATIENTS,
        "id, patient_id, doctor_id, scheduled_at, duration, reason, status, created_at",
        f"'b' || i, 'p' || i, 'd' || 1 + i % {BUSY_DOCTORS}, t, 30, 'Pain', "
        "(CASE WHEN i <= 500 THEN 'SCHEDULED' ELSE 'COMPLETED' END)::appointment_status, t",
    ),
    "appointment_overbookings": (
        PATIENTS,
        "id, appointment_id, doctor_id, patient_id, reason, created_at",
        f"'o' || i, 'b' || i, 'd' || 1 + i % {BUSY_DOCTORS}, 'p' || i, 'Swollen', t",
    ),
    "appointment_check_ins": (
        PATIENTS,
        "appointment_id, doctor_id, patient_id, checked_in_at",
        f"'b' || i, 'd' || 1 + i % {BUSY_DOCTORS}, 'p' || i, t",
    ),
    "appointment_events": (
        PATIENTS,
        "id, appointment_id, patient_id, doctor_id, step, status_after, scheduled_after, duration_after, "
        "actor_id, actor_role, happened_at",
        f"'e' || i, 'b' || i, 'p' || i, 'd' || 1 + i % {BUSY_DOCTORS}, 'BOOKED', 'SCHEDULED', t, 30, "
        f"'u' || {DOCTORS} + i, 'PATIENT', t",
    ),
    "doctor_schedules": (DOCTORS, "doctor_id, time_zone", "'d' || i, 'Asia/Jakarta'"),
    "working_hours": (
        5 * DOCTORS,
        "id, doctor_id, weekday, opens, closes",
        f"'h' || i, 'd' || 1 + i % {DOCTORS}, 1 + (i - 1) / {DOCTORS}, 540, 1020",
    ),
    "schedule_exceptions": (
        PATIENTS,
        "id, doctor_id, day, kind",
        f"'x' || i, 'd' || 1 + i % {BUSY_DOCTORS}, t::date, 'LEAVE'",
    ),
    "appointment_invitations": (
        PATIENTS,
        "appointment_id, patient_id, sequence, changed_at",
        "'b' || i, 'p' || i, 0, t",
    ),
    "appointment_letters": (
        PATIENTS,
        "id, appointment_id, patient_id, kind, sequence, scheduled_at, duration, due_at, settled_at, outcome",
        "'l' || i, 'b' || i, 'p' || i, 'REQUEST', 0, t, 30, t, t, 'SENT'",
    ),
    "waiting_entries": (
        PATIENTS,
        "id, patient_id, doctor_id, minutes, earliest_on, latest_on, reason, status, closed_at, created_at",
        f"'w' || i, 'p' || i, 'd' || 1 + i % {BUSY_DOCTORS}, 30, t::date, t::date, 'Pain', "
        "CASE WHEN i <= 500 THEN 'WAITING' ELSE 'LEFT' END, CASE WHEN i > 500 THEN t END, t",
    ),
    "slot_offers": (
        PATIENTS,
        "id, entry_id, patient_id, doctor_id, scheduled_at, duration, freed_minutes, status, offered_at, "
        "expires_at",
        f"'f' || i, 'w' || i, 'p' || i, 'd' || 1 + i % {BUSY_DOCTORS}, t, 30, 30, "
        "CASE WHEN i <= 500 THEN 'OPEN' ELSE 'EXPIRED' END, t, t",
    ),
    "recalls": (
        PATIENTS,
        "id, doctor_id, patient_id, months, due_on, status, closed_at, created_at",
        f"'r' || i, 'd' || 1 + i % {BUSY_DOCTORS}, 'p' || i, 6, t::date, "
        "CASE WHEN i <= 500 THEN 'OPEN' ELSE 'WITHDRAWN' END, CASE WHEN i > 500 THEN t END, t",
    ),
    "care_notices": (
        PATIENTS,
        "id, patient_id, kind, about_id, settled_at, outcome, created_at",
        "'n' || i, 'p' || i, 'RECALL', 'r' || i, CASE WHEN i > 500 THEN t END, "
        "CASE WHEN i > 500 THEN 'SENT' END, t",
    ),
    "calendar_feeds": (
        PATIENTS,
        "user_id, digest, language",
        f"'u' || {DOCTORS} + i, lpad(i::text, 64, '0'), 'en'",
    ),
    "medical_records": (
        PATIENTS,
        "id, patient_id, doctor_id, record_type, title, description, record_date, created_at",
        f"'m' || i, 'p' || i, 'd' || 1 + i % {BUSY_DOCTORS}, 'treatment', 'Filling', 'Upper left', t, t",
    ),
    "licence_submissions": (
        DOCTORS,
        "id, doctor_id, sip_number, sip_issuer, sip_expires_on, str_number, time_zone, submitted_at, status, "
        "decided_at",
        "'l' || i, 'd' || i, 'SIP' || i, 'Dinas Kesehatan', current_date + 1000, 'STR' || i, 'Asia/Jakarta', "
        "t, CASE WHEN i % 6 = 0 THEN 'SUBMITTED' ELSE 'VERIFIED' END, CASE WHEN i % 6 > 0 THEN t END",
    ),
    "licence_documents": (
        DOCTORS,
        "id, submission_id, object_key, content_type, bytes, sha256, created_at",
        "'o' || i, 'l' || 6 * (1 + i % 2000), 'licences/o' || i, 'application/pdf', 1000, "
        "lpad(to_hex(i), 64, '0'), t",
    ),
    "idempotency_keys": (
        PATIENTS,
        "user_id, key, fingerprint, created_at",
        f"'u' || {DOCTORS} + i, 'k', 'f', now() - i * interval '4 seconds'",
    ),
    "audit_chains": (
        PATIENTS,
        "chain, month, rows, hash",
        "'c' || i, date_trunc('month', t)::date, 1, sha256(i::text::bytea)",
    ),
    "audit_log": (
        PATIENTS,
        "chain, number, at, id, person, own, user_id, role, session_id, address, action, kinds, why, "
        "request_id, previous, hash",
        f"'c' || i, 1, now() - i * interval '1 second', 'o' || i, 'p' || 1 + i % {PATIENTS}, i % 2 = 0, "
        f"'u' || 1 + i % {BUSY_DOCTORS}, 'DOCTOR', '', '', 'GET /', 'diagnosis', 'care', '', '', sha256('x')",
    ),
    "emergency_accesses": (
        PATIENTS,
        "id, user_id, patient_id, reason, granted_at, expires_at",
        f"'e' || i, 'u' || 1 + i % {BUSY_DOCTORS}, 'p' || i, 'Unconscious at the clinic', t, t",
    ),
    "rate_limits": (PATIENTS, "key, hits, window_ends_at", "'k' || i, 1, now() + i * interval '1 second'"),
    "data_versions": (PATIENTS, "name, version, made_by", "'n' || i, 'v', '1'"),
    "session_writes": (PATIENTS, "session_id, position", "'s' || i, i"),
}


def fill(owner_url: str) -> None:
    """Takes some seconds. Care relationships and the steps of licences come by themselves."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute(
            "SELECT app_make_audit_partition(day) FROM unnest(ARRAY[now()::date, now()::date - 1]) AS day"
        )
        for table, (rows, columns, values) in _FILL.items():
            connection.execute(
                f"INSERT INTO {table} ({columns}) SELECT {values} FROM generate_series(1, {rows}) AS i, "
                "LATERAL (SELECT now() - i * interval '10 minutes' AS t) AS moment"
            )
        connection.execute("ANALYZE")
