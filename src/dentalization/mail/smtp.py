"""Letters by SMTP, encrypted unless the operator asks otherwise in so many words."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from typing import Literal

import aiosmtplib

from dentalization.mail.errors import MailRefused, MailUnavailable
from dentalization.mail.message import Message, as_email, only_address

TIMEOUT_SECONDS = 20.0

_PERMANENT = range(500, 600)


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where letters are handed in. ``tls``: STARTTLS before anything else, from the first byte, or none."""

    host: str
    port: int
    tls: Literal["starttls", "tls", "none"]
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)


class SmtpMailer:
    """A Mailer that opens one connection a letter: letters are few, and none waits for another."""

    def __init__(
        self,
        server: SmtpServer,
        *,
        sender: str,
        timeout: float = TIMEOUT_SECONDS,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        """``trust``: whose certificates count; None takes the system's."""
        self._server = server
        self._sender = sender
        self._timeout = timeout
        self._trust = trust

    async def send(self, message: Message) -> None:
        # 'from None' everywhere: the library's errors quote addresses and the server's words about them.
        email = as_email(message, sender=self._sender)
        sender = only_address(self._sender)
        try:
            await aiosmtplib.send(
                email,
                sender=sender.addr_spec,
                recipients=[only_address(message.to).addr_spec],
                hostname=self._server.host,
                port=self._server.port,
                username=self._server.user,
                password=self._server.password,
                local_hostname=sender.domain,  # the default would tell this machine's name
                use_tls=self._server.tls == "tls",
                start_tls=self._server.tls == "starttls",
                tls_context=self._trust,
                timeout=self._timeout,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _by_code(error.recipients[0].code) from None
        except (aiosmtplib.SMTPRecipientRefused, aiosmtplib.SMTPDataError) as error:
            raise _by_code(error.code) from None
        except aiosmtplib.SMTPNotSupported:
            raise MailRefused("The mail server takes no address outside ASCII.") from None
        except (aiosmtplib.SMTPException, OSError) as error:
            # Also a refused login or sender: the operator can mend that, so the letter waits.
            raise MailUnavailable(f"The mail server took no letter: {type(error).__name__}.") from None


def _by_code(code: int) -> MailRefused | MailUnavailable:
    """5xx is for good, 4xx for now (RFC 5321, 4.2.1)."""
    if code in _PERMANENT:
        return MailRefused(f"The mail server refuses the letter for good ({code}).")
    return MailUnavailable(f"The mail server does not take the letter now ({code}).")
