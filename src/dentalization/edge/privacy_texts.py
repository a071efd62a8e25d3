"""What the pages about consents, export and erasure say, in English and Indonesian."""

from __future__ import annotations

from typing import Final

PRIVACY: Final[dict[str, tuple[str, str]]] = {
    "privacy": ("Privacy", "Privasi"),
    "consent-hint": (
        "You can change this at any time under 'Privacy'.",
        "Anda dapat mengubahnya kapan saja di bagian 'Privasi'.",
    ),
    "consents-title": ("What you agree to", "Yang Anda setujui"),
    "purpose-treatment": ("Treatment", "Perawatan"),
    "purpose-ai": ("Analysis by an AI", "Analisis oleh AI"),
    "purpose-training": ("Teaching the AI", "Melatih AI"),
    "purpose-reminders": ("Reminders", "Pengingat"),
    "purpose-research": ("Research", "Penelitian"),
    "consent-given": ("Agreed", "Disetujui"),
    "consent-not-given": ("Not agreed", "Tidak disetujui"),
    "consent-needed": ("Part of the service", "Bagian dari layanan"),
    "consent-newer": (
        "You agreed to an earlier text; this is the present one.",
        "Anda menyetujui teks sebelumnya; ini teks yang berlaku.",
    ),
    "consent-text": ("Text", "Teks"),
    "consent-give": ("Agree", "Setuju"),
    "consent-withdraw": ("Withdraw", "Cabut persetujuan"),
    "consent-renew": ("Agree to the present text", "Setujui teks yang berlaku"),
    "export-title": ("Your data", "Data Anda"),
    "export-text": (
        "Everything that is kept about you, as one archive: JSON files, and the pictures.",
        "Semua yang disimpan tentang Anda dalam satu arsip: berkas JSON dan gambar.",
    ),
    "export-button": ("Download everything", "Unduh semuanya"),
    "erasure-title": ("Erase your account", "Hapus akun Anda"),
    "erasure-text": (
        "This cannot be undone. Download your data first. You are signed out everywhere at once.",
        "Ini tidak dapat dibatalkan. Unduh data Anda terlebih dahulu. Anda langsung keluar di semua "
        "perangkat.",
    ),
    "erasure-staff": (
        "Your account is closed. Decisions that you made stay: they are part of the records of patients.",
        "Akun Anda ditutup. Keputusan yang Anda buat tetap ada: itu bagian dari rekam medis pasien.",
    ),
    "action-deleted": ("Deleted", "Dihapus"),
    "action-pseudonymised": ("Kept without your name", "Disimpan tanpa nama Anda"),
    "action-kept": ("Kept as it is", "Disimpan apa adanya"),
    "erasure-button": ("Erase my account for good", "Hapus akun saya selamanya"),
    "erasure-status": ("Erasure of an account", "Penghapusan akun"),
    "erasure-state-requested": (
        "Asked for; it begins in a moment. Load this page again to see how far it is.",
        "Telah diminta; segera dimulai. Muat ulang halaman ini untuk melihat kemajuannya.",
    ),
    "erasure-state-running": (
        "At work. Load this page again to see how far it is.",
        "Sedang berjalan. Muat ulang halaman ini untuk melihat kemajuannya.",
    ),
    "erasure-state-done": ("Done. This is the report.", "Selesai. Ini laporannya."),
    "erasure-keep-address": (
        "Keep the address of this page: it is the only way back to this report, and answers for 30 days.",
        "Simpan alamat halaman ini: ini satu-satunya jalan ke laporan ini, dan berlaku 30 hari.",
    ),
    "erasure-clean": (
        "Every text in the database was searched for your e-mail address, telephone number and name. "
        "None of them is left.",
        "Semua teks dalam basis data telah diperiksa untuk alamat email, nomor telepon, dan nama Anda. "
        "Tidak ada yang tersisa.",
    ),
    "erasure-clean-staff": (
        "Every text in the database was searched for your e-mail address and telephone number. "
        "None of them is left.",
        "Semua teks dalam basis data telah diperiksa untuk alamat email dan nomor telepon Anda. "
        "Tidak ada yang tersisa.",
    ),
    "erasure-found": (
        "The search still found your e-mail address, telephone number or name, for instance in what "
        "somebody else wrote about themselves:",
        "Pencarian masih menemukan alamat email, nomor telepon, atau nama Anda, misalnya dalam tulisan "
        "orang lain tentang dirinya:",
    ),
    "erasure-digest": ("Report and its SHA-256", "Laporan dan SHA-256-nya"),
    "error.consent-missing": (
        "You have not agreed that an AI looks at your photos. You can do so under 'Privacy'.",
        "Anda belum menyetujui AI melihat foto Anda. Anda dapat menyetujuinya di bagian 'Privasi'.",
    ),
    "error.consent-text-changed": (
        "The text of this consent has changed; read the present version and decide again.",
        "Teks persetujuan ini telah berubah; baca versi yang berlaku dan putuskan lagi.",
    ),
    "error.consent-needed": (
        "The service cannot be had without this; to end it, erase your account.",
        "Layanan tidak dapat diberikan tanpa ini; untuk mengakhirinya, hapus akun Anda.",
    ),
    "error.password-wrong": (
        "This is not the password of this account; nothing was erased.",
        "Ini bukan kata sandi akun ini; tidak ada yang dihapus.",
    ),
}
