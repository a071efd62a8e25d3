"""What the pages of medical records say."""

from __future__ import annotations

from typing import Final

RECORDS: Final[dict[str, tuple[str, str]]] = {
    "records": ("Medical records", "Rekam medis"),
    "records-none": ("There are no records yet.", "Belum ada rekam medis."),
    "record-write": ("Write a medical record", "Tulis rekam medis"),
    "record-stays": (
        "The patient can read it. It stays as it is; what is to be corrected goes into another record.",
        "Pasien dapat membacanya. Isinya tidak dapat diubah; koreksi ditulis dalam rekam medis lain.",
    ),
    "record-kind": ("Kind", "Jenis"),
    "record-treatment": ("Treatment", "Perawatan"),
    "record-diagnosis": ("Diagnosis", "Diagnosis"),
    "record-prescription": ("Prescription", "Resep"),
    "record-note": ("Note", "Catatan"),
    "record-title": ("Title", "Judul"),
    "record-text": ("What was found and done", "Temuan dan tindakan"),
    "error.records-by-dentists": (
        "Only dentists whose licence is verified write medical records.",
        "Hanya dokter gigi dengan izin terverifikasi yang menulis rekam medis.",
    ),
}
