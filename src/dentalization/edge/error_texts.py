"""What pages say when something is wrong: ``error.`` and the error's code, or code and field."""

from __future__ import annotations

from typing import Final

ERRORS: Final[dict[str, tuple[str, str]]] = {
    "error.no-such-patient": (
        "There is no patient with this address.",
        "Tidak ada pasien dengan alamat ini.",
    ),
    "error.sign-in-failed": (
        "The e-mail address or the password is not right.",
        "Alamat email atau kata sandi tidak benar.",
    ),
    "error.not-found": (
        "There is nothing here, or nothing that you may see.",
        "Tidak ada apa-apa di sini, atau tidak boleh Anda lihat.",
    ),
    "error.not-allowed": ("You are not allowed to do this.", "Anda tidak diizinkan melakukan ini."),
    "error.not-verified": (
        "Only dentists whose licence is verified can do this; yours is not verified yet.",
        "Hanya dokter gigi dengan izin terverifikasi; izin Anda belum diverifikasi.",
    ),
    "error.already-claimed": (
        "Another dentist has taken this diagnosis on.",
        "Dokter gigi lain telah mengambil diagnosis ini.",
    ),
    "error.answer-first": (
        "This case is reviewed blind: mark what you see, or that there is nothing, and save it as seen.",
        "Kasus ini ditinjau tanpa AI: tandai yang Anda lihat, atau bahwa tidak ada, lalu simpan.",
    ),
    "error.already-decided": (
        "This diagnosis has been decided; its state cannot change like that any more.",
        "Diagnosis ini sudah diputuskan; keadaannya tidak dapat diubah lagi seperti itu.",
    ),
    "error.csrf": (
        "This form is too old or came from elsewhere; load the page again and repeat.",
        "Formulir ini terlalu lama atau berasal dari tempat lain; muat ulang halaman dan ulangi.",
    ),
    "error.weak-password": (
        "A password has at least 8 and at most 128 characters, and is not the e-mail address.",
        "Kata sandi terdiri dari 8 sampai 128 karakter dan bukan alamat email.",
    ),
    "error.invalid-phone": (
        "A telephone number is given with its country code, as +62 812 3456 7890, or as an Indonesian 08…",
        "Nomor telepon ditulis dengan kode negara, seperti +62 812 3456 7890, atau 08…",
    ),
    "error.photo-too-large": (
        "A photo has at most 10 MB; this file is larger. Send a smaller copy.",
        "Foto maksimal 10 MB; berkas ini lebih besar. Kirim salinan yang lebih kecil.",
    ),
    "error.photo-not-a-picture": (
        "This file is no JPEG, PNG, WebP or HEIC picture. Send one of these.",
        "Berkas ini bukan gambar JPEG, PNG, WebP, atau HEIC. Kirim salah satunya.",
    ),
    "error.photo-damaged": (
        "This picture is damaged or incomplete. Send it again, or take another.",
        "Gambar ini rusak atau tidak lengkap. Kirim lagi, atau ambil yang lain.",
    ),
    "error.photo-too-small": (
        "A photo is at least 64 pixels wide and high. Send the whole photo.",
        "Foto minimal 64 piksel lebar dan tinggi. Kirim foto utuh.",
    ),
    "error.photo-too-many-pixels": (
        "A photo has at most 50 megapixels. Send a smaller copy.",
        "Foto maksimal 50 megapiksel. Kirim salinan yang lebih kecil.",
    ),
    "error.photo-animated": (
        "This file holds several pictures. Send one still photo.",
        "Berkas ini berisi beberapa gambar. Kirim satu foto.",
    ),
    "error.too-many-attempts": (
        "Too many attempts; try again in a few minutes.",
        "Terlalu banyak percobaan; coba lagi dalam beberapa menit.",
    ),
    "error.too-many-requests": (
        "Too many pages in a short time; try again in a minute.",
        "Terlalu banyak halaman dalam waktu singkat; coba lagi dalam satu menit.",
    ),
    "error.empty": ("This is needed.", "Ini wajib diisi."),
    "error.too-long": ("This is too long; shorten it.", "Ini terlalu panjang; persingkat."),
    "error.no-email": ("This is no e-mail address.", "Ini bukan alamat email."),
    "error.no-date": ("A date is written as 2026-01-31.", "Tanggal ditulis seperti 2026-01-31."),
    "error.no-number": ("This is a whole number.", "Ini harus bilangan bulat."),
    "error.no-kind": ("Choose a kind of picture from the list.", "Pilih jenis gambar dari daftar."),
    "error.no-decision": ("Choose a decision.", "Pilih keputusan."),
    "error.boxes": (
        "The boxes could not be read; load the page again.",
        "Kotak tidak dapat dibaca; muat ulang halaman.",
    ),
    "error.invalid.yearsExperience": (
        "Years of experience lie between 0 and 80.",
        "Tahun pengalaman antara 0 dan 80.",
    ),
    "error.license-taken": (
        "This licence number belongs to another account; if it is yours, ask the administrator.",
        "Nomor izin ini milik akun lain; jika ini milik Anda, hubungi administrator.",
    ),
    "error.changed-meanwhile": (
        "Somebody has changed this since you loaded it; load it again and repeat your change.",
        "Ini telah diubah sejak Anda memuatnya; muat ulang dan ulangi perubahan Anda.",
    ),
    "error.not-claimed": (
        "Take this diagnosis on before you decide about it.",
        "Ambil diagnosis ini sebelum memutuskan.",
    ),
    "error.not-failed": (
        "Only an analysis that has failed can be tried again.",
        "Hanya analisis yang gagal dapat dicoba lagi.",
    ),
    "error.photo-rejected": ("This picture cannot be taken.", "Gambar ini tidak dapat diterima."),
    "error.bad-cursor": (
        "This place in the list does not exist; open the list from its beginning.",
        "Tempat dalam daftar ini tidak ada; buka daftar dari awal.",
    ),
    "error.bad-address": (
        "This address is not complete; go back and try again.",
        "Alamat ini tidak lengkap; kembali dan coba lagi.",
    ),
    "error.rule-broken": (
        "This does not fit what is stored; nothing was saved.",
        "Ini tidak sesuai dengan yang tersimpan; tidak ada yang disimpan.",
    ),
    "error.database-busy": (
        "Very many people are here at once; try again in a few seconds.",
        "Sangat banyak pengunjung saat ini; coba lagi dalam beberapa detik.",
    ),
    "error.database-unreachable": (
        "The service cannot reach its data; try again in a few seconds.",
        "Layanan tidak dapat mencapai datanya; coba lagi dalam beberapa detik.",
    ),
    "error.outcome-unknown": (
        "The database went away while this was saved; look whether it was before you send it again.",
        "Basis data terputus saat menyimpan; periksa dahulu apakah sudah tersimpan sebelum mengirim lagi.",
    ),
    "error.database-full": (
        "The database has no room left; nothing was saved. Try again later.",
        "Ruang basis data habis; tidak ada yang tersimpan. Coba lagi nanti.",
    ),
    "error.database-read-only": (
        "The database takes no changes at the moment; nothing was saved. Try again in a few seconds.",
        "Basis data sedang tidak menerima perubahan; tidak ada yang tersimpan. Coba lagi sebentar lagi.",
    ),
    "error.storage-full": (
        "There is no room left for photos; nothing was saved. Try again later.",
        "Ruang untuk foto habis; tidak ada yang tersimpan. Coba lagi nanti.",
    ),
    "error.database-timeout": (
        "This took too long; try again.",
        "Ini terlalu lama; coba lagi.",
    ),
    "error.transaction-conflict": (
        "Others changed the same data at the same time; nothing was saved, try again.",
        "Data yang sama diubah bersamaan; tidak ada yang disimpan, coba lagi.",
    ),
    "error.internal-error": (
        "Something went wrong on our side; nothing was half-saved.",
        "Ada kesalahan di pihak kami; tidak ada yang tersimpan setengah.",
    ),
}
