"""Counts what becomes of letters."""

from __future__ import annotations

from dentalization.mail.errors import InvalidMessage, MailRefused, MailUnavailable
from dentalization.mail.message import Message
from dentalization.mail.port import Mailer
from dentalization.metrics import LETTERS


class CountedMailer:
    """Another mailer, and a count of what it says."""

    def __init__(self, mailer: Mailer) -> None:
        self._mailer = mailer

    async def send(self, message: Message) -> None:
        """Raises what the other mailer raises."""
        try:
            await self._mailer.send(message)
        except MailUnavailable:
            LETTERS.labels("unavailable").inc()
            raise
        except (MailRefused, InvalidMessage):
            LETTERS.labels("refused").inc()
            raise
        LETTERS.labels("sent").inc()
