"""What can go wrong when a letter is sent."""

from __future__ import annotations

from dentalization.errors import DentalizationError, InvalidInput, Unavailable


class MailUnavailable(Unavailable):
    """The mail server does not take letters at the moment; it will be tried again."""

    code = "mail-unavailable"
    retry_after_seconds = 5


class MailRefused(DentalizationError):
    """The mail server refuses this letter or its recipient, and would do so again."""

    code = "mail-refused"


class InvalidMessage(InvalidInput):
    """A letter goes to one plain address, and has one line as its subject."""

    code = "invalid-message"


class InvalidMailAddress(InvalidInput):
    """The mail server is 'smtp://user:password@host:587', 'smtps://…', or without TLS 'smtp+plain://…'."""

    code = "invalid-mail-address"
