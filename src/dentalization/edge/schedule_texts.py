"""What the pages of a dentist's calendar and working hours say."""

from __future__ import annotations

from typing import Final

SCHEDULE: Final[dict[str, tuple[str, str]]] = {
    "calendar": ("Calendar", "Kalender"),
    "calendar-days": ("Days", "Hari"),
    "calendar-day": ("Day", "Hari"),
    "calendar-week": ("Week", "Minggu"),
    "calendar-earlier": ("Earlier", "Sebelumnya"),
    "calendar-later": ("Later", "Berikutnya"),
    "calendar-clock": ("All times by the clock of", "Semua waktu menurut"),
    "calendar-nothing": (
        "Nothing is booked, and nothing free.",
        "Tidak ada janji dan waktu tersedia.",
    ),
    "calendar-free": ("free", "tersedia"),
    "today": ("Today", "Hari ini"),
    "patient-elsewhere": ("No longer in your care", "Tidak lagi dalam perawatan Anda"),
    "desk-book": ("Book for a patient", "Buat janji untuk pasien"),
    "desk-choose": ("Choose a patient", "Pilih pasien"),
    "desk-patient-hint": (
        "The hundred patients who came to you last. Others are in the list of your patients:",
        "Seratus pasien terbaru Anda. Yang lain ada di daftar pasien Anda:",
    ),
    "desk-day": ("Day", "Tanggal"),
    "desk-time": ("Time", "Jam"),
    "desk-duration": ("Minutes", "Menit"),
    "overbooking-reason": ("Reason to overbook", "Alasan janji tambahan"),
    "overbooking-hint": (
        "Only where the time is taken or the practice closed: with a reason it is booked all the same.",
        "Hanya jika waktu sudah terisi atau praktik tutup: dengan alasan, janji tetap dibuat.",
    ),
    "hours-title": ("Working hours", "Jam praktik"),
    "hours-missing": (
        "Nobody can book with you yet: say first when your practice is open.",
        "Belum ada yang dapat membuat janji dengan Anda: tentukan dahulu jam praktik Anda.",
    ),
    "hours-week": ("Every week", "Setiap minggu"),
    "hours-hint": (
        "Leave empty what is closed. A session that goes on until midnight closes at 00:00.",
        "Kosongkan yang tutup. Sesi hingga tengah malam ditutup pukul 00.00.",
    ),
    "hours-session": ("session", "sesi"),
    "hours-opens": ("from", "dari"),
    "hours-closes": ("to", "sampai"),
    "hours-terms": ("How patients book", "Cara pasien membuat janji"),
    "timeZone": ("Time zone of the practice", "Zona waktu praktik"),
    "zones-indonesia": ("Indonesia", "Indonesia"),
    "zones-others": ("Elsewhere", "Di tempat lain"),
    "slotMinutes": ("Minutes of a slot", "Menit tiap slot"),
    "bufferMinutes": ("Minutes of pause after each", "Menit jeda setelahnya"),
    "minimumNoticeMinutes": ("Minutes of notice at least", "Menit pemberitahuan minimal"),
    "furthestDays": ("Days ahead at most", "Hari ke depan maksimal"),
    "longestMinutes": ("Minutes of the longest appointment", "Menit janji temu terlama"),
    "exceptions-title": ("Days that are different", "Hari yang berbeda"),
    "exceptions-none": ("No coming day is different.", "Tidak ada hari mendatang yang berbeda."),
    "exceptions-add": ("Add a day", "Tambah hari"),
    "exceptions-hint": (
        "Without times the whole day is closed. An extra session needs both. What is booked already stays.",
        "Tanpa jam, seluruh hari tutup. Sesi tambahan perlu keduanya. Janji yang sudah ada tetap berlaku.",
    ),
    "exception-kind": ("What it is", "Jenis"),
    "exception-HOLIDAY": ("Holiday", "Hari libur"),
    "exception-LEAVE": ("Leave", "Cuti"),
    "exception-EXTRA": ("Extra session", "Sesi tambahan"),
    "exception-reason": ("Note for yourself", "Catatan untuk Anda"),
    "error.no-session": (
        "A session has both times, and opens before it closes.",
        "Sesi memiliki kedua jam, dan dibuka sebelum ditutup.",
    ),
    "error.no-such-time": (
        "A time of day is written as 09:30, and on this day the clock shows it.",
        "Jam ditulis seperti 09:30, dan pada hari itu jam memang menunjukkannya.",
    ),
    "error.invalid.slotMinutes": (
        "A slot lasts 5 minutes to a day.",
        "Slot lamanya 5 menit hingga sehari.",
    ),
    "error.invalid.bufferMinutes": (
        "The pause between appointments lasts 0 to 240 minutes.",
        "Jeda antara janji temu 0 hingga 240 menit.",
    ),
    "error.invalid.minimumNoticeMinutes": (
        "The notice lies between 0 minutes and 30 days.",
        "Pemberitahuan antara 0 menit dan 30 hari.",
    ),
    "error.invalid.furthestDays": (
        "A calendar is open 1 to 730 days ahead.",
        "Kalender dibuka 1 hingga 730 hari ke depan.",
    ),
    "error.invalid.longestMinutes": (
        "The longest appointment lasts a slot at least and a day at most.",
        "Janji temu terlama paling singkat satu slot dan paling lama sehari.",
    ),
    "error.invalid.opens": (
        "An extra session says from when to when.",
        "Sesi tambahan menyebut dari jam berapa sampai jam berapa.",
    ),
}
