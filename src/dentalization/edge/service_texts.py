"""What the page about the service itself says."""

from __future__ import annotations

from typing import Final

SERVICE: Final[dict[str, tuple[str, str]]] = {
    "service": ("Service", "Layanan"),
    "service-drill": ("The last restore on trial", "Uji pemulihan terakhir"),
    "service-no-drill": (
        "No backup was proven by restoring it yet: 'dentalization backup drill'.",
        "Belum ada cadangan yang diuji dengan pemulihan: 'dentalization backup drill'.",
    ),
    "service-stood": ("Succeeded", "Berhasil"),
    "service-fell": ("Failed", "Gagal"),
    "service-recovery": ("Until it could be used again", "Hingga dapat dipakai lagi"),
    "service-point": ("Would have been lost", "Yang akan hilang"),
    "service-rows": ("rows", "baris"),
    "service-backups": ("Backups", "Cadangan"),
    "service-no-backup": (
        "There is no backup in this server's folder.",
        "Tidak ada cadangan di folder server ini.",
    ),
    "service-encrypted": ("encrypted", "terenkripsi"),
    "service-jobs": ("Jobs", "Pekerjaan"),
    "service-no-jobs": ("None.", "Tidak ada."),
    "amcheck-passed": ("every page is right", "semua halaman benar"),
    "amcheck-damaged": ("pages are damaged", "ada halaman yang rusak"),
    "amcheck-not-run": ("not run", "tidak dijalankan"),
    "service-workers": ("Workers that live", "Pekerja yang hidup"),
    "job-waiting": ("waiting", "menunggu"),
    "job-later": ("due later", "dijadwalkan nanti"),
    "job-running": ("running", "berjalan"),
    "job-failed": ("failed", "gagal"),
    "service-replicas": ("Read replicas in use", "Replika baca yang dipakai"),
}
