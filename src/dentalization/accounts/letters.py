"""What our letters say, in English and Indonesian. No name and no address stands in them."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from dentalization.accounts.mail_tables import MailPurpose
from dentalization.mail.message import Message


class Letter(StrEnum):
    """The first three bring a link of the purpose called so."""

    PASSWORD_RESET = "PASSWORD_RESET"  # noqa: S105 - a name
    EMAIL_VERIFICATION = "EMAIL_VERIFICATION"
    EMAIL_CHANGE = "EMAIL_CHANGE"
    PASSWORD_CHANGED = "PASSWORD_CHANGED"  # noqa: S105 - a name
    EMAIL_CHANGE_ASKED = "EMAIL_CHANGE_ASKED"
    EMAIL_CHANGED = "EMAIL_CHANGED"


TO_THE_OLD_ADDRESS: Final = frozenset({Letter.EMAIL_CHANGE_ASKED, Letter.EMAIL_CHANGED})

LIFETIME: Final[dict[MailPurpose, timedelta]] = {
    MailPurpose.PASSWORD_RESET: timedelta(minutes=30),
    MailPurpose.EMAIL_VERIFICATION: timedelta(hours=24),
    MailPurpose.EMAIL_CHANGE: timedelta(hours=24),
}
_PAGE: Final[dict[MailPurpose, str]] = {
    MailPurpose.PASSWORD_RESET: "/password-reset/confirmation",
    MailPurpose.EMAIL_VERIFICATION: "/email-verification",
    MailPurpose.EMAIL_CHANGE: "/email-verification",
}


class _Words(NamedTuple):
    subject: str
    text: str


_RESET_PAGE = "/password-reset"

_WORDS: Final[dict[Letter, dict[str, _Words]]] = {
    Letter.PASSWORD_RESET: {
        "en": _Words(
            "Choose a new password",
            "Somebody, most likely you, has asked for a new password for your Dentalization account.\n\n"
            "Choose it here within 30 minutes:\n{link}\n\n"
            "If it was not you, do nothing: your password stays as it is.\n",
        ),
        "id": _Words(
            "Pilih kata sandi baru",
            "Seseorang, kemungkinan besar Anda, meminta kata sandi baru untuk akun Dentalization Anda.\n\n"
            "Pilih di sini dalam 30 menit:\n{link}\n\n"
            "Jika itu bukan Anda, abaikan saja: kata sandi Anda tetap sama.\n",
        ),
    },
    Letter.EMAIL_VERIFICATION: {
        "en": _Words(
            "Confirm your e-mail address",
            "Please confirm that this address belongs to your Dentalization account, within 24 hours:\n"
            "{link}\n\nIf you have no such account, do nothing.\n",
        ),
        "id": _Words(
            "Konfirmasi alamat email Anda",
            "Mohon konfirmasi bahwa alamat ini milik akun Dentalization Anda, dalam 24 jam:\n"
            "{link}\n\nJika Anda tidak memiliki akun tersebut, abaikan saja.\n",
        ),
    },
    Letter.EMAIL_CHANGE: {
        "en": _Words(
            "Confirm your new e-mail address",
            "A Dentalization account is to be used with this address from now on. Confirm it within "
            "24 hours:\n{link}\n\nIf you have not asked for this, do nothing: nothing is changed.\n",
        ),
        "id": _Words(
            "Konfirmasi alamat email baru Anda",
            "Sebuah akun Dentalization akan memakai alamat ini mulai sekarang. Konfirmasi dalam "
            "24 jam:\n{link}\n\nJika Anda tidak memintanya, abaikan saja: tidak ada yang berubah.\n",
        ),
    },
    Letter.PASSWORD_CHANGED: {
        "en": _Words(
            "Your password was changed",
            "The password of your Dentalization account was changed, and all devices were signed out.\n\n"
            "If it was not you, choose a new one at once:\n{link}\n",
        ),
        "id": _Words(
            "Kata sandi Anda telah diubah",
            "Kata sandi akun Dentalization Anda telah diubah, dan semua perangkat telah dikeluarkan.\n\n"
            "Jika itu bukan Anda, segera pilih yang baru:\n{link}\n",
        ),
    },
    Letter.EMAIL_CHANGE_ASKED: {
        "en": _Words(
            "A new e-mail address was asked for",
            "Somebody who knows your password wants to use your Dentalization account with another e-mail "
            "address. It takes the place of this one when it is confirmed.\n\n"
            "If it was not you, choose a new password at once:\n{link}\n",
        ),
        "id": _Words(
            "Permintaan alamat email baru",
            "Seseorang yang mengetahui kata sandi Anda ingin memakai akun Dentalization Anda dengan alamat "
            "email lain. Alamat itu menggantikan yang ini setelah dikonfirmasi.\n\n"
            "Jika itu bukan Anda, segera pilih kata sandi baru:\n{link}\n",
        ),
    },
    Letter.EMAIL_CHANGED: {
        "en": _Words(
            "Your e-mail address was changed",
            "Your Dentalization account is now used with another e-mail address; this one is not known to it "
            "any more.\n\nIf it was not you, write to the people who run the service:\n{home}\n",
        ),
        "id": _Words(
            "Alamat email Anda telah diubah",
            "Akun Dentalization Anda sekarang memakai alamat email lain; alamat ini tidak dikenal lagi.\n\n"
            "Jika itu bukan Anda, hubungi pengelola layanan:\n{home}\n",
        ),
    },
}

LANGUAGES: Final = frozenset({"en", "id"})


def purpose_of(letter: Letter) -> MailPurpose | None:
    """What its link does; None for a letter that only tells."""
    return MailPurpose(letter.value) if letter.value in set(MailPurpose) else None


def written(letter: Letter, *, to: str, language: str, public_url: str, token: str = "") -> Message:
    """The letter; ``token`` goes into the link of those that bring one."""
    home = public_url.rstrip("/")
    purpose = purpose_of(letter)
    link = f"{home}{_PAGE[purpose]}?token={token}" if purpose else f"{home}{_RESET_PAGE}"
    words = _WORDS[letter][language]
    return Message(
        to=to, subject=words.subject, text=words.text.format(link=link, home=home), language=language
    )
