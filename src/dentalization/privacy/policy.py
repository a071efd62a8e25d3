"""What becomes of each table when a person is erased, and which tables an export leaves out, as data.

Sources: UU 27/2022 (PDP) Art. 8, 15 and 43 and GDPR Art. 17 for what goes; Permenkes 24/2022 Art. 39, by
which medical records are kept for 25 years after the last visit, and GDPR Art. 17(3)(b) and (c) for what
stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Action(StrEnum):
    DELETED = "deleted"
    PSEUDONYMISED = "pseudonymised"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Rule:
    """Rows of ``table`` where ``whose`` holds; v_user, v_patient and v_doctor in it are the person's ids.

    ``sets`` is what pseudonymises a row, ``proof`` what holds of it afterwards. In ``sets`` the text columns
    that others wrote go through app_scrubbed, which takes the person's name out of them.
    """

    name: str
    table: str
    action: Action
    whose: str
    why: tuple[str, str]
    """In English and Indonesian."""
    sets: str = ""
    proof: str = "true"


_TECHNICAL = ("Needed only while the account is open.", "Hanya diperlukan selama akun terbuka.")
_PICTURES = (
    "Pictures and what only the AI said of them are no decision of a dentist.",
    "Gambar dan usulan AI bukan keputusan dokter gigi.",
)
_MEDICAL = (
    "Medical records are kept for 25 years (Permenkes 24/2022 Art. 39), under a pseudonym.",
    "Rekam medis disimpan 25 tahun (Permenkes 24/2022 Pasal 39), dengan nama samaran.",
)
_PROOF = (
    "Proves that what was done was agreed to, or asked for; it names nobody.",
    "Membuktikan bahwa yang dilakukan telah disetujui atau diminta; tanpa nama siapa pun.",
)
_ACCOUNT = (
    "The row stays for what refers to it, without address or password: nobody can sign in.",
    "Baris tetap ada untuk data yang merujuknya, tanpa alamat dan kata sandi: tidak ada yang dapat masuk.",
)
_PROFILE = (
    "Name and contact are gone; the medical record refers to a pseudonym with a year of birth.",
    "Nama dan kontak dihapus; rekam medis merujuk ke nama samaran dengan tahun lahir.",
)
_DENTIST = (
    "The account is closed and contact data are gone; name and licence stay in the records of patients.",
    "Akun ditutup dan data kontak dihapus; nama dan izin tetap ada dalam rekam medis pasien.",
)
_REVIEWS = (
    "What a dentist decided belongs to the medical records of patients.",
    "Keputusan dokter gigi adalah bagian dari rekam medis pasien.",
)
_LICENCES = (
    "Proves that whoever decided about patients was allowed to, and when.",
    "Membuktikan bahwa yang memutuskan tentang pasien berwenang, dan kapan.",
)
_CARE = (
    "Says which dentist may read the records that are kept.",
    "Menyebut dokter gigi mana yang boleh membaca rekam medis yang disimpan.",
)

_DIAGNOSES = "(patient_id = v_patient OR (patient_id IS NULL AND user_id = v_user))"
_UNDECIDED = f"diagnosis_id IN (SELECT id FROM public.ai_diagnoses WHERE {_DIAGNOSES} AND status = 'PENDING')"
_OF_DIAGNOSES = f"diagnosis_id IN (SELECT id FROM public.ai_diagnoses WHERE {_DIAGNOSES})"
_OF_SESSIONS = "session_id IN (SELECT id FROM public.sessions WHERE user_id = v_user)"

ERASED_ADDRESS = "@erased.invalid"
_RANDOM = "replace(gen_random_uuid()::text, '-', '')"
_PATIENT_FREE = (
    "phone, address, emergency_contact, allergies, medications, medical_history, insurance_info, "
    "pain_tolerance, preferred_language, dietary_restrictions, smoking_status, dental_concerns, "
    "previous_dental_work, last_dental_visit, profile_picture"
)
_DOCTOR_FREE = "phone, education, clinic_name, clinic_address, clinic_phone, profile_picture"


def _nothing(columns: str) -> str:
    return ", ".join(f"{name} = NULL" for name in columns.split(", "))


def _empty(columns: str) -> str:
    return f"num_nonnulls({columns}) = 0"


# In this order: what refers to others goes first.
RULES: Final[tuple[Rule, ...]] = (
    Rule("refresh-tokens", "spent_refresh_tokens", Action.DELETED, _OF_SESSIONS, _TECHNICAL),
    Rule("written", "session_writes", Action.DELETED, _OF_SESSIONS, _TECHNICAL),
    Rule("confirmations", "session_confirmations", Action.DELETED, _OF_SESSIONS, _TECHNICAL),
    Rule("sessions", "sessions", Action.DELETED, "user_id = v_user", _TECHNICAL),
    Rule("authenticator", "totp_factors", Action.DELETED, "user_id = v_user", _TECHNICAL),
    Rule("recovery-codes", "recovery_codes", Action.DELETED, "user_id = v_user", _TECHNICAL),
    Rule("passkeys", "passkeys", Action.DELETED, "user_id = v_user", _TECHNICAL),
    Rule("sign-ins-begun", "factor_challenges", Action.DELETED, "user_id = v_user", _TECHNICAL),
    Rule("events", "events", Action.DELETED, "audience IN (v_patient, v_doctor)", _TECHNICAL),
    Rule("letters", "mail_tokens", Action.DELETED, "user_id = v_user", _TECHNICAL),
    Rule("verified-address", "verified_emails", Action.DELETED, "user_id = v_user", _TECHNICAL),
    Rule("retries", "idempotency_keys", Action.DELETED, "user_id = v_user", _TECHNICAL),
    Rule("shadows", "shadow_findings", Action.DELETED, _OF_DIAGNOSES, _PICTURES),
    Rule("analyses", "analyses", Action.DELETED, "patient_id = v_patient", _PICTURES),
    Rule("claims", "diagnosis_reviews", Action.DELETED, _UNDECIDED, _PICTURES),
    Rule("undecided", "ai_diagnoses", Action.DELETED, f"{_DIAGNOSES} AND status = 'PENDING'", _PICTURES),
    Rule("photos", "dental_photos", Action.DELETED, "patient_id = v_patient", _PICTURES),
    Rule(
        "appointments-open",
        "appointments",
        Action.DELETED,
        "patient_id = v_patient AND status NOT IN ('IN_PROGRESS', 'COMPLETED')",
        ("There was no treatment, or there will be none.", "Tidak ada perawatan, atau tidak akan ada."),
    ),
    Rule(
        "decided",
        "ai_diagnoses",
        Action.PSEUDONYMISED,
        f"{_DIAGNOSES} AND status <> 'PENDING'",
        _MEDICAL,
        sets="photo_url = 'urn:erased', "
        "metadata = app_scrubbed((metadata - 'photoId')::text, v_markers)::jsonb, "
        "diagnosis = app_scrubbed(diagnosis, v_markers), notes = app_scrubbed(notes, v_markers)",
        proof="photo_url = 'urn:erased' AND NOT coalesce(metadata ? 'photoId', false)",
    ),
    Rule(
        "reviews",
        "diagnosis_reviews",
        Action.PSEUDONYMISED,
        _OF_DIAGNOSES,
        _MEDICAL,
        sets="notes = app_scrubbed(notes, v_markers)",
    ),
    Rule(
        "appointments-kept",
        "appointments",
        Action.PSEUDONYMISED,
        "patient_id = v_patient AND status IN ('IN_PROGRESS', 'COMPLETED')",
        _MEDICAL,
        sets="reason = app_scrubbed(reason, v_markers), notes = app_scrubbed(notes, v_markers), "
        "metadata = app_scrubbed(metadata::text, v_markers)::jsonb",
    ),
    Rule("appointment-letters", "appointment_letters", Action.DELETED, "patient_id = v_patient", _TECHNICAL),
    Rule(
        "appointment-versions",
        "appointment_invitations",
        Action.DELETED,
        "patient_id = v_patient",
        _TECHNICAL,
    ),
    Rule("calendar-feed", "calendar_feeds", Action.DELETED, "user_id = v_user", _TECHNICAL),
    Rule("check-ins", "appointment_check_ins", Action.DELETED, "patient_id = v_patient", _TECHNICAL),
    Rule(
        "appointment-history",
        "appointment_events",
        Action.PSEUDONYMISED,
        "patient_id = v_patient",
        _MEDICAL,
        sets="reason = app_scrubbed(reason, v_markers)",
    ),
    Rule(
        "overbookings",
        "appointment_overbookings",
        Action.PSEUDONYMISED,
        "patient_id = v_patient",
        _MEDICAL,
        sets="reason = app_scrubbed(reason, v_markers)",
    ),
    Rule("notices", "care_notices", Action.DELETED, "patient_id = v_patient", _TECHNICAL),
    Rule("offers", "slot_offers", Action.DELETED, "patient_id = v_patient", _TECHNICAL),
    Rule("waiting-list", "waiting_entries", Action.DELETED, "patient_id = v_patient", _TECHNICAL),
    Rule("recalls", "recalls", Action.DELETED, "patient_id = v_patient", _TECHNICAL),
    Rule("recalls-set", "recalls", Action.DELETED, "doctor_id = v_doctor", _TECHNICAL),
    Rule("line", "waiting_entries", Action.DELETED, "doctor_id = v_doctor", _TECHNICAL),
    Rule("days-off", "schedule_exceptions", Action.DELETED, "doctor_id = v_doctor", _TECHNICAL),
    Rule("working-hours", "working_hours", Action.DELETED, "doctor_id = v_doctor", _TECHNICAL),
    Rule("calendar", "doctor_schedules", Action.DELETED, "doctor_id = v_doctor", _TECHNICAL),
    Rule(
        "records",
        "medical_records",
        Action.PSEUDONYMISED,
        "patient_id = v_patient",
        _MEDICAL,
        sets="title = app_scrubbed(title, v_markers), description = app_scrubbed(description, v_markers), "
        "data = app_scrubbed(data::text, v_markers)::jsonb",
    ),
    Rule("phone-index", "patient_phone_index", Action.DELETED, "patient_id = v_patient", _TECHNICAL),
    Rule(
        "emergencies",
        "emergency_accesses",
        Action.PSEUDONYMISED,
        "patient_id = v_patient",
        _PROOF,
        sets="reason = app_scrubbed(reason, v_markers)",
    ),
    Rule("accesses", "audit_log", Action.KEPT, "person IN (v_user, v_patient) OR user_id = v_user", _PROOF),
    Rule("care", "care_relationships", Action.KEPT, "patient_id = v_patient", _CARE),
    Rule(
        "consents",
        "consents",
        Action.PSEUDONYMISED,
        "user_id = v_user",
        _PROOF,
        sets="address_digest = NULL",
        proof="address_digest IS NULL",
    ),
    Rule(
        "patient",
        "patient_profiles",
        Action.PSEUDONYMISED,
        "user_id = v_user",
        _PROFILE,
        sets=f"first_name = 'Erased', last_name = upper(left({_RANDOM}, 8)), "
        "date_of_birth = date_trunc('year', date_of_birth)::date, profile_complete = false, "
        f"{_nothing(_PATIENT_FREE)}",
        proof=f"first_name = 'Erased' AND {_empty(_PATIENT_FREE)} "
        "AND coalesce(extract(doy FROM date_of_birth), 1) = 1",
    ),
    Rule(
        "doctor",
        "doctor_profiles",
        Action.PSEUDONYMISED,
        "user_id = v_user",
        _DENTIST,
        sets=f"is_verified = false, profile_complete = false, {_nothing(_DOCTOR_FREE)}",
        proof=f"NOT is_verified AND {_empty(_DOCTOR_FREE)}",
    ),
    Rule(
        "licence-documents",
        "licence_documents",
        Action.DELETED,
        "submission_id IN (SELECT id FROM public.licence_submissions WHERE doctor_id = v_doctor)",
        (
            "Copies of documents are not needed once the account is closed; the files go within two days.",
            "Salinan dokumen tidak diperlukan setelah akun ditutup; berkasnya dihapus dalam dua hari.",
        ),
    ),
    Rule("licences", "licence_submissions", Action.KEPT, "doctor_id = v_doctor", _LICENCES),
    Rule("licence-events", "licence_events", Action.KEPT, "doctor_id = v_doctor", _LICENCES),
    Rule("written-reviews", "diagnosis_reviews", Action.KEPT, "doctor_id = v_doctor", _REVIEWS),
    Rule(
        "account",
        "users",
        Action.PSEUDONYMISED,
        "id = v_user",
        _ACCOUNT,
        sets=f"email = 'erased-' || {_RANDOM} || '{ERASED_ADDRESS}', password = '!'",
        proof=f"email LIKE 'erased-%{ERASED_ADDRESS}' AND password = '!'",
    ),
    Rule("erasure-request", "erasure_requests", Action.KEPT, "user_id = v_user", _PROOF),
    Rule("erasure-report", "erasure_reports", Action.KEPT, "user_id = v_user", _PROOF),
)
BY_NAME: Final[Mapping[str, Rule]] = {rule.name: rule for rule in RULES}

SEALED_TEXTS: Final[Mapping[str, tuple[str, ...]]] = {
    "ai_diagnoses": ("notes",),
    "diagnosis_reviews": ("notes",),
    "appointments": ("reason", "notes"),
    "appointment_events": ("reason",),
    "appointment_overbookings": ("reason",),
    "medical_records": ("description",),
}
"""Columns of rows that are kept, sealed by the application: only the worker can take the name out of them."""
