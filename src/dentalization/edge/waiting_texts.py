"""What pages say about waiting lists, offers and recalls."""

from __future__ import annotations

from typing import Final

WAITING: Final[dict[str, tuple[str, str]]] = {
    "waiting-title": ("Waiting list", "Daftar tunggu"),
    "waiting-join": ("Join the waiting list", "Masuk daftar tunggu"),
    "waiting-join-hint": (
        "Nothing suits you? Join the waiting list, and you are offered what becomes free.",
        "Tidak ada yang cocok? Masuk daftar tunggu, dan waktu yang kosong akan ditawarkan kepada Anda.",
    ),
    "waiting-lead": (
        "What becomes free is offered by e-mail to the first in line whom it suits, and held for two hours "
        "at most.",
        "Waktu yang kosong ditawarkan melalui email kepada yang pertama dan cocok, dan disimpan paling lama "
        "dua jam.",
    ),
    "waiting-leave": ("Leave the list", "Keluar dari daftar"),
    "waiting-nobody": ("Nobody waits.", "Tidak ada yang menunggu."),
    "waiting-somebody": ("Somebody who is not in your care yet", "Seseorang yang belum dalam perawatan Anda"),
    "earliestOn": ("Earliest day", "Tanggal paling awal"),
    "latestOn": ("Latest day", "Tanggal paling akhir"),
    "weekdays": ("Days of the week", "Hari dalam seminggu"),
    "waiting-opens": ("Not before", "Tidak sebelum"),
    "waiting-closes": ("Over by", "Selesai sebelum"),
    "offers-title": ("Free for you", "Tersedia untuk Anda"),
    "offer-until": ("Held for you until", "Disimpan untuk Anda sampai"),
    "offer-accept": ("Take it", "Terima"),
    "offer-decline": ("Leave it", "Tolak"),
    "recalls-title": ("Recalls", "Panggilan ulang"),
    "recalls-none": ("Nobody is to be seen again.", "Tidak ada pasien yang perlu datang lagi."),
    "recalls-add": ("Set a recall", "Buat panggilan ulang"),
    "recall-due": (
        "Your dentist would like to see you again by",
        "Dokter gigi ingin memeriksa Anda lagi sebelum",
    ),
    "recall-overdue": ("overdue", "terlambat"),
    "recall-note": ("What for", "Untuk apa"),
    "recall-withdraw": ("Withdraw", "Tarik kembali"),
    "months": ("In how many months", "Berapa bulan lagi"),
    "error.waiting-for-patients": (
        "Only patients wait for a freed time.",
        "Hanya pasien yang menunggu waktu kosong.",
    ),
    "error.offer-over": (
        "This offer is over, or answered already; the time has gone to the next in line.",
        "Tawaran ini sudah berakhir atau sudah dijawab; waktunya diberikan kepada yang berikutnya.",
    ),
    "error.recalls-for-dentists": (
        "Only dentists set when a patient is to be seen again.",
        "Hanya dokter gigi yang menentukan kapan pasien perlu datang lagi.",
    ),
    "error.already-waiting": (
        "You are in this dentist's line already.",
        "Anda sudah ada di daftar tunggu dokter gigi ini.",
    ),
    "error.already-recalled": (
        "This patient has a recall already; withdraw it first.",
        "Pasien ini sudah memiliki panggilan ulang; tarik kembali dahulu.",
    ),
    "error.invalid.latestOn": (
        "The latest day does not come before the earliest.",
        "Tanggal akhir tidak mendahului tanggal awal.",
    ),
    "error.invalid.closes": (
        "Between the earliest and the latest hour the appointment has to fit.",
        "Janji temu harus muat di antara jam paling awal dan paling akhir.",
    ),
    "error.invalid.weekdays": ("Choose at least one day of the week.", "Pilih setidaknya satu hari."),
    "error.invalid.months": (
        "A recall lies 1 to 60 months ahead.",
        "Panggilan ulang 1 hingga 60 bulan ke depan.",
    ),
}
