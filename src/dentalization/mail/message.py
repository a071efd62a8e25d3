"""A letter in plain text, and how it becomes an e-mail whose headers nobody can add to."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address, AddressHeader
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, localtime, make_msgid
from typing import Literal, cast

from dentalization.mail.errors import InvalidMessage

_SAFE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,99}")


@dataclass(frozen=True, slots=True)
class Calendar:
    """What the letter does to its receiver's calendar (RFC 6047); ``method`` as within ``data``."""

    method: Literal["REQUEST", "CANCEL"]
    data: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """To one person. Neither address nor text, which may hold a link that opens an account, are shown."""

    to: str = field(repr=False)
    subject: str
    text: str = field(repr=False)
    language: str = "en"
    id: str = ""
    """The same for every copy of one letter, so that whoever gets a second one can tell; '' makes one up."""
    calendar: Calendar | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Raises InvalidMessage."""
        if self.id and not _SAFE_ID.fullmatch(self.id):
            raise InvalidMessage("The id of a letter is made of letters, digits, '.' and '-'.", field="id")
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
    # Never the default, which would tell this machine's name.
    made["Message-ID"] = (
        f"<{message.id}@{address.domain}>" if message.id else make_msgid(domain=address.domain)
    )
    made["Auto-Submitted"] = "auto-generated"  # so that no absence note answers
    made.set_content(message.text)
    if message.calendar is not None:
        # The last alternative is the best one; in base64 no server on the way changes its line ends.
        made.add_alternative(
            message.calendar.data.decode(),
            subtype="calendar",
            charset="utf-8",
            cte="base64",
            params={"method": message.calendar.method},
        )
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
