"""A small real SMTP server (RFC 5321), with STARTTLS and logins, that does what a test tells it to."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import datetime as dt
import email
import ipaddress
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass
class SmtpServer:
    """``refuse`` answers a command, such as RCPT, in place of what it would otherwise do."""

    tls: ssl.SSLContext | None = None
    refuse: dict[str, str] = field(default_factory=dict)
    port: int = 0
    letters: list[tuple[str, list[str], EmailMessage]] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[SmtpServer]:
        """At the same port again after a pause, as a server that was down."""
        server = await asyncio.start_server(self._talk, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, ssl.SSLError, asyncio.IncompleteReadError):
            await self._converse(reader, writer)
        writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sender, recipients, encrypted = "", list[str](), False
        writer.write(b"220 test\r\n")
        while line := (await reader.readline()).decode().rstrip("\r\n"):
            verb, _, rest = line.partition(" ")
            answer = self.refuse.get(verb.upper(), "250 ok")
            if verb.upper() == "QUIT":
                writer.write(b"221 bye\r\n")
                return
            if answer != "250 ok":
                pass
            elif verb == "EHLO":
                offers = ["test"] + (["STARTTLS"] if self.tls and not encrypted else ["AUTH PLAIN"])
                answer = "\r\n".join([*(f"250-{offer}" for offer in offers), "250 8BITMIME"])
            elif verb == "STARTTLS" and self.tls:
                writer.write(b"220 go\r\n")
                await writer.start_tls(self.tls)
                encrypted = True
                continue
            elif verb == "AUTH":
                self.logins.append(base64.b64decode(rest.split()[1]).decode())
                answer = "235 welcome"
            elif verb == "MAIL":
                sender, recipients = rest, []
            elif verb == "RCPT":
                recipients.append(rest.removeprefix("TO:<").rstrip(">"))
            elif verb == "DATA":
                writer.write(b"354 go\r\n")
                body = (await reader.readuntil(b"\r\n.\r\n")).removesuffix(b".\r\n")
                body = body.replace(b"\r\n..", b"\r\n.")
                letter = cast("EmailMessage", email.message_from_bytes(body, policy=default))
                self.letters.append((sender, recipients, letter))
                self.encrypted.append(encrypted)
            writer.write(f"{answer}\r\n".encode())


def certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The server's context with a certificate for 127.0.0.1, and a client's that trusts it alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    pem = folder / "server.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(pem)
    return server, ssl.create_default_context(cafile=str(pem))
