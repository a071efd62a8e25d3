"""Words of the page about the calendar feed, in English and Indonesian."""

from __future__ import annotations

from typing import Final

CALENDAR: Final[dict[str, tuple[str, str]]] = {
    "feed-title": ("Your calendar", "Kalender Anda"),
    "feed-lead": (
        "With a secret address your calendar program shows your appointments and follows their changes.",
        "Dengan alamat rahasia, aplikasi kalender Anda menampilkan janji temu Anda dan "
        "mengikuti perubahannya.",
    ),
    "feed-lead-doctor": (
        "With a secret address your calendar program shows your appointments and follows their changes. Of "
        "patients it shows initials only, since makers of calendars read along.",
        "Dengan alamat rahasia, aplikasi kalender Anda menampilkan janji temu Anda dan "
        "mengikuti perubahannya. Dari pasien hanya inisial yang ditampilkan, "
        "karena pembuat kalender ikut membaca.",
    ),
    "feed-once": (
        "Copy this address now; it is not shown again:",
        "Salin alamat ini sekarang; alamat ini tidak ditampilkan lagi:",
    ),
    "feed-since": ("There is an address, made on", "Sudah ada alamat, dibuat pada"),
    "feed-secret": (
        "Whoever knows the address sees your appointments. If somebody else has got it, revoke it or make "
        "a new one: the old one stops working at once.",
        "Siapa pun yang tahu alamat ini dapat melihat janji temu Anda. Jika orang lain mendapatkannya, cabut "
        "atau buat yang baru: alamat lama langsung tidak berlaku.",
    ),
    "feed-make": ("Make an address", "Buat alamat"),
    "feed-renew": ("Make a new address in its place", "Ganti dengan alamat baru"),
    "feed-revoke": ("Revoke the address", "Cabut alamat"),
    "feed-revoked": ("The address is revoked.", "Alamat telah dicabut."),
    "feed-link": ("Your calendar as a feed", "Kalender Anda sebagai feed"),
}
