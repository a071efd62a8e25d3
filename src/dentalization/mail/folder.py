"""Letters as files in a folder that only this user may read, for development."""

from __future__ import annotations

import asyncio
import os
import secrets
from datetime import UTC, datetime
from pathlib import Path

from dentalization.mail.errors import MailUnavailable
from dentalization.mail.message import Message, as_email


class FolderMailer:
    """A Mailer that writes one ``.eml`` a letter, named by its id, or else by the time."""

    def __init__(self, folder: Path, *, sender: str) -> None:
        self.folder = folder
        self._sender = sender

    async def send(self, message: Message) -> None:
        data = as_email(message, sender=self._sender).as_bytes()
        try:
            await asyncio.to_thread(self._write, data, message.id)
        except OSError as error:
            raise MailUnavailable(f"The folder for letters cannot be written: {error.strerror}.") from None

    def _write(self, data: bytes, message_id: str) -> None:
        """Beside its place, then moved: whoever looks finds no half letter, and of a repeated one no two."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{secrets.token_hex(4)}"
        being_written = self.folder / f".{name}"
        name = message_id or name
        descriptor = os.open(being_written, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        being_written.replace(self.folder / f"{name}.eml")
