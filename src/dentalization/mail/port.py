"""What the application asks of whoever carries its letters."""

from __future__ import annotations

from typing import Protocol

from dentalization.mail.message import Message


class Mailer(Protocol):
    """Takes a letter over, or raises."""

    async def send(self, message: Message) -> None:
        """Returns once the letter is in other hands, or on the disk.

        Raises MailUnavailable where trying again may help, MailRefused where it cannot, InvalidMessage.
        """
