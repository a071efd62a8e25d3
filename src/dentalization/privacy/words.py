"""What people call the rows of a rule of `privacy.policy`, whom it concerns, and what no export holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from dentalization.privacy.policy import Rule

WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "refresh-tokens": ("Used sign-in tokens", "Token masuk yang sudah dipakai"),
    "written": ("Notes of when your devices last saved something", "Catatan kapan perangkat Anda menyimpan"),
    "sessions": ("Signed-in devices and their addresses", "Perangkat yang masuk dan alamatnya"),
    "confirmations": ("When a device last showed that it is you", "Kapan perangkat terakhir dikonfirmasi"),
    "authenticator": ("Your authenticator app's key", "Kunci aplikasi autentikator Anda"),
    "recovery-codes": ("Digests of recovery codes", "Sidik kode pemulihan"),
    "passkeys": ("Passkeys", "Passkey"),
    "sign-ins-begun": ("Sign-ins that wait for a second factor", "Proses masuk yang menunggu faktor kedua"),
    "events": ("Notes that something of yours has changed", "Catatan bahwa sesuatu milik Anda berubah"),
    "letters": ("Links in letters to you", "Tautan dalam surat kepada Anda"),
    "verified-address": ("Which address you have confirmed", "Alamat yang telah Anda konfirmasi"),
    "retries": ("Answers kept for retried requests", "Jawaban untuk permintaan yang diulang"),
    "shadows": ("What models that are being tried said", "Hasil model yang sedang dicoba"),
    "analyses": ("Analyses by the AI", "Analisis oleh AI"),
    "claims": (
        "Notes of dentists on undecided cases",
        "Catatan dokter gigi pada kasus yang belum diputuskan",
    ),
    "undecided": ("Proposals that no dentist decided", "Usulan yang belum diputuskan dokter gigi"),
    "photos": ("Photos, with the pictures themselves", "Foto, beserta gambarnya"),
    "appointments-open": ("Appointments that did not take place", "Janji temu yang tidak terlaksana"),
    "decided": ("Diagnoses that a dentist decided", "Diagnosis yang diputuskan dokter gigi"),
    "reviews": ("Decisions of dentists about them", "Keputusan dokter gigi tentangnya"),
    "appointments-kept": ("Appointments that took place", "Janji temu yang terlaksana"),
    "appointment-letters": ("Letters to you about appointments", "Surat kepada Anda tentang janji temu"),
    "appointment-versions": ("How often appointments changed", "Seberapa sering janji temu berubah"),
    "calendar-feed": ("The address of your calendar feed", "Alamat feed kalender Anda"),
    "check-ins": ("When you arrived for appointments", "Waktu Anda datang untuk janji temu"),
    "appointment-history": (
        "What happened to appointments that took place",
        "Riwayat janji temu yang terlaksana",
    ),
    "overbookings": ("Why appointments were added between others", "Alasan janji temu tambahan"),
    "notices": ("Letters to you about offers and recalls", "Surat tentang tawaran dan panggilan ulang"),
    "offers": ("Freed times that were offered to you", "Waktu yang pernah ditawarkan kepada Anda"),
    "waiting-list": ("Your places in waiting lists", "Tempat Anda dalam daftar tunggu"),
    "recalls": ("When you were to come again", "Kapan Anda perlu datang lagi"),
    "recalls-set": ("When patients were to come to you again", "Kapan pasien perlu datang lagi"),
    "line": ("Who waited for a time with you", "Siapa yang menunggu waktu dengan Anda"),
    "days-off": ("Days that differ in your calendar", "Hari yang berbeda dalam kalender Anda"),
    "working-hours": ("Your working hours", "Jam kerja Anda"),
    "calendar": ("Settings of your calendar", "Pengaturan kalender Anda"),
    "records": ("Medical records", "Rekam medis"),
    "phone-index": ("Index for finding your number", "Indeks untuk menemukan nomor Anda"),
    "emergencies": ("Emergency accesses to your data", "Akses darurat ke data Anda"),
    "accesses": ("Who has looked at your data, and when", "Siapa yang melihat data Anda, dan kapan"),
    "care": ("Which dentists treated you", "Dokter gigi yang merawat Anda"),
    "consents": ("Consents", "Persetujuan"),
    "patient": ("Profile of the patient", "Profil pasien"),
    "doctor": ("Profile of the dentist", "Profil dokter gigi"),
    "licence-documents": ("Documents of licences", "Dokumen izin praktik"),
    "licences": ("Licences that you sent in", "Izin praktik yang Anda kirim"),
    "licence-events": ("Steps of their verification", "Langkah verifikasinya"),
    "written-reviews": ("Decisions that you have written", "Keputusan yang Anda tulis"),
    "account": ("Account", "Akun"),
    "erasure-request": ("Request for this erasure", "Permintaan penghapusan ini"),
    "erasure-report": ("Reports of erasures", "Laporan penghapusan"),
}
"""What people call the rows of a rule, in English and Indonesian."""

_ONLY_DOCTORS = frozenset(
    {
        "doctor",
        "licence-documents",
        "licences",
        "licence-events",
        "written-reviews",
        "recalls-set",
        "line",
        "days-off",
        "working-hours",
        "calendar",
    }
)
_EVERYBODY = frozenset(
    {
        "refresh-tokens",
        "written",
        "sessions",
        "confirmations",
        "authenticator",
        "recovery-codes",
        "passkeys",
        "sign-ins-begun",
        "events",
        "letters",
        "verified-address",
        "retries",
        "calendar-feed",
        "consents",
        "accesses",
        "account",
        "erasure-request",
        "erasure-report",
    }
)


def concerns(rule: Rule, role: str) -> bool:
    """Whether an account of this role can have rows of the rule at all."""
    if rule.name in _EVERYBODY:
        return True
    return role == ("DOCTOR" if rule.name in _ONLY_DOCTORS else "PATIENT")


NOT_EXPORTED: Final[Mapping[str, str]] = {
    "session_confirmations": "When a session last showed a password: gone with the session.",
    "totp_factors": "A secret that signs in; an archive that is lost must not.",
    "recovery_codes": "Digests of codes that sign in.",
    "factor_challenges": "Random numbers of sign-ins that were begun, for five minutes.",
    "events": "That something has changed, for a week; what it is stands in the other files.",
    "calendar_feeds": "A digest of the feed's address; whether there is one, the profile says.",
    "appointment_invitations": "A count of the changes that the history of appointments tells in full.",
    "mail_tokens": "Digests of links that were sent, for a day at most.",
    "patient_phone_index": "A keyed digest of the telephone number that the profile has.",
    "erasure_requests": "The account's sessions end with the request; its status has an address of its own.",
    "erasure_reports": "Made when the account is closed, and shown at the request's status address.",
}
"""Tables with a person's rows that an export leaves out, and why. A test asks for one or the other."""
