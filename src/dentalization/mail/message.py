"""A letter in plain text, and how it becomes an e-mail whose headers nobody can add to."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address, AddressHeader
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, localtime, make_msgid
from typing import cast

from dentalization.mail.errors import InvalidMessage


@dataclass(frozen=True, slots=True)
class Message:
    """To one person. Neither address nor text, which may hold a link that opens an account, are shown."""

    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)
    language: str = "en"

    def __post_init__(self) -> None:
        """Raises InvalidMessage."""
        if only_address(self.to).addr_spec != self.to:
            raise InvalidMessage(field="to")
        if not self.subject.strip() or _controls(self.subject):
            raise InvalidMessage("The subject of a letter is one line of text.", field="subject")


def as_email(message: Message, *, sender: str) -> EmailMessage:
    """The whole e-mail; ``sender`` is 'Name <address>' or an address. Raises InvalidMessage."""
    address = only_address(sender)
    plain = message.to.isascii() and sender.isascii()
    made = EmailMessage(policy=SMTP if plain else SMTPUTF8)
    made["From"] = sender
    made["To"] = message.to
    made["Subject"] = message.subject
    made["Date"] = format_datetime(localtime())
    made["Message-ID"] = make_msgid(domain=address.domain)  # the default would tell this machine's name
    made["Auto-Submitted"] = "auto-generated"  # so that no absence note answers
    made.set_content(message.text)
    made["Content-Language"] = message.language  # after the content, which begins by clearing such headers
    return made


def only_address(text: str) -> Address:
    """The one address in ``text``. Raises InvalidMessage: for none, for two, for a line break."""
    if _controls(text):
        raise InvalidMessage("An address has no line breaks and no control characters.", field="to")
    probe = EmailMessage()
    try:
        probe["To"] = text
        addresses = cast("AddressHeader", probe["To"]).addresses
    except (MessageError, ValueError, IndexError, AttributeError):  # the last: its parser loses its way
        raise InvalidMessage(field="to") from None
    if len(addresses) != 1 or not addresses[0].username or not addresses[0].domain:
        raise InvalidMessage(field="to")
    return addresses[0]


def _controls(text: str) -> bool:
    """Whether there is a control character or a line or paragraph separator: headers end at some of them."""
    return any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in text)
