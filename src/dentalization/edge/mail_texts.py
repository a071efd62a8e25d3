"""What the pages about links by mail say."""

from __future__ import annotations

from typing import Final

MAIL: Final[dict[str, tuple[str, str]]] = {
    "reset-forgot": ("Forgot your password?", "Lupa kata sandi?"),
    "reset-title": ("Forgotten password", "Lupa kata sandi"),
    "reset-lead": (
        "Give the address of your account; we send it a link to choose a new password.",
        "Tulis alamat akun Anda; kami mengirim tautan untuk memilih kata sandi baru.",
    ),
    "reset-ask": ("Send me a link", "Kirimi saya tautan"),
    "reset-sent": (
        "If this address has an account, a link is on its way to it. It is good for 30 minutes. "
        "Look among the junk mail too.",
        "Jika alamat ini memiliki akun, tautan sedang dikirim. Tautan berlaku 30 menit. "
        "Periksa juga folder spam.",
    ),
    "reset-done": (
        "Your new password is set, and all devices are signed out. Sign in with it.",
        "Kata sandi baru Anda tersimpan, dan semua perangkat telah dikeluarkan. Silakan masuk.",
    ),
    "new-password": ("Choose a new password", "Pilih kata sandi baru"),
    "new-password-for": ("For the account", "Untuk akun"),
    "new-password-save": ("Set the password", "Simpan kata sandi"),
    "verify-title": ("Confirm an e-mail address", "Konfirmasi alamat email"),
    "verify-lead": ("This address belongs to your account:", "Alamat ini milik akun Anda:"),
    "verify-button": ("Confirm", "Konfirmasi"),
    "verify-done": ("This e-mail address is confirmed.", "Alamat email ini telah dikonfirmasi."),
    "verify-again": (
        "You can ask for a new link on the page of your profile:",
        "Anda dapat meminta tautan baru di halaman profil Anda:",
    ),
    "verify-notice": (
        "Your e-mail address is not confirmed yet. We have sent a link to it.",
        "Alamat email Anda belum dikonfirmasi. Kami telah mengirim tautan ke sana.",
    ),
    "verify-resend": ("Send another link", "Kirim tautan lagi"),
    "verify-mailed": ("A new link is on its way to you.", "Tautan baru sedang dikirim kepada Anda."),
    "change-email": ("Change the e-mail address", "Ubah alamat email"),
    "change-lead": (
        "We send a link to the new address; it takes the place of the old one when you use that link.",
        "Kami mengirim tautan ke alamat baru; alamat itu menggantikan yang lama setelah tautan dipakai.",
    ),
    "change-ask": ("Send a link to this address", "Kirim tautan ke alamat ini"),
    "change-sent": (
        "A link is on its way to the new address. Until you use it, everything stays as it is.",
        "Tautan sedang dikirim ke alamat baru. Sampai Anda memakainya, semuanya tetap sama.",
    ),
    "error.link-over": (
        "This link has been used, or its time is over; ask for a new one.",
        "Tautan ini sudah dipakai atau sudah tidak berlaku; mintalah yang baru.",
    ),
    "error.already-verified": (
        "This e-mail address is confirmed already.",
        "Alamat email ini sudah dikonfirmasi.",
    ),
    "error.address-taken": (
        "There is an account with this address already; sign in with it, or choose another address.",
        "Sudah ada akun dengan alamat ini; masuklah dengan akun itu, atau pilih alamat lain.",
    ),
    "error.address-unchanged": (
        "This is the address that the account has already; give another one.",
        "Ini alamat yang sudah dipakai akun Anda; tulis alamat lain.",
    ),
    "error.wrong-password": ("The password is not right.", "Kata sandi tidak benar."),
}
