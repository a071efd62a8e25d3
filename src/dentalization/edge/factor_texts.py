"""What the pages of the second factor say, in English and Indonesian."""

from __future__ import annotations

from typing import Final

FACTORS: Final[dict[str, tuple[str, str]]] = {
    "security": ("Security", "Keamanan"),
    "second-step": ("Second step", "Langkah kedua"),
    "code": ("Code", "Kode"),
    "code-of-app": (
        "Six digits from your authenticator app, or one of your recovery codes.",
        "Enam angka dari aplikasi autentikator Anda, atau salah satu kode pemulihan.",
    ),
    "code-of-recovery": ("One of your recovery codes.", "Salah satu kode pemulihan Anda."),
    "six-digits": ("Six digits from the app.", "Enam angka dari aplikasi."),
    "continue": ("Continue", "Lanjutkan"),
    "use-passkey": ("Use a passkey", "Gunakan kunci sandi"),
    "passkey-failed": (
        "The passkey was not used. Try again, or choose another way.",
        "Kunci sandi tidak digunakan. Coba lagi, atau pilih cara lain.",
    ),
    "confirm-yourself": ("Is it still you?", "Apakah ini masih Anda?"),
    "confirm-why": (
        "What you are about to do needs your password or a code of the last ten minutes.",
        "Tindakan ini memerlukan kata sandi atau kode dari sepuluh menit terakhir.",
    ),
    "factor-is-required": (
        "Your role needs a second factor. Add one here; then everything else opens.",
        "Peran Anda memerlukan faktor kedua. Tambahkan di sini; setelah itu semuanya terbuka.",
    ),
    "authenticator-app": ("Authenticator app", "Aplikasi autentikator"),
    "app-none": (
        "An app on your telephone shows a new code every thirty seconds.",
        "Aplikasi di telepon Anda menampilkan kode baru setiap tiga puluh detik.",
    ),
    "app-since": ("In use since", "Digunakan sejak"),
    "app-add": ("Set up an app", "Siapkan aplikasi"),
    "app-remove": ("Remove the app", "Hapus aplikasi"),
    "app-secret": (
        "Open this link on the device with the app, or type the key into the app:",
        "Buka tautan ini di perangkat dengan aplikasi, atau ketik kuncinya ke dalam aplikasi:",
    ),
    "app-open": ("Open in the app", "Buka di aplikasi"),
    "app-confirm": ("Then type the code that the app shows.", "Lalu ketik kode yang ditampilkan aplikasi."),
    "passkeys": ("Passkeys", "Kunci sandi"),
    "passkeys-none": (
        "A passkey is this device's lock or a security key; nobody can read it off a screen.",
        "Kunci sandi adalah kunci perangkat ini atau kunci keamanan; tidak dapat dibaca dari layar.",
    ),
    "passkeys-unavailable": (
        "Passkeys need a service with a name; this one is reached by a number.",
        "Kunci sandi memerlukan layanan dengan nama; layanan ini dijangkau lewat angka.",
    ),
    "passkey-add": ("Add a passkey", "Tambah kunci sandi"),
    "passkey-name": ("Name of the passkey", "Nama kunci sandi"),
    "passkey-used": ("last used", "terakhir digunakan"),
    "recovery-codes": ("Recovery codes", "Kode pemulihan"),
    "recovery-left": ("Left:", "Sisa:"),
    "recovery-new": ("Make new codes", "Buat kode baru"),
    "recovery-once": (
        "Write these down and keep them safe: each signs you in once if your factor is lost. "
        "They are not shown again.",
        "Catat dan simpan dengan aman: masing-masing dapat dipakai masuk sekali bila faktor Anda hilang. "
        "Kode ini tidak ditampilkan lagi.",
    ),
    "recovery-kept": ("I have kept them", "Sudah saya simpan"),
    "change-password": ("Change the password", "Ubah kata sandi"),
    "currentPassword": ("Present password", "Kata sandi saat ini"),
    "newPassword": ("New password", "Kata sandi baru"),
    "password-changed": (
        "The password is changed; all other devices are signed out.",
        "Kata sandi telah diubah; semua perangkat lain telah dikeluarkan.",
    ),
    "error.second-factor-needed": (
        "The password is right; now show the second factor.",
        "Kata sandi benar; sekarang tunjukkan faktor kedua.",
    ),
    "error.factor-refused": (
        "This code or passkey is not right, or was used before; wait for the next code.",
        "Kode atau kunci sandi ini tidak benar atau sudah dipakai; tunggu kode berikutnya.",
    ),
    "error.challenge-over": (
        "This sign-in took longer than five minutes or has ended; begin again.",
        "Proses masuk ini lebih dari lima menit atau sudah berakhir; mulai lagi.",
    ),
    "error.second-factor-required": (
        "Your role needs a second factor; add one first.",
        "Peran Anda memerlukan faktor kedua; tambahkan dahulu.",
    ),
    "error.confirmation-needed": (
        "Show your password or a code first, then repeat.",
        "Tunjukkan kata sandi atau kode dahulu, lalu ulangi.",
    ),
    "error.wrong-proof": (
        "This is not right, or was used before.",
        "Ini tidak benar, atau sudah dipakai.",
    ),
    "error.wrong-proof.password": ("The password is not right.", "Kata sandi tidak benar."),
    "error.wrong-proof.currentPassword": ("The password is not right.", "Kata sandi tidak benar."),
    "error.wrong-proof.code": (
        "This code is not right, or was used before; wait for the next one.",
        "Kode ini tidak benar atau sudah dipakai; tunggu kode berikutnya.",
    ),
    "error.factor-exists": (
        "This account has an authenticator app already; remove that one first.",
        "Akun ini sudah memiliki aplikasi autentikator; hapus yang itu dahulu.",
    ),
    "error.too-many-passkeys": (
        "An account has at most 20 passkeys; remove one first.",
        "Satu akun memiliki paling banyak 20 kunci sandi; hapus satu dahulu.",
    ),
    "error.passkeys-unavailable": (
        "Passkeys need a service with a name; use an authenticator app.",
        "Kunci sandi memerlukan layanan dengan nama; gunakan aplikasi autentikator.",
    ),
    "error.passkey-refused": (
        "This passkey's answer is not valid here; begin again.",
        "Jawaban kunci sandi ini tidak sah di sini; mulai lagi.",
    ),
}
