"""From settings to a mailer."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal
from urllib.parse import unquote, urlsplit

from dentalization.errors import InvalidInput
from dentalization.mail.errors import InvalidMailAddress, InvalidMessage
from dentalization.mail.folder import FolderMailer
from dentalization.mail.message import only_address
from dentalization.mail.port import Mailer
from dentalization.mail.smtp import SmtpMailer, SmtpServer

DEVELOPMENT_SENDER = "Dentalization <no-reply@localhost>"

_KINDS: Final[dict[str, tuple[Literal["starttls", "tls", "none"], int]]] = {
    "smtp": ("starttls", 587),
    "smtps": ("tls", 465),
    "smtp+plain": ("none", 25),
}


def open_mailer(url: str, *, sender: str, folder: Path) -> Mailer:
    """The mailer for an SMTP address, or without one into ``folder``. Nothing is contacted yet.

    Raises InvalidMailAddress, which never repeats the address: there is a password in it.
    """
    if sender:
        try:
            only_address(sender)
        except InvalidMessage:
            raise InvalidInput("DENTALIZATION_MAIL_FROM is 'name@host' or 'Name <name@host>'.") from None
    if not url:
        return FolderMailer(folder, sender=sender or DEVELOPMENT_SENDER)
    server = smtp_server(url)
    if not sender:
        raise InvalidInput("DENTALIZATION_SMTP_URL needs DENTALIZATION_MAIL_FROM, the sender of all letters.")
    return SmtpMailer(server, sender=sender)


def smtp_server(url: str) -> SmtpServer:
    """Raises InvalidMailAddress."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise InvalidMailAddress from None
    beyond = parts.path.strip("/") or parts.query or parts.fragment
    if (
        parts.scheme not in _KINDS
        or not host
        or beyond
        or (parts.username is None) != (parts.password is None)
    ):
        raise InvalidMailAddress
    tls, usual = _KINDS[parts.scheme]
    return SmtpServer(
        host=host,
        port=port or usual,
        tls=tls,
        user=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
    )
