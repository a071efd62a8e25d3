"""What the pages about access to data say."""

from __future__ import annotations

from typing import Final

OVERSIGHT: Final[dict[str, tuple[str, str]]] = {
    "access-log": ("Who has looked", "Siapa yang melihat"),
    "access-log-lead": (
        "Every access to your data is noted down before anybody gets to see them.",
        "Setiap akses ke data Anda dicatat sebelum siapa pun dapat melihatnya.",
    ),
    "access-log-empty": ("Nobody yet.", "Belum ada."),
    "access-by-others": ("By others", "Oleh orang lain"),
    "access-by-me": ("By you", "Oleh Anda"),
    "access-who-own": ("You", "Anda"),
    "access-who-DOCTOR": ("A dentist", "Seorang dokter gigi"),
    "access-who-ADMIN": ("An administrator", "Seorang administrator"),
    "access-who-PATIENT": ("A patient", "Seorang pasien"),
    "access-who-WORKER": ("The AI", "AI"),
    "access-opened": ("opened:", "membuka:"),
    "access-saw": ("saw:", "melihat:"),
    "access-changed": ("saw or changed:", "melihat atau mengubah:"),
    "access-kind-account": ("account", "akun"),
    "access-kind-profile": ("profile", "profil"),
    "access-kind-photo": ("photos", "foto"),
    "access-kind-analysis": ("AI analyses", "analisis AI"),
    "access-kind-diagnosis": ("diagnoses", "diagnosis"),
    "access-kind-appointment": ("appointments", "janji temu"),
    "access-kind-record": ("medical records", "rekam medis"),
    "access-kind-licence": ("licence", "izin praktik"),
    "access-kind-emergency": ("emergency access", "akses darurat"),
    "access-kind-consent": ("consents", "persetujuan"),
    "access-kind-export": ("all data, as an archive", "semua data, sebagai arsip"),
    "access-kind-erasure": ("report of an erasure", "laporan penghapusan"),
    "access-why-own": ("your own data", "data Anda sendiri"),
    "access-why-care": (
        "as your dentist, or to take on your case",
        "sebagai dokter gigi Anda, atau untuk menangani kasus Anda",
    ),
    "access-why-administration": ("to administer the account", "untuk mengelola akun"),
    "access-why-analysis": (
        "to analyse a photo, as you asked",
        "untuk menganalisis foto, seperti yang Anda minta",
    ),
    "access-why-emergency": ("emergency access", "akses darurat"),
    "emergency": ("Emergency access", "Akses darurat"),
    "emergency-lead": (
        "You will see one patient's data for 60 minutes. The patient is shown that you looked, and why.",
        "Anda akan melihat data satu pasien selama 60 menit. Pasien diberi tahu hal itu dan alasannya.",
    ),
    "emergency-hint": ("The patient will read this.", "Pasien akan membaca ini."),
    "emergency-open": ("Open for 60 minutes", "Buka selama 60 menit"),
    "emergency-yours": ("Your emergency accesses", "Akses darurat Anda"),
    "emergency-none": ("None so far.", "Belum ada."),
    "emergency-look": ("See the data", "Lihat data"),
    "emergency-end": ("End now", "Akhiri sekarang"),
    "reason": ("Reason", "Alasan"),
    "emergency-reason": ("Reason given", "Alasan yang diberikan"),
}
