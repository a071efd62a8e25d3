from __future__ import annotations

import asyncio
import email
import stat
import sys
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.mail.smtp_server import SmtpServer, certificate

from dentalization import settings
from dentalization.errors import InvalidInput
from dentalization.mail import smtp
from dentalization.mail.address import open_mailer, smtp_server
from dentalization.mail.errors import InvalidMailAddress, InvalidMessage, MailRefused, MailUnavailable
from dentalization.mail.folder import FolderMailer
from dentalization.mail.message import Message, as_email
from dentalization.mail.port import Mailer
from dentalization.mail.smtp import SmtpMailer

SENDER = "Dentalization <no-reply@example.com>"
LETTER = Message(to="siti@example.com", subject="Kata sandi: ganti", text="Hello\n.\n\nhttps://x/?token=t\n")

BREAKS = ["\r", "\n", "\r\n", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\x00"]


@pytest.mark.parametrize("line_break", BREAKS)
def test_no_header_can_be_added(line_break: str) -> None:
    with pytest.raises(InvalidMessage):
        Message(to=f"siti@example.com{line_break}Bcc: eve@example.com", subject="Hello", text="")
    with pytest.raises(InvalidMessage):
        Message(to="siti@example.com", subject=f"Hello{line_break}Bcc: eve@example.com", text="")
    with pytest.raises(InvalidMessage):
        as_email(LETTER, sender=f"a@example.com{line_break}Bcc: eve@example.com")


@pytest.mark.parametrize(
    "to",
    ["", "siti", "@example.com", "a@example.com, b@example.com", "team: a@example.com;", "a@example.com;"],
)
def test_a_letter_goes_to_one_person(to: str) -> None:
    with pytest.raises(InvalidMessage):
        Message(to=to, subject="Hello", text="")


@given(to=st.text(max_size=60), subject=st.text(max_size=60), text=st.text(max_size=60))
def test_whatever_is_given_a_letter_has_our_headers_alone(to: str, subject: str, text: str) -> None:
    try:
        made = as_email(Message(to=f"{to}@example.com", subject=subject, text=text), sender=SENDER)
        written = made.as_bytes()
    except (InvalidMessage, UnicodeEncodeError):  # the latter: lone surrogates, which no request can bring
        return
    read = cast("EmailMessage", email.message_from_bytes(written, policy=default))
    ours = {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Language"}
    mime = {"Content-Type", "Content-Transfer-Encoding", "MIME-Version"}
    assert set(read.keys()) <= ours | mime
    assert len(read["To"].addresses) == 1


def test_neither_address_nor_link_are_shown() -> None:
    assert "siti" not in repr(LETTER)
    assert "token" not in repr(LETTER)
    server = smtp_server("smtp://user%40example.com:pass%2Fword@mail.example.com")
    assert (server.user, server.password) == ("user@example.com", "pass/word")
    assert "pass" not in repr(server)
    assert "user" not in repr(server)


@pytest.mark.parametrize(
    ("url", "tls", "port"),
    [
        ("smtp://mail.example.com", "starttls", 587),
        ("smtps://u:p@mail.example.com", "tls", 465),
        ("smtp+plain://mail.example.com:2525", "none", 2525),
    ],
)
def test_the_kinds_of_servers(url: str, tls: str, port: int) -> None:
    server = smtp_server(url)
    assert (server.host, server.port, server.tls) == ("mail.example.com", port, tls)


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.com",
        "http://u:secret@x",
        "smtp://",
        "smtp://u@x",
        "smtp://x/path",
        "smtp://u:secret@x:port",
    ],
)
def test_a_wrong_server_address_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(InvalidMailAddress) as refused:
        open_mailer(url, sender=SENDER, folder=Path("/nowhere"))
    assert "secret" not in refused.value.message
    assert refused.value.__cause__ is None


def test_a_server_needs_a_sender() -> None:
    for sender in ("", "nobody", "a@example.com\nBcc: b@example.com"):
        with pytest.raises(InvalidInput, match="DENTALIZATION_MAIL_FROM"):
            open_mailer("smtp://mail.example.com", sender=sender, folder=Path("/nowhere"))


def test_settings_do_not_show_the_password() -> None:
    found = settings.from_environment({"DENTALIZATION_SMTP_URL": "smtp://u:secret@x"})
    assert found.smtp_url == "smtp://u:secret@x"
    assert "secret" not in repr(found)


async def test_letters_in_the_folder_are_for_this_user_alone(tmp_path: Path) -> None:
    folder = tmp_path / "home" / "mail"
    mailer = FolderMailer(folder, sender=SENDER)
    await mailer.send(LETTER)
    await mailer.send(LETTER)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = list(folder.iterdir())
    assert len(files) == 2
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert {file.suffix for file in files} == {".eml"}


@pytest.mark.skipif(sys.platform == "win32", reason="a file in the place of a folder")
async def test_a_folder_that_cannot_be_written_can_be_tried_again(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("")
    with pytest.raises(MailUnavailable):
        await FolderMailer(tmp_path / "mail", sender=SENDER).send(LETTER)


@pytest.fixture(params=["folder", "smtp"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


async def test_a_letter_arrives_as_it_was_written(kind: str, tmp_path: Path) -> None:
    """The same of both mailers."""
    letter = Message(to="siti@example.com", subject="Alamat Anda: ✓", text="Baris é\n.\n" + "x" * 2000 + "\n")
    async with SmtpServer().running() as server:
        url = f"smtp+plain://127.0.0.1:{server.port}" if kind == "smtp" else ""
        mailer: Mailer = open_mailer(url, sender=SENDER, folder=tmp_path / "mail")
        await mailer.send(letter)
    if kind == "smtp":
        sender, recipients, read = server.letters[0]
        assert sender.startswith("FROM:<no-reply@example.com>")
        assert recipients == ["siti@example.com"]
    else:
        [file] = (tmp_path / "mail").iterdir()
        read = cast("EmailMessage", email.message_from_bytes(file.read_bytes(), policy=default))
    assert read["To"] == "siti@example.com"
    assert read["From"] == SENDER
    assert read["Subject"] == "Alamat Anda: ✓"
    assert read["Auto-Submitted"] == "auto-generated"
    assert read["Message-ID"].rstrip(">").endswith("@example.com")
    assert read.get_content().replace("\r\n", "\n") == letter.text


async def test_starttls_comes_before_login_and_letter(tmp_path: Path) -> None:
    tls, trust = certificate(tmp_path)
    async with SmtpServer(tls=tls).running() as server:
        found = smtp_server(f"smtp://user:pass%3Aword@127.0.0.1:{server.port}")
        await SmtpMailer(found, sender=SENDER, trust=trust).send(LETTER)
    assert server.encrypted == [True]
    assert server.logins == ["\0user\0pass:word"]


async def test_without_starttls_nothing_is_sent(tmp_path: Path) -> None:
    """Neither login nor letter: whoever stands between us and the server may have taken the offer away."""
    async with SmtpServer().running() as server:
        mailer = open_mailer(f"smtp://u:secret@127.0.0.1:{server.port}", sender=SENDER, folder=tmp_path)
        with pytest.raises(MailUnavailable) as refused:
            await mailer.send(LETTER)
    assert server.letters == []
    assert server.logins == []
    assert "secret" not in str(refused.value)


async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    tls, _ = certificate(tmp_path)
    async with SmtpServer(tls=tls).running() as server:
        mailer = open_mailer(f"smtp://u:secret@127.0.0.1:{server.port}", sender=SENDER, folder=tmp_path)
        with pytest.raises(MailUnavailable):
            await mailer.send(LETTER)
    assert (server.letters, server.logins) == ([], [])


@pytest.mark.parametrize(
    ("command", "answer", "error"),
    [
        ("RCPT", "550 no such mailbox siti", MailRefused),
        ("RCPT", "451 greylisted siti", MailUnavailable),
        ("DATA", "554 looks like spam", MailRefused),
        ("DATA", "452 full", MailUnavailable),
        ("MAIL", "550 no such sender", MailUnavailable),
        ("EHLO", "421 too busy", MailUnavailable),
    ],
)
async def test_what_is_refused_for_good_and_what_for_now(
    command: str, answer: str, error: type[Exception], tmp_path: Path
) -> None:
    refuse = {command: answer, "HELO": "421 too busy"}
    async with SmtpServer(refuse=refuse).running() as server:
        mailer = open_mailer(f"smtp+plain://127.0.0.1:{server.port}", sender=SENDER, folder=tmp_path)
        with pytest.raises(error) as refused:
            await mailer.send(LETTER)
    assert "siti" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__suppress_context__


async def test_a_refused_login_may_be_mended(tmp_path: Path) -> None:
    async with SmtpServer(refuse={"AUTH": "535 wrong"}).running() as server:
        url = f"smtp+plain://u:secret@127.0.0.1:{server.port}"
        with pytest.raises(MailUnavailable):
            await open_mailer(url, sender=SENDER, folder=tmp_path).send(LETTER)
    assert server.letters == []


async def test_an_address_that_the_server_cannot_read_is_given_up(tmp_path: Path) -> None:
    async with SmtpServer().running() as server:
        mailer = open_mailer(f"smtp+plain://127.0.0.1:{server.port}", sender=SENDER, folder=tmp_path)
        with pytest.raises(MailRefused):
            await mailer.send(Message(to="sîti@example.com", subject="Hello", text="Hello"))
    await FolderMailer(tmp_path, sender=SENDER).send(
        Message(to="sîti@example.com", subject="Hello", text="Hello")
    )


async def test_a_server_that_says_nothing_is_not_waited_for_for_ever() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    async with server:
        found = smtp_server(f"smtp+plain://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        with pytest.raises(MailUnavailable):
            await SmtpMailer(found, sender=SENDER, timeout=0.2).send(LETTER)
    assert 0 < smtp.TIMEOUT_SECONDS <= 60
