"""What pages say about appointments when something is wrong."""

from __future__ import annotations

from typing import Final

APPOINTMENT_TEXTS: Final[dict[str, tuple[str, str]]] = {
    "error.no-calendar": (
        "Only patients and dentists have appointments.",
        "Hanya pasien dan dokter gigi yang memiliki janji temu.",
    ),
    "error.doctor-not-verified": (
        "The licence of this dentist is not verified, or has run out; choose another dentist.",
        "Izin dokter gigi ini belum diverifikasi atau sudah berakhir; pilih dokter gigi lain.",
    ),
    "error.no-schedule": (
        "This dentist has not said yet when the practice is open; no appointment can be made.",
        "Dokter gigi ini belum menentukan jam praktik; janji temu belum dapat dibuat.",
    ),
    "error.in-the-past": (
        "An appointment begins in the future; this time is over.",
        "Janji temu dimulai di masa depan; waktu ini sudah lewat.",
    ),
    "error.notice-too-short": (
        "This is too soon for the dentist, who asks for some notice; choose a later time.",
        "Ini terlalu mendadak bagi dokter gigi; pilih waktu yang lebih lambat.",
    ),
    "error.too-far-ahead": (
        "This is further ahead than the dentist's calendar is open; choose an earlier time.",
        "Kalender dokter gigi belum dibuka sejauh itu; pilih waktu yang lebih awal.",
    ),
    "error.appointment-too-long": (
        "This is longer than the dentist's appointments last; choose a shorter duration.",
        "Ini lebih lama daripada janji temu dokter gigi; pilih durasi yang lebih singkat.",
    ),
    "error.outside-working-hours": (
        "The practice is closed at this time; choose one of the free slots.",
        "Praktik tutup pada waktu ini; pilih salah satu waktu yang tersedia.",
    ),
    "error.slot-taken": (
        "Somebody else has this time; choose another one.",
        "Waktu ini sudah diambil orang lain; pilih waktu lain.",
    ),
    "error.patient-busy": (
        "The patient has another appointment at this time; choose another time, or move the other one.",
        "Pasien memiliki janji temu lain pada waktu ini; pilih waktu lain atau pindahkan yang lain.",
    ),
    "error.wrong-state": (
        "This appointment is in another state by now; load it again.",
        "Status janji temu ini telah berubah; muat ulang.",
    ),
    "error.only-the-dentist": (
        "Only the dentist of this appointment can do this.",
        "Hanya dokter gigi dari janji temu ini yang dapat melakukannya.",
    ),
    "error.too-late": (
        "It is too late to do this oneself; call the practice.",
        "Sudah terlambat untuk melakukannya sendiri; hubungi praktik.",
    ),
    "error.too-early": (
        "It is too early to do this; the appointment has not come yet.",
        "Terlalu awal untuk ini; janji temu belum tiba.",
    ),
    "error.overbooking-for-dentists": (
        "Only the dentist can book beside another appointment, in the own calendar.",
        "Hanya dokter gigi yang dapat membuat janji temu tambahan, di kalendernya sendiri.",
    ),
    "error.unknown-time-zone": (
        "A time zone is written as in the IANA database, as Asia/Jakarta, Asia/Makassar or Asia/Jayapura.",
        "Zona waktu ditulis seperti dalam basis data IANA, misalnya Asia/Jakarta, Asia/Makassar.",
    ),
    "error.hours-overlap": (
        "Sessions of one weekday do not overlap; join them, or move one.",
        "Sesi pada satu hari tidak boleh tumpang tindih; gabungkan atau pindahkan salah satunya.",
    ),
}
